/* Stores and limiters on a server of the test's own. What cannot be made ends the program. */
#ifndef RESIL_TESTS_REDIS_FIXTURE_H
#define RESIL_TESTS_REDIS_FIXTURE_H

#include "clock_fixture.h"
#include "redis_server.h"

/* Longer than any answer of a server that runs takes on a machine that is busy with other things. */
#define PATIENCE (20 * SECOND)
/* What a caller may wait for a deadline of 100 ms on such a machine; far less than for PATIENCE. */
#define LONGEST_WAIT (3 * SECOND)

/* A text as the subject that it is. */
#define SUBJECT(text) (text), strlen(text)

static inline resil_redis_store_t *store_at(const char *url, uint64_t deadline_ns)
{
    resil_redis_store_options_t options = RESIL_REDIS_STORE_OPTIONS_INIT;
    resil_redis_store_t *store = NULL;
    options.deadline_ns = deadline_ns;
    options.connect_timeout_ns = PATIENCE;
    options.members = 1;
    CHECK_STATUS(resil_redis_store_open(url, &options, &store), RESIL_STATUS_GRANTED);
    if (store == NULL)
        abort();
    return store;
}

static inline bool is_up_within(const resil_redis_store_t *store, uint64_t timeout_ns)
{
    bool up = false;
    CHECK_STATUS(resil_redis_store_wait_until_up(store, timeout_ns, &up), RESIL_STATUS_GRANTED);
    return up;
}

/* A store that is connected, and whose callers have patience. */
static inline resil_redis_store_t *store_of(const struct redis_server *server)
{
    resil_redis_store_t *store = store_at(server->url, PATIENCE);
    CHECK(is_up_within(store, PATIENCE));
    return store;
}

static inline resil_redis_store_snapshot_t seen_of(const resil_redis_store_t *store)
{
    resil_redis_store_snapshot_t seen;
    memset(&seen, 0x5A, sizeof seen);
    CHECK_STATUS(resil_redis_store_snapshot(store, &seen), RESIL_STATUS_GRANTED);
    return seen;
}

/* So slow that nothing comes back during a test. */
static inline resil_quota_t an_hour(uint32_t burst)
{
    resil_quota_t quota = {1, burst, 3600 * SECOND};
    return quota;
}

static inline resil_redis_token_bucket_t *bucket_in(const resil_redis_store_t *store, const char *name,
                                                    uint32_t burst, int32_t policy)
{
    resil_redis_token_bucket_options_t options = RESIL_REDIS_TOKEN_BUCKET_OPTIONS_INIT;
    resil_quota_t quota = an_hour(burst);
    resil_redis_token_bucket_t *bucket = NULL;
    options.policy = policy;
    options.max_wait_ns = 100 * 3600 * SECOND;
    CHECK_STATUS(resil_redis_token_bucket_new(store, name, &quota, &options, &bucket), RESIL_STATUS_GRANTED);
    if (bucket == NULL)
        abort();
    return bucket;
}

/* An answer that nobody has written yet. */
static inline resil_redis_answer_t unsaid(void)
{
    resil_redis_answer_t answer;
    memset(&answer, 0x5A, sizeof answer);
    return answer;
}

#endif
