/*
 * Two processes share one limit in Redis: together they are granted so many calls a second, no more.
 *
 *     cc -std=c11 -O2 -Iinclude examples/c/shared_limit.c -lresil -lpthread -o shared_limit
 *     ./shared_limit redis://127.0.0.1/
 *
 * Each asks as fast as it can for a second, and says how often it was granted, and by whom: by the store, or, where that
 * is away, by its own half of the limit. So the sum is what the limit allows with a server and without one; the exit
 * code is 1 if it is more. Kill the server while it runs, and start it again.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "resil.h"

#define NS_PER_S UINT64_C(1000000000)

enum { PROCESSES = 2, RATE = 200, BURST = 20 };

/* How often a process was granted, by whom, and how long it asked. */
struct tally {
    uint32_t by_store, by_rescue;
    uint64_t took_ns;
};

/* Ends the process if the library could not do what it was asked to. */
static void must(resil_status_t status)
{
    if (!resil_status_is_granted(status)) {
        fprintf(stderr, "shared_limit: %s\n", resil_last_error_message());
        exit(2);
    }
}

/* One call of one process; whether it was granted. */
static bool call_once(const resil_redis_token_bucket_t *bucket, struct tally *tally)
{
    static const char customer[] = "customer-7";
    resil_redis_answer_t answer;
    resil_status_t status =
        resil_redis_token_bucket_try_acquire(bucket, customer, sizeof customer - 1, 1, &answer);
    if (status == RESIL_STATUS_RETRY_AFTER)
        return false;
    must(status);
    if (answer.source == RESIL_REDIS_SOURCE_STORE)
        tally->by_store++;
    else
        tally->by_rescue++;
    return true;
}

/* What each process does. */
static struct tally ask(const char *url)
{
    resil_redis_store_options_t options = RESIL_REDIS_STORE_OPTIONS_INIT;
    const resil_quota_t quota = {.permits = RATE, .burst = BURST, .period_ns = NS_PER_S};
    const struct timespec a_moment = {0, 500000};
    resil_redis_store_t *store = NULL;
    resil_redis_token_bucket_t *bucket = NULL;
    struct tally tally = {0, 0, 0};
    bool up = false;
    options.members = PROCESSES;
    must(resil_redis_store_open(url, &options, &store));
    must(resil_redis_token_bucket_new(store, "calls", &quota, NULL, &bucket));
    must(resil_redis_store_wait_until_up(store, NS_PER_S / 4, &up));
    if (!up)
        fprintf(stderr, "shared_limit: no server at %s: each process has its part of the limit\n", url);
    uint64_t began_ns = resil_monotonic_clock_now();
    do {
        if (!call_once(bucket, &tally))
            nanosleep(&a_moment, NULL);
        tally.took_ns = resil_monotonic_clock_now() - began_ns;
    } while (tally.took_ns < NS_PER_S);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
    return tally;
}

int main(int argc, char **argv)
{
    int between[2];
    if (argc != 2) {
        fputs("usage: shared_limit URL (redis://127.0.0.1/)\n", stderr);
        return 2;
    }
    if (pipe(between) != 0)
        return 2;
    for (int process = 0; process < PROCESSES; process++) {
        pid_t child = fork();
        if (child < 0)
            return 2;
        if (child == 0) {
            struct tally tally = ask(argv[1]);
            return write(between[1], &tally, sizeof tally) == (ssize_t)sizeof tally ? 0 : 2;
        }
    }
    close(between[1]);
    struct tally tally;
    uint32_t granted = 0;
    uint64_t longest_ns = 0;
    int heard = 0;
    while (read(between[0], &tally, sizeof tally) == (ssize_t)sizeof tally) {
        heard++;
        printf("%" PRIu32 " by the store, %" PRIu32 " by its own part\n", tally.by_store, tally.by_rescue);
        granted += tally.by_store + tally.by_rescue;
        longest_ns = tally.took_ns > longest_ns ? tally.took_ns : longest_ns;
    }
    while (wait(NULL) > 0)
        continue;
    /* A burst at first, one where the server went and each had its part, one where it came back empty; the rate as long
     * as they asked, and twice for the half second in which one knew before the other. */
    double most = 3 * BURST + RATE * ((double)longest_ns / (double)NS_PER_S + 0.5);
    printf("%" PRIu32 " together; at most %.0f are allowed\n", granted, most);
    return heard != PROCESSES ? 2 : granted > most ? 1 : 0;
}
