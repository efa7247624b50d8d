/* Hash rings that answer: which node has a key, who comes next, and what an id stands for. */
#include <pthread.h>
#include <stdlib.h>

#include "hash_ring_fixture.h"

static void an_empty_ring_has_nobody(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    resil_node_id_t ids[2] = {UNTOUCHED, UNTOUCHED};
    size_t found = 9;
    CHECK_EQUAL(lookup(ring, "user:42"), 0);
    CHECK_STATUS(resil_hash_ring_lookup_n(ring, "k", 1, 2, ids, &found), RESIL_STATUS_ABSENT);
    CHECK_EQUAL(found, 0);
    CHECK_EQUAL(ids[0], UNTOUCHED);
    CHECK_STATUS(insert(ring, "idle", 0), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(lookup(ring, "user:42"), 0);
    resil_hash_ring_free(ring);
}

static void insert_and_remove_say_what_they_found(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    CHECK_STATUS(insert(ring, "a", 1), RESIL_STATUS_GRANTED);
    resil_node_id_t id = id_of(ring, "a");
    CHECK_STATUS(insert(ring, "a", 3), RESIL_STATUS_REPLACED);
    CHECK(resil_status_is_granted(RESIL_STATUS_REPLACED));
    CHECK_EQUAL(id_of(ring, "a"), id);
    CHECK_EQUAL(lookup(ring, "any"), id);
    CHECK_STATUS(take_out(ring, "b"), RESIL_STATUS_ABSENT);
    CHECK(!resil_status_is_granted(RESIL_STATUS_ABSENT));
    CHECK_STATUS(take_out(ring, "a"), RESIL_STATUS_GRANTED);
    CHECK_STATUS(take_out(ring, "a"), RESIL_STATUS_ABSENT);
    CHECK_EQUAL(lookup(ring, "any"), 0);
    resil_hash_ring_free(ring);
}

static void a_node_is_told_by_its_id_until_it_is_taken_out(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    /* Bytes, not text. */
    const unsigned char name[3] = {0, 255, 7};
    unsigned char buffer[4] = {9, 9, 9, 9};
    resil_node_id_t id = 0, newer = 0;
    size_t length = 0;
    uint32_t weight = 0;
    CHECK_STATUS(resil_hash_ring_insert(ring, name, 3, 8), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_id_of(ring, name, 3, &id), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_node(ring, id, NULL, 0, &length, &weight), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(length, 3);
    CHECK_EQUAL(weight, 8);
    length = 0;
    CHECK_STATUS(resil_hash_ring_node(ring, id, buffer, 2, &length, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(length, 3);
    CHECK(untouched(buffer, 4, 9));
    CHECK_STATUS(resil_hash_ring_node(ring, id, buffer, 3, NULL, NULL), RESIL_STATUS_GRANTED);
    CHECK(memcmp(buffer, name, 3) == 0 && buffer[3] == 9);

    CHECK_STATUS(resil_hash_ring_remove(ring, name, 3), RESIL_STATUS_GRANTED);
    CHECK_STATUS(insert(ring, "in its slot", 1), RESIL_STATUS_GRANTED);
    newer = id_of(ring, "in its slot");
    CHECK_EQUAL(newer & 0xFFFF, id & 0xFFFF);
    CHECK(newer != id);
    length = 77;
    CHECK_STATUS(resil_hash_ring_node(ring, id, buffer, 4, &length, &weight), RESIL_STATUS_ABSENT);
    CHECK_STATUS(resil_hash_ring_node(ring, 0, buffer, 4, &length, &weight), RESIL_STATUS_ABSENT);
    CHECK_EQUAL(length, 77);
    resil_hash_ring_free(ring);
}

static void nothing_is_a_name_and_a_key_too(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    resil_node_id_t id = 0, found = 0;
    CHECK_STATUS(resil_hash_ring_insert(ring, NULL, 0, 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_insert(ring, "", 0, 2), RESIL_STATUS_REPLACED);
    CHECK_STATUS(resil_hash_ring_id_of(ring, NULL, 0, &id), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_lookup(ring, NULL, 0, &found), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(found, id);
    CHECK_STATUS(resil_hash_ring_remove(ring, NULL, 0), RESIL_STATUS_GRANTED);
    resil_hash_ring_free(ring);
}

/* Who is to be refused, and whom a predicate was asked about. */
struct asked {
    size_t refuse, count;
    resil_node_id_t ids[8];
};

static bool accept_after_some(void *user_data, resil_node_id_t id)
{
    struct asked *asked = user_data;
    if (asked->count < 8)
        asked->ids[asked->count] = id;
    return asked->count++ >= asked->refuse;
}

static void a_key_meets_each_node_once(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    const char *const names[] = {"a", "b", "c", "d"};
    resil_node_id_t ids[8], out = 0;
    size_t found = 0;
    for (size_t i = 0; i < 4; i++)
        CHECK_STATUS(insert(ring, names[i], (uint32_t)i + 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_lookup_n(ring, "key", 3, 8, ids, &found), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(found, 4);
    CHECK_EQUAL(ids[0], lookup(ring, "key"));
    for (size_t i = 0; i < 4; i++) {
        struct asked asked = {i, 0, {0}};
        resil_status_t status =
            resil_hash_ring_lookup_where(ring, "key", 3, accept_after_some, &asked, &out);
        CHECK_STATUS(status, RESIL_STATUS_GRANTED);
        CHECK_EQUAL(out, ids[i]);
        CHECK_EQUAL(asked.count, i + 1);
        CHECK(memcmp(asked.ids, ids, asked.count * sizeof ids[0]) == 0);
    }
    struct asked nobody = {SIZE_MAX, 0, {0}};
    out = UNTOUCHED;
    CHECK_STATUS(resil_hash_ring_lookup_where(ring, "key", 3, accept_after_some, &nobody, &out),
                 RESIL_STATUS_ABSENT);
    CHECK_EQUAL(out, UNTOUCHED);
    CHECK_EQUAL(nobody.count, 4);

    ids[2] = UNTOUCHED;
    CHECK_STATUS(resil_hash_ring_lookup_n(ring, "key", 3, 2, ids, &found), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(found, 2);
    CHECK_EQUAL(ids[2], UNTOUCHED);
    CHECK_STATUS(resil_hash_ring_lookup_n(ring, "key", 3, 0, NULL, &found), RESIL_STATUS_ABSENT);
    CHECK_EQUAL(found, 0);

    CHECK_STATUS(resil_hash_ring_nodes(ring, ids, 3, &found), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(found, 4);
    for (size_t i = 0; i < 3; i++)
        CHECK_EQUAL(ids[i], id_of(ring, names[i]));
    CHECK_STATUS(resil_hash_ring_nodes(ring, NULL, 0, &found), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(found, 4);
    resil_hash_ring_free(ring);
}

/* The last digits of the node that an integer key belongs to. */
static unsigned long last_digits(const resil_hash_ring_t *ring, int key)
{
    char text[16], name[32] = "";
    size_t length = 0;
    snprintf(text, sizeof text, "%d", key);
    resil_node_id_t id = lookup(ring, text);
    CHECK_STATUS(resil_hash_ring_node(ring, id, name, sizeof name - 1, &length, NULL),
                 RESIL_STATUS_GRANTED);
    return strtoul(name + strlen("localhost:"), NULL, 10);
}

static void go_zero_s_own_example_comes_out(void)
{
    static const unsigned long owners[] = {15, 16, 14, 3, 10, 19, 3, 16, 17, 5, 0, 15};
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_GO_ZERO);
    for (int n = 0; n < 20; n++) {
        char name[32];
        snprintf(name, sizeof name, "localhost:%d", n);
        CHECK_STATUS(insert(ring, name, 100), RESIL_STATUS_GRANTED);
    }
    for (int key = 0; key < 12; key++)
        CHECK_EQUAL(last_digits(ring, 1000 + key), owners[key]);
    resil_hash_ring_free(ring);
}

static void a_snapshot_tells_the_layout_and_what_there_is(void)
{
    resil_hash_ring_options_t options = RESIL_HASH_RING_OPTIONS_INIT;
    resil_hash_ring_t *ring = NULL;
    resil_hash_ring_snapshot_t seen;
    options.virtual_nodes = 7;
    CHECK_STATUS(resil_hash_ring_new(&options, &ring), RESIL_STATUS_GRANTED);
    CHECK_STATUS(insert(ring, "a", 2), RESIL_STATUS_GRANTED);
    CHECK_STATUS(insert(ring, "b", 3), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_snapshot(ring, &seen), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen.mode, RESIL_HASH_RING_MODE_DEFAULT);
    CHECK_EQUAL(seen.virtual_nodes, 7);
    CHECK_EQUAL(seen.nodes, 2);
    CHECK_EQUAL(seen.total_weight, 5);
    CHECK_EQUAL(seen.points, 35);
    resil_hash_ring_free(ring);

    ring = ring_of_mode(RESIL_HASH_RING_MODE_KETAMA);
    CHECK_STATUS(insert(ring, "127.0.0.1:11211", 600), RESIL_STATUS_GRANTED);
    CHECK_STATUS(insert(ring, "127.0.0.1:11212", 400), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_snapshot(ring, &seen), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen.mode, RESIL_HASH_RING_MODE_KETAMA);
    CHECK_EQUAL(seen.points, 320);
    CHECK_EQUAL(lookup(ring, "test"), id_of(ring, "127.0.0.1:11211"));
    resil_hash_ring_free(ring);

    CHECK_STATUS(resil_hash_ring_new(NULL, &ring), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_hash_ring_snapshot(ring, &seen), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(seen.virtual_nodes, 160);
    resil_hash_ring_free(ring);
}

static void a_bounded_load_is_a_share_rounded_up(void)
{
    uint64_t limit = 0;
    CHECK_STATUS(resil_hash_ring_bounded_load_limit(99, 1, 4, 0.25, &limit), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(limit, 32);
    CHECK_STATUS(resil_hash_ring_bounded_load_limit(8, 1, 3, 0.25, &limit), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(limit, 4);
}

enum { UPDATES = 500 };

static void *come_and_go(void *given)
{
    resil_hash_ring_t *ring = given;
    for (int i = 0; i < UPDATES; i++) {
        CHECK_STATUS(insert(ring, "guest", 2), RESIL_STATUS_GRANTED);
        CHECK_STATUS(take_out(ring, "guest"), RESIL_STATUS_GRANTED);
    }
    return NULL;
}

static void lookups_beside_updates_find_nodes_of_the_ring(void)
{
    resil_hash_ring_t *ring = ring_of_mode(RESIL_HASH_RING_MODE_DEFAULT);
    pthread_t writer;
    CHECK_STATUS(insert(ring, "a", 1), RESIL_STATUS_GRANTED);
    CHECK_STATUS(insert(ring, "b", 1), RESIL_STATUS_GRANTED);
    resil_node_id_t a = id_of(ring, "a"), b = id_of(ring, "b");
    CHECK_EQUAL(pthread_create(&writer, NULL, come_and_go, ring), 0);
    for (uint32_t key = 0; key < 20 * UPDATES; key++) {
        resil_node_id_t id = 0;
        CHECK_STATUS(resil_hash_ring_lookup(ring, &key, sizeof key, &id), RESIL_STATUS_GRANTED);
        /* The guest has the third slot, each time it comes. */
        CHECK(id == a || id == b || (id & 0xFFFF) == 2);
    }
    CHECK_EQUAL(pthread_join(writer, NULL), 0);
    resil_hash_ring_free(ring);
}

int main(void)
{
    RUN(an_empty_ring_has_nobody);
    RUN(insert_and_remove_say_what_they_found);
    RUN(a_node_is_told_by_its_id_until_it_is_taken_out);
    RUN(nothing_is_a_name_and_a_key_too);
    RUN(a_key_meets_each_node_once);
    RUN(go_zero_s_own_example_comes_out);
    RUN(a_snapshot_tells_the_layout_and_what_there_is);
    RUN(a_bounded_load_is_a_share_rounded_up);
    RUN(lookups_beside_updates_find_nodes_of_the_ring);
    return finish("hash_ring_test");
}
