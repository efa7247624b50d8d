// The token bucket of resil.hpp: every operation, by timelines of a manual clock or of the caller's instants.
#include "form.hpp"

#include <thread>
#include <vector>

static resil::token_bucket bucket_of(std::uint32_t permits, std::uint32_t burst)
{
    return resil::token_bucket::make(resil::quota::per_second(permits).with_burst(burst)).value();
}

static void permits_are_taken_until_there_are_none()
{
    const auto bucket = bucket_of(1, 2);
    CHECK(bucket.try_acquire_at(at(0s)));
    CHECK(bucket.try_acquire_at(at(0s), 1));
    const auto verdict = bucket.try_acquire_at(at(0s));
    CHECK_STATUS(verdict.status(), RESIL_STATUS_RETRY_AFTER);
    CHECK(verdict.retry_after() == 1s);
    CHECK(!bucket.try_acquire_at(at(1s) + -1ns) && bucket.try_acquire_at(at(1s)));
    CHECK(bucket.try_acquire_at(at(1s), 3).exceeds_limit());
    CHECK(bucket.try_acquire_at(at(1s), 0).granted());
}

static void a_bucket_reads_the_clock_that_it_was_given()
{
    auto time = resil::manual_clock::make(at(5s)).value();
    const auto bucket = resil::token_bucket::make(resil::quota::per_second(1), {time}).value();
    CHECK(bucket.try_acquire());
    CHECK(!bucket.try_acquire());
    DONE(time.advance(1s));
    CHECK(bucket.try_acquire());
    // The bucket keeps the time of a clock whose object is gone; waiting moves it.
    time = resil::manual_clock::make().value();
    CHECK(bucket.acquire(1, 1s));
    CHECK(!bucket.try_acquire());

    for (auto machine : {resil::clock::steady, resil::clock::coarse, resil::clock::counter}) {
        const auto slow = resil::token_bucket::make(resil::quota::per_day(1), {machine}).value();
        CHECK(slow.try_acquire() && !slow.try_acquire());
    }
}

static void the_first_filling_is_an_option()
{
    const auto options = resil::token_bucket_options().with_initial(1).with_clock(resil::clock::coarse);
    const auto bucket = resil::token_bucket::make(resil::quota::per_second(5), options).value();
    CHECK(bucket.try_acquire_at(at(0s)) && !bucket.try_acquire_at(at(0s)));
    const auto empty = resil::token_bucket::make(resil::quota::per_second(5), resil::token_bucket_options().with_initial(0));
    CHECK(!empty->try_acquire_at(at(0s)));
}

static void a_look_takes_nothing()
{
    const auto bucket = bucket_of(1, 3);
    static_cast<void>(bucket.try_acquire_at(at(0s), 2));
    for (int i = 0; i < 2; i++) {
        const auto seen = got(bucket.peek_at(at(0s), 2));
        CHECK(seen.verdict.retry_after() == 1s && seen.remaining == 1 && seen.reset_after == 2s);
    }
    CHECK(got(bucket.peek_at(at(0s))).verdict.granted());
    const auto time = resil::manual_clock::make().value();
    const auto timed = resil::token_bucket::make(resil::quota::per_second(4), {time}).value();
    CHECK_EQUAL(got(timed.peek(4)).remaining, 4);
    CHECK(got(timed.peek(5)).verdict.exceeds_limit());
}

static void waiting_is_bounded_by_the_timeout()
{
    const auto time = resil::manual_clock::make().value();
    const auto bucket = resil::token_bucket::make(resil::quota::per_second(1), {time}).value();
    CHECK(bucket.acquire());
    CHECK(bucket.acquire(1, 999999999ns).retry_after() == 1ns);
    CHECK(got(time.now()) == at(0s));
    CHECK(bucket.acquire(1, 1s) && got(time.now()) == at(1s));
    CHECK(bucket.acquire() && got(time.now()) == at(2s));
    CHECK(bucket.acquire(2, resil::no_timeout).exceeds_limit());
    CHECK_FAILS(bucket.acquire(1, -1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK(got(time.now()) == at(2s));
}

static void a_reservation_is_a_promise_that_can_be_given_back_once()
{
    const auto bucket = bucket_of(1, 1);
    CHECK(bucket.reserve_at(at(0s))->ready_after() == 0s);
    auto promise = bucket.reserve_at(at(0s)).value();
    CHECK(promise.ready_after() == 1s && promise.ready_at() == at(1s) && promise.permits() == 1);
    CHECK(bucket.try_acquire_at(at(0s)).retry_after() == 2s);
    CHECK(got(promise.cancel_at(at(0s))) == resil::cancelled::gave_back);
    CHECK(bucket.try_acquire_at(at(0s)).retry_after() == 1s);
    CHECK_FAILS(promise.cancel_at(at(0s)), RESIL_STATUS_ALREADY_SETTLED);
    CHECK_FAILS(promise.cancel(), RESIL_STATUS_ALREADY_SETTLED);

    auto late = bucket.reserve_at(at(1s)).value();
    CHECK(got(late.cancel_at(at(2s))) == resil::cancelled::gave_nothing);
    const auto refused = bucket.reserve_at(at(2s), 2);
    CHECK(!refused && refused.refusal().exceeds_limit());
    CHECK_STATUS(refused.status(), RESIL_STATUS_EXCEEDS_LIMIT);
}

static void a_promise_moves_with_its_object_and_outlives_a_forgotten_one()
{
    const auto time = resil::manual_clock::make().value();
    const auto bucket = resil::token_bucket::make(resil::quota::per_second(1).with_burst(3), {time}).value();
    auto first = bucket.reserve(3).value();
    {
        auto kept = bucket.reserve();
        CHECK(kept->ready_after() == 1s);
    }
    CHECK(bucket.try_acquire().retry_after() == 2s);
    auto second = std::move(first);
    CHECK_FAILS(first.cancel(), RESIL_STATUS_ALREADY_SETTLED);
    first = std::move(second);
    CHECK(got(first.cancel()) == resil::cancelled::gave_back);
    CHECK(bucket.try_acquire());
}

static void a_reservation_can_be_bounded()
{
    const auto time = resil::manual_clock::make().value();
    const auto bucket = resil::token_bucket::make(resil::quota::per_second(1), {time}).value();
    CHECK(bucket.reserve_within(0s));
    CHECK(bucket.reserve_within(900ms).refusal().retry_after() == 100ms);
    CHECK(bucket.reserve_within(1s)->ready_after() == 1s);
    CHECK(bucket.reserve_within(resil::no_timeout)->ready_after() == 2s);
    CHECK(bucket.reserve_within_at(at(0s), 2s).refusal().retry_after() == 1s);
    CHECK(bucket.reserve_within_at(at(1s), 2s)->ready_after() == 2s);
    CHECK_FAILS(bucket.reserve_within(-1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(bucket.reserve_within_at(at(0s), -1ns), RESIL_STATUS_NEGATIVE_DURATION);
}

static void the_quota_changes_live()
{
    const auto bucket = bucket_of(1, 4);
    static_cast<void>(bucket.try_acquire_at(at(0s), 2));
    DONE(bucket.set_quota_at(at(0s), resil::quota::per_second(2).with_burst(8), resil::carry::proportional));
    CHECK(got(bucket.quota()) == resil::quota::per_second(2).with_burst(8));
    auto seen = got(bucket.snapshot_at(at(0s)));
    CHECK(seen.remaining == 4 && seen.owed == 0 && seen.reset_after == 2s && seen.quota == got(bucket.quota()));
    DONE(bucket.set_quota_at(at(0s), resil::quota::per_second(2).with_burst(9), resil::carry::additive));
    CHECK_EQUAL(got(bucket.snapshot_at(at(0s))).remaining, 5);
    DONE(bucket.set_quota_at(at(0s), resil::quota::per_second(2).with_burst(3), resil::carry::as_is));
    CHECK_EQUAL(got(bucket.snapshot_at(at(0s))).remaining, 3);
    static_cast<void>(bucket.reserve_at(at(0s), 3));
    static_cast<void>(bucket.reserve_at(at(0s), 2));
    CHECK_EQUAL(got(bucket.snapshot_at(at(0s))).owed, 2);

    const auto time = resil::manual_clock::make().value();
    const auto timed = resil::token_bucket::make(resil::quota::per_second(1), {time}).value();
    static_cast<void>(timed.try_acquire());
    DONE(timed.set_quota(resil::quota::per_second(7), resil::carry::reset));
    CHECK_EQUAL(got(timed.snapshot()).remaining, 7);
}

static void a_wrong_quota_is_refused_by_name()
{
    using resil::token_bucket;
    const auto quota = resil::quota::per_second(1);
    CHECK_REFUSED_BY_NAME(token_bucket::make({0, 1s, 1}), RESIL_STATUS_PERMITS_IS_ZERO, "permits");
    CHECK_REFUSED_BY_NAME(token_bucket::make({1, 0s, 1}), RESIL_STATUS_PERIOD_IS_ZERO, "period");
    CHECK_REFUSED_BY_NAME(token_bucket::make(quota.with_burst(0)), RESIL_STATUS_BURST_IS_ZERO, "burst");
    CHECK_REFUSED_BY_NAME(token_bucket::make({5, 1ns, 5}), RESIL_STATUS_RATE_TOO_HIGH, "permits");
    CHECK_REFUSED_BY_NAME(token_bucket::make({1, -1s, 1}), RESIL_STATUS_NEGATIVE_DURATION, "quota.period");
    CHECK_REFUSED_BY_NAME(token_bucket::make(quota, resil::token_bucket_options().with_initial(2)),
                          RESIL_STATUS_INITIAL_EXCEEDS_BURST, "initial");
    CHECK_REFUSED_BY_NAME(token_bucket::make(quota, {moved_from(resil::manual_clock::make().value())}),
                          RESIL_STATUS_NULL_ARGUMENT, "manual_clock");
    const auto bucket = bucket_of(1, 1);
    CHECK_FAILS(bucket.set_quota({0, 1s, 1}, resil::carry::reset), RESIL_STATUS_PERMITS_IS_ZERO);
    CHECK_FAILS(bucket.set_quota({1, -1s, 1}, resil::carry::reset), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(bucket.set_quota_at(at(0s), {1, -1s, 1}, resil::carry::reset), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK(got(bucket.quota()) == quota);
}

static void a_moved_from_bucket_is_an_error_and_no_crash()
{
    const auto gone = moved_from(bucket_of(1, 1));
    CHECK(gone.native_handle() == nullptr);
    CHECK_FAILS(gone.try_acquire(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.try_acquire_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.acquire(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.peek(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.peek_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.reserve(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.reserve_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.reserve_within(1s), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.reserve_within_at(at(0s), 1s), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.set_quota(resil::quota::per_second(1), resil::carry::reset), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.set_quota_at(at(0s), resil::quota::per_second(1), resil::carry::reset),
                RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.quota(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
}

static void threads_share_one_bucket_and_get_exactly_the_burst()
{
    const auto bucket = bucket_of(1, 1000);
    std::vector<std::thread> threads;
    std::vector<unsigned> granted(4);
    for (auto &mine : granted)
        threads.emplace_back([&bucket, &mine] {
            for (int i = 0; i < 500; i++)
                mine += bucket.try_acquire_at(at(0s)).granted();
        });
    for (auto &thread : threads)
        thread.join();
    CHECK_EQUAL(granted[0] + granted[1] + granted[2] + granted[3], 1000);
}

#if RESIL_EXCEPTIONS
static void constructors_throw_what_make_would_answer()
{
    const resil::manual_clock time;
    const resil::token_bucket bucket(resil::quota::per_second(2), {time});
    CHECK(bucket.try_acquire(2));
    CHECK_FAILS(resil::token_bucket(resil::quota::per_second(0)), RESIL_STATUS_PERMITS_IS_ZERO);
}

static void the_value_of_a_refused_reservation_is_a_thrown_denial()
{
    const auto bucket = bucket_of(1, 1);
    try {
        static_cast<void>(bucket.reserve_at(at(0s), 2).value());
        CHECK(false && "reached");
    } catch (const resil::denied &thrown) {
        CHECK(thrown.verdict().exceeds_limit());
    }
}
#endif

int main()
{
    RUN(permits_are_taken_until_there_are_none);
    RUN(a_bucket_reads_the_clock_that_it_was_given);
    RUN(the_first_filling_is_an_option);
    RUN(a_look_takes_nothing);
    RUN(waiting_is_bounded_by_the_timeout);
    RUN(a_reservation_is_a_promise_that_can_be_given_back_once);
    RUN(a_promise_moves_with_its_object_and_outlives_a_forgotten_one);
    RUN(a_reservation_can_be_bounded);
    RUN(the_quota_changes_live);
    RUN(a_wrong_quota_is_refused_by_name);
    RUN(a_moved_from_bucket_is_an_error_and_no_crash);
    RUN(threads_share_one_bucket_and_get_exactly_the_burst);
#if RESIL_EXCEPTIONS
    RUN(constructors_throw_what_make_would_answer);
    RUN(the_value_of_a_refused_reservation_is_a_thrown_denial);
#endif
    return finish("cpp_token_bucket_test");
}
