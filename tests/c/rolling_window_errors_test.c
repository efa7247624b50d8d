/* What rolling windows and counters say to wrong arguments: a status each, a message that names it, and nothing
 * changed. */
#include "rolling_window_fixture.h"
#include "wrong_fixture.h"

static unsigned calls;

static void count_calls(void *user_data, uint64_t sum, uint64_t count)
{
    (void)user_data, (void)sum, (void)count;
    calls++;
}

static void count_calls_of_counter(void *user_data, uint64_t count)
{
    (void)user_data, (void)count;
    calls++;
}

static void a_null_handle_is_an_error_of_every_function(void)
{
    resil_totals_t totals;
    resil_rolling_window_snapshot_t snapshot;
    resil_rolling_counter_snapshot_t counted;
    uint64_t total = UNTOUCHED;
    calls = 0;
    memset(&totals, 0x5A, sizeof totals);
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&counted, 0x5A, sizeof counted);
    CHECK_NULL(resil_rolling_window_record, (NULL, 1), "window");
    CHECK_NULL(resil_rolling_window_record_at, (NULL, 0, 1), "window");
    CHECK_NULL(resil_rolling_window_totals, (NULL, &totals), "window");
    CHECK_NULL(resil_rolling_window_totals_at, (NULL, 0, &totals), "window");
    CHECK_NULL(resil_rolling_window_fold, (NULL, count_calls, NULL), "window");
    CHECK_NULL(resil_rolling_window_fold_at, (NULL, 0, count_calls, NULL), "window");
    CHECK_NULL(resil_rolling_window_snapshot, (NULL, &snapshot), "window");
    CHECK_NULL(resil_rolling_window_snapshot_at, (NULL, 0, &snapshot), "window");
    CHECK_NULL(resil_rolling_counter_add, (NULL, 1), "counter");
    CHECK_NULL(resil_rolling_counter_add_at, (NULL, 0, 1), "counter");
    CHECK_NULL(resil_rolling_counter_total, (NULL, &total), "counter");
    CHECK_NULL(resil_rolling_counter_total_at, (NULL, 0, &total), "counter");
    CHECK_NULL(resil_rolling_counter_fold, (NULL, count_calls_of_counter, NULL), "counter");
    CHECK_NULL(resil_rolling_counter_fold_at, (NULL, 0, count_calls_of_counter, NULL), "counter");
    CHECK_NULL(resil_rolling_counter_snapshot, (NULL, &counted), "counter");
    CHECK_NULL(resil_rolling_counter_snapshot_at, (NULL, 0, &counted), "counter");
    CHECK(untouched(&totals, sizeof totals, 0x5A));
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&counted, sizeof counted, 0x5A));
    CHECK_EQUAL(total, UNTOUCHED);
    CHECK_EQUAL(calls, 0);
    resil_rolling_window_free(NULL);
    resil_rolling_counter_free(NULL);
}

static void a_null_output_and_a_null_visitor_are_errors(void)
{
    resil_rolling_window_t *window = window_of(SECOND, 2);
    resil_rolling_counter_t *counter = counter_of(SECOND, 2);
    CHECK_NULL(resil_rolling_window_new, (SECOND, 2, NULL, NULL), "out");
    CHECK_NULL(resil_rolling_window_totals, (window, NULL), "out");
    CHECK_NULL(resil_rolling_window_totals_at, (window, 0, NULL), "out");
    CHECK_NULL(resil_rolling_window_fold, (window, NULL, NULL), "visit");
    CHECK_NULL(resil_rolling_window_fold_at, (window, 0, NULL, NULL), "visit");
    CHECK_NULL(resil_rolling_window_snapshot, (window, NULL), "out");
    CHECK_NULL(resil_rolling_window_snapshot_at, (window, 0, NULL), "out");
    CHECK_NULL(resil_rolling_counter_new, (SECOND, 2, NULL, NULL), "out");
    CHECK_NULL(resil_rolling_counter_total, (counter, NULL), "out");
    CHECK_NULL(resil_rolling_counter_total_at, (counter, 0, NULL), "out");
    CHECK_NULL(resil_rolling_counter_fold, (counter, NULL, NULL), "visit");
    CHECK_NULL(resil_rolling_counter_fold_at, (counter, 0, NULL, NULL), "visit");
    CHECK_NULL(resil_rolling_counter_snapshot, (counter, NULL), "out");
    CHECK_NULL(resil_rolling_counter_snapshot_at, (counter, 0, NULL), "out");
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

static void an_instant_past_the_last_is_an_error_of_every_function_that_takes_one(void)
{
    resil_rolling_window_t *window = window_of(SECOND, 2);
    resil_rolling_counter_t *counter = counter_of(SECOND, 2);
    resil_totals_t totals;
    resil_rolling_window_snapshot_t snapshot;
    resil_rolling_counter_snapshot_t counted;
    uint64_t total = UNTOUCHED, instants[] = {TOO_LATE, UINT64_MAX};
    calls = 0;
    memset(&totals, 0x5A, sizeof totals);
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&counted, 0x5A, sizeof counted);
    CHECK_STATUS(resil_rolling_window_record_at(window, 0, 3), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_add_at(counter, 0, 3), RESIL_STATUS_GRANTED);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        uint64_t now_ns = instants[i];
        CHECK_ERROR(resil_rolling_window_record_at, (window, now_ns, 1),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_window_totals_at, (window, now_ns, &totals),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_window_fold_at, (window, now_ns, count_calls, NULL),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_window_snapshot_at, (window, now_ns, &snapshot),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_counter_add_at, (counter, now_ns, 1),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_counter_total_at, (counter, now_ns, &total),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_counter_fold_at, (counter, now_ns, count_calls_of_counter, NULL),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_rolling_counter_snapshot_at, (counter, now_ns, &counted),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
    }
    CHECK(untouched(&totals, sizeof totals, 0x5A));
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&counted, sizeof counted, 0x5A));
    CHECK_EQUAL(total, UNTOUCHED);
    CHECK_EQUAL(calls, 0);
    CHECK_EQUAL(totals_at(window, 0).sum, 3);
    CHECK_EQUAL(total_at(counter, 0), 3);
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

/* What is expected of both with these buckets and options. */
#define CHECK_REFUSED(width_ns, count, options, expected, named)                          \
    do {                                                                                  \
        CHECK_NOT_MADE(resil_rolling_window_t, resil_rolling_window_new,                  \
                       (width_ns, count, options, &made), expected, named);               \
        CHECK_NOT_MADE(resil_rolling_counter_t, resil_rolling_counter_new,                \
                       (width_ns, count, options, &made), expected, named);               \
    } while (0)

static void wrong_buckets_are_refused_by_the_name_of_the_argument(void)
{
    const struct {
        uint64_t width_ns;
        uint32_t count;
        int32_t clock;
        resil_status_t status;
        const char *argument;
    } rows[] = {
        {999, 1, RESIL_CLOCK_MONOTONIC, RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT, "bucket_width_ns"},
        {0, 1, RESIL_CLOCK_MONOTONIC, RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT, "bucket_width_ns"},
        {SECOND, 0, RESIL_CLOCK_COARSE, RESIL_STATUS_BUCKET_COUNT_IS_ZERO, "bucket_count"},
        {SECOND, 65537, RESIL_CLOCK_COARSE, RESIL_STATUS_BUCKET_COUNT_TOO_HIGH, "bucket_count"},
        {RESIL_INSTANT_MAX, 2, RESIL_CLOCK_COARSE, RESIL_STATUS_WINDOW_SPAN_TOO_LONG,
         "bucket_width_ns * bucket_count"},
        {UINT64_MAX, 1, RESIL_CLOCK_COARSE, RESIL_STATUS_WINDOW_SPAN_TOO_LONG,
         "bucket_width_ns * bucket_count"},
        {100 * MILLISECOND - 1, 4, RESIL_CLOCK_COARSE,
         RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK, "bucket_width_ns"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resil_rolling_window_options_t options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
        options.clock = rows[i].clock;
        CHECK_REFUSED(rows[i].width_ns, rows[i].count, &options, rows[i].status,
                      rows[i].argument);
        CHECK(strstr(resil_last_error_message(), resil_status_string(rows[i].status)) != NULL);
    }
    CHECK(message_says("resil_rolling_counter_new: ", ": at least 100000000"));
}

static void wrong_options_are_refused_by_the_name_of_the_field(void)
{
    const resil_rolling_window_options_t good = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    resil_rolling_window_options_t options;
#define CHECK_THEM(status, field) CHECK_REFUSED(SECOND, 2, &options, status, field)
    CHECK_WRONG_CLOCKS_AND_SIZES(options, good, CHECK_THEM);

    options = good;
    options.leave_out_current = 2;
    CHECK_REFUSED(SECOND, 2, &options, RESIL_STATUS_UNKNOWN_VALUE, "options->leave_out_current");
}

static void of_options_that_are_too_short_only_the_size_is_read(void)
{
#define CHECK_SHORT(options) \
    CHECK_REFUSED(SECOND, 2, options, RESIL_STATUS_STRUCT_SIZE, "options->struct_size")
    CHECK_ONLY_THE_SIZE_IS_READ(resil_rolling_window_options_t, CHECK_SHORT);
}

int main(void)
{
    RUN(a_null_handle_is_an_error_of_every_function);
    RUN(a_null_output_and_a_null_visitor_are_errors);
    RUN(an_instant_past_the_last_is_an_error_of_every_function_that_takes_one);
    RUN(wrong_buckets_are_refused_by_the_name_of_the_argument);
    RUN(wrong_options_are_refused_by_the_name_of_the_field);
    RUN(of_options_that_are_too_short_only_the_size_is_read);
    return finish("rolling_window_errors_test");
}
