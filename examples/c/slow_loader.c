/*
 * Puts a single flight in front of something slow: of all who ask for the same thing meanwhile, one loads it.
 *
 *     cc -std=c11 -O2 -Iinclude examples/c/slow_loader.c -lresil -lpthread -o slow_loader
 *     ./slow_loader
 *
 * Eight threads ask for one user's profile at the same time. The load is slow (it waits until all the others
 * ask, so that every run prints the same); they all get the one profile, which is freed with the last of
 * them. Then the database fails, and all who asked are told; nothing is cached, so the next load works.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resil.h"

enum { THREADS = 8, DATABASE_DOWN = -5 };

struct profile {
    char name[32];
};

struct database {
    const resil_single_flight_t *flight;
    int loads;
    int is_down;
};

struct request {
    resil_single_flight_t *flight;
    struct database *database;
    int32_t status;
    int led, knows_the_name;
};

/* Ends the program if the library could not do what it was asked to. */
static void must(resil_status_t status)
{
    if (!resil_status_is_granted(status)) {
        fprintf(stderr, "slow_loader: %s\n", resil_last_error_message());
        exit(2);
    }
}

/* Slow: until all the others wait for this one load. Only the thread that leads runs it. */
static void query(const struct database *database)
{
    const struct timespec moment = {.tv_sec = 0, .tv_nsec = 1000000};
    resil_single_flight_snapshot_t seen = {0, 0};
    while (seen.followers != THREADS - 1) {
        nanosleep(&moment, NULL);
        must(resil_single_flight_snapshot(database->flight, &seen));
    }
}

/* The call that is made once. Its status is our own; the value is what everyone gets. */
static int32_t load_profile(void *user_data, void **value)
{
    struct database *database = user_data;
    database->loads++;
    query(database);
    if (database->is_down)
        return DATABASE_DOWN;
    struct profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL)
        return DATABASE_DOWN;
    strcpy(profile->name, "Ada");
    *value = profile;
    return 0;
}

static void *serve(void *argument)
{
    struct request *request = argument;
    const char *key = "user:17";
    resil_shared_value_t *shared = NULL;
    must(resil_single_flight_run(request->flight, key, strlen(key), load_profile,
                                 request->database, &shared));
    const struct profile *profile = resil_shared_value_get(shared);
    request->status = resil_shared_value_status(shared);
    request->led = resil_shared_value_led(shared);
    request->knows_the_name = profile != NULL && strcmp(profile->name, "Ada") == 0;
    /* The last one to do so frees the profile. */
    resil_shared_value_free(shared);
    return NULL;
}

/* All threads ask at once. */
static void storm(struct database *database, resil_single_flight_t *flight)
{
    pthread_t threads[THREADS];
    struct request requests[THREADS];
    int led = 0, served = 0, failed = 0;
    database->loads = 0;
    for (int i = 0; i < THREADS; i++) {
        requests[i] = (struct request){.flight = flight, .database = database};
        if (pthread_create(&threads[i], NULL, serve, &requests[i]) != 0)
            exit(2);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        led += requests[i].led;
        served += requests[i].knows_the_name;
        failed += requests[i].status == DATABASE_DOWN;
    }
    printf("%-4s  %8d  %5d  %3d  %6d  %6d\n", database->is_down ? "down" : "well", THREADS,
           database->loads, led, served, failed);
}

int main(void)
{
    resil_single_flight_options_t options = RESIL_SINGLE_FLIGHT_OPTIONS_INIT;
    resil_single_flight_t *flight = NULL;
    options.destroy = free;
    must(resil_single_flight_new(&options, &flight));

    struct database database = {.flight = flight};
    puts("base  requests  loads  led  served  failed");
    storm(&database, flight);
    database.is_down = 1;
    storm(&database, flight);
    database.is_down = 0;
    storm(&database, flight);

    resil_single_flight_free(flight);
    return 0;
}
