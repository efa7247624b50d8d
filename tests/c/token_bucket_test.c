/* What a token bucket does, through the header: every function in ordinary use. */
#include "check.h"
#include "token_bucket_fixture.h"

static void a_burst_is_granted_and_the_next_permit_comes_at_its_exact_instant(void)
{
    resil_token_bucket_t *bucket = bucket_of(10, 3);
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 3, &wait), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 100 * MILLISECOND);
    wait = UNTOUCHED;
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 4, &wait),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 100 * MILLISECOND - 1, 1, NULL),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 100 * MILLISECOND, 1, NULL),
                 RESIL_STATUS_GRANTED);
    resil_token_bucket_free(bucket);
}

static void no_permits_are_granted_even_by_an_empty_bucket(void)
{
    resil_token_bucket_t *bucket = bucket_of(1, 1);
    resil_reservation_t nothing = RESIL_RESERVATION_INIT;
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 1, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 0, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 0, &nothing, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(nothing.ready_after_ns, 0);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &nothing), RESIL_STATUS_GAVE_NOTHING);
    resil_token_bucket_free(bucket);
}

static void options_choose_how_full_a_bucket_begins(void)
{
    resil_quota_t quota = {1, 5, SECOND};
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_token_bucket_t *bucket = NULL;
    options.has_initial = 1;
    options.initial = 2;
    CHECK_STATUS(resil_token_bucket_new(&quota, &options, &bucket), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(remaining_at(bucket, 7 * SECOND), 2);
    resil_token_bucket_free(bucket);

    options.initial = 0;
    CHECK_STATUS(resil_token_bucket_new(&quota, &options, &bucket), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(remaining_at(bucket, 7 * SECOND), 0);
    resil_token_bucket_free(bucket);

    options = (resil_token_bucket_options_t)RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    CHECK_STATUS(resil_token_bucket_new(&quota, &options, &bucket), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(remaining_at(bucket, 7 * SECOND), 5);
    resil_token_bucket_free(bucket);
}

static void every_clock_can_be_chosen_and_serves_the_forms_that_read_it(void)
{
    resil_quota_t quota = {1, 1, 3600 * SECOND};
    int32_t clocks[] = {RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_UNIX};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
        resil_token_bucket_t *bucket = NULL;
        uint64_t wait = 0;
        options.clock = clocks[i];
        CHECK_STATUS(resil_token_bucket_new(&quota, &options, &bucket), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, NULL), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, &wait), RESIL_STATUS_RETRY_AFTER);
        CHECK(wait > 0 && wait <= 3600 * SECOND);
        resil_token_bucket_free(bucket);
    }
}

static void a_manual_clock_moves_its_bucket_and_may_be_freed_first(void)
{
    resil_manual_clock_t *clock = clock_at(5 * SECOND);
    resil_token_bucket_t *bucket = bucket_on(clock, 1, 1);
    uint64_t wait = 0;
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_advance(clock, SECOND - 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 1);
    CHECK_STATUS(resil_manual_clock_advance(clock, 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, NULL), RESIL_STATUS_GRANTED);
    resil_manual_clock_free(clock);
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, SECOND);
    resil_token_bucket_free(bucket);
}

static void peeking_answers_as_asking_would_and_takes_nothing(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    resil_token_bucket_t *bucket = bucket_on(clock, 10, 5);
    resil_token_bucket_peek_t peek;
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 3, NULL), RESIL_STATUS_GRANTED);
    for (int twice = 0; twice < 2; twice++) {
        CHECK_STATUS(resil_token_bucket_peek(bucket, 2, &peek), RESIL_STATUS_GRANTED);
        CHECK_EQUAL(peek.remaining, 2);
        CHECK_EQUAL(peek.reset_after_ns, 300 * MILLISECOND);
        CHECK_EQUAL(peek.retry_after_ns, 0);
    }
    CHECK_STATUS(resil_token_bucket_peek(bucket, 4, &peek), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(peek.retry_after_ns, 200 * MILLISECOND);
    memset(&peek, 0x5A, sizeof peek);
    CHECK_STATUS(resil_token_bucket_peek_at(bucket, 100 * MILLISECOND, 6, &peek),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(peek.remaining, 3);
    CHECK_EQUAL(peek.reset_after_ns, 200 * MILLISECOND);
    CHECK_EQUAL(peek.retry_after_ns, 0);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
}

static void reservations_queue_and_keep_others_out(void)
{
    resil_manual_clock_t *clock = clock_at(SECOND);
    resil_token_bucket_t *bucket = bucket_on(clock, 10, 2);
    resil_reservation_t first, second;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_token_bucket_reserve(bucket, 2, &first, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(first.ready_after_ns, 0);
    CHECK_EQUAL(first.ready_at_ns, SECOND);
    CHECK_EQUAL(first.permits, 2);
    CHECK_STATUS(resil_token_bucket_reserve(bucket, 1, &second, &wait), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(second.ready_after_ns, 100 * MILLISECOND);
    CHECK_EQUAL(second.ready_at_ns, SECOND + 100 * MILLISECOND);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 200 * MILLISECOND);
    CHECK_STATUS(resil_token_bucket_reserve(bucket, 3, &second, NULL),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(second.permits, 1);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
}

static void a_reservation_within_a_timeout_is_refused_by_a_longer_wait(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    resil_token_bucket_t *bucket = bucket_on(clock, 10, 1);
    resil_reservation_t kept = RESIL_RESERVATION_INIT;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_token_bucket_reserve_within(bucket, 1, 0, &kept, NULL),
                 RESIL_STATUS_GRANTED);
    kept = (resil_reservation_t)RESIL_RESERVATION_INIT;
    CHECK_STATUS(resil_token_bucket_reserve_within(bucket, 1, 60 * MILLISECOND, &kept, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 40 * MILLISECOND);
    CHECK_EQUAL(kept.permits, 0);
    CHECK_STATUS(resil_token_bucket_cancel(bucket, &kept), RESIL_STATUS_ALREADY_SETTLED);
    CHECK_STATUS(resil_token_bucket_reserve_within_at(bucket, 40 * MILLISECOND, 1,
                                                      60 * MILLISECOND, &kept, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(kept.ready_after_ns, 60 * MILLISECOND);
    CHECK_STATUS(resil_token_bucket_reserve_within_at(bucket, 40 * MILLISECOND, 1,
                                                      RESIL_NO_TIMEOUT, &kept, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(kept.ready_after_ns, 160 * MILLISECOND);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
}

static void a_cancelled_reservation_gives_back_once(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    resil_token_bucket_t *bucket = bucket_on(clock, 10, 4);
    resil_reservation_t reservation;
    CHECK_STATUS(resil_token_bucket_reserve(bucket, 3, &reservation, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(remaining_at(bucket, 0), 1);
    CHECK_STATUS(resil_token_bucket_cancel(bucket, &reservation), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(remaining_at(bucket, 0), 4);
    CHECK_ERROR(resil_token_bucket_cancel, (bucket, &reservation), RESIL_STATUS_ALREADY_SETTLED,
                "reservation");
    CHECK_ERROR(resil_token_bucket_cancel_at, (bucket, 0, &reservation),
                RESIL_STATUS_ALREADY_SETTLED, "reservation");
    CHECK_EQUAL(remaining_at(bucket, 0), 4);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
}

static void a_reservation_can_be_cancelled_up_to_its_instant_and_not_later(void)
{
    resil_token_bucket_t *bucket = bucket_of(10, 1);
    resil_reservation_t taken, due, late;
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 1, &taken, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 1, &due, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, due.ready_at_ns, &due),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 1, &late, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(late.ready_at_ns, due.ready_at_ns);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, late.ready_at_ns + 1, &late),
                 RESIL_STATUS_GAVE_NOTHING);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &late), RESIL_STATUS_ALREADY_SETTLED);
    resil_token_bucket_free(bucket);
}

static void waiting_on_a_manual_clock_moves_it(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    resil_token_bucket_t *bucket = bucket_on(clock, 10, 1);
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 1, 0, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(shown(clock), 0);
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 1, 99 * MILLISECOND, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, MILLISECOND);
    CHECK_EQUAL(shown(clock), 0);
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 1, 100 * MILLISECOND, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(shown(clock), 100 * MILLISECOND);
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 1, RESIL_NO_TIMEOUT, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(shown(clock), 200 * MILLISECOND);
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 2, RESIL_NO_TIMEOUT, &wait),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(shown(clock), 200 * MILLISECOND);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
}

static void waiting_on_the_steady_clock_lasts_until_the_permit_is_there(void)
{
    resil_quota_t quota = {1, 1, 5 * MILLISECOND};
    resil_token_bucket_t *bucket = NULL;
    CHECK_STATUS(resil_token_bucket_new(&quota, NULL, &bucket), RESIL_STATUS_GRANTED);
    uint64_t start_ns = resil_monotonic_clock_now();
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 1, RESIL_NO_TIMEOUT, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_acquire(bucket, 1, RESIL_NO_TIMEOUT, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK(resil_monotonic_clock_now() - start_ns >= 5 * MILLISECOND);
    resil_token_bucket_free(bucket);
}

static void each_way_of_changing_the_quota_carries_over_what_it_says(void)
{
    const struct {
        int32_t carry;
        uint32_t remaining;
    } rows[] = {{RESIL_CARRY_RESET, 200},
                {RESIL_CARRY_AS_IS, 40},
                {RESIL_CARRY_PROPORTIONAL, 80},
                {RESIL_CARRY_ADDITIVE, 140}};
    resil_quota_t doubled = {200, 200, SECOND};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resil_manual_clock_t *clock = clock_at(0);
        resil_token_bucket_t *bucket = bucket_on(clock, 100, 100);
        resil_quota_t now_in_force = {0, 0, 0};
        CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 60, NULL), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_token_bucket_set_quota(bucket, &doubled, rows[i].carry),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(remaining_at(bucket, 0), rows[i].remaining);
        CHECK_STATUS(resil_token_bucket_quota(bucket, &now_in_force), RESIL_STATUS_GRANTED);
        CHECK_EQUAL(now_in_force.permits, 200);
        CHECK_EQUAL(now_in_force.burst, 200);
        CHECK_EQUAL(now_in_force.period_ns, SECOND);
        resil_token_bucket_free(bucket);
        resil_manual_clock_free(clock);
    }
}

static void a_reservation_outlives_one_change_that_carries_permits(void)
{
    resil_token_bucket_t *bucket = bucket_of(10, 2);
    resil_quota_t faster = {20, 4, SECOND};
    resil_reservation_t kept, lost;
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 2, &kept, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_set_quota_at(bucket, 0, &faster, RESIL_CARRY_AS_IS),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &kept), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 1, &lost, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_set_quota_at(bucket, 0, &faster, RESIL_CARRY_RESET),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &lost), RESIL_STATUS_GAVE_NOTHING);
    resil_token_bucket_free(bucket);
}

static void a_snapshot_shows_the_debt_that_a_peek_does_not(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    resil_token_bucket_t *bucket = bucket_on(clock, 10, 2);
    resil_token_bucket_snapshot_t snapshot;
    resil_reservation_t promised;
    CHECK_STATUS(resil_token_bucket_snapshot(bucket, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.quota.permits, 10);
    CHECK_EQUAL(snapshot.quota.burst, 2);
    CHECK_EQUAL(snapshot.quota.period_ns, SECOND);
    CHECK_EQUAL(snapshot.remaining, 2);
    CHECK_EQUAL(snapshot.owed, 0);
    CHECK_EQUAL(snapshot.reset_after_ns, 0);
    CHECK_STATUS(resil_token_bucket_reserve(bucket, 2, &promised, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_reserve(bucket, 2, &promised, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_snapshot_at(bucket, 100 * MILLISECOND, &snapshot),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.remaining, 0);
    CHECK_EQUAL(snapshot.owed, 1);
    CHECK_EQUAL(snapshot.reset_after_ns, 300 * MILLISECOND);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
}

static void every_instant_from_zero_to_the_last_is_answered(void)
{
    resil_token_bucket_t *bucket = bucket_of(1, 1);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 1, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, RESIL_INSTANT_MAX, 1, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 1, NULL), RESIL_STATUS_RETRY_AFTER);
    resil_token_bucket_free(bucket);
}

int main(void)
{
    RUN(a_burst_is_granted_and_the_next_permit_comes_at_its_exact_instant);
    RUN(no_permits_are_granted_even_by_an_empty_bucket);
    RUN(options_choose_how_full_a_bucket_begins);
    RUN(every_clock_can_be_chosen_and_serves_the_forms_that_read_it);
    RUN(a_manual_clock_moves_its_bucket_and_may_be_freed_first);
    RUN(peeking_answers_as_asking_would_and_takes_nothing);
    RUN(reservations_queue_and_keep_others_out);
    RUN(a_reservation_within_a_timeout_is_refused_by_a_longer_wait);
    RUN(a_cancelled_reservation_gives_back_once);
    RUN(a_reservation_can_be_cancelled_up_to_its_instant_and_not_later);
    RUN(waiting_on_a_manual_clock_moves_it);
    RUN(waiting_on_the_steady_clock_lasts_until_the_permit_is_there);
    RUN(each_way_of_changing_the_quota_carries_over_what_it_says);
    RUN(a_reservation_outlives_one_change_that_carries_permits);
    RUN(a_snapshot_shows_the_debt_that_a_peek_does_not);
    RUN(every_instant_from_zero_to_the_last_is_answered);
    return finish("token_bucket_test");
}
