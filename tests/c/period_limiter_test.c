/* The period limiter through its C interface: its three kinds, and every operation in both of its forms. */
#include "period_limiter_fixture.h"

static void a_window_begins_with_the_first_permit_and_grants_its_limit(void)
{
    resil_period_limiter_t *limiter = limiter_of(2, MINUTE);
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 7 * SECOND, 1, &wait),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 8 * SECOND, 1, &wait),
                 RESIL_STATUS_GRANTED_LAST);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 9 * SECOND, 1, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 58 * SECOND);
    wait = UNTOUCHED;
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 9 * SECOND, 3, &wait),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(wait, UNTOUCHED);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 9 * SECOND, 0, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 67 * SECOND - 1, 1, NULL),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 67 * SECOND, 2, NULL),
                 RESIL_STATUS_GRANTED_LAST);
    resil_period_limiter_free(limiter);
}

static void an_aligned_window_begins_at_midnight_of_its_offset(void)
{
    /* An hour ahead of UTC: midnight there is 23:00 UTC. Half an hour behind: 00:30. */
    resil_period_limiter_t *ahead = aligned_of(2, DAY, 3600);
    resil_period_limiter_t *behind = aligned_of(2, DAY, -1800);
    uint64_t wait = UNTOUCHED, noon = 20000 * DAY + 12 * HOUR;
    CHECK_STATUS(resil_period_limiter_try_acquire_at(ahead, noon, 2, NULL),
                 RESIL_STATUS_GRANTED_LAST);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(ahead, noon, 1, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 11 * HOUR);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(ahead, noon + 11 * HOUR, 1, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(behind, noon, 2, NULL),
                 RESIL_STATUS_GRANTED_LAST);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(behind, noon, 1, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 12 * HOUR + 30 * MINUTE);
    resil_period_limiter_free(ahead);
    resil_period_limiter_free(behind);
}

static void sliding_the_window_before_still_weighs(void)
{
    resil_period_limiter_t *limiter = sliding_of(10, 10 * SECOND);
    uint64_t wait = UNTOUCHED;
    resil_peek_t peek;
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 9 * SECOND, 10, NULL),
                 RESIL_STATUS_GRANTED_LAST);
    CHECK_STATUS(resil_period_limiter_peek_at(limiter, 11 * SECOND, 1, &peek),
                 RESIL_STATUS_GRANTED_LAST);
    CHECK_EQUAL(peek.remaining, 1);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 11 * SECOND, 2, &wait),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, SECOND);
    CHECK_EQUAL(limiter_at(limiter, 11 * SECOND).taken_before, 10);
    resil_period_limiter_free(limiter);
}

static void peeking_takes_nothing_and_is_no_first_use(void)
{
    resil_period_limiter_t *limiter = limiter_of(3, MINUTE);
    resil_peek_t peek;
    CHECK_STATUS(resil_period_limiter_peek_at(limiter, 5 * SECOND, 1, &peek),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(peek.remaining, 3);
    CHECK_EQUAL(peek.reset_after_ns, 0);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(limiter, 10 * SECOND, 2, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_peek_at(limiter, 20 * SECOND, 2, &peek),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(peek.remaining, 1);
    CHECK_EQUAL(peek.reset_after_ns, 50 * SECOND);
    CHECK_EQUAL(peek.retry_after_ns, 50 * SECOND);
    CHECK_STATUS(resil_period_limiter_peek_at(limiter, 20 * SECOND, 4, &peek),
                 RESIL_STATUS_EXCEEDS_LIMIT);
    CHECK_EQUAL(peek.retry_after_ns, 0);
    resil_period_limiter_free(limiter);
}

static void plain_forms_read_the_clock(void)
{
    resil_manual_clock_t *clock = clock_at(SECOND);
    resil_period_limiter_options_t options = limiter_on(clock);
    resil_period_limiter_t *limiter = NULL;
    resil_period_limiter_snapshot_t snapshot;
    resil_peek_t peek;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_period_limiter_new(1, MINUTE, &options, &limiter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire(limiter, 1, NULL), RESIL_STATUS_GRANTED_LAST);
    CHECK_STATUS(resil_manual_clock_advance(clock, SECOND), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire(limiter, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 59 * SECOND);
    CHECK_STATUS(resil_period_limiter_peek(limiter, 1, &peek), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(peek.retry_after_ns, 59 * SECOND);
    CHECK_STATUS(resil_period_limiter_snapshot(limiter, &snapshot), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(snapshot.reset_after_ns, 59 * SECOND);
    CHECK_STATUS(resil_manual_clock_advance(clock, 59 * SECOND), RESIL_STATUS_GRANTED);
    resil_manual_clock_free(clock);
    CHECK_STATUS(resil_period_limiter_try_acquire(limiter, 1, NULL), RESIL_STATUS_GRANTED_LAST);
    resil_period_limiter_free(limiter);
}

static void a_snapshot_tells_what_it_was_made_of_and_what_was_taken(void)
{
    resil_period_limiter_t *limiters[] = {limiter_of(9, MINUTE), aligned_of(9, MINUTE, -3600),
                                          sliding_of(9, MINUTE)};
    int32_t kinds[] = {RESIL_PERIOD_LIMITER_KIND_FROM_FIRST_USE,
                       RESIL_PERIOD_LIMITER_KIND_ALIGNED, RESIL_PERIOD_LIMITER_KIND_SLIDING};
    int32_t offsets[] = {0, -3600, 0};
    for (size_t i = 0; i < 3; i++) {
        CHECK_STATUS(resil_period_limiter_try_acquire_at(limiters[i], MINUTE, 4, NULL),
                     RESIL_STATUS_GRANTED);
        resil_period_limiter_snapshot_t snapshot = limiter_at(limiters[i], MINUTE + SECOND);
        CHECK_EQUAL(snapshot.kind, kinds[i]);
        CHECK(snapshot.utc_offset_secs == offsets[i]);
        CHECK_EQUAL(snapshot.limit, 9);
        CHECK_EQUAL(snapshot.period_ns, MINUTE);
        CHECK_EQUAL(snapshot.taken, 4);
        CHECK_EQUAL(snapshot.taken_before, 0);
        CHECK_EQUAL(snapshot.remaining, 5);
        CHECK_EQUAL(snapshot.reset_after_ns, 59 * SECOND);
        resil_period_limiter_free(limiters[i]);
    }
}

static void every_clock_can_be_chosen(void)
{
    int32_t clocks[] = {RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_UNIX, RESIL_CLOCK_QUANTA};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        resil_period_limiter_options_t options = RESIL_PERIOD_LIMITER_OPTIONS_INIT;
        resil_period_limiter_t *first = NULL, *sliding = NULL;
        options.clock = clocks[i];
        CHECK_STATUS(resil_period_limiter_new(1, 365 * DAY, &options, &first),
                     RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_period_limiter_try_acquire(first, 1, NULL), RESIL_STATUS_GRANTED_LAST);
        CHECK_STATUS(resil_period_limiter_try_acquire(first, 1, NULL), RESIL_STATUS_RETRY_AFTER);
        resil_period_limiter_free(first);
        CHECK_STATUS(resil_period_limiter_sliding(1, 365 * DAY, &options, &sliding),
                     RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_period_limiter_try_acquire(sliding, 1, NULL),
                     RESIL_STATUS_GRANTED_LAST);
        resil_period_limiter_free(sliding);
    }
}

static void an_aligned_one_reads_the_wall_clock_unless_told_otherwise(void)
{
    const resil_period_limiter_options_t wall = RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT;
    const resil_period_limiter_options_t *choices[] = {NULL, &wall};
    for (size_t i = 0; i < 2; i++) {
        resil_period_limiter_t *limiter = NULL;
        resil_period_limiter_snapshot_t snapshot;
        uint64_t before = resil_unix_clock_now();
        CHECK_STATUS(resil_period_limiter_aligned(1, DAY, 0, choices[i], &limiter),
                     RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_period_limiter_snapshot(limiter, &snapshot), RESIL_STATUS_GRANTED);
        uint64_t after = resil_unix_clock_now();
        /* The time to midnight, by the one reading or by the other. */
        CHECK(DAY - after % DAY <= snapshot.reset_after_ns
              || DAY - before % DAY < DAY - after % DAY);
        CHECK(snapshot.reset_after_ns <= DAY - before % DAY || before / DAY != after / DAY);
        resil_period_limiter_free(limiter);
    }
    resil_manual_clock_t *clock = clock_at(20000 * DAY);
    resil_period_limiter_options_t manual = limiter_on(clock);
    resil_period_limiter_t *limiter = NULL;
    uint64_t wait = UNTOUCHED;
    CHECK_STATUS(resil_period_limiter_aligned(1, DAY, 0, &manual, &limiter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_manual_clock_advance(clock, HOUR), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire(limiter, 1, NULL), RESIL_STATUS_GRANTED_LAST);
    CHECK_STATUS(resil_period_limiter_try_acquire(limiter, 1, &wait), RESIL_STATUS_RETRY_AFTER);
    CHECK_EQUAL(wait, 23 * HOUR);
    resil_period_limiter_free(limiter);
    resil_manual_clock_free(clock);
}

int main(void)
{
    RUN(a_window_begins_with_the_first_permit_and_grants_its_limit);
    RUN(an_aligned_window_begins_at_midnight_of_its_offset);
    RUN(sliding_the_window_before_still_weighs);
    RUN(peeking_takes_nothing_and_is_no_first_use);
    RUN(plain_forms_read_the_clock);
    RUN(a_snapshot_tells_what_it_was_made_of_and_what_was_taken);
    RUN(every_clock_can_be_chosen);
    RUN(an_aligned_one_reads_the_wall_clock_unless_told_otherwise);
    return finish("period_limiter_test");
}
