/* What callers in C meet while the server of a shared limit is away: policies decide, answers name their source, and
 * nobody waits longer than the store's deadline. */
#include "redis_fixture.h"

static struct redis_server server;

/* Long enough for the tries of the slowest tool to come to an end. */
#define DEADLINE (100 * MILLISECOND)

/* What one bucket of each policy answers, in their order. */
static const struct {
    int32_t policy;
    resil_status_t first, second;
    int32_t source, fault;
} policies[] = {
    {RESIL_REDIS_POLICY_RESCUE, RESIL_STATUS_GRANTED, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_RESCUE, 0},
    {RESIL_REDIS_POLICY_OPEN, RESIL_STATUS_GRANTED, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_POLICY, 0},
    {RESIL_REDIS_POLICY_CLOSED, RESIL_STATUS_RETRY_AFTER, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_POLICY, 0},
    {RESIL_REDIS_POLICY_UNAVAILABLE, RESIL_STATUS_UNAVAILABLE, RESIL_STATUS_UNAVAILABLE,
     RESIL_REDIS_SOURCE_POLICY, RESIL_REDIS_FAULT_DISCONNECTED},
};
enum { POLICIES = sizeof policies / sizeof *policies };

static void each_policy_decides_in_its_way(resil_redis_token_bucket_t *const *buckets, const char *subject)
{
    for (int i = 0; i < POLICIES; i++) {
        for (int call = 0; call < 2; call++) {
            resil_redis_answer_t answer = unsaid();
            resil_status_t expected = call == 0 ? policies[i].first : policies[i].second;
            CHECK_STATUS(resil_redis_token_bucket_try_acquire(buckets[i], SUBJECT(subject), 1, &answer), expected);
            CHECK_EQUAL(answer.source, policies[i].source);
            CHECK_EQUAL(answer.fault, policies[i].fault);
            CHECK((answer.retry_after_ns > 0) == (expected == RESIL_STATUS_RETRY_AFTER));
            CHECK(!answer.has_remaining && !answer.has_reset_after);
        }
    }
}

static void policies_decide_from_the_moment_the_server_is_killed_until_it_is_back(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *buckets[POLICIES];
    resil_redis_answer_t answer;
    const char *names[] = {"rescue", "open", "closed", "unavailable"};
    for (int i = 0; i < POLICIES; i++) {
        answer = unsaid();
        buckets[i] = bucket_in(store, names[i], 1, policies[i].policy);
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(buckets[i], SUBJECT("before"), 1, &answer),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    }
    CHECK_EQUAL(seen_of(store).is_up, true);
    CHECK_EQUAL(seen_of(store).outages, 0);
    server_kill(&server);
    /* The very next call may be the one that meets the broken connection: it is decided all the same. */
    each_policy_decides_in_its_way(buckets, "during");
    CHECK(!is_up_within(store, 0));
    CHECK_EQUAL(seen_of(store).is_up, false);
    CHECK_EQUAL(seen_of(store).outages, 1);
    CHECK_EQUAL(seen_of(store).members, 1);
    CHECK_EQUAL(seen_of(store).last_fault, RESIL_REDIS_FAULT_DISCONNECTED);
    each_policy_decides_in_its_way(buckets, "later");
    CHECK(server_begin(&server));
    CHECK(is_up_within(store, RESIL_NO_TIMEOUT));
    for (int i = 0; i < POLICIES; i++) {
        answer = unsaid();
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(buckets[i], SUBJECT("after"), 1, &answer),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
        resil_redis_token_bucket_free(buckets[i]);
    }
    resil_redis_store_free(store);
}

static void a_reservation_of_the_store_gives_nothing_back_while_it_is_away_and_a_rescued_one_does(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "promise", 2, RESIL_REDIS_POLICY_RESCUE);
    resil_redis_reservation_t *of_store = NULL, *of_rescue = NULL;
    resil_redis_answer_t answer = unsaid();
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("a"), 2, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("a"), 1, RESIL_NO_TIMEOUT, &of_store, NULL),
                 RESIL_STATUS_GRANTED);
    server_kill(&server);
    CHECK_STATUS(resil_redis_reservation_cancel(of_store, &answer), RESIL_STATUS_GAVE_NOTHING);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_POLICY);
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("b"), 2, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("b"), 1, RESIL_NO_TIMEOUT, &of_rescue, &answer),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_RESCUE);
    CHECK_STATUS(resil_redis_reservation_cancel(of_rescue, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_RESCUE);
    resil_redis_reservation_free(of_store);
    resil_redis_reservation_free(of_rescue);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
    CHECK(server_begin(&server));
}

static void other_limiters_are_rescued_too(void)
{
    resil_redis_store_t *store = store_at("redis://127.0.0.1:1/", 50 * MILLISECOND);
    resil_quota_t quota = an_hour(2);
    resil_redis_limiter_options_t options = RESIL_REDIS_LIMITER_OPTIONS_INIT;
    resil_redis_leaky_meter_t *meter = NULL;
    resil_redis_leaky_queue_t *queue = NULL;
    resil_redis_period_limiter_t *limiter = NULL;
    resil_redis_answer_t answer = unsaid();
    uint64_t wait_ns = UNTOUCHED;
    CHECK_STATUS(resil_redis_leaky_meter_new(store, "m", &quota, &options, &meter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_meter_try_acquire(meter, SUBJECT("a"), 2, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_RESCUE);
    CHECK_STATUS(resil_redis_leaky_meter_peek(meter, SUBJECT("a"), 1, &answer), RESIL_STATUS_RETRY_AFTER);
    CHECK(answer.has_remaining && answer.remaining == 0 && answer.retry_after_ns > 0);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_RESCUE);
    CHECK_STATUS(resil_redis_leaky_queue_new(store, "q", &quota, &options, &queue), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_try_reserve(queue, SUBJECT("a"), 1, 0, &wait_ns, &answer),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_RESCUE);
    CHECK_EQUAL(wait_ns, 0);
    CHECK_STATUS(resil_redis_leaky_queue_peek(queue, SUBJECT("a"), 1, &wait_ns, &answer), RESIL_STATUS_GRANTED);
    CHECK(wait_ns > 3000 * SECOND);
    options.policy = RESIL_REDIS_POLICY_UNAVAILABLE;
    CHECK_STATUS(resil_redis_period_limiter_new(store, "p", 2, SECOND, &options, &limiter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_period_limiter_try_acquire(limiter, SUBJECT("a"), 1, &answer), RESIL_STATUS_UNAVAILABLE);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_POLICY);
    CHECK_EQUAL(answer.fault, RESIL_REDIS_FAULT_DISCONNECTED);
    CHECK_STATUS(resil_redis_period_limiter_peek(limiter, SUBJECT("a"), 1, &answer), RESIL_STATUS_UNAVAILABLE);
    CHECK(!resil_status_is_granted(RESIL_STATUS_UNAVAILABLE));
    resil_redis_leaky_meter_free(meter);
    resil_redis_leaky_queue_free(queue);
    resil_redis_period_limiter_free(limiter);
    resil_redis_store_free(store);
}

static void a_server_that_hangs_holds_no_caller_beyond_the_deadline(void)
{
    resil_redis_store_t *store = store_at(server.url, DEADLINE);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "hang", 1000, RESIL_REDIS_POLICY_UNAVAILABLE);
    bool timed_out = false;
    CHECK(is_up_within(store, PATIENCE));
    kill(server.pid, SIGSTOP);
    for (int i = 0; i < 20; i++) {
        resil_redis_answer_t answer = unsaid();
        uint64_t began_ns = resil_monotonic_clock_now();
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("a"), 1, &answer),
                     RESIL_STATUS_UNAVAILABLE);
        CHECK(resil_monotonic_clock_now() - began_ns < LONGEST_WAIT);
        timed_out = timed_out || answer.fault == RESIL_REDIS_FAULT_TIMEOUT;
    }
    CHECK(timed_out);
    CHECK_EQUAL(seen_of(store).is_up, false);
    kill(server.pid, SIGCONT);
    CHECK(is_up_within(store, PATIENCE));
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void a_key_of_another_type_concerns_its_own_call_alone(void)
{
    resil_redis_store_t *store = store_of(&server);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "type", 1, RESIL_REDIS_POLICY_UNAVAILABLE);
    resil_redis_answer_t answer = unsaid();
    CHECK(server_command(server.port, "RPUSH resil:1:tb:type:{list} x", ":1"));
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("list"), 1, &answer), RESIL_STATUS_UNAVAILABLE);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_POLICY);
    CHECK_EQUAL(answer.fault, RESIL_REDIS_FAULT_CALL);
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("other"), 1, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK_EQUAL(seen_of(store).outages, 0);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

int main(void)
{
    RUN(other_limiters_are_rescued_too);
    if (server_is_there()) {
        server = server_start();
        RUN(policies_decide_from_the_moment_the_server_is_killed_until_it_is_back);
        RUN(a_reservation_of_the_store_gives_nothing_back_while_it_is_away_and_a_rescued_one_does);
        RUN(a_server_that_hangs_holds_no_caller_beyond_the_deadline);
        RUN(a_key_of_another_type_concerns_its_own_call_alone);
        server_kill(&server);
    }
    return finish("redis_away_test");
}
