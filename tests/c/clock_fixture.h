/* Times, and clocks to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_CLOCK_FIXTURE_H
#define RESIL_TESTS_CLOCK_FIXTURE_H

#include <stdlib.h>

#include "check.h"

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)
#define UNTOUCHED UINT64_C(0x5A5A5A5A5A5A5A5A)
#define TOO_LATE (RESIL_INSTANT_MAX + 1)

static inline resil_manual_clock_t *clock_at(uint64_t start_ns)
{
    resil_manual_clock_t *clock = NULL;
    CHECK_STATUS(resil_manual_clock_new(start_ns, &clock), RESIL_STATUS_GRANTED);
    if (clock == NULL)
        abort();
    return clock;
}

static inline uint64_t shown(const resil_manual_clock_t *clock)
{
    uint64_t now_ns = UNTOUCHED;
    CHECK_STATUS(resil_manual_clock_now(clock, &now_ns), RESIL_STATUS_GRANTED);
    return now_ns;
}

#endif
