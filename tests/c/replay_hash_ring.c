/* Replays timelines of hash rings through the C library: a script on stdin, one answer a line on stdout. Every
 * node and key is `0x` and its bytes in hexadecimal, in the script and in the answers.
 *
 *     timeline NAME default|go_zero|ketama VIRTUAL_NODES      0: the layout's own
 *     0 insert NODE WEIGHT         inserted | reweighted | refused FIELD
 *     0 remove NODE                removed | absent
 *     0 lookup KEY                 NODE | none
 *     0 lookup_n KEY N             NODE NODE ... | none
 *     0 lookup_where KEY A,B,...   NODE | none                 the listed nodes are refused
 *     end
 *
 * There is no time: the 0 stands where other scripts tell it. An error of the library to anything but an insertion
 * is answered by `error STATUS MESSAGE`. */
#define _POSIX_C_SOURCE 200809L

#include "replay_script.h"

struct timeline {
    resil_hash_ring_t *ring;
};

/* Bytes that were read from hexadecimal digits; freed by who read them. */
struct bytes {
    uint8_t *at;
    size_t length;
};

static bool is_begun(const struct timeline *timeline)
{
    return timeline->ring != NULL;
}

static void end(struct timeline *timeline)
{
    resil_hash_ring_free(timeline->ring);
    timeline->ring = NULL;
}

static void begin(struct timeline *timeline, const struct line *line)
{
    static const char *const names[] = {"default", "go_zero", "ketama"};
    static const int32_t modes[] = {RESIL_HASH_RING_MODE_DEFAULT, RESIL_HASH_RING_MODE_GO_ZERO,
                                    RESIL_HASH_RING_MODE_KETAMA};
    resil_hash_ring_options_t options = RESIL_HASH_RING_OPTIONS_INIT;
    end(timeline);
    options.mode = modes[place(line, 2, names, 3)];
    options.virtual_nodes = (uint32_t)number(line, 3, UINT32_MAX);
    if (resil_hash_ring_new(&options, &timeline->ring) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

static uint8_t digit(const struct line *line, char digit)
{
    if (digit >= '0' && digit <= '9')
        return (uint8_t)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (uint8_t)(digit - 'a' + 10);
    give_up(line, "'%c' is no hexadecimal digit", digit);
}

/* Reads `0x` and digits up to the end or a comma; `*rest`, if asked for, is what follows. */
static struct bytes read_bytes(const struct line *line, const char *text, const char **rest)
{
    struct bytes bytes = {NULL, 0};
    size_t digits = strcspn(text, ",");
    if (digits < 2 || digits % 2 != 0 || strncmp(text, "0x", 2) != 0)
        give_up(line, "\"%s\" is not in hexadecimal", text);
    bytes.length = digits / 2 - 1;
    /* Exactly as many, for the sanitizers and valgrind to see a byte too far; NULL and 0 is empty. */
    if (bytes.length != 0 && (bytes.at = malloc(bytes.length)) == NULL)
        give_up(line, "no memory");
    for (size_t i = 0; i < bytes.length; i++)
        bytes.at[i] = (uint8_t)(digit(line, text[2 + 2 * i]) << 4 | digit(line, text[3 + 2 * i]));
    if (rest != NULL)
        *rest = text + digits;
    return bytes;
}

/* The name of a node: its length first, then as many bytes. */
static struct bytes name_of(const resil_hash_ring_t *ring, resil_node_id_t id)
{
    struct bytes name = {NULL, 0};
    resil_status_t status = resil_hash_ring_node(ring, id, NULL, 0, &name.length, NULL);
    if (status == RESIL_STATUS_GRANTED && name.length != 0) {
        name.at = malloc(name.length);
        if (name.at != NULL)
            status = resil_hash_ring_node(ring, id, name.at, name.length, NULL, NULL);
    }
    if (status != RESIL_STATUS_GRANTED || (name.length != 0 && name.at == NULL))
        print_error(status);
    return name;
}

static void print_node(const resil_hash_ring_t *ring, resil_node_id_t id)
{
    struct bytes name = name_of(ring, id);
    printf("0x");
    for (size_t i = 0; i < name.length; i++)
        printf("%02x", name.at[i]);
    free(name.at);
}

static void print_found(const struct timeline *timeline, resil_status_t status, resil_node_id_t id)
{
    if (status == RESIL_STATUS_GRANTED)
        print_node(timeline->ring, id);
    else if (status == RESIL_STATUS_ABSENT)
        printf("none");
    else
        print_error(status);
}

static void insert(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    struct bytes node = read_bytes(line, word(line, 2), NULL);
    uint32_t weight = (uint32_t)number(line, 3, UINT32_MAX);
    resil_status_t status = resil_hash_ring_insert(timeline->ring, node.at, node.length, weight);
    (void)now_ns;
    free(node.at);
    if (status == RESIL_STATUS_GRANTED) {
        printf("inserted");
    } else if (status == RESIL_STATUS_REPLACED) {
        printf("reweighted");
    } else {
        /* `resil_hash_ring_insert: FIELD must ...` */
        const char *field = strstr(resil_last_error_message(), ": ");
        field = field == NULL ? "nothing" : field + 2;
        printf("refused %.*s", (int)strcspn(field, " "), field);
    }
}

static void take_out(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    struct bytes node = read_bytes(line, word(line, 2), NULL);
    resil_status_t status = resil_hash_ring_remove(timeline->ring, node.at, node.length);
    (void)now_ns;
    free(node.at);
    if (status == RESIL_STATUS_GRANTED)
        printf("removed");
    else if (status == RESIL_STATUS_ABSENT)
        printf("absent");
    else
        print_error(status);
}

static void lookup(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    struct bytes key = read_bytes(line, word(line, 2), NULL);
    resil_node_id_t id = 0;
    resil_status_t status = resil_hash_ring_lookup(timeline->ring, key.at, key.length, &id);
    (void)now_ns;
    print_found(timeline, status, id);
    free(key.at);
}

static void lookup_n(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    enum { MOST = 64 };
    struct bytes key = read_bytes(line, word(line, 2), NULL);
    size_t n = (size_t)number(line, 3, MOST), found = 0;
    resil_node_id_t ids[MOST];
    resil_status_t status =
        resil_hash_ring_lookup_n(timeline->ring, key.at, key.length, n, ids, &found);
    (void)now_ns;
    if (status != RESIL_STATUS_GRANTED && status != RESIL_STATUS_ABSENT)
        print_error(status);
    else if (found == 0)
        printf("none");
    for (size_t i = 0; i < found; i++) {
        printf(i == 0 ? "" : " ");
        print_node(timeline->ring, ids[i]);
    }
    free(key.at);
}

/* The nodes that a lookup must not answer with. */
struct refused {
    const struct timeline *timeline;
    const struct line *line;
    const char *nodes;
};

static bool accepts(void *context, resil_node_id_t id)
{
    const struct refused *refused = context;
    struct bytes name = name_of(refused->timeline->ring, id);
    bool found = false;
    for (const char *rest = refused->nodes; *rest != '\0'; rest += *rest == ',') {
        struct bytes node = read_bytes(refused->line, rest, &rest);
        found |= node.length == name.length
                 && (name.length == 0 || memcmp(node.at, name.at, name.length) == 0);
        free(node.at);
    }
    free(name.at);
    return !found;
}

static void lookup_where(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    struct bytes key = read_bytes(line, word(line, 2), NULL);
    struct refused refused = {timeline, line, word(line, 3)};
    resil_node_id_t id = 0;
    resil_status_t status = resil_hash_ring_lookup_where(timeline->ring, key.at, key.length,
                                                         accepts, &refused, &id);
    (void)now_ns;
    print_found(timeline, status, id);
    free(key.at);
}

int main(void)
{
    static const struct operation operations[] = {{"insert", insert, 4},
                                                  {"remove", take_out, 3},
                                                  {"lookup", lookup, 3},
                                                  {"lookup_n", lookup_n, 4},
                                                  {"lookup_where", lookup_where, 4}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {NULL};
    return replay(&replayer, &timeline);
}
