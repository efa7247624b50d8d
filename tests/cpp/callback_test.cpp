// Callbacks of C that do what they must not: an exception that leaves one ends the program, in every build.
#include "form.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#if !RESIL_EXCEPTIONS
#error "this test throws"
#endif

// How a child ends that does `work`: the signal, or 0.
template <class F> static int signal_that_ends(F work)
{
    fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        // What the runtime says of it is nobody's business here.
        if (freopen("/dev/null", "w", stderr) == nullptr)
            _exit(2);
        try {
            work();
        } catch (...) {
            _exit(3);
        }
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void an_exception_that_leaves_a_callback_of_c_ends_the_program()
{
    const resil::sre_breaker breaker;
    const resil::rolling_window window(1s, 2);
    CHECK_EQUAL(signal_that_ends([&] {
                    const auto call = [](void *) -> std::int32_t { throw 1; };
                    static_cast<void>(resil_sre_breaker_run(breaker.native_handle(), call, nullptr, nullptr));
                }),
                SIGABRT);
    CHECK_EQUAL(signal_that_ends([&] {
                    const auto visit = [](void *, std::uint64_t, std::uint64_t) { throw 1; };
                    static_cast<void>(resil_rolling_window_fold(window.native_handle(), visit, nullptr));
                }),
                SIGABRT);
}

static void an_exception_that_leaves_a_draw_ends_the_program()
{
    const resil::sre_breaker breaker(resil::sre_breaker_config::go_zero_1_3(),
                                     resil::sre_breaker_options().with_draw([]() -> double { throw 1; }));
    for (int i = 0; i < 14; i++)
        breaker.record(resil::outcome::failure);
    CHECK_EQUAL(signal_that_ends([&] { static_cast<void>(breaker.try_acquire()); }), SIGABRT);
}

int main()
{
    RUN(an_exception_that_leaves_a_callback_of_c_ends_the_program);
    RUN(an_exception_that_leaves_a_draw_ends_the_program);
    return finish("cpp_callback_test");
}
