/* Limits that many processes share, through C, on a real server: what each limiter answers, and who decided. */
#include <stdatomic.h>

#include "redis_fixture.h"
#include "threads_fixture.h"

static struct redis_server server;

#define TAKES(bucket, subject, permits, answer, status, decided_by)                       \
    do {                                                                                  \
        (answer) = unsaid();                                                              \
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT(subject), permits, &(answer)), \
                     status);                                                             \
        CHECK_EQUAL((answer).source, decided_by);                                         \
        CHECK_EQUAL((answer).fault, RESIL_REDIS_FAULT_NONE);                              \
    } while (0)

static void a_bucket_grants_its_burst_to_each_subject_and_tells_what_is_left(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "burst", 3, RESIL_REDIS_POLICY_RESCUE);
    resil_redis_answer_t answer;
    TAKES(bucket, "a", 1, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    CHECK(answer.has_remaining && answer.has_reset_after);
    CHECK_EQUAL(answer.remaining, 2);
    CHECK_EQUAL(answer.retry_after_ns, 0);
    CHECK(answer.reset_after_ns > 3000 * SECOND && answer.reset_after_ns <= 3600 * SECOND);
    TAKES(bucket, "a", 2, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    CHECK_EQUAL(answer.remaining, 0);
    TAKES(bucket, "a", 1, answer, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_STORE);
    CHECK(answer.retry_after_ns > 3000 * SECOND && answer.retry_after_ns <= 3600 * SECOND);
    CHECK_EQUAL(answer.retry_after_ns % 1000, 0);
    /* Others have their own: of any length, of any letters, and none at all. */
    TAKES(bucket, "b", 3, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    TAKES(bucket, "\xc3\xa9 {x}:%", 3, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    TAKES(bucket, "", 3, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, NULL, 0, 1, NULL), RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, "a\0b", 3, 3, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, "a\0b", 3, 1, NULL), RESIL_STATUS_RETRY_AFTER);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void what_the_limit_decides_by_itself_asks_nobody(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "limit", 3, RESIL_REDIS_POLICY_RESCUE);
    resil_redis_answer_t answer;
    TAKES(bucket, "a", 0, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_LIMIT);
    CHECK(!answer.has_remaining && !answer.has_reset_after);
    CHECK_EQUAL(answer.remaining, 0);
    CHECK_EQUAL(answer.reset_after_ns, 0);
    TAKES(bucket, "a", 4, answer, RESIL_STATUS_EXCEEDS_LIMIT, RESIL_REDIS_SOURCE_LIMIT);
    CHECK_EQUAL(answer.retry_after_ns, 0);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void a_look_takes_nothing_and_the_quota_reads_back(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "look", 3, RESIL_REDIS_POLICY_RESCUE);
    resil_redis_answer_t answer = unsaid();
    resil_quota_t quota = {0, 0, 0};
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(resil_redis_token_bucket_peek(bucket, SUBJECT("a"), 3, &answer), RESIL_STATUS_GRANTED);
        CHECK_EQUAL(answer.remaining, 3);
        CHECK_EQUAL(answer.reset_after_ns, 0);
    }
    CHECK_STATUS(resil_redis_token_bucket_peek(bucket, SUBJECT("a"), 4, &answer), RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("a"), 3, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_token_bucket_peek(bucket, SUBJECT("a"), 1, &answer), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(answer.remaining, 0);
    CHECK(answer.retry_after_ns > 3000 * SECOND);
    CHECK_STATUS(resil_redis_token_bucket_quota(bucket, &quota), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(quota.permits, 1);
    CHECK_EQUAL(quota.burst, 3);
    CHECK_EQUAL(quota.period_ns, 3600 * SECOND);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void two_connections_share_one_limit_and_limiters_outlive_their_store_s_handle(void)
{
    resil_redis_store_t *stores[] = {store_of(&server), store_of(&server)};
    resil_redis_token_bucket_t *buckets[2];
    resil_redis_answer_t answer;
    for (int i = 0; i < 2; i++) {
        buckets[i] = bucket_in(stores[i], "together", 10, RESIL_REDIS_POLICY_UNAVAILABLE);
        resil_redis_store_free(stores[i]);
    }
    for (int i = 0; i < 10; i++)
        TAKES(buckets[i % 2], "a", 1, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    for (int i = 0; i < 2; i++) {
        TAKES(buckets[i], "a", 1, answer, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_STORE);
        resil_redis_token_bucket_free(buckets[i]);
    }
}

static void a_reservation_is_given_back_once_whatever_is_freed_first(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "promise", 2, RESIL_REDIS_POLICY_UNAVAILABLE);
    resil_redis_reservation_t *now = NULL, *later = NULL, *none = NULL;
    resil_redis_answer_t answer = unsaid();
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("a"), 2, RESIL_NO_TIMEOUT, &now, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(resil_redis_reservation_ready_after_ns(now), 0);
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("a"), 1, RESIL_NO_TIMEOUT, &later, &answer),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK(resil_redis_reservation_ready_after_ns(later) > 3000 * SECOND);
    none = later;
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("a"), 1, SECOND, &none, &answer),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK(none == NULL);
    CHECK(answer.retry_after_ns > 3000 * SECOND);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
    CHECK_STATUS(resil_redis_reservation_cancel(later, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK_ERROR(resil_redis_reservation_cancel, (later, &answer), RESIL_STATUS_ALREADY_SETTLED, "reservation");
    /* What was there at once is past the instant that it was promised for. */
    CHECK_STATUS(resil_redis_reservation_cancel(now, NULL), RESIL_STATUS_GAVE_NOTHING);
    resil_redis_reservation_free(later);
    resil_redis_reservation_free(now);
    /* So one came back: the next is one hour away, not two. */
    store = store_of(&server);
    bucket = bucket_in(store, "promise", 2, RESIL_REDIS_POLICY_UNAVAILABLE);
    TAKES(bucket, "a", 1, answer, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_STORE);
    CHECK(answer.retry_after_ns <= 3600 * SECOND);
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("b"), 0, 0, &now, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_LIMIT);
    CHECK_STATUS(resil_redis_reservation_cancel(now, NULL), RESIL_STATUS_GAVE_NOTHING);
    resil_redis_reservation_free(now);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void acquiring_waits_for_its_turn_unless_that_is_too_long(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_quota_t quota = {10, 1, SECOND};
    resil_redis_token_bucket_t *bucket = NULL;
    resil_redis_leaky_queue_t *queue = NULL;
    resil_redis_answer_t answer = unsaid();
    CHECK_STATUS(resil_redis_token_bucket_new(store, "wait", &quota, NULL, &bucket), RESIL_STATUS_GRANTED);
    uint64_t began_ns = resil_monotonic_clock_now();
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(resil_redis_token_bucket_acquire(bucket, SUBJECT("a"), 1, PATIENCE, &answer),
                     RESIL_STATUS_GRANTED);
    /* The first was there; the clocks of server and test may be 1 us apart in their steps. */
    CHECK(resil_monotonic_clock_now() - began_ns >= 199 * MILLISECOND);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    resil_redis_token_bucket_free(bucket);
    quota = an_hour(2);
    CHECK_STATUS(resil_redis_leaky_queue_new(store, "wait", &quota, NULL, &queue), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_acquire(queue, SUBJECT("a"), 1, 0, &answer), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_acquire(queue, SUBJECT("a"), 1, SECOND, &answer),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK(answer.retry_after_ns > 3000 * SECOND);
    resil_redis_leaky_queue_free(queue);
    resil_redis_store_free(store);
}

static void a_meter_grants_what_fits(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_quota_t quota = an_hour(2);
    resil_redis_leaky_meter_t *meter = NULL;
    resil_redis_answer_t answer = unsaid();
    CHECK_STATUS(resil_redis_leaky_meter_new(store, "m", &quota, NULL, &meter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_meter_peek(meter, SUBJECT("a"), 2, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.remaining, 2);
    CHECK_STATUS(resil_redis_leaky_meter_try_acquire(meter, SUBJECT("a"), 2, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK_EQUAL(answer.remaining, 0);
    CHECK_STATUS(resil_redis_leaky_meter_try_acquire(meter, SUBJECT("a"), 1, &answer), RESIL_STATUS_RETRY_AFTER);
    CHECK(answer.retry_after_ns > 3000 * SECOND);
    CHECK_STATUS(resil_redis_leaky_meter_try_acquire(meter, SUBJECT("a"), 3, NULL), RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_STATUS(resil_redis_leaky_meter_quota(meter, &quota), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(quota.burst, 2);
    resil_redis_leaky_meter_free(meter);
    resil_redis_store_free(store);
}

static void a_queue_says_when_each_may_go(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_quota_t quota = an_hour(3);
    resil_redis_leaky_queue_t *queue = NULL;
    resil_redis_answer_t answer = unsaid();
    uint64_t wait_ns = UNTOUCHED;
    CHECK_STATUS(resil_redis_leaky_queue_new(store, "q", &quota, NULL, &queue), RESIL_STATUS_GRANTED);
    for (uint64_t turn = 0; turn < 3; turn++) {
        uint64_t looked_ns = UNTOUCHED;
        CHECK_STATUS(resil_redis_leaky_queue_peek(queue, SUBJECT("a"), 1, &looked_ns, &answer),
                     RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_redis_leaky_queue_try_reserve(queue, SUBJECT("a"), 1, RESIL_NO_TIMEOUT, &wait_ns,
                                                         &answer),
                     RESIL_STATUS_GRANTED);
        CHECK(wait_ns <= looked_ns && looked_ns <= turn * 3600 * SECOND && wait_ns + 60 * SECOND > looked_ns);
        CHECK(turn == 0 ? wait_ns == 0 : wait_ns > (turn - 1) * 3600 * SECOND);
        CHECK_EQUAL(answer.remaining, 2 - turn);
    }
    wait_ns = UNTOUCHED;
    CHECK_STATUS(resil_redis_leaky_queue_try_reserve(queue, SUBJECT("a"), 1, RESIL_NO_TIMEOUT, &wait_ns, &answer),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK(answer.retry_after_ns > 3000 * SECOND);
    CHECK_STATUS(resil_redis_leaky_queue_peek(queue, SUBJECT("a"), 1, &wait_ns, &answer), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait_ns, UNTOUCHED);
    CHECK_STATUS(resil_redis_leaky_queue_quota(queue, &quota), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(quota.burst, 3);
    resil_redis_leaky_queue_free(queue);
    resil_redis_store_free(store);
}

static void a_period_limiter_of_each_kind_says_which_grant_was_the_last(void)
{
    resil_redis_store_t *store = store_of(&server);
    const uint64_t period_ns = 50000000 * SECOND; /* 1.6 years: no window ends during the test, in this decade */
    resil_redis_period_limiter_t *kinds[3] = {NULL, NULL, NULL};
    CHECK_STATUS(resil_redis_period_limiter_new(store, "p", 3, period_ns, NULL, &kinds[0]), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_period_limiter_aligned(store, "p", 3, period_ns, -3600, NULL, &kinds[1]),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_period_limiter_sliding(store, "p", 3, period_ns, NULL, &kinds[2]),
                 RESIL_STATUS_GRANTED);
    for (int i = 0; i < 3; i++) {
        resil_redis_answer_t answer = unsaid();
        CHECK_STATUS(resil_redis_period_limiter_peek(kinds[i], SUBJECT("a"), 3, &answer), RESIL_STATUS_GRANTED_LAST);
        CHECK_EQUAL(answer.remaining, 3);
        CHECK_STATUS(resil_redis_period_limiter_try_acquire(kinds[i], SUBJECT("a"), 2, &answer),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
        CHECK_EQUAL(answer.remaining, 1);
        CHECK_STATUS(resil_redis_period_limiter_try_acquire(kinds[i], SUBJECT("a"), 1, &answer),
                     RESIL_STATUS_GRANTED_LAST);
        CHECK_STATUS(resil_redis_period_limiter_try_acquire(kinds[i], SUBJECT("a"), 1, &answer),
                     RESIL_STATUS_RETRY_AFTER);
        CHECK(answer.retry_after_ns > 0);
        CHECK_STATUS(resil_redis_period_limiter_try_acquire(kinds[i], SUBJECT("a"), 4, &answer),
                     RESIL_STATUS_EXCEEDS_LIMIT);
        CHECK_STATUS(resil_redis_period_limiter_peek(kinds[i], SUBJECT("a"), 1, &answer), RESIL_STATUS_RETRY_AFTER);
        resil_redis_period_limiter_free(kinds[i]);
    }
    resil_redis_store_free(store);
}

/* What threads share. */
static resil_redis_token_bucket_t *shared;
static atomic_int granted;

static void *take_until_refused(void *argument)
{
    resil_redis_answer_t answer = unsaid();
    pthread_barrier_wait(&together);
    while (resil_redis_token_bucket_try_acquire(shared, SUBJECT("a"), 1, &answer) == RESIL_STATUS_GRANTED)
        atomic_fetch_add(&granted, 1);
    if (answer.source != RESIL_REDIS_SOURCE_STORE)
        abort();
    return argument;
}

static void threads_together_are_granted_the_burst_and_no_more(void)
{
    resil_redis_store_t *store = store_of(&server);
    shared = bucket_in(store, "threads", 100, RESIL_REDIS_POLICY_UNAVAILABLE);
    atomic_store(&granted, 0);
    start_all(take_until_refused, NULL);
    CHECK_EQUAL(atomic_load(&granted), 100);
    resil_redis_token_bucket_free(shared);
    resil_redis_store_free(store);
}

/* In a child: whether it is granted one permit, by the store. */
static bool takes_one_of(const resil_redis_store_t *store)
{
    resil_redis_answer_t answer = unsaid();
    /* It connects by itself at its first call. */
    return is_up_within(store, PATIENCE)
           && resil_redis_token_bucket_try_acquire(shared, SUBJECT("a"), 1, &answer) == RESIL_STATUS_GRANTED
           && answer.source == RESIL_REDIS_SOURCE_STORE;
}

static void a_forked_child_shares_the_limit(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_answer_t answer;
    char said = 'n';
    int between[2];
    shared = bucket_in(store, "fork", 2, RESIL_REDIS_POLICY_UNAVAILABLE);
    TAKES(shared, "a", 1, answer, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    server_must(pipe(between) == 0, "pipe");
    pid_t child = fork();
    server_must(child >= 0, "fork");
    if (child == 0) {
        said = takes_one_of(store) ? 'y' : 'n';
        server_must(write(between[1], &said, 1) == 1, "write");
        /* Leak checkers have no say: they would miss the memory of threads that a child does not have. */
        execlp("true", "true", (char *)NULL);
        abort();
    }
    CHECK_EQUAL(read(between[0], &said, 1), 1);
    CHECK_EQUAL(said, 'y');
    waitpid(child, NULL, 0);
    TAKES(shared, "a", 1, answer, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_STORE);
    close(between[0]);
    close(between[1]);
    resil_redis_token_bucket_free(shared);
    resil_redis_store_free(store);
}

int main(void)
{
    if (server_is_there()) {
        server = server_start();
        RUN(a_bucket_grants_its_burst_to_each_subject_and_tells_what_is_left);
        RUN(what_the_limit_decides_by_itself_asks_nobody);
        RUN(a_look_takes_nothing_and_the_quota_reads_back);
        RUN(two_connections_share_one_limit_and_limiters_outlive_their_store_s_handle);
        RUN(a_reservation_is_given_back_once_whatever_is_freed_first);
        RUN(acquiring_waits_for_its_turn_unless_that_is_too_long);
        RUN(a_meter_grants_what_fits);
        RUN(a_queue_says_when_each_may_go);
        RUN(a_period_limiter_of_each_kind_says_which_grant_was_the_last);
        RUN(threads_together_are_granted_the_burst_and_no_more);
        RUN(a_forked_child_shares_the_limit);
        server_kill(&server);
    }
    return finish("redis_test");
}
