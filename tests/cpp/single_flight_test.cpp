// The single flight of resil.hpp: what its calls may return, share and throw.
#include "form.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

template <class T> static resil::single_flight<T> flight_of() { return resil::single_flight<T>::make().value(); }

// Until so many wait for the call that this thread makes.
template <class T> static void until_followed(const resil::single_flight<T> &flight, std::size_t followers)
{
    while (got(flight.snapshot()).followers != followers)
        std::this_thread::yield();
}

static void a_call_returns_any_type()
{
    const auto texts = flight_of<std::string>();
    const auto text = got(texts.run("key", [] { return std::string("made"); }));
    CHECK(*text == "made" && text->size() == 4 && text.value() == "made" && text.led() && !text.is_shared());
    const auto pointers = flight_of<std::unique_ptr<int>>();
    CHECK(**got(pointers.run("key", [] { return std::make_unique<int>(5); })) == 5);
    const auto nothings = flight_of<void>();
    int called = 0;
    const auto call = [&] { called++; };
    CHECK(got(nothings.run("key", call)).led() && called == 1);
    CHECK(nothings.run_timeout("", 0s, [&] { called++; })->led() && called == 2);
    CHECK(!got(nothings.run("key", call)).is_shared() && called == 3);
}

struct counted {
    static inline std::atomic<int> alive{0};
    counted() { alive++; }
    counted(counted &&) noexcept { alive++; }
    counted(const counted &) = delete;
    ~counted() { alive--; }
};

static void followers_share_one_value_that_goes_with_the_last_of_them()
{
    constexpr std::size_t followers = 3;
    std::atomic<int> calls{0}, led{0}, shared{0};
    std::vector<const counted *> seen(followers + 1);
    {
        const auto flight = flight_of<counted>();
        std::vector<std::thread> threads;
        std::atomic<std::size_t> holding{0};
        for (auto &mine : seen)
            threads.emplace_back([&] {
                const auto value = got(flight.run("key", [&] {
                    calls++;
                    until_followed(flight, followers);
                    return counted();
                }));
                mine = &*value;
                led += value.led();
                shared += value.is_shared();
                // All hold it at once, so that one value at one address is one value.
                holding++;
                while (holding != followers + 1)
                    std::this_thread::yield();
            });
        for (auto &thread : threads)
            thread.join();
    }
    CHECK_EQUAL(calls, 1);
    CHECK_EQUAL(led, 1);
    CHECK_EQUAL(shared, followers + 1);
    for (const auto *value : seen)
        CHECK(value == seen[0]);
    CHECK_EQUAL(counted::alive, 0);
}

static void a_value_outlives_the_single_flight()
{
    auto flight = std::make_unique<resil::single_flight<std::string>>(flight_of<std::string>());
    const auto value = got(flight->run("key", [] { return std::string(100, 'x'); }));
    flight.reset();
    CHECK_EQUAL(value->size(), 100);
}

static void a_follower_leaves_when_its_time_is_up()
{
    const auto flight = flight_of<int>();
    std::atomic<bool> leads{false}, may_end{false};
    std::thread leader([&] {
        static_cast<void>(got(flight.run("key", [&] {
            leads = true;
            while (!may_end)
                std::this_thread::yield();
            return 1;
        })));
    });
    while (!leads)
        std::this_thread::yield();
    // On a thread that ends: what the library's runtime knows of a thread that waited, it gives back then.
    std::thread([&] {
        const auto left = flight.run_timeout("key", 0s, [] { return 2; });
        CHECK(!left);
        CHECK_STATUS(left.status(), RESIL_STATUS_TIMED_OUT);
    }).join();
    CHECK_EQUAL(got(flight.len()), 1);
    CHECK(got(flight.forget("key")) && !got(flight.forget("key")));
    CHECK(*got(flight.run("key", [] { return 3; })) == 3);
    may_end = true;
    leader.join();
    CHECK_EQUAL(got(flight.len()), 0);
    CHECK_FAILS(flight.run_timeout("key", -1ns, [] { return 2; }), RESIL_STATUS_NEGATIVE_DURATION);
}

static void a_call_that_asks_for_its_own_key_is_an_error()
{
    const auto flight = flight_of<int>();
    const auto value = got(flight.run("key", [&] {
        CHECK_FAILS(flight.run("key", [] { return 1; }), RESIL_STATUS_REENTERED);
        return *got(flight.run("other", [] { return 2; }));
    }));
    CHECK_EQUAL(*value, 2);
}

static void a_moved_from_single_flight_is_an_error_and_no_crash()
{
    const auto gone = moved_from(flight_of<int>());
    const auto call = [] { return 1; };
    CHECK_FAILS(gone.run("key", call), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.run_timeout("key", 1s, call), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.forget("key"), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.len(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
struct oddity {
    int number;
};

static void what_a_call_throws_goes_on_in_its_leader_and_followers_are_told()
{
    const resil::single_flight<int> flight;
    std::atomic<int> threw{0}, told{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            try {
                static_cast<void>(flight.run("key", [&]() -> int {
                    until_followed(flight, 3);
                    throw oddity{42};
                }));
            } catch (const oddity &thrown) {
                threw += thrown.number == 42;
            } catch (const resil::error &error) {
                told += error.status() == RESIL_STATUS_LEADER_FAILED;
            }
        });
    for (auto &thread : threads)
        thread.join();
    CHECK_EQUAL(threw, 1);
    CHECK_EQUAL(told, 3);
    CHECK(*flight.run("key", [] { return 7; }) == 7);
}

static void the_value_of_a_wait_that_timed_out_is_a_thrown_refusal()
{
    try {
        resil::timed_out(RESIL_STATUS_TIMED_OUT).or_throw();
    } catch (const resil::refused &thrown) {
        CHECK_STATUS(thrown.status(), RESIL_STATUS_TIMED_OUT);
    }
}
#endif

int main()
{
    RUN(a_call_returns_any_type);
    RUN(followers_share_one_value_that_goes_with_the_last_of_them);
    RUN(a_value_outlives_the_single_flight);
    RUN(a_follower_leaves_when_its_time_is_up);
    RUN(a_call_that_asks_for_its_own_key_is_an_error);
    RUN(a_moved_from_single_flight_is_an_error_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(what_a_call_throws_goes_on_in_its_leader_and_followers_are_told);
    RUN(the_value_of_a_wait_that_timed_out_is_a_thrown_refusal);
#endif
    return finish("cpp_single_flight_test");
}
