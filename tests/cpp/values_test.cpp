// Plain values of resil.hpp: instants, quotas, verdicts, results, versions and clocks.
#include "form.hpp"

#include <string>
#include <type_traits>

static_assert(!std::is_copy_constructible_v<resil::manual_clock> && std::is_nothrow_move_constructible_v<resil::manual_clock>,
              "handles are moved, never copied");
static_assert(sizeof(resil::verdict) == 16 && std::is_trivially_copyable_v<resil::verdict>,
              "a verdict is returned in registers");
static_assert(sizeof(resil::instant) == 8 && std::is_trivially_copyable_v<resil::instant>, "an instant is a number");
static_assert(!std::is_convertible_v<resil::verdict, bool>, "a verdict is no number by accident");

static void an_instant_is_a_number_from_zero_to_the_last()
{
    CHECK_EQUAL(resil::instant().ns(), 0);
    CHECK_EQUAL(resil::instant::from_ns(7)->ns(), 7);
    CHECK_EQUAL(resil::instant::from_ns(RESIL_INSTANT_MAX)->ns(), RESIL_INSTANT_MAX);
    CHECK(!resil::instant::from_ns(RESIL_INSTANT_MAX + 1));
    CHECK(!resil::instant::from_ns(UINT64_MAX));
    CHECK(resil::instant::saturating_from_ns(UINT64_MAX) == resil::instant::max());
    CHECK_EQUAL(resil::instant::saturating_from_ns(8).ns(), 8);
}

static void instants_are_compared_and_moved_and_stop_at_both_ends()
{
    constexpr auto one = at(1s);
    static_assert(one.ns() == 1000000000, "durations are converted at compile time");
    CHECK(one == at(1000ms) && one != at(2s) && one < at(2s) && one <= at(1s) && at(2s) > one && one >= at(1s));
    CHECK(!(one < at(1s)) && !(one > at(1s)) && !(at(2s) <= one) && !(one >= at(2s)));
    CHECK(at(3s) - one == 2s);
    CHECK(one - at(3s) == -2s);
    CHECK(one + -400ms == at(600ms));
    CHECK(one + -2s == resil::instant());
    CHECK(one + std::chrono::nanoseconds::min() == resil::instant());
    CHECK(resil::instant::max() + 1ns == resil::instant::max());
    CHECK(resil::instant::max() + std::chrono::nanoseconds::max() == resil::instant::max());
    CHECK(resil::instant::max() - resil::instant() == std::chrono::nanoseconds::max());
}

static void a_quota_has_helpers_and_a_rate()
{
    CHECK((resil::quota::per_second(5) == resil::quota{5, 1s, 5}));
    CHECK((resil::quota::per_minute(5) == resil::quota{5, 60s, 5}));
    CHECK((resil::quota::per_hour(5) == resil::quota{5, 3600s, 5}));
    CHECK((resil::quota::per_day(5) == resil::quota{5, 86400s, 5}));
    CHECK((resil::quota::per_second(5).with_burst(2) == resil::quota{5, 1s, 2}));
    CHECK((resil::quota::per_second(5) != resil::quota{4, 1s, 5}));
    CHECK((resil::quota::per_second(5) != resil::quota{5, 2s, 5}));
    CHECK((resil::quota::per_second(5) != resil::quota{5, 1s, 6}));
    CHECK(resil::quota::per_minute(30).rate() == 0.5);
}

static void a_verdict_is_true_only_if_granted()
{
    const resil::verdict granted(RESIL_STATUS_GRANTED), later(RESIL_STATUS_RETRY_AFTER, 5);
    const resil::verdict never(RESIL_STATUS_EXCEEDS_LIMIT), wrong(RESIL_STATUS_NULL_ARGUMENT);
    CHECK(granted && granted.granted() && !granted.retry_after() && !granted.exceeds_limit());
    CHECK(!later && later.retry_after() == 5ns && !later.exceeds_limit());
    CHECK(!never && !never.retry_after() && never.exceeds_limit());
    CHECK(!wrong && !wrong.retry_after() && !wrong.exceeds_limit());
    CHECK(resil::verdict(RESIL_STATUS_GAVE_NOTHING).granted() && !granted.last());
    CHECK(resil::verdict(RESIL_STATUS_GRANTED_LAST).granted() && resil::verdict(RESIL_STATUS_GRANTED_LAST).last());
    CHECK(later == resil::verdict(RESIL_STATUS_RETRY_AFTER, 5));
    CHECK(later != resil::verdict(RESIL_STATUS_RETRY_AFTER, 6) && later != never);
    // A wait that no duration of std::chrono holds stops at the longest.
    CHECK(resil::verdict(RESIL_STATUS_RETRY_AFTER, UINT64_MAX).retry_after() == std::chrono::nanoseconds::max());
}

static void a_result_holds_a_value_or_an_error()
{
    resil::result<std::string> value(std::string("here"));
    const resil::result<std::string> none(resil::error_info{RESIL_STATUS_PANIC, "gone"});
    CHECK(value && value.has_value() && *value == "here" && value->size() == 4 && value.value() == "here");
    CHECK_STATUS(value.error().status, RESIL_STATUS_GRANTED);
    CHECK(std::move(value).value() == "here");
    CHECK(!none && !none.has_value() && none.error().message == "gone");
    CHECK_STATUS(none.error().status, RESIL_STATUS_PANIC);
    CHECK(resil::result<void>().has_value());
    CHECK(!resil::result<void>(resil::error_info{RESIL_STATUS_PANIC, ""}));
#if RESIL_EXCEPTIONS
    CHECK_FAILS(none.value(), RESIL_STATUS_PANIC);
    CHECK_FAILS(resil::result<void>(none.error()).value(), RESIL_STATUS_PANIC);
    try {
        static_cast<void>(none.value());
    } catch (const std::runtime_error &thrown) {
        CHECK(std::string(thrown.what()) == "gone");
    }
#endif
}

static void the_library_is_the_headers()
{
    CHECK(resil::version() == RESIL_VERSION_STRING);
    CHECK_EQUAL(resil::abi_version(), RESIL_ABI_VERSION);
    CHECK(resil::is_granted(RESIL_STATUS_SATURATED) && !resil::is_granted(RESIL_STATUS_RETRY_AFTER));
    CHECK(resil::to_string(RESIL_STATUS_GRANTED) == "granted");
    for (std::int32_t status = -100; status < 300; status++) {
        CHECK(resil::detail::is_granted(status) == resil_status_is_granted(status));
        CHECK(resil::detail::is_error(status) == (status < 0 || status >= 64));
    }
}

static void the_machines_clocks_are_the_librarys()
{
    const auto before = resil_monotonic_clock_now();
    const auto coarse = resil::coarse_clock::now();
    const auto steady = resil::monotonic_clock::now();
    CHECK(before <= steady.ns() && steady.ns() <= resil_monotonic_clock_now());
    CHECK(resil::instant() < coarse && coarse <= steady);
    CHECK_EQUAL(resil::monotonic_clock::resolution().count(), resil_monotonic_clock_resolution_ns());
    CHECK_EQUAL(resil::coarse_clock::resolution().count(), resil_coarse_clock_resolution_ns());
    const auto counted = resil::quanta_clock::now();
    CHECK(counted <= resil::quanta_clock::now() && counted.ns() <= resil_quanta_clock_now());
    CHECK_EQUAL(resil::quanta_clock::resolution().count(), resil_quanta_clock_resolution_ns());
    const auto wall = resil_unix_clock_now();
    // 2020-01-01: later than that, unless the clock of this machine is wrong.
    CHECK(wall <= resil::unix_clock::now().ns() && wall > 1577836800000000000U);
    CHECK_EQUAL(resil::unix_clock::resolution().count(), resil_unix_clock_resolution_ns());
}

static void a_manual_clock_moves_only_when_told_to()
{
    const auto clock = resil::manual_clock::make(at(7ns)).value();
    CHECK(got(clock.now()) == at(7ns));
    DONE(clock.advance(5ns));
    CHECK(got(clock.now()) == at(12ns));
    DONE(clock.set(at(3ns)));
    CHECK(got(clock.now()) == at(3ns));
    DONE(clock.advance(std::chrono::nanoseconds::max()));
    CHECK(got(clock.now()) == resil::instant::max());
    CHECK(got(resil::manual_clock::make().value().now()) == resil::instant());
}

static void a_manual_clock_goes_back_by_setting_it_alone()
{
    const auto clock = resil::manual_clock::make(at(7ns)).value();
    CHECK_FAILS(clock.advance(-1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK(got(clock.now()) == at(7ns));
}

static void a_moved_from_clock_is_an_error_and_no_crash()
{
    const auto gone = moved_from(resil::manual_clock::make().value());
    CHECK_FAILS(gone.now(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK(resil::last_error_message() == "resil_manual_clock_now: clock must not be NULL");
    CHECK_FAILS(gone.advance(1s), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.set(at(1s)), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void an_error_is_thrown_with_its_number_and_its_message()
{
    try {
        const resil::manual_clock clock(at(1s));
        clock.advance(-1s);
        CHECK(false && "reached");
    } catch (const resil::error &thrown) {
        CHECK_STATUS(thrown.status(), RESIL_STATUS_NEGATIVE_DURATION);
        CHECK(std::string(thrown.what()) == "resil::manual_clock::advance: by must not be negative");
    }
}

static void a_refusal_is_thrown_only_on_demand()
{
    resil::verdict().or_throw();
    try {
        resil::verdict(RESIL_STATUS_RETRY_AFTER, 5).or_throw();
        CHECK(false && "reached");
    } catch (const resil::refused &thrown) {
        CHECK_STATUS(thrown.status(), RESIL_STATUS_RETRY_AFTER);
        CHECK(dynamic_cast<const resil::denied &>(thrown).verdict().retry_after() == 5ns);
        CHECK(std::string(thrown.what()) == "refused: retry later");
    }
}
#endif

int main()
{
    RUN(an_instant_is_a_number_from_zero_to_the_last);
    RUN(instants_are_compared_and_moved_and_stop_at_both_ends);
    RUN(a_quota_has_helpers_and_a_rate);
    RUN(a_verdict_is_true_only_if_granted);
    RUN(a_result_holds_a_value_or_an_error);
    RUN(the_library_is_the_headers);
    RUN(the_machines_clocks_are_the_librarys);
    RUN(a_manual_clock_moves_only_when_told_to);
    RUN(a_manual_clock_goes_back_by_setting_it_alone);
    RUN(a_moved_from_clock_is_an_error_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(an_error_is_thrown_with_its_number_and_its_message);
    RUN(a_refusal_is_thrown_only_on_demand);
#endif
    return finish("cpp_values_test");
}
