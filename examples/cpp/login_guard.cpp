// Guards logins by a limit in Redis, and shows what each policy makes of a server that is away.
//
//     g++ -std=c++17 -O2 -Iinclude examples/cpp/login_guard.cpp -lresil -lpthread -o login_guard
//     ./login_guard
//
// Nobody listens at the store's address, so every run prints the same; a service gives its server's address and waits
// a moment until that is reached.
#include <cstdio>
#include <string>

#include "resil.hpp"
#include "resil/redis.hpp"

namespace redis = resil::redis;

// The options of a bucket that differ from the usual.
static redis::token_bucket_options with(redis::policy policy)
{
    redis::token_bucket_options options;
    options.policy = policy;
    return options;
}

// Yours: who may try to log in.
class logins {
public:
    // Logins would rather be refused than guessed at; pages would rather be served.
    explicit logins(const redis::store &store)
        : attempts_(store, "logins", resil::quota::per_minute(5), with(redis::policy::closed)),
          pages_(store, "pages", resil::quota::per_minute(600).with_burst(4)),
          help_(store, "help", resil::quota::per_minute(1), with(redis::policy::open)),
          invoices_(store, "invoices", resil::quota::per_minute(1), with(redis::policy::unavailable))
    {
    }

    redis::decision log_in(const std::string &user) const { return attempts_.try_acquire(user); }
    redis::decision page(const std::string &user) const { return pages_.try_acquire(user); }
    redis::decision help() const { return help_.try_acquire(); }
    redis::decision invoice(const std::string &user) const { return invoices_.try_acquire(user); }

private:
    redis::token_bucket attempts_, pages_, help_, invoices_;
};

static const char *name_of(redis::source source)
{
    switch (source) {
    case redis::source::store: return "the store";
    case redis::source::rescue: return "this process's part";
    case redis::source::policy: return "the policy";
    case redis::source::limit: return "the limit";
    }
    return "?";
}

static void tell(const char *what, const redis::decision &decision)
{
    const char *answer = decision ? "yes" : decision.unavailable() ? "nobody knows" : "not now";
    std::printf("%s: %s, says %s\n", what, answer, name_of(decision.source()));
}

int main()
{
    redis::store_options options;
    // Each of two servers of the site has half of every limit while the store is away.
    options.members = 2;
    const redis::store store("redis://127.0.0.1:1/", options);
    const logins guard(store);
    tell("a login", guard.log_in("ada"));
    for (int page = 1; page <= 3; page++)
        tell("a page", guard.page("ada"));
    tell("help", guard.help());
    tell("an invoice", guard.invoice("ada"));
    std::printf("the store is %s\n", store.snapshot().is_up ? "up" : "away");
}
