/* A token bucket among threads, and on both sides of a fork. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "token_bucket_fixture.h"

enum { THREADS = 8, CALLS = 5000, INSTANTS = 5, BURST = 1000 };

struct hammering {
    const resil_token_bucket_t *bucket;
    pthread_barrier_t *barrier;
    uint64_t now_ns;
    uint32_t granted;
};

static void *hammer(void *argument)
{
    struct hammering *mine = argument;
    for (uint64_t instant = 0; instant < INSTANTS; instant++) {
        /* Everyone is done with the earlier instant before anyone begins the next. */
        pthread_barrier_wait(mine->barrier);
        for (int call = 0; call < CALLS; call++)
            if (resil_token_bucket_try_acquire_at(mine->bucket, mine->now_ns + instant * SECOND,
                                                  1, NULL) == RESIL_STATUS_GRANTED)
                mine->granted++;
    }
    return NULL;
}

static void threads_that_hammer_one_bucket_get_exactly_the_burst_and_the_rate(void)
{
    /* 250 a second, burst 1000: the first instant grants 1000, each of the next four 250. */
    resil_token_bucket_t *bucket = bucket_of(250, BURST);
    pthread_barrier_t barrier;
    pthread_t threads[THREADS];
    struct hammering work[THREADS];
    uint32_t granted = 0;
    CHECK_EQUAL(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct hammering){bucket, &barrier, 3 * SECOND, 0};
        if (pthread_create(&threads[i], NULL, hammer, &work[i]) != 0)
            abort();
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
        granted += work[i].granted;
    }
    CHECK_EQUAL(granted, BURST + (INSTANTS - 1) * 250);
    CHECK_EQUAL(remaining_at(bucket, 3 * SECOND + (INSTANTS - 1) * SECOND), 0);
    CHECK_EQUAL(pthread_barrier_destroy(&barrier), 0);
    resil_token_bucket_free(bucket);
}

static void a_forked_child_has_a_bucket_of_its_own(void)
{
    resil_token_bucket_t *bucket = bucket_of(1, 10);
    resil_quota_t quota = {2, 10, SECOND};
    resil_reservation_t reservation;
    int status = -1;
    CHECK_STATUS(resil_token_bucket_reserve_at(bucket, 0, 4, &reservation, NULL),
                 RESIL_STATUS_GRANTED);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int before = checks_failed;
        CHECK_EQUAL(remaining_at(bucket, 0), 6);
        CHECK_STATUS(resil_token_bucket_try_acquire_at(bucket, 0, 6, NULL), RESIL_STATUS_GRANTED);
        CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &reservation),
                     RESIL_STATUS_GAVE_NOTHING);
        CHECK_STATUS(resil_token_bucket_set_quota_at(bucket, 0, &quota, RESIL_CARRY_RESET),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(remaining_at(bucket, 0), 10);
        CHECK_NULL(resil_token_bucket_quota, (bucket, NULL), "out");
        resil_token_bucket_free(bucket);
        _exit(checks_failed == before ? 0 : 1);
    }
    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* What the child did is not seen here. */
    CHECK_EQUAL(remaining_at(bucket, 0), 6);
    CHECK_STATUS(resil_token_bucket_cancel_at(bucket, 0, &reservation), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(remaining_at(bucket, 0), 10);
    resil_token_bucket_free(bucket);
}

int main(void)
{
    RUN(threads_that_hammer_one_bucket_get_exactly_the_burst_and_the_rate);
    RUN(a_forked_child_has_a_bucket_of_its_own);
    return finish("token_bucket_sharing_test");
}
