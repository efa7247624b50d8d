// What a loader in C++ throws goes on in the caller that leads; those who follow are told.
#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "resil.h"

namespace {

constexpr size_t FOLLOWERS = 20;
int failed = 0;

void check(bool so, const char *what)
{
    if (!so) {
        failed++;
        std::fprintf(stderr, "not so: %s\n", what);
    }
}

std::atomic<int> unwound{0};

struct Unwound {
    ~Unwound() { unwound++; }
};

resil_single_flight_snapshot_t under_way(const resil_single_flight_t *flight)
{
    resil_single_flight_snapshot_t seen{};
    check(resil_single_flight_snapshot(flight, &seen) == RESIL_STATUS_GRANTED, "a snapshot");
    return seen;
}

} // namespace

extern "C" {
static int32_t throw_when_followed(void *flight, void **)
{
    Unwound on_the_way_out;
    while (under_way(static_cast<resil_single_flight_t *>(flight)).followers != FOLLOWERS)
        std::this_thread::yield();
    throw std::runtime_error("on purpose");
}

static int32_t throw_a_number(void *, void **)
{
    throw 17;
}

static int32_t make_a_string(void *, void **value)
{
    *value = new std::string("made");
    return 0;
}

static void destroy_a_string(void *value)
{
    delete static_cast<std::string *>(value);
}
}

static void an_exception_goes_on_in_the_leader_and_followers_are_told(resil_single_flight_t *flight)
{
    std::atomic<int> caught{0}, told{0};
    std::vector<std::thread> callers;
    for (size_t i = 0; i <= FOLLOWERS; i++)
        callers.emplace_back([&] {
            int place;
            auto *shared = reinterpret_cast<resil_shared_value_t *>(&place);
            try {
                resil_status_t status = resil_single_flight_run(flight, "key", 3, throw_when_followed,
                                                                flight, &shared);
                told += status == RESIL_STATUS_LEADER_FAILED;
                check(std::string(resil_last_error_message()).find("resil_single_flight_run: key: ")
                          == 0,
                      "the message names the function");
            } catch (const std::runtime_error &error) {
                caught += error.what() == std::string("on purpose");
            }
            check(shared == nullptr, "no handle");
        });
    for (auto &caller : callers)
        caller.join();
    check(caught == 1, "one leader catches its own exception");
    check(told == static_cast<int>(FOLLOWERS), "every follower is told");
    check(unwound == 1, "the loader's own objects are destroyed");
    check(under_way(flight).flights == 0, "the key is free");
}

static void an_exception_that_nobody_follows_frees_the_key(resil_single_flight_t *flight)
{
    bool caught = false;
    resil_shared_value_t *shared = nullptr;
    try {
        (void)resil_single_flight_run_timeout(flight, "key", 3, 0, throw_a_number, nullptr, &shared);
    } catch (int number) {
        caught = number == 17;
    }
    check(caught, "the number is caught");
    check(under_way(flight).flights == 0, "nothing is left");
    check(resil_single_flight_run(flight, "key", 3, make_a_string, nullptr, &shared)
              == RESIL_STATUS_GRANTED,
          "the key can be asked for again");
    check(*static_cast<std::string *>(resil_shared_value_get(shared)) == "made", "its value");
    resil_shared_value_free(shared);
}

int main()
{
    resil_single_flight_options_t options = RESIL_SINGLE_FLIGHT_OPTIONS_INIT;
    resil_single_flight_t *flight = nullptr;
    options.destroy = destroy_a_string;
    check(resil_single_flight_new(&options, &flight) == RESIL_STATUS_GRANTED, "one is made");
    an_exception_goes_on_in_the_leader_and_followers_are_told(flight);
    an_exception_that_nobody_follows_frees_the_key(flight);
    resil_single_flight_free(flight);
    return failed == 0 ? 0 : 1;
}
