// A manual clock in your own unit tests: hours pass in no time, and nothing sleeps.
//
//     g++ -std=c++17 -O2 -Iinclude examples/cpp/manual_clock.cpp -lresil -o manual_clock
//     ./manual_clock
//
// The code under test takes its clock as an argument, with the machine's as the default. It never knows.
#include <cstdio>
#include <cstdlib>

#include "resil.hpp"

using namespace std::chrono_literals;

// Yours: at most three mails an hour to one address, but for urgent ones.
class mailer {
public:
    explicit mailer(resil::clock_source clock = resil::clock::steady)
        : limiter_(resil::quota::per_hour(3), {clock})
    {
    }

    bool send(bool urgent = false) { return urgent || limiter_.try_acquire(); }

private:
    resil::token_bucket limiter_;
};

static void check(bool condition, const char *sentence)
{
    std::printf("%s %s\n", condition ? "ok    " : "FAILED", sentence);
    if (!condition)
        std::exit(1);
}

int main()
{
    const resil::manual_clock time;
    mailer mailer(time);
    check(mailer.send() && mailer.send() && mailer.send(), "three mails are sent at once");
    check(!mailer.send(), "a fourth is not");
    check(mailer.send(true), "but for an urgent one");
    time.advance(20min - 1ns);
    check(!mailer.send(), "a moment before 20 minutes have passed, none is sent");
    time.advance(1ns);
    check(mailer.send() && !mailer.send(), "after 20 minutes, one is");
    time.advance(24h);
    check(mailer.send() && mailer.send() && mailer.send() && !mailer.send(), "after a day, three, not seventy-two");
}
