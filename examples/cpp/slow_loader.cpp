// A single flight in front of a slow loader: of all who ask for the same thing meanwhile, one loads it.
//
//     g++ -std=c++17 -O2 -Iinclude examples/cpp/slow_loader.cpp -lresil -lpthread -o slow_loader
//     ./slow_loader
//
// Four threads ask for one user at the same time. The load is slow (it waits until all the others ask, so that every
// run prints the same). Then the database fails, and those who waited are told; nothing is cached, so asking again works.
#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "resil.hpp"

constexpr std::size_t THREADS = 4;

struct user {
    std::string name;
};

// Yours: answers each question with one query at a time.
class users {
public:
    // The user, shared with all who asked meanwhile. Throws what the database throws, if this thread made the query.
    resil::shared_value<user> load(int id)
    {
        return flight_.run("user:" + std::to_string(id), [&] { return query(id); });
    }

    bool down = false;
    std::atomic<int> queries{0};

private:
    user query(int)
    {
        queries++;
        while (flight_.snapshot().followers != THREADS - 1)
            std::this_thread::yield();
        if (down)
            throw std::runtime_error("the database is down");
        return {"Ada"};
    }

    resil::single_flight<user> flight_;
};

static void storm(users &users)
{
    std::atomic<int> served{0}, led{0}, threw{0}, told{0};
    std::vector<std::thread> threads;
    users.queries = 0;
    for (std::size_t i = 0; i < THREADS; i++)
        threads.emplace_back([&] {
            try {
                const auto user = users.load(17);
                served += user->name == "Ada";
                led += user.led();
            } catch (const resil::error &error) {
                told += error.status() == RESIL_STATUS_LEADER_FAILED;
            } catch (const std::runtime_error &) {
                threw++;
            }
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("%-8s  %7zu  %7d  %6d  %3d  %5d  %4d\n", users.down ? "down" : "well", THREADS, users.queries.load(),
                served.load(), led.load(), threw.load(), told.load());
}

int main()
{
    users users;
    std::puts("database  callers  queries  served  led  threw  told");
    storm(users);
    users.down = true;
    storm(users);
    users.down = false;
    storm(users);
}
