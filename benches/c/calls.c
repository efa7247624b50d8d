/*
 * Loops of calls into the C library, for `beside` to time: built twice, with the shared and with the static library.
 *
 *     cc -std=c11 -O2 -fPIC -shared -Iinclude benches/c/calls.c -lresil -o shared_calls.so
 *
 * Each loop calls one function for the numbers from `first` below `last`, on an object of its own that is made when
 * first wanted and lives as long as the process. It answers how often it was granted.
 */
#include <stdint.h>
#include <stdlib.h>

#include "resil.h"

#define NS_PER_S UINT64_C(1000000000)

/* A permit comes back each nanosecond: never refused. */
static const resil_quota_t plenty = {.permits = 1000000000, .burst = UINT32_MAX, .period_ns = NS_PER_S};
/* A permit an hour: refused once the first is taken. */
static const resil_quota_t scarce = {.permits = 1, .burst = 1, .period_ns = 3600 * NS_PER_S};

static void must(resil_status_t status)
{
    if (!resil_status_is_granted(status)) {
        abort();
    }
}

/* A bucket that has been asked once. */
static resil_token_bucket_t *bucket(const resil_quota_t *quota, int32_t clock)
{
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_token_bucket_t *made = NULL;
    options.clock = clock;
    must(resil_token_bucket_new(quota, &options, &made));
    must(resil_token_bucket_try_acquire(made, 1, NULL));
    return made;
}

/* A given instant: a nanosecond later with each call. */
static uint64_t at(uint64_t base, uint64_t call)
{
    return base + (call & UINT64_C(0xffffffffff));
}

uint64_t nothing(uint64_t first, uint64_t last)
{
    uint64_t granted = 0;
    for (uint64_t call = first; call < last; call++) {
        granted += resil_status_is_granted(RESIL_STATUS_GRANTED);
    }
    return granted;
}

uint64_t grant_given(uint64_t first, uint64_t last)
{
    static resil_token_bucket_t *asked;
    static uint64_t base;
    uint64_t granted = 0;
    if (asked == NULL) {
        asked = bucket(&plenty, RESIL_CLOCK_MONOTONIC);
        base = resil_monotonic_clock_now();
    }
    for (uint64_t call = first; call < last; call++) {
        granted += resil_token_bucket_try_acquire_at(asked, at(base, call), 1, NULL) == RESIL_STATUS_GRANTED;
    }
    return granted;
}

uint64_t refusal_given(uint64_t first, uint64_t last)
{
    static resil_token_bucket_t *asked;
    static uint64_t base;
    uint64_t granted = 0;
    if (asked == NULL) {
        asked = bucket(&scarce, RESIL_CLOCK_MONOTONIC);
        base = resil_monotonic_clock_now();
    }
    for (uint64_t call = first; call < last; call++) {
        granted += resil_token_bucket_try_acquire_at(asked, base, 1, NULL) == RESIL_STATUS_GRANTED;
    }
    return granted;
}

uint64_t refusal_with_its_wait_given(uint64_t first, uint64_t last)
{
    static resil_token_bucket_t *asked;
    static uint64_t base;
    uint64_t wait = 0, waits = 0;
    if (asked == NULL) {
        asked = bucket(&scarce, RESIL_CLOCK_MONOTONIC);
        base = resil_monotonic_clock_now();
    }
    for (uint64_t call = first; call < last; call++) {
        (void)(resil_token_bucket_try_acquire_at(asked, base, 1, &wait) == RESIL_STATUS_GRANTED);
        waits += wait;
    }
    return waits;
}

/* Grants of a bucket by the clock it was made with. */
static uint64_t grants(const resil_token_bucket_t *asked, uint64_t first, uint64_t last)
{
    uint64_t granted = 0;
    for (uint64_t call = first; call < last; call++) {
        granted += resil_token_bucket_try_acquire(asked, 1, NULL) == RESIL_STATUS_GRANTED;
    }
    return granted;
}

uint64_t grant_kernel(uint64_t first, uint64_t last)
{
    static resil_token_bucket_t *asked;
    if (asked == NULL) {
        asked = bucket(&plenty, RESIL_CLOCK_MONOTONIC);
    }
    return grants(asked, first, last);
}

uint64_t grant_coarse(uint64_t first, uint64_t last)
{
    static resil_token_bucket_t *asked;
    if (asked == NULL) {
        asked = bucket(&plenty, RESIL_CLOCK_COARSE);
    }
    return grants(asked, first, last);
}

uint64_t counter_add(uint64_t first, uint64_t last)
{
    static resil_rolling_counter_t *counter;
    uint64_t granted = 0;
    if (counter == NULL) {
        must(resil_rolling_counter_new(NS_PER_S, 40, NULL, &counter));
    }
    for (uint64_t call = first; call < last; call++) {
        granted += resil_rolling_counter_add(counter, 3) == RESIL_STATUS_GRANTED;
    }
    return granted;
}

uint64_t breaker_ask_and_success(uint64_t first, uint64_t last)
{
    static resil_sre_breaker_t *breaker;
    uint64_t granted = 0;
    if (breaker == NULL) {
        resil_sre_breaker_config_t config;
        must(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3));
        must(resil_sre_breaker_new(&config, NULL, &breaker));
    }
    for (uint64_t call = first; call < last; call++) {
        resil_permit_t permit;
        if (resil_sre_breaker_try_acquire(breaker, &permit, NULL) == RESIL_STATUS_GRANTED) {
            granted += resil_sre_breaker_success(breaker, &permit) == RESIL_STATUS_GRANTED;
        }
    }
    return granted;
}
