/* Rolling windows and counters that answer: what is in them, when it leaves, and in which order it is shown. */
#include "rolling_window_fixture.h"

enum { SHOWN_MOST = 8 };

/* What a fold showed. */
struct folded {
    size_t buckets;
    uint64_t sums[SHOWN_MOST], counts[SHOWN_MOST];
};

static void note_bucket(void *user_data, uint64_t sum, uint64_t count)
{
    struct folded *folded = user_data;
    if (folded->buckets < SHOWN_MOST) {
        folded->sums[folded->buckets] = sum;
        folded->counts[folded->buckets] = count;
    }
    folded->buckets++;
}

static void note_count(void *user_data, uint64_t count)
{
    note_bucket(user_data, 0, count);
}

static void a_sample_counts_until_its_bucket_has_left_the_window(void)
{
    resil_rolling_window_t *window = window_of(SECOND, 3);
    CHECK_STATUS(resil_rolling_window_record_at(window, 10 * SECOND, 5), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 11 * SECOND, 7), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(totals_at(window, 11 * SECOND).sum, 12);
    CHECK_EQUAL(totals_at(window, 11 * SECOND).count, 2);
    CHECK_EQUAL(totals_at(window, 13 * SECOND - 1).count, 2);
    CHECK_EQUAL(totals_at(window, 13 * SECOND).sum, 7);
    CHECK_EQUAL(totals_at(window, 13 * SECOND).count, 1);
    CHECK_EQUAL(totals_at(window, RESIL_INSTANT_MAX).count, 0);
    resil_rolling_window_free(window);
}

static void a_late_sample_counts_in_its_own_bucket_or_says_that_it_does_not(void)
{
    resil_rolling_window_t *window = window_of(SECOND, 2);
    resil_rolling_counter_t *counter = counter_of(SECOND, 2);
    CHECK_STATUS(resil_rolling_window_record_at(window, 5 * SECOND, 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 4 * SECOND, 2), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 4 * SECOND - 1, 4), RESIL_STATUS_LATE);
    CHECK_EQUAL(totals_at(window, 0).sum, 3);
    CHECK_EQUAL(totals_at(window, 6 * SECOND).sum, 1);
    CHECK_STATUS(resil_rolling_counter_add_at(counter, 5 * SECOND, 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_add_at(counter, 3 * SECOND, 4), RESIL_STATUS_LATE);
    CHECK_EQUAL(total_at(counter, 0), 1);
    CHECK(resil_status_is_granted(RESIL_STATUS_LATE));
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

static void a_full_bucket_says_so_and_spills_nowhere(void)
{
    resil_rolling_window_t *window = window_of(SECOND, 60);
    resil_rolling_counter_t *counter = counter_of(SECOND, 60);
    uint64_t limit = UINT64_C(1) << 35;
    CHECK_STATUS(resil_rolling_window_record_at(window, 0, limit), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 0, 1), RESIL_STATUS_SATURATED);
    CHECK_STATUS(resil_rolling_window_record_at(window, SECOND, UINT64_MAX),
                 RESIL_STATUS_SATURATED);
    CHECK_EQUAL(totals_at(window, SECOND).sum, 2 * limit);
    CHECK_EQUAL(totals_at(window, SECOND).count, 3);
    CHECK_STATUS(resil_rolling_counter_add_at(counter, 0, limit + 1), RESIL_STATUS_SATURATED);
    CHECK_EQUAL(total_at(counter, SECOND), limit);
    CHECK(resil_status_is_granted(RESIL_STATUS_SATURATED));
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

static void folding_shows_each_bucket_once_oldest_first(void)
{
    resil_rolling_window_t *window = window_of(SECOND, 4);
    resil_rolling_counter_t *counter = counter_of(SECOND, 3);
    struct folded folded = {0, {0}, {0}};
    CHECK_STATUS(resil_rolling_window_record_at(window, 7 * SECOND, 3), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 9 * SECOND, 4), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 9 * SECOND, 5), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_fold_at(window, 10 * SECOND, note_bucket, &folded),
                 RESIL_STATUS_GRANTED);
    const uint64_t sums[] = {3, 0, 9, 0}, counts[] = {1, 0, 2, 0};
    CHECK_EQUAL(folded.buckets, 4);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQUAL(folded.sums[i], sums[i]);
        CHECK_EQUAL(folded.counts[i], counts[i]);
    }

    folded.buckets = 0;
    CHECK_STATUS(resil_rolling_counter_add_at(counter, 8 * SECOND, 6), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_fold_at(counter, 9 * SECOND, note_count, &folded),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(folded.buckets, 3);
    CHECK_EQUAL(folded.counts[0], 0);
    CHECK_EQUAL(folded.counts[1], 6);
    CHECK_EQUAL(folded.counts[2], 0);
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

static void note_that_it_was_called(void *user_data, uint64_t sum, uint64_t count)
{
    (void)sum, (void)count;
    CHECK(user_data == NULL);
}

/* A visitor may use the window it is shown, and needs no data of its own. */
static resil_rolling_window_t *shown_window;

static void record_while_shown(void *user_data, uint64_t sum, uint64_t count)
{
    note_bucket(user_data, sum, count);
    CHECK_STATUS(resil_rolling_window_record_at(shown_window, 0, 100), RESIL_STATUS_GRANTED);
}

static void a_visitor_may_use_the_window_and_need_no_data(void)
{
    struct folded folded = {0, {0}, {0}};
    shown_window = window_of(SECOND, 2);
    CHECK_STATUS(resil_rolling_window_fold_at(shown_window, 0, note_that_it_was_called, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_fold_at(shown_window, 0, record_while_shown, &folded),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(folded.buckets, 2);
    CHECK_EQUAL(totals_at(shown_window, 0).sum, 200);
    resil_rolling_window_free(shown_window);
}

static void the_current_bucket_can_be_left_out(void)
{
    resil_rolling_window_options_t options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    resil_rolling_window_t *window = NULL;
    resil_rolling_counter_t *counter = NULL;
    struct folded folded = {0, {0}, {0}};
    options.leave_out_current = 1;
    CHECK_STATUS(resil_rolling_window_new(SECOND, 3, &options, &window), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_new(SECOND, 1, &options, &counter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record_at(window, 0, 9), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(totals_at(window, 0).count, 0);
    CHECK_EQUAL(totals_at(window, SECOND).count, 1);
    CHECK_STATUS(resil_rolling_window_fold_at(window, SECOND, note_bucket, &folded),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(folded.buckets, 2);
    folded.buckets = 0;
    CHECK_STATUS(resil_rolling_counter_add_at(counter, 0, 9), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_fold_at(counter, 0, note_count, &folded),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(folded.buckets, 0);
    CHECK_EQUAL(total_at(counter, 0), 0);
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

static void the_forms_that_read_a_clock_read_the_one_that_was_chosen(void)
{
    resil_manual_clock_t *clock = clock_at(90 * SECOND);
    resil_rolling_window_options_t options = options_on(clock);
    resil_rolling_window_t *window = NULL;
    resil_rolling_counter_t *counter = NULL;
    resil_rolling_window_snapshot_t snapshot;
    resil_rolling_counter_snapshot_t counted;
    resil_totals_t totals = {UNTOUCHED, UNTOUCHED};
    uint64_t total = UNTOUCHED;
    struct folded folded = {0, {0}, {0}};
    CHECK_STATUS(resil_rolling_window_new(MILLISECOND, 5, &options, &window),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_new(1000, 5, &options, &counter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_window_record(window, 6), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_add(counter, 8), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(totals_at(window, 90 * SECOND).sum, 6);
    CHECK_EQUAL(total_at(counter, 90 * SECOND), 8);
    CHECK_STATUS(resil_rolling_window_totals(window, &totals), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(totals.sum, 6);
    CHECK_STATUS(resil_rolling_counter_total(counter, &total), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(total, 8);
    CHECK_STATUS(resil_rolling_window_fold(window, note_bucket, &folded), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_rolling_counter_fold(counter, note_count, &folded), RESIL_STATUS_GRANTED);
    /* The window's five buckets, of which the last is the current one, then the counter's five. */
    CHECK_EQUAL(folded.buckets, 10);
    CHECK_EQUAL(folded.sums[4], 6);

    /* Objects keep the clock's time; its handle can go first. */
    CHECK_STATUS(resil_manual_clock_advance(clock, 5 * MILLISECOND), RESIL_STATUS_GRANTED);
    resil_manual_clock_free(clock);
    CHECK_STATUS(resil_rolling_window_snapshot(window, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.bucket_width_ns, MILLISECOND);
    CHECK_EQUAL(snapshot.bucket_count, 5);
    CHECK_EQUAL(snapshot.totals.count, 0);
    CHECK_STATUS(resil_rolling_window_snapshot_at(window, 0, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.totals.sum, 6);
    CHECK_EQUAL(snapshot.totals.count, 1);
    CHECK_STATUS(resil_rolling_counter_snapshot(counter, &counted), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(counted.bucket_width_ns, 1000);
    CHECK_EQUAL(counted.bucket_count, 5);
    CHECK_EQUAL(counted.total, 0);
    CHECK_STATUS(resil_rolling_counter_snapshot_at(counter, 0, &counted), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(counted.total, 8);
    resil_rolling_counter_free(counter);
    resil_rolling_window_free(window);
}

static void the_default_clock_is_the_coarse_one(void)
{
    resil_rolling_window_t *window = window_of(3600 * SECOND, 2);
    resil_rolling_window_snapshot_t snapshot;
    CHECK_STATUS(resil_rolling_window_record(window, 1), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(totals_at(window, resil_coarse_clock_now()).count, 1);
    CHECK_STATUS(resil_rolling_window_snapshot(window, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.totals.sum, 1);
    resil_rolling_window_free(window);
}

static void every_clock_can_be_chosen_and_every_width_on_the_steady_one(void)
{
    int32_t clocks[] = {RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_UNIX, RESIL_CLOCK_QUANTA};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        resil_rolling_window_options_t options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
        resil_rolling_counter_t *counter = NULL;
        uint64_t total = UNTOUCHED;
        options.clock = clocks[i];
        CHECK_STATUS(resil_rolling_counter_new(86400 * SECOND, 2, &options, &counter),
                     RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_rolling_counter_add(counter, 3), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_rolling_counter_total(counter, &total), RESIL_STATUS_GRANTED);
        CHECK_EQUAL(total, 3);
        resil_rolling_counter_free(counter);
    }
    resil_rolling_window_options_t options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    resil_rolling_window_t *narrow = NULL;
    options.clock = RESIL_CLOCK_MONOTONIC;
    CHECK_STATUS(resil_rolling_window_new(1000, 65536, &options, &narrow), RESIL_STATUS_GRANTED);
    resil_rolling_window_free(narrow);
}

int main(void)
{
    RUN(a_sample_counts_until_its_bucket_has_left_the_window);
    RUN(a_late_sample_counts_in_its_own_bucket_or_says_that_it_does_not);
    RUN(a_full_bucket_says_so_and_spills_nowhere);
    RUN(folding_shows_each_bucket_once_oldest_first);
    RUN(a_visitor_may_use_the_window_and_need_no_data);
    RUN(the_current_bucket_can_be_left_out);
    RUN(the_forms_that_read_a_clock_read_the_one_that_was_chosen);
    RUN(the_default_clock_is_the_coarse_one);
    RUN(every_clock_can_be_chosen_and_every_width_on_the_steady_one);
    return finish("rolling_window_test");
}
