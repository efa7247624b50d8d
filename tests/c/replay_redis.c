/* Replays timelines through the limiters on Redis of the C library: a script on stdin, one answer a line on stdout.
 *
 *     replay_redis PORT
 *
 *     timeline NAME token_bucket PERMITS PERIOD_NS BURST
 *     timeline NAME meter|queue PERMITS PERIOD_NS BURST
 *     timeline NAME from_first_use|aligned|sliding LIMIT PERIOD_NS UTC_OFFSET_SECS
 *     NOW_NS try_acquire|peek|try_reserve N, try_reserve_within N TIMEOUT_NS
 *     NOW_NS reserve ID N, reserve_within ID N TIMEOUT_NS, cancel ID
 *     end
 *
 * Answers are those of replay_vectors, replay_leaky_bucket and replay_period_limiter. The client is this program's own,
 * and tells the scripts the time of the step, in whole microseconds, where the library leaves it to the server. */
#define _POSIX_C_SOURCE 200809L

#include "redis_client.h"
#include "replay_script.h"

/* Keys outlive the replay: its clock is not the server's. */
#define GRACE_MS "600000"
/* 2^50 us. */
#define LONGEST_WAIT_NS (UINT64_C(1000) << 50)

enum kind { TOKEN_BUCKET, METER, QUEUE, FROM_FIRST_USE, ALIGNED, SLIDING, NO_KIND };

static const char *const kinds[] = {"token_bucket", "meter", "queue", "from_first_use", "aligned", "sliding"};

/* A reservation under the name that the script gave it. */
struct named {
    char *id;
    resil_redis_reservation_t *reservation;
    struct named *next;
};

struct timeline {
    enum kind kind;
    /* Whom it is about, so that timelines share no key. */
    char subject[128];
    int connection;
    char now_us[24];
    resil_redis_store_t *store;
    resil_redis_token_bucket_t *bucket;
    resil_redis_leaky_meter_t *meter;
    resil_redis_leaky_queue_t *queue;
    resil_redis_period_limiter_t *limiter;
    struct named *reservations;
};

/* Nothing, and no grace, where scripts ask for the time: the last such pair, for no origin is written so too. */
static size_t place_of_now(size_t argc, const char *const *argv, const size_t *argv_lens)
{
    for (size_t i = argc - 1; i > 3; i--)
        if (argv_lens[i - 1] == 0 && argv_lens[i] == 1 && argv[i][0] == '0')
            return i - 1;
    fputs("a script that is told no time\n", stderr);
    exit(2);
}

static int32_t evaluate(void *user_data, size_t argc, const char *const *argv, const size_t *argv_lens,
                        int64_t *numbers, size_t *count)
{
    const struct timeline *timeline = user_data;
    const char *words[MOST_WORDS];
    size_t lens[MOST_WORDS], now = place_of_now(argc, argv, argv_lens);
    if (argc > MOST_WORDS)
        return RESIL_REDIS_FAULT_CALL;
    memcpy(words, argv, argc * sizeof *words);
    memcpy(lens, argv_lens, argc * sizeof *lens);
    words[now] = timeline->now_us, lens[now] = strlen(timeline->now_us);
    words[now + 1] = GRACE_MS, lens[now + 1] = strlen(GRACE_MS);
    if (!send_command(timeline->connection, argc, words, lens))
        return RESIL_REDIS_FAULT_DISCONNECTED;
    return read_numbers(timeline->connection, numbers, count);
}

static void must(resil_status_t status, const struct line *line)
{
    if (status != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

static bool is_begun(const struct timeline *timeline)
{
    return timeline->kind != NO_KIND;
}

static void end(struct timeline *timeline)
{
    resil_redis_token_bucket_free(timeline->bucket);
    resil_redis_leaky_meter_free(timeline->meter);
    resil_redis_leaky_queue_free(timeline->queue);
    resil_redis_period_limiter_free(timeline->limiter);
    timeline->bucket = NULL, timeline->meter = NULL, timeline->queue = NULL, timeline->limiter = NULL;
    while (timeline->reservations != NULL) {
        struct named *next = timeline->reservations->next;
        resil_redis_reservation_free(timeline->reservations->reservation);
        free(timeline->reservations->id);
        free(timeline->reservations);
        timeline->reservations = next;
    }
    timeline->kind = NO_KIND;
}

static void begin(struct timeline *timeline, const struct line *line)
{
    /* Of a period limiter: the limit, and no burst. */
    resil_quota_t quota = {permits(line, 3), 0, nanoseconds(line, 4)};
    resil_redis_token_bucket_options_t options = RESIL_REDIS_TOKEN_BUCKET_OPTIONS_INIT;
    resil_redis_limiter_options_t others = RESIL_REDIS_LIMITER_OPTIONS_INIT;
    end(timeline);
    /* Whatever the store does not decide is an error here. */
    options.policy = others.policy = RESIL_REDIS_POLICY_UNAVAILABLE;
    options.max_wait_ns = LONGEST_WAIT_NS;
    timeline->kind = (enum kind)place(line, 2, kinds, NO_KIND);
    snprintf(timeline->subject, sizeof timeline->subject, "%s", word(line, 1));
    if (timeline->kind <= QUEUE)
        quota.burst = permits(line, 5);
    switch (timeline->kind) {
    case TOKEN_BUCKET:
        must(resil_redis_token_bucket_new(timeline->store, "c", &quota, &options, &timeline->bucket), line);
        break;
    case METER:
        must(resil_redis_leaky_meter_new(timeline->store, "c", &quota, &others, &timeline->meter), line);
        break;
    case QUEUE:
        must(resil_redis_leaky_queue_new(timeline->store, "c", &quota, &others, &timeline->queue), line);
        break;
    case FROM_FIRST_USE:
        must(resil_redis_period_limiter_new(timeline->store, "c", quota.permits, quota.period_ns, &others,
                                            &timeline->limiter),
             line);
        break;
    case ALIGNED:
        must(resil_redis_period_limiter_aligned(timeline->store, "c", quota.permits, quota.period_ns,
                                                (int32_t)strtol(word(line, 5), NULL, 10), &others,
                                                &timeline->limiter),
             line);
        break;
    default:
        must(resil_redis_period_limiter_sliding(timeline->store, "c", quota.permits, quota.period_ns, &others,
                                                &timeline->limiter),
             line);
    }
}

/* The step's time, for the client. */
static void at(struct timeline *timeline, uint64_t now_ns)
{
    snprintf(timeline->now_us, sizeof timeline->now_us, "%" PRIu64, now_ns / 1000);
}

#define SUBJECT timeline->subject, strlen(timeline->subject)

/* A limiter's answer, without what is left. */
static void print_verdict(resil_status_t status, const resil_redis_answer_t *answer)
{
    if (status == RESIL_STATUS_UNAVAILABLE)
        printf("unavailable %" PRId32, answer->fault);
    else if (status == RESIL_STATUS_GRANTED_LAST)
        printf("granted_last");
    else
        print_answer(status, answer->retry_after_ns);
}

static void try_acquire(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_redis_answer_t answer = {0};
    uint32_t n = permits(line, 2);
    at(timeline, now_ns);
    resil_status_t status = timeline->bucket != NULL
                                ? resil_redis_token_bucket_try_acquire(timeline->bucket, SUBJECT, n, &answer)
                            : timeline->meter != NULL
                                ? resil_redis_leaky_meter_try_acquire(timeline->meter, SUBJECT, n, &answer)
                                : resil_redis_period_limiter_try_acquire(timeline->limiter, SUBJECT, n, &answer);
    print_verdict(status, &answer);
}

static void peek(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_redis_answer_t answer = {0};
    uint32_t n = permits(line, 2);
    uint64_t wait_ns = 0;
    resil_status_t status;
    at(timeline, now_ns);
    if (timeline->queue != NULL)
        status = resil_redis_leaky_queue_peek(timeline->queue, SUBJECT, n, &wait_ns, &answer);
    else if (timeline->bucket != NULL)
        status = resil_redis_token_bucket_peek(timeline->bucket, SUBJECT, n, &answer);
    else if (timeline->meter != NULL)
        status = resil_redis_leaky_meter_peek(timeline->meter, SUBJECT, n, &answer);
    else
        status = resil_redis_period_limiter_peek(timeline->limiter, SUBJECT, n, &answer);
    if (timeline->queue != NULL && status == RESIL_STATUS_GRANTED)
        printf("ready_after %" PRIu64, wait_ns);
    else
        print_verdict(status, &answer);
    printf(" remaining %" PRIu32 " reset_after %" PRIu64, answer.remaining, answer.reset_after_ns);
}

/* Of queues; with a third word, at most so long. */
static void try_reserve(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_redis_answer_t answer = {0};
    uint64_t wait_ns = 0, timeout_ns = line->count > 3 ? nanoseconds(line, 3) : RESIL_NO_TIMEOUT;
    at(timeline, now_ns);
    resil_status_t status = resil_redis_leaky_queue_try_reserve(timeline->queue, SUBJECT, permits(line, 2),
                                                                timeout_ns, &wait_ns, &answer);
    if (status == RESIL_STATUS_GRANTED)
        printf("ready_after %" PRIu64, wait_ns);
    else
        print_verdict(status, &answer);
}

static void reserve(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_redis_answer_t answer = {0};
    resil_redis_reservation_t *made = NULL;
    uint64_t timeout_ns = line->count > 4 ? nanoseconds(line, 4) : RESIL_NO_TIMEOUT;
    at(timeline, now_ns);
    resil_status_t status = resil_redis_token_bucket_reserve(timeline->bucket, SUBJECT, permits(line, 3),
                                                             timeout_ns, &made, &answer);
    if (status != RESIL_STATUS_GRANTED) {
        print_verdict(status, &answer);
        return;
    }
    printf("ready_after %" PRIu64, resil_redis_reservation_ready_after_ns(made));
    struct named *named = malloc(sizeof *named);
    char *id = strdup(word(line, 2));
    if (named == NULL || id == NULL)
        abort();
    *named = (struct named){id, made, timeline->reservations};
    timeline->reservations = named;
}

static void cancel(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    const struct named *named = timeline->reservations;
    at(timeline, now_ns);
    while (named != NULL && strcmp(named->id, word(line, 2)) != 0)
        named = named->next;
    if (named == NULL)
        give_up(line, "no such reservation");
    resil_status_t status = resil_redis_reservation_cancel(named->reservation, NULL);
    if (status > RESIL_STATUS_GAVE_NOTHING)
        print_error(status);
    else
        printf(status == RESIL_STATUS_GRANTED ? "gave_back" : "gave_nothing");
}

int main(int argc, char **argv)
{
    static const struct operation operations[] = {
        {"try_acquire", try_acquire, 3},       {"peek", peek, 3},
        {"try_reserve", try_reserve, 3},       {"try_reserve_within", try_reserve, 4},
        {"reserve", reserve, 4},               {"reserve_within", reserve, 5},
        {"cancel", cancel, 3}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {.kind = NO_KIND};
    resil_redis_store_options_t options = RESIL_REDIS_STORE_OPTIONS_INIT;
    options.members = 1;
    timeline.connection = argc == 2 ? connect_to((unsigned)strtoul(argv[1], NULL, 10)) : -1;
    if (timeline.connection < 0
        || resil_redis_store_with_client(evaluate, &timeline, NULL, &options, &timeline.store)
               != RESIL_STATUS_GRANTED) {
        fputs("replay_redis: wants the port of a server\n", stderr);
        return 2;
    }
    int code = replay(&replayer, &timeline);
    resil_redis_store_free(timeline.store);
    close(timeline.connection);
    return code;
}
