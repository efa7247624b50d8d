/* What a period limiter says to wrong arguments: a status each, a message that names it, and nothing changed. */
#include "period_limiter_fixture.h"
#include "wrong_fixture.h"

static void a_null_limiter_is_an_error_of_every_function(void)
{
    resil_period_limiter_snapshot_t snapshot;
    resil_peek_t peek;
    uint64_t wait = UNTOUCHED;
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&peek, 0x5A, sizeof peek);
    CHECK_NULL(resil_period_limiter_try_acquire, (NULL, 1, &wait), "limiter");
    CHECK_NULL(resil_period_limiter_try_acquire_at, (NULL, 0, 1, &wait), "limiter");
    CHECK_NULL(resil_period_limiter_peek, (NULL, 1, &peek), "limiter");
    CHECK_NULL(resil_period_limiter_peek_at, (NULL, 0, 1, &peek), "limiter");
    CHECK_NULL(resil_period_limiter_snapshot, (NULL, &snapshot), "limiter");
    CHECK_NULL(resil_period_limiter_snapshot_at, (NULL, 0, &snapshot), "limiter");
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&peek, sizeof peek, 0x5A));
    CHECK_EQUAL(wait, UNTOUCHED);
    resil_period_limiter_free(NULL);
}

static void a_null_output_is_an_error_unless_it_is_said_to_be_optional(void)
{
    resil_period_limiter_t *limiter = limiter_of(5, MINUTE);
    CHECK_NULL(resil_period_limiter_new, (5, MINUTE, NULL, NULL), "out");
    CHECK_NULL(resil_period_limiter_aligned, (5, MINUTE, 0, NULL, NULL), "out");
    CHECK_NULL(resil_period_limiter_sliding, (5, MINUTE, NULL, NULL), "out");
    CHECK_NULL(resil_period_limiter_peek, (limiter, 1, NULL), "out");
    CHECK_NULL(resil_period_limiter_peek_at, (limiter, 0, 1, NULL), "out");
    CHECK_NULL(resil_period_limiter_snapshot, (limiter, NULL), "out");
    CHECK_NULL(resil_period_limiter_snapshot_at, (limiter, 0, NULL), "out");
    CHECK_EQUAL(limiter_at(limiter, 0).taken, 0);
    resil_period_limiter_free(limiter);
}

static void an_instant_past_the_last_is_an_error_of_every_function_that_takes_one(void)
{
    resil_period_limiter_t *limiter = limiter_of(5, MINUTE);
    resil_period_limiter_snapshot_t snapshot;
    resil_peek_t peek;
    uint64_t wait = UNTOUCHED, instants[] = {TOO_LATE, UINT64_MAX};
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&peek, 0x5A, sizeof peek);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        CHECK_TOO_LATE(resil_period_limiter_try_acquire_at, (limiter, instants[i], 1, &wait));
        CHECK_TOO_LATE(resil_period_limiter_peek_at, (limiter, instants[i], 1, &peek));
        CHECK_TOO_LATE(resil_period_limiter_snapshot_at, (limiter, instants[i], &snapshot));
    }
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&peek, sizeof peek, 0x5A));
    CHECK_EQUAL(wait, UNTOUCHED);
    /* None of them was the first use. */
    CHECK_EQUAL(limiter_at(limiter, RESIL_INSTANT_MAX).reset_after_ns, 0);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, RESIL_INSTANT_MAX, 5, NULL),
                 RESIL_STATUS_GRANTED_LAST);
    resil_period_limiter_free(limiter);
}

/* What no kind is made of. */
#define CHECK_REFUSED(limit, period_ns, options, status, field)                           \
    do {                                                                                  \
        CHECK_NOT_MADE(resil_period_limiter_t, resil_period_limiter_new,                  \
                       (limit, period_ns, options, &made), status, field);                \
        CHECK_NOT_MADE(resil_period_limiter_t, resil_period_limiter_aligned,              \
                       (limit, period_ns, 0, options, &made), status, field);             \
        CHECK_NOT_MADE(resil_period_limiter_t, resil_period_limiter_sliding,              \
                       (limit, period_ns, options, &made), status, field);                \
    } while (0)

static void a_wrong_limit_is_refused_by_the_name_of_the_argument(void)
{
    const struct {
        uint32_t limit;
        uint64_t period_ns;
        resil_status_t status;
        const char *argument;
    } rows[] = {
        {0, MINUTE, RESIL_STATUS_LIMIT_IS_ZERO, ": limit must"},
        {6, 11, RESIL_STATUS_LIMIT_TOO_HIGH, ": limit is too high"},
        {UINT32_MAX, SECOND, RESIL_STATUS_LIMIT_TOO_HIGH, ": limit is too high"},
        {1, 0, RESIL_STATUS_PERIOD_IS_ZERO, ": period_ns must"},
        {1, RESIL_INSTANT_MAX + 1, RESIL_STATUS_PERIOD_TOO_LONG, ": period_ns must"},
        {1, UINT64_MAX, RESIL_STATUS_PERIOD_TOO_LONG, ": period_ns must"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_REFUSED(rows[i].limit, rows[i].period_ns, NULL, rows[i].status, rows[i].argument);
        CHECK(strstr(resil_last_error_message(), resil_status_string(rows[i].status)) != NULL);
    }
    /* One less of what is too much is accepted. */
    resil_period_limiter_free(limiter_of(5, 11));
    resil_period_limiter_free(sliding_of(1, RESIL_INSTANT_MAX));
}

static void an_offset_of_a_day_is_refused_by_name(void)
{
    int32_t offsets[] = {86400, -86400, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        CHECK_NOT_MADE(resil_period_limiter_t, resil_period_limiter_aligned,
                       (1, DAY, offsets[i], NULL, &made), RESIL_STATUS_UTC_OFFSET_TOO_LARGE,
                       ": utc_offset_secs must");
    resil_period_limiter_free(aligned_of(1, DAY, 86399));
    resil_period_limiter_free(aligned_of(1, DAY, -86399));
}

static void wrong_options_are_refused_by_the_name_of_the_field(void)
{
    const resil_period_limiter_options_t good = RESIL_PERIOD_LIMITER_OPTIONS_INIT;
    resil_period_limiter_options_t options;
#define CHECK_OPTIONS(status, field) CHECK_REFUSED(5, MINUTE, &options, status, field)
    CHECK_WRONG_CLOCKS_AND_SIZES(options, good, CHECK_OPTIONS);
#define CHECK_SHORT(short) \
    CHECK_REFUSED(5, MINUTE, short, RESIL_STATUS_STRUCT_SIZE, "options->struct_size")
    CHECK_ONLY_THE_SIZE_IS_READ(resil_period_limiter_options_t, CHECK_SHORT);
}

static void an_aligned_one_refuses_a_clock_that_knows_no_calendar(void)
{
    int32_t clocks[] = {RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_QUANTA};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        resil_period_limiter_options_t options = RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT;
        options.clock = clocks[i];
        CHECK_NOT_MADE(resil_period_limiter_t, resil_period_limiter_aligned,
                       (1, DAY, 0, &options, &made), RESIL_STATUS_UNKNOWN_VALUE,
                       "options->clock of an aligned limiter must be RESIL_CLOCK_UNIX");
    }
}

int main(void)
{
    RUN(a_null_limiter_is_an_error_of_every_function);
    RUN(a_null_output_is_an_error_unless_it_is_said_to_be_optional);
    RUN(an_instant_past_the_last_is_an_error_of_every_function_that_takes_one);
    RUN(a_wrong_limit_is_refused_by_the_name_of_the_argument);
    RUN(an_offset_of_a_day_is_refused_by_name);
    RUN(wrong_options_are_refused_by_the_name_of_the_field);
    RUN(an_aligned_one_refuses_a_clock_that_knows_no_calendar);
    return finish("period_limiter_errors_test");
}
