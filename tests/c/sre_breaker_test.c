/* SRE breakers that answer: what they refuse, how permits settle, and what a configuration changes. */
#include "sre_breaker_fixture.h"

static void a_call_is_refused_if_and_only_if_its_draw_is_below_the_ratio(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    resil_permit_t permit = RESIL_PERMIT_INIT;
    resil_rejected_t rejected = {-1, true};
    double ratio = 5.0 / 11.0;
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 10);
    CHECK(seen_at(breaker, 0).drop_ratio == ratio);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, ratio, &permit, &rejected),
                 RESIL_STATUS_GRANTED);
    CHECK(rejected.drop_ratio == -1 && rejected.forced_open);
    permit = (resil_permit_t)RESIL_PERMIT_INIT;
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0x1.d1745d1745d16p-2, &permit,
                                                  &rejected),
                 RESIL_STATUS_REJECTED);
    CHECK(rejected.drop_ratio == ratio && !rejected.forced_open);
    CHECK_ERROR(resil_sre_breaker_success, (breaker, &permit), RESIL_STATUS_ALREADY_SETTLED,
                "permit");
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.0, &permit, NULL),
                 RESIL_STATUS_REJECTED);
    CHECK_EQUAL(seen_at(breaker, 0).drops, 2);
    CHECK_EQUAL(seen_at(breaker, 0).requests, 10);
    CHECK(!resil_status_is_granted(RESIL_STATUS_REJECTED));
    resil_sre_breaker_free(breaker);
}

static void each_way_of_settling_counts_as_what_it_says_and_once(void)
{
    resil_manual_clock_t *clock = clock_at(SECOND);
    struct scripted scripted = {0.5, 0};
    resil_sre_breaker_t *breaker = breaker_on(clock, &scripted);
    const struct {
        int32_t outcome; /* of settle, or -1 for the function of that name */
        uint64_t requests, accepts;
    } rows[] = {{RESIL_OUTCOME_SUCCESS, 1, 1}, {-1, 2, 2}, {RESIL_OUTCOME_FAILURE, 3, 2},
                {RESIL_OUTCOME_IGNORED, 3, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resil_permit_t permit;
        CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
        if (rows[i].outcome < 0)
            CHECK_STATUS(resil_sre_breaker_success(breaker, &permit), RESIL_STATUS_GRANTED);
        else
            CHECK_STATUS(resil_sre_breaker_settle(breaker, &permit, rows[i].outcome),
                         RESIL_STATUS_GRANTED);
        for (int32_t again = 0; again <= RESIL_OUTCOME_IGNORED; again++) {
            CHECK_ERROR(resil_sre_breaker_settle, (breaker, &permit, again),
                        RESIL_STATUS_ALREADY_SETTLED, "permit");
            CHECK_ERROR(resil_sre_breaker_settle_at, (breaker, 0, &permit, again),
                        RESIL_STATUS_ALREADY_SETTLED, "permit");
        }
        CHECK_ERROR(resil_sre_breaker_success, (breaker, &permit), RESIL_STATUS_ALREADY_SETTLED,
                    "permit");
        CHECK_ERROR(resil_sre_breaker_success_at, (breaker, 0, &permit),
                    RESIL_STATUS_ALREADY_SETTLED, "permit");
        CHECK_ERROR(resil_sre_breaker_failure, (breaker, &permit), RESIL_STATUS_ALREADY_SETTLED,
                    "permit");
        CHECK_ERROR(resil_sre_breaker_failure_at, (breaker, 0, &permit),
                    RESIL_STATUS_ALREADY_SETTLED, "permit");
        CHECK_ERROR(resil_sre_breaker_ignore, (breaker, &permit), RESIL_STATUS_ALREADY_SETTLED,
                    "permit");
        CHECK_EQUAL(seen_at(breaker, SECOND).requests, rows[i].requests);
        CHECK_EQUAL(seen_at(breaker, SECOND).accepts, rows[i].accepts);
    }
    resil_permit_t permit;
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_failure(breaker, &permit), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_ignore(breaker, &permit), RESIL_STATUS_GRANTED);
    /* Forgotten: there is nothing to free, and it counts as nothing. */
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(breaker, SECOND).requests, 4);
    CHECK_EQUAL(seen_at(breaker, SECOND).accepts, 2);
    CHECK_EQUAL(scripted.drawn, 0);
    resil_sre_breaker_free(breaker);
    resil_manual_clock_free(clock);
}

static void the_at_forms_settle_at_the_instant_they_are_told(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    resil_permit_t permits[3];
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.5, &permits[i], NULL),
                     RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_success_at(breaker, 0, &permits[0]), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_failure_at(breaker, 5 * SECOND, &permits[1]),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_settle_at(breaker, 9 * SECOND, &permits[2],
                                             RESIL_OUTCOME_SUCCESS),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(breaker, 9 * SECOND).requests, 3);
    CHECK_EQUAL(seen_at(breaker, 10 * SECOND).requests, 2);
    CHECK_EQUAL(seen_at(breaker, 15 * SECOND).requests, 1);
    CHECK_EQUAL(seen_at(breaker, 15 * SECOND).accepts, 1);
    CHECK_EQUAL(seen_at(breaker, 19 * SECOND).requests, 0);
    resil_sre_breaker_free(breaker);
}

static void a_permit_of_another_breaker_settles_nothing(void)
{
    resil_sre_breaker_t *one = breaker_of_default(), *other = breaker_of_default();
    resil_permit_t permit = RESIL_PERMIT_INIT;
    CHECK_ERROR(resil_sre_breaker_failure_at, (one, 0, &permit), RESIL_STATUS_ALREADY_SETTLED,
                "permit");
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(one, 0, 0.5, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_ERROR(resil_sre_breaker_failure_at, (other, 0, &permit), RESIL_STATUS_ALREADY_SETTLED,
                "another breaker");
    CHECK_STATUS(resil_sre_breaker_failure_at(one, 0, &permit), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(one, 0).requests, 1);
    CHECK_EQUAL(seen_at(other, 0).requests, 0);
    resil_sre_breaker_free(one);
    resil_sre_breaker_free(other);
}

static void a_draw_is_used_up_only_if_there_is_a_share_to_refuse(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    struct scripted scripted = {0.0, 0};
    resil_sre_breaker_t *breaker = breaker_on(clock, &scripted);
    resil_permit_t permit;
    resil_rejected_t rejected = {0, false};
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 5);
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(scripted.drawn, 0);
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 1);
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, &rejected),
                 RESIL_STATUS_REJECTED);
    CHECK(rejected.drop_ratio == 1.0 / 7.0);
    CHECK_EQUAL(scripted.drawn, 1);
    scripted.draw = 0x1.fffffffffffffp-1;
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(scripted.drawn, 2);
    /* The manual clock decides when the failures have left. */
    CHECK_STATUS(resil_manual_clock_advance(clock, 10 * SECOND), RESIL_STATUS_GRANTED);
    scripted.draw = 0.0;
    CHECK_STATUS(resil_sre_breaker_try_acquire(breaker, &permit, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(scripted.drawn, 2);
    resil_manual_clock_free(clock);
    resil_sre_breaker_free(breaker);
}

static void a_breaker_draws_by_itself_if_nobody_else_does(void)
{
    resil_sre_breaker_config_t config;
    resil_sre_breaker_t *breaker = NULL;
    resil_permit_t permit;
    int refused = 0;
    CHECK_STATUS(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3),
                 RESIL_STATUS_GRANTED);
    config.bucket_width_ns = 3600 * SECOND;
    CHECK_STATUS(resil_sre_breaker_new(&config, NULL, &breaker), RESIL_STATUS_GRANTED);
    for (int i = 0; i < 11; i++)
        CHECK_STATUS(resil_sre_breaker_record(breaker, RESIL_OUTCOME_FAILURE),
                     RESIL_STATUS_GRANTED);
    /* Half are refused: 2000 chances of 1/2 lie within 1000 +- 9 standard deviations of 22. */
    for (int i = 0; i < 2000; i++)
        refused += resil_sre_breaker_try_acquire(breaker, &permit, NULL) == RESIL_STATUS_REJECTED;
    CHECK(refused > 800 && refused < 1200);
    resil_sre_breaker_free(breaker);
}

static void each_mode_does_what_it_says(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    resil_permit_t permit;
    resil_rejected_t rejected = {0, false};
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 100);
    CHECK_EQUAL(seen_at(breaker, 0).mode, RESIL_MODE_ENABLED);

    CHECK_STATUS(resil_sre_breaker_set_mode(breaker, RESIL_MODE_DISABLED), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.0, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(breaker, 0).mode, RESIL_MODE_DISABLED);

    CHECK_STATUS(resil_sre_breaker_set_mode(breaker, RESIL_MODE_FORCED_OPEN),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_failure_at(breaker, 0, &permit), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.999, &permit, &rejected),
                 RESIL_STATUS_REJECTED);
    CHECK(rejected.forced_open && rejected.drop_ratio == 1.0);
    CHECK_EQUAL(seen_at(breaker, 0).requests, 101);
    CHECK_EQUAL(seen_at(breaker, 0).drops, 1);

    CHECK_STATUS(resil_sre_breaker_set_mode(breaker, RESIL_MODE_DRY_RUN), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.0, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(breaker, 0).mode, RESIL_MODE_DRY_RUN);
    CHECK_EQUAL(seen_at(breaker, 0).would_reject, 1);
    CHECK_EQUAL(seen_at(breaker, 0).drops, 1);

    CHECK_STATUS(resil_sre_breaker_set_mode(breaker, RESIL_MODE_ENABLED), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.0, &permit, NULL),
                 RESIL_STATUS_REJECTED);
    resil_sre_breaker_free(breaker);
}

static void every_preset_makes_a_breaker_with_its_own_ratio(void)
{
    /* Of 100 calls of which 20 succeeded. */
    const struct {
        int32_t preset;
        double ratio;
    } rows[] = {
        {RESIL_SRE_BREAKER_PRESET_SRE_BOOK, 60.0 / 101.0},
        {RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3, 65.0 / 101.0},
        {RESIL_SRE_BREAKER_PRESET_GO_ZERO, 65.0 / 101.0},
        {RESIL_SRE_BREAKER_PRESET_GRPC_RLS, 60.0 / 108.0},
        {RESIL_SRE_BREAKER_PRESET_KRATOS, (100.0 - 1 / 0.6 * 20.0) / 101.0},
        {RESIL_SRE_BREAKER_PRESET_ENVOY, (100.0 - 20.0 / 0.95) / 101.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resil_sre_breaker_config_t config;
        resil_sre_breaker_t *breaker = NULL;
        memset(&config, 0x5A, sizeof config);
        CHECK_STATUS(resil_sre_breaker_config_init(&config, rows[i].preset),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(config.struct_size, sizeof config);
        CHECK_STATUS(resil_sre_breaker_new(&config, NULL, &breaker), RESIL_STATUS_GRANTED);
        if (breaker == NULL)
            abort();
        record_times_at(breaker, 0, RESIL_OUTCOME_SUCCESS, 20);
        record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 80);
        double off = seen_at(breaker, 0).drop_ratio - rows[i].ratio;
        CHECK(off > -1e-15 && off < 1e-15);
        resil_sre_breaker_free(breaker);
    }
}

static void a_changed_field_changes_the_breaker(void)
{
    resil_sre_breaker_config_t config;
    resil_sre_breaker_t *breaker = NULL;
    CHECK_STATUS(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3),
                 RESIL_STATUS_GRANTED);
    config.bucket_width_ns = SECOND;
    config.bucket_count = 2;
    config.protection = 0;
    config.multiplier = 0;
    config.has_success_ratio = 1;
    config.success_ratio = 0.5;
    config.max_drop_ratio = 0.25;
    config.refusals = RESIL_REFUSALS_AS_FAILURES;
    CHECK_STATUS(resil_sre_breaker_new(&config, NULL, &breaker), RESIL_STATUS_GRANTED);
    if (breaker == NULL)
        abort();
    resil_permit_t permit;
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 9);
    CHECK(seen_at(breaker, 0).drop_ratio == 0.25);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.2, &permit, NULL),
                 RESIL_STATUS_REJECTED);
    CHECK_EQUAL(seen_at(breaker, 0).requests, 10);
    CHECK_EQUAL(seen_at(breaker, 2 * SECOND).requests, 0);
    resil_sre_breaker_free(breaker);
}

static void a_pass_can_be_forced_after_no_time_at_all(void)
{
    resil_sre_breaker_config_t config;
    resil_sre_breaker_t *breaker = NULL;
    resil_permit_t permit;
    CHECK_STATUS(resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_SRE_BOOK),
                 RESIL_STATUS_GRANTED);
    config.has_forced_pass_after = 1;
    CHECK_STATUS(resil_sre_breaker_new(&config, NULL, &breaker), RESIL_STATUS_GRANTED);
    if (breaker == NULL)
        abort();
    record_times_at(breaker, 0, RESIL_OUTCOME_FAILURE, 9);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.99, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.0, &permit, NULL),
                 RESIL_STATUS_REJECTED);
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 1, 0.0, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    resil_sre_breaker_free(breaker);
}

static void the_snapshot_reads_the_clock_that_was_chosen(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    struct scripted scripted = {0.5, 0};
    resil_sre_breaker_t *breaker = breaker_on(clock, &scripted);
    resil_sre_breaker_snapshot_t snapshot;
    CHECK_STATUS(resil_sre_breaker_record(breaker, RESIL_OUTCOME_SUCCESS), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_record(breaker, RESIL_OUTCOME_IGNORED), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_snapshot(breaker, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.requests, 1);
    CHECK_EQUAL(snapshot.accepts, 1);
    CHECK(snapshot.drop_ratio == 0.0);
    CHECK_STATUS(resil_manual_clock_advance(clock, 10 * SECOND), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_snapshot(breaker, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.requests, 0);
    resil_sre_breaker_free(breaker);
    resil_manual_clock_free(clock);
}

int main(void)
{
    RUN(a_call_is_refused_if_and_only_if_its_draw_is_below_the_ratio);
    RUN(each_way_of_settling_counts_as_what_it_says_and_once);
    RUN(the_at_forms_settle_at_the_instant_they_are_told);
    RUN(a_permit_of_another_breaker_settles_nothing);
    RUN(a_draw_is_used_up_only_if_there_is_a_share_to_refuse);
    RUN(a_breaker_draws_by_itself_if_nobody_else_does);
    RUN(each_mode_does_what_it_says);
    RUN(every_preset_makes_a_breaker_with_its_own_ratio);
    RUN(a_changed_field_changes_the_breaker);
    RUN(a_pass_can_be_forced_after_no_time_at_all);
    RUN(the_snapshot_reads_the_clock_that_was_chosen);
    return finish("sre_breaker_test");
}
