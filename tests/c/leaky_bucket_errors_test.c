/* What leaky meters and queues say to wrong arguments: a status each, a message that names it, and nothing
 * changed. */
#include "leaky_bucket_fixture.h"
#include "wrong_fixture.h"
#include "wrong_quotas.h"

static void a_null_handle_is_an_error_of_every_function(void)
{
    resil_peek_t peek;
    resil_leaky_queue_peek_t queue_peek;
    resil_leaky_bucket_snapshot_t snapshot;
    resil_quota_t quota;
    resil_slot_t slot;
    uint64_t wait = UNTOUCHED;
    memset(&peek, 0x5A, sizeof peek);
    memset(&queue_peek, 0x5A, sizeof queue_peek);
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&quota, 0x5A, sizeof quota);
    memset(&slot, 0x5A, sizeof slot);
    CHECK_NULL(resil_leaky_meter_try_acquire, (NULL, 1, &wait), "meter");
    CHECK_NULL(resil_leaky_meter_try_acquire_at, (NULL, 0, 1, &wait), "meter");
    CHECK_NULL(resil_leaky_meter_peek, (NULL, 1, &peek), "meter");
    CHECK_NULL(resil_leaky_meter_peek_at, (NULL, 0, 1, &peek), "meter");
    CHECK_NULL(resil_leaky_meter_quota, (NULL, &quota), "meter");
    CHECK_NULL(resil_leaky_meter_snapshot, (NULL, &snapshot), "meter");
    CHECK_NULL(resil_leaky_meter_snapshot_at, (NULL, 0, &snapshot), "meter");
    CHECK_NULL(resil_leaky_queue_try_reserve, (NULL, 1, &slot, &wait), "queue");
    CHECK_NULL(resil_leaky_queue_try_reserve_at, (NULL, 0, 1, &slot, &wait), "queue");
    CHECK_NULL(resil_leaky_queue_try_reserve_within, (NULL, 1, 0, &slot, &wait), "queue");
    CHECK_NULL(resil_leaky_queue_try_reserve_within_at, (NULL, 0, 1, 0, &slot, &wait), "queue");
    CHECK_NULL(resil_leaky_queue_acquire, (NULL, 1, 0, &wait), "queue");
    CHECK_NULL(resil_leaky_queue_peek, (NULL, 1, &queue_peek), "queue");
    CHECK_NULL(resil_leaky_queue_peek_at, (NULL, 0, 1, &queue_peek), "queue");
    CHECK_NULL(resil_leaky_queue_quota, (NULL, &quota), "queue");
    CHECK_NULL(resil_leaky_queue_snapshot, (NULL, &snapshot), "queue");
    CHECK_NULL(resil_leaky_queue_snapshot_at, (NULL, 0, &snapshot), "queue");
    CHECK(untouched(&peek, sizeof peek, 0x5A));
    CHECK(untouched(&queue_peek, sizeof queue_peek, 0x5A));
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&quota, sizeof quota, 0x5A));
    CHECK(untouched(&slot, sizeof slot, 0x5A));
    CHECK_EQUAL(wait, UNTOUCHED);
    resil_leaky_meter_free(NULL);
    resil_leaky_queue_free(NULL);
}

static void a_null_output_is_an_error_unless_it_is_said_to_be_optional(void)
{
    resil_leaky_meter_t *meter = meter_on(NULL, 1, 5);
    resil_leaky_queue_t *queue = queue_on(NULL, 1, 5);
    resil_quota_t quota = {1, 5, SECOND};
    CHECK_NULL(resil_leaky_meter_new, (&quota, NULL, NULL), "out");
    CHECK_NULL(resil_leaky_meter_peek, (meter, 1, NULL), "out");
    CHECK_NULL(resil_leaky_meter_peek_at, (meter, 0, 1, NULL), "out");
    CHECK_NULL(resil_leaky_meter_quota, (meter, NULL), "out");
    CHECK_NULL(resil_leaky_meter_snapshot, (meter, NULL), "out");
    CHECK_NULL(resil_leaky_meter_snapshot_at, (meter, 0, NULL), "out");
    CHECK_NULL(resil_leaky_queue_new, (&quota, NULL, NULL), "out");
    CHECK_NULL(resil_leaky_queue_try_reserve, (queue, 1, NULL, NULL), "out");
    CHECK_NULL(resil_leaky_queue_try_reserve_at, (queue, 0, 1, NULL, NULL), "out");
    CHECK_NULL(resil_leaky_queue_try_reserve_within, (queue, 1, 0, NULL, NULL), "out");
    CHECK_NULL(resil_leaky_queue_try_reserve_within_at, (queue, 0, 1, 0, NULL, NULL), "out");
    CHECK_NULL(resil_leaky_queue_peek, (queue, 1, NULL), "out");
    CHECK_NULL(resil_leaky_queue_peek_at, (queue, 0, 1, NULL), "out");
    CHECK_NULL(resil_leaky_queue_quota, (queue, NULL), "out");
    CHECK_NULL(resil_leaky_queue_snapshot, (queue, NULL), "out");
    CHECK_NULL(resil_leaky_queue_snapshot_at, (queue, 0, NULL), "out");
    CHECK_EQUAL(room_at(meter, 0), 5);
    CHECK_EQUAL(idle_after(queue, 0), 0);
    resil_leaky_meter_free(meter);
    resil_leaky_queue_free(queue);
}

static void an_instant_past_the_last_is_an_error_of_every_function_that_takes_one(void)
{
    resil_leaky_meter_t *meter = meter_on(NULL, 1, 5);
    resil_leaky_queue_t *queue = queue_on(NULL, 1, 5);
    resil_leaky_bucket_snapshot_t snapshot;
    resil_leaky_queue_peek_t queue_peek;
    resil_peek_t peek;
    resil_slot_t slot;
    uint64_t wait = UNTOUCHED, instants[] = {TOO_LATE, UINT64_MAX};
    memset(&slot, 0x5A, sizeof slot);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        uint64_t now_ns = instants[i];
        CHECK_TOO_LATE(resil_leaky_meter_try_acquire_at, (meter, now_ns, 1, &wait));
        CHECK_TOO_LATE(resil_leaky_meter_peek_at, (meter, now_ns, 1, &peek));
        CHECK_TOO_LATE(resil_leaky_meter_snapshot_at, (meter, now_ns, &snapshot));
        CHECK_TOO_LATE(resil_leaky_queue_try_reserve_at, (queue, now_ns, 1, &slot, &wait));
        CHECK_TOO_LATE(resil_leaky_queue_try_reserve_within_at,
                       (queue, now_ns, 1, 0, &slot, &wait));
        CHECK_TOO_LATE(resil_leaky_queue_peek_at, (queue, now_ns, 1, &queue_peek));
        CHECK_TOO_LATE(resil_leaky_queue_snapshot_at, (queue, now_ns, &snapshot));
    }
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK(untouched(&slot, sizeof slot, 0x5A));
    CHECK_EQUAL(room_at(meter, RESIL_INSTANT_MAX), 5);
    CHECK_EQUAL(idle_after(queue, RESIL_INSTANT_MAX), 0);
    resil_leaky_meter_free(meter);
    resil_leaky_queue_free(queue);
}

/* What neither a meter nor a queue is made of. */
#define CHECK_REFUSED(quota, options, status, field)                                      \
    do {                                                                                  \
        CHECK_NOT_MADE(resil_leaky_meter_t, resil_leaky_meter_new, (quota, options, &made), \
                       status, field);                                                    \
        CHECK_NOT_MADE(resil_leaky_queue_t, resil_leaky_queue_new, (quota, options, &made), \
                       status, field);                                                    \
    } while (0)

static void a_wrong_quota_is_refused_by_the_name_of_the_field(void)
{
    for (size_t i = 0; i < sizeof wrong_quotas / sizeof *wrong_quotas; i++)
        CHECK_REFUSED(&wrong_quotas[i].quota, NULL, wrong_quotas[i].status,
                      wrong_quotas[i].field);
    CHECK_REFUSED(NULL, NULL, RESIL_STATUS_NULL_ARGUMENT, "quota must not be NULL");
}

static void wrong_options_are_refused_by_the_name_of_the_field(void)
{
    const resil_leaky_bucket_options_t good = RESIL_LEAKY_BUCKET_OPTIONS_INIT;
    const resil_quota_t quota = {1, 5, SECOND};
    resil_leaky_bucket_options_t options;
#define CHECK_OPTIONS(status, field) CHECK_REFUSED(&quota, &options, status, field)
    CHECK_WRONG_CLOCKS_AND_SIZES(options, good, CHECK_OPTIONS);
#define CHECK_SHORT(short) \
    CHECK_REFUSED(&quota, short, RESIL_STATUS_STRUCT_SIZE, "options->struct_size")
    CHECK_ONLY_THE_SIZE_IS_READ(resil_leaky_bucket_options_t, CHECK_SHORT);
}

int main(void)
{
    RUN(a_null_handle_is_an_error_of_every_function);
    RUN(a_null_output_is_an_error_unless_it_is_said_to_be_optional);
    RUN(an_instant_past_the_last_is_an_error_of_every_function_that_takes_one);
    RUN(a_wrong_quota_is_refused_by_the_name_of_the_field);
    RUN(wrong_options_are_refused_by_the_name_of_the_field);
    return finish("leaky_bucket_errors_test");
}
