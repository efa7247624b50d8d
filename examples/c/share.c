/*
 * Shares one limiter among threads: four workers, and together they may make so many calls a second, no more.
 *
 *     cc -std=c11 -O2 -Iinclude examples/c/share.c -lresil -lpthread -o share
 *     ./share
 *
 * The limiter needs no lock around it: the workers hand the same pointer to the same functions. What they found
 * out is counted in a struct of the program's own, beside the spin lock that guards it.
 *
 * Time passes on a manual clock, so every run prints the same; a service leaves out the options and has the
 * machine's clock.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "resil.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S (1000 * NS_PER_MS)

enum { WORKERS = 4, CALLS_EACH = 40, CALLS_A_SECOND = 100 };

/* When the workers work. The third round falls into the second that the second one has used up. */
static const uint64_t rounds_ms[] = {0, 1000, 1500, 2500, 3500};
enum { ROUNDS = sizeof rounds_ms / sizeof *rounds_ms };

/* What the workers made of one round. Whoever holds the lock may read and write the rest. */
struct tally {
    resil_spin_lock_t lock;
    unsigned made, refused, last;
    uint64_t longest_wait_ns;
};

/* What all workers share. */
struct fleet {
    resil_period_limiter_t *limiter;
    pthread_barrier_t begins, is_over;
    struct tally tally;
};

/* Ends the program if the library could not do what it was asked to. */
static void must(resil_status_t status)
{
    if (!resil_status_is_granted(status)) {
        fprintf(stderr, "share: %s\n", resil_last_error_message());
        exit(2);
    }
}

/* The same for the system's calls, which answer 0 if they did. */
static void must_be_0(int error, const char *what)
{
    if (error != 0) {
        fprintf(stderr, "share: %s: error %d\n", what, error);
        exit(2);
    }
}

/* Asks before one call, and counts what became of it. */
static void call_once(struct fleet *fleet)
{
    struct tally *tally = &fleet->tally;
    uint64_t wait_ns = 0;
    resil_status_t status = resil_period_limiter_try_acquire(fleet->limiter, 1, &wait_ns);
    if (status != RESIL_STATUS_RETRY_AFTER)
        must(status);

    /* Held for a handful of instructions: what a spin lock is for. */
    must(resil_spin_lock_lock(&tally->lock));
    if (resil_status_is_granted(status))
        tally->made++;
    else
        tally->refused++;
    if (status == RESIL_STATUS_GRANTED_LAST)
        tally->last++;
    if (wait_ns > tally->longest_wait_ns)
        tally->longest_wait_ns = wait_ns;
    must(resil_spin_lock_unlock(&tally->lock));
}

static void *work(void *argument)
{
    struct fleet *fleet = argument;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&fleet->begins);
        for (int call = 0; call < CALLS_EACH; call++)
            call_once(fleet);
        pthread_barrier_wait(&fleet->is_over);
    }
    return NULL;
}

int main(void)
{
    resil_manual_clock_t *clock = NULL;
    must(resil_manual_clock_new(0, &clock));
    resil_period_limiter_options_t options = RESIL_PERIOD_LIMITER_OPTIONS_INIT;
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = clock;

    struct fleet fleet = {.tally = {.lock = RESIL_SPIN_LOCK_INIT}};
    must(resil_period_limiter_new(CALLS_A_SECOND, NS_PER_S, &options, &fleet.limiter));
    /* The workers, and this thread, which moves the clock. */
    must_be_0(pthread_barrier_init(&fleet.begins, NULL, WORKERS + 1), "pthread_barrier_init");
    must_be_0(pthread_barrier_init(&fleet.is_over, NULL, WORKERS + 1), "pthread_barrier_init");
    pthread_t workers[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        must_be_0(pthread_create(&workers[i], NULL, work, &fleet), "pthread_create");

    puts("     at  calls made  refused  told they were last  longest wait");
    for (int round = 0; round < ROUNDS; round++) {
        must(resil_manual_clock_set(clock, rounds_ms[round] * NS_PER_MS));
        pthread_barrier_wait(&fleet.begins);
        pthread_barrier_wait(&fleet.is_over);
        /* Nobody works until the next round: the tally is this thread's alone. */
        printf("%4" PRIu64 " ms  %10u  %7u  %19u  %9" PRIu64 " ms\n", rounds_ms[round],
               fleet.tally.made, fleet.tally.refused, fleet.tally.last,
               fleet.tally.longest_wait_ns / NS_PER_MS);
        fleet.tally = (struct tally){.lock = RESIL_SPIN_LOCK_INIT};
    }

    for (int i = 0; i < WORKERS; i++)
        must_be_0(pthread_join(workers[i], NULL), "pthread_join");
    must_be_0(pthread_barrier_destroy(&fleet.begins), "pthread_barrier_destroy");
    must_be_0(pthread_barrier_destroy(&fleet.is_over), "pthread_barrier_destroy");
    resil_period_limiter_free(fleet.limiter);
    resil_manual_clock_free(clock);
    return 0;
}
