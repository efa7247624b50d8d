/*
 * Guards an outbound call twice over: a token bucket keeps us within the rate we agreed on, an SRE breaker keeps
 * calls from a backend that fails them.
 *
 *     cc -std=c11 -O2 -Iinclude examples/c/guard.c -lresil -o guard
 *     ./guard
 *
 * Twelve seconds of a manual clock pass in no time: 40 requests a second to a backend that breaks down in the
 * fourth and is mended in the eighth. Draws come from a fixed sequence, so every run prints the same; a service
 * leaves out both options and has the machine's clock and chances of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "resil.h"

#define NS_PER_S UINT64_C(1000000000)

enum { SECONDS = 12, REQUESTS_PER_SECOND = 40, BREAKS_DOWN = 3, IS_MENDED = 7 };

/* What the backend answers when it is broken: any number that counts as failed, below 0 or from 64 on. */
enum { BACKEND_FAILED = -1 };

/* One outbound call, with all it needs. */
struct outbound {
    resil_token_bucket_t *bucket;
    int second;
};

/* What became of the requests of one second. */
struct tally {
    int answered, failed, limited, rejected;
};

/* Ends the program if the library could not do what it was asked to. */
static void must(resil_status_t status)
{
    if (!resil_status_is_granted(status)) {
        fprintf(stderr, "guard: %s\n", resil_last_error_message());
        exit(2);
    }
}

/* A real one would write to a socket and read from it. */
static int32_t backend(int second)
{
    return second < BREAKS_DOWN || second >= IS_MENDED ? RESIL_STATUS_GRANTED : BACKEND_FAILED;
}

/* What the breaker guards. A refusal of the bucket (8 to 63) says nothing about the backend: the breaker leaves
 * it out of account. */
static int32_t limited_call(void *user_data)
{
    const struct outbound *outbound = user_data;
    resil_status_t status = resil_token_bucket_try_acquire(outbound->bucket, 1, NULL);
    return resil_status_is_granted(status) ? backend(outbound->second) : status;
}

static void request(const resil_sre_breaker_t *breaker, struct outbound *outbound,
                    struct tally *tally)
{
    int32_t result = 0;
    resil_status_t status = resil_sre_breaker_run(breaker, limited_call, outbound, &result);
    if (status == RESIL_STATUS_REJECTED)
        tally->rejected++;
    else if (status != RESIL_STATUS_GRANTED)
        must(status);
    else if (resil_status_is_granted(result))
        tally->answered++;
    else if (result == RESIL_STATUS_RETRY_AFTER)
        tally->limited++;
    else
        tally->failed++;
}

/* The fractional parts of the multiples of the golden ratio: as evenly spread as numbers can be. */
static double draw(void *user_data)
{
    uint32_t *state = user_data;
    *state += UINT32_C(2654435769);
    return *state / 4294967296.0;
}

int main(void)
{
    resil_manual_clock_t *clock = NULL;
    resil_token_bucket_t *bucket = NULL;
    resil_sre_breaker_t *breaker = NULL;
    uint32_t draws = 0;
    must(resil_manual_clock_new(0, &clock));

    resil_quota_t quota = {.permits = 30, .burst = 10, .period_ns = NS_PER_S};
    resil_token_bucket_options_t bucket_options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    bucket_options.clock = RESIL_CLOCK_MANUAL;
    bucket_options.manual_clock = clock;
    must(resil_token_bucket_new(&quota, &bucket_options, &bucket));

    resil_sre_breaker_config_t config;
    must(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3));
    config.bucket_width_ns = NS_PER_S / 4;
    config.bucket_count = 8; /* the last two seconds */
    resil_sre_breaker_options_t breaker_options = RESIL_SRE_BREAKER_OPTIONS_INIT;
    breaker_options.clock = RESIL_CLOCK_MANUAL;
    breaker_options.manual_clock = clock;
    breaker_options.draw = draw;
    breaker_options.draw_user_data = &draws;
    must(resil_sre_breaker_new(&config, &breaker_options, &breaker));

    puts("second  backend  answered  failed  limited  rejected  drop ratio");
    for (int second = 0; second < SECONDS; second++) {
        struct outbound outbound = {bucket, second};
        struct tally tally = {0, 0, 0, 0};
        resil_sre_breaker_snapshot_t seen;
        for (int i = 0; i < REQUESTS_PER_SECOND; i++) {
            request(breaker, &outbound, &tally);
            must(resil_manual_clock_advance(clock, NS_PER_S / REQUESTS_PER_SECOND));
        }
        must(resil_sre_breaker_snapshot(breaker, &seen));
        printf("%6d  %7s  %8d  %6d  %7d  %8d  %10.2f\n", second,
               backend(second) == BACKEND_FAILED ? "broken" : "well", tally.answered,
               tally.failed, tally.limited, tally.rejected, seen.drop_ratio);
    }

    resil_sre_breaker_free(breaker);
    resil_token_bucket_free(bucket);
    resil_manual_clock_free(clock);
    return 0;
}
