/* SRE breakers to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_SRE_BREAKER_FIXTURE_H
#define RESIL_TESTS_SRE_BREAKER_FIXTURE_H

#include "clock_fixture.h"

/* Draws that a test has written down. */
struct scripted {
    double draw;
    unsigned drawn;
};

static inline double draw_scripted(void *user_data)
{
    struct scripted *scripted = user_data;
    scripted->drawn++;
    return scripted->draw;
}

/* (R - 5 - 1.5 A) / (R + 1) over 10 s, refusals uncounted; on the coarse clock, which no `_at` form reads. */
static inline resil_sre_breaker_t *breaker_of_default(void)
{
    resil_sre_breaker_t *breaker = NULL;
    CHECK_STATUS(resil_sre_breaker_new(NULL, NULL, &breaker), RESIL_STATUS_GRANTED);
    if (breaker == NULL)
        abort();
    return breaker;
}

/* As `breaker_of_default`, on a manual clock and with scripted draws. */
static inline resil_sre_breaker_t *breaker_on(const resil_manual_clock_t *clock,
                                              struct scripted *scripted)
{
    resil_sre_breaker_options_t options = RESIL_SRE_BREAKER_OPTIONS_INIT;
    resil_sre_breaker_t *breaker = NULL;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;
    options.draw = draw_scripted;
    options.draw_user_data = scripted;
    CHECK_STATUS(resil_sre_breaker_new(NULL, &options, &breaker), RESIL_STATUS_GRANTED);
    if (breaker == NULL)
        abort();
    return breaker;
}

static inline void record_times_at(const resil_sre_breaker_t *breaker, uint64_t now_ns,
                                   int32_t outcome, int times)
{
    for (int i = 0; i < times; i++)
        CHECK_STATUS(resil_sre_breaker_record_at(breaker, now_ns, outcome), RESIL_STATUS_GRANTED);
}

static inline resil_sre_breaker_snapshot_t seen_at(const resil_sre_breaker_t *breaker,
                                                   uint64_t now_ns)
{
    resil_sre_breaker_snapshot_t snapshot = {UNTOUCHED, UNTOUCHED, -1, -1, UNTOUCHED, UNTOUCHED};
    CHECK_STATUS(resil_sre_breaker_snapshot_at(breaker, now_ns, &snapshot), RESIL_STATUS_GRANTED);
    return snapshot;
}

#endif
