/*
 * Replays a web log through a rate limit and says what that limit would have done.
 *
 * Every client address gets a token bucket of its own, which is told the time by the log: nothing here reads
 * a clock.
 *
 *     cc -std=c11 -O2 -Iinclude examples/c/replay.c examples/c/access_log.c -lresil -o replay
 *     ./replay --rate 1/10s --burst 5 access.log
 *
 * Output: one line of JSON. Exit code 2, with one line on stderr, if the arguments or the file are no good.
 */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* tsearch */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "access_log.h"
#include "resil.h"

/* How many of the most denied clients are named. */
#define TOP 5
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* One client and its limit. */
struct client {
    char *address;
    resil_token_bucket_t *bucket;
    uint64_t denied;
};

/* One request; `order` is its place in the file. */
struct request {
    uint64_t at_ns;
    size_t order;
    struct client *client;
};

struct replay {
    resil_quota_t quota;
    struct client **clients;
    size_t client_count, client_room;
    void *by_address; /* the same clients, as a tree */
    struct request *requests;
    size_t request_count, request_room;
    uint64_t granted, denied, skipped_lines;
};

static bool fail(const char *subject, const char *message)
{
    fprintf(stderr, "replay: %s: %s\n", subject, message);
    return false;
}

/* ---- Arguments ---------------------------------------------------------------------------------------- */

/* Reads digits, at least one and nothing else, up to `end`. */
static bool whole_number(const char *text, const char *end, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (text == end)
        return false;
    for (; text != end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Reads permits/period, the period in ms, s, m or h: 100/s, 1/10s, 5/250ms. */
static bool parse_rate(const char *text, resil_quota_t *quota)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}};

    const char *slash = strchr(text, '/');
    uint64_t permits, count = 1;
    if (slash == NULL || !whole_number(text, slash, UINT32_MAX, &permits))
        return false;
    const char *period = slash + 1;
    const char *name = period + strspn(period, "0123456789");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(name, units[i].name) != 0)
            continue;
        if (name != period && !whole_number(period, name, UINT64_MAX / units[i].ns, &count))
            return false;
        quota->permits = (uint32_t)permits;
        quota->period_ns = count * units[i].ns;
        return true;
    }
    return false;
}

/* Asks the library whether the quota is one, before a file is read for nothing. */
static bool check_quota(const resil_quota_t *quota, const char *rate, const char *burst)
{
    resil_token_bucket_t *bucket = NULL;
    if (resil_token_bucket_new(quota, NULL, &bucket) != RESIL_STATUS_GRANTED) {
        fprintf(stderr, "replay: --rate %s --burst %s: %s\n", rate, burst, resil_last_error_message());
        return false;
    }
    resil_token_bucket_free(bucket);
    return true;
}

/* ---- Clients and requests ---------------------------------------------------------------------------- */

static int compare_addresses(const void *left, const void *right)
{
    const struct client *a = left, *b = right;
    return strcmp(a->address, b->address);
}

static int compare_requests(const void *left, const void *right)
{
    const struct request *a = left, *b = right;
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order; /* qsort alone is not stable */
}

/* The most denied first, then by address. */
static int compare_denials(const void *left, const void *right)
{
    const struct client *const *a = left, *const *b = right;
    if ((*a)->denied != (*b)->denied)
        return (*a)->denied > (*b)->denied ? -1 : 1;
    return compare_addresses(*a, *b);
}

/* `items` with room for one more; NULL if there is no memory: then `items` are as they were. */
static void *with_room(void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return items;
    size_t wanted = *room == 0 ? 64 : *room * 2;
    if (wanted > SIZE_MAX / item_size)
        return NULL;
    void *grown = realloc(items, wanted * item_size);
    if (grown != NULL)
        *room = wanted;
    return grown;
}

static void free_client(struct client *client)
{
    if (client == NULL)
        return;
    resil_token_bucket_free(client->bucket);
    free(client->address);
    free(client);
}

/* The client of an address, made if it is new; NULL with a message if that fails. */
static struct client *client_of(struct replay *replay, char *address)
{
    struct client key = {.address = address};
    struct client **found = tfind(&key, &replay->by_address, compare_addresses);
    if (found != NULL)
        return *found;

    struct client **clients =
        with_room(replay->clients, replay->client_count, &replay->client_room, sizeof *clients);
    struct client *client = NULL;
    if (clients == NULL)
        goto no_memory;
    replay->clients = clients;
    client = calloc(1, sizeof *client);
    if (client == NULL || (client->address = strdup(address)) == NULL)
        goto no_memory;
    if (resil_token_bucket_new(&replay->quota, NULL, &client->bucket) != RESIL_STATUS_GRANTED) {
        fail(address, resil_last_error_message());
        free_client(client);
        return NULL;
    }
    if (tsearch(client, &replay->by_address, compare_addresses) == NULL)
        goto no_memory;
    replay->clients[replay->client_count++] = client;
    return client;

no_memory:
    fail(address, strerror(ENOMEM));
    free_client(client);
    return NULL;
}

static bool add_request(struct replay *replay, uint64_t at_ns, struct client *client)
{
    struct request *requests =
        with_room(replay->requests, replay->request_count, &replay->request_room, sizeof *requests);
    if (requests == NULL)
        return fail("requests", strerror(ENOMEM));
    replay->requests = requests;
    requests[replay->request_count] = (struct request){at_ns, replay->request_count, client};
    replay->request_count++;
    return true;
}

/* ---- The replay --------------------------------------------------------------------------------------- */

static bool read_lines(struct replay *replay, FILE *log, const char *path)
{
    char *line = NULL, *address;
    size_t room = 0;
    ssize_t length;
    uint64_t at_ns;
    bool ok = true;
    errno = 0;
    while (ok && (length = getline(&line, &room, log)) >= 0) {
        if (access_log_parse(line, (size_t)length, &address, &at_ns)) {
            struct client *client = client_of(replay, address);
            ok = client != NULL && add_request(replay, at_ns, client);
        } else {
            replay->skipped_lines++;
        }
        errno = 0;
    }
    if (ok && !feof(log))
        ok = fail(path, strerror(errno));
    free(line);
    return ok;
}

static bool read_log(struct replay *replay, const char *path)
{
    FILE *log = fopen(path, "r");
    if (log == NULL)
        return fail(path, strerror(errno));
    bool ok = read_lines(replay, log, path);
    fclose(log);
    return ok;
}

/* Asks each client's bucket for each of its requests, in order of time. */
static bool decide(struct replay *replay)
{
    if (replay->request_count > 0)
        qsort(replay->requests, replay->request_count, sizeof *replay->requests, compare_requests);
    for (size_t i = 0; i < replay->request_count; i++) {
        struct request *request = &replay->requests[i];
        struct client *client = request->client;
        resil_status_t status = resil_token_bucket_try_acquire_at(client->bucket, request->at_ns, 1, NULL);
        if (resil_status_is_granted(status)) {
            replay->granted++;
        } else if (status == RESIL_STATUS_RETRY_AFTER) {
            replay->denied++;
            client->denied++;
        } else {
            return fail(client->address, resil_status_string(status));
        }
    }
    return true;
}

static void print_json_string(const char *text)
{
    /* An address has no control characters. */
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static bool print_summary(struct replay *replay)
{
    size_t limited = 0;
    if (replay->client_count > 0)
        qsort(replay->clients, replay->client_count, sizeof *replay->clients, compare_denials);
    while (limited < replay->client_count && replay->clients[limited]->denied > 0)
        limited++;

    printf("{\"requests\":%zu,\"granted\":%" PRIu64 ",\"denied\":%" PRIu64 ",\"skipped_lines\":%" PRIu64,
           replay->request_count, replay->granted, replay->denied, replay->skipped_lines);
    printf(",\"clients\":%zu,\"limited_clients\":%zu,\"top\":[", replay->client_count, limited);
    for (size_t i = 0; i < limited && i < TOP; i++) {
        fputs(i == 0 ? "[" : ",[", stdout);
        print_json_string(replay->clients[i]->address);
        printf(",%" PRIu64 "]", replay->clients[i]->denied);
    }
    puts("]}");
    if (fflush(stdout) != 0 || ferror(stdout))
        return fail("stdout", strerror(errno));
    return true;
}

static void free_replay(struct replay *replay)
{
    while (replay->by_address != NULL)
        tdelete(*(struct client **)replay->by_address, &replay->by_address, compare_addresses);
    for (size_t i = 0; i < replay->client_count; i++)
        free_client(replay->clients[i]);
    free(replay->clients);
    free(replay->requests);
}

static int usage(FILE *stream, int code)
{
    fputs("usage: replay [--rate PERMITS/PERIOD] [--burst N] LOG\n", stream);
    return code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"rate", required_argument, NULL, 'r'},
                                            {"burst", required_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *rate = "1/10s", *burst = "5";
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'r':
            rate = optarg;
            break;
        case 'b':
            burst = optarg;
            break;
        case 'h':
            return usage(stdout, 0);
        default:
            return 2; /* getopt has said what */
        }
    }

    struct replay replay = {0};
    uint64_t burst_permits;
    if (!parse_rate(rate, &replay.quota)) {
        fprintf(stderr, "replay: --rate %s: expected permits/period in ms, s, m or h, such as 1/10s\n", rate);
        return 2;
    }
    if (!whole_number(burst, burst + strlen(burst), UINT32_MAX, &burst_permits)) {
        fprintf(stderr, "replay: --burst %s: expected a whole number\n", burst);
        return 2;
    }
    replay.quota.burst = (uint32_t)burst_permits;
    if (!check_quota(&replay.quota, rate, burst))
        return 2;
    if (optind + 1 != argc)
        return usage(stderr, 2);

    bool ok = read_log(&replay, argv[optind]) && decide(&replay) && print_summary(&replay);
    free_replay(&replay);
    return ok ? 0 : 2;
}
