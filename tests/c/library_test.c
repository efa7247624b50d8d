/* What belongs to no row: version, statuses, the last error, and the clocks. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"

#define TOO_LATE (RESIL_INSTANT_MAX + 1)

static void the_header_is_the_librarys(void)
{
    char parts[64];
    CHECK(strcmp(resil_version(), RESIL_VERSION_STRING) == 0);
    CHECK_EQUAL(resil_abi_version(), RESIL_ABI_VERSION);
    snprintf(parts, sizeof parts, "%d.%d.%d", RESIL_VERSION_MAJOR, RESIL_VERSION_MINOR,
             RESIL_VERSION_PATCH);
    CHECK(strcmp(parts, RESIL_VERSION_STRING) == 0);
    CHECK_EQUAL(RESIL_VERSION,
                RESIL_VERSION_MAJOR * 1000000 + RESIL_VERSION_MINOR * 1000 + RESIL_VERSION_PATCH);
}

static void every_status_has_its_number_and_a_text_of_its_own(void)
{
    const struct {
        resil_status_t status;
        int32_t number;
    } rows[] = {
        {RESIL_STATUS_GRANTED, 0},
        {RESIL_STATUS_GAVE_NOTHING, 1},
        {RESIL_STATUS_GRANTED_LAST, 2},
        {RESIL_STATUS_LATE, 3},
        {RESIL_STATUS_SATURATED, 4},
        {RESIL_STATUS_REPLACED, 5},
        {RESIL_STATUS_RETRY_AFTER, 8},
        {RESIL_STATUS_EXCEEDS_LIMIT, 9},
        {RESIL_STATUS_REJECTED, 10},
        {RESIL_STATUS_TIMED_OUT, 11},
        {RESIL_STATUS_ABSENT, 12},
        {RESIL_STATUS_HELD, 13},
        {RESIL_STATUS_UNAVAILABLE, 14},
        {RESIL_STATUS_NULL_ARGUMENT, 64},
        {RESIL_STATUS_PANIC, 65},
        {RESIL_STATUS_NOW_OUT_OF_RANGE, 66},
        {RESIL_STATUS_ALREADY_SETTLED, 67},
        {RESIL_STATUS_STRUCT_SIZE, 68},
        {RESIL_STATUS_UNKNOWN_VALUE, 69},
        {RESIL_STATUS_DRAW_OUT_OF_RANGE, 70},
        {RESIL_STATUS_NEGATIVE_DURATION, 71},
        {RESIL_STATUS_LEADER_FAILED, 72},
        {RESIL_STATUS_REENTERED, 73},
        {RESIL_STATUS_NOT_HELD, 74},
        {RESIL_STATUS_PERMITS_IS_ZERO, 80},
        {RESIL_STATUS_PERIOD_IS_ZERO, 81},
        {RESIL_STATUS_BURST_IS_ZERO, 82},
        {RESIL_STATUS_PERIOD_TOO_LONG, 83},
        {RESIL_STATUS_RATE_TOO_HIGH, 84},
        {RESIL_STATUS_SPAN_TOO_LONG, 85},
        {RESIL_STATUS_INITIAL_EXCEEDS_BURST, 96},
        {RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT, 112},
        {RESIL_STATUS_BUCKET_COUNT_IS_ZERO, 113},
        {RESIL_STATUS_BUCKET_COUNT_TOO_HIGH, 114},
        {RESIL_STATUS_WINDOW_SPAN_TOO_LONG, 115},
        {RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK, 116},
        {RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE, 128},
        {RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE, 129},
        {RESIL_STATUS_MIN_MULTIPLIER_OUT_OF_RANGE, 130},
        {RESIL_STATUS_MIN_MULTIPLIER_WITH_SUCCESS_RATIO, 131},
        {RESIL_STATUS_PADDING_OUT_OF_RANGE, 132},
        {RESIL_STATUS_AGGRESSION_OUT_OF_RANGE, 133},
        {RESIL_STATUS_MAX_DROP_RATIO_OUT_OF_RANGE, 134},
        {RESIL_STATUS_LIMIT_IS_ZERO, 144},
        {RESIL_STATUS_LIMIT_TOO_HIGH, 145},
        {RESIL_STATUS_UTC_OFFSET_TOO_LARGE, 146},
        {RESIL_STATUS_VIRTUAL_NODES_TOO_MANY, 160},
        {RESIL_STATUS_WEIGHT_TOO_HIGH, 161},
        {RESIL_STATUS_WEIGHT_IS_ZERO, 162},
        {RESIL_STATUS_TOO_MANY_NODES, 163},
        {RESIL_STATUS_TOO_MANY_POINTS, 164},
        {RESIL_STATUS_NODE_TOO_LONG, 165},
        {RESIL_STATUS_EPSILON_OUT_OF_RANGE, 166},
        {RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO, 167},
        {RESIL_STATUS_WEIGHT_ABOVE_TOTAL, 168},
        {RESIL_STATUS_ALPHA_OUT_OF_RANGE, 176},
        {RESIL_STATUS_AGE_OUT_OF_RANGE, 177},
        {RESIL_STATUS_TIME_CONSTANT_IS_ZERO, 178},
        {RESIL_STATUS_TIME_CONSTANT_TOO_LONG, 179},
        {RESIL_STATUS_WARM_UP_NOT_BY_COUNT, 180},
        {RESIL_STATUS_SAMPLE_NOT_FINITE, 181},
        {RESIL_STATUS_SAMPLE_SUM_TOO_LARGE, 182},
        {RESIL_STATUS_NAME_NOT_PLAIN, 192},
        {RESIL_STATUS_NOT_UTF8, 193},
        {RESIL_STATUS_WRONG_URL, 194},
        {RESIL_STATUS_DEADLINE_IS_ZERO, 195},
        {RESIL_STATUS_CONNECT_TIMEOUT_IS_ZERO, 196},
        {RESIL_STATUS_QUOTA_TOO_FINE, 197},
        {RESIL_STATUS_MAX_WAIT_TOO_LONG, 198},
        {RESIL_STATUS_PERIOD_NOT_WHOLE_MICROS, 199},
        {RESIL_STATUS_PERIOD_TOO_LONG_FOR_STORE, 200},
    };
    const char *unknown = resil_status_string(-1);
    size_t known = 0, count = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < count; i++) {
        CHECK_EQUAL(rows[i].status, rows[i].number);
        CHECK_EQUAL(resil_status_is_granted(rows[i].status), rows[i].number < 8);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(resil_status_string(rows[i].status),
                         resil_status_string(rows[j].status)) != 0);
    }
    /* A status that this list does not know would have a text too. */
    CHECK(strcmp(unknown, "unknown status") == 0);
    for (int32_t status = -1000; status < 1000; status++)
        known += strcmp(resil_status_string(status), unknown) != 0;
    CHECK_EQUAL(known, count);
    CHECK(strcmp(resil_status_string(INT32_MIN), unknown) == 0);
    CHECK(strcmp(resil_status_string(INT32_MAX), unknown) == 0);
}

static void only_0_to_7_let_the_caller_go_on(void)
{
    for (int32_t status = -100; status < 300; status++)
        CHECK_EQUAL(resil_status_is_granted(status), status >= 0 && status <= 7);
}

static void *message_of_a_new_thread(void *was_empty)
{
    *(bool *)was_empty = strcmp(resil_last_error_message(), "") == 0;
    CHECK_NULL(resil_manual_clock_new, (0, NULL), "out");
    return NULL;
}

static void each_thread_has_a_last_error_of_its_own(void)
{
    pthread_t thread;
    bool was_empty = false;
    CHECK_NULL(resil_manual_clock_set, (NULL, 0), "clock");
    if (pthread_create(&thread, NULL, message_of_a_new_thread, &was_empty) != 0)
        abort();
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(was_empty);
    CHECK(message_says("resil_manual_clock_set: ", "clock must not be NULL"));
}

static uint64_t kernel_ns(clockid_t id)
{
    struct timespec time;
    CHECK_EQUAL(clock_gettime(id, &time), 0);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void the_steady_clock_is_the_kernels(void)
{
    uint64_t before = kernel_ns(CLOCK_MONOTONIC);
    uint64_t reading = resil_monotonic_clock_now();
    uint64_t after = kernel_ns(CLOCK_MONOTONIC);
    CHECK(before <= reading && reading <= after);
    CHECK(resil_monotonic_clock_resolution_ns() >= 1);
}

static void the_coarse_clock_counts_from_the_same_zero_and_never_leads(void)
{
    uint64_t first = resil_coarse_clock_now();
    uint64_t second = resil_coarse_clock_now();
    uint64_t steady = resil_monotonic_clock_now();
    CHECK(first > 0 && first <= second && second <= steady);
    CHECK(resil_coarse_clock_resolution_ns() >= resil_monotonic_clock_resolution_ns());
}

static void the_wall_clock_is_the_kernels(void)
{
    uint64_t before = kernel_ns(CLOCK_REALTIME);
    uint64_t reading = resil_unix_clock_now();
    uint64_t after = kernel_ns(CLOCK_REALTIME);
    /* Unless somebody sets it back at this very moment. */
    CHECK((before <= reading && reading <= after) || after < before);
    CHECK(resil_unix_clock_resolution_ns() >= 1);
}

static void the_counter_counts_from_its_first_use_and_is_a_clock_to_choose(void)
{
    resil_quota_t quota = {.permits = 1, .burst = 1, .period_ns = 3600 * UINT64_C(1000000000)};
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_token_bucket_t *bucket = NULL;
    uint64_t retry_after_ns = 0;
    uint64_t first = resil_quanta_clock_now();
    uint64_t second = resil_quanta_clock_now();
    CHECK(first <= second);
    /* Uptime would be more than the age of this process. */
    CHECK(second < resil_monotonic_clock_now());
    CHECK(resil_quanta_clock_resolution_ns() >= 1);
    options.clock = RESIL_CLOCK_QUANTA;
    CHECK_STATUS(resil_token_bucket_new(&quota, &options, &bucket), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_token_bucket_try_acquire(bucket, 1, NULL), RESIL_STATUS_GRANTED);
    /* Asked at a reading of the same clock, all but an hour is left to wait. */
    CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, resil_quanta_clock_now(), 1, &retry_after_ns),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK(retry_after_ns <= quota.period_ns && retry_after_ns > quota.period_ns / 2);
    resil_token_bucket_free(bucket);
}

static void a_manual_clock_moves_only_when_told_to(void)
{
    resil_manual_clock_t *clock = NULL;
    uint64_t now_ns = 0;
    CHECK_STATUS(resil_manual_clock_new(7, &clock), RESIL_STATUS_GRANTED);
    if (clock == NULL)
        abort();
    CHECK_STATUS(resil_manual_clock_now(clock, &now_ns), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(now_ns, 7);
    CHECK_STATUS(resil_manual_clock_advance(clock, 5), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_now(clock, &now_ns), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(now_ns, 12);
    CHECK_STATUS(resil_manual_clock_set(clock, 3), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_now(clock, &now_ns), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(now_ns, 3);
    CHECK_STATUS(resil_manual_clock_advance(clock, UINT64_MAX), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_now(clock, &now_ns), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(now_ns, RESIL_INSTANT_MAX);
    resil_manual_clock_free(clock);
}

static void a_manual_clock_refuses_what_is_wrong_and_stays(void)
{
    resil_manual_clock_t *clock = NULL;
    resil_manual_clock_t *none;
    uint64_t now_ns = 42;
    none = (resil_manual_clock_t *)&now_ns;
    CHECK_ERROR(resil_manual_clock_new, (TOO_LATE, &none), RESIL_STATUS_NOW_OUT_OF_RANGE,
                "start_ns");
    CHECK(none == NULL);
    CHECK_NULL(resil_manual_clock_new, (0, NULL), "out");
    CHECK_NULL(resil_manual_clock_advance, (NULL, 1), "clock");
    CHECK_NULL(resil_manual_clock_set, (NULL, 1), "clock");
    CHECK_NULL(resil_manual_clock_now, (NULL, &now_ns), "clock");
    CHECK_EQUAL(now_ns, 42);
    CHECK_STATUS(resil_manual_clock_new(RESIL_INSTANT_MAX, &clock), RESIL_STATUS_GRANTED);
    CHECK_NULL(resil_manual_clock_now, (clock, NULL), "out");
    CHECK_ERROR(resil_manual_clock_set, (clock, TOO_LATE), RESIL_STATUS_NOW_OUT_OF_RANGE, "to_ns");
    CHECK_STATUS(resil_manual_clock_now(clock, &now_ns), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(now_ns, RESIL_INSTANT_MAX);
    resil_manual_clock_free(clock);
    resil_manual_clock_free(NULL);
}

int main(void)
{
    /* First, for it tells of a thread that saw no error. */
    CHECK(strcmp(resil_last_error_message(), "") == 0);
    RUN(the_header_is_the_librarys);
    RUN(every_status_has_its_number_and_a_text_of_its_own);
    RUN(only_0_to_7_let_the_caller_go_on);
    RUN(each_thread_has_a_last_error_of_its_own);
    RUN(the_steady_clock_is_the_kernels);
    RUN(the_coarse_clock_counts_from_the_same_zero_and_never_leads);
    RUN(the_wall_clock_is_the_kernels);
    RUN(the_counter_counts_from_its_first_use_and_is_a_clock_to_choose);
    RUN(a_manual_clock_moves_only_when_told_to);
    RUN(a_manual_clock_refuses_what_is_wrong_and_stays);
    return finish("library_test");
}
