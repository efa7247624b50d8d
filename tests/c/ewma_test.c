/* Averages that answer: what each kind makes of samples, of silence and of clocks that step back. */
#include <math.h>
#include <pthread.h>

#include "ewma_fixture.h"

static void by_count_each_sample_enters_with_alpha(void)
{
    resil_ewma_t *ewma = by_count(0.5, 0);
    double value = NO_VALUE;
    check_absent_at(ewma, 0);
    CHECK_STATUS(resil_ewma_record(ewma, 8.0), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_ewma_record(ewma, 4.0), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_ewma_value(ewma, &value), RESIL_STATUS_GRANTED);
    CHECK(value == 6.0);
    CHECK(value_at(ewma, RESIL_INSTANT_MAX) == 6.0);
    resil_ewma_free(ewma);
}

static void an_age_of_three_is_an_alpha_of_one_half(void)
{
    resil_ewma_t *ewma = NULL;
    resil_status_t status = resil_ewma_by_count_with_age(3.0, NULL, &ewma);
    ewma = made(status, ewma);
    CHECK(seen_at(ewma, 0).alpha == 0.5);
    record_at(ewma, 0, 8.0);
    record_at(ewma, 0, 4.0);
    CHECK(value_at(ewma, 0) == 6.0);
    resil_ewma_free(ewma);
}

static void a_warm_up_has_no_value_before_its_mean(void)
{
    resil_ewma_t *ewma = by_count(0.25, 3);
    record_at(ewma, 0, 1.0);
    record_at(ewma, 0, 2.0);
    check_absent_at(ewma, 0);
    CHECK_EQUAL(seen_at(ewma, 0).missing, 1);
    record_at(ewma, 0, 6.0);
    CHECK(value_at(ewma, 0) == 3.0);
    record_at(ewma, 0, 7.0);
    CHECK(value_at(ewma, 0) == 4.0);
    resil_ewma_free(ewma);
}

static void zero_is_a_value(void)
{
    make_by_time *const makers[] = {resil_ewma_by_time, resil_ewma_sample_weighted,
                                    resil_ewma_peak};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        resil_ewma_t *ewma = of_seconds(makers[i], 10);
        check_absent_at(ewma, 5 * SECOND);
        record_at(ewma, 5 * SECOND, 0.0);
        CHECK(value_at(ewma, 5 * SECOND) == 0.0);
        CHECK_EQUAL(seen_at(ewma, 5 * SECOND).missing, 0);
        resil_ewma_free(ewma);
    }
}

static void by_time_a_sample_weighs_the_time_since_the_last_one(void)
{
    resil_ewma_t *ewma = of_seconds(resil_ewma_by_time, 10);
    double w = exp(-1.0);
    record_at(ewma, 0, 100.0);
    record_at(ewma, 0, 9000.0);
    CHECK(value_at(ewma, 0) == 100.0);
    record_at(ewma, 10 * SECOND, 200.0);
    CHECK(fabs(value_at(ewma, 10 * SECOND) - (100.0 * w + 200.0 * (1.0 - w))) < 1e-12);
    double before = value_at(ewma, 10 * SECOND);
    record_at(ewma, 5 * SECOND, 9000.0);
    CHECK(value_at(ewma, 0) == before);
    CHECK(value_at(ewma, RESIL_INSTANT_MAX) == before);
    resil_ewma_free(ewma);
}

static void sample_weighted_several_of_one_instant_all_count(void)
{
    resil_ewma_t *ewma = of_seconds(resil_ewma_sample_weighted, 10);
    double w = exp(-1.0);
    record_at(ewma, 20 * SECOND, 10.0);
    record_at(ewma, 20 * SECOND, 20.0);
    record_at(ewma, 20 * SECOND, 60.0);
    CHECK(value_at(ewma, 20 * SECOND) == 30.0);
    record_at(ewma, 10 * SECOND, 0.0);
    CHECK(fabs(value_at(ewma, 0) - 90.0 / (3.0 + w)) < 1e-12);
    record_at(ewma, RESIL_INSTANT_MAX, 7.0);
    CHECK(value_at(ewma, RESIL_INSTANT_MAX) == 7.0);
    resil_ewma_free(ewma);
}

static void a_peak_is_taken_at_once_and_decays_on_reading_alone(void)
{
    resil_ewma_t *ewma = of_seconds(resil_ewma_peak, 10);
    double w = exp(-1.0);
    record_at(ewma, 0, 50.0);
    record_at(ewma, 0, 80.0);
    record_at(ewma, 0, 10.0);
    CHECK(value_at(ewma, 0) == 80.0);
    CHECK(fabs(value_at(ewma, 10 * SECOND) - 80.0 * w) < 1e-12);
    CHECK(value_at(ewma, RESIL_INSTANT_MAX) == 0.0);
    CHECK(value_at(ewma, 0) == 80.0);
    record_at(ewma, 10 * SECOND, 20.0);
    CHECK(fabs(value_at(ewma, 10 * SECOND) - (80.0 * w + 20.0 * (1.0 - w))) < 1e-12);
    resil_ewma_free(ewma);
}

static void it_reads_the_clock_it_was_given(void)
{
    resil_manual_clock_t *clock = clock_at(5 * SECOND);
    resil_ewma_options_t options = RESIL_EWMA_OPTIONS_INIT;
    resil_ewma_t *ewma = NULL;
    double value = NO_VALUE;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;
    resil_status_t status = resil_ewma_peak(SECOND, &options, &ewma);
    ewma = made(status, ewma);
    CHECK_STATUS(resil_ewma_record(ewma, 3.0), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_advance(clock, SECOND), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_ewma_value(ewma, &value), RESIL_STATUS_GRANTED);
    CHECK(fabs(value - 3.0 * exp(-1.0)) < 1e-14);
    resil_ewma_snapshot_t seen;
    CHECK_STATUS(resil_ewma_snapshot(ewma, &seen), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen.idle_for_ns, SECOND);
    CHECK(seen.value == value);
    resil_ewma_free(ewma);
    resil_manual_clock_free(clock);
}

static void a_snapshot_tells_how_it_forgets(void)
{
    const struct {
        make_by_time *make;
        resil_ewma_kind_t kind;
    } rows[] = {{resil_ewma_by_time, RESIL_EWMA_BY_TIME},
                {resil_ewma_sample_weighted, RESIL_EWMA_SAMPLE_WEIGHTED},
                {resil_ewma_peak, RESIL_EWMA_PEAK}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resil_ewma_t *ewma = of_seconds(rows[i].make, 10);
        resil_ewma_snapshot_t seen = seen_at(ewma, 3 * SECOND);
        CHECK_EQUAL(seen.kind, rows[i].kind);
        CHECK_EQUAL(seen.time_constant_ns, 10 * SECOND);
        CHECK(seen.alpha == 0.0 && seen.warm_up == 0 && seen.value == 0.0);
        CHECK_EQUAL(seen.missing, 1);
        CHECK_EQUAL(seen.idle_for_ns, 0);
        record_at(ewma, 4 * SECOND, 9.0);
        seen = seen_at(ewma, 6 * SECOND);
        CHECK(seen.value > 7.0 && seen.value <= 9.0);
        CHECK_EQUAL(seen.missing, 0);
        CHECK_EQUAL(seen.idle_for_ns, 2 * SECOND);
        resil_ewma_free(ewma);
    }
    resil_ewma_t *ewma = by_count(0.125, 9);
    resil_ewma_snapshot_t seen = seen_at(ewma, 3 * SECOND);
    CHECK_EQUAL(seen.kind, RESIL_EWMA_BY_COUNT);
    CHECK(seen.alpha == 0.125 && seen.warm_up == 9 && seen.time_constant_ns == 0);
    CHECK_EQUAL(seen.missing, 9);
    resil_ewma_free(ewma);
}

static void the_decay_factor_is_one_at_first_and_nothing_in_the_end(void)
{
    double factor = NO_VALUE;
    CHECK_STATUS(resil_decay_factor(0, 1, &factor), RESIL_STATUS_GRANTED);
    CHECK(factor == 1.0);
    CHECK_STATUS(resil_decay_factor(SECOND, SECOND, &factor), RESIL_STATUS_GRANTED);
    CHECK(fabs(factor - exp(-1.0)) < 1e-15);
    CHECK_STATUS(resil_decay_factor(746, 1, &factor), RESIL_STATUS_GRANTED);
    CHECK(factor == 0.0);
    CHECK_STATUS(resil_decay_factor(UINT64_MAX, RESIL_INSTANT_MAX, &factor), RESIL_STATUS_GRANTED);
    CHECK(fabs(factor - exp(-2.0)) < 1e-15);
}

enum { THREADS = 4, SAMPLES = 2000 };

struct shared {
    resil_ewma_t *ewma;
    pthread_barrier_t barrier;
};

/* Notes instead of checking: checks are counted by one thread. */
static void *record_one_to_many(void *argument)
{
    struct shared *shared = argument;
    pthread_barrier_wait(&shared->barrier);
    for (int x = 1; x <= SAMPLES; x++)
        if (resil_ewma_record_at(shared->ewma, SECOND, x) != RESIL_STATUS_GRANTED)
            abort();
    return NULL;
}

static void no_sample_of_several_threads_is_lost(void)
{
    struct shared shared = {.ewma = of_seconds(resil_ewma_sample_weighted, 1)};
    pthread_t threads[THREADS];
    CHECK_EQUAL(pthread_barrier_init(&shared.barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, record_one_to_many, &shared) != 0)
            abort();
    for (int i = 0; i < THREADS; i++)
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    CHECK_EQUAL(pthread_barrier_destroy(&shared.barrier), 0);
    CHECK(value_at(shared.ewma, SECOND) == (1 + SAMPLES) / 2.0);
    resil_ewma_free(shared.ewma);
}

int main(void)
{
    RUN(by_count_each_sample_enters_with_alpha);
    RUN(an_age_of_three_is_an_alpha_of_one_half);
    RUN(a_warm_up_has_no_value_before_its_mean);
    RUN(zero_is_a_value);
    RUN(by_time_a_sample_weighs_the_time_since_the_last_one);
    RUN(sample_weighted_several_of_one_instant_all_count);
    RUN(a_peak_is_taken_at_once_and_decays_on_reading_alone);
    RUN(it_reads_the_clock_it_was_given);
    RUN(a_snapshot_tells_how_it_forgets);
    RUN(the_decay_factor_is_one_at_first_and_nothing_in_the_end);
    RUN(no_sample_of_several_threads_is_lost);
    return finish("ewma_test");
}
