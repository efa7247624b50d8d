// Guarded calls of resil.hpp: what `run` and `try_run` take, answer, settle and let through.
#include "form.hpp"

#include <memory>
#include <stdexcept>
#include <string>

using resil::outcome;

struct guard {
    resil::manual_clock time = resil::manual_clock::make().value();
    resil::sre_breaker breaker = resil::sre_breaker::make(resil::sre_breaker_config::go_zero_1_3(), {time}).value();

    std::uint64_t requests() const { return got(breaker.snapshot()).requests; }
    std::uint64_t accepts() const { return got(breaker.snapshot()).accepts; }
};

static void a_call_may_return_any_type()
{
    const guard guard;
    int number = 7;
    CHECK_EQUAL(guard.breaker.try_run([] { return 5; }).value(), 5);
    CHECK(*guard.breaker.try_run([] { return std::make_unique<int>(6); }).value() == 6);
    CHECK(&guard.breaker.try_run([&]() -> int & { return number; }).value() == &number);
    CHECK(&*guard.breaker.try_run([&]() -> const int & { return number; }) == &number);
    CHECK(guard.breaker.try_run([&]() -> std::string && { static std::string text = "text"; return std::move(text); })->size() == 4);
    bool called = false;
    CHECK(guard.breaker.try_run([&] { called = true; }).has_value());
    CHECK(called);
    CHECK_EQUAL(guard.requests(), 6);
    CHECK_EQUAL(guard.accepts(), 6);
}

static void a_refusal_further_in_says_nothing_about_the_backend()
{
    const guard outer, inner;
    DONE(inner.breaker.set_mode(resil::mode::forced_open));
    const auto answered = outer.breaker.try_run([&] { return inner.breaker.try_run([] { return 1; }); });
    CHECK(answered.has_value() && !answered->has_value());
    CHECK(outer.breaker.try_run([] { return resil::verdict(RESIL_STATUS_RETRY_AFTER, 1); }));
    CHECK_EQUAL(outer.requests(), 0);
    CHECK(outer.breaker.try_run([] { return resil::verdict(); }));
    CHECK_EQUAL(outer.accepts(), 1);
}

static void a_result_of_the_call_is_settled_by_what_it_holds()
{
    const guard guard;
    using result = resil::result<int>;
    CHECK(guard.breaker.try_run([] { return result(3); }).value().value() == 3);
    CHECK_EQUAL(guard.accepts(), 1);
    CHECK(!guard.breaker.try_run([] { return result(resil::error_info{RESIL_STATUS_PANIC, ""}); }).value());
    CHECK(!guard.breaker.try_run([] { return resil::result<void>(resil::error_info{RESIL_STATUS_PANIC, ""}); }).value());
    CHECK_EQUAL(guard.requests(), 3);
    CHECK_EQUAL(guard.accepts(), 1);
    CHECK(!guard.breaker.try_run([] { return result(resil::error_info{RESIL_STATUS_EXCEEDS_LIMIT, ""}); }).value());
    CHECK_EQUAL(guard.requests(), 3);
}

static void the_caller_may_say_what_a_value_means()
{
    const guard guard;
    const auto by_code = [](int code) {
        return code >= 500 ? outcome::failure : code >= 400 ? outcome::ignored : outcome::success;
    };
    CHECK_EQUAL(guard.breaker.try_run([] { return 503; }, by_code).value(), 503);
    CHECK_EQUAL(guard.breaker.try_run([] { return 404; }, by_code).value(), 404);
    CHECK_EQUAL(guard.breaker.try_run([] { return 200; }, by_code).value(), 200);
    CHECK_EQUAL(guard.requests(), 2);
    CHECK_EQUAL(guard.accepts(), 1);
}

static void a_refused_call_is_not_made()
{
    const guard guard;
    bool called = false;
    DONE(guard.breaker.set_mode(resil::mode::forced_open));
    const auto refused = guard.breaker.try_run([&] { return called = true; });
    CHECK(!refused && !called && refused.refusal().forced_open());
    CHECK(!guard.breaker.try_run([&] { called = true; }) && !called);
    CHECK_STATUS(refused.status(), RESIL_STATUS_REJECTED);
}

#if RESIL_EXCEPTIONS
static void run_answers_the_value_itself()
{
    const guard guard;
    int number = 7;
    CHECK_EQUAL(guard.breaker.run([] { return 5; }), 5);
    CHECK(*guard.breaker.run([] { return std::make_unique<int>(6); }) == 6);
    const auto by_reference = [&]() -> int & { return number; };
    static_assert(std::is_same_v<decltype(guard.breaker.run(by_reference)), int &>, "unchanged");
    CHECK(&guard.breaker.run(by_reference) == &number);
    guard.breaker.run([&] { number = 8; });
    CHECK_EQUAL(number, 8);
    CHECK_EQUAL(guard.breaker.run([] { return 503; }, [](int) { return outcome::failure; }), 503);
    CHECK_EQUAL(guard.requests(), 5);
    CHECK_EQUAL(guard.accepts(), 4);
}

static void run_throws_a_refusal()
{
    const guard guard;
    guard.breaker.set_mode(resil::mode::forced_open);
    try {
        guard.breaker.run([] { CHECK(false && "reached"); });
        CHECK(false && "reached");
    } catch (const resil::rejected &thrown) {
        CHECK(thrown.rejection().forced_open() && thrown.rejection().drop_ratio() == 1);
        CHECK_STATUS(thrown.status(), RESIL_STATUS_REJECTED);
    }
}

struct oddity {
    int number;
};

static void what_the_call_throws_passes_unharmed_and_is_a_failure()
{
    const guard guard;
    try {
        guard.breaker.run([]() -> int { throw oddity{42}; });
        CHECK(false && "reached");
    } catch (const oddity &thrown) {
        CHECK_EQUAL(thrown.number, 42);
    }
    try {
        static_cast<void>(guard.breaker.try_run([] { throw std::runtime_error("told"); }));
        CHECK(false && "reached");
    } catch (const std::runtime_error &thrown) {
        CHECK(std::string(thrown.what()) == "told");
    }
    CHECK_EQUAL(guard.requests(), 2);
    CHECK_EQUAL(guard.accepts(), 0);
    try {
        guard.breaker.run([] { return 1; }, [](int) -> outcome { throw oddity{1}; });
    } catch (const oddity &) {
    }
    CHECK_EQUAL(guard.requests(), 3);
}

static void a_thrown_refusal_further_in_says_nothing_about_the_backend()
{
    const guard outer, inner;
    inner.breaker.set_mode(resil::mode::forced_open);
    try {
        outer.breaker.run([&] { return inner.breaker.run([] { return 1; }); });
        CHECK(false && "reached");
    } catch (const resil::rejected &) {
    }
    try {
        outer.breaker.run([] { resil::verdict(RESIL_STATUS_RETRY_AFTER, 1).or_throw(); });
        CHECK(false && "reached");
    } catch (const resil::denied &) {
    }
    CHECK_EQUAL(outer.requests(), 0);
}

static void a_permit_whose_scope_an_exception_ends_is_a_failure()
{
    const guard guard;
    try {
        auto permit = guard.breaker.try_acquire();
        throw oddity{1};
    } catch (const oddity &) {
    }
    CHECK_EQUAL(guard.requests(), 1);
    CHECK_EQUAL(guard.accepts(), 0);
    try {
        auto permit = guard.breaker.try_acquire().value();
        auto moved = std::move(permit);
        throw oddity{1};
    } catch (const oddity &) {
    }
    CHECK_EQUAL(guard.requests(), 2);
    try {
        auto permit = guard.breaker.try_acquire();
        permit->success();
        throw oddity{1};
    } catch (const oddity &) {
    }
    CHECK_EQUAL(guard.requests(), 3);
    CHECK_EQUAL(guard.accepts(), 1);
}

// Cleaning up after one exception, a destructor makes a guarded call of its own.
struct cleans_up {
    const guard &of;
    ~cleans_up() { static_cast<void>(of.breaker.try_acquire()); }
};

static void a_permit_dropped_while_another_exception_is_under_way_counts_as_nothing()
{
    const guard guard;
    try {
        cleans_up cleans{guard};
        throw oddity{1};
    } catch (const oddity &) {
    }
    CHECK_EQUAL(guard.requests(), 0);
}
#endif

int main()
{
    RUN(a_call_may_return_any_type);
    RUN(a_refusal_further_in_says_nothing_about_the_backend);
    RUN(a_result_of_the_call_is_settled_by_what_it_holds);
    RUN(the_caller_may_say_what_a_value_means);
    RUN(a_refused_call_is_not_made);
#if RESIL_EXCEPTIONS
    RUN(run_answers_the_value_itself);
    RUN(run_throws_a_refusal);
    RUN(what_the_call_throws_passes_unharmed_and_is_a_failure);
    RUN(a_thrown_refusal_further_in_says_nothing_about_the_backend);
    RUN(a_permit_whose_scope_an_exception_ends_is_a_failure);
    RUN(a_permit_dropped_while_another_exception_is_under_way_counts_as_nothing);
#endif
    return finish("cpp_guarding_test");
}
