/* What averages say to wrong arguments: a status each, a message that names it, and nothing changed. */
#include <float.h>
#include <math.h>

#include "ewma_fixture.h"

static make_by_time *const by_time_kinds[] = {resil_ewma_by_time, resil_ewma_sample_weighted,
                                              resil_ewma_peak};
enum { KINDS = sizeof by_time_kinds / sizeof *by_time_kinds };

static void a_null_handle_or_output_is_an_error_of_every_function(void)
{
    resil_ewma_t *ewma = by_count(0.5, 0);
    resil_ewma_snapshot_t snapshot;
    double value = NO_VALUE;
    memset(&snapshot, 0x5A, sizeof snapshot);
    CHECK_NULL(resil_ewma_record, (NULL, 1.0), "ewma");
    CHECK_NULL(resil_ewma_record_at, (NULL, 0, 1.0), "ewma");
    CHECK_NULL(resil_ewma_value, (NULL, &value), "ewma");
    CHECK_NULL(resil_ewma_value_at, (NULL, 0, &value), "ewma");
    CHECK_NULL(resil_ewma_snapshot, (NULL, &snapshot), "ewma");
    CHECK_NULL(resil_ewma_snapshot_at, (NULL, 0, &snapshot), "ewma");
    CHECK(value == NO_VALUE);
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK_NULL(resil_ewma_by_count, (0.5, NULL, NULL), "out");
    CHECK_NULL(resil_ewma_by_count_with_age, (3.0, NULL, NULL), "out");
    CHECK_NULL(resil_ewma_by_time, (1, NULL, NULL), "out");
    CHECK_NULL(resil_ewma_sample_weighted, (1, NULL, NULL), "out");
    CHECK_NULL(resil_ewma_peak, (1, NULL, NULL), "out");
    CHECK_NULL(resil_ewma_value, (ewma, NULL), "out");
    CHECK_NULL(resil_ewma_value_at, (ewma, 0, NULL), "out");
    CHECK_NULL(resil_ewma_snapshot, (ewma, NULL), "out");
    CHECK_NULL(resil_ewma_snapshot_at, (ewma, 0, NULL), "out");
    CHECK_NULL(resil_decay_factor, (1, 1, NULL), "out");
    resil_ewma_free(ewma);
    resil_ewma_free(NULL);
}

static void an_instant_past_the_last_is_an_error_of_every_function_that_takes_one(void)
{
    resil_ewma_t *ewma = of_seconds(resil_ewma_by_time, 1);
    resil_ewma_snapshot_t snapshot;
    double value = NO_VALUE;
    memset(&snapshot, 0x5A, sizeof snapshot);
    record_at(ewma, 0, 3.0);
    CHECK_ERROR(resil_ewma_record_at, (ewma, TOO_LATE, 1.0), RESIL_STATUS_NOW_OUT_OF_RANGE,
                "now_ns");
    CHECK_ERROR(resil_ewma_value_at, (ewma, TOO_LATE, &value), RESIL_STATUS_NOW_OUT_OF_RANGE,
                "now_ns");
    CHECK_ERROR(resil_ewma_snapshot_at, (ewma, UINT64_MAX, &snapshot),
                RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
    CHECK(value == NO_VALUE);
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(value_at(ewma, 0) == 3.0);
    resil_ewma_free(ewma);
}

static void a_wrong_constant_is_refused_by_its_name(void)
{
    const double alphas[] = {0.0, -0.5, 1.0000001, NAN, INFINITY};
    const double ages[] = {0.999, -1.0, NAN, INFINITY};
    resil_ewma_t *const marker = (resil_ewma_t *)&marker;
    resil_ewma_t *out;
    double factor = NO_VALUE;
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++) {
        out = marker;
        CHECK_ERROR(resil_ewma_by_count, (alphas[i], NULL, &out), RESIL_STATUS_ALPHA_OUT_OF_RANGE,
                    "alpha");
        CHECK(out == NULL);
    }
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        out = marker;
        CHECK_ERROR(resil_ewma_by_count_with_age, (ages[i], NULL, &out),
                    RESIL_STATUS_AGE_OUT_OF_RANGE, "age");
        CHECK(out == NULL);
    }
    for (size_t i = 0; i < KINDS; i++) {
        out = marker;
        CHECK_STATUS(by_time_kinds[i](0, NULL, &out), RESIL_STATUS_TIME_CONSTANT_IS_ZERO);
        CHECK(out == NULL);
        out = marker;
        CHECK_STATUS(by_time_kinds[i](TOO_LATE, NULL, &out), RESIL_STATUS_TIME_CONSTANT_TOO_LONG);
        CHECK(out == NULL);
    }
    CHECK_ERROR(resil_ewma_peak, (0, NULL, &out), RESIL_STATUS_TIME_CONSTANT_IS_ZERO,
                "time_constant_ns");
    CHECK_ERROR(resil_decay_factor, (1, 0, &factor), RESIL_STATUS_TIME_CONSTANT_IS_ZERO,
                "time_constant_ns");
    CHECK_ERROR(resil_decay_factor, (1, TOO_LATE, &factor), RESIL_STATUS_TIME_CONSTANT_TOO_LONG,
                "time_constant_ns");
    CHECK(factor == NO_VALUE);
}

static void wrong_options_are_refused_by_their_field(void)
{
    resil_ewma_options_t options = RESIL_EWMA_OPTIONS_INIT;
    resil_ewma_t *out = NULL;
    options.warm_up = 2;
    CHECK_ERROR(resil_ewma_by_time, (SECOND, &options, &out), RESIL_STATUS_WARM_UP_NOT_BY_COUNT,
                "options->warm_up");
    for (size_t i = 0; i < KINDS; i++)
        CHECK_STATUS(by_time_kinds[i](SECOND, &options, &out), RESIL_STATUS_WARM_UP_NOT_BY_COUNT);
    options = (resil_ewma_options_t)RESIL_EWMA_OPTIONS_INIT;
    options.struct_size--;
    CHECK_ERROR(resil_ewma_by_count, (0.5, &options, &out), RESIL_STATUS_STRUCT_SIZE,
                "options->struct_size");
    options = (resil_ewma_options_t)RESIL_EWMA_OPTIONS_INIT;
    options.clock = 99;
    CHECK_ERROR(resil_ewma_peak, (SECOND, &options, &out), RESIL_STATUS_UNKNOWN_VALUE,
                "options->clock");
    options.clock = RESIL_CLOCK_MANUAL;
    CHECK_ERROR(resil_ewma_peak, (SECOND, &options, &out), RESIL_STATUS_NULL_ARGUMENT,
                "options->manual_clock");
    CHECK(out == NULL);
}

static void a_sample_that_is_no_number_changes_nothing(void)
{
    const double wrong[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < KINDS; i++) {
        resil_ewma_t *ewma = of_seconds(by_time_kinds[i], 1);
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
            CHECK_ERROR(resil_ewma_record_at, (ewma, 5, wrong[j]), RESIL_STATUS_SAMPLE_NOT_FINITE,
                        "x must be");
            CHECK_ERROR(resil_ewma_record, (ewma, wrong[j]), RESIL_STATUS_SAMPLE_NOT_FINITE,
                        "x must be");
        }
        check_absent_at(ewma, 0);
        record_at(ewma, 0, 3.0);
        CHECK_STATUS(resil_ewma_record_at(ewma, SECOND, NAN), RESIL_STATUS_SAMPLE_NOT_FINITE);
        CHECK(value_at(ewma, 0) == 3.0);
        CHECK_EQUAL(seen_at(ewma, SECOND).idle_for_ns, SECOND);
        resil_ewma_free(ewma);
    }
}

static void a_sum_that_would_not_be_finite_is_refused(void)
{
    resil_ewma_t *both[] = {of_seconds(resil_ewma_sample_weighted, 1), by_count(0.5, 3)};
    for (size_t i = 0; i < 2; i++) {
        record_at(both[i], 0, DBL_MAX);
        CHECK_ERROR(resil_ewma_record_at, (both[i], 0, DBL_MAX),
                    RESIL_STATUS_SAMPLE_SUM_TOO_LARGE, "x must be");
        record_at(both[i], 0, -DBL_MAX);
        record_at(both[i], 0, 9.0);
        CHECK(value_at(both[i], 0) == 3.0);
        resil_ewma_free(both[i]);
    }
}

int main(void)
{
    RUN(a_null_handle_or_output_is_an_error_of_every_function);
    RUN(an_instant_past_the_last_is_an_error_of_every_function_that_takes_one);
    RUN(a_wrong_constant_is_refused_by_its_name);
    RUN(wrong_options_are_refused_by_their_field);
    RUN(a_sample_that_is_no_number_changes_nothing);
    RUN(a_sum_that_would_not_be_finite_is_refused);
    return finish("ewma_errors_test");
}
