// Guards an outbound call twice over: a breaker keeps calls from a backend that fails them, a limiter keeps us within
// the rate that we agreed on.
//
//     g++ -std=c++17 -O2 -Iinclude examples/cpp/guard.cpp -lresil -o guard
//     ./guard
//
// A manual clock and draws of our own make every run print the same; a service leaves both out.
#include <cstdio>
#include <stdexcept>
#include <string>

#include "resil.hpp"

using namespace std::chrono_literals;

// A client of a backend that may break down.
class client {
public:
    explicit client(const resil::manual_clock &time)
        : limiter_(resil::quota::per_second(20).with_burst(10), {time}),
          breaker_(resil::sre_breaker_config::go_zero_1_3().with_window(250ms, 8), {time, [] { return 0.5; }})
    {
    }

    // The page, or an exception: denied by the limiter, rejected by the breaker, or the backend's own. The breaker
    // counts the backend's as failures; what the limiter denies says nothing about the backend.
    std::string fetch()
    {
        return breaker_.run([&] {
            limiter_.try_acquire().or_throw();
            return backend();
        });
    }

    bool broken = false;
    int calls = 0;

private:
    std::string backend()
    {
        calls++;
        if (broken)
            throw std::runtime_error("503");
        return "page";
    }

    resil::token_bucket limiter_;
    resil::sre_breaker breaker_;
};

int main()
{
    const resil::manual_clock time;
    client client(time);
    std::puts("second  backend  answered  failed  limited  rejected  calls made");
    for (int second = 0; second < 6; second++) {
        int answered = 0, failed = 0, limited = 0, rejected = 0;
        client.calls = 0;
        client.broken = second == 2 || second == 3;
        for (int request = 0; request < 40; request++) {
            try {
                client.fetch();
                answered++;
            } catch (const resil::denied &) {
                limited++;
            } catch (const resil::rejected &) {
                rejected++;
            } catch (const std::runtime_error &) {
                failed++;
            }
            time.advance(25ms);
        }
        std::printf("%6d  %7s  %8d  %6d  %7d  %8d  %10d\n", second, client.broken ? "broken" : "well", answered, failed,
                    limited, rejected, client.calls);
    }
}
