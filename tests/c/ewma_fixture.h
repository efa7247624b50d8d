/* Averages to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_EWMA_FIXTURE_H
#define RESIL_TESTS_EWMA_FIXTURE_H

#include "clock_fixture.h"

/* What no average here comes to. */
#define NO_VALUE (-77.25)

/* The three kinds that forget by time have one shape. */
typedef resil_status_t make_by_time(uint64_t time_constant_ns, const resil_ewma_options_t *options,
                                    resil_ewma_t **out);

static inline resil_ewma_t *made(resil_status_t status, resil_ewma_t *ewma)
{
    CHECK_STATUS(status, RESIL_STATUS_GRANTED);
    if (ewma == NULL)
        abort();
    return ewma;
}

static inline resil_ewma_t *of_seconds(make_by_time *make, uint64_t seconds)
{
    resil_ewma_t *ewma = NULL;
    resil_status_t status = make(seconds * SECOND, NULL, &ewma);
    return made(status, ewma);
}

static inline resil_ewma_t *by_count(double alpha, uint32_t warm_up)
{
    resil_ewma_options_t options = RESIL_EWMA_OPTIONS_INIT;
    resil_ewma_t *ewma = NULL;
    options.warm_up = warm_up;
    resil_status_t status = resil_ewma_by_count(alpha, &options, &ewma);
    return made(status, ewma);
}

static inline void record_at(const resil_ewma_t *ewma, uint64_t now_ns, double x)
{
    CHECK_STATUS(resil_ewma_record_at(ewma, now_ns, x), RESIL_STATUS_GRANTED);
}

/* The value, which there must be. */
static inline double value_at(const resil_ewma_t *ewma, uint64_t now_ns)
{
    double value = NO_VALUE;
    CHECK_STATUS(resil_ewma_value_at(ewma, now_ns, &value), RESIL_STATUS_GRANTED);
    return value;
}

/* No value: the status says so, and the place for it is left alone. */
static inline void check_absent_at(const resil_ewma_t *ewma, uint64_t now_ns)
{
    double value = NO_VALUE;
    CHECK_STATUS(resil_ewma_value_at(ewma, now_ns, &value), RESIL_STATUS_ABSENT);
    CHECK_STATUS(resil_ewma_value(ewma, &value), RESIL_STATUS_ABSENT);
    CHECK(value == NO_VALUE);
}

static inline resil_ewma_snapshot_t seen_at(const resil_ewma_t *ewma, uint64_t now_ns)
{
    resil_ewma_snapshot_t seen;
    memset(&seen, 0x5A, sizeof seen);
    CHECK_STATUS(resil_ewma_snapshot_at(ewma, now_ns, &seen), RESIL_STATUS_GRANTED);
    return seen;
}

#endif
