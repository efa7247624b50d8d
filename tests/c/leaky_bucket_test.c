/* The leaky bucket through its C interface: every operation of meter and queue, in both of its forms. */
#include "leaky_bucket_fixture.h"

/* Ten a second: one leaves every 100 ms. */
enum { TEN = 10 };
#define INTERVAL (100 * MILLISECOND)

static void a_meter_grants_a_burst_and_then_the_rate(void)
{
    resil_leaky_meter_t *meter = meter_on(NULL, TEN, 3);
    uint64_t wait = UNTOUCHED;
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, 0, 1, &wait), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, 0, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, INTERVAL);
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, INTERVAL - 1, 1, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 1);
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, INTERVAL, 1, NULL),
                 RESIL_STATUS_GRANTED);
    wait = UNTOUCHED;
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, SECOND, 4, &wait),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, 0, 0, NULL), RESIL_STATUS_GRANTED);
    resil_leaky_meter_free(meter);
}

static void a_meters_plain_forms_read_its_clock(void)
{
    resil_manual_clock_t *clock = clock_at(7 * SECOND);
    resil_leaky_meter_t *meter = meter_on(clock, TEN, 1);
    resil_leaky_bucket_snapshot_t snapshot;
    resil_peek_t peek;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_leaky_meter_try_acquire(meter, 1, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_advance(clock, INTERVAL - 3), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_meter_try_acquire(meter, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 3);
    CHECK_STATUS(resil_leaky_meter_peek(meter, 1, &peek), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(peek.retry_after_ns, 3);
    CHECK_EQUAL(peek.reset_after_ns, 3);
    CHECK_EQUAL(peek.remaining, 0);
    CHECK_STATUS(resil_leaky_meter_snapshot(meter, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.reset_after_ns, 3);
    resil_manual_clock_free(clock);
    CHECK_STATUS(resil_leaky_meter_try_acquire(meter, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    resil_leaky_meter_free(meter);
}

static void a_meter_shows_what_is_left_and_takes_nothing_by_it(void)
{
    resil_leaky_meter_t *meter = meter_on(NULL, TEN, 3);
    resil_leaky_bucket_snapshot_t snapshot;
    resil_quota_t quota;
    resil_peek_t peek;
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(meter, 0, 2, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_meter_peek_at(meter, 0, 1, &peek), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(peek.remaining, 1);
    CHECK_EQUAL(peek.reset_after_ns, 2 * INTERVAL);
    CHECK_EQUAL(peek.retry_after_ns, 0);
    CHECK_STATUS(resil_leaky_meter_peek_at(meter, 0, 4, &peek), RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(peek.remaining, 1);
    CHECK_EQUAL(peek.retry_after_ns, 0);
    CHECK_STATUS(resil_leaky_meter_snapshot_at(meter, 0, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.remaining, 1);
    CHECK_EQUAL(snapshot.reset_after_ns, 2 * INTERVAL);
    CHECK_EQUAL(snapshot.quota.burst, 3);
    CHECK_STATUS(resil_leaky_meter_quota(meter, &quota), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(quota.permits, TEN);
    CHECK_EQUAL(quota.burst, 3);
    CHECK_EQUAL(quota.period_ns, SECOND);
    resil_leaky_meter_free(meter);
}

static void an_idle_queue_takes_a_burst_and_sends_them_one_by_one(void)
{
    resil_leaky_queue_t *queue = queue_on(NULL, TEN, 3);
    resil_slot_t slot;
    uint64_t wait = UNTOUCHED, now_ns = 130 * MILLISECOND;
    for (uint64_t place = 0; place < 3; place++) {
        CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, now_ns, 1, &slot, &wait),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(slot.ready_after_ns, place * INTERVAL);
        CHECK_EQUAL(slot.ready_at_ns, now_ns + place * INTERVAL);
        CHECK_EQUAL(slot.permits, 1);
    }
    CHECK_EQUAL(wait, UNTOUCHED);
    memset(&slot, 0x5A, sizeof slot);
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, now_ns, 1, &slot, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, INTERVAL);
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, now_ns, 4, &slot, NULL),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK(untouched(&slot, sizeof slot, 0x5A));
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, now_ns, 0, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(slot.ready_after_ns, 0);
    CHECK_EQUAL(slot.permits, 0);
    resil_leaky_queue_free(queue);
}

static void several_at_once_go_together_and_occupy_as_many_intervals(void)
{
    resil_leaky_queue_t *queue = queue_on(NULL, TEN, 4);
    resil_slot_t slot;
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, 0, 3, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(slot.ready_after_ns, 0);
    CHECK_EQUAL(slot.permits, 3);
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, 0, 1, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(slot.ready_after_ns, 3 * INTERVAL);
    resil_leaky_queue_free(queue);
}

static void a_wait_beyond_the_timeout_takes_no_place(void)
{
    resil_leaky_queue_t *queue = queue_on(NULL, TEN, 3);
    resil_slot_t slot;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_leaky_queue_try_reserve_within_at(queue, 0, 2, RESIL_NO_TIMEOUT, &slot,
                                                         NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_queue_try_reserve_within_at(queue, 0, 1, 150 * MILLISECOND, &slot,
                                                         &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 50 * MILLISECOND);
    CHECK_EQUAL(idle_after(queue, 0), 2 * INTERVAL);
    CHECK_STATUS(resil_leaky_queue_try_reserve_within_at(queue, 50 * MILLISECOND, 1,
                                                         150 * MILLISECOND, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(slot.ready_after_ns, 150 * MILLISECOND);
    resil_leaky_queue_free(queue);
}

static void a_queues_plain_forms_read_its_clock(void)
{
    resil_manual_clock_t *clock = clock_at(SECOND);
    resil_leaky_queue_t *queue = queue_on(clock, TEN, 3);
    resil_leaky_bucket_snapshot_t snapshot;
    resil_leaky_queue_peek_t peek;
    resil_slot_t slot;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_leaky_queue_try_reserve(queue, 1, &slot, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(slot.ready_at_ns, SECOND);
    CHECK_STATUS(resil_manual_clock_advance(clock, 30 * MILLISECOND), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_queue_try_reserve_within(queue, 1, 69 * MILLISECOND, &slot, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, MILLISECOND);
    CHECK_STATUS(resil_leaky_queue_try_reserve_within(queue, 1, 70 * MILLISECOND, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(slot.ready_at_ns, SECOND + INTERVAL);
    CHECK_STATUS(resil_leaky_queue_peek(queue, 1, &peek), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(peek.ready_after_ns, 170 * MILLISECOND);
    CHECK_EQUAL(peek.reset_after_ns, 170 * MILLISECOND);
    CHECK_EQUAL(peek.retry_after_ns, 0);
    CHECK_EQUAL(peek.remaining, 1);
    CHECK_STATUS(resil_leaky_queue_peek(queue, 2, &peek), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(peek.ready_after_ns, 0);
    CHECK_EQUAL(peek.retry_after_ns, 70 * MILLISECOND);
    CHECK_STATUS(resil_leaky_queue_snapshot(queue, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.remaining, 1);
    CHECK_EQUAL(snapshot.reset_after_ns, 170 * MILLISECOND);
    resil_leaky_queue_free(queue);
    resil_manual_clock_free(clock);
}

static void waiting_in_a_queue_moves_a_manual_clock_to_its_slot(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    resil_leaky_queue_t *queue = queue_on(clock, TEN, TEN);
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_leaky_queue_acquire(queue, 1, 0, &wait), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(shown(clock), 0);
    CHECK_STATUS(resil_leaky_queue_acquire(queue, 1, INTERVAL - 1, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 1);
    CHECK_EQUAL(shown(clock), 0);
    CHECK_STATUS(resil_leaky_queue_acquire(queue, 1, INTERVAL, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(shown(clock), INTERVAL);
    CHECK_STATUS(resil_leaky_queue_acquire(queue, 1, RESIL_NO_TIMEOUT, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(shown(clock), 2 * INTERVAL);
    CHECK_STATUS(resil_leaky_queue_acquire(queue, TEN + 1, RESIL_NO_TIMEOUT, NULL),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    resil_leaky_queue_free(queue);
    resil_manual_clock_free(clock);
}

static void a_queue_shows_itself_at_an_instant_and_its_quota(void)
{
    resil_leaky_queue_t *queue = queue_on(NULL, TEN, 3);
    resil_leaky_bucket_snapshot_t snapshot;
    resil_leaky_queue_peek_t peek;
    resil_quota_t quota;
    resil_slot_t slot;
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(queue, SECOND, 2, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_queue_snapshot_at(queue, SECOND + 1, &snapshot),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.remaining, 1);
    CHECK_EQUAL(snapshot.reset_after_ns, 2 * INTERVAL - 1);
    CHECK_EQUAL(snapshot.quota.permits, TEN);
    CHECK_STATUS(resil_leaky_queue_peek_at(queue, SECOND, 4, &peek), RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(peek.remaining, 1);
    CHECK_EQUAL(peek.ready_after_ns, 0);
    CHECK_STATUS(resil_leaky_queue_quota(queue, &quota), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(quota.burst, 3);
    CHECK_EQUAL(quota.period_ns, SECOND);
    resil_leaky_queue_free(queue);
}

static void every_clock_can_be_chosen_and_none_means_the_steady_one(void)
{
    resil_quota_t quota = {1, 1, 3600 * SECOND};
    int32_t clocks[] = {RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_UNIX, RESIL_CLOCK_QUANTA};
    resil_slot_t slot;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        resil_leaky_bucket_options_t options = RESIL_LEAKY_BUCKET_OPTIONS_INIT;
        resil_leaky_meter_t *meter = NULL;
        resil_leaky_queue_t *queue = NULL;
        options.clock = clocks[i];
        CHECK_STATUS(resil_leaky_meter_new(&quota, &options, &meter), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_leaky_meter_try_acquire(meter, 1, NULL), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_leaky_meter_try_acquire(meter, 1, NULL), RESIL_STATUS_RETRY_AFTER);
        resil_leaky_meter_free(meter);
        CHECK_STATUS(resil_leaky_queue_new(&quota, &options, &queue), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_leaky_queue_try_reserve(queue, 1, &slot, NULL), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_leaky_queue_acquire(queue, 1, 0, NULL), RESIL_STATUS_RETRY_AFTER);
        resil_leaky_queue_free(queue);
    }
    resil_leaky_queue_t *queue = NULL;
    uint64_t before = resil_monotonic_clock_now();
    CHECK_STATUS(resil_leaky_queue_new(&quota, NULL, &queue), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_queue_try_reserve(queue, 1, &slot, NULL), RESIL_STATUS_GRANTED);
    CHECK(before <= slot.ready_at_ns && slot.ready_at_ns <= resil_monotonic_clock_now());
    resil_leaky_queue_free(queue);
}

int main(void)
{
    RUN(a_meter_grants_a_burst_and_then_the_rate);
    RUN(a_meters_plain_forms_read_its_clock);
    RUN(a_meter_shows_what_is_left_and_takes_nothing_by_it);
    RUN(an_idle_queue_takes_a_burst_and_sends_them_one_by_one);
    RUN(several_at_once_go_together_and_occupy_as_many_intervals);
    RUN(a_wait_beyond_the_timeout_takes_no_place);
    RUN(a_queues_plain_forms_read_its_clock);
    RUN(waiting_in_a_queue_moves_a_manual_clock_to_its_slot);
    RUN(a_queue_shows_itself_at_an_instant_and_its_quota);
    RUN(every_clock_can_be_chosen_and_none_means_the_steady_one);
    return finish("leaky_bucket_test");
}
