/* Buckets to test with. What cannot be made ends the program. */
#ifndef RESIL_TESTS_TOKEN_BUCKET_FIXTURE_H
#define RESIL_TESTS_TOKEN_BUCKET_FIXTURE_H

#include "clock_fixture.h"

/* `permits` a second, on the steady clock, which no `_at` form reads. */
static inline resil_token_bucket_t *bucket_of(uint32_t permits, uint32_t burst)
{
    resil_quota_t quota = {permits, burst, SECOND};
    resil_token_bucket_t *bucket = NULL;
    CHECK_STATUS(resil_token_bucket_new(&quota, NULL, &bucket), RESIL_STATUS_GRANTED);
    if (bucket == NULL)
        abort();
    return bucket;
}

/* As `bucket_of`, on a manual clock. */
static inline resil_token_bucket_t *bucket_on(const resil_manual_clock_t *clock, uint32_t permits,
                                       uint32_t burst)
{
    resil_quota_t quota = {permits, burst, SECOND};
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_token_bucket_t *bucket = NULL;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;
    CHECK_STATUS(resil_token_bucket_new(&quota, &options, &bucket), RESIL_STATUS_GRANTED);
    if (bucket == NULL)
        abort();
    return bucket;
}

static inline uint32_t remaining_at(const resil_token_bucket_t *bucket, uint64_t now_ns)
{
    resil_token_bucket_peek_t peek;
    CHECK(resil_token_bucket_peek_at(bucket, now_ns, 0, &peek) == RESIL_STATUS_GRANTED);
    return peek.remaining;
}

#endif
