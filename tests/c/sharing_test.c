/* Rolling windows, counters and SRE breakers among threads, and breakers on both sides of a fork. */
#include "rolling_window_fixture.h"
#include "sre_breaker_fixture.h"
#include "threads_fixture.h"

enum { CALLS = 3000 };

struct shared {
    resil_rolling_window_t *window;
    resil_rolling_counter_t *counter;
    resil_sre_breaker_t *breaker;
    resil_permit_t permit;
};

static void *record_and_add(void *argument)
{
    struct shared *shared = argument;
    uintptr_t refused = 0;
    pthread_barrier_wait(&together);
    for (uint64_t call = 0; call < CALLS; call++) {
        uint64_t now_ns = call * MILLISECOND;
        refused += resil_rolling_window_record_at(shared->window, now_ns, 2)
                   != RESIL_STATUS_GRANTED;
        refused += resil_rolling_counter_add_at(shared->counter, now_ns, 3)
                   != RESIL_STATUS_GRANTED;
    }
    if (refused != 0)
        abort();
    return NULL;
}

static void nothing_that_threads_record_is_lost(void)
{
    struct shared shared = {.window = window_of(SECOND, 60), .counter = counter_of(SECOND, 60)};
    start_all(record_and_add, &shared);
    CHECK_EQUAL(totals_at(shared.window, 0).count, THREADS * CALLS);
    CHECK_EQUAL(totals_at(shared.window, 0).sum, 2 * THREADS * CALLS);
    CHECK_EQUAL(total_at(shared.counter, 0), 3 * THREADS * CALLS);
    resil_rolling_window_free(shared.window);
    resil_rolling_counter_free(shared.counter);
}

static void *ask_and_settle(void *argument)
{
    struct shared *shared = argument;
    pthread_barrier_wait(&together);
    for (int call = 0; call < CALLS; call++) {
        resil_permit_t permit = RESIL_PERMIT_INIT;
        resil_status_t status =
            resil_sre_breaker_try_acquire_at(shared->breaker, SECOND, 0.5, &permit, NULL);
        bool went_on = status == RESIL_STATUS_GRANTED;
        /* One call in eight fails: too few for a refusal. */
        if (!went_on
            || resil_sre_breaker_settle_at(shared->breaker, SECOND, &permit,
                                           call % 8 == 0 ? RESIL_OUTCOME_FAILURE
                                                         : RESIL_OUTCOME_SUCCESS)
                   != RESIL_STATUS_GRANTED)
            abort();
    }
    return NULL;
}

static void every_call_that_threads_settle_counts_once(void)
{
    struct shared shared = {.breaker = breaker_of_default()};
    /* So that even the first failures alone are no trouble. */
    record_times_at(shared.breaker, SECOND, RESIL_OUTCOME_SUCCESS, 100);
    start_all(ask_and_settle, &shared);
    CHECK_EQUAL(seen_at(shared.breaker, SECOND).requests, 100 + THREADS * CALLS);
    CHECK_EQUAL(seen_at(shared.breaker, SECOND).accepts, 100 + THREADS * CALLS * 7 / 8);
    CHECK_EQUAL(seen_at(shared.breaker, SECOND).drops, 0);
    resil_sre_breaker_free(shared.breaker);
}

static void *ask_in_trouble(void *argument)
{
    struct shared *shared = argument;
    pthread_barrier_wait(&together);
    for (int call = 0; call < CALLS; call++) {
        resil_permit_t forgotten;
        if (resil_sre_breaker_try_acquire_at(shared->breaker, 0, call % 2 == 0 ? 0.0 : 0.99,
                                             &forgotten, NULL)
            != (call % 2 == 0 ? RESIL_STATUS_REJECTED : RESIL_STATUS_GRANTED))
            abort();
    }
    return NULL;
}

static void threads_are_refused_by_their_own_draws(void)
{
    struct shared shared = {.breaker = breaker_of_default()};
    record_times_at(shared.breaker, 0, RESIL_OUTCOME_FAILURE, 10);
    start_all(ask_in_trouble, &shared);
    CHECK_EQUAL(seen_at(shared.breaker, 0).drops, THREADS * CALLS / 2);
    CHECK_EQUAL(seen_at(shared.breaker, 0).requests, 10);
    resil_sre_breaker_free(shared.breaker);
}

static void *settle_for_another(void *permit_and_breaker)
{
    void **both = permit_and_breaker;
    if (resil_sre_breaker_success_at(both[0], 0, both[1]) != RESIL_STATUS_GRANTED)
        abort();
    return NULL;
}

static void a_permit_may_be_settled_by_another_thread(void)
{
    resil_sre_breaker_t *breaker = breaker_of_default();
    resil_permit_t permit;
    pthread_t thread;
    void *both[] = {breaker, &permit};
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(breaker, 0, 0.5, &permit, NULL),
                 RESIL_STATUS_GRANTED);
    if (pthread_create(&thread, NULL, settle_for_another, both) != 0)
        abort();
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(seen_at(breaker, 0).accepts, 1);
    CHECK_ERROR(resil_sre_breaker_success_at, (breaker, 0, &permit), RESIL_STATUS_ALREADY_SETTLED,
                "permit");
    resil_sre_breaker_free(breaker);
}

/* What the child does to its copies. */
static void fail_in_the_child(void *argument)
{
    struct shared *shared = argument;
    CHECK_STATUS(resil_sre_breaker_failure_at(shared->breaker, 0, &shared->permit),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(shared->breaker, 0).requests, 1);
    CHECK_STATUS(resil_rolling_window_record_at(shared->window, 0, 1), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(totals_at(shared->window, 0).count, 2);
    resil_sre_breaker_free(shared->breaker);
    resil_rolling_window_free(shared->window);
}

static void a_forked_child_has_a_breaker_and_a_window_of_its_own(void)
{
    struct shared shared = {.breaker = breaker_of_default(), .window = window_of(SECOND, 2)};
    CHECK_STATUS(resil_sre_breaker_try_acquire_at(shared.breaker, 0, 0.5, &shared.permit, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(shared.window, 0, 1), RESIL_STATUS_GRANTED);
    fork_and_check(fail_in_the_child, &shared);
    CHECK_EQUAL(seen_at(shared.breaker, 0).requests, 0);
    CHECK_EQUAL(totals_at(shared.window, 0).count, 1);
    CHECK_STATUS(resil_sre_breaker_success_at(shared.breaker, 0, &shared.permit),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen_at(shared.breaker, 0).accepts, 1);
    resil_sre_breaker_free(shared.breaker);
    resil_rolling_window_free(shared.window);
}

int main(void)
{
    RUN(nothing_that_threads_record_is_lost);
    RUN(every_call_that_threads_settle_counts_once);
    RUN(threads_are_refused_by_their_own_draws);
    RUN(a_permit_may_be_settled_by_another_thread);
    RUN(a_forked_child_has_a_breaker_and_a_window_of_its_own);
    return finish("sharing_test");
}
