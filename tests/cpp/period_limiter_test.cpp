// The period limiter of resil.hpp, in its three kinds.
#include "form.hpp"

using resil::period_limiter;

static void a_grant_that_reaches_the_limit_says_so()
{
    const auto limiter = period_limiter::make(2, 10s).value();
    const auto first = limiter.try_acquire_at(at(3s));
    CHECK(first && !first.last());
    CHECK(limiter.try_acquire_at(at(4s)).last());
    CHECK(limiter.try_acquire_at(at(4s)).retry_after() == 9s);
    CHECK(limiter.try_acquire_at(at(4s), 3).exceeds_limit());
    CHECK(limiter.try_acquire_at(at(13s)));
    const auto seen = got(limiter.peek_at(at(14s), 2));
    CHECK(seen.verdict.retry_after() == 9s && seen.remaining == 1 && seen.reset_after == 9s);
    const auto snapshot = got(limiter.snapshot_at(at(14s)));
    CHECK(snapshot.limit == 2 && snapshot.taken == 1 && snapshot.taken_before == 0 && snapshot.remaining == 1);
    CHECK(snapshot.period == 10s && snapshot.reset_after == 9s && snapshot.utc_offset == 0s);
    CHECK(snapshot.kind == resil::period_limiter_kind::from_first_use);
}

static void an_aligned_limiter_follows_a_wall_clock()
{
    const auto daily = period_limiter::make_aligned(1, 24h, 1h).value();
    CHECK(daily.try_acquire_at(at(22h)).last());
    CHECK(daily.try_acquire_at(at(22h)).retry_after() == 1h);
    CHECK(daily.try_acquire_at(at(23h)));
    const auto seen = got(daily.snapshot_at(at(23h)));
    CHECK(seen.kind == resil::period_limiter_kind::aligned && seen.utc_offset == 1h && seen.reset_after == 24h);
    CHECK(got(period_limiter::make_aligned(1, 24h, -1h).value().peek_at(at(0s))).reset_after == 1h);
    // On the machine's wall clock: a day of 1970 is long over.
    CHECK(period_limiter::make_aligned(1, 24h).value().try_acquire());
}

static void a_sliding_limiter_counts_the_window_before_in_part()
{
    const auto limiter = period_limiter::make_sliding(10, 10s).value();
    CHECK(limiter.try_acquire_at(at(9s), 10).last());
    CHECK(!limiter.try_acquire_at(at(14s), 5) && limiter.try_acquire_at(at(15s), 5).last());
    const auto seen = got(limiter.snapshot_at(at(15s)));
    CHECK(seen.kind == resil::period_limiter_kind::sliding && seen.taken == 5 && seen.taken_before == 10);
}

static void a_limiter_reads_the_clock_that_it_was_given()
{
    const auto time = resil::manual_clock::make(at(100s)).value();
    for (const auto &limiter : {&period_limiter::make_sliding, &period_limiter::make}) {
        const auto made = limiter(1, 10s, time).value();
        CHECK(made.try_acquire().last());
        CHECK_EQUAL(got(made.peek()).remaining, 0);
        CHECK_EQUAL(got(made.snapshot()).taken, 1);
    }
    const auto aligned = period_limiter::make_aligned(1, 60s, 0s, time).value();
    CHECK(aligned.try_acquire() && aligned.try_acquire().retry_after() == 20s);
}

static void wrong_limits_are_refused_by_name()
{
    CHECK_REFUSED_BY_NAME(period_limiter::make(0, 1s), RESIL_STATUS_LIMIT_IS_ZERO, "limit");
    CHECK_REFUSED_BY_NAME(period_limiter::make(1, 0s), RESIL_STATUS_PERIOD_IS_ZERO, "period");
    CHECK_REFUSED_BY_NAME(period_limiter::make_sliding(5, 1ns), RESIL_STATUS_LIMIT_TOO_HIGH, "limit");
    for (auto offset : {86400s, -86400s, std::chrono::seconds::max(), std::chrono::seconds::min()})
        CHECK_REFUSED_BY_NAME(period_limiter::make_aligned(1, 1s, offset), RESIL_STATUS_UTC_OFFSET_TOO_LARGE,
                              "utc_offset");
    CHECK_REFUSED_BY_NAME(period_limiter::make_aligned(1, 1s, 0s, resil::clock::steady), RESIL_STATUS_UNKNOWN_VALUE,
                          "clock");
    CHECK_REFUSED_BY_NAME(period_limiter::make(1, -1s), RESIL_STATUS_NEGATIVE_DURATION, "make: period");
    CHECK_REFUSED_BY_NAME(period_limiter::make_aligned(1, -1s), RESIL_STATUS_NEGATIVE_DURATION, "make_aligned: period");
    CHECK_REFUSED_BY_NAME(period_limiter::make_sliding(1, -1s), RESIL_STATUS_NEGATIVE_DURATION, "make_sliding: period");
}

static void a_moved_from_limiter_is_an_error_and_no_crash()
{
    const auto gone = moved_from(period_limiter::make(1, 1s).value());
    CHECK_FAILS(gone.try_acquire(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.try_acquire_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.peek(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.peek_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void constructors_throw_what_make_would_answer()
{
    CHECK(period_limiter(1, 1s).try_acquire());
    CHECK(got(period_limiter::aligned(1, 1s).snapshot()).kind == resil::period_limiter_kind::aligned);
    CHECK(got(period_limiter::sliding(1, 1s).snapshot()).kind == resil::period_limiter_kind::sliding);
    CHECK_FAILS(period_limiter(0, 1s), RESIL_STATUS_LIMIT_IS_ZERO);
    CHECK_FAILS(period_limiter::aligned(0, 1s), RESIL_STATUS_LIMIT_IS_ZERO);
    CHECK_FAILS(period_limiter::sliding(0, 1s), RESIL_STATUS_LIMIT_IS_ZERO);
}
#endif

int main()
{
    RUN(a_grant_that_reaches_the_limit_says_so);
    RUN(an_aligned_limiter_follows_a_wall_clock);
    RUN(a_sliding_limiter_counts_the_window_before_in_part);
    RUN(a_limiter_reads_the_clock_that_it_was_given);
    RUN(wrong_limits_are_refused_by_name);
    RUN(a_moved_from_limiter_is_an_error_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(constructors_throw_what_make_would_answer);
#endif
    return finish("cpp_period_limiter_test");
}
