// The limiters of resil/redis.hpp, on a real server and while it is away.
#include "redis_server.h"

#include <vector>

#include "form.hpp"
#include "resil/redis.hpp"

namespace redis = resil::redis;
using redis::fault;
using redis::policy;
using redis::source;

// Longer than any answer of a server that runs takes on a machine that is busy with other things.
static constexpr auto patience = 20s;

static redis_server server;

static redis::store_options patient()
{
    redis::store_options options;
    options.deadline = options.connect_timeout = patience;
    options.members = 1;
    return options;
}

// A store that is connected.
static redis::store connected()
{
    auto store = redis::store::open(server.url, patient()).value();
    CHECK(got(store.wait_until_up(patience)));
    return store;
}

static redis::store away() { return redis::store::open("redis://127.0.0.1:1/", patient()).value(); }

static resil::quota an_hour(std::uint32_t burst) { return resil::quota::per_hour(1).with_burst(burst); }

static redis::token_bucket bucket_in(const redis::store &store, const char *name, std::uint32_t burst, policy policy)
{
    redis::token_bucket_options options;
    options.policy = policy;
    options.max_wait = 100h;
    return redis::token_bucket::make(store, name, an_hour(burst), options).value();
}

static void a_bucket_grants_its_burst_to_each_subject_and_outlives_its_store()
{
    auto store = std::optional(connected());
    const auto bucket = bucket_in(*store, "burst", 3, policy::rescue);
    CHECK(got(bucket.quota()) == an_hour(3));
    store.reset();
    const auto first = bucket.try_acquire("a", 2);
    CHECK(first && first.granted() && first.source() == source::store && first.fault() == fault::none);
    CHECK(first.remaining() == 1U && first.reset_after() > 1h && !first.retry_after());
    CHECK(bucket.try_acquire("a"));
    const auto refused = bucket.try_acquire("a");
    CHECK(!refused && refused.retry_after() > 50min && !refused.unavailable() && refused.source() == source::store);
    CHECK(bucket.peek("a").remaining() == 0U && bucket.peek("b", 3) && bucket.peek("b").remaining() == 3U);
    CHECK(bucket.try_acquire("", 3) && !bucket.try_acquire());
    CHECK(bucket.try_acquire("a", 4).exceeds_limit() && bucket.try_acquire("a", 4).source() == source::limit);
    CHECK(bucket.acquire("c", 3) && bucket.acquire("c", 1, 1s).retry_after() > 50min);
}

static void a_reservation_is_given_back_once_and_outlives_its_bucket()
{
    auto bucket = std::optional(bucket_in(connected(), "promise", 1, policy::unavailable));
    const auto now = bucket->reserve("a");
    CHECK(now && now->ready_after() == 0s && now->decision().source() == source::store);
    auto later = bucket->reserve("a").value();
    CHECK(later.ready_after() > 50min);
    const auto refused = bucket->reserve("a", 1, 1s);
    CHECK(!refused && refused.refusal().retry_after() > 50min && refused.status() == RESIL_STATUS_RETRY_AFTER);
    bucket.reset();
    auto moved = std::move(later);
    CHECK(got(moved.cancel()) == resil::cancelled::gave_back);
    CHECK_FAILS(moved.cancel(), RESIL_STATUS_ALREADY_SETTLED);
    CHECK_FAILS(later.cancel(), RESIL_STATUS_NULL_ARGUMENT);
}

static void meter_queue_and_period_limiter_answer_as_in_one_process()
{
    const auto store = connected();
    const auto meter = redis::leaky_meter::make(store, "m", an_hour(2)).value();
    CHECK(meter.peek("a").remaining() == 2U && meter.try_acquire("a", 2) && !meter.try_acquire("a"));
    CHECK(got(meter.quota()) == an_hour(2));
    const auto queue = redis::leaky_queue::make(store, "q", an_hour(2)).value();
    CHECK(queue.peek("a")->ready_after == 0s && queue.acquire("a"));
    CHECK(queue.peek("a")->ready_after > 50min && queue.try_reserve("a")->ready_after > 50min);
    const auto full = queue.try_reserve("a");
    CHECK(!full && full.refusal().retry_after() > 50min && !queue.peek("a") && !queue.acquire("a", 1, 0s));
    CHECK(queue.try_reserve("b")->decision.source() == source::store && got(queue.quota()) == an_hour(2));
    using redis::period_limiter;
    constexpr auto long_enough = 24h * 500;
    std::vector<period_limiter> kinds;
    kinds.push_back(period_limiter::make(store, "p", 2, long_enough).value());
    kinds.push_back(period_limiter::make_aligned(store, "p", 2, long_enough, -1h).value());
    kinds.push_back(period_limiter::make_sliding(store, "p", 2, long_enough).value());
    for (const auto &limiter : kinds) {
        CHECK(!limiter.try_acquire("a").last() && limiter.peek("a").remaining() == 1U);
        CHECK(limiter.try_acquire("a").last() && limiter.try_acquire("a").retry_after() > 0s);
    }
}

static void policies_decide_while_the_server_is_away_and_say_so()
{
    const auto store = connected();
    const auto rescued = bucket_in(store, "rescued", 1, policy::rescue);
    const auto open = bucket_in(store, "open", 1, policy::open);
    const auto closed = bucket_in(store, "closed", 1, policy::closed);
    const auto unavailable = bucket_in(store, "unavailable", 1, policy::unavailable);
    CHECK(rescued.try_acquire("before").source() == source::store && got(store.snapshot()).is_up);
    server_kill(&server);
    const auto told = unavailable.try_acquire("during");
    CHECK(!told && told.unavailable() && told.fault() == fault::disconnected && told.source() == source::policy);
    CHECK(!told.remaining() && !told.reset_after() && !told.retry_after());
    CHECK_STATUS(told.status(), RESIL_STATUS_UNAVAILABLE);
#if RESIL_EXCEPTIONS
    try {
        told.or_throw();
        checks_failed++;
    } catch (const resil::denied &thrown) {
        CHECK_STATUS(thrown.status(), RESIL_STATUS_UNAVAILABLE);
    }
#endif
    CHECK(rescued.try_acquire("during").source() == source::rescue && !rescued.try_acquire("during"));
    CHECK(open.try_acquire("during", 1) && open.try_acquire("during").source() == source::policy);
    CHECK(closed.try_acquire("during").retry_after() > 0s);
    const auto seen = got(store.snapshot());
    CHECK(!seen.is_up && seen.outages == 1 && seen.members == 1 && seen.last_fault == fault::disconnected);
    CHECK(server_begin(&server) && got(store.wait_until_up(patience)));
    CHECK(unavailable.try_acquire("after").source() == source::store);
}

// How often a client was called, and how many of it are there.
static unsigned called, alive;

struct counted {
    counted() { alive++; }
    counted(counted &&) noexcept { alive++; }
    counted(const counted &) = delete;
    ~counted() { alive--; }

    fault operator()(const redis::command &command, redis::numbers &numbers) const
    {
        called++;
        CHECK(command.size() > 4 && command[2] == "1" && std::string_view(command.words()[0], command.lens()[0]) == command[0]);
        CHECK(command[0] == (called == 1 ? "EVALSHA" : "EVAL") && (called != 1 || command[1].size() == 40));
        CHECK(command[3] == "resil:1:tb:client:{a}");
        if (called == 1)
            return redis::fault_of("NOSCRIPT No matching script.");
        for (int i = 0; i < 99; i++)
            numbers.push_back(i);
        return fault::none;
    }
};

static void a_client_of_ones_own_is_asked_and_lives_as_long_as_who_asks_it()
{
    redis::store_options options;
    options.members = 1;
    called = 0;
    {
        auto store = std::optional(redis::store::with_client(counted(), options).value());
        const auto bucket = bucket_in(*store, "client", 3, policy::unavailable);
        store.reset();
        CHECK_EQUAL(alive, 1);
        // More numbers than any answer has: this call alone is wrong, after the text was sent as well.
        CHECK(bucket.try_acquire("a").fault() == fault::call);
        CHECK_EQUAL(called, 2);
    }
    CHECK_EQUAL(alive, 0);
    options.deadline = 0s;
    CHECK_REFUSED_BY_NAME(redis::store::with_client(counted(), options), RESIL_STATUS_DEADLINE_IS_ZERO, "deadline");
    CHECK_EQUAL(alive, 0);
    CHECK(redis::fault_of("LOADING Redis is loading") == fault::unable && redis::fault_of("") == fault::call);
#if RESIL_EXCEPTIONS
    options = {};
    options.members = 1;
    const auto throws = [](const redis::command &, redis::numbers &) -> fault { throw 1; };
    const auto store = redis::store::with_client(throws, options).value();
    const auto bucket = bucket_in(store, "client", 3, policy::unavailable);
    CHECK(bucket.try_acquire("a").fault() == fault::disconnected);
#endif
}

static void what_is_wrong_is_refused_by_name()
{
    using redis::store;
    using redis::token_bucket;
    redis::store_options options;
    options.deadline = 0s;
    CHECK_REFUSED_BY_NAME(store::open("redis://127.0.0.1:1/", options), RESIL_STATUS_DEADLINE_IS_ZERO, "deadline");
    options.deadline = -1ns;
    CHECK_REFUSED_BY_NAME(store::open("redis://127.0.0.1:1/", options), RESIL_STATUS_NEGATIVE_DURATION, "deadline");
    options = {};
    options.connect_timeout = -1ns;
    CHECK_REFUSED_BY_NAME(store::open("redis://127.0.0.1:1/", options), RESIL_STATUS_NEGATIVE_DURATION,
                          "connect_timeout");
    options = {};
    options.members_group = "a b";
    CHECK_REFUSED_BY_NAME(store::open("redis://127.0.0.1:1/", options), RESIL_STATUS_NAME_NOT_PLAIN,
                          "members_group");
    options.members_group = std::string("a\0b", 3);
    CHECK_REFUSED_BY_NAME(store::open("redis://127.0.0.1:1/", options), RESIL_STATUS_NAME_NOT_PLAIN,
                          "members_group");
    CHECK_REFUSED_BY_NAME(store::open("http://127.0.0.1/"), RESIL_STATUS_WRONG_URL, "url");
    CHECK_REFUSED_BY_NAME(store::open(std::string("redis://127.0.0.1:1/\0", 21)), RESIL_STATUS_WRONG_URL, "url");
    const auto nowhere = away();
    CHECK_REFUSED_BY_NAME(token_bucket::make(nowhere, "a:b", an_hour(1)), RESIL_STATUS_NAME_NOT_PLAIN, "name");
    CHECK_REFUSED_BY_NAME(token_bucket::make(nowhere, std::string("a\0b", 3), an_hour(1)),
                          RESIL_STATUS_NAME_NOT_PLAIN, "name");
    CHECK_REFUSED_BY_NAME(token_bucket::make(nowhere, "n", an_hour(0)), RESIL_STATUS_BURST_IS_ZERO, "burst");
    redis::token_bucket_options bucket;
    bucket.max_wait = -1ns;
    CHECK_REFUSED_BY_NAME(token_bucket::make(nowhere, "n", an_hour(1), bucket), RESIL_STATUS_NEGATIVE_DURATION,
                          "max_wait");
    CHECK_REFUSED_BY_NAME(redis::leaky_meter::make(nowhere, "", an_hour(1)), RESIL_STATUS_NAME_NOT_PLAIN, "name");
    CHECK_REFUSED_BY_NAME(redis::leaky_queue::make(nowhere, "n", {1, -1s, 1}), RESIL_STATUS_NEGATIVE_DURATION,
                          "quota.period");
    CHECK_REFUSED_BY_NAME(redis::period_limiter::make(nowhere, "n", 0, 1s), RESIL_STATUS_LIMIT_IS_ZERO, "limit");
    CHECK_REFUSED_BY_NAME(redis::period_limiter::make_sliding(nowhere, "n", 1, -1s), RESIL_STATUS_NEGATIVE_DURATION,
                          "period");
    CHECK_REFUSED_BY_NAME(redis::period_limiter::make_aligned(nowhere, "n", 1, 1s, 24h * 365 * 300),
                          RESIL_STATUS_UTC_OFFSET_TOO_LARGE, "utc_offset");
    CHECK_FAILS(bucket_in(nowhere, "n", 1, policy::rescue).try_acquire("\xff"), RESIL_STATUS_NOT_UTF8);
    CHECK_FAILS(bucket_in(nowhere, "n", 1, policy::rescue).acquire("a", 1, -1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(bucket_in(nowhere, "n", 1, policy::rescue).reserve("a", 1, -1ns), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(redis::leaky_queue::make(nowhere, "n", an_hour(1)).value().try_reserve("a", 1, -1ns),
                RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(redis::leaky_queue::make(nowhere, "n", an_hour(1)).value().acquire("a", 1, -1ns),
                RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(nowhere.wait_until_up(-1ns), RESIL_STATUS_NEGATIVE_DURATION);
}

static void a_moved_from_object_is_an_error_and_nothing_worse()
{
    const auto store = moved_from(away());
    CHECK_FAILS(store.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_REFUSED_BY_NAME(redis::token_bucket::make(store, "n", an_hour(1)), RESIL_STATUS_NULL_ARGUMENT, "store");
    CHECK_FAILS(moved_from(bucket_in(away(), "n", 1, policy::rescue)).try_acquire(), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void constructors_throw_what_make_answers()
{
    const redis::store store("redis://127.0.0.1:1/");
    CHECK(redis::token_bucket(store, "n", an_hour(1)).try_acquire());
    CHECK(redis::leaky_meter(store, "n", an_hour(1)).try_acquire());
    CHECK(redis::leaky_queue(store, "n", an_hour(1), policy::open).acquire());
    CHECK(redis::period_limiter(store, "n", 1, 1s).try_acquire());
    CHECK(redis::period_limiter::aligned(store, "n", 1, 1s).try_acquire());
    CHECK(redis::period_limiter::sliding(store, "n", 1, 1s).try_acquire());
    CHECK_FAILS(redis::store("http://127.0.0.1/"), RESIL_STATUS_WRONG_URL);
    CHECK_FAILS(redis::token_bucket(store, "", an_hour(1)), RESIL_STATUS_NAME_NOT_PLAIN);
}
#endif

int main()
{
    RUN(what_is_wrong_is_refused_by_name);
    RUN(a_client_of_ones_own_is_asked_and_lives_as_long_as_who_asks_it);
    RUN(a_moved_from_object_is_an_error_and_nothing_worse);
#if RESIL_EXCEPTIONS
    RUN(constructors_throw_what_make_answers);
#endif
    if (server_is_there()) {
        server = server_start();
        RUN(a_bucket_grants_its_burst_to_each_subject_and_outlives_its_store);
        RUN(a_reservation_is_given_back_once_and_outlives_its_bucket);
        RUN(meter_queue_and_period_limiter_answer_as_in_one_process);
        RUN(policies_decide_while_the_server_is_away_and_say_so);
        server_kill(&server);
    }
    return finish("cpp_redis_test");
}
