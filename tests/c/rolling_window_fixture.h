/* Rolling windows and counters to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_ROLLING_WINDOW_FIXTURE_H
#define RESIL_TESTS_ROLLING_WINDOW_FIXTURE_H

#include "clock_fixture.h"

/* On the coarse clock, which no `_at` form reads. */
static inline resil_rolling_window_t *window_of(uint64_t width_ns, uint32_t count)
{
    resil_rolling_window_t *window = NULL;
    CHECK_STATUS(resil_rolling_window_new(width_ns, count, NULL, &window), RESIL_STATUS_GRANTED);
    if (window == NULL)
        abort();
    return window;
}

static inline resil_rolling_counter_t *counter_of(uint64_t width_ns, uint32_t count)
{
    resil_rolling_counter_t *counter = NULL;
    CHECK_STATUS(resil_rolling_counter_new(width_ns, count, NULL, &counter),
                 RESIL_STATUS_GRANTED);
    if (counter == NULL)
        abort();
    return counter;
}

static inline resil_rolling_window_options_t options_on(const resil_manual_clock_t *clock)
{
    resil_rolling_window_options_t options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;
    return options;
}

static inline resil_totals_t totals_at(const resil_rolling_window_t *window, uint64_t now_ns)
{
    resil_totals_t totals = {UNTOUCHED, UNTOUCHED};
    CHECK_STATUS(resil_rolling_window_totals_at(window, now_ns, &totals), RESIL_STATUS_GRANTED);
    return totals;
}

static inline uint64_t total_at(const resil_rolling_counter_t *counter, uint64_t now_ns)
{
    uint64_t total = UNTOUCHED;
    CHECK_STATUS(resil_rolling_counter_total_at(counter, now_ns, &total), RESIL_STATUS_GRANTED);
    return total;
}

#endif
