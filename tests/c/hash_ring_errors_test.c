/* What hash rings say to wrong arguments: a status each, a message that names it, and nothing changed. */
#include <math.h>

#include "hash_ring_fixture.h"

static bool accept_any(void *user_data, resil_node_id_t id)
{
    (void)user_data, (void)id;
    return true;
}

static void a_null_handle_is_an_error_of_every_function(void)
{
    resil_hash_ring_snapshot_t snapshot;
    resil_node_id_t id = UNTOUCHED;
    size_t size = 77;
    memset(&snapshot, 0x5A, sizeof snapshot);
    CHECK_NULL(resil_hash_ring_insert, (NULL, "a", 1, 1), "ring");
    CHECK_NULL(resil_hash_ring_remove, (NULL, "a", 1), "ring");
    CHECK_NULL(resil_hash_ring_lookup, (NULL, "k", 1, &id), "ring");
    CHECK_NULL(resil_hash_ring_lookup_n, (NULL, "k", 1, 1, &id, &size), "ring");
    CHECK_NULL(resil_hash_ring_lookup_where, (NULL, "k", 1, accept_any, NULL, &id), "ring");
    CHECK_NULL(resil_hash_ring_id_of, (NULL, "a", 1, &id), "ring");
    CHECK_NULL(resil_hash_ring_node, (NULL, 1, NULL, 0, &size, NULL), "ring");
    CHECK_NULL(resil_hash_ring_nodes, (NULL, &id, 1, &size), "ring");
    CHECK_NULL(resil_hash_ring_snapshot, (NULL, &snapshot), "ring");
    CHECK_EQUAL(id, UNTOUCHED);
    CHECK_EQUAL(size, 77);
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    resil_hash_ring_free(NULL);
}

static void other_pointers_that_must_not_be_null_are_named(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    resil_node_id_t id = UNTOUCHED;
    size_t size = 77;
    CHECK_STATUS(insert(ring, "a", 1), RESIL_STATUS_GRANTED);
    resil_node_id_t a = id_of(ring, "a");
    CHECK_NULL(resil_hash_ring_new, (NULL, NULL), "out");
    CHECK_NULL(resil_hash_ring_insert, (ring, NULL, 1, 1), "node");
    CHECK_NULL(resil_hash_ring_remove, (ring, NULL, 1), "node");
    CHECK_NULL(resil_hash_ring_lookup, (ring, NULL, 1, &id), "key");
    CHECK_NULL(resil_hash_ring_lookup, (ring, "k", 1, NULL), "out");
    CHECK_NULL(resil_hash_ring_lookup_n, (ring, NULL, 1, 1, &id, &size), "key");
    CHECK_NULL(resil_hash_ring_lookup_n, (ring, "k", 1, 1, NULL, &size), "ids");
    CHECK_NULL(resil_hash_ring_lookup_n, (ring, "k", 1, 1, &id, NULL), "found");
    CHECK_NULL(resil_hash_ring_lookup_where, (ring, NULL, 1, accept_any, NULL, &id), "key");
    CHECK_NULL(resil_hash_ring_lookup_where, (ring, "k", 1, NULL, NULL, &id), "accepts");
    CHECK_NULL(resil_hash_ring_lookup_where, (ring, "k", 1, accept_any, NULL, NULL), "out");
    CHECK_NULL(resil_hash_ring_id_of, (ring, NULL, 1, &id), "node");
    CHECK_NULL(resil_hash_ring_id_of, (ring, "a", 1, NULL), "out");
    CHECK_NULL(resil_hash_ring_node, (ring, a, NULL, 1, &size, NULL), "buffer");
    CHECK_NULL(resil_hash_ring_nodes, (ring, NULL, 1, &size), "ids");
    CHECK_NULL(resil_hash_ring_nodes, (ring, &id, 1, NULL), "count");
    CHECK_NULL(resil_hash_ring_snapshot, (ring, NULL), "out");
    CHECK_NULL(resil_hash_ring_bounded_load_limit, (0, 1, 1, 0.25, NULL), "out");
    CHECK_EQUAL(id, UNTOUCHED);
    CHECK_EQUAL(size, 77);
    CHECK_EQUAL(lookup(ring, "k"), a);
    resil_hash_ring_free(ring);
}

static void options_are_checked_and_the_field_is_named(void)
{
    static const resil_hash_ring_options_t good = RESIL_HASH_RING_OPTIONS_INIT;
    resil_hash_ring_options_t options = good;
    resil_hash_ring_t *ring = (resil_hash_ring_t *)&options;
    options.struct_size--;
    CHECK_ERROR(resil_hash_ring_new, (&options, &ring), RESIL_STATUS_STRUCT_SIZE,
                "options->struct_size");
    CHECK(ring == NULL);
    options = good;
    options.mode = 3;
    CHECK_ERROR(resil_hash_ring_new, (&options, &ring), RESIL_STATUS_UNKNOWN_VALUE,
                "options->mode");
    options.mode = -1;
    CHECK_ERROR(resil_hash_ring_new, (&options, &ring), RESIL_STATUS_UNKNOWN_VALUE,
                "options->mode");
    options.mode = RESIL_HASH_RING_MODE_KETAMA;
    options.virtual_nodes = 160;
    CHECK_ERROR(resil_hash_ring_new, (&options, &ring), RESIL_STATUS_UNKNOWN_VALUE,
                "options->virtual_nodes");
    options = good;
    options.virtual_nodes = (1 << 24) + 1;
    CHECK_ERROR(resil_hash_ring_new, (&options, &ring), RESIL_STATUS_VIRTUAL_NODES_TOO_MANY,
                "virtual_nodes");
    CHECK(ring == NULL);
}

static void what_a_ring_refuses_changes_nothing(void)
{
    resil_hash_ring_options_t options = RESIL_HASH_RING_OPTIONS_INIT;
    resil_hash_ring_t *ring = NULL;
    resil_hash_ring_snapshot_t seen;
    options.virtual_nodes = 1 << 14;
    CHECK_STATUS(resil_hash_ring_new(&options, &ring), RESIL_STATUS_GRANTED);
    CHECK_STATUS(insert(ring, "a", 1), RESIL_STATUS_GRANTED);
    CHECK_ERROR(resil_hash_ring_insert, (ring, "a", 1, 65536), RESIL_STATUS_WEIGHT_TOO_HIGH,
                "weight");
    CHECK_ERROR(resil_hash_ring_insert, (ring, "b", 1, UINT32_MAX), RESIL_STATUS_WEIGHT_TOO_HIGH,
                "weight");
    CHECK_ERROR(resil_hash_ring_insert, (ring, "b", 1, 1 << 10), RESIL_STATUS_TOO_MANY_POINTS,
                "points");
    CHECK_STATUS(resil_hash_ring_snapshot(ring, &seen), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen.nodes, 1);
    CHECK_EQUAL(seen.points, 1 << 14);
    resil_hash_ring_free(ring);

    ring = ring_of_mode(RESIL_HASH_RING_MODE_KETAMA);
    CHECK_ERROR(resil_hash_ring_insert, (ring, "a", 1, 0), RESIL_STATUS_WEIGHT_IS_ZERO, "weight");
    CHECK_STATUS(take_out(ring, "a"), RESIL_STATUS_ABSENT);
    resil_hash_ring_free(ring);
}

static void a_bounded_load_names_what_is_wrong(void)
{
    uint64_t limit = UNTOUCHED;
    CHECK_ERROR(resil_hash_ring_bounded_load_limit, (0, 1, 1, -0.5, &limit),
                RESIL_STATUS_EPSILON_OUT_OF_RANGE, "epsilon");
    CHECK_ERROR(resil_hash_ring_bounded_load_limit, (0, 1, 1, (double)NAN, &limit),
                RESIL_STATUS_EPSILON_OUT_OF_RANGE, "epsilon");
    CHECK_ERROR(resil_hash_ring_bounded_load_limit, (0, 0, 0, 0.25, &limit),
                RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO, "total_weight");
    CHECK_ERROR(resil_hash_ring_bounded_load_limit, (0, 2, 1, 0.25, &limit),
                RESIL_STATUS_WEIGHT_ABOVE_TOTAL, "weight");
    CHECK_EQUAL(limit, UNTOUCHED);
}

int main(void)
{
    RUN(a_null_handle_is_an_error_of_every_function);
    RUN(other_pointers_that_must_not_be_null_are_named);
    RUN(options_are_checked_and_the_field_is_named);
    RUN(what_a_ring_refuses_changes_nothing);
    RUN(a_bounded_load_names_what_is_wrong);
    return finish("hash_ring_errors_test");
}
