/// resil for C++17 and newer: resil.h with owners, durations of std::chrono, and lambdas. Nothing to link beyond
/// the C library, and every hot call is one call of it.
///
/// Handles are objects that are moved, never copied, and free themselves. Any number of threads may use one object at
/// once, but for its destruction, assignment and moving; what the operations answer are plain values.
///
/// Errors (wrong input, the use of a moved-from object) are thrown as resil::error, by constructors too. Without
/// exceptions (-fno-exceptions, or RESIL_NO_EXCEPTIONS defined) nothing is thrown: there are no such constructors,
/// and what can fail returns a resil::result or an answer that holds the error's status and is not granted. `make`,
/// which every class has, returns a result in both forms. A refusal is an answer, not an error.
///
/// What resil.h says of instants, threads, fork and signal handlers holds here too. A lambda that the library calls
/// may throw, and what it throws reaches the caller; it must not be left by longjmp.
///
///     resil::token_bucket bucket(resil::quota::per_second(100).with_burst(10));
///     if (auto verdict = bucket.try_acquire()) serve();
///     else if (auto wait = verdict.retry_after()) come_back_in(*wait);
#ifndef RESIL_HPP
#define RESIL_HPP

#include "resil/clock.hpp"
#include "resil/error.hpp"
#include "resil/ewma.hpp"
#include "resil/hash_ring.hpp"
#include "resil/instant.hpp"
#include "resil/leaky_bucket.hpp"
#include "resil/period_limiter.hpp"
#include "resil/permit.hpp"
#include "resil/quota.hpp"
#include "resil/result.hpp"
#include "resil/rolling_counter.hpp"
#include "resil/rolling_window.hpp"
#include "resil/single_flight.hpp"
#include "resil/spin_lock.hpp"
#include "resil/sre_breaker.hpp"
#include "resil/sre_breaker_config.hpp"
#include "resil/token_bucket.hpp"
#include "resil/verdict.hpp"
#include "resil/version.hpp"

#endif
