/*
 * One limiter for all threads of a server: no lock around it, no thread of its own.
 *
 *     cc -std=c11 -O2 -Iinclude examples/c/shared_limiter.c -lresil -lpthread -o shared_limiter
 *     ./shared_limiter
 *
 * Four workers ask as fast as they can. However they interleave, the first second of the clock grants the burst and
 * not one permit more, and each second after it the rate.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "resil.h"

#define NS_PER_S UINT64_C(1000000000)

enum { WORKERS = 4, REQUESTS = 10000, SECONDS = 3 };

static resil_token_bucket_t *limiter;

/* Counts what it is granted: any thread may call any function on the same handle. */
static void *work(void *granted)
{
    for (int i = 0; i < REQUESTS; i++)
        if (resil_token_bucket_try_acquire(limiter, 1, NULL) == RESIL_STATUS_GRANTED)
            ++*(unsigned *)granted;
    return NULL;
}

int main(void)
{
    /* A service leaves out the options and reads the machine's clock; here, every run prints the same. */
    resil_quota_t quota = {.permits = 100, .burst = 500, .period_ns = NS_PER_S};
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_manual_clock_t *clock;
    options.clock = RESIL_CLOCK_MANUAL;
    if (resil_manual_clock_new(0, &clock) != RESIL_STATUS_GRANTED)
        return 2;
    options.manual_clock = clock;
    if (resil_token_bucket_new(&quota, &options, &limiter) != RESIL_STATUS_GRANTED) {
        fprintf(stderr, "shared_limiter: %s\n", resil_last_error_message());
        return 2;
    }

    for (int second = 0; second < SECONDS; second++) {
        pthread_t workers[WORKERS];
        unsigned granted[WORKERS] = {0}, sum = 0;
        for (int i = 0; i < WORKERS; i++)
            if (pthread_create(&workers[i], NULL, work, &granted[i]) != 0)
                abort();
        for (int i = 0; i < WORKERS; i++) {
            pthread_join(workers[i], NULL);
            sum += granted[i];
        }
        printf("second %d: %u of %d granted\n", second, sum, WORKERS * REQUESTS);
        if (resil_manual_clock_advance(clock, NS_PER_S) != RESIL_STATUS_GRANTED)
            return 2;
    }

    resil_token_bucket_free(limiter);
    resil_manual_clock_free(clock);
    return 0;
}
