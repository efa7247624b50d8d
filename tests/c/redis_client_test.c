/* Limiters over a client of the caller's own: the same limits, the same caution, and what the client is asked to do. */
#include "redis_client.h"
#include "redis_fixture.h"

/* A client as plain as can be: a connection for each command. */
struct client {
    unsigned port;
    /* What it was asked for. */
    unsigned by_digest, by_text;
    /* It answers this instead, without asking anybody; RESIL_REDIS_FAULT_NONE: no. */
    int32_t answers_instead;
    /* What it then says that it put into `numbers`. */
    size_t count_instead;
    unsigned destroyed;
};

static struct redis_server server;

static int32_t evaluate(void *user_data, size_t argc, const char *const *argv, const size_t *argv_lens,
                        int64_t *numbers, size_t *count)
{
    struct client *client = user_data;
    bool by_digest = argv_lens[0] == 7 && memcmp(argv[0], "EVALSHA", 7) == 0 && argv_lens[1] == 40;
    if (by_digest)
        client->by_digest++;
    else if (argv_lens[0] == 4 && memcmp(argv[0], "EVAL", 4) == 0)
        client->by_text++;
    else
        abort();
    if (client->answers_instead != RESIL_REDIS_FAULT_NONE || client->count_instead != 0) {
        *count = client->count_instead;
        return client->answers_instead;
    }
    int connection = connect_to(client->port);
    int32_t fault = RESIL_REDIS_FAULT_DISCONNECTED;
    if (connection >= 0 && send_command(connection, argc, argv, argv_lens))
        fault = read_numbers(connection, numbers, count);
    close(connection);
    return fault;
}

static void count_destroyed(void *user_data)
{
    struct client *client = user_data;
    client->destroyed++;
}

/* A store that one process shares with nobody, so that it asks for nothing but what it is asked. */
static resil_redis_store_t *store_over(struct client *client)
{
    resil_redis_store_options_t options = RESIL_REDIS_STORE_OPTIONS_INIT;
    resil_redis_store_t *store = NULL;
    options.members = 1;
    CHECK_STATUS(resil_redis_store_with_client(evaluate, client, count_destroyed, &options, &store),
                 RESIL_STATUS_GRANTED);
    if (store == NULL)
        abort();
    return store;
}

#define TAKES(bucket, permits, status, decided_by)                                        \
    do {                                                                                  \
        resil_redis_answer_t answer = unsaid();                                           \
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("a"), permits, &answer), status); \
        CHECK_EQUAL(answer.source, decided_by);                                           \
    } while (0)

static void a_client_and_a_connection_of_the_library_s_share_one_limit(void)
{
    struct client client = {.port = server.port};
    resil_redis_store_t *stores[] = {store_over(&client), store_of(&server)};
    resil_redis_token_bucket_t *buckets[2];
    CHECK(is_up_within(stores[0], 0));
    for (int i = 0; i < 2; i++)
        buckets[i] = bucket_in(stores[i], "client", 4, RESIL_REDIS_POLICY_UNAVAILABLE);
    for (int i = 0; i < 4; i++)
        TAKES(buckets[i % 2], 1, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    for (int i = 0; i < 2; i++) {
        TAKES(buckets[i], 1, RESIL_STATUS_RETRY_AFTER, RESIL_REDIS_SOURCE_STORE);
        resil_redis_token_bucket_free(buckets[i]);
        resil_redis_store_free(stores[i]);
    }
    CHECK_EQUAL(client.destroyed, 1);
}

static void a_server_that_does_not_know_the_script_is_sent_its_text_once(void)
{
    struct client client = {.port = server.port};
    resil_redis_store_t *store = store_over(&client);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "text", 9, RESIL_REDIS_POLICY_UNAVAILABLE);
    for (unsigned flushed = 1; flushed <= 2; flushed++) {
        CHECK(server_command(server.port, "SCRIPT FLUSH", "+OK"));
        for (int i = 0; i < 3; i++)
            TAKES(bucket, 1, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
        CHECK_EQUAL(client.by_digest, 3 * flushed);
        CHECK_EQUAL(client.by_text, flushed);
    }
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void every_limiter_asks_by_it(void)
{
    struct client client = {.port = server.port};
    resil_redis_store_t *store = store_over(&client);
    resil_quota_t quota = an_hour(2);
    resil_redis_leaky_meter_t *meter = NULL;
    resil_redis_leaky_queue_t *queue = NULL;
    resil_redis_period_limiter_t *limiter = NULL;
    resil_redis_answer_t answer = unsaid();
    uint64_t wait_ns = UNTOUCHED;
    CHECK_STATUS(resil_redis_leaky_meter_new(store, "cm", &quota, NULL, &meter), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_new(store, "cq", &quota, NULL, &queue), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_period_limiter_sliding(store, "cp", 2, 3600 * SECOND, NULL, &limiter),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_meter_try_acquire(meter, SUBJECT("a"), 2, &answer), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK_STATUS(resil_redis_leaky_meter_peek(meter, SUBJECT("a"), 1, &answer), RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_redis_leaky_queue_acquire(queue, SUBJECT("a"), 1, 0, &answer), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_redis_leaky_queue_try_reserve(queue, SUBJECT("a"), 1, RESIL_NO_TIMEOUT, &wait_ns, &answer),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK(wait_ns > 3000 * SECOND);
    CHECK_STATUS(resil_redis_leaky_queue_peek(queue, SUBJECT("a"), 1, &wait_ns, &answer), RESIL_STATUS_RETRY_AFTER);
    CHECK_STATUS(resil_redis_period_limiter_try_acquire(limiter, SUBJECT("a"), 2, &answer),
                 RESIL_STATUS_GRANTED_LAST);
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK_STATUS(resil_redis_period_limiter_peek(limiter, SUBJECT("a"), 1, &answer), RESIL_STATUS_RETRY_AFTER);
    /* Each script is sent once at most. */
    CHECK_EQUAL(client.by_digest, 7);
    CHECK(client.by_text <= 2);
    resil_redis_leaky_meter_free(meter);
    resil_redis_leaky_queue_free(queue);
    resil_redis_store_free(store);
    CHECK_EQUAL(client.destroyed, 0);
    resil_redis_period_limiter_free(limiter);
    CHECK_EQUAL(client.destroyed, 1);
}

static void a_reservation_is_given_back_by_it_and_keeps_it(void)
{
    struct client client = {.port = server.port};
    resil_redis_store_t *store = store_over(&client);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "back", 1, RESIL_REDIS_POLICY_UNAVAILABLE);
    resil_redis_reservation_t *later = NULL;
    TAKES(bucket, 1, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_STORE);
    CHECK_STATUS(resil_redis_token_bucket_reserve(bucket, SUBJECT("a"), 1, RESIL_NO_TIMEOUT, &later, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK(resil_redis_reservation_ready_after_ns(later) > 3000 * SECOND);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
    CHECK_STATUS(resil_redis_reservation_cancel(later, NULL), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(client.destroyed, 0);
    resil_redis_reservation_free(later);
    CHECK_EQUAL(client.destroyed, 1);
}

static void a_client_without_a_server_is_not_asked_again_until_a_try_is_due(void)
{
    struct client client = {.port = server.port, .answers_instead = RESIL_REDIS_FAULT_DISCONNECTED};
    resil_redis_store_t *store = store_over(&client);
    resil_redis_token_bucket_t *bucket = bucket_in(store, "away", 1000, RESIL_REDIS_POLICY_RESCUE);
    for (int i = 0; i < 100; i++)
        TAKES(bucket, 1, RESIL_STATUS_GRANTED, RESIL_REDIS_SOURCE_RESCUE);
    CHECK_EQUAL(seen_of(store).is_up, false);
    CHECK_EQUAL(seen_of(store).outages, 1);
    /* The first, and tries that are at least 10 ms apart. */
    CHECK(client.by_digest < 50);
    CHECK_EQUAL(client.by_text, 0);
    /* It is back: two tries of callers on their way, then they ask again. */
    client.answers_instead = RESIL_REDIS_FAULT_NONE;
    resil_redis_answer_t answer = unsaid();
    for (int i = 0; i < 1000 && answer.source != RESIL_REDIS_SOURCE_STORE; i++) {
        server_pause_ms(10);
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("b"), 1, &answer), RESIL_STATUS_GRANTED);
    }
    CHECK_EQUAL(answer.source, RESIL_REDIS_SOURCE_STORE);
    CHECK_EQUAL(seen_of(store).is_up, true);
    resil_redis_token_bucket_free(bucket);
    resil_redis_store_free(store);
}

static void what_a_client_reports_is_told_where_nobody_decides(void)
{
    static const struct {
        int32_t reported;
        size_t count;
        int32_t told;
    } cases[] = {
        {RESIL_REDIS_FAULT_TIMEOUT, 0, RESIL_REDIS_FAULT_TIMEOUT},
        {RESIL_REDIS_FAULT_DISCONNECTED, 0, RESIL_REDIS_FAULT_DISCONNECTED},
        {RESIL_REDIS_FAULT_UNABLE, 0, RESIL_REDIS_FAULT_UNABLE},
        {RESIL_REDIS_FAULT_REFUSED, 0, RESIL_REDIS_FAULT_REFUSED},
        {RESIL_REDIS_FAULT_CALL, 0, RESIL_REDIS_FAULT_CALL},
        /* Of the text too: then this call is wrong. */
        {RESIL_REDIS_FAULT_UNKNOWN_SCRIPT, 0, RESIL_REDIS_FAULT_CALL},
        /* Numbers that mean nothing, and more of them than there is room for. */
        {99, 0, RESIL_REDIS_FAULT_CALL},
        {-1, 0, RESIL_REDIS_FAULT_CALL},
        {RESIL_REDIS_FAULT_NONE, RESIL_REDIS_MOST_NUMBERS + 1, RESIL_REDIS_FAULT_CALL},
        {RESIL_REDIS_FAULT_NONE, SIZE_MAX, RESIL_REDIS_FAULT_CALL},
        {RESIL_REDIS_FAULT_NONE, RESIL_REDIS_MOST_NUMBERS, RESIL_REDIS_FAULT_CALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client client = {.answers_instead = cases[i].reported, .count_instead = cases[i].count};
        resil_redis_store_t *store = store_over(&client);
        resil_redis_token_bucket_t *bucket = bucket_in(store, "told", 1, RESIL_REDIS_POLICY_UNAVAILABLE);
        resil_redis_answer_t answer = unsaid();
        CHECK_STATUS(resil_redis_token_bucket_try_acquire(bucket, SUBJECT("a"), 1, &answer),
                     RESIL_STATUS_UNAVAILABLE);
        CHECK_EQUAL(answer.fault, cases[i].told);
        resil_redis_token_bucket_free(bucket);
        resil_redis_store_free(store);
    }
}

static void the_first_word_of_an_error_says_what_it_means(void)
{
    CHECK_EQUAL(resil_redis_fault_of(SUBJECT("NOSCRIPT No matching script. Please use EVAL.")),
                RESIL_REDIS_FAULT_UNKNOWN_SCRIPT);
    CHECK_EQUAL(resil_redis_fault_of(SUBJECT("READONLY You can't write")), RESIL_REDIS_FAULT_UNABLE);
    CHECK_EQUAL(resil_redis_fault_of(SUBJECT("NOAUTH Authentication required.")), RESIL_REDIS_FAULT_REFUSED);
    CHECK_EQUAL(resil_redis_fault_of(SUBJECT("WRONGTYPE \xff")), RESIL_REDIS_FAULT_CALL);
    CHECK_EQUAL(resil_redis_fault_of("NOSCRIPTED", 10), RESIL_REDIS_FAULT_CALL);
    CHECK_EQUAL(resil_redis_fault_of("", 0), RESIL_REDIS_FAULT_CALL);
    CHECK_EQUAL(resil_redis_fault_of(NULL, 9), RESIL_REDIS_FAULT_CALL);
}

static void a_store_that_is_not_made_leaves_the_client_s_data_alone(void)
{
    struct client client = {.port = 1};
    resil_redis_store_options_t options = RESIL_REDIS_STORE_OPTIONS_INIT;
    resil_redis_store_t *store = NULL;
    CHECK_NULL(resil_redis_store_with_client, (NULL, &client, count_destroyed, NULL, &store), "evaluate");
    CHECK_NULL(resil_redis_store_with_client, (evaluate, &client, count_destroyed, NULL, NULL), "out");
    options.deadline_ns = 0;
    CHECK_ERROR(resil_redis_store_with_client, (evaluate, &client, count_destroyed, &options, &store),
                RESIL_STATUS_DEADLINE_IS_ZERO, "options->deadline_ns");
    CHECK(store == NULL);
    CHECK_EQUAL(client.destroyed, 0);
    CHECK_STATUS(resil_redis_store_with_client(evaluate, &client, NULL, NULL, &store), RESIL_STATUS_GRANTED);
    resil_redis_store_free(store);
    CHECK_EQUAL(client.destroyed, 0);
}

int main(void)
{
    RUN(what_a_client_reports_is_told_where_nobody_decides);
    RUN(the_first_word_of_an_error_says_what_it_means);
    RUN(a_store_that_is_not_made_leaves_the_client_s_data_alone);
    if (server_is_there()) {
        server = server_start();
        RUN(a_client_and_a_connection_of_the_library_s_share_one_limit);
        RUN(a_server_that_does_not_know_the_script_is_sent_its_text_once);
        RUN(every_limiter_asks_by_it);
        RUN(a_reservation_is_given_back_by_it_and_keeps_it);
        RUN(a_client_without_a_server_is_not_asked_again_until_a_try_is_due);
        server_kill(&server);
    }
    return finish("redis_client_test");
}
