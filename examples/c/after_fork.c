/*
 * fork after use: parent and child each go on with a copy of their own.
 *
 *     cc -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Iinclude examples/c/after_fork.c -lresil -o after_fork
 *     ./after_fork
 *
 * A pre-forking server may make its limiters before it forks, if no other thread is inside a call on them at that
 * moment. Each worker then has the limit for itself: a limit for all of them together is one made of as many parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resil.h"

enum { BURST = 5, ASKED = 10 };

static int granted_of(const resil_token_bucket_t *bucket)
{
    int granted = 0;
    for (int i = 0; i < ASKED; i++)
        granted += resil_token_bucket_try_acquire(bucket, 1, NULL) == RESIL_STATUS_GRANTED;
    return granted;
}

int main(void)
{
    /* One permit a day: what is not in the burst does not come back while this runs. */
    resil_quota_t quota = {.permits = 1, .burst = BURST, .period_ns = UINT64_C(86400000000000)};
    resil_token_bucket_t *bucket;
    if (resil_token_bucket_new(&quota, NULL, &bucket) != RESIL_STATUS_GRANTED
        || resil_token_bucket_try_acquire(bucket, 2, NULL) != RESIL_STATUS_GRANTED) {
        fprintf(stderr, "after_fork: %s\n", resil_last_error_message());
        return 2;
    }
    printf("before the fork: 2 of %d taken\n", BURST);
    fflush(stdout);

    pid_t child = fork();
    if (child < 0)
        return 2;
    if (child == 0) {
        printf("child: %d more\n", granted_of(bucket));
        resil_token_bucket_free(bucket);
        return 0;
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        return 2;
    printf("parent: %d more\n", granted_of(bucket));
    resil_token_bucket_free(bucket);
    return 0;
}
