/// Limits that many processes share, on a Redis or Valkey server. Not part of resil.hpp: the library may be built
/// without the feature `redis`; then what is used of this fails to link.
///
///     resil::redis::store store("redis://127.0.0.1/");
///     resil::redis::token_bucket logins(store, "logins", resil::quota::per_minute(5));
///     if (auto decision = logins.try_acquire(user)) serve();
///     else if (decision.source() != resil::redis::source::store) { /* decided by this process alone */ }
#ifndef RESIL_REDIS_HPP
#define RESIL_REDIS_HPP

#include "redis_client.hpp"
#include "redis_decision.hpp"
#include "redis_leaky_bucket.hpp"
#include "redis_period_limiter.hpp"
#include "redis_store.hpp"
#include "redis_token_bucket.hpp"

#endif
