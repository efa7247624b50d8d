/* Calls that an SRE breaker guards: which are made, and what their answers count as. */
#include "sre_breaker_fixture.h"

/* A call that answers a number. */
struct guarded {
    int32_t answer;
    int calls;
};

static int32_t answer_number(void *user_data)
{
    struct guarded *guarded = user_data;
    guarded->calls++;
    return guarded->answer;
}

static void a_guarded_call_counts_by_the_range_of_its_number(void)
{
    const struct {
        int32_t answer;
        uint64_t requests, accepts;
    } rows[] = {{0, 1, 1},         {7, 1, 1},          {8, 0, 0},           {10, 0, 0},
                {63, 0, 0},        {64, 1, 0},         {-1, 1, 0},          {INT32_MIN, 1, 0},
                {INT32_MAX, 1, 0}, {RESIL_STATUS_REJECTED, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resil_manual_clock_t *clock = clock_at(0);
        struct scripted scripted = {0.5, 0};
        resil_sre_breaker_t *breaker = breaker_on(clock, &scripted);
        struct guarded guarded = {rows[i].answer, 0};
        int32_t result = 12345;
        CHECK_STATUS(resil_sre_breaker_run(breaker, answer_number, &guarded, &result),
                     RESIL_STATUS_GRANTED);
        CHECK(result == rows[i].answer);
        CHECK_EQUAL(guarded.calls, 1);
        CHECK_EQUAL(seen_at(breaker, 0).requests, rows[i].requests);
        CHECK_EQUAL(seen_at(breaker, 0).accepts, rows[i].accepts);
        CHECK_STATUS(resil_sre_breaker_run(breaker, answer_number, &guarded, NULL),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(guarded.calls, 2);
        resil_sre_breaker_free(breaker);
        resil_manual_clock_free(clock);
    }
}

static void a_guarded_call_that_is_refused_is_not_made(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    struct scripted scripted = {0.0, 0};
    resil_sre_breaker_t *breaker = breaker_on(clock, &scripted);
    struct guarded guarded = {-1, 0};
    int32_t result = 12345;
    for (int i = 0; i < 6; i++)
        CHECK_STATUS(resil_sre_breaker_run(breaker, answer_number, &guarded, &result),
                     RESIL_STATUS_GRANTED);
    result = 12345;
    CHECK_STATUS(resil_sre_breaker_run(breaker, answer_number, &guarded, &result),
                 RESIL_STATUS_REJECTED);
    CHECK_EQUAL(guarded.calls, 6);
    CHECK_EQUAL(result, 12345);
    CHECK_EQUAL(seen_at(breaker, 0).drops, 1);
    resil_sre_breaker_free(breaker);
    resil_manual_clock_free(clock);
}

static int32_t run_a_call_inside(void *user_data)
{
    resil_sre_breaker_t *inner = user_data;
    struct guarded guarded = {0, 0};
    int32_t result = 0;
    resil_status_t status = resil_sre_breaker_run(inner, answer_number, &guarded, &result);
    return status == RESIL_STATUS_GRANTED ? result : status;
}

static void a_refusal_further_in_is_no_failure_of_the_outer_call(void)
{
    resil_manual_clock_t *clock = clock_at(0);
    struct scripted scripted = {0.5, 0};
    resil_sre_breaker_t *outer = breaker_on(clock, &scripted);
    resil_sre_breaker_t *inner = breaker_on(clock, &scripted);
    int32_t result = -1;
    CHECK_STATUS(resil_sre_breaker_set_mode(inner, RESIL_MODE_FORCED_OPEN), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_run(outer, run_a_call_inside, inner, &result),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(result, RESIL_STATUS_REJECTED);
    CHECK_EQUAL(seen_at(outer, 0).requests, 0);
    CHECK_STATUS(resil_sre_breaker_set_mode(inner, RESIL_MODE_ENABLED), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_sre_breaker_run(outer, run_a_call_inside, inner, &result),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(result, 0);
    CHECK_EQUAL(seen_at(outer, 0).accepts, 1);
    CHECK_EQUAL(seen_at(inner, 0).accepts, 1);
    resil_sre_breaker_free(outer);
    resil_sre_breaker_free(inner);
    resil_manual_clock_free(clock);
}

int main(void)
{
    RUN(a_guarded_call_counts_by_the_range_of_its_number);
    RUN(a_guarded_call_that_is_refused_is_not_made);
    RUN(a_refusal_further_in_is_no_failure_of_the_outer_call);
    return finish("sre_breaker_run_test");
}
