/* Threads that start at one moment. What cannot be started ends the program. */
#ifndef RESIL_TESTS_THREADS_FIXTURE_H
#define RESIL_TESTS_THREADS_FIXTURE_H

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 4 };

/* Work waits here before it begins, and whenever all are to be where it is. */
static pthread_barrier_t together;

/* `work(argument)` by all of them; returns when they are done. Work aborts where it would check: checks are
 * counted by one thread. */
static inline void start_all(void *(*work)(void *), void *argument)
{
    pthread_t threads[THREADS];
    CHECK_EQUAL(pthread_barrier_init(&together, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, argument) != 0)
            abort();
    for (int i = 0; i < THREADS; i++)
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    CHECK_EQUAL(pthread_barrier_destroy(&together), 0);
}

/* In a child, `work(argument)`, whose checks must hold there. */
static inline void fork_and_check(void (*work)(void *), void *argument)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int before = checks_failed;
        work(argument);
        _exit(checks_failed == before ? 0 : 1);
    }
    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
