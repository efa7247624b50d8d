/* Rings for the tests. */
#ifndef RESIL_TESTS_HASH_RING_FIXTURE_H
#define RESIL_TESTS_HASH_RING_FIXTURE_H

#include "check.h"

/* What no call writes. */
#define UNTOUCHED UINT64_C(0x5A5A5A5A5A5A5A5A)

static inline resil_hash_ring_t *ring_of_mode(int32_t mode)
{
    resil_hash_ring_options_t options = RESIL_HASH_RING_OPTIONS_INIT;
    resil_hash_ring_t *ring = NULL;
    options.mode = mode;
    CHECK_STATUS(resil_hash_ring_new(&options, &ring), RESIL_STATUS_GRANTED);
    return ring;
}

static inline resil_status_t insert(resil_hash_ring_t *ring, const char *node, uint32_t weight)
{
    return resil_hash_ring_insert(ring, node, strlen(node), weight);
}

static inline resil_status_t take_out(resil_hash_ring_t *ring, const char *node)
{
    return resil_hash_ring_remove(ring, node, strlen(node));
}

/* The id of a node that must be known. */
static inline resil_node_id_t id_of(const resil_hash_ring_t *ring, const char *node)
{
    resil_node_id_t id = 0;
    CHECK_STATUS(resil_hash_ring_id_of(ring, node, strlen(node), &id), RESIL_STATUS_GRANTED);
    return id;
}

/* The id of the node of a key, 0 if there is none. */
static inline resil_node_id_t lookup(const resil_hash_ring_t *ring, const char *key)
{
    resil_node_id_t id = UNTOUCHED;
    resil_status_t status = resil_hash_ring_lookup(ring, key, strlen(key), &id);
    if (status == RESIL_STATUS_ABSENT) {
        CHECK_EQUAL(id, UNTOUCHED);
        return 0;
    }
    CHECK_STATUS(status, RESIL_STATUS_GRANTED);
    return id;
}

#endif
