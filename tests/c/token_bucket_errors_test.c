/* What a token bucket says to wrong arguments: a status each, a message that names it, and nothing changed. */
#include "wrong_fixture.h"
#include "wrong_quotas.h"

/* One a second, burst 5, with 3 left at instant 0. */
static resil_token_bucket_t *bucket_with_three(void)
{
    resil_quota_t quota = {1, 5, SECOND};
    resil_token_bucket_t *bucket = NULL;
    CHECK_STATUS(resil_token_bucket_new(&quota, NULL, &bucket), RESIL_STATUS_GRANTED);
    if (bucket == NULL)
        abort();
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 2, NULL), RESIL_STATUS_GRANTED);
    return bucket;
}

static void check_still_three(const resil_token_bucket_t *bucket)
{
    resil_token_bucket_snapshot_t snapshot;
    CHECK_STATUS(resil_token_bucket_snapshot_at(bucket, 0, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.remaining, 3);
    CHECK_EQUAL(snapshot.quota.permits, 1);
    CHECK_EQUAL(snapshot.quota.burst, 5);
    CHECK_EQUAL(snapshot.quota.period_ns, SECOND);
}

static void a_null_bucket_is_an_error_of_every_function(void)
{
    resil_quota_t quota = {1, 5, SECOND};
    resil_reservation_t reservation = RESIL_RESERVATION_INIT;
    resil_token_bucket_peek_t peek;
    resil_token_bucket_snapshot_t snapshot;
    uint64_t wait;
    memset(&peek, 0x5A, sizeof peek);
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&wait, 0x5A, sizeof wait);
    CHECK_NULL(resil_token_bucket_try_acquire, (NULL, 1, &wait), "bucket");
    CHECK_NULL(resil_token_bucket_try_acquire_at, (NULL, 0, 1, &wait), "bucket");
    CHECK_NULL(resil_token_bucket_acquire, (NULL, 1, 0, &wait), "bucket");
    CHECK_NULL(resil_token_bucket_peek, (NULL, 1, &peek), "bucket");
    CHECK_NULL(resil_token_bucket_peek_at, (NULL, 0, 1, &peek), "bucket");
    CHECK_NULL(resil_token_bucket_reserve, (NULL, 1, &reservation, &wait), "bucket");
    CHECK_NULL(resil_token_bucket_reserve_at, (NULL, 0, 1, &reservation, &wait), "bucket");
    CHECK_NULL(resil_token_bucket_reserve_within, (NULL, 1, 0, &reservation, &wait), "bucket");
    CHECK_NULL(resil_token_bucket_reserve_within_at, (NULL, 0, 1, 0, &reservation, &wait),
               "bucket");
    CHECK_NULL(resil_token_bucket_cancel, (NULL, &reservation), "bucket");
    CHECK_NULL(resil_token_bucket_cancel_at, (NULL, 0, &reservation), "bucket");
    CHECK_NULL(resil_token_bucket_set_quota, (NULL, &quota, RESIL_CARRY_AS_IS), "bucket");
    CHECK_NULL(resil_token_bucket_set_quota_at, (NULL, 0, &quota, RESIL_CARRY_AS_IS), "bucket");
    CHECK_NULL(resil_token_bucket_quota, (NULL, &quota), "bucket");
    CHECK_NULL(resil_token_bucket_snapshot, (NULL, &snapshot), "bucket");
    CHECK_NULL(resil_token_bucket_snapshot_at, (NULL, 0, &snapshot), "bucket");
    CHECK(untouched(&wait, sizeof wait, 0x5A));
    CHECK(untouched(&peek, sizeof peek, 0x5A));
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&reservation, sizeof reservation, 0));
    CHECK_EQUAL(quota.burst, 5);
    resil_token_bucket_free(NULL);
}

static void a_null_output_is_an_error_unless_it_is_said_to_be_optional(void)
{
    resil_token_bucket_t *bucket = bucket_with_three();
    resil_quota_t quota = {1, 5, SECOND};
    CHECK_NULL(resil_token_bucket_new, (&quota, NULL, NULL), "out");
    CHECK_NULL(resil_token_bucket_peek, (bucket, 1, NULL), "out");
    CHECK_NULL(resil_token_bucket_peek_at, (bucket, 0, 1, NULL), "out");
    CHECK_NULL(resil_token_bucket_reserve, (bucket, 1, NULL, NULL), "out");
    CHECK_NULL(resil_token_bucket_reserve_at, (bucket, 0, 1, NULL, NULL), "out");
    CHECK_NULL(resil_token_bucket_reserve_within, (bucket, 1, 0, NULL, NULL), "out");
    CHECK_NULL(resil_token_bucket_reserve_within_at, (bucket, 0, 1, 0, NULL, NULL), "out");
    CHECK_NULL(resil_token_bucket_cancel, (bucket, NULL), "reservation");
    CHECK_NULL(resil_token_bucket_cancel_at, (bucket, 0, NULL), "reservation");
    CHECK_NULL(resil_token_bucket_set_quota, (bucket, NULL, RESIL_CARRY_AS_IS), "quota");
    CHECK_NULL(resil_token_bucket_set_quota_at, (bucket, 0, NULL, RESIL_CARRY_AS_IS), "quota");
    CHECK_NULL(resil_token_bucket_quota, (bucket, NULL), "out");
    CHECK_NULL(resil_token_bucket_snapshot, (bucket, NULL), "out");
    CHECK_NULL(resil_token_bucket_snapshot_at, (bucket, 0, NULL), "out");
    check_still_three(bucket);
    resil_token_bucket_free(bucket);
}

static void an_instant_past_the_last_is_an_error_of_every_function_that_takes_one(void)
{
    resil_token_bucket_t *bucket = bucket_with_three();
    resil_quota_t quota = {7, 7, SECOND};
    resil_reservation_t reservation = RESIL_RESERVATION_INIT;
    resil_token_bucket_peek_t peek;
    resil_token_bucket_snapshot_t snapshot;
    uint64_t wait, instants[] = {TOO_LATE, UINT64_MAX};
    memset(&peek, 0x5A, sizeof peek);
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&wait, 0x5A, sizeof wait);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        uint64_t now_ns = instants[i];
        CHECK_ERROR(resil_token_bucket_try_acquire_at, (bucket, now_ns, 1, &wait),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_token_bucket_peek_at, (bucket, now_ns, 1, &peek),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_token_bucket_reserve_at, (bucket, now_ns, 1, &reservation, &wait),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_token_bucket_reserve_within_at,
                    (bucket, now_ns, 1, 0, &reservation, &wait), RESIL_STATUS_NOW_OUT_OF_RANGE,
                    "now_ns");
        CHECK_ERROR(resil_token_bucket_set_quota_at, (bucket, now_ns, &quota, RESIL_CARRY_RESET),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_token_bucket_snapshot_at, (bucket, now_ns, &snapshot),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
    }
    CHECK(untouched(&wait, sizeof wait, 0x5A));
    CHECK(untouched(&peek, sizeof peek, 0x5A));
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&reservation, sizeof reservation, 0));
    check_still_three(bucket);

    /* A reservation that was to be cancelled too late in the wrong sense can still be cancelled. */
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 1, &reservation, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_ERROR(resil_token_bucket_cancel_at, (bucket, TOO_LATE, &reservation),
                RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &reservation), RESIL_STATUS_GRANTED);
    check_still_three(bucket);
    resil_token_bucket_free(bucket);
}

static void a_wrong_quota_is_refused_by_the_name_of_the_field(void)
{
    resil_token_bucket_t *bucket = bucket_with_three();
    for (size_t i = 0; i < sizeof wrong_quotas / sizeof *wrong_quotas; i++) {
        const resil_quota_t *quota = &wrong_quotas[i].quota;
        resil_status_t status = wrong_quotas[i].status;
        const char *field = wrong_quotas[i].field;
        CHECK_NOT_MADE(resil_token_bucket_t, resil_token_bucket_new, (quota, NULL, &made), status,
                       field);
        CHECK(strstr(resil_last_error_message(), resil_status_string(status)) != NULL);
        CHECK_ERROR(resil_token_bucket_set_quota, (bucket, quota, RESIL_CARRY_RESET), status,
                    field);
        CHECK_ERROR(resil_token_bucket_set_quota_at, (bucket, 0, quota, RESIL_CARRY_RESET), status,
                    field);
    }
    check_still_three(bucket);
    resil_token_bucket_free(bucket);
}

static void an_unknown_carry_is_an_error_and_the_quota_stays(void)
{
    resil_token_bucket_t *bucket = bucket_with_three();
    resil_quota_t quota = {7, 7, SECOND};
    int32_t unknown[] = {-1, 4, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK_ERROR(resil_token_bucket_set_quota, (bucket, &quota, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "carry");
        CHECK_ERROR(resil_token_bucket_set_quota_at, (bucket, 0, &quota, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "carry");
    }
    check_still_three(bucket);
    resil_token_bucket_free(bucket);
}

/* What is expected of resil_token_bucket_new with these options. */
#define CHECK_OPTIONS(options, expected, named)                                           \
    CHECK_NOT_MADE(resil_token_bucket_t, resil_token_bucket_new,                          \
                   (&(resil_quota_t){1, 5, SECOND}, options, &made), expected, named)

static void wrong_options_are_refused_by_the_name_of_the_field(void)
{
    const resil_token_bucket_options_t good = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_token_bucket_options_t options;
#define CHECK_THEM(status, field) CHECK_OPTIONS(&options, status, field)
    CHECK_WRONG_CLOCKS_AND_SIZES(options, good, CHECK_THEM);

    options = good;
    options.has_initial = 1;
    options.initial = 6;
    CHECK_OPTIONS(&options, RESIL_STATUS_INITIAL_EXCEEDS_BURST, "options->initial");
    options.has_initial = 2;
    options.initial = 5;
    CHECK_OPTIONS(&options, RESIL_STATUS_UNKNOWN_VALUE, "options->has_initial");
    options.has_initial = 0;
    CHECK_OPTIONS(&options, RESIL_STATUS_UNKNOWN_VALUE, "options->has_initial");
}

static void of_options_that_are_too_short_only_the_size_is_read(void)
{
#define CHECK_SHORT(options) CHECK_OPTIONS(options, RESIL_STATUS_STRUCT_SIZE, "options->struct_size")
    CHECK_ONLY_THE_SIZE_IS_READ(resil_token_bucket_options_t, CHECK_SHORT);
}

static void a_null_quota_is_an_error_and_the_handle_is_null(void)
{
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_token_bucket_t *made = (resil_token_bucket_t *)&options;
    CHECK_NULL(resil_token_bucket_new, (NULL, &options, &made), "quota");
    CHECK(made == NULL);
}

static void a_reservation_that_was_never_granted_is_settled(void)
{
    resil_token_bucket_t *bucket = bucket_with_three();
    resil_reservation_t never = RESIL_RESERVATION_INIT;
    resil_reservation_t refused = RESIL_RESERVATION_INIT;
    CHECK_ERROR(resil_token_bucket_cancel, (bucket, &never), RESIL_STATUS_ALREADY_SETTLED,
                "reservation");
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 6, &refused, NULL),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_ERROR(resil_token_bucket_cancel_at, (bucket, 0, &refused), RESIL_STATUS_ALREADY_SETTLED,
                "reservation");
    check_still_three(bucket);
    resil_token_bucket_free(bucket);
}

static void a_refusal_leaves_the_last_error_as_it_is(void)
{
    resil_token_bucket_t *bucket = bucket_with_three();
    CHECK_NULL(resil_token_bucket_quota, (bucket, NULL), "out");
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 9, NULL),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 4, NULL), RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 0, NULL), RESIL_STATUS_GRANTED);
    CHECK(message_says("resil_token_bucket_quota: ", "out must not be NULL"));
    resil_token_bucket_free(bucket);
}

int main(void)
{
    RUN(a_null_bucket_is_an_error_of_every_function);
    RUN(a_null_output_is_an_error_unless_it_is_said_to_be_optional);
    RUN(an_instant_past_the_last_is_an_error_of_every_function_that_takes_one);
    RUN(a_wrong_quota_is_refused_by_the_name_of_the_field);
    RUN(an_unknown_carry_is_an_error_and_the_quota_stays);
    RUN(wrong_options_are_refused_by_the_name_of_the_field);
    RUN(of_options_that_are_too_short_only_the_size_is_read);
    RUN(a_null_quota_is_an_error_and_the_handle_is_null);
    RUN(a_reservation_that_was_never_granted_is_settled);
    RUN(a_refusal_leaves_the_last_error_as_it_is);
    return finish("token_bucket_errors_test");
}
