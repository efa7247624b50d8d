/* What an SRE breaker says to wrong arguments: a status each, a message that names it, and nothing changed. */
#include <math.h>

#include "sre_breaker_fixture.h"
#include "wrong_fixture.h"

static int calls;

static int32_t count_calls(void *user_data)
{
    (void)user_data;
    calls++;
    return 0;
}

static void a_null_breaker_is_an_error_of_every_function(void)
{
    resil_sre_breaker_snapshot_t snapshot;
    resil_permit_t permit;
    resil_rejected_t rejected;
    int32_t result = 12345;
    calls = 0;
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&permit, 0x5A, sizeof permit);
    memset(&rejected, 0x5A, sizeof rejected);
    CHECK_NULL(resil_sre_breaker_try_acquire, (NULL, &permit, &rejected), "breaker");
    CHECK_NULL(resil_sre_breaker_try_acquire_at, (NULL, 0, 0.5, &permit, &rejected), "breaker");
    CHECK_NULL(resil_sre_breaker_success, (NULL, &permit), "breaker");
    CHECK_NULL(resil_sre_breaker_success_at, (NULL, 0, &permit), "breaker");
    CHECK_NULL(resil_sre_breaker_failure, (NULL, &permit), "breaker");
    CHECK_NULL(resil_sre_breaker_failure_at, (NULL, 0, &permit), "breaker");
    CHECK_NULL(resil_sre_breaker_ignore, (NULL, &permit), "breaker");
    CHECK_NULL(resil_sre_breaker_settle, (NULL, &permit, 0), "breaker");
    CHECK_NULL(resil_sre_breaker_settle_at, (NULL, 0, &permit, 0), "breaker");
    CHECK_NULL(resil_sre_breaker_record, (NULL, 0), "breaker");
    CHECK_NULL(resil_sre_breaker_record_at, (NULL, 0, 0), "breaker");
    CHECK_NULL(resil_sre_breaker_set_mode, (NULL, 0), "breaker");
    CHECK_NULL(resil_sre_breaker_run, (NULL, count_calls, NULL, &result), "breaker");
    CHECK_NULL(resil_sre_breaker_snapshot, (NULL, &snapshot), "breaker");
    CHECK_NULL(resil_sre_breaker_snapshot_at, (NULL, 0, &snapshot), "breaker");
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&permit, sizeof permit, 0x5A));
    CHECK(untouched(&rejected, sizeof rejected, 0x5A));
    CHECK_EQUAL(result, 12345);
    CHECK_EQUAL(calls, 0);
    resil_sre_breaker_free(NULL);
}

static void a_null_argument_is_an_error_unless_it_is_said_to_be_optional(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    CHECK_NULL(resil_sre_breaker_new, (NULL, NULL, NULL), "out");
    CHECK_NULL(resil_sre_breaker_config_init, (NULL, 0), "config");
    CHECK_NULL(resil_sre_breaker_try_acquire, (breaker, NULL, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_try_acquire_at, (breaker, 0, 0.5, NULL, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_success, (breaker, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_success_at, (breaker, 0, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_failure, (breaker, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_failure_at, (breaker, 0, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_ignore, (breaker, NULL), "permit");
    CHECK_NULL(resil_sre_breaker_settle, (breaker, NULL, 0), "permit");
    CHECK_NULL(resil_sre_breaker_settle_at, (breaker, 0, NULL, 0), "permit");
    CHECK_NULL(resil_sre_breaker_run, (breaker, NULL, NULL, NULL), "guarded_call");
    CHECK_NULL(resil_sre_breaker_snapshot, (breaker, NULL), "out");
    CHECK_NULL(resil_sre_breaker_snapshot_at, (breaker, 0, NULL), "out");
    CHECK_EQUAL(seen_at(breaker, 0).requests, 0);
    resil_sre_breaker_free(breaker);
}

static void an_instant_past_the_last_is_an_error_and_a_permit_stays_what_it_is(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    resil_sre_breaker_snapshot_t snapshot;
    resil_permit_t permit, untaken;
    uint64_t instants[] = {TOO_LATE, UINT64_MAX};
    memset(&snapshot, 0x5A, sizeof snapshot);
    memset(&untaken, 0x5A, sizeof untaken);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.5, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        uint64_t now_ns = instants[i];
        CHECK_ERROR(resil_sre_breaker_try_acquire_at, (breaker, now_ns, 0.5, &untaken, NULL),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_sre_breaker_success_at, (breaker, now_ns, &permit),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_sre_breaker_failure_at, (breaker, now_ns, &permit),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_sre_breaker_settle_at, (breaker, now_ns, &permit, 0),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_sre_breaker_record_at, (breaker, now_ns, 0),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
        CHECK_ERROR(resil_sre_breaker_snapshot_at, (breaker, now_ns, &snapshot),
                    RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns");
    }
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK(untouched(&untaken, sizeof untaken, 0x5A));
    CHECK_EQUAL(seen_at(breaker, 0).requests, 0);
    CHECK_STATUS(resil_sre_breaker_success_at(breaker, 0, &permit), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(breaker, 0).accepts, 1);
    resil_sre_breaker_free(breaker);
}

static void an_unknown_number_is_an_error_that_changes_nothing(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    resil_sre_breaker_config_t config;
    resil_permit_t permit;
    int32_t unknown[] = {-1, 6, INT32_MIN, INT32_MAX};
    memset(&config, 0x5A, sizeof config);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.5, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK_ERROR(resil_sre_breaker_record, (breaker, unknown[i]), RESIL_STATUS_UNKNOWN_VALUE,
                    "outcome");
        CHECK_ERROR(resil_sre_breaker_record_at, (breaker, 0, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "outcome");
        CHECK_ERROR(resil_sre_breaker_settle, (breaker, &permit, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "outcome");
        CHECK_ERROR(resil_sre_breaker_settle_at, (breaker, 0, &permit, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "outcome");
        CHECK_ERROR(resil_sre_breaker_set_mode, (breaker, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "mode");
        CHECK_ERROR(resil_sre_breaker_config_init, (&config, unknown[i]),
                    RESIL_STATUS_UNKNOWN_VALUE, "preset");
    }
    CHECK_ERROR(resil_sre_breaker_set_mode, (breaker, 4), RESIL_STATUS_UNKNOWN_VALUE, "mode");
    CHECK_ERROR(resil_sre_breaker_record, (breaker, 3), RESIL_STATUS_UNKNOWN_VALUE, "outcome");
    CHECK(untouched(&config, sizeof config, 0x5A));
    CHECK_EQUAL(seen_at(breaker, 0).requests, 0);
    CHECK_EQUAL(seen_at(breaker, 0).mode, RESIL_MODE_ENABLED);
    CHECK_STATUS(resil_sre_breaker_failure_at(breaker, 0, &permit), RESIL_STATUS_GRANTED);
    resil_sre_breaker_free(breaker);
}

static void a_draw_outside_of_its_range_is_an_error_and_nothing_is_decided(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    struct scripted scripted = {0.5, 0};
    resil_sre_breaker_t *breaker = breaker_on(clock, &scripted);
    double draws[] = {1.0, -0x1p-1074, -1.0, 2.0, (double)INFINITY, -(double)INFINITY,
                      (double)NAN};
    resil_permit_t permit;
    resil_rejected_t rejected;
    int32_t result = 12345;
    calls = 0;
    memset(&permit, 0x5A, sizeof permit);
    memset(&rejected, 0x5A, sizeof rejected);
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 100);
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        CHECK_ERROR(resil_sre_breaker_try_acquire_at, (breaker, 0, draws[i], &permit, &rejected),
                    RESIL_STATUS_DRAW_OUT_OF_RANGE, ": draw must be");
        scripted.draw = draws[i];
        CHECK_ERROR(resil_sre_breaker_try_acquire, (breaker, &permit, &rejected),
                    RESIL_STATUS_DRAW_OUT_OF_RANGE, "options->draw");
        CHECK_ERROR(resil_sre_breaker_run, (breaker, count_calls, NULL, &result),
                    RESIL_STATUS_DRAW_OUT_OF_RANGE, "options->draw");
    }
    CHECK(untouched(&permit, sizeof permit, 0x5A));
    CHECK(untouched(&rejected, sizeof rejected, 0x5A));
    CHECK_EQUAL(result, 12345);
    CHECK_EQUAL(calls, 0);
    CHECK_EQUAL(seen_at(breaker, 0).requests, 100);
    CHECK_EQUAL(seen_at(breaker, 0).drops, 0);
    /* Nor was the clock to blame: it goes on as ever. */
    scripted.draw = 0.0;
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_REJECTED);
    resil_sre_breaker_free(breaker);
    resil_manual_clock_free(clock);
}

/* A bad draw in a breaker that notes passes must not be noted as one. */
static void a_bad_draw_is_no_pass_after_which_one_is_forced(void)
{
    struct scripted scripted = {7.0, 0};
    resil_manual_clock_t *clock = clock_at(0);
    resil_sre_breaker_options_t options = RESIL_SRE_BREAKER_OPTIONS_INIT;
    resil_sre_breaker_config_t config;
    resil_sre_breaker_t *breaker = NULL;
    resil_permit_t permit;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;
    options.draw = draw_scripted;
    options.draw_user_data = &scripted;
    CHECK_STATUS(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_GO_ZERO),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_new(&config, &options, &breaker), RESIL_STATUS_GRANTED);
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 100);
    CHECK_ERROR(resil_sre_breaker_try_acquire, (breaker, &permit, NULL),
                RESIL_STATUS_DRAW_OUT_OF_RANGE, "options->draw");
    CHECK_STATUS(resil_manual_clock_advance(clock, 2 * SECOND), RESIL_STATUS_GRANTED);
    scripted.draw = 0.0;
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_REJECTED);
    resil_sre_breaker_free(breaker);
    resil_manual_clock_free(clock);
}

/* What is expected of resil_sre_breaker_new. */
#define CHECK_REFUSED(config, options, expected, named)                                   \
    CHECK_NOT_MADE(resil_sre_breaker_t, resil_sre_breaker_new, (config, options, &made),  \
                   expected, named)

/* As CHECK_REFUSED, of a preset in which `change` was made to `config`. */
#define CHECK_CONFIG(preset, change, expected, named)                                     \
    do {                                                                                  \
        resil_sre_breaker_config_t config;                                                \
        CHECK_STATUS(resil_sre_breaker_config_init(&config, preset),                      \
                     RESIL_STATUS_GRANTED);                                               \
        change;                                                                           \
        CHECK_REFUSED(&config, NULL, expected, named);                                    \
        if (expected != RESIL_STATUS_UNKNOWN_VALUE && expected != RESIL_STATUS_STRUCT_SIZE) \
            CHECK(strstr(resil_last_error_message(), resil_status_string(expected)) != NULL); \
    } while (0)

static void a_wrong_constant_is_refused_by_the_name_of_the_field(void)
{
    const int32_t plain = RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3;
    const int32_t envoy = RESIL_SRE_BREAKER_PRESET_ENVOY;
    const int32_t go_zero = RESIL_SRE_BREAKER_PRESET_GO_ZERO;
    double nan = (double)NAN, infinity = (double)INFINITY;

    CHECK_CONFIG(plain, config.bucket_width_ns = 999, RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT,
                 "config->bucket_width_ns");
    CHECK_CONFIG(plain, config.bucket_count = 0, RESIL_STATUS_BUCKET_COUNT_IS_ZERO,
                 "config->bucket_count");
    CHECK_CONFIG(plain, config.bucket_count = 65537, RESIL_STATUS_BUCKET_COUNT_TOO_HIGH,
                 "config->bucket_count");
    CHECK_CONFIG(plain, config.bucket_width_ns = UINT64_MAX, RESIL_STATUS_WINDOW_SPAN_TOO_LONG,
                 "config->bucket_width_ns");
    CHECK_CONFIG(plain, config.bucket_width_ns = 99 * MILLISECOND,
                 RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK, "config->bucket_width_ns");
    double multipliers[] = {0.0, 0.999, -1.5, nan, infinity};
    for (size_t i = 0; i < sizeof multipliers / sizeof *multipliers; i++)
        CHECK_CONFIG(plain, config.multiplier = multipliers[i],
                     RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE, "config->multiplier");
    double ratios[] = {0.0, -0.1, 1.01, nan};
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        CHECK_CONFIG(envoy, config.success_ratio = ratios[i],
                     RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE, "config->success_ratio");
    double least[] = {0.0, 0.9, 1.6, nan};
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        CHECK_CONFIG(go_zero, config.min_multiplier = least[i],
                     RESIL_STATUS_MIN_MULTIPLIER_OUT_OF_RANGE, "config->min_multiplier");
    CHECK_CONFIG(envoy, (config.has_min_multiplier = 1, config.min_multiplier = 1.1),
                 RESIL_STATUS_MIN_MULTIPLIER_WITH_SUCCESS_RATIO, "config->min_multiplier");
    double paddings[] = {-0.1, nan, infinity};
    for (size_t i = 0; i < sizeof paddings / sizeof *paddings; i++)
        CHECK_CONFIG(plain, config.padding = paddings[i], RESIL_STATUS_PADDING_OUT_OF_RANGE,
                     "config->padding");
    double aggressions[] = {0.5, 0.0, nan, infinity};
    for (size_t i = 0; i < sizeof aggressions / sizeof *aggressions; i++)
        CHECK_CONFIG(plain, config.aggression = aggressions[i],
                     RESIL_STATUS_AGGRESSION_OUT_OF_RANGE, "config->aggression");
    double caps[] = {-0.1, 1.1, nan};
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
        CHECK_CONFIG(plain, config.max_drop_ratio = caps[i],
                     RESIL_STATUS_MAX_DROP_RATIO_OUT_OF_RANGE, "config->max_drop_ratio");
}

static void a_field_that_contradicts_another_is_refused_by_its_name(void)
{
    const int32_t plain = RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3;
    int32_t refusals[] = {-1, 3, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        CHECK_CONFIG(plain, config.refusals = refusals[i], RESIL_STATUS_UNKNOWN_VALUE,
                     "config->refusals");
    CHECK_CONFIG(plain, config.has_success_ratio = 2, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->has_success_ratio must be 0 or 1");
    CHECK_CONFIG(plain, config.has_min_multiplier = 2, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->has_min_multiplier must be 0 or 1");
    CHECK_CONFIG(plain, config.has_forced_pass_after = 2, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->has_forced_pass_after must be 0 or 1");
    CHECK_CONFIG(plain, config.recovery = 2, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->recovery must be 0 or 1");
    CHECK_CONFIG(plain, config.success_ratio = 0.9, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->has_success_ratio must be 1 for a success_ratio of 0.9");
    CHECK_CONFIG(plain, config.min_multiplier = 1.1, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->has_min_multiplier must be 1 for a min_multiplier of 1.1");
    CHECK_CONFIG(plain, config.forced_pass_after_ns = 7, RESIL_STATUS_UNKNOWN_VALUE,
                 "config->has_forced_pass_after must be 1 for a forced_pass_after_ns of 7");
    CHECK_CONFIG(plain, (config.has_success_ratio = 1, config.success_ratio = 0.9),
                 RESIL_STATUS_UNKNOWN_VALUE, "config->multiplier must be 0");
}

static void a_wrong_size_is_refused_and_nothing_behind_it_is_read(void)
{
    resil_sre_breaker_config_t config;
    const resil_sre_breaker_options_t good = RESIL_SRE_BREAKER_OPTIONS_INIT;
    size_t *size_alone = malloc(sizeof *size_alone);
    if (size_alone == NULL)
        abort();
    CHECK_STATUS(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_ENVOY),
                 RESIL_STATUS_GRANTED);
    size_t off[] = {0, 4, 8, sizeof config - 8, sizeof good - 8, SIZE_MAX};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        *size_alone = off[i];
        CHECK_REFUSED((const resil_sre_breaker_config_t *)(const void *)size_alone, NULL,
                      RESIL_STATUS_STRUCT_SIZE, "config->struct_size");
        CHECK_REFUSED(NULL, (const resil_sre_breaker_options_t *)(const void *)size_alone,
                      RESIL_STATUS_STRUCT_SIZE, "options->struct_size");
    }
    free(size_alone);
}

static void wrong_options_are_refused_by_the_name_of_the_field(void)
{
    const resil_sre_breaker_options_t good = RESIL_SRE_BREAKER_OPTIONS_INIT;
    resil_sre_breaker_options_t options;
#define CHECK_THEM(status, field) CHECK_REFUSED(NULL, &options, status, field)
    CHECK_WRONG_CLOCKS_AND_SIZES(options, good, CHECK_THEM);
    options = good;
    options.draw_user_data = &options;
    CHECK_REFUSED(NULL, &options, RESIL_STATUS_UNKNOWN_VALUE, "options->draw_user_data");
}

int main(void)
{
    RUN(a_null_breaker_is_an_error_of_every_function);
    RUN(a_null_argument_is_an_error_unless_it_is_said_to_be_optional);
    RUN(an_instant_past_the_last_is_an_error_and_a_permit_stays_what_it_is);
    RUN(an_unknown_number_is_an_error_that_changes_nothing);
    RUN(a_draw_outside_of_its_range_is_an_error_and_nothing_is_decided);
    RUN(a_bad_draw_is_no_pass_after_which_one_is_forced);
    RUN(a_wrong_constant_is_refused_by_the_name_of_the_field);
    RUN(a_field_that_contradicts_another_is_refused_by_its_name);
    RUN(a_wrong_size_is_refused_and_nothing_behind_it_is_read);
    RUN(wrong_options_are_refused_by_the_name_of_the_field);
    return finish("sre_breaker_errors_test");
}
