/* Period limiters to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_PERIOD_LIMITER_FIXTURE_H
#define RESIL_TESTS_PERIOD_LIMITER_FIXTURE_H

#include "clock_fixture.h"

#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static inline resil_period_limiter_options_t limiter_on(const resil_manual_clock_t *clock)
{
    resil_period_limiter_options_t options = RESIL_PERIOD_LIMITER_OPTIONS_INIT;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;
    return options;
}

/* The limiter that a function made with that status. */
static inline resil_period_limiter_t *there(resil_status_t status, resil_period_limiter_t *limiter)
{
    CHECK_STATUS(status, RESIL_STATUS_GRANTED);
    if (limiter == NULL)
        abort();
    return limiter;
}

/* From first use, on the steady clock, which no `_at` form reads. */
static inline resil_period_limiter_t *limiter_of(uint32_t limit, uint64_t period_ns)
{
    resil_period_limiter_t *limiter = NULL;
    resil_status_t status = resil_period_limiter_new(limit, period_ns, NULL, &limiter);
    return there(status, limiter);
}

static inline resil_period_limiter_t *aligned_of(uint32_t limit, uint64_t period_ns,
                                                 int32_t utc_offset_secs)
{
    resil_period_limiter_t *limiter = NULL;
    resil_status_t status =
        resil_period_limiter_aligned(limit, period_ns, utc_offset_secs, NULL, &limiter);
    return there(status, limiter);
}

static inline resil_period_limiter_t *sliding_of(uint32_t limit, uint64_t period_ns)
{
    resil_period_limiter_t *limiter = NULL;
    resil_status_t status = resil_period_limiter_sliding(limit, period_ns, NULL, &limiter);
    return there(status, limiter);
}

static inline resil_period_limiter_snapshot_t limiter_at(const resil_period_limiter_t *limiter,
                                                         uint64_t now_ns)
{
    resil_period_limiter_snapshot_t snapshot;
    memset(&snapshot, 0x5A, sizeof snapshot);
    CHECK_STATUS(resil_period_limiter_snapshot_at(limiter, now_ns, &snapshot),
                 RESIL_STATUS_GRANTED);
    return snapshot;
}

#endif
