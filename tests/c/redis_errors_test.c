/* What stores and limiters on Redis say to wrong arguments: a status each, a message that names it, nothing changed.
 * No server is needed: nothing here comes to asking one. */
#include "redis_fixture.h"
#include "wrong_fixture.h"
#include "wrong_quotas.h"

#define NOWHERE "redis://127.0.0.1:1/"
#define NOT_UTF8 "\xff"

static void a_null_handle_is_an_error_of_every_function(void)
{
    resil_redis_store_snapshot_t snapshot;
    resil_redis_answer_t answer = unsaid();
    resil_redis_reservation_t *reservation = NULL;
    resil_quota_t quota;
    uint64_t wait_ns = UNTOUCHED;
    bool up = true;
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&quota, 0x5A, sizeof quota);
    CHECK_NULL(resil_redis_store_wait_until_up, (NULL, 0, &up), "store");
    CHECK_NULL(resil_redis_store_snapshot, (NULL, &snapshot), "store");
    CHECK_NULL(resil_redis_token_bucket_try_acquire, (NULL, "", 0, 1, &answer), "bucket");
    CHECK_NULL(resil_redis_token_bucket_acquire, (NULL, "", 0, 1, 0, &answer), "bucket");
    CHECK_NULL(resil_redis_token_bucket_peek, (NULL, "", 0, 1, &answer), "bucket");
    CHECK_NULL(resil_redis_token_bucket_quota, (NULL, &quota), "bucket");
    CHECK_NULL(resil_redis_token_bucket_reserve, (NULL, "", 0, 1, 0, &reservation, &answer), "bucket");
    CHECK_NULL(resil_redis_reservation_cancel, (NULL, &answer), "reservation");
    CHECK_NULL(resil_redis_leaky_meter_try_acquire, (NULL, "", 0, 1, &answer), "meter");
    CHECK_NULL(resil_redis_leaky_meter_peek, (NULL, "", 0, 1, &answer), "meter");
    CHECK_NULL(resil_redis_leaky_meter_quota, (NULL, &quota), "meter");
    CHECK_NULL(resil_redis_leaky_queue_try_reserve, (NULL, "", 0, 1, 0, &wait_ns, &answer), "queue");
    CHECK_NULL(resil_redis_leaky_queue_acquire, (NULL, "", 0, 1, 0, &answer), "queue");
    CHECK_NULL(resil_redis_leaky_queue_peek, (NULL, "", 0, 1, &wait_ns, &answer), "queue");
    CHECK_NULL(resil_redis_leaky_queue_quota, (NULL, &quota), "queue");
    CHECK_NULL(resil_redis_period_limiter_try_acquire, (NULL, "", 0, 1, &answer), "limiter");
    CHECK_NULL(resil_redis_period_limiter_peek, (NULL, "", 0, 1, &answer), "limiter");
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&quota, sizeof quota, 0x5A));
    CHECK(untouched(&answer, sizeof answer, 0x5A));
    CHECK(reservation == NULL);
    CHECK_EQUAL(wait_ns, UNTOUCHED);
    CHECK(up);
    CHECK_EQUAL(resil_redis_reservation_ready_after_ns(NULL), 0);
    resil_redis_store_free(NULL);
    resil_redis_token_bucket_free(NULL);
    resil_redis_reservation_free(NULL);
    resil_redis_leaky_meter_free(NULL);
    resil_redis_leaky_queue_free(NULL);
    resil_redis_period_limiter_free(NULL);
}

/* A store that was not opened for what is wrong with it. */
#define CHECK_NOT_OPENED(url, options, status, named)                                     \
    CHECK_NOT_MADE(resil_redis_store_t, resil_redis_store_open, (url, options, &made), status, named)

static void a_store_is_not_opened_for_what_is_wrong_by_the_name_of_the_field(void)
{
    const resil_redis_store_options_t good = RESIL_REDIS_STORE_OPTIONS_INIT;
    resil_redis_store_options_t options;
    CHECK_NULL(resil_redis_store_open, (NOWHERE, NULL, NULL), "out");
    CHECK_NOT_OPENED(NULL, NULL, RESIL_STATUS_NULL_ARGUMENT, "url must not be NULL");
    CHECK_NOT_OPENED("", NULL, RESIL_STATUS_WRONG_URL, "url: ");
    CHECK_NOT_OPENED("http://127.0.0.1/", NULL, RESIL_STATUS_WRONG_URL, "url: ");
    CHECK_NOT_OPENED(NOT_UTF8, NULL, RESIL_STATUS_NOT_UTF8, "url must be UTF-8");
    options = good, options.struct_size--;
    CHECK_NOT_OPENED(NOWHERE, &options, RESIL_STATUS_STRUCT_SIZE, "options->struct_size");
    options = good, options.deadline_ns = 0;
    CHECK_NOT_OPENED(NOWHERE, &options, RESIL_STATUS_DEADLINE_IS_ZERO, "options->deadline_ns");
    options = good, options.connect_timeout_ns = 0;
    CHECK_NOT_OPENED(NOWHERE, &options, RESIL_STATUS_CONNECT_TIMEOUT_IS_ZERO, "options->connect_timeout_ns");
    options = good, options.members_group = "a b";
    CHECK_NOT_OPENED(NOWHERE, &options, RESIL_STATUS_NAME_NOT_PLAIN, "options->members_group");
    options = good, options.members_group = NOT_UTF8;
    CHECK_NOT_OPENED(NOWHERE, &options, RESIL_STATUS_NOT_UTF8, "options->members_group");
    options = good, options.members = 2, options.members_group = "shop";
    CHECK_NOT_OPENED(NOWHERE, &options, RESIL_STATUS_UNKNOWN_VALUE, "options->members_group");
    /* A password in a URL that is none is in no message. */
    CHECK_NOT_OPENED("redis://:secret@127.0.0.1:http/", NULL, RESIL_STATUS_WRONG_URL, "url: ");
    CHECK(strstr(resil_last_error_message(), "secret") == NULL);
}

static void a_store_that_is_away_is_no_error_and_its_options_are_taken(void)
{
    resil_redis_store_options_t options = RESIL_REDIS_STORE_OPTIONS_INIT;
    resil_redis_store_t *store = NULL;
    options.members = 7;
    CHECK_STATUS(resil_redis_store_open(NOWHERE, &options, &store), RESIL_STATUS_GRANTED);
    CHECK(!is_up_within(store, 0));
    CHECK_EQUAL(seen_of(store).members, 7);
    CHECK_EQUAL(seen_of(store).last_fault, RESIL_REDIS_FAULT_DISCONNECTED);
    CHECK_NULL(resil_redis_store_snapshot, (store, NULL), "out");
    CHECK_NULL(resil_redis_store_wait_until_up, (store, 0, NULL), "out");
    resil_redis_store_free(store);
}

static resil_redis_store_t *nowhere(void)
{
    return store_at(NOWHERE, MILLISECOND);
}

/* What no bucket, meter or queue is made of. */
#define CHECK_REFUSED(store, name, quota, status, named)                                  \
    do {                                                                                  \
        CHECK_NOT_MADE(resil_redis_token_bucket_t, resil_redis_token_bucket_new,          \
                       (store, name, quota, NULL, &made), status, named);                 \
        CHECK_NOT_MADE(resil_redis_leaky_meter_t, resil_redis_leaky_meter_new,            \
                       (store, name, quota, NULL, &made), status, named);                 \
        CHECK_NOT_MADE(resil_redis_leaky_queue_t, resil_redis_leaky_queue_new,            \
                       (store, name, quota, NULL, &made), status, named);                 \
    } while (0)

static void a_wrong_name_or_quota_is_refused_by_its_name(void)
{
    resil_redis_store_t *store = nowhere();
    const resil_quota_t good = {1, 1, SECOND}, too_fine = {4294967291, 4294967295, 3600 * SECOND + 1};
    for (size_t i = 0; i < sizeof wrong_quotas / sizeof *wrong_quotas; i++)
        CHECK_REFUSED(store, "n", &wrong_quotas[i].quota, wrong_quotas[i].status, wrong_quotas[i].field);
    CHECK_REFUSED(store, "n", &too_fine, RESIL_STATUS_QUOTA_TOO_FINE, "quota: ");
    CHECK_REFUSED(store, "n", NULL, RESIL_STATUS_NULL_ARGUMENT, "quota must not be NULL");
    CHECK_REFUSED(NULL, "n", &good, RESIL_STATUS_NULL_ARGUMENT, "store must not be NULL");
    CHECK_REFUSED(store, NULL, &good, RESIL_STATUS_NULL_ARGUMENT, "name must not be NULL");
    CHECK_REFUSED(store, "", &good, RESIL_STATUS_NAME_NOT_PLAIN, "name: ");
    CHECK_REFUSED(store, "a:b", &good, RESIL_STATUS_NAME_NOT_PLAIN, "name: ");
    CHECK_REFUSED(store, NOT_UTF8, &good, RESIL_STATUS_NOT_UTF8, "name must be UTF-8");
    CHECK_NULL(resil_redis_token_bucket_new, (store, "n", &good, NULL, NULL), "out");
    CHECK_NULL(resil_redis_leaky_meter_new, (store, "n", &good, NULL, NULL), "out");
    CHECK_NULL(resil_redis_leaky_queue_new, (store, "n", &good, NULL, NULL), "out");
    resil_redis_store_free(store);
}

static void wrong_options_are_refused_by_the_name_of_the_field(void)
{
    resil_redis_store_t *store = nowhere();
    const resil_quota_t quota = {1, 1, SECOND};
    const resil_redis_token_bucket_options_t good = RESIL_REDIS_TOKEN_BUCKET_OPTIONS_INIT;
    const resil_redis_limiter_options_t others = RESIL_REDIS_LIMITER_OPTIONS_INIT;
    resil_redis_token_bucket_options_t options;
    resil_redis_limiter_options_t limiter;
#define CHECK_BUCKET(status, named)                                                       \
    CHECK_NOT_MADE(resil_redis_token_bucket_t, resil_redis_token_bucket_new,              \
                   (store, "n", &quota, &options, &made), status, named)
#define CHECK_OTHERS(status, named)                                                       \
    do {                                                                                  \
        CHECK_NOT_MADE(resil_redis_leaky_meter_t, resil_redis_leaky_meter_new,            \
                       (store, "n", &quota, &limiter, &made), status, named);             \
        CHECK_NOT_MADE(resil_redis_leaky_queue_t, resil_redis_leaky_queue_new,            \
                       (store, "n", &quota, &limiter, &made), status, named);             \
        CHECK_NOT_MADE(resil_redis_period_limiter_t, resil_redis_period_limiter_new,      \
                       (store, "n", 1, SECOND, &limiter, &made), status, named);          \
    } while (0)
    options = good, options.struct_size = 0;
    CHECK_BUCKET(RESIL_STATUS_STRUCT_SIZE, "options->struct_size");
    options = good, options.policy = 4;
    CHECK_BUCKET(RESIL_STATUS_UNKNOWN_VALUE, "options->policy");
    options = good, options.policy = -1;
    CHECK_BUCKET(RESIL_STATUS_UNKNOWN_VALUE, "options->policy");
    options = good, options.max_wait_ns = (UINT64_C(1) << 50) * 1000 + 1000;
    CHECK_BUCKET(RESIL_STATUS_MAX_WAIT_TOO_LONG, "options->max_wait_ns");
    limiter = others, limiter.struct_size++;
    CHECK_OTHERS(RESIL_STATUS_STRUCT_SIZE, "options->struct_size");
    limiter = others, limiter.policy = 4;
    CHECK_OTHERS(RESIL_STATUS_UNKNOWN_VALUE, "options->policy");
    resil_redis_store_free(store);
}

static void a_wrong_period_limiter_is_refused_by_the_name_of_the_field(void)
{
    resil_redis_store_t *store = nowhere();
#define CHECK_LIMITER(function, arguments, status, named)                                 \
    CHECK_NOT_MADE(resil_redis_period_limiter_t, resil_redis_period_limiter_##function, arguments, status, named)
    CHECK_LIMITER(new, (store, "n", 0, SECOND, NULL, &made), RESIL_STATUS_LIMIT_IS_ZERO, "limit");
    CHECK_LIMITER(new, (store, "n", 1000, 1000, NULL, &made), RESIL_STATUS_LIMIT_TOO_HIGH, "limit");
    CHECK_LIMITER(aligned, (store, "n", 1, 0, 0, NULL, &made), RESIL_STATUS_PERIOD_IS_ZERO, "period_ns");
    CHECK_LIMITER(aligned, (store, "n", 1, SECOND, 86400, NULL, &made), RESIL_STATUS_UTC_OFFSET_TOO_LARGE,
                  "utc_offset_secs");
    CHECK_LIMITER(sliding, (store, "n", 1, SECOND + 1, NULL, &made), RESIL_STATUS_PERIOD_NOT_WHOLE_MICROS,
                  "period_ns");
    CHECK_LIMITER(sliding, (store, "n", 1, (UINT64_C(1) << 48) * 1000, NULL, &made),
                  RESIL_STATUS_PERIOD_TOO_LONG_FOR_STORE, "period_ns");
    CHECK_LIMITER(new, (store, "n", 1, UINT64_MAX, NULL, &made), RESIL_STATUS_PERIOD_TOO_LONG, "period_ns");
    CHECK_LIMITER(sliding, (store, "a b", 1, SECOND, NULL, &made), RESIL_STATUS_NAME_NOT_PLAIN, "name: ");
    CHECK_LIMITER(aligned, (NULL, "n", 1, SECOND, 0, NULL, &made), RESIL_STATUS_NULL_ARGUMENT, "store");
    CHECK_NULL(resil_redis_period_limiter_new, (store, "n", 1, SECOND, NULL, NULL), "out");
    CHECK_NULL(resil_redis_period_limiter_aligned, (store, "n", 1, SECOND, 0, NULL, NULL), "out");
    CHECK_NULL(resil_redis_period_limiter_sliding, (store, "n", 1, SECOND, NULL, NULL), "out");
    resil_redis_store_free(store);
}

/* A call with a subject that is wrong in the two ways there are. */
#define CHECK_SUBJECT(function, limiter, ...)                                             \
    do {                                                                                  \
        CHECK_NULL(function, (limiter, NULL, 1, __VA_ARGS__), "subject");                 \
        CHECK_ERROR(function, (limiter, NOT_UTF8, 1, __VA_ARGS__), RESIL_STATUS_NOT_UTF8, "subject must be UTF-8"); \
    } while (0)

static void a_wrong_subject_is_an_error_and_takes_nothing(void)
{
    resil_redis_store_t *store = nowhere();
    const resil_quota_t quota = {1, 1, 3600 * SECOND};
    resil_redis_token_bucket_t *bucket = NULL;
    resil_redis_leaky_meter_t *meter = NULL;
    resil_redis_leaky_queue_t *queue = NULL;
    resil_redis_period_limiter_t *limiter = NULL;
    resil_redis_reservation_t *reservation = NULL;
    resil_redis_answer_t answer = unsaid();
    uint64_t wait_ns = UNTOUCHED;
    CHECK_STATUS(resil_redis_token_bucket_new(store, "n", &quota, NULL, &bucket), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_meter_new(store, "n", &quota, NULL, &meter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_new(store, "n", &quota, NULL, &queue), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_period_limiter_new(store, "n", 1, SECOND, NULL, &limiter), RESIL_STATUS_GRANTED);
    CHECK_SUBJECT(resil_redis_token_bucket_try_acquire, bucket, 1, &answer);
    CHECK_SUBJECT(resil_redis_token_bucket_acquire, bucket, 1, 0, &answer);
    CHECK_SUBJECT(resil_redis_token_bucket_peek, bucket, 1, &answer);
    CHECK_SUBJECT(resil_redis_token_bucket_reserve, bucket, 1, 0, &reservation, &answer);
    CHECK_SUBJECT(resil_redis_leaky_meter_try_acquire, meter, 1, &answer);
    CHECK_SUBJECT(resil_redis_leaky_meter_peek, meter, 1, &answer);
    CHECK_SUBJECT(resil_redis_leaky_queue_try_reserve, queue, 1, 0, &wait_ns, &answer);
    CHECK_SUBJECT(resil_redis_leaky_queue_acquire, queue, 1, 0, &answer);
    CHECK_SUBJECT(resil_redis_leaky_queue_peek, queue, 1, &wait_ns, &answer);
    CHECK_SUBJECT(resil_redis_period_limiter_try_acquire, limiter, 1, &answer);
    CHECK_SUBJECT(resil_redis_period_limiter_peek, limiter, 1, &answer);
    CHECK_NULL(resil_redis_token_bucket_peek, (bucket, "", 0, 1, NULL), "out");
    CHECK_NULL(resil_redis_token_bucket_quota, (bucket, NULL), "out");
    CHECK_NULL(resil_redis_token_bucket_reserve, (bucket, "", 0, 1, 0, NULL, &answer), "out");
    CHECK_NULL(resil_redis_leaky_meter_peek, (meter, "", 0, 1, NULL), "out");
    CHECK_NULL(resil_redis_leaky_meter_quota, (meter, NULL), "out");
    CHECK_NULL(resil_redis_leaky_queue_peek, (queue, "", 0, 1, &wait_ns, NULL), "out");
    CHECK_NULL(resil_redis_leaky_queue_try_reserve, (queue, "", 0, 1, 0, NULL, &answer), "ready_after_ns");
    CHECK_NULL(resil_redis_leaky_queue_quota, (queue, NULL), "out");
    CHECK_NULL(resil_redis_period_limiter_peek, (limiter, "", 0, 1, NULL), "out");
    CHECK(untouched(&answer, sizeof answer, 0x5A));
    CHECK(reservation == NULL);
    CHECK_EQUAL(wait_ns, UNTOUCHED);
    /* Nothing was taken by any: the rescue has its burst of one still. */
    CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, "", 0, 1, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_meter_try_acquire(meter, "", 0, 1, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_acquire(queue, "", 0, 1, 0, NULL), RESIL_STATUS_GRANTED);
    CHECK(resil_status_is_granted(resil_redis_period_limiter_try_acquire(limiter, "", 0, 1, NULL)));
    resil_redis_token_bucket_free(bucket);
    resil_redis_leaky_meter_free(meter);
    resil_redis_leaky_queue_free(queue);
    resil_redis_period_limiter_free(limiter);
    resil_redis_store_free(store);
}

int main(void)
{
    RUN(a_null_handle_is_an_error_of_every_function);
    RUN(a_store_is_not_opened_for_what_is_wrong_by_the_name_of_the_field);
    RUN(a_store_that_is_away_is_no_error_and_its_options_are_taken);
    RUN(a_wrong_name_or_quota_is_refused_by_its_name);
    RUN(wrong_options_are_refused_by_the_name_of_the_field);
    RUN(a_wrong_period_limiter_is_refused_by_the_name_of_the_field);
    RUN(a_wrong_subject_is_an_error_and_takes_nothing);
    return finish("redis_errors_test");
}
