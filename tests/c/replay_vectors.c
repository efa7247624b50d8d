/* Replays timelines through the C library: a script on stdin, one answer a line on stdout.
 *
 *     timeline NAME PERMITS PERIOD_NS BURST INITIAL|full
 *     NOW_NS try_acquire N                    granted | retry_after NS | exceeds_limit
 *     NOW_NS peek N                           (as try_acquire) remaining R reset_after NS
 *     NOW_NS reserve ID N                     ready_after NS | retry_after NS | exceeds_limit
 *     NOW_NS reserve_within ID N TIMEOUT_NS   (as reserve)
 *     NOW_NS cancel ID                        gave_back | gave_nothing
 *     NOW_NS set_quota PERMITS PERIOD_NS BURST reset|as_is|proportional|additive    ok
 *     end
 *
 * Every step is decided by an `_at` form. An error of the library is answered by `error STATUS MESSAGE`; a line
 * that cannot be read ends the program with exit code 2. */
#define _POSIX_C_SOURCE 200809L

#include "replay_script.h"

/* A reservation under the name that the script gave it. */
struct named {
    char *id;
    resil_reservation_t reservation;
    struct named *next;
};

struct timeline {
    resil_token_bucket_t *bucket;
    struct named *reservations;
};

/* PERMITS PERIOD_NS BURST, from word `index` on. */
static resil_quota_t quota(const struct line *line, size_t index)
{
    resil_quota_t quota = {permits(line, index), permits(line, index + 2),
                           nanoseconds(line, index + 1)};
    return quota;
}

/* The reservation of that name; a new one holds no promise. */
static resil_reservation_t *reservation(struct timeline *timeline, const char *id)
{
    struct named *named = timeline->reservations;
    while (named != NULL && strcmp(named->id, id) != 0)
        named = named->next;
    if (named == NULL) {
        named = malloc(sizeof *named);
        char *copy = strdup(id);
        if (named == NULL || copy == NULL)
            abort();
        *named = (struct named){copy, RESIL_RESERVATION_INIT, timeline->reservations};
        timeline->reservations = named;
    }
    return &named->reservation;
}

static void end(struct timeline *timeline)
{
    resil_token_bucket_free(timeline->bucket);
    timeline->bucket = NULL;
    while (timeline->reservations != NULL) {
        struct named *next = timeline->reservations->next;
        free(timeline->reservations->id);
        free(timeline->reservations);
        timeline->reservations = next;
    }
}

static void begin(struct timeline *timeline, const struct line *line)
{
    resil_quota_t made_of = quota(line, 2);
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    end(timeline);
    if (strcmp(word(line, 5), "full") != 0) {
        options.has_initial = 1;
        options.initial = permits(line, 5);
    }
    if (resil_token_bucket_new(&made_of, &options, &timeline->bucket) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

static void try_acquire(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    uint64_t retry_after_ns = 0;
    resil_status_t status = resil_token_bucket_try_acquire_at(timeline->bucket, now_ns,
                                                              permits(line, 2), &retry_after_ns);
    print_answer(status, retry_after_ns);
}

static void peek(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_token_bucket_peek_t peek = {0, 0, 0};
    resil_status_t status =
        resil_token_bucket_peek_at(timeline->bucket, now_ns, permits(line, 2), &peek);
    print_answer(status, peek.retry_after_ns);
    if (status < RESIL_STATUS_NULL_ARGUMENT)
        printf(" remaining %" PRIu32 " reset_after %" PRIu64, peek.remaining, peek.reset_after_ns);
}

static void reserve(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_reservation_t *out = reservation(timeline, word(line, 2));
    uint64_t retry_after_ns = 0;
    resil_status_t status;
    if (strcmp(word(line, 1), "reserve") == 0)
        status = resil_token_bucket_reserve_at(timeline->bucket, now_ns, permits(line, 3), out,
                                               &retry_after_ns);
    else
        status = resil_token_bucket_reserve_within_at(timeline->bucket, now_ns, permits(line, 3),
                                                      nanoseconds(line, 4), out, &retry_after_ns);
    if (status == RESIL_STATUS_GRANTED)
        printf("ready_after %" PRIu64, out->ready_after_ns);
    else
        print_answer(status, retry_after_ns);
}

static void cancel(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_reservation_t *settled = reservation(timeline, word(line, 2));
    resil_status_t status = resil_token_bucket_cancel_at(timeline->bucket, now_ns, settled);
    if (status == RESIL_STATUS_GRANTED)
        printf("gave_back");
    else if (status == RESIL_STATUS_GAVE_NOTHING || status == RESIL_STATUS_ALREADY_SETTLED)
        printf("gave_nothing");
    else
        print_error(status);
}

static void set_quota(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    static const char *const names[] = {"reset", "as_is", "proportional", "additive"};
    static const int32_t carries[] = {RESIL_CARRY_RESET, RESIL_CARRY_AS_IS,
                                      RESIL_CARRY_PROPORTIONAL, RESIL_CARRY_ADDITIVE};
    resil_quota_t next = quota(line, 2);
    int32_t carry = carries[place(line, 5, names, sizeof names / sizeof *names)];
    resil_status_t status =
        resil_token_bucket_set_quota_at(timeline->bucket, now_ns, &next, carry);
    if (status == RESIL_STATUS_GRANTED)
        printf("ok");
    else
        print_error(status);
}

static bool is_begun(const struct timeline *timeline)
{
    return timeline->bucket != NULL;
}

int main(void)
{
    static const struct operation operations[] = {
        {"try_acquire", try_acquire, 3}, {"peek", peek, 3},     {"reserve", reserve, 4},
        {"reserve_within", reserve, 5},  {"cancel", cancel, 3}, {"set_quota", set_quota, 6}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {NULL, NULL};
    return replay(&replayer, &timeline);
}
