/* What the tests of the single flight share: a loader that is told what to do and counts what it did. */
#ifndef RESIL_SINGLE_FLIGHT_FIXTURE_H
#define RESIL_SINGLE_FLIGHT_FIXTURE_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "check.h"

#define KEY "key"
#define KEY_LEN (sizeof KEY - 1)

/* Values that exist: made by a loader and not destroyed. */
static atomic_int alive;

static inline void destroy_counted(void *value)
{
    atomic_fetch_sub(&alive, 1);
    free(value);
}

/* What a loader is to do, and what it did. */
struct loading {
    const resil_single_flight_t *flight;
    /* Returns only when so many follow. */
    size_t until_followed;
    /* Returns only when this is not 0; NULL does not wait. */
    atomic_int *open;
    /* What it makes, and what it returns. */
    int number;
    int32_t status;
    atomic_int made;
};

static inline resil_single_flight_snapshot_t under_way(const resil_single_flight_t *flight)
{
    resil_single_flight_snapshot_t seen = {99, 99};
    if (resil_single_flight_snapshot(flight, &seen) != RESIL_STATUS_GRANTED)
        abort();
    return seen;
}

static inline void wait_until_followed(const resil_single_flight_t *flight, size_t followers)
{
    while (under_way(flight).followers != followers)
        sched_yield();
}

static inline int32_t load_number(void *user_data, void **value)
{
    struct loading *loading = user_data;
    int *number = malloc(sizeof *number);
    if (number == NULL || *value != NULL)
        abort();
    atomic_fetch_add(&loading->made, 1);
    if (loading->until_followed != 0)
        wait_until_followed(loading->flight, loading->until_followed);
    while (loading->open != NULL && atomic_load(loading->open) == 0)
        sched_yield();
    *number = loading->number;
    *value = number;
    atomic_fetch_add(&alive, 1);
    return loading->status;
}

static inline resil_single_flight_t *flight_that_destroys(void)
{
    resil_single_flight_options_t options = RESIL_SINGLE_FLIGHT_OPTIONS_INIT;
    resil_single_flight_t *flight = NULL;
    options.destroy = destroy_counted;
    CHECK_STATUS(resil_single_flight_new(&options, &flight), RESIL_STATUS_GRANTED);
    return flight;
}

/* Frees it, when nothing is left behind. */
static inline void free_empty(resil_single_flight_t *flight)
{
    size_t len = 99;
    CHECK_STATUS(resil_single_flight_len(flight, &len), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(len, 0);
    CHECK_EQUAL(under_way(flight).flights, 0);
    CHECK_EQUAL(under_way(flight).followers, 0);
    resil_single_flight_free(flight);
    CHECK_EQUAL(atomic_load(&alive), 0);
}

static inline int number_of(const resil_shared_value_t *shared)
{
    const int *number = resil_shared_value_get(shared);
    return number == NULL ? -1 : *number;
}

#endif
