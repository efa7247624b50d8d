/* Leaky buckets and period limiters among threads, and on both sides of a fork. */
#include "leaky_bucket_fixture.h"
#include "period_limiter_fixture.h"
#include "threads_fixture.h"

enum { CALLS = 3000, INSTANTS = 4, BURST = 1000 };

struct shared {
    resil_leaky_meter_t *meter;
    resil_leaky_queue_t *queue;
    resil_period_limiter_t *limiter;
    /* What all threads were granted, and how often as the last. */
    resil_spin_lock_t lock;
    uint32_t granted, last;
    bool slots[BURST];
};

static void tell(struct shared *shared, uint32_t granted, uint32_t last)
{
    resil_spin_lock_lock(&shared->lock);
    shared->granted += granted;
    shared->last += last;
    resil_spin_lock_unlock(&shared->lock);
}

static void *pour(void *argument)
{
    struct shared *shared = argument;
    uint32_t granted = 0;
    for (uint64_t instant = 0; instant < INSTANTS; instant++) {
        pthread_barrier_wait(&together);
        for (int call = 0; call < CALLS; call++)
            granted += resil_leaky_meter_try_acquire_at(shared->meter, instant * SECOND, 1, NULL)
                       == RESIL_STATUS_GRANTED;
    }
    tell(shared, granted, 0);
    return NULL;
}

static void threads_that_pour_into_one_meter_get_exactly_the_burst_and_the_rate(void)
{
    struct shared shared = {.meter = meter_on(NULL, 250, BURST), .lock = RESIL_SPIN_LOCK_INIT};
    start_all(pour, &shared);
    CHECK_EQUAL(shared.granted, BURST + (INSTANTS - 1) * 250);
    CHECK_EQUAL(room_at(shared.meter, (INSTANTS - 1) * SECOND), 0);
    resil_leaky_meter_free(shared.meter);
}

/* Each slot is a whole number of ms away, and belongs to one thread. */
static void *join_queue(void *argument)
{
    struct shared *shared = argument;
    uint32_t granted = 0;
    pthread_barrier_wait(&together);
    for (int call = 0; call < CALLS; call++) {
        resil_slot_t slot;
        if (resil_leaky_queue_try_reserve_at(shared->queue, SECOND, 1, &slot, NULL)
            != RESIL_STATUS_GRANTED)
            continue;
        bool *taken = &shared->slots[slot.ready_after_ns / MILLISECOND];
        if (slot.ready_after_ns % MILLISECOND != 0 || *taken)
            abort();
        *taken = true;
        granted++;
    }
    tell(shared, granted, 0);
    return NULL;
}

static void threads_that_join_one_queue_get_every_slot_once(void)
{
    struct shared shared = {.queue = queue_on(NULL, 1000, BURST), .lock = RESIL_SPIN_LOCK_INIT};
    start_all(join_queue, &shared);
    CHECK_EQUAL(shared.granted, BURST);
    for (int i = 0; i < BURST; i++)
        CHECK(shared.slots[i]);
    CHECK_EQUAL(idle_after(shared.queue, SECOND), SECOND);
    resil_leaky_queue_free(shared.queue);
}

static void *take_in_windows(void *argument)
{
    struct shared *shared = argument;
    uint32_t granted = 0, last = 0;
    for (uint64_t window = 1; window <= INSTANTS; window++) {
        pthread_barrier_wait(&together);
        for (int call = 0; call < CALLS; call++) {
            /* Two windows apart: nothing of one weighs in the next, sliding either. */
            resil_status_t status = resil_period_limiter_try_acquire_at(
                shared->limiter, 2 * window * MINUTE, 1, NULL);
            granted += resil_status_is_granted(status);
            last += status == RESIL_STATUS_GRANTED_LAST;
        }
    }
    tell(shared, granted, last);
    return NULL;
}

static void threads_that_share_a_limiter_get_its_limit_and_one_of_them_the_last(void)
{
    resil_period_limiter_t *limiters[] = {limiter_of(BURST, MINUTE), aligned_of(BURST, MINUTE, 0),
                                          sliding_of(BURST, MINUTE)};
    for (size_t i = 0; i < sizeof limiters / sizeof *limiters; i++) {
        struct shared shared = {.limiter = limiters[i], .lock = RESIL_SPIN_LOCK_INIT};
        start_all(take_in_windows, &shared);
        CHECK_EQUAL(shared.granted, INSTANTS * BURST);
        CHECK_EQUAL(shared.last, INSTANTS);
        resil_period_limiter_free(limiters[i]);
    }
}

/* All that the parent left, and no more. */
static void use_up(void *argument)
{
    struct shared *shared = argument;
    resil_slot_t slot;
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(shared->meter, 0, 2, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(shared->meter, 0, 1, NULL),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(shared->queue, 0, 2, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(shared->queue, 0, 1, &slot, NULL),
                 RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(shared->limiter, 0, 2, NULL),
                 RESIL_STATUS_GRANTED_LAST);
    resil_leaky_meter_free(shared->meter);
    resil_leaky_queue_free(shared->queue);
    resil_period_limiter_free(shared->limiter);
}

static void a_forked_child_has_limiters_of_its_own(void)
{
    struct shared shared = {.meter = meter_on(NULL, 1, 3),
                            .queue = queue_on(NULL, 1, 3),
                            .limiter = limiter_of(3, MINUTE),
                            .lock = RESIL_SPIN_LOCK_INIT};
    resil_slot_t slot;
    CHECK_STATUS(resil_leaky_meter_try_acquire_at(shared.meter, 0, 1, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_leaky_queue_try_reserve_at(shared.queue, 0, 1, &slot, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_period_limiter_try_acquire_at(shared.limiter, 0, 1, NULL),
                 RESIL_STATUS_GRANTED);
    fork_and_check(use_up, &shared);
    /* What the child took is still here. */
    use_up(&shared);
}

int main(void)
{
    RUN(threads_that_pour_into_one_meter_get_exactly_the_burst_and_the_rate);
    RUN(threads_that_join_one_queue_get_every_slot_once);
    RUN(threads_that_share_a_limiter_get_its_limit_and_one_of_them_the_last);
    RUN(a_forked_child_has_limiters_of_its_own);
    return finish("limiters_sharing_test");
}
