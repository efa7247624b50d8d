/* Quotas that no limiter is made of. */
#ifndef RESIL_TESTS_WRONG_QUOTAS_H
#define RESIL_TESTS_WRONG_QUOTAS_H

#include "clock_fixture.h"

/* Every rule of a quota, broken. */
static const struct {
    resil_quota_t quota;
    resil_status_t status;
    const char *field;
} wrong_quotas[] = {
    {{0, 1, SECOND}, RESIL_STATUS_PERMITS_IS_ZERO, "quota->permits"},
    {{1, 1, 0}, RESIL_STATUS_PERIOD_IS_ZERO, "quota->period_ns"},
    {{1, 0, SECOND}, RESIL_STATUS_BURST_IS_ZERO, "quota->burst"},
    {{UINT32_MAX, 1, RESIL_INSTANT_MAX + 1}, RESIL_STATUS_PERIOD_TOO_LONG, "quota->period_ns"},
    {{5, 5, 1}, RESIL_STATUS_RATE_TOO_HIGH, "quota->permits"},
    {{1, 1000000, 86400 * SECOND}, RESIL_STATUS_SPAN_TOO_LONG, "quota->burst"},
};

#endif
