/* Leaky meters and queues to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_LEAKY_BUCKET_FIXTURE_H
#define RESIL_TESTS_LEAKY_BUCKET_FIXTURE_H

#include "clock_fixture.h"

/* On that manual clock; NULL: on the steady clock, which no `_at` form reads. */
static inline resil_leaky_bucket_options_t leaky_on(const resil_manual_clock_t *clock)
{
    resil_leaky_bucket_options_t options = RESIL_LEAKY_BUCKET_OPTIONS_INIT;
    if (clock != NULL) {
        options.clock = RESIL_CLOCK_MANUAL;
        options.manual_clock = clock;
    }
    return options;
}

/* `permits` a second. */
static inline resil_leaky_meter_t *meter_on(const resil_manual_clock_t *clock, uint32_t permits,
                                            uint32_t burst)
{
    resil_quota_t quota = {permits, burst, SECOND};
    resil_leaky_bucket_options_t options = leaky_on(clock);
    resil_leaky_meter_t *meter = NULL;
    CHECK_STATUS(resil_leaky_meter_new(&quota, &options, &meter), RESIL_STATUS_GRANTED);
    if (meter == NULL)
        abort();
    return meter;
}

/* As `meter_on`. */
static inline resil_leaky_queue_t *queue_on(const resil_manual_clock_t *clock, uint32_t permits,
                                            uint32_t burst)
{
    resil_quota_t quota = {permits, burst, SECOND};
    resil_leaky_bucket_options_t options = leaky_on(clock);
    resil_leaky_queue_t *queue = NULL;
    CHECK_STATUS(resil_leaky_queue_new(&quota, &options, &queue), RESIL_STATUS_GRANTED);
    if (queue == NULL)
        abort();
    return queue;
}

/* Permits for which a meter has room. */
static inline uint32_t room_at(const resil_leaky_meter_t *meter, uint64_t now_ns)
{
    resil_peek_t peek = {0, 0, 0};
    CHECK_STATUS(resil_leaky_meter_peek_at(meter, now_ns, 0, &peek), RESIL_STATUS_GRANTED);
    return peek.remaining;
}

/* Time until a queue is idle. */
static inline uint64_t idle_after(const resil_leaky_queue_t *queue, uint64_t now_ns)
{
    resil_leaky_queue_peek_t peek = {0, 0, 0, 0};
    CHECK_STATUS(resil_leaky_queue_peek_at(queue, now_ns, 0, &peek), RESIL_STATUS_GRANTED);
    return peek.reset_after_ns;
}

#endif
