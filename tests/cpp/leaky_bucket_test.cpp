// The leaky bucket of resil.hpp, as meter and as queue.
#include "form.hpp"

static resil::leaky_meter meter_of(std::uint32_t permits, std::uint32_t burst)
{
    return resil::leaky_meter::make(resil::quota::per_second(permits).with_burst(burst)).value();
}

static resil::leaky_queue queue_of(std::uint32_t permits, std::uint32_t burst)
{
    return resil::leaky_queue::make(resil::quota::per_second(permits).with_burst(burst)).value();
}

static void a_meter_grants_what_fits_and_refuses_the_rest()
{
    const auto meter = meter_of(1, 2);
    CHECK(meter.try_acquire_at(at(0s), 2));
    CHECK(meter.try_acquire_at(at(0s)).retry_after() == 1s);
    CHECK(meter.try_acquire_at(at(0s), 3).exceeds_limit());
    CHECK(!meter.try_acquire_at(at(1s) + -1ns) && meter.try_acquire_at(at(1s)));
    const auto seen = got(meter.peek_at(at(1s)));
    CHECK(seen.verdict.retry_after() == 1s && seen.remaining == 0 && seen.reset_after == 2s);
    CHECK(got(meter.quota()) == resil::quota::per_second(1).with_burst(2));
    const auto snapshot = got(meter.snapshot_at(at(2s)));
    CHECK(snapshot.remaining == 1 && snapshot.reset_after == 1s && snapshot.quota == got(meter.quota()));
}

static void a_meter_reads_the_clock_that_it_was_given()
{
    const auto time = resil::manual_clock::make().value();
    const auto meter = resil::leaky_meter::make(resil::quota::per_second(1), time).value();
    CHECK(meter.try_acquire() && !meter.try_acquire());
    CHECK_EQUAL(got(meter.peek()).remaining, 0);
    CHECK_EQUAL(got(meter.snapshot()).remaining, 0);
    DONE(time.advance(1s));
    CHECK_EQUAL(got(meter.snapshot()).remaining, 1);
    CHECK(meter.try_acquire());
}

static void a_queue_says_when_each_may_go()
{
    const auto queue = queue_of(1, 3);
    const auto first = queue.try_reserve_at(at(0s)).value();
    CHECK(first.ready_after == 0s && first.ready_at == at(0s) && first.permits == 1);
    const auto pair = queue.try_reserve_at(at(0s), 2);
    CHECK(pair->ready_after == 1s && pair->ready_at == at(1s) && pair->permits == 2);
    const auto full = queue.try_reserve_at(at(0s));
    CHECK(!full && full.refusal().retry_after() == 1s);
    CHECK(queue.try_reserve_at(at(0s), 4).refusal().exceeds_limit());
    const auto seen = got(queue.peek_at(at(1s)));
    CHECK(seen.verdict.granted() && seen.remaining == 1 && seen.ready_after == 2s && seen.reset_after == 2s);
    CHECK(got(queue.peek_at(at(0s))).verdict.retry_after() == 1s);
    CHECK(got(queue.quota()) == resil::quota::per_second(1).with_burst(3));
    CHECK_EQUAL(got(queue.snapshot_at(at(1s))).remaining, 1);
    CHECK(queue.try_reserve_at(at(9s))->ready_at == at(9s));
}

static void a_place_in_the_queue_can_be_bounded_or_waited_for()
{
    const auto time = resil::manual_clock::make().value();
    const auto queue = resil::leaky_queue::make(resil::quota::per_second(1).with_burst(9), time).value();
    CHECK(queue.try_reserve()->ready_after == 0s);
    CHECK(queue.try_reserve_within(999ms).refusal().retry_after() == 1ms);
    CHECK(queue.try_reserve_within(1s)->ready_after == 1s);
    CHECK(queue.try_reserve_within_at(at(0s), 1s).refusal().retry_after() == 1s);
    CHECK(queue.try_reserve_within_at(at(0s), resil::no_timeout)->ready_at == at(2s));
    CHECK(queue.acquire(1, 2s).retry_after() == 1s && got(time.now()) == at(0s));
    CHECK(queue.acquire() && got(time.now()) == at(3s));
    CHECK_EQUAL(got(queue.peek()).remaining, got(queue.snapshot()).remaining);
    CHECK_FAILS(queue.acquire(1, -1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(queue.try_reserve_within(-1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(queue.try_reserve_within_at(at(0s), -1ns), RESIL_STATUS_NEGATIVE_DURATION);
}

static void a_wrong_quota_is_refused_by_name()
{
    using resil::leaky_meter;
    using resil::leaky_queue;
    CHECK_REFUSED_BY_NAME(leaky_meter::make({1, 1s, 0}), RESIL_STATUS_BURST_IS_ZERO, "burst");
    CHECK_REFUSED_BY_NAME(leaky_queue::make({1, 1s, 0}), RESIL_STATUS_BURST_IS_ZERO, "burst");
    CHECK_REFUSED_BY_NAME(leaky_meter::make({1, -1s, 1}), RESIL_STATUS_NEGATIVE_DURATION, "quota.period");
    CHECK_REFUSED_BY_NAME(leaky_queue::make({1, -1s, 1}), RESIL_STATUS_NEGATIVE_DURATION, "quota.period");
}

static void moved_from_objects_are_errors_and_no_crash()
{
    const auto meter = moved_from(meter_of(1, 1));
    const auto queue = moved_from(queue_of(1, 1));
    CHECK_FAILS(meter.try_acquire(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(meter.try_acquire_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(meter.peek(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(meter.peek_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(meter.quota(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(meter.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(meter.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.try_reserve(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.try_reserve_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.try_reserve_within(1s), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.try_reserve_within_at(at(0s), 1s), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.acquire(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.peek(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.peek_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.quota(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(queue.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void constructors_throw_what_make_would_answer()
{
    CHECK(resil::leaky_meter(resil::quota::per_second(1)).try_acquire());
    CHECK(resil::leaky_queue(resil::quota::per_second(1)).try_reserve());
    CHECK_FAILS(resil::leaky_meter(resil::quota::per_second(0)), RESIL_STATUS_PERMITS_IS_ZERO);
    CHECK_FAILS(resil::leaky_queue(resil::quota::per_second(0)), RESIL_STATUS_PERMITS_IS_ZERO);
}
#endif

int main()
{
    RUN(a_meter_grants_what_fits_and_refuses_the_rest);
    RUN(a_meter_reads_the_clock_that_it_was_given);
    RUN(a_queue_says_when_each_may_go);
    RUN(a_place_in_the_queue_can_be_bounded_or_waited_for);
    RUN(a_wrong_quota_is_refused_by_name);
    RUN(moved_from_objects_are_errors_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(constructors_throw_what_make_would_answer);
#endif
    return finish("cpp_leaky_bucket_test");
}
