// resil: resilience primitives that decide, exactly and in nanoseconds, what to let through.
//
// Names. Every symbol and type begins with resil_, every macro and constant with RESIL_. A function is
// resil_<type>_<verb>. Durations are uint64_t nanoseconds and end in _ns.
//
// Status. Functions that can fail return a resil_status_t: 0 to 7 granted (resil_status_is_granted), 8 to 63
// refused, 64 and up an error. An error changes nothing; resil_last_error_message says more about it, in a
// text of the calling thread. A refusal is an answer, not an error, and leaves no message.
//
// Time. An instant is uint64_t nanoseconds since the zero of a clock, 0 to RESIL_INSTANT_MAX (2^63 - 1, 292
// years: uptime and Unix time both fit); a later one is an error. Sums past the end stop there. What reads a
// clock and does not wait has an _at form, which takes the instant instead and reads none. Instants of
// different clocks must not be mixed in one object. The steady clocks do not count time the machine is suspended.
//
// Pointers. NULL is an error, never a crash, except where NULL is given a meaning. Any other pointer must be
// valid, aligned, and for output writable. Handles that are made are set to NULL first; any other output is
// written only where its function says so. Functions keep no pointer that they are given, but a callback that
// options or arguments name, and its user data.
//
// Callbacks. They run on the calling thread, inside the call that needs them, with their own user data, and may
// use the library, the same handle included, but not free that handle. They must return: an exception that
// leaves one ends the program (but for resil_load_t, which may throw), and longjmp out of one is forbidden.
//
// Ownership. What _new makes is freed by _free of the same type, once, and not used afterwards. _free accepts
// NULL. Structs with visible fields are the caller's own. Texts are static, unless said otherwise, and never
// freed.
//
// Threads. Every handle may be used by any number of threads at once, with no lock around it; only _free must
// be alone with its handle.
//
// fork. A child has a copy of every object, which goes its own way, and may use and free it. If another thread
// was inside a call on an object while the process forked, the child must leave that object alone.
//
// Signals. Call nothing from a signal handler. One that interrupted a call must return: longjmp out of it is
// forbidden.
//
// C++. resil.hpp, beside this header, has owners, durations of std::chrono and lambdas on top of it.
//
// Panics. A bug in the library does not unwind into the caller: it becomes RESIL_STATUS_PANIC, or where no
// status is returned an empty value, and one line goes to stderr.

#ifndef RESIL_H
#define RESIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The version of this header; resil_version() tells the one of the library that runs.
#define RESIL_VERSION_MAJOR 0
#define RESIL_VERSION_MINOR 1
#define RESIL_VERSION_PATCH 0
// major * 1000000 + minor * 1000 + patch: versions compare as these numbers do.
#define RESIL_VERSION 1000
#define RESIL_VERSION_STRING "0.1.0"
// Goes up whenever a program must be compiled anew; resil_abi_version() tells the one of the library that runs.
#define RESIL_ABI_VERSION 1

// A caller who drops the answer of such a function has a bug.
#if defined(__cplusplus) && __cplusplus >= 201703L
#define RESIL_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define RESIL_NODISCARD __attribute__((warn_unused_result))
#else
#define RESIL_NODISCARD
#endif

// A token bucket that is full at first, on the steady clock.
#define RESIL_TOKEN_BUCKET_OPTIONS_INIT { sizeof(resil_token_bucket_options_t), 0, 0, RESIL_CLOCK_MONOTONIC, NULL }

// A reservation that holds no promise: cancelling it is an error that changes nothing.
#define RESIL_RESERVATION_INIT { 0, 0, 0, 0, { 0, 0 } }

// A leaky meter or queue on the steady clock.
#define RESIL_LEAKY_BUCKET_OPTIONS_INIT { sizeof(resil_leaky_bucket_options_t), RESIL_CLOCK_MONOTONIC, NULL }

// A period limiter on the steady clock: from first use, or sliding.
#define RESIL_PERIOD_LIMITER_OPTIONS_INIT { sizeof(resil_period_limiter_options_t), RESIL_CLOCK_MONOTONIC, NULL }

// An aligned period limiter on the wall clock.
#define RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT { sizeof(resil_period_limiter_options_t), RESIL_CLOCK_UNIX, NULL }

// A rolling window or counter on the coarse clock, the current bucket read too.
#define RESIL_ROLLING_WINDOW_OPTIONS_INIT { sizeof(resil_rolling_window_options_t), 0, RESIL_CLOCK_COARSE, NULL }

// An average without warm-up, on the steady clock.
#define RESIL_EWMA_OPTIONS_INIT { sizeof(resil_ewma_options_t), 0, RESIL_CLOCK_MONOTONIC, NULL }

// A single flight whose values are not destroyed.
#define RESIL_SINGLE_FLIGHT_OPTIONS_INIT { sizeof(resil_single_flight_options_t), NULL }

// An SRE breaker on the coarse clock, with draws of its own.
#define RESIL_SRE_BREAKER_OPTIONS_INIT { sizeof(resil_sre_breaker_options_t), RESIL_CLOCK_COARSE, NULL, NULL, NULL }

// A permit that lets no call through: settling it is an error that changes nothing.
#define RESIL_PERMIT_INIT { NULL }

// A spin lock that is free; in a static, in a struct's initialiser, anywhere.
#define RESIL_SPIN_LOCK_INIT { 0 }

// A hash ring of the default layout.
#define RESIL_HASH_RING_OPTIONS_INIT { sizeof(resil_hash_ring_options_t), 0, RESIL_HASH_RING_MODE_DEFAULT }

// A store on Redis: 20 ms for a call, 100 ms for each step of a connect, members counted as "default".
#define RESIL_REDIS_STORE_OPTIONS_INIT { sizeof(resil_redis_store_options_t), 20000000, 100000000, 0, NULL }

// A bucket on Redis: rescued while the store is away, reserved for at most 60 s.
#define RESIL_REDIS_TOKEN_BUCKET_OPTIONS_INIT { sizeof(resil_redis_token_bucket_options_t), RESIL_REDIS_POLICY_RESCUE, 60000000000 }

// Any other limiter on Redis: rescued while the store is away.
#define RESIL_REDIS_LIMITER_OPTIONS_INIT { sizeof(resil_redis_limiter_options_t), RESIL_REDIS_POLICY_RESCUE }

// The last instant there is: 2^63 - 1 ns, 292 years after the clock's zero.
#define RESIL_INSTANT_MAX (UINT64_MAX / 2)

// The timeout of a caller who waits as long as it takes.
#define RESIL_NO_TIMEOUT UINT64_MAX

// The most numbers that a script answers with.
#define RESIL_REDIS_MOST_NUMBERS 16

// The answer of a call. 0 to 7: granted. 8 to 63: refused, try later or not at all. 64 and up: an error, and
// resil_last_error_message() says more. A number keeps its meaning for ever; newer libraries may return
// numbers that this header does not name, within these ranges.
enum resil_status_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Granted, or done.
    RESIL_STATUS_GRANTED = 0,
    // Done, but a cancelled reservation had nothing left to give back.
    RESIL_STATUS_GAVE_NOTHING = 1,
    // Granted, and the limit is reached now: not one permit more would be granted at this instant.
    RESIL_STATUS_GRANTED_LAST = 2,
    // Done, but the sample is not counted: its bucket has left the window.
    RESIL_STATUS_LATE = 3,
    // Done, but the sample counts only as far as it fitted: its bucket holds the most that a bucket can.
    RESIL_STATUS_SATURATED = 4,
    // Done: what was there already has the new value.
    RESIL_STATUS_REPLACED = 5,
    // Refused: the same request can be granted after the time that retry_after_ns tells.
    RESIL_STATUS_RETRY_AFTER = 8,
    // Refused: more permits than can ever be granted at once. No wait helps.
    RESIL_STATUS_EXCEEDS_LIMIT = 9,
    // Refused: do not make the call, its backend fails too many of them (or the breaker is forced open).
    RESIL_STATUS_REJECTED = 10,
    // Refused: the time to wait for another's call is over. That call goes on.
    RESIL_STATUS_TIMED_OUT = 11,
    // What was asked for is not there: no sample yet, no such node, no node that would do.
    RESIL_STATUS_ABSENT = 12,
    // Refused: a thread holds the lock.
    RESIL_STATUS_HELD = 13,
    // Refused: the store did not decide, and the policy leaves it to the caller.
    RESIL_STATUS_UNAVAILABLE = 14,
    // A pointer is NULL that must not be.
    RESIL_STATUS_NULL_ARGUMENT = 64,
    // A bug in the library, caught at its border. Please report the message.
    RESIL_STATUS_PANIC = 65,
    // An instant is later than RESIL_INSTANT_MAX.
    RESIL_STATUS_NOW_OUT_OF_RANGE = 66,
    // The reservation or permit was settled before, or was never granted.
    RESIL_STATUS_ALREADY_SETTLED = 67,
    // struct_size is not the size that this library knows: start from the INIT macro or the init function.
    RESIL_STATUS_STRUCT_SIZE = 68,
    // An integer that selects something selects nothing, or contradicts another field.
    RESIL_STATUS_UNKNOWN_VALUE = 69,
    // A draw is below 0, from 1 on, or not a number.
    RESIL_STATUS_DRAW_OUT_OF_RANGE = 70,
    // A duration is below 0. Of layers whose durations have a sign, such as resil.hpp: no function here takes one.
    RESIL_STATUS_NEGATIVE_DURATION = 71,
    // The call that this one waited for threw. Its key is free: asking again makes the call.
    RESIL_STATUS_LEADER_FAILED = 72,
    // This thread makes the call of this key already: waiting for it would never end.
    RESIL_STATUS_REENTERED = 73,
    // A lock was to be given back that nobody holds.
    RESIL_STATUS_NOT_HELD = 74,
    // permits of a quota is 0.
    RESIL_STATUS_PERMITS_IS_ZERO = 80,
    // period_ns of a quota or period limiter is 0.
    RESIL_STATUS_PERIOD_IS_ZERO = 81,
    // burst of a quota is 0.
    RESIL_STATUS_BURST_IS_ZERO = 82,
    // period_ns of a quota or period limiter is more than 2^63 - 1 (292 years).
    RESIL_STATUS_PERIOD_TOO_LONG = 83,
    // permits / period_ns of a quota is more than 4 permits per nanosecond.
    RESIL_STATUS_RATE_TOO_HIGH = 84,
    // burst * period_ns / permits of a quota, the time from empty to full, is more than 2^52 us (142 years).
    RESIL_STATUS_SPAN_TOO_LONG = 85,
    // initial of a bucket's options is more than the burst of its quota.
    RESIL_STATUS_INITIAL_EXCEEDS_BURST = 96,
    // bucket_width_ns of a window is below 1000 (1 us).
    RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT = 112,
    // bucket_count of a window is 0.
    RESIL_STATUS_BUCKET_COUNT_IS_ZERO = 113,
    // bucket_count of a window is more than 65536.
    RESIL_STATUS_BUCKET_COUNT_TOO_HIGH = 114,
    // bucket_width_ns * bucket_count of a window is more than 2^63 - 1 (292 years).
    RESIL_STATUS_WINDOW_SPAN_TOO_LONG = 115,
    // bucket_width_ns of a window is too short for its clock: RESIL_CLOCK_COARSE serves 100 ms and more.
    RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK = 116,
    // multiplier of a breaker is below 1 or not finite.
    RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE = 128,
    // success_ratio of a breaker is not above 0, or above 1.
    RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE = 129,
    // min_multiplier of a breaker is below 1 or above its multiplier.
    RESIL_STATUS_MIN_MULTIPLIER_OUT_OF_RANGE = 130,
    // min_multiplier of a breaker is set, but success_ratio stands in the multiplier's place.
    RESIL_STATUS_MIN_MULTIPLIER_WITH_SUCCESS_RATIO = 131,
    // padding of a breaker is negative or not finite.
    RESIL_STATUS_PADDING_OUT_OF_RANGE = 132,
    // aggression of a breaker is below 1 or not finite.
    RESIL_STATUS_AGGRESSION_OUT_OF_RANGE = 133,
    // max_drop_ratio of a breaker is not from 0 to 1.
    RESIL_STATUS_MAX_DROP_RATIO_OUT_OF_RANGE = 134,
    // limit of a period limiter is 0.
    RESIL_STATUS_LIMIT_IS_ZERO = 144,
    // limit of a period limiter is more than one permit per 2 ns of its period.
    RESIL_STATUS_LIMIT_TOO_HIGH = 145,
    // utc_offset_secs of a period limiter is 24 hours or more, either way.
    RESIL_STATUS_UTC_OFFSET_TOO_LARGE = 146,
    // virtual_nodes of a ring is more than 2^24.
    RESIL_STATUS_VIRTUAL_NODES_TOO_MANY = 160,
    // weight of a ring's node is more than 65535.
    RESIL_STATUS_WEIGHT_TOO_HIGH = 161,
    // weight of a node is 0, and the ring's mode does not have that.
    RESIL_STATUS_WEIGHT_IS_ZERO = 162,
    // A ring has 65535 nodes already.
    RESIL_STATUS_TOO_MANY_NODES = 163,
    // A ring would have more than 2^24 points.
    RESIL_STATUS_TOO_MANY_POINTS = 164,
    // node_len of a ring's node is more than 2^32 - 1.
    RESIL_STATUS_NODE_TOO_LONG = 165,
    // epsilon of a bounded load is negative or not finite.
    RESIL_STATUS_EPSILON_OUT_OF_RANGE = 166,
    // total_weight of a bounded load is 0.
    RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO = 167,
    // weight of a bounded load is more than total_weight.
    RESIL_STATUS_WEIGHT_ABOVE_TOTAL = 168,
    // alpha of an average is not above 0, or above 1.
    RESIL_STATUS_ALPHA_OUT_OF_RANGE = 176,
    // age of an average is below 1 or not finite.
    RESIL_STATUS_AGE_OUT_OF_RANGE = 177,
    // time_constant_ns is 0.
    RESIL_STATUS_TIME_CONSTANT_IS_ZERO = 178,
    // time_constant_ns is more than 2^63 - 1 (292 years).
    RESIL_STATUS_TIME_CONSTANT_TOO_LONG = 179,
    // warm_up of an average is set, but it forgets by time.
    RESIL_STATUS_WARM_UP_NOT_BY_COUNT = 180,
    // A sample is infinite or not a number.
    RESIL_STATUS_SAMPLE_NOT_FINITE = 181,
    // A sample is so large that the sum of the samples would not be finite.
    RESIL_STATUS_SAMPLE_SUM_TOO_LARGE = 182,
    // A name has not 1 to 64 bytes, or one that is not an ASCII letter, a digit, '-', '_' or '.'.
    RESIL_STATUS_NAME_NOT_PLAIN = 192,
    // A subject, name or URL is not UTF-8.
    RESIL_STATUS_NOT_UTF8 = 193,
    // url is none, or asks for what this library was built without, such as TLS.
    RESIL_STATUS_WRONG_URL = 194,
    // deadline_ns of a store is 0.
    RESIL_STATUS_DEADLINE_IS_ZERO = 195,
    // connect_timeout_ns of a store is 0.
    RESIL_STATUS_CONNECT_TIMEOUT_IS_ZERO = 196,
    // A quota's interval, as a fraction of whole numbers, times its burst is too large for a store: 2^53 and more.
    RESIL_STATUS_QUOTA_TOO_FINE = 197,
    // max_wait_ns of a bucket on Redis is more than 2^50 us (35 years).
    RESIL_STATUS_MAX_WAIT_TOO_LONG = 198,
    // period_ns of a limiter on Redis is no whole number of microseconds.
    RESIL_STATUS_PERIOD_NOT_WHOLE_MICROS = 199,
    // period_ns of a limiter on Redis is more than 2^52 us (142 years), or, sliding, 2^48 us (8.9 years) or more.
    RESIL_STATUS_PERIOD_TOO_LONG_FOR_STORE = 200,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_status_t resil_status_t;
#else
typedef int32_t resil_status_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The clock that an object reads. Options take it as an int32_t.
enum resil_clock_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The steady clock, to the nanosecond: CLOCK_MONOTONIC on unix. One reading costs a few tens of ns.
    RESIL_CLOCK_MONOTONIC = 0,
    // The steady clock at the kernel's last tick, mostly 1 to 4 ms old: CLOCK_MONOTONIC_COARSE on Linux, elsewhere
    // the same as RESIL_CLOCK_MONOTONIC. One reading costs a few ns.
    RESIL_CLOCK_COARSE = 1,
    // A clock that moves only when told to, for tests: a resil_manual_clock_t.
    RESIL_CLOCK_MANUAL = 2,
    // The wall clock: nanoseconds since 1970-01-01 00:00 UTC, for periods that follow the calendar. It may be
    // set, forwards and back, so nothing but an aligned period limiter should read it.
    RESIL_CLOCK_UNIX = 3,
    // The processor's time-stamp counter, scaled to nanoseconds: about 10 ns a reading. It counts from its first
    // use in the process, which calibrates it (0.5 to 200 ms), and drifts against the steady clock by tens of
    // millionths: never mix readings of the two. Where the processor has no steady counter it is the kernel's clock.
    RESIL_CLOCK_QUANTA = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_clock_t resil_clock_t;
#else
typedef int32_t resil_clock_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What becomes of the permits in a bucket when its quota changes. Functions take it as an int32_t.
//
// With `o` and `n` the old and the new burst, and `t` permits in the bucket. A debt (`t` below 0: permits
// reserved but not yet there) stays the same number of permits, except under RESET.
enum resil_carry_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // As newly made: full, and debts are forgotten.
    RESIL_CARRY_RESET = 0,
    // The permits that are there, as far as they fit: min(t, n).
    RESIL_CARRY_AS_IS = 1,
    // Filled to the same ratio: t * n / o.
    RESIL_CARRY_PROPORTIONAL = 2,
    // The permits that are there, and what the burst grew by: min(t, n) + max(0, n - o).
    RESIL_CARRY_ADDITIVE = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_carry_t resil_carry_t;
#else
typedef int32_t resil_carry_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Where a period limiter's windows begin. Snapshots show it as an int32_t.
enum resil_period_limiter_kind_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The first with the first permit ever taken, and each where the one before ends.
    RESIL_PERIOD_LIMITER_KIND_FROM_FIRST_USE = 0,
    // At multiples of the period on a wall clock.
    RESIL_PERIOD_LIMITER_KIND_ALIGNED = 1,
    // At multiples of the period from the clock's zero; the window before still counts in part.
    RESIL_PERIOD_LIMITER_KIND_SLIDING = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_period_limiter_kind_t resil_period_limiter_kind_t;
#else
typedef int32_t resil_period_limiter_kind_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How an average forgets. Snapshots give it as int32_t.
enum resil_ewma_kind_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // By the number of samples that came after.
    RESIL_EWMA_BY_COUNT = 0,
    // By the time since; a sample weighs the time since the last one.
    RESIL_EWMA_BY_TIME = 1,
    // By the time since; every sample weighs the same when it is new.
    RESIL_EWMA_SAMPLE_WEIGHTED = 2,
    // Up at once, down as by time; decays while nothing is recorded.
    RESIL_EWMA_PEAK = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_ewma_kind_t resil_ewma_kind_t;
#else
typedef int32_t resil_ewma_kind_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Whether a refused call counts as one that was tried. The configuration takes it as an int32_t.
enum resil_refusals_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // No: the window holds what the backend answered, and nothing else.
    RESIL_REFUSALS_UNCOUNTED = 0,
    // Yes, as a failure.
    RESIL_REFUSALS_AS_FAILURES = 1,
    // Yes, but not as a failure: a bucket of refusals alone is no failing bucket.
    RESIL_REFUSALS_APART = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_refusals_t resil_refusals_t;
#else
typedef int32_t resil_refusals_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// An SRE breaker as others have it, to the last bit of the ratio. Functions take it as an int32_t.
//
// "Strict": refusals count against the backend, so that more than a third of failures cuts traffic to a
// handful of calls per window. The others refuse in proportion to what fails.
enum resil_sre_breaker_preset_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The law as the book has it: (R - 2 A) / (R + 1), refusals count as failures, 2 min in 120 buckets.
    RESIL_SRE_BREAKER_PRESET_SRE_BOOK = 0,
    // go-zero up to v1.6.2, and what NULL means: (R - 5 - 1.5 A) / (R + 1), refusals do not count, 10 s in 40.
    RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3 = 1,
    // go-zero from v1.6.6 on: K falls from 1.5 to 1.1, refusals count apart, successes ease the ratio, a pass
    // is forced 1 s after the last. Strict.
    RESIL_SRE_BREAKER_PRESET_GO_ZERO = 2,
    // gRPC's route lookup service: (R - 2 A) / (R + 8), refusals count as failures, 30 s in 100.
    RESIL_SRE_BREAKER_PRESET_GRPC_RLS = 3,
    // kratos (aegis): (R - A / 0.6) / (R + 1) from 100 requests on, refusals count as failures, 3 s in 10.
    RESIL_SRE_BREAKER_PRESET_KRATOS = 4,
    // Envoy's admission control: (R - A / 0.95) / (R + 1), at most 0.8, refusals do not count, 30 s in 30.
    RESIL_SRE_BREAKER_PRESET_ENVOY = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_sre_breaker_preset_t resil_sre_breaker_preset_t;
#else
typedef int32_t resil_sre_breaker_preset_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What became of a call that was let through. Functions take it as an int32_t.
enum resil_outcome_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It went well.
    RESIL_OUTCOME_SUCCESS = 0,
    // It failed, in a way that speaks against whoever was called.
    RESIL_OUTCOME_FAILURE = 1,
    // It says nothing about whoever was called: given up, refused further in, a caller's own mistake.
    RESIL_OUTCOME_IGNORED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_outcome_t resil_outcome_t;
#else
typedef int32_t resil_outcome_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a breaker does with what it decides. Functions take and structs show it as an int32_t.
enum resil_mode_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Refuses as it decides.
    RESIL_MODE_ENABLED = 0,
    // Decides nothing and lets everything through; outcomes are recorded.
    RESIL_MODE_DISABLED = 1,
    // Refuses everything, without a draw. Its refusals are in the snapshot, never in the window; calls that
    // were let through before still settle.
    RESIL_MODE_FORCED_OPEN = 2,
    // Decides, and lets everything through: would-be refusals are in the snapshot only, and the window sees
    // what the calls really came to.
    RESIL_MODE_DRY_RUN = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_mode_t resil_mode_t;
#else
typedef int32_t resil_mode_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Whose layout a ring has.
enum resil_hash_ring_mode_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // resil's own, the same in every language.
    RESIL_HASH_RING_MODE_DEFAULT = 0,
    // go-zero's ConsistentHash with its 100 replicas: a weight is a percentage, and counts as 100 above that.
    RESIL_HASH_RING_MODE_GO_ZERO = 1,
    // libketama: every update moves the number of others' points too; weight 0 is refused.
    RESIL_HASH_RING_MODE_KETAMA = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_hash_ring_mode_t resil_hash_ring_mode_t;
#else
typedef int32_t resil_hash_ring_mode_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Who decided. Answers show it as an int32_t.
enum resil_redis_source_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The store, for all processes.
    RESIL_REDIS_SOURCE_STORE = 0,
    // This process, with its share of the limit.
    RESIL_REDIS_SOURCE_RESCUE = 1,
    // The limiter's policy, which looks at nothing.
    RESIL_REDIS_SOURCE_POLICY = 2,
    // The limit by itself: no permits, or more than it ever grants. Nobody was asked.
    RESIL_REDIS_SOURCE_LIMIT = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_redis_source_t resil_redis_source_t;
#else
typedef int32_t resil_redis_source_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Why the store did not decide. Answers and snapshots show it as an int32_t.
enum resil_redis_fault_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It did, or a policy decided in its place.
    RESIL_REDIS_FAULT_NONE = 0,
    // No answer in time. The call may count on the server all the same.
    RESIL_REDIS_FAULT_TIMEOUT = 1,
    // No connection, or it broke.
    RESIL_REDIS_FAULT_DISCONNECTED = 2,
    // The server answers, and does not do it: read-only, out of memory, loading, busy, too few replicas.
    RESIL_REDIS_FAULT_UNABLE = 3,
    // The server does not let this client do it: password, rights.
    RESIL_REDIS_FAULT_REFUSED = 4,
    // This call alone went wrong: something else lies at its key.
    RESIL_REDIS_FAULT_CALL = 5,
    // The server does not know the script, and did not run it. Of clients of the caller's own; no answer shows it.
    RESIL_REDIS_FAULT_UNKNOWN_SCRIPT = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_redis_fault_t resil_redis_fault_t;
#else
typedef int32_t resil_redis_fault_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Who decides while the store does not. Options take it as an int32_t.
enum resil_redis_policy_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // This process by itself, with its share: the limit divided by the members that were last counted.
    RESIL_REDIS_POLICY_RESCUE = 0,
    // Everything is granted: where refusing costs more than the limit protects.
    RESIL_REDIS_POLICY_OPEN = 1,
    // Everything is refused for a moment, RETRY_AFTER: logins, payments.
    RESIL_REDIS_POLICY_CLOSED = 2,
    // The caller, who is told why: UNAVAILABLE, with a fault.
    RESIL_REDIS_POLICY_UNAVAILABLE = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum resil_redis_policy_t resil_redis_policy_t;
#else
typedef int32_t resil_redis_policy_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// An average that forgets: the weight of a sample falls exponentially with what came after it.
//
// By count, for one number per call or round: value * (1 - alpha) + x * alpha. By time, for a gauge that is read
// now and then: value * w + x * (1 - w) with w = e^(-elapsed / time constant), so a sample weighs the time since
// the last one, and one of the same instant nothing. Sample-weighted, for one number per request: the mean of all
// samples, each weighted by e^(-age / time constant), so several of one instant all count. Peak, for a cost to
// be wary of: a larger sample replaces the value, a smaller one enters as by time, and read it is value * w.
//
// The first sample is the first value. Reading never changes anything. An earlier instant than one already
// recorded counts as that; sample-weighted, its sample enters with the smaller weight of its age. No idle time is
// too long: means stand, a peak decays to 0.
//
// Any number of threads may use one average at once, but for resil_ewma_free, and no sample is lost. By count
// without warm-up nobody waits; else a thread may spin for another's few stores. About 256 bytes; nothing is
// allocated after it was made.
//
//     resil_ewma_t *latency_ms;
//     double mean;
//     if (resil_ewma_sample_weighted(10 * UINT64_C(1000000000), NULL, &latency_ms) != RESIL_STATUS_GRANTED)
//         return;
//     resil_ewma_record(latency_ms, 12.5);
//     if (resil_ewma_value(latency_ms, &mean) == RESIL_STATUS_GRANTED)
//         printf("%.1f ms\n", mean);
//     resil_ewma_free(latency_ms);
typedef struct resil_ewma_t resil_ewma_t;

// Which node a key belongs to, so that a node that comes or goes moves few keys.
//
// Nodes and keys are bytes. A node has points on a ring of hash values, by default 160 for each unit of its
// weight; a key belongs to the node of the first point at or after its own hash. Equal rings, made in whatever
// order, place every key alike, in every process and language, for ever: the default layout (XXH3-64, upper 32
// bits) is a contract, and RESIL_HASH_RING_MODE_... has those of others. At most 65535 nodes, weights of 0 to
// 65535, 2^24 points in all.
//
// Any number of threads may use one ring at once, but for resil_hash_ring_free. Lookups never wait, write or
// allocate; updates are live, whole, and one at a time, in time proportional to all points. Memory grows with
// the most points there ever were, 22 to 182 bytes each, and is freed with the ring.
typedef struct resil_hash_ring_t resil_hash_ring_t;

// A leaky bucket as a meter: grants what fits, refuses the rest, never waits.
//
// A bucket of `burst` permits that leaks at the quota's rate, empty at first. Over every interval it grants at
// most `burst + rate * interval`, to one clock tick as a token bucket does, without drift. It grants exactly
// what a token bucket of the same quota does that nobody reserves from; take that one to change the quota. An
// earlier now_ns than one already seen may refuse more, never grant more. 0 permits are always granted and
// change nothing.
//
// Any number of threads may use one meter at once, but for resil_leaky_meter_free. Every operation is atomic.
// About 256 bytes; nothing is allocated after resil_leaky_meter_new.
//
// Source: ITU-T I.371 (generic cell rate algorithm).
typedef struct resil_leaky_meter_t resil_leaky_meter_t;

// A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival.
//
// Requests leave at the quota's rate: at once if the queue is idle, else at the next free instant. `n` permits
// at once go together and occupy `n` intervals after it. Slots count from the request, not from multiples of
// the interval. It admits exactly what the meter of the same quota grants, so at most `burst` permits are
// under way, and an idle queue takes `burst` at one instant, the first of which goes at once. A slot cannot be
// given back: reserve from a token bucket for that. 0 permits may always go at once and change nothing.
//
// Any number of threads may use one queue at once, but for resil_leaky_queue_free. Every operation is atomic.
// About 256 bytes; nothing is allocated after resil_leaky_queue_new.
//
// Source: ITU-T I.371 (virtual scheduling).
typedef struct resil_leaky_queue_t resil_leaky_queue_t;

// A clock that stands still until it is moved, by hand or by waiting on it. Any number of threads and objects
// may use it at once.
//
// Objects made with it share its time and keep it alive: it may be freed before or after them.
typedef struct resil_manual_clock_t resil_manual_clock_t;

// Limits permits per period: so many in each window, then none until the next.
//
// Windows are half-open: the instant `start + period_ns` belongs to the next. No window grants more than the
// limit; but two windows meet, so from first use and aligned it can grant twice the limit within a moment
// around a boundary. Sliding grants at most `limit * (1 + d / period_ns)` over every interval of `d` up to a
// period. For a bound on every interval take a token bucket.
//
// A now_ns in an earlier window than one already seen is decided in, and counted into, the newest: a wall
// clock that was set forward by mistake leaves the limiter in that later window until its time comes. 0
// permits are always granted and change nothing.
//
// Any number of threads may use one limiter at once, but for resil_period_limiter_free. Every operation is
// atomic; sliding, a thread may spin for the few stores of another. About 128 bytes; nothing is allocated
// after it was made.
typedef struct resil_period_limiter_t resil_period_limiter_t;

// A leaky bucket as a meter that many processes share: grants what fits, refuses the rest, per subject.
//
// It grants what a resil_redis_token_bucket_t of the same quota does that nobody reserves from, and keeps its bounds.
// Subjects, waits and threads: as there.
typedef struct resil_redis_leaky_meter_t resil_redis_leaky_meter_t;

// A leaky bucket as a queue that many processes share: admits what fits, and says when each may go, per subject.
//
// One turn after another, whichever process asks: what the store admits goes at the quota's rate. A slot cannot be
// given back: reserve from a token bucket for that. Subjects, waits and threads: as resil_redis_token_bucket_t.
typedef struct resil_redis_leaky_queue_t resil_redis_leaky_queue_t;

// So many permits per period that many processes share, per subject.
//
// Windows lie on the server's clock. No window grants more than the limit; while the store is away, under
// RESIL_REDIS_POLICY_RESCUE, each member grants its whole part of the limit, at least 1, in windows of its own.
// Subjects, waits and threads: as resil_redis_token_bucket_t.
typedef struct resil_redis_period_limiter_t resil_redis_period_limiter_t;

// Permits of a bucket on Redis that are promised for later. Freeing it keeps the promise. It may outlive the bucket's
// handle.
typedef struct resil_redis_reservation_t resil_redis_reservation_t;

// A Redis or Valkey server that limiters ask, and the one connection to it. The functions resil_redis_... are there
// in libraries built with the feature `redis`, which `make install` builds unless told otherwise.
//
// Opening it never waits: a thread of its own connects, and until it has, the limiters' policies decide. Calls of
// many threads at once share round trips. A forked child connects by itself, at its first call.
typedef struct resil_redis_store_t resil_redis_store_t;

// A rate with bursts that many processes share: asked for, promised, or waited for, per subject.
//
// Over every interval of the server's clock the store grants at most `burst + rate * interval` to each subject,
// whatever callers' clocks say. While it is away, under RESIL_REDIS_POLICY_RESCUE, all members together grant no
// more than the rate, after a burst at the beginning; on return the store is charged for it, also one that lost its
// data.
//
// A subject is UTF-8 of any length; NULL and 0: all. A call costs one round trip, shared with whoever calls
// meanwhile, and waits for it at most one deadline of the store. Any number of threads may use one bucket at once,
// but for resil_redis_token_bucket_free.
typedef struct resil_redis_token_bucket_t resil_redis_token_bucket_t;

// Counts what happened in the last so many buckets of time: a resil_rolling_window_t without the sums, whose
// promises hold here too. About 128 bytes, and 8 for each bucket, their number rounded up to a power of two.
typedef struct resil_rolling_counter_t resil_rolling_counter_t;

// Sums and counts what was recorded in the last so many buckets of time.
//
// Buckets lie at multiples of bucket_width_ns from the clock's zero, and a boundary belongs to the bucket it
// begins. Reading expires what is too old, after any time without use. A sample counts in the bucket of its
// own instant, however late it comes, while that is in the window. A reading at an earlier instant than one
// already recorded is as of the latest. Values are whole numbers: scale them (us, bytes) so that no bucket's
// sum reaches the most it can hold (2^33 for 250 ms by 40, 2^35 for 1 s by 60).
//
// Any number of threads may use one window at once, but for resil_rolling_window_free; none ever waits. While
// nobody records, totals are exact. While others do, each of sum and count holds every record that was done
// before the reading began and none that had not begun when it ended; the two may differ by what is under
// way. About 128 bytes, and 16 for each bucket, their number rounded up to a power of two; nothing is
// allocated after resil_rolling_window_new.
typedef struct resil_rolling_window_t resil_rolling_window_t;

// What a call came to, and whose it was. Each caller of resil_single_flight_run gets a handle of its own; all
// handles of one call lead to one value, which is destroyed with the last of them. A handle may be read by
// several threads at once, and freed by any one.
typedef struct resil_shared_value_t resil_shared_value_t;

// Makes one call per key at a time, for all who ask meanwhile.
//
// The first to ask for a key leads: it makes the call, on its own thread. Who asks for the same key before
// that call is over follows: it waits, asleep, and shares what comes of it, never a copy. Nothing is kept: the
// next to ask makes a new call. Keys are bytes; different keys never wait for one another. An error that the
// call reports is shared like a value, with those who wait for it, and not cached.
//
// Waiting in a ring is not noticed: call A, made by one thread, asks for B, while call B, made by another,
// asks for A. Both wait for ever; a timeout bounds it.
//
// Any number of threads may use one at once, but for resil_single_flight_free. 8 KiB, plus what is under way;
// a call that nobody follows allocates its key and its handle, and the first follower a record that all
// share.
typedef struct resil_single_flight_t resil_single_flight_t;

// Keeps calls from a backend that fails them: refuses the share of calls that would fail anyway.
//
// What is refused follows what the window of the last seconds holds; under every preset some calls get
// through even then, so a backend that recovers is seen to. There is no open state to wait out. Ask before
// each call (try_acquire), and settle the permit with what became of it (success, failure, ignore);
// resil_sre_breaker_run does both. While all is well, asking is one load: no clock, no draw, no write.
//
// An outcome counts in the bucket of the instant it is settled at. An earlier now_ns than one already seen
// never grants what the latest would have refused; while all is well an ask sees none.
//
// Any number of threads may use one breaker at once, but for resil_sre_breaker_free; none ever waits. A
// forked child draws other numbers than its parent. About 700 bytes, and 16 for each bucket (24 where
// refusals are counted apart), their number rounded up to a power of two; nothing is allocated after
// resil_sre_breaker_new.
//
// Source: Beyer et al., "Site Reliability Engineering" (2016), Handling Overload.
typedef struct resil_sre_breaker_t resil_sre_breaker_t;

// A token bucket: permits come back steadily, up to a burst, and are taken when they are there.
//
// Over every interval it grants at most `burst + rate * interval`, to one clock tick of at most 1 ns (16 ns
// for quotas that take more than 9 years from empty to full), without drift, for any accepted quota and any
// order of clock readings. What is due at an exact instant is granted at that instant. An earlier now_ns than
// one already seen may refuse more, never grant more.
//
// Permits are asked for (try_acquire), promised for later (reserve) or waited for (acquire). Promises are kept
// in order of arrival: while one is outstanding, try_acquire is refused. 0 permits are always granted and
// change nothing.
//
// Any number of threads may use one bucket at once, but for resil_token_bucket_free. Every operation is
// atomic. A bucket must not be given readings of different clocks. About 256 bytes; nothing is allocated
// after resil_token_bucket_new.
typedef struct resil_token_bucket_t resil_token_bucket_t;

// How much is allowed: `permits` in each `period_ns`, at most `burst` of them at one instant.
//
// None may be 0; the rate is at most 4 permits per nanosecond; `burst * period_ns / permits`, the time from
// empty to full, at most 2^52 us (142 years); `period_ns` at most 2^63 - 1 (292 years). The rate is the exact
// ratio, never a truncated interval. For "100 per second": permits 100, burst 100, period_ns 1000000000.
typedef struct resil_quota_t {
    // Permits in each period.
    uint32_t permits;
    // The most permits one instant can grant.
    uint32_t burst;
    // The period in which `permits` come back, in ns.
    uint64_t period_ns;
} resil_quota_t;

// What a bucket is made with, beyond its quota. Start from RESIL_TOKEN_BUCKET_OPTIONS_INIT, then change
// fields: later versions may add some.
typedef struct resil_token_bucket_options_t {
    // sizeof(resil_token_bucket_options_t), which tells the library which fields there are.
    size_t struct_size;
    // 1: the bucket holds `initial` permits at first. 0: it is full, and `initial` must be 0.
    uint32_t has_initial;
    // Permits at the first instant the bucket is told, not at its making; at most the burst.
    uint32_t initial;
    // The clock it reads: RESIL_CLOCK_...
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. The bucket shares its time; the handle may be
    // freed at any time after the bucket was made.
    const struct resil_manual_clock_t *manual_clock;
} resil_token_bucket_options_t;

// How much a limiter has left, and when the same request could be granted.
typedef struct resil_peek_t {
    // Permits that could be taken at once; 0 in debt.
    uint32_t remaining;
    // Time until the limiter is as if unused, if nobody takes any: a token bucket full, a leaky one empty, a
    // period limiter's window over.
    uint64_t reset_after_ns;
    // What try_acquire would tell if the answer is RESIL_STATUS_RETRY_AFTER; 0 with any other answer.
    uint64_t retry_after_ns;
} resil_peek_t;

// How full a token bucket is: a resil_peek_t.
typedef struct resil_peek_t resil_token_bucket_peek_t;

// Permits that are promised for later. The caller owns the struct, reads the first three fields and changes
// none. Forgetting it keeps the promise: there is nothing to free.
//
// It means something only to the bucket that granted it. One thread at a time may hand it to a function.
// Cancelling a copy after the original gives the permits back twice: do not. Initialise it with
// RESIL_RESERVATION_INIT if it may be cancelled without having been granted.
typedef struct resil_reservation_t {
    // How long after reserving the permits are there; 0 if at once.
    uint64_t ready_after_ns;
    // The instant at which they are there, on the bucket's clock.
    uint64_t ready_at_ns;
    // The permits promised.
    uint32_t permits;
    // The library's own.
    uint32_t opaque_mark;
    // The library's own.
    uint64_t opaque_words[2];
} resil_reservation_t;

// A token bucket at one instant.
typedef struct resil_token_bucket_snapshot_t {
    // The quota in force.
    struct resil_quota_t quota;
    // Permits that could be taken at once; 0 in debt.
    uint32_t remaining;
    // Permits promised beyond an empty bucket; 0 unless someone waits.
    uint64_t owed;
    // Time until the bucket is full, if nobody takes any.
    uint64_t reset_after_ns;
} resil_token_bucket_snapshot_t;

// What a leaky meter or queue is made with, beyond its quota. Start from RESIL_LEAKY_BUCKET_OPTIONS_INIT, then
// change fields: later versions may add some.
typedef struct resil_leaky_bucket_options_t {
    // sizeof(resil_leaky_bucket_options_t), which tells the library which fields there are.
    size_t struct_size;
    // The clock it reads: RESIL_CLOCK_...
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    // time after the meter or queue was made.
    const struct resil_manual_clock_t *manual_clock;
} resil_leaky_bucket_options_t;

// A leaky meter or queue at one instant.
typedef struct resil_leaky_bucket_snapshot_t {
    // The quota.
    struct resil_quota_t quota;
    // Permits for which there is room.
    uint32_t remaining;
    // Time until the bucket is empty, or the queue idle, if nobody asks.
    uint64_t reset_after_ns;
} resil_leaky_bucket_snapshot_t;

// When a request that a queue admitted may go. The caller's own; there is nothing to free or to settle.
typedef struct resil_slot_t {
    // How long after asking it may go; 0 if at once.
    uint64_t ready_after_ns;
    // The instant at which it may go, on the queue's clock.
    uint64_t ready_at_ns;
    // The permits that go then, at once.
    uint32_t permits;
} resil_slot_t;

// How full a leaky queue is, and when the same request could go or be admitted.
typedef struct resil_leaky_queue_peek_t {
    // Permits for which there is room.
    uint32_t remaining;
    // What try_reserve would tell if the answer is RESIL_STATUS_GRANTED: how long its slot is away; 0 with any
    // other answer.
    uint64_t ready_after_ns;
    // Time until the queue is idle, if nobody joins.
    uint64_t reset_after_ns;
    // What try_reserve would tell if the answer is RESIL_STATUS_RETRY_AFTER; 0 with any other answer.
    uint64_t retry_after_ns;
} resil_leaky_queue_peek_t;

// What a period limiter is made with, beyond its limit. Start from RESIL_PERIOD_LIMITER_OPTIONS_INIT, or for
// an aligned one from RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT, then change fields: later versions may add
// some.
typedef struct resil_period_limiter_options_t {
    // sizeof(resil_period_limiter_options_t), which tells the library which fields there are.
    size_t struct_size;
    // The clock it reads: RESIL_CLOCK_...; an aligned one RESIL_CLOCK_UNIX or RESIL_CLOCK_MANUAL.
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    // time after the limiter was made.
    const struct resil_manual_clock_t *manual_clock;
} resil_period_limiter_options_t;

// A period limiter at one instant.
typedef struct resil_period_limiter_snapshot_t {
    // The most permits of one window.
    uint32_t limit;
    // Permits taken in the window.
    uint32_t taken;
    // Sliding, permits taken in the window before; else 0.
    uint32_t taken_before;
    // Permits that could be taken at once.
    uint32_t remaining;
    // The length of a window.
    uint64_t period_ns;
    // Time to the end of the window; 0 before first use.
    uint64_t reset_after_ns;
    // Where windows begin: RESIL_PERIOD_LIMITER_KIND_...
    int32_t kind;
    // Aligned, seconds that its wall clock is ahead of UTC; else 0.
    int32_t utc_offset_secs;
} resil_period_limiter_snapshot_t;

// What a rolling window or counter is made with, beyond its buckets. Start from
// RESIL_ROLLING_WINDOW_OPTIONS_INIT, then change fields: later versions may add some.
typedef struct resil_rolling_window_options_t {
    // sizeof(resil_rolling_window_options_t), which tells the library which fields there are.
    size_t struct_size;
    // 1: it is read without the bucket that is still filling, one bucket fewer. 0: with it.
    uint32_t leave_out_current;
    // The clock it reads: RESIL_CLOCK_...
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    // time after the window was made.
    const struct resil_manual_clock_t *manual_clock;
} resil_rolling_window_options_t;

// What a window, or one bucket of it, holds. The mean is sum / count, if count is not 0.
typedef struct resil_totals_t {
    // The sum of the values recorded.
    uint64_t sum;
    // How many values were recorded.
    uint64_t count;
} resil_totals_t;

// Is shown one bucket: its sum and its count. Must return (see Callbacks above).
typedef void (*resil_bucket_visitor_t)(void *user_data, uint64_t sum, uint64_t count);

// A rolling window at one instant.
typedef struct resil_rolling_window_snapshot_t {
    // The width of a bucket.
    uint64_t bucket_width_ns;
    // How many buckets the window has, the current one included.
    uint32_t bucket_count;
    // What is in it.
    struct resil_totals_t totals;
} resil_rolling_window_snapshot_t;

// Is shown one bucket: its count. Must return (see Callbacks above).
typedef void (*resil_count_visitor_t)(void *user_data, uint64_t count);

// A rolling counter at one instant.
typedef struct resil_rolling_counter_snapshot_t {
    // The width of a bucket.
    uint64_t bucket_width_ns;
    // How many buckets the window has, the current one included.
    uint32_t bucket_count;
    // What is in it.
    uint64_t total;
} resil_rolling_counter_snapshot_t;

// What an average is made with, beyond how it forgets. Start from RESIL_EWMA_OPTIONS_INIT, then change fields:
// later versions may add some.
typedef struct resil_ewma_options_t {
    // sizeof(resil_ewma_options_t), which tells the library which fields there are.
    size_t struct_size;
    // By count: the first value is the plain mean of so many samples, and before there is none. 0 and 1: it is
    // the first sample. By time: 0.
    uint32_t warm_up;
    // The clock it reads: RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_QUANTA or RESIL_CLOCK_MANUAL.
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    // time after the average was made.
    const struct resil_manual_clock_t *manual_clock;
} resil_ewma_options_t;

// An average at one instant.
typedef struct resil_ewma_snapshot_t {
    // How it forgets: RESIL_EWMA_BY_COUNT, RESIL_EWMA_BY_TIME, RESIL_EWMA_SAMPLE_WEIGHTED or RESIL_EWMA_PEAK.
    int32_t kind;
    // By count, the samples that the first value is the plain mean of; else 0.
    uint32_t warm_up;
    // By count, the weight of a new sample; else 0.
    double alpha;
    // The time in which the weight of the past falls to 1/e; by count 0.
    uint64_t time_constant_ns;
    // The average; 0 while `missing` is not 0.
    double value;
    // How many samples it takes until there is a value; 0 when there is one.
    uint32_t missing;
    // The time since the newest sample; by count, and before the first, 0.
    uint64_t idle_for_ns;
} resil_ewma_snapshot_t;

// Destroys a value that a call has made, once, when nobody holds it any more. free() will do. Must return (see
// Callbacks above); called by whoever lets go of the value last, on that thread, with nothing locked.
typedef void (*resil_destroy_t)(void *value);

// What a single flight is made with. Start from RESIL_SINGLE_FLIGHT_OPTIONS_INIT, then change fields: later
// versions may add some.
typedef struct resil_single_flight_options_t {
    // sizeof(resil_single_flight_options_t), which tells the library which fields there are.
    size_t struct_size;
    // Destroys the values, or NULL: they are the caller's to deal with. It may be called as long as a value of
    // this single flight is held.
    resil_destroy_t destroy;
} resil_single_flight_options_t;

// How much is under way in a single flight, counted part after part.
typedef struct resil_single_flight_snapshot_t {
    // Calls under way, the forgotten ones included.
    size_t flights;
    // Callers that wait for them.
    size_t followers;
} resil_single_flight_snapshot_t;

// A call to make once for all who ask: puts what it makes into `*value`, which is NULL before, and returns 0 or
// an error number of the caller's own. Whoever followed gets both. Any thread may read and destroy the value.
//
// It may throw, if it is C++: the exception goes on in the caller that leads, and followers get LEADER_FAILED;
// what it had made is then its own to destroy. It must not longjmp out or end its thread.
typedef int32_t (*resil_load_t)(void *user_data, void **value);

// Every constant of an SRE breaker. Fill it with resil_sre_breaker_config_init, then change fields: later
// versions may add some. A field of which the one before it says that it does not count must be 0.
//
// With R the calls that count in the window and A the successes among them, a call is refused with the
// chance
//
//   ratio = ((R - protection) - K * A) / (R + padding)    (1 / success_ratio in place of K, if that is set)
//   ratio = min(ratio ^ (1 / aggression), max_drop_ratio)
//
// in which K is the multiplier. Nothing is checked before resil_sre_breaker_new.
typedef struct resil_sre_breaker_config_t {
    // sizeof(resil_sre_breaker_config_t), which tells the library which fields there are.
    size_t struct_size;
    // The width of a bucket of the window, at least 1000; on the coarse clock at least 100000000.
    uint64_t bucket_width_ns;
    // How many buckets the window has, 1 to 65536; together at most 2^63 - 1 ns.
    uint32_t bucket_count;
    // Whether refusals count: RESIL_REFUSALS_...
    int32_t refusals;
    // 1: success_ratio counts in place of the multiplier, which must be 0. 0: the multiplier does.
    uint32_t has_success_ratio;
    // 1: min_multiplier counts. 0: the multiplier stays what it is.
    uint32_t has_min_multiplier;
    // K: refusing begins where less than one in K calls succeeds. Finite, at least 1. Smaller refuses more.
    double multiplier;
    // Refusing begins where less than this share succeeds. Above 0, at most 1.
    double success_ratio;
    // What K falls to as the newest buckets hold failures and no success: in equal steps, one a bucket, as
    // if the whole window did. At least 1, at most the multiplier.
    double min_multiplier;
    // How many requests are taken off R before it is compared: so many failures are forgiven.
    uint64_t protection;
    // What is added to R below the line: damps the ratio while there are few requests. Finite, at least 0.
    // With 0, where refusals count and nothing is forgiven or capped, a window without a success refuses
    // every call, and its own refusals keep it so while calls keep coming.
    double padding;
    // Nothing is refused with fewer requests than this in the window.
    uint64_t min_requests;
    // Nothing is refused at fewer requests a second than this, since the oldest bucket that holds any began;
    // in whole seconds, at least one.
    uint32_t min_rps;
    // 1: the newest buckets with successes and no failure take their share of the window off the ratio.
    uint32_t recovery;
    // The ratio is raised to the power of 1 / aggression: more refuses more. Finite, at least 1.
    double aggression;
    // The greatest share refused. From 0 to 1.
    double max_drop_ratio;
    // A call passes without a draw if the last one that passed while the ratio was above 0 did so longer ago
    // than this. Before there is such a one, none is forced.
    uint64_t forced_pass_after_ns;
    // 1: forced_pass_after_ns counts. 0: no pass is forced.
    uint32_t has_forced_pass_after;
} resil_sre_breaker_config_t;

// Draws a number of at least 0 and below 1, evenly spread. Must return (see Callbacks above); any thread that
// asks the breaker calls it, several at once.
typedef double (*resil_draw_t)(void *user_data);

// What an SRE breaker is made with, beyond its constants. Start from RESIL_SRE_BREAKER_OPTIONS_INIT, then
// change fields: later versions may add some.
typedef struct resil_sre_breaker_options_t {
    // sizeof(resil_sre_breaker_options_t), which tells the library which fields there are.
    size_t struct_size;
    // The clock it reads: RESIL_CLOCK_...
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    // time after the breaker was made.
    const struct resil_manual_clock_t *manual_clock;
    // Where the breaker's chances come from, for tests; NULL: a generator in each thread. Called only if the
    // share to refuse is above 0 and no pass is forced, and as long as the breaker is not freed.
    resil_draw_t draw;
    // What is handed on to `draw`; must be NULL if that is. It must outlive the breaker.
    void *draw_user_data;
} resil_sre_breaker_options_t;

// A call that was let through. The caller owns the struct and settles it once, with what became of the call.
// Forgetting it counts as nothing, as if ignored: there is nothing to free.
//
// It means something only to the breaker that gave it. One thread at a time may hand it to a function, which
// need not be the one that asked. Settling a copy after the original counts the call twice: do not.
// Initialise it with RESIL_PERMIT_INIT if it may be settled without having been granted.
typedef struct resil_permit_t {
    // The library's own.
    const void *opaque_owner;
} resil_permit_t;

// Why a breaker did not let a call through.
typedef struct resil_rejected_t {
    // The share of calls refused at that moment, above 0 and at most 1.
    double drop_ratio;
    // Refused because the breaker was set to refuse everything, not by chance.
    bool forced_open;
} resil_rejected_t;

// A call to guard: answers a status of this library, or a number of the caller's own in its ranges. 0 to 7
// count as success; 8 to 63, the refusals of a limiter or breaker further in, as nothing; any other number,
// below 0 or from 64 on, as failure. Must return (see Callbacks above).
typedef int32_t (*resil_guarded_call_t)(void *user_data);

// An SRE breaker at one instant.
typedef struct resil_sre_breaker_snapshot_t {
    // Calls that count in the window: settled ones, and refusals if the configuration counts them.
    uint64_t requests;
    // Successes among them.
    uint64_t accepts;
    // The share of calls that the law would refuse now, from 0 to 1; whatever the mode.
    double drop_ratio;
    // What the breaker does with it: RESIL_MODE_...
    int32_t mode;
    // Calls refused since the breaker was made, by chance or forced.
    uint64_t drops;
    // Calls that RESIL_MODE_DRY_RUN let through and RESIL_MODE_ENABLED would have refused, since it was made.
    uint64_t would_reject;
} resil_sre_breaker_snapshot_t;

// What a ring is made with. Start from RESIL_HASH_RING_OPTIONS_INIT, then change fields: later versions may add
// some.
typedef struct resil_hash_ring_options_t {
    // sizeof(resil_hash_ring_options_t), which tells the library which fields there are.
    size_t struct_size;
    // Points for each unit of weight in the default layout, 1 to 2^24; 0 is 160. In another mode 0, as it has
    // numbers of its own.
    uint32_t virtual_nodes;
    // Whose layout the ring has: RESIL_HASH_RING_MODE_...
    int32_t mode;
} resil_hash_ring_options_t;

// A node of a ring, as lookups answer; never 0. It goes stale when its node is taken out, and is never used
// again in that ring. Its low 16 bits, below 65535, are the node's slot, which another node may have later: an
// index for what is kept beside a ring.
typedef uint64_t resil_node_id_t;

// Whether a node will do: its id is one of the ring's, or was one a moment ago. Must return (see Callbacks
// above), and must not update the ring.
typedef bool (*resil_hash_ring_accepts_t)(void *user_data, resil_node_id_t id);

// What a ring holds, for monitoring.
typedef struct resil_hash_ring_snapshot_t {
    // Whose layout it has: RESIL_HASH_RING_MODE_...
    int32_t mode;
    // Points for each unit of weight; in RESIL_HASH_RING_MODE_GO_ZERO those of a whole node, in
    // RESIL_HASH_RING_MODE_KETAMA those of a node of average weight.
    uint32_t virtual_nodes;
    // Nodes, those of weight 0 included.
    size_t nodes;
    // All weights together.
    uint64_t total_weight;
    // Points of all nodes.
    uint64_t points;
} resil_hash_ring_snapshot_t;

// A lock of four bytes, held for a few instructions at a time. The caller owns it: a struct begins with it,
// say, and the fields it guards follow. Initialise it with RESIL_SPIN_LOCK_INIT, or with zeros, which are the
// same; there is nothing to free.
//
// Taking it while it is free is one locked instruction, giving it back a plain store. Whoever finds it held
// spins with growing pauses, then yields, then sleeps until an unlock wakes it; a wake can be missed, and then
// the sleeper looks again after at most 1 ms. Nobody queues: who comes first takes it. What a holder wrote is
// seen by the next one.
//
// Do not hold it while the thread may block, allocate much or call code it does not know: take a
// pthread_mutex_t there. Locking it again on the thread that holds it never returns. It must not be copied or
// moved while it is held or waited for, nor lie in memory that processes share. A child that was forked while
// another thread held it finds it held for ever.
typedef struct resil_spin_lock_t {
    // The library's own.
    uint32_t opaque;
} resil_spin_lock_t;

// What a lock looked like for an instant: for a human to read, not to act on.
typedef struct resil_spin_lock_snapshot_t {
    // 1: some thread held it. 0: it was free.
    uint32_t locked;
} resil_spin_lock_snapshot_t;

// How a store is reached. Start from RESIL_REDIS_STORE_OPTIONS_INIT, then change fields: later versions may add
// some.
typedef struct resil_redis_store_options_t {
    // sizeof(resil_redis_store_options_t), which tells the library which fields there are.
    size_t struct_size;
    // No call waits longer for the store. Above 0.
    uint64_t deadline_ns;
    // The longest that connecting, and greeting the server, may take; callers never wait for it. Above 0.
    uint64_t connect_timeout_ns;
    // So many processes share the limits, always: while the store is away, each has that part of them. 0: as many
    // as say so to the store, every 2 s; the last count holds while it is away.
    uint32_t members;
    // The name under which members are counted: give processes that do not share limits another. NULL: "default".
    // NULL if `members` says how many.
    const char *members_group;
} resil_redis_store_options_t;

// Carries out one command with a client of the caller's own, once: an EVALSHA, or where the server did not know that
// script an EVAL. Its `argc` words are `argv[i]`, of `argv_lens[i]` bytes each, and end with no NUL.
//
// If the server answered with an array of integers, puts them into `numbers`, which has room for
// RESIL_REDIS_MOST_NUMBERS, and how many there are into `*count`, and returns RESIL_REDIS_FAULT_NONE. If it answered
// with an error, returns what resil_redis_fault_of says of that. Else TIMEOUT or DISCONNECTED, and CALL for an answer of
// any other form. It bounds its own waiting: callers wait as long as it does. It never repeats a command whose answer
// was lost, for the script may have run.
//
// Several threads may be in it at once.
typedef int32_t (*resil_redis_evaluate_t)(void *user_data,
                                          size_t argc,
                                          const char *const *argv,
                                          const size_t *argv_lens,
                                          int64_t *numbers,
                                          size_t *count);

// A store at one instant.
typedef struct resil_redis_store_snapshot_t {
    // Whether callers ask it; else policies decide.
    bool is_up;
    // How many processes share the limits, as last known.
    uint32_t members;
    // How often it went away since it was opened, here.
    uint64_t outages;
    // Why it was last away: RESIL_REDIS_FAULT_...; before the first connection, DISCONNECTED.
    int32_t last_fault;
} resil_redis_store_snapshot_t;

// What a bucket on Redis is made with, beyond its quota. Start from RESIL_REDIS_TOKEN_BUCKET_OPTIONS_INIT, then
// change fields: later versions may add some.
typedef struct resil_redis_token_bucket_options_t {
    // sizeof(resil_redis_token_bucket_options_t), which tells the library which fields there are.
    size_t struct_size;
    // Who decides while the store does not: RESIL_REDIS_POLICY_...
    int32_t policy;
    // Nobody reserves for later than this; it also bounds how long a server's clock that was set back can refuse
    // everybody. At most 2^50 us (35 years).
    uint64_t max_wait_ns;
} resil_redis_token_bucket_options_t;

// What stands beside the status of an answer.
typedef struct resil_redis_answer_t {
    // Who decided: RESIL_REDIS_SOURCE_... Any but the store is this process alone.
    int32_t source;
    // With UNAVAILABLE, why: RESIL_REDIS_FAULT_...; else NONE.
    int32_t fault;
    // Whether `remaining` was told.
    bool has_remaining;
    // Whether `reset_after_ns` was told.
    bool has_reset_after;
    // Permits that could be taken at once.
    uint32_t remaining;
    // With RETRY_AFTER, the time after which the same request could be granted: whole microseconds, rounded up,
    // from a store. Else 0.
    uint64_t retry_after_ns;
    // Time until the limit is as new, or to the end of the window.
    uint64_t reset_after_ns;
} resil_redis_answer_t;

// What a limiter on Redis is made with, beyond its limit. Start from RESIL_REDIS_LIMITER_OPTIONS_INIT, then change
// fields: later versions may add some.
typedef struct resil_redis_limiter_options_t {
    // sizeof(resil_redis_limiter_options_t), which tells the library which fields there are.
    size_t struct_size;
    // Who decides while the store does not: RESIL_REDIS_POLICY_...
    int32_t policy;
} resil_redis_limiter_options_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of the library that runs, as "0.1.0"; the header's own is RESIL_VERSION_STRING. Static text.
const char *resil_version(void);

// The ABI version of the library that runs. A program whose header says another RESIL_ABI_VERSION must not
// use it; the file name of the shared library on Linux (libresil.so.0.1) sees to that already.
uint32_t resil_abi_version(void);

// Whether `status` lets the caller go on: 0 to 7, and no other number.
bool resil_status_is_granted(int32_t status);

// What `status` means, in a few English words. Static text, never NULL; "unknown status" for a number that
// this library does not know.
const char *resil_status_string(int32_t status);

// What went wrong in the last call on this thread that returned a status of 64 or more: a sentence that names
// the function and the argument or field, as UTF-8. "" if no call has failed on this thread.
//
// Never NULL, never to be freed; valid until the next failing call on this thread, or its end. Calls that
// succeed, and refusals (8 to 63), leave it as it is.
const char *resil_last_error_message(void);

// The steady clock's reading in ns: what RESIL_CLOCK_MONOTONIC reads, and equal to
// clock_gettime(CLOCK_MONOTONIC) on unix.
uint64_t resil_monotonic_clock_now(void);

// The step in which the steady clock moves, at most, in ns.
uint64_t resil_monotonic_clock_resolution_ns(void);

// The coarse clock's reading in ns: what RESIL_CLOCK_COARSE reads. It counts from the same zero as the steady
// clock and never leads it.
uint64_t resil_coarse_clock_now(void);

// The step in which the coarse clock moves, at most, in ns.
uint64_t resil_coarse_clock_resolution_ns(void);

// The wall clock's reading in ns: what RESIL_CLOCK_UNIX reads, and equal to clock_gettime(CLOCK_REALTIME) on
// unix. 0 before 1970.
uint64_t resil_unix_clock_now(void);

// The step in which the wall clock moves, at most, in ns; but for being set.
uint64_t resil_unix_clock_resolution_ns(void);

// The counter's reading in ns: what RESIL_CLOCK_QUANTA reads. The first in a process calibrates it.
uint64_t resil_quanta_clock_now(void);

// The step in which the counter moves, at most, in ns.
uint64_t resil_quanta_clock_resolution_ns(void);

// Makes a clock that shows `start_ns`. Free it with resil_manual_clock_free.
//
// Errors: NULL_ARGUMENT (out); NOW_OUT_OF_RANGE (start_ns). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_manual_clock_new(uint64_t start_ns,
                                      struct resil_manual_clock_t **out);

// Frees the handle. NULL is fine. Objects that read the clock keep its time, which nobody can then move but
// by waiting on them. No other thread may be using the handle.
void resil_manual_clock_free(struct resil_manual_clock_t *clock);

// Moves the clock on by `by_ns`; at most to RESIL_INSTANT_MAX, where it stays.
//
// Errors: NULL_ARGUMENT (clock).
resil_status_t resil_manual_clock_advance(const struct resil_manual_clock_t *clock, uint64_t by_ns);

// Sets the clock to `to_ns`, forwards or back.
//
// Errors: NULL_ARGUMENT (clock); NOW_OUT_OF_RANGE (to_ns): then it shows what it showed.
resil_status_t resil_manual_clock_set(const struct resil_manual_clock_t *clock, uint64_t to_ns);

// Writes the clock's reading in ns to `*out`.
//
// Errors: NULL_ARGUMENT (clock, out).
resil_status_t resil_manual_clock_now(const struct resil_manual_clock_t *clock, uint64_t *out);

// Makes a bucket of `quota`. NULL `options`: full at first, on the steady clock. Free it with
// resil_token_bucket_free.
//
// Errors: NULL_ARGUMENT (quota, out, options->manual_clock); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO,
// PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG (quota); STRUCT_SIZE; UNKNOWN_VALUE (options->clock,
// options->has_initial; a manual_clock or an initial that no other field asks for); INITIAL_EXCEEDS_BURST.
// `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_token_bucket_new(const struct resil_quota_t *quota,
                                      const struct resil_token_bucket_options_t *options,
                                      struct resil_token_bucket_t **out);

// Frees the bucket. NULL is fine. No other thread may be using it; reservations of it mean nothing afterwards.
void resil_token_bucket_free(struct resil_token_bucket_t *bucket);

// Takes `permits` if they are there. Never waits.
//
// Answers GRANTED; RETRY_AFTER if too empty, or if others wait: then `*retry_after_ns` is the smallest whole
// number of ns after which this same request is granted, if nobody else takes permits in the meantime;
// EXCEEDS_LIMIT if `permits` is more than the burst. A refusal changes nothing. `retry_after_ns` may be NULL,
// and is written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (bucket).
RESIL_NODISCARD
resil_status_t resil_token_bucket_try_acquire(const struct resil_token_bucket_t *bucket,
                                              uint32_t permits,
                                              uint64_t *retry_after_ns);

// As resil_token_bucket_try_acquire, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_token_bucket_try_acquire_at(const struct resil_token_bucket_t *bucket,
                                                 uint64_t now_ns,
                                                 uint32_t permits,
                                                 uint64_t *retry_after_ns);

// Waits until `permits` are there and takes them, in order of arrival; at most `timeout_ns`
// (RESIL_NO_TIMEOUT: as long as it takes).
//
// The thread sleeps, and a signal does not end its wait early. On a manual clock nobody sleeps: the clock
// moves on by the wait. Fails at once, taking nothing, if the wait would exceed the timeout.
//
// Answers GRANTED; RETRY_AFTER with the time after which the same call would succeed; EXCEEDS_LIMIT if
// `permits` is more than the burst. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (bucket).
RESIL_NODISCARD
resil_status_t resil_token_bucket_acquire(const struct resil_token_bucket_t *bucket,
                                          uint32_t permits,
                                          uint64_t timeout_ns,
                                          uint64_t *retry_after_ns);

// What try_acquire would answer, and in `*out` how full the bucket is. Takes nothing.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (bucket, out).
resil_status_t resil_token_bucket_peek(const struct resil_token_bucket_t *bucket,
                                       uint32_t permits,
                                       resil_token_bucket_peek_t *out);

// As resil_token_bucket_peek, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
resil_status_t resil_token_bucket_peek_at(const struct resil_token_bucket_t *bucket,
                                          uint64_t now_ns,
                                          uint32_t permits,
                                          resil_token_bucket_peek_t *out);

// Takes `permits` now, for use once `out->ready_after_ns` has passed.
//
// Reserving is a promise in both directions: others queue behind it. Give it back with
// resil_token_bucket_cancel; forgetting it keeps it.
//
// Answers GRANTED; EXCEEDS_LIMIT if `permits` is more than the burst; RETRY_AFTER if the bucket is promised
// away for at least 4 years already. `*out` is written on GRANTED only. `retry_after_ns` may be NULL, and is
// written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (bucket, out).
RESIL_NODISCARD
resil_status_t resil_token_bucket_reserve(const struct resil_token_bucket_t *bucket,
                                          uint32_t permits,
                                          struct resil_reservation_t *out,
                                          uint64_t *retry_after_ns);

// As resil_token_bucket_reserve, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_token_bucket_reserve_at(const struct resil_token_bucket_t *bucket,
                                             uint64_t now_ns,
                                             uint32_t permits,
                                             struct resil_reservation_t *out,
                                             uint64_t *retry_after_ns);

// As resil_token_bucket_reserve, unless the wait would exceed `timeout_ns` (RESIL_NO_TIMEOUT: no wait does):
// then nothing is taken, and the answer is RETRY_AFTER with the time after which the same call would succeed.
//
// Errors: NULL_ARGUMENT (bucket, out).
RESIL_NODISCARD
resil_status_t resil_token_bucket_reserve_within(const struct resil_token_bucket_t *bucket,
                                                 uint32_t permits,
                                                 uint64_t timeout_ns,
                                                 struct resil_reservation_t *out,
                                                 uint64_t *retry_after_ns);

// As resil_token_bucket_reserve_within, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_token_bucket_reserve_within_at(const struct resil_token_bucket_t *bucket,
                                                    uint64_t now_ns,
                                                    uint32_t permits,
                                                    uint64_t timeout_ns,
                                                    struct resil_reservation_t *out,
                                                    uint64_t *retry_after_ns);

// Gives back the permits of a reservation that nobody took since, up to and including the instant they are
// promised for, and marks it settled. Never more than were promised, never beyond a full bucket.
//
// Answers GRANTED if permits came back; GAVE_NOTHING if none were left to give: too late, all taken since, a
// reservation of 0 permits, or made before the quota changed in another way than one AS_IS or ADDITIVE.
//
// Errors: NULL_ARGUMENT (bucket, reservation); ALREADY_SETTLED if it was cancelled before or never granted.
resil_status_t resil_token_bucket_cancel(const struct resil_token_bucket_t *bucket,
                                         struct resil_reservation_t *reservation);

// As resil_token_bucket_cancel, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket, reservation); NOW_OUT_OF_RANGE: then the reservation is as it was;
// ALREADY_SETTLED.
resil_status_t resil_token_bucket_cancel_at(const struct resil_token_bucket_t *bucket,
                                            uint64_t now_ns,
                                            struct resil_reservation_t *reservation);

// Changes the quota from now on; `carry` (RESIL_CARRY_...) says what becomes of the permits in the bucket.
//
// Quota and content change in one step: no request is decided by a mixture. Reservations keep their instants;
// they can still be cancelled across one AS_IS or ADDITIVE change, for what a smaller burst left of their
// permits, and give nothing back after any other. Changes wait for one another, requests for none.
//
// Errors: NULL_ARGUMENT (bucket, quota); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO, PERIOD_TOO_LONG,
// RATE_TOO_HIGH, SPAN_TOO_LONG (quota); UNKNOWN_VALUE (carry). Nothing is changed then.
resil_status_t resil_token_bucket_set_quota(const struct resil_token_bucket_t *bucket,
                                            const struct resil_quota_t *quota,
                                            int32_t carry);

// As resil_token_bucket_set_quota, at an instant that the caller has read already.
//
// Errors: as resil_token_bucket_set_quota, and NOW_OUT_OF_RANGE.
resil_status_t resil_token_bucket_set_quota_at(const struct resil_token_bucket_t *bucket,
                                               uint64_t now_ns,
                                               const struct resil_quota_t *quota,
                                               int32_t carry);

// Writes the quota in force to `*out`.
//
// Errors: NULL_ARGUMENT (bucket, out).
resil_status_t resil_token_bucket_quota(const struct resil_token_bucket_t *bucket,
                                        struct resil_quota_t *out);

// Writes to `*out` what the bucket looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (bucket, out).
resil_status_t resil_token_bucket_snapshot(const struct resil_token_bucket_t *bucket,
                                           struct resil_token_bucket_snapshot_t *out);

// As resil_token_bucket_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
resil_status_t resil_token_bucket_snapshot_at(const struct resil_token_bucket_t *bucket,
                                              uint64_t now_ns,
                                              struct resil_token_bucket_snapshot_t *out);

// Makes a meter of `quota`. NULL `options`: on the steady clock. Free it with resil_leaky_meter_free.
//
// Errors: NULL_ARGUMENT (quota, out, options->manual_clock); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO,
// PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG (quota); STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
// manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_leaky_meter_new(const struct resil_quota_t *quota,
                                     const struct resil_leaky_bucket_options_t *options,
                                     struct resil_leaky_meter_t **out);

// Frees the meter. NULL is fine. No other thread may be using it.
void resil_leaky_meter_free(struct resil_leaky_meter_t *meter);

// Pours `permits` in if they fit. Never waits.
//
// Answers GRANTED; RETRY_AFTER if too full: then `*retry_after_ns` is the smallest whole number of ns after
// which this same request is granted, if nobody else asks in the meantime; EXCEEDS_LIMIT if `permits` is more
// than the burst. A refusal changes nothing. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (meter).
RESIL_NODISCARD
resil_status_t resil_leaky_meter_try_acquire(const struct resil_leaky_meter_t *meter,
                                             uint32_t permits,
                                             uint64_t *retry_after_ns);

// As resil_leaky_meter_try_acquire, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (meter); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_leaky_meter_try_acquire_at(const struct resil_leaky_meter_t *meter,
                                                uint64_t now_ns,
                                                uint32_t permits,
                                                uint64_t *retry_after_ns);

// What try_acquire would answer, and in `*out` how full the bucket is. Takes nothing.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (meter, out).
resil_status_t resil_leaky_meter_peek(const struct resil_leaky_meter_t *meter,
                                      uint32_t permits,
                                      struct resil_peek_t *out);

// As resil_leaky_meter_peek, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (meter, out); NOW_OUT_OF_RANGE.
resil_status_t resil_leaky_meter_peek_at(const struct resil_leaky_meter_t *meter,
                                         uint64_t now_ns,
                                         uint32_t permits,
                                         struct resil_peek_t *out);

// Writes the quota to `*out`.
//
// Errors: NULL_ARGUMENT (meter, out).
resil_status_t resil_leaky_meter_quota(const struct resil_leaky_meter_t *meter,
                                       struct resil_quota_t *out);

// Writes to `*out` what the meter looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (meter, out).
resil_status_t resil_leaky_meter_snapshot(const struct resil_leaky_meter_t *meter,
                                          struct resil_leaky_bucket_snapshot_t *out);

// As resil_leaky_meter_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (meter, out); NOW_OUT_OF_RANGE.
resil_status_t resil_leaky_meter_snapshot_at(const struct resil_leaky_meter_t *meter,
                                             uint64_t now_ns,
                                             struct resil_leaky_bucket_snapshot_t *out);

// Makes a queue of `quota`, idle at first. NULL `options`: on the steady clock. Free it with
// resil_leaky_queue_free.
//
// Errors: as resil_leaky_meter_new. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_leaky_queue_new(const struct resil_quota_t *quota,
                                     const struct resil_leaky_bucket_options_t *options,
                                     struct resil_leaky_queue_t **out);

// Frees the queue. NULL is fine. No other thread may be using it or waiting in it.
void resil_leaky_queue_free(struct resil_leaky_queue_t *queue);

// Joins the queue with `permits`, which go together at the slot in `*out`. Never waits itself: the caller acts
// once `out->ready_after_ns` has passed.
//
// Answers GRANTED; RETRY_AFTER if the queue is full: then `*retry_after_ns` is the smallest whole number of ns
// after which this same request is admitted, if nobody else joins in the meantime; EXCEEDS_LIMIT if `permits`
// is more than the burst. A refusal changes nothing. `*out` is written on GRANTED only. `retry_after_ns` may
// be NULL, and is written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (queue, out).
RESIL_NODISCARD
resil_status_t resil_leaky_queue_try_reserve(const struct resil_leaky_queue_t *queue,
                                             uint32_t permits,
                                             struct resil_slot_t *out,
                                             uint64_t *retry_after_ns);

// As resil_leaky_queue_try_reserve, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_leaky_queue_try_reserve_at(const struct resil_leaky_queue_t *queue,
                                                uint64_t now_ns,
                                                uint32_t permits,
                                                struct resil_slot_t *out,
                                                uint64_t *retry_after_ns);

// As resil_leaky_queue_try_reserve, unless the wait would exceed `timeout_ns` (RESIL_NO_TIMEOUT: no wait
// does): then no place is taken, and the answer is RETRY_AFTER with the time after which the same call would
// succeed.
//
// Errors: NULL_ARGUMENT (queue, out).
RESIL_NODISCARD
resil_status_t resil_leaky_queue_try_reserve_within(const struct resil_leaky_queue_t *queue,
                                                    uint32_t permits,
                                                    uint64_t timeout_ns,
                                                    struct resil_slot_t *out,
                                                    uint64_t *retry_after_ns);

// As resil_leaky_queue_try_reserve_within, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_leaky_queue_try_reserve_within_at(const struct resil_leaky_queue_t *queue,
                                                       uint64_t now_ns,
                                                       uint32_t permits,
                                                       uint64_t timeout_ns,
                                                       struct resil_slot_t *out,
                                                       uint64_t *retry_after_ns);

// Joins the queue with `permits` and waits for their slot, in order of arrival; at most `timeout_ns`
// (RESIL_NO_TIMEOUT: as long as the queue is).
//
// The thread sleeps, and a signal does not end its wait early. On a manual clock nobody sleeps: the clock
// moves on by the wait. Fails at once, taking no place, if the queue is full or the wait would exceed the
// timeout.
//
// Answers GRANTED; RETRY_AFTER with the time after which the same call would succeed; EXCEEDS_LIMIT if
// `permits` is more than the burst. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (queue).
RESIL_NODISCARD
resil_status_t resil_leaky_queue_acquire(const struct resil_leaky_queue_t *queue,
                                         uint32_t permits,
                                         uint64_t timeout_ns,
                                         uint64_t *retry_after_ns);

// What try_reserve would answer, and in `*out` how full the queue is. Takes no place.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (queue, out).
resil_status_t resil_leaky_queue_peek(const struct resil_leaky_queue_t *queue,
                                      uint32_t permits,
                                      struct resil_leaky_queue_peek_t *out);

// As resil_leaky_queue_peek, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
resil_status_t resil_leaky_queue_peek_at(const struct resil_leaky_queue_t *queue,
                                         uint64_t now_ns,
                                         uint32_t permits,
                                         struct resil_leaky_queue_peek_t *out);

// Writes the quota to `*out`.
//
// Errors: NULL_ARGUMENT (queue, out).
resil_status_t resil_leaky_queue_quota(const struct resil_leaky_queue_t *queue,
                                       struct resil_quota_t *out);

// Writes to `*out` what the queue looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (queue, out).
resil_status_t resil_leaky_queue_snapshot(const struct resil_leaky_queue_t *queue,
                                          struct resil_leaky_bucket_snapshot_t *out);

// As resil_leaky_queue_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
resil_status_t resil_leaky_queue_snapshot_at(const struct resil_leaky_queue_t *queue,
                                             uint64_t now_ns,
                                             struct resil_leaky_bucket_snapshot_t *out);

// Makes a limiter of at most `limit` permits in each `period_ns`, the first of which begins with the first
// permit ever taken and each where the one before ends. NULL `options`: on the steady clock. Free it with
// resil_period_limiter_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); LIMIT_IS_ZERO; PERIOD_IS_ZERO; PERIOD_TOO_LONG (more
// than 2^63 - 1 ns); LIMIT_TOO_HIGH (more than one permit per 2 ns); STRUCT_SIZE; UNKNOWN_VALUE
// (options->clock, a manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_period_limiter_new(uint32_t limit,
                                        uint64_t period_ns,
                                        const struct resil_period_limiter_options_t *options,
                                        struct resil_period_limiter_t **out);

// Makes a limiter of at most `limit` permits in each `period_ns` of the wall clock, which is `utc_offset_secs`
// ahead of UTC (behind it, if negative): with a period of a day, windows begin at that clock's midnight. NULL
// `options`: on the machine's wall clock. Free it with resil_period_limiter_free.
//
// Windows lie at multiples of the period from 1970-01-01 00:00 of that wall clock, so weeks begin on
// Thursdays. The offset is fixed: where summer time matters, make a new limiter when it changes. Its now_ns,
// and a manual clock's, are nanoseconds of Unix time.
//
// Errors: as resil_period_limiter_new; UTC_OFFSET_TOO_LARGE (24 hours or more, either way); UNKNOWN_VALUE if
// options->clock is a steady one, which knows no calendar: start from
// RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT.
RESIL_NODISCARD
resil_status_t resil_period_limiter_aligned(uint32_t limit,
                                            uint64_t period_ns,
                                            int32_t utc_offset_secs,
                                            const struct resil_period_limiter_options_t *options,
                                            struct resil_period_limiter_t **out);

// Makes a limiter of at most `limit` permits by an estimate that slides: those of the window that runs, and of
// the one before the share that one period back from now still covers, as an exact fraction. NULL `options`:
// on the steady clock. Free it with resil_period_limiter_free.
//
// Windows begin at multiples of the period from the clock's zero.
//
// Errors: as resil_period_limiter_new.
RESIL_NODISCARD
resil_status_t resil_period_limiter_sliding(uint32_t limit,
                                            uint64_t period_ns,
                                            const struct resil_period_limiter_options_t *options,
                                            struct resil_period_limiter_t **out);

// Frees the limiter. NULL is fine. No other thread may be using it.
void resil_period_limiter_free(struct resil_period_limiter_t *limiter);

// Takes `permits` if so many are left. Never waits.
//
// Answers GRANTED; GRANTED_LAST if the limit is reached now: not one permit more fits; RETRY_AFTER if too few
// are left: then `*retry_after_ns` is the time to the end of the window, or, sliding, until enough has slid
// out; EXCEEDS_LIMIT if `permits` is more than the limit. Both grants pass resil_status_is_granted. A refusal
// changes nothing. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
//
// Errors: NULL_ARGUMENT (limiter).
RESIL_NODISCARD
resil_status_t resil_period_limiter_try_acquire(const struct resil_period_limiter_t *limiter,
                                                uint32_t permits,
                                                uint64_t *retry_after_ns);

// As resil_period_limiter_try_acquire, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (limiter); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_period_limiter_try_acquire_at(const struct resil_period_limiter_t *limiter,
                                                   uint64_t now_ns,
                                                   uint32_t permits,
                                                   uint64_t *retry_after_ns);

// What try_acquire would answer, and in `*out` how much is left. Takes nothing, and is no first use.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (limiter, out).
resil_status_t resil_period_limiter_peek(const struct resil_period_limiter_t *limiter,
                                         uint32_t permits,
                                         struct resil_peek_t *out);

// As resil_period_limiter_peek, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (limiter, out); NOW_OUT_OF_RANGE.
resil_status_t resil_period_limiter_peek_at(const struct resil_period_limiter_t *limiter,
                                            uint64_t now_ns,
                                            uint32_t permits,
                                            struct resil_peek_t *out);

// Writes to `*out` what the limiter looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (limiter, out).
resil_status_t resil_period_limiter_snapshot(const struct resil_period_limiter_t *limiter,
                                             struct resil_period_limiter_snapshot_t *out);

// As resil_period_limiter_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (limiter, out); NOW_OUT_OF_RANGE.
resil_status_t resil_period_limiter_snapshot_at(const struct resil_period_limiter_t *limiter,
                                                uint64_t now_ns,
                                                struct resil_period_limiter_snapshot_t *out);

// Makes a window of `bucket_count` buckets (1 to 65536), each `bucket_width_ns` wide (1000 or more; together
// at most 2^63 - 1). NULL `options`: on the coarse clock, the current bucket read too. Free it with
// resil_rolling_window_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); BUCKET_WIDTH_TOO_SHORT, BUCKET_COUNT_IS_ZERO,
// BUCKET_COUNT_TOO_HIGH, WINDOW_SPAN_TOO_LONG, BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK (below 100 ms on the coarse
// clock); STRUCT_SIZE; UNKNOWN_VALUE (options->clock, options->leave_out_current, a manual_clock that no
// other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_rolling_window_new(uint64_t bucket_width_ns,
                                        uint32_t bucket_count,
                                        const struct resil_rolling_window_options_t *options,
                                        struct resil_rolling_window_t **out);

// Frees the window. NULL is fine. No other thread may be using it.
void resil_rolling_window_free(struct resil_rolling_window_t *window);

// Records `value` now.
//
// Answers GRANTED if it counts; SATURATED if its bucket then holds the most that a bucket can; LATE if its
// bucket has left the window, which a clock's readings that overtake one another can bring about.
//
// Errors: NULL_ARGUMENT (window).
resil_status_t resil_rolling_window_record(const struct resil_rolling_window_t *window,
                                           uint64_t value);

// As resil_rolling_window_record, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (window); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_window_record_at(const struct resil_rolling_window_t *window,
                                              uint64_t now_ns,
                                              uint64_t value);

// Writes the sum and the count of what is in the window to `*out`.
//
// Errors: NULL_ARGUMENT (window, out).
resil_status_t resil_rolling_window_totals(const struct resil_rolling_window_t *window,
                                           struct resil_totals_t *out);

// As resil_rolling_window_totals, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (window, out); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_window_totals_at(const struct resil_rolling_window_t *window,
                                              uint64_t now_ns,
                                              struct resil_totals_t *out);

// Shows `visit` the buckets of the window, oldest first, empty ones as zero: bucket_count of them, or one
// fewer if the current one is left out. `user_data` is handed on to it and may be NULL.
//
// Errors: NULL_ARGUMENT (window, visit): then it is not called.
resil_status_t resil_rolling_window_fold(const struct resil_rolling_window_t *window,
                                         resil_bucket_visitor_t visit,
                                         void *user_data);

// As resil_rolling_window_fold, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (window, visit); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_window_fold_at(const struct resil_rolling_window_t *window,
                                            uint64_t now_ns,
                                            resil_bucket_visitor_t visit,
                                            void *user_data);

// Writes to `*out` what the window looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (window, out).
resil_status_t resil_rolling_window_snapshot(const struct resil_rolling_window_t *window,
                                             struct resil_rolling_window_snapshot_t *out);

// As resil_rolling_window_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (window, out); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_window_snapshot_at(const struct resil_rolling_window_t *window,
                                                uint64_t now_ns,
                                                struct resil_rolling_window_snapshot_t *out);

// Makes a counter over `bucket_count` buckets (1 to 65536), each `bucket_width_ns` wide (1000 or more;
// together at most 2^63 - 1). NULL `options`: on the coarse clock, the current bucket read too. Free it with
// resil_rolling_counter_free.
//
// Errors: as resil_rolling_window_new. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_rolling_counter_new(uint64_t bucket_width_ns,
                                         uint32_t bucket_count,
                                         const struct resil_rolling_window_options_t *options,
                                         struct resil_rolling_counter_t **out);

// Frees the counter. NULL is fine. No other thread may be using it.
void resil_rolling_counter_free(struct resil_rolling_counter_t *counter);

// Adds `amount` now.
//
// Answers GRANTED if it counts; SATURATED if its bucket then holds the most that a bucket can; LATE if its
// bucket has left the window.
//
// Errors: NULL_ARGUMENT (counter).
resil_status_t resil_rolling_counter_add(const struct resil_rolling_counter_t *counter,
                                         uint64_t amount);

// As resil_rolling_counter_add, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (counter); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_counter_add_at(const struct resil_rolling_counter_t *counter,
                                            uint64_t now_ns,
                                            uint64_t amount);

// Writes what is in the window to `*out`.
//
// Errors: NULL_ARGUMENT (counter, out).
resil_status_t resil_rolling_counter_total(const struct resil_rolling_counter_t *counter,
                                           uint64_t *out);

// As resil_rolling_counter_total, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (counter, out); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_counter_total_at(const struct resil_rolling_counter_t *counter,
                                              uint64_t now_ns,
                                              uint64_t *out);

// Shows `visit` the buckets, as resil_rolling_window_fold. `user_data` is handed on to it and may be NULL.
//
// Errors: NULL_ARGUMENT (counter, visit): then it is not called.
resil_status_t resil_rolling_counter_fold(const struct resil_rolling_counter_t *counter,
                                          resil_count_visitor_t visit,
                                          void *user_data);

// As resil_rolling_counter_fold, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (counter, visit); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_counter_fold_at(const struct resil_rolling_counter_t *counter,
                                             uint64_t now_ns,
                                             resil_count_visitor_t visit,
                                             void *user_data);

// Writes to `*out` what the counter looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (counter, out).
resil_status_t resil_rolling_counter_snapshot(const struct resil_rolling_counter_t *counter,
                                              struct resil_rolling_counter_snapshot_t *out);

// As resil_rolling_counter_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (counter, out); NOW_OUT_OF_RANGE.
resil_status_t resil_rolling_counter_snapshot_at(const struct resil_rolling_counter_t *counter,
                                                 uint64_t now_ns,
                                                 struct resil_rolling_counter_snapshot_t *out);

// Makes an average by count: each sample enters with the weight `alpha`, above 0 and at most 1. NULL `options`:
// no warm-up. Free it with resil_ewma_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); ALPHA_OUT_OF_RANGE; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
// manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_ewma_by_count(double alpha,
                                   const struct resil_ewma_options_t *options,
                                   struct resil_ewma_t **out);

// Makes an average by count with the alpha 2 / (age + 1): the samples in the value are `age` samples old, about as
// in a plain mean of the last `age`; 1 or more. NULL `options`: no warm-up. Free it with resil_ewma_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); AGE_OUT_OF_RANGE; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
// manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_ewma_by_count_with_age(double age,
                                            const struct resil_ewma_options_t *options,
                                            struct resil_ewma_t **out);

// Makes an average by time: a sample weighs what time passed since the last one. The past's weight falls to 1/e
// in `time_constant_ns`, 1 to 2^63 - 1. NULL `options`: on the steady clock. Free it with resil_ewma_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); TIME_CONSTANT_IS_ZERO,
// TIME_CONSTANT_TOO_LONG; WARM_UP_NOT_BY_COUNT; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
// manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_ewma_by_time(uint64_t time_constant_ns,
                                  const struct resil_ewma_options_t *options,
                                  struct resil_ewma_t **out);

// Makes the mean of all samples, each weighted by its age: to 1/e in `time_constant_ns`, 1 to 2^63 - 1. NULL
// `options`: on the steady clock. Free it with resil_ewma_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); TIME_CONSTANT_IS_ZERO,
// TIME_CONSTANT_TOO_LONG; WARM_UP_NOT_BY_COUNT; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
// manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_ewma_sample_weighted(uint64_t time_constant_ns,
                                          const struct resil_ewma_options_t *options,
                                          struct resil_ewma_t **out);

// Makes an average of peaks: a larger sample replaces it, a smaller one enters as by time, silence decays it to
// 1/e in `time_constant_ns`, 1 to 2^63 - 1. NULL `options`: on the steady clock. Free it with resil_ewma_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); TIME_CONSTANT_IS_ZERO,
// TIME_CONSTANT_TOO_LONG; WARM_UP_NOT_BY_COUNT; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
// manual_clock that no other field asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_ewma_peak(uint64_t time_constant_ns,
                               const struct resil_ewma_options_t *options,
                               struct resil_ewma_t **out);

// Frees the average. NULL is fine. No other thread may be using it.
void resil_ewma_free(struct resil_ewma_t *ewma);

// Takes in `x`, now. By count no clock is read.
//
// Errors: NULL_ARGUMENT (ewma); SAMPLE_NOT_FINITE; SAMPLE_SUM_TOO_LARGE (sample-weighted and while warming up, if
// the sum of the samples would not be finite). Nothing changes then.
resil_status_t resil_ewma_record(const struct resil_ewma_t *ewma,
                                 double x);

// As resil_ewma_record, at an instant that the caller has read already.
//
// Errors: as resil_ewma_record; NOW_OUT_OF_RANGE.
resil_status_t resil_ewma_record_at(const struct resil_ewma_t *ewma, uint64_t now_ns, double x);

// Writes the average to `*out`; only a peak reads the clock. ABSENT while nothing, or with a warm-up too little,
// was recorded: then `*out` is left as it was.
//
// Errors: NULL_ARGUMENT (ewma, out).
RESIL_NODISCARD
resil_status_t resil_ewma_value(const struct resil_ewma_t *ewma,
                                double *out);

// As resil_ewma_value, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (ewma, out); NOW_OUT_OF_RANGE.
RESIL_NODISCARD
resil_status_t resil_ewma_value_at(const struct resil_ewma_t *ewma,
                                   uint64_t now_ns,
                                   double *out);

// Writes to `*out` what the average looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (ewma, out).
resil_status_t resil_ewma_snapshot(const struct resil_ewma_t *ewma,
                                   struct resil_ewma_snapshot_t *out);

// As resil_ewma_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (ewma, out); NOW_OUT_OF_RANGE.
resil_status_t resil_ewma_snapshot_at(const struct resil_ewma_t *ewma,
                                      uint64_t now_ns,
                                      struct resil_ewma_snapshot_t *out);

// Writes to `*out` what is left of a value after a time without samples (Newton's law of cooling):
// e^(-elapsed_ns / time_constant_ns), which is 1 for no time at all and 0 from 746 time constants on.
//
// Errors: NULL_ARGUMENT (out); TIME_CONSTANT_IS_ZERO, TIME_CONSTANT_TOO_LONG (above 2^63 - 1).
resil_status_t resil_decay_factor(uint64_t elapsed_ns,
                                  uint64_t time_constant_ns,
                                  double *out);

// Makes a single flight with nothing under way. NULL `options`: values are not destroyed. Free it with
// resil_single_flight_free.
//
// Errors: NULL_ARGUMENT (out); STRUCT_SIZE (options). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_single_flight_new(const struct resil_single_flight_options_t *options,
                                       struct resil_single_flight_t **out);

// Frees the single flight. NULL is fine. No call may be under way; values that were handed out stay good.
void resil_single_flight_free(struct resil_single_flight_t *flight);

// Lets the next to ask for the key make a new call, whatever is under way. Says in `*forgot`, if that is not
// NULL, whether a call was. That call goes on, for its leader and for those who follow it already.
//
// Errors: NULL_ARGUMENT (flight, key).
resil_status_t resil_single_flight_forget(const struct resil_single_flight_t *flight,
                                          const void *key,
                                          size_t key_len,
                                          bool *forgot);

// Writes to `*out` how many calls are under way, the forgotten ones included.
//
// Errors: NULL_ARGUMENT (flight, out).
resil_status_t resil_single_flight_len(const struct resil_single_flight_t *flight, size_t *out);

// Writes to `*out` what is under way, for monitoring.
//
// Errors: NULL_ARGUMENT (flight, out).
resil_status_t resil_single_flight_snapshot(const struct resil_single_flight_t *flight,
                                            struct resil_single_flight_snapshot_t *out);

// The value that the call made, NULL if it made none or if `shared` is NULL. It is good until the handle is
// freed, and others may be reading it.
void *resil_shared_value_get(const struct resil_shared_value_t *shared);

// What the call returned: the caller's own number, 0 if all was well. RESIL_STATUS_NULL_ARGUMENT if `shared` is
// NULL.
int32_t resil_shared_value_status(const struct resil_shared_value_t *shared);

// Whether the caller that got this handle made the call itself. False for NULL.
bool resil_shared_value_led(const struct resil_shared_value_t *shared);

// Whether other callers got the value too. False for NULL.
bool resil_shared_value_is_shared(const struct resil_shared_value_t *shared);

// Lets go of the value, and destroys it if nobody else holds it. NULL is fine. The single flight may be freed
// already.
void resil_shared_value_free(struct resil_shared_value_t *shared);

// What came of the `key_len` bytes at `key` (NULL if there are none): of the call under way if there is one,
// however long it takes, else of `load(user_data, &value)`, which this thread calls.
//
// Answers GRANTED if there was a call, whatever it returned, and puts a handle to that into `*out`: free it with
// resil_shared_value_free. NULL `out`: the caller does not want it. The key is copied.
//
// Errors: NULL_ARGUMENT (flight, key, load); LEADER_FAILED: the call that this one waited for threw; REENTERED:
// this thread makes the call of this key already. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_single_flight_run(const struct resil_single_flight_t *flight,
                                       const void *key,
                                       size_t key_len,
                                       resil_load_t load,
                                       void *user_data,
                                       struct resil_shared_value_t **out);

// As resil_single_flight_run, but waits for another's call no longer than `timeout_ns` (0: not at all;
// RESIL_NO_TIMEOUT: as long as it takes). A call that this thread makes itself takes the time it takes.
//
// Answers TIMED_OUT, a refusal, when the time is up: that call goes on, for its leader and those who still wait.
// `*out` is then NULL.
//
// Errors: as resil_single_flight_run.
RESIL_NODISCARD
resil_status_t resil_single_flight_run_timeout(const struct resil_single_flight_t *flight,
                                               const void *key,
                                               size_t key_len,
                                               uint64_t timeout_ns,
                                               resil_load_t load,
                                               void *user_data,
                                               struct resil_shared_value_t **out);

// Makes a breaker as `config` says, NULL for RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3. NULL `options`: on the
// coarse clock, with draws of its own. Free it with resil_sre_breaker_free.
//
// Errors: NULL_ARGUMENT (out, options->manual_clock); STRUCT_SIZE (config, options); BUCKET_WIDTH_TOO_SHORT,
// BUCKET_COUNT_IS_ZERO, BUCKET_COUNT_TOO_HIGH, WINDOW_SPAN_TOO_LONG, BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK,
// MULTIPLIER_OUT_OF_RANGE, SUCCESS_RATIO_OUT_OF_RANGE, MIN_MULTIPLIER_OUT_OF_RANGE,
// MIN_MULTIPLIER_WITH_SUCCESS_RATIO, PADDING_OUT_OF_RANGE, AGGRESSION_OUT_OF_RANGE,
// MAX_DROP_RATIO_OUT_OF_RANGE (config); UNKNOWN_VALUE (config->refusals, options->clock, a flag that is
// neither 0 nor 1, a field that is set but that no flag asks for). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_sre_breaker_new(const struct resil_sre_breaker_config_t *config,
                                     const struct resil_sre_breaker_options_t *options,
                                     struct resil_sre_breaker_t **out);

// Frees the breaker. NULL is fine. No other thread may be using it; permits of it mean nothing afterwards.
void resil_sre_breaker_free(struct resil_sre_breaker_t *breaker);

// Changes what the breaker does with its decisions, to `mode` (RESIL_MODE_...). Permits out settle in every
// mode.
//
// Errors: NULL_ARGUMENT (breaker); UNKNOWN_VALUE (mode). The mode stays then.
resil_status_t resil_sre_breaker_set_mode(const struct resil_sre_breaker_t *breaker,
                                          int32_t mode);

// Fills `*config` with the constants of `preset` (RESIL_SRE_BREAKER_PRESET_...), struct_size included.
//
// Errors: NULL_ARGUMENT (config); UNKNOWN_VALUE (preset): then `*config` is as it was.
resil_status_t resil_sre_breaker_config_init(struct resil_sre_breaker_config_t *config,
                                             int32_t preset);

// Asks whether a call may be made. Never waits.
//
// Answers GRANTED: make the call, then settle `*permit` with resil_sre_breaker_success, _failure or _ignore.
// REJECTED: do not make it; `*rejected` says why. `*permit` is written on GRANTED only, `*rejected`, which
// may be NULL, on REJECTED only.
//
// Errors: NULL_ARGUMENT (breaker, permit); DRAW_OUT_OF_RANGE (options->draw): then nothing was decided.
RESIL_NODISCARD
resil_status_t resil_sre_breaker_try_acquire(const struct resil_sre_breaker_t *breaker,
                                             struct resil_permit_t *permit,
                                             struct resil_rejected_t *rejected);

// As resil_sre_breaker_try_acquire, at an instant that the caller has read already and with a draw of the
// caller's, at least 0 and below 1: the call is refused if and only if it is below the share to refuse.
//
// Errors: NULL_ARGUMENT (breaker, permit); NOW_OUT_OF_RANGE; DRAW_OUT_OF_RANGE (draw).
RESIL_NODISCARD
resil_status_t resil_sre_breaker_try_acquire_at(const struct resil_sre_breaker_t *breaker,
                                                uint64_t now_ns,
                                                double draw,
                                                struct resil_permit_t *permit,
                                                struct resil_rejected_t *rejected);

// The call went well: settles `*permit`, and marks that it is.
//
// Errors: NULL_ARGUMENT (breaker, permit); ALREADY_SETTLED if it was settled before, never granted, or given
// by another breaker.
resil_status_t resil_sre_breaker_success(const struct resil_sre_breaker_t *breaker,
                                         struct resil_permit_t *permit);

// As resil_sre_breaker_success, at an instant that the caller has read already.
//
// Errors: as resil_sre_breaker_success, and NOW_OUT_OF_RANGE: then the permit is as it was.
resil_status_t resil_sre_breaker_success_at(const struct resil_sre_breaker_t *breaker,
                                            uint64_t now_ns,
                                            struct resil_permit_t *permit);

// The call failed, in a way that speaks against whoever was called: settles `*permit`, and marks that it is.
//
// Errors: as resil_sre_breaker_success.
resil_status_t resil_sre_breaker_failure(const struct resil_sre_breaker_t *breaker,
                                         struct resil_permit_t *permit);

// As resil_sre_breaker_failure, at an instant that the caller has read already.
//
// Errors: as resil_sre_breaker_success_at.
resil_status_t resil_sre_breaker_failure_at(const struct resil_sre_breaker_t *breaker,
                                            uint64_t now_ns,
                                            struct resil_permit_t *permit);

// The call says nothing about the backend (given up, refused further in, a caller's own mistake): settles
// `*permit`, and marks that it is. Nothing is counted, at whatever time.
//
// Errors: as resil_sre_breaker_success.
resil_status_t resil_sre_breaker_ignore(const struct resil_sre_breaker_t *breaker,
                                        struct resil_permit_t *permit);

// The call came to `outcome` (RESIL_OUTCOME_...): settles `*permit`, and marks that it is.
//
// Errors: as resil_sre_breaker_success, and UNKNOWN_VALUE (outcome): then the permit is as it was.
resil_status_t resil_sre_breaker_settle(const struct resil_sre_breaker_t *breaker,
                                        struct resil_permit_t *permit,
                                        int32_t outcome);

// As resil_sre_breaker_settle, at an instant that the caller has read already.
//
// Errors: as resil_sre_breaker_settle, and NOW_OUT_OF_RANGE: then the permit is as it was.
resil_status_t resil_sre_breaker_settle_at(const struct resil_sre_breaker_t *breaker,
                                           uint64_t now_ns,
                                           struct resil_permit_t *permit,
                                           int32_t outcome);

// Tells what a call came to (RESIL_OUTCOME_...), now. For those who hold no permit.
//
// Errors: NULL_ARGUMENT (breaker); UNKNOWN_VALUE (outcome): then nothing is counted.
resil_status_t resil_sre_breaker_record(const struct resil_sre_breaker_t *breaker, int32_t outcome);

// As resil_sre_breaker_record, at an instant that the caller has read already. If its bucket has left the
// window the outcome is not counted.
//
// Errors: NULL_ARGUMENT (breaker); NOW_OUT_OF_RANGE; UNKNOWN_VALUE (outcome).
resil_status_t resil_sre_breaker_record_at(const struct resil_sre_breaker_t *breaker,
                                           uint64_t now_ns,
                                           int32_t outcome);

// Makes `guarded_call` if it may be made, with `user_data`, and settles it by the number that it answers,
// which goes to `*result`, if that is not NULL.
//
// Answers GRANTED if the call was made, whatever it came to; REJECTED if it was not: then `*result` is as it
// was.
//
// Errors: NULL_ARGUMENT (breaker, guarded_call); DRAW_OUT_OF_RANGE (options->draw). No call is made then.
RESIL_NODISCARD
resil_status_t resil_sre_breaker_run(const struct resil_sre_breaker_t *breaker,
                                     resil_guarded_call_t guarded_call,
                                     void *user_data,
                                     int32_t *result);

// Writes to `*out` what the breaker looks like now, for monitoring.
//
// Errors: NULL_ARGUMENT (breaker, out).
resil_status_t resil_sre_breaker_snapshot(const struct resil_sre_breaker_t *breaker,
                                          struct resil_sre_breaker_snapshot_t *out);

// As resil_sre_breaker_snapshot, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (breaker, out); NOW_OUT_OF_RANGE.
resil_status_t resil_sre_breaker_snapshot_at(const struct resil_sre_breaker_t *breaker,
                                             uint64_t now_ns,
                                             struct resil_sre_breaker_snapshot_t *out);

// Makes an empty ring. NULL `options`: the default layout. Free it with resil_hash_ring_free.
//
// Errors: NULL_ARGUMENT (out); STRUCT_SIZE; UNKNOWN_VALUE (options->mode; options->virtual_nodes beside another
// mode than the default); VIRTUAL_NODES_TOO_MANY. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_hash_ring_new(const struct resil_hash_ring_options_t *options,
                                   struct resil_hash_ring_t **out);

// Frees the ring. NULL is fine. No other thread may be using it.
void resil_hash_ring_free(struct resil_hash_ring_t *ring);

// Adds the node of these bytes, or gives it another weight; 0 keeps it without keys. The ring has a copy of the
// bytes. NULL is fine for 0 bytes.
//
// Answers GRANTED if the node is new, REPLACED if it was there and has the new weight; its id stays.
//
// Errors: NULL_ARGUMENT (ring, node); WEIGHT_TOO_HIGH; WEIGHT_IS_ZERO (in RESIL_HASH_RING_MODE_KETAMA);
// TOO_MANY_NODES; TOO_MANY_POINTS; NODE_TOO_LONG.
RESIL_NODISCARD
resil_status_t resil_hash_ring_insert(const struct resil_hash_ring_t *ring,
                                      const void *node,
                                      size_t node_len,
                                      uint32_t weight);

// Takes the node of these bytes out: its own keys move, and no others (RESIL_HASH_RING_MODE_KETAMA excepted).
// A lookup that began before may still answer with it.
//
// Answers GRANTED, or ABSENT if there is no such node.
//
// Errors: NULL_ARGUMENT (ring, node).
resil_status_t resil_hash_ring_remove(const struct resil_hash_ring_t *ring,
                                      const void *node,
                                      size_t node_len);

// Writes to `*out` the id of the node that the key belongs to. NULL is fine for a key of 0 bytes.
//
// Answers GRANTED, or ABSENT if no node has a point: then `*out` is as it was.
//
// Errors: NULL_ARGUMENT (ring, key, out).
RESIL_NODISCARD
resil_status_t resil_hash_ring_lookup(const struct resil_hash_ring_t *ring,
                                      const void *key,
                                      size_t key_len,
                                      resil_node_id_t *out);

// Writes to `ids[0]`, `ids[1]` … the first `n` distinct nodes from the key on, and to `*found` how many they
// are: the one it belongs to, then each that it would belong to if those before were not there; all that have
// points if they are fewer. All of one state of the ring. `ids` may be NULL if `n` is 0.
//
// Answers GRANTED, or ABSENT if nobody was found: then `*found` is 0.
//
// Errors: NULL_ARGUMENT (ring, key, ids, found).
RESIL_NODISCARD
resil_status_t resil_hash_ring_lookup_n(const struct resil_hash_ring_t *ring,
                                        const void *key,
                                        size_t key_len,
                                        size_t n,
                                        resil_node_id_t *ids,
                                        size_t *found);

// Writes to `*out` the id of the first distinct node from the key on that `accepts` says yes to, being asked
// with `user_data`: for bounded load, or for nodes that are ill. It may be asked again about a node when updates
// race.
//
// Answers GRANTED, or ABSENT if it accepts none: then `*out` is as it was.
//
// Errors: NULL_ARGUMENT (ring, key, accepts, out).
RESIL_NODISCARD
resil_status_t resil_hash_ring_lookup_where(const struct resil_hash_ring_t *ring,
                                            const void *key,
                                            size_t key_len,
                                            resil_hash_ring_accepts_t accepts,
                                            void *user_data,
                                            resil_node_id_t *out);

// Writes to `*out` how many requests a node may have in flight, the next one included, so that none is far above
// its share: (1 + epsilon) * ((in_flight + 1) * weight / total_weight), rounded up. `in_flight` are those of all
// nodes, without the next one; 0.25 is a usual epsilon.
//
// Errors: NULL_ARGUMENT (out); EPSILON_OUT_OF_RANGE; TOTAL_WEIGHT_IS_ZERO; WEIGHT_ABOVE_TOTAL.
RESIL_NODISCARD
resil_status_t resil_hash_ring_bounded_load_limit(uint64_t in_flight,
                                                  uint32_t weight,
                                                  uint64_t total_weight,
                                                  double epsilon,
                                                  uint64_t *out);

// Writes to `*out` the id of the node of these bytes.
//
// Answers GRANTED, or ABSENT if there is no such node: then `*out` is as it was.
//
// Errors: NULL_ARGUMENT (ring, node, out).
RESIL_NODISCARD
resil_status_t resil_hash_ring_id_of(const struct resil_hash_ring_t *ring,
                                     const void *node,
                                     size_t node_len,
                                     resil_node_id_t *out);

// Tells what an id stands for. `*length` becomes the number of the node's bytes; they are copied to `buffer` if
// its `capacity` is at least that, and else not at all: so ask with NULL and 0 first, or compare afterwards. No
// NUL is added. Each of `buffer`, `length` and `weight` may be NULL.
//
// Answers GRANTED, or ABSENT if that node was taken out since, or never was: then nothing is written.
//
// Errors: NULL_ARGUMENT (ring; buffer, if capacity is not 0).
RESIL_NODISCARD
resil_status_t resil_hash_ring_node(const struct resil_hash_ring_t *ring,
                                    resil_node_id_t id,
                                    void *buffer,
                                    size_t capacity,
                                    size_t *length,
                                    uint32_t *weight);

// Writes to `*count` how many nodes there are, those of weight 0 included, and to `ids` as many of their ids as
// `capacity` has room for, in order of insertion. `ids` may be NULL if `capacity` is 0.
//
// Errors: NULL_ARGUMENT (ring, ids, count).
resil_status_t resil_hash_ring_nodes(const struct resil_hash_ring_t *ring,
                                     resil_node_id_t *ids,
                                     size_t capacity,
                                     size_t *count);

// Writes to `*out` what the ring holds just now, for monitoring.
//
// Errors: NULL_ARGUMENT (ring, out).
resil_status_t resil_hash_ring_snapshot(const struct resil_hash_ring_t *ring,
                                        struct resil_hash_ring_snapshot_t *out);

// Takes the lock, waiting for it if need be: spinning, then yielding, then asleep.
//
// Errors: NULL_ARGUMENT (lock).
resil_status_t resil_spin_lock_lock(struct resil_spin_lock_t *lock);

// Takes the lock if it is free. Never waits.
//
// Answers GRANTED: the caller holds it now; HELD if a thread holds it, the caller's own too.
//
// Errors: NULL_ARGUMENT (lock).
RESIL_NODISCARD resil_status_t resil_spin_lock_try_lock(struct resil_spin_lock_t *lock);

// Gives back the lock, which this thread holds, and wakes one sleeper.
//
// Errors: NULL_ARGUMENT (lock); NOT_HELD if nobody holds it: then it stays free. Giving back a lock that
// another thread holds is not noticed, and lets a third in beside it: do not.
resil_status_t resil_spin_lock_unlock(struct resil_spin_lock_t *lock);

// Writes to `*out` what the lock looks like just now, for a human to read.
//
// Errors: NULL_ARGUMENT (lock, out).
resil_status_t resil_spin_lock_snapshot(const struct resil_spin_lock_t *lock,
                                        struct resil_spin_lock_snapshot_t *out);

// What an error of the server tells: RESIL_REDIS_FAULT_..., by the first word of its text, the `error_len` bytes at
// `error`. What has no meaning of its own here is CALL.
int32_t resil_redis_fault_of(const char *error,
                             size_t error_len);

// Opens the store at `url`: "redis://[user][:password@]host[:port][/database]" or "unix:///path"; where the library
// was built with the feature `redis-tls`, also "rediss://...". NULL `options`: 20 ms for a call, 100 ms for each
// step of a connect, members counted as "default". Free it with resil_redis_store_free.
//
// A server that is away is no error.
//
// Errors: NULL_ARGUMENT (url, out); NOT_UTF8 (url, options->members_group); WRONG_URL; STRUCT_SIZE;
// DEADLINE_IS_ZERO; CONNECT_TIMEOUT_IS_ZERO; NAME_NOT_PLAIN (options->members_group); UNKNOWN_VALUE (a
// members_group that counts nobody). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_redis_store_open(const char *url,
                                      const struct resil_redis_store_options_t *options,
                                      struct resil_redis_store_t **out);

// Makes the store that a client of the caller's own reaches: `evaluate(user_data, ...)`, inside the calls that need it.
// No thread, and no connection of the library's. Free it with resil_redis_store_free.
//
// It counts as up until a call finds that it is not. While it is away, callers do on their way what a thread does
// elsewhere: one at a time, when a try is due, tries it with a call of its own before theirs; where members are counted,
// one every 2 s says that this process is there. A forked child needs a connection of its own: see to it in `evaluate`.
//
// NULL `options`: members counted as "default"; the times in them are the client's affair.
//
// `destroy(user_data)` is called with the last that needs it, the store's handle, its limiters and reservations: NULL
// does nothing. If no store is made, it is not called.
//
// Errors: NULL_ARGUMENT (evaluate, out); as resil_redis_store_open of the options. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_redis_store_with_client(resil_redis_evaluate_t evaluate,
                                             void *user_data,
                                             resil_destroy_t destroy,
                                             const struct resil_redis_store_options_t *options,
                                             struct resil_redis_store_t **out);

// Frees the handle. NULL is fine. No other thread may be using it. Limiters that were made with it keep the store;
// to free the last of them waits for its thread to end, usually microseconds, a second at most: one that is connecting
// then ends by itself.
void resil_redis_store_free(struct resil_redis_store_t *store);

// Waits until the store is asked, at most `timeout_ns` (RESIL_NO_TIMEOUT: as long as it takes), and writes to `*out`
// whether it is: for programs that would rather begin with the limit than with its policy. Over a client of the
// caller's own it tells at once.
//
// Errors: NULL_ARGUMENT (store, out).
resil_status_t resil_redis_store_wait_until_up(const struct resil_redis_store_t *store,
                                               uint64_t timeout_ns,
                                               bool *out);

// Writes to `*out` what there is to monitor.
//
// Errors: NULL_ARGUMENT (store, out).
resil_status_t resil_redis_store_snapshot(const struct resil_redis_store_t *store,
                                          struct resil_redis_store_snapshot_t *out);

// Makes the bucket called `name`, of `quota` for each subject. NULL `options`: RESIL_REDIS_POLICY_RESCUE, and 60 s
// as the longest wait. All who share a bucket should agree on its quota: it is part of the call, not of the store.
// Free it with resil_redis_token_bucket_free.
//
// Errors: NULL_ARGUMENT (store, name, quota, out); NOT_UTF8, NAME_NOT_PLAIN (name); PERMITS_IS_ZERO, PERIOD_IS_ZERO,
// BURST_IS_ZERO, PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG, QUOTA_TOO_FINE (quota); STRUCT_SIZE; UNKNOWN_VALUE
// (options->policy); MAX_WAIT_TOO_LONG. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_redis_token_bucket_new(const struct resil_redis_store_t *store,
                                            const char *name,
                                            const struct resil_quota_t *quota,
                                            const struct resil_redis_token_bucket_options_t *options,
                                            struct resil_redis_token_bucket_t **out);

// Frees the bucket. NULL is fine. No other thread may be using it. Its reservations may still be cancelled.
void resil_redis_token_bucket_free(struct resil_redis_token_bucket_t *bucket);

// Takes `permits` of the subject if they are there. Waits for the store at most one deadline.
//
// Answers GRANTED; RETRY_AFTER if too empty, or if others wait; EXCEEDS_LIMIT if `permits` is more than the burst;
// UNAVAILABLE if nobody decided. `out` may be NULL; it is written with every answer below 64, and says who decided.
//
// Errors: NULL_ARGUMENT (bucket, subject with a length); NOT_UTF8 (subject).
RESIL_NODISCARD
resil_status_t resil_redis_token_bucket_try_acquire(const struct resil_redis_token_bucket_t *bucket,
                                                    const char *subject,
                                                    size_t subject_len,
                                                    uint32_t permits,
                                                    struct resil_redis_answer_t *out);

// Waits until `permits` of the subject are there and takes them, in the store's order of arrival; at most
// `timeout_ns` (RESIL_NO_TIMEOUT: as long as it takes), and never longer than the bucket's longest wait.
//
// The thread sleeps, and a signal does not end its wait early. Fails at once, taking nothing, if the wait would
// exceed the timeout.
//
// Answers and errors: as resil_redis_token_bucket_try_acquire; RETRY_AFTER with the time after which the same call
// would succeed.
RESIL_NODISCARD
resil_status_t resil_redis_token_bucket_acquire(const struct resil_redis_token_bucket_t *bucket,
                                                const char *subject,
                                                size_t subject_len,
                                                uint32_t permits,
                                                uint64_t timeout_ns,
                                                struct resil_redis_answer_t *out);

// What try_acquire would answer, and in `*out` how full the subject's bucket is. Takes nothing.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (bucket, subject with a length, out); NOT_UTF8 (subject).
resil_status_t resil_redis_token_bucket_peek(const struct resil_redis_token_bucket_t *bucket,
                                             const char *subject,
                                             size_t subject_len,
                                             uint32_t permits,
                                             struct resil_redis_answer_t *out);

// Writes the quota of each subject to `*out`.
//
// Errors: NULL_ARGUMENT (bucket, out).
resil_status_t resil_redis_token_bucket_quota(const struct resil_redis_token_bucket_t *bucket,
                                              struct resil_quota_t *out);

// Takes `permits` of the subject now, for use after resil_redis_reservation_ready_after_ns(*out), if that is at most
// `timeout_ns` (RESIL_NO_TIMEOUT: any) and the bucket's longest wait.
//
// Reserving is a promise in both directions: others queue behind it. Give it back with
// resil_redis_reservation_cancel; free it in any case with resil_redis_reservation_free.
//
// Answers GRANTED; RETRY_AFTER with the time after which the same call would succeed; EXCEEDS_LIMIT if `permits` is
// more than the burst; UNAVAILABLE if nobody decided. `*out` is NULL unless GRANTED. `answer` may be NULL; it is
// written with every answer below 64.
//
// Errors: NULL_ARGUMENT (bucket, subject with a length, out); NOT_UTF8 (subject).
RESIL_NODISCARD
resil_status_t resil_redis_token_bucket_reserve(const struct resil_redis_token_bucket_t *bucket,
                                                const char *subject,
                                                size_t subject_len,
                                                uint32_t permits,
                                                uint64_t timeout_ns,
                                                struct resil_redis_reservation_t **out,
                                                struct resil_redis_answer_t *answer);

// Frees the reservation. NULL is fine. No other thread may be using it. A promise that was not cancelled is kept.
void resil_redis_reservation_free(struct resil_redis_reservation_t *reservation);

// How long after reserving the permits are there; 0 if at once, and for NULL.
uint64_t resil_redis_reservation_ready_after_ns(const struct resil_redis_reservation_t *reservation);

// Gives back the permits that nobody took since, up to and including the instant they are promised for; once, also
// where the answer to a cancelling was lost. Where the store is away nothing of the store's comes back.
//
// Answers GRANTED if permits came back; GAVE_NOTHING if none did. `answer` may be NULL; it says who decided.
//
// Errors: NULL_ARGUMENT (reservation); ALREADY_SETTLED if it was cancelled before.
resil_status_t resil_redis_reservation_cancel(const struct resil_redis_reservation_t *reservation,
                                              struct resil_redis_answer_t *answer);

// Makes the meter called `name`, of `quota` for each subject. NULL `options`: RESIL_REDIS_POLICY_RESCUE. Free it with
// resil_redis_leaky_meter_free.
//
// Errors: NULL_ARGUMENT (store, name, quota, out); NOT_UTF8, NAME_NOT_PLAIN (name); PERMITS_IS_ZERO, PERIOD_IS_ZERO,
// BURST_IS_ZERO, PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG, QUOTA_TOO_FINE (quota); STRUCT_SIZE; UNKNOWN_VALUE
// (options->policy). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_redis_leaky_meter_new(const struct resil_redis_store_t *store,
                                           const char *name,
                                           const struct resil_quota_t *quota,
                                           const struct resil_redis_limiter_options_t *options,
                                           struct resil_redis_leaky_meter_t **out);

// Frees the meter. NULL is fine. No other thread may be using it.
void resil_redis_leaky_meter_free(struct resil_redis_leaky_meter_t *meter);

// Pours `permits` of the subject in if they fit. Waits for the store at most one deadline.
//
// Answers GRANTED; RETRY_AFTER if too full; EXCEEDS_LIMIT if `permits` is more than the burst; UNAVAILABLE if nobody
// decided. `out` may be NULL; it is written with every answer below 64, and says who decided.
//
// Errors: NULL_ARGUMENT (meter, subject with a length); NOT_UTF8 (subject).
RESIL_NODISCARD
resil_status_t resil_redis_leaky_meter_try_acquire(const struct resil_redis_leaky_meter_t *meter,
                                                   const char *subject,
                                                   size_t subject_len,
                                                   uint32_t permits,
                                                   struct resil_redis_answer_t *out);

// What try_acquire would answer, and in `*out` how full the subject's bucket is. Takes nothing.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (meter, subject with a length, out); NOT_UTF8 (subject).
resil_status_t resil_redis_leaky_meter_peek(const struct resil_redis_leaky_meter_t *meter,
                                            const char *subject,
                                            size_t subject_len,
                                            uint32_t permits,
                                            struct resil_redis_answer_t *out);

// Writes the quota of each subject to `*out`.
//
// Errors: NULL_ARGUMENT (meter, out).
resil_status_t resil_redis_leaky_meter_quota(const struct resil_redis_leaky_meter_t *meter,
                                             struct resil_quota_t *out);

// Makes the queue called `name`, of `quota` for each subject. NULL `options`: RESIL_REDIS_POLICY_RESCUE. Free it with
// resil_redis_leaky_queue_free.
//
// Errors: as resil_redis_leaky_meter_new. `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_redis_leaky_queue_new(const struct resil_redis_store_t *store,
                                           const char *name,
                                           const struct resil_quota_t *quota,
                                           const struct resil_redis_limiter_options_t *options,
                                           struct resil_redis_leaky_queue_t **out);

// Frees the queue. NULL is fine. No other thread may be using it or waiting in it.
void resil_redis_leaky_queue_free(struct resil_redis_leaky_queue_t *queue);

// Joins the queue of the subject with `permits`, unless the wait would exceed `timeout_ns` (RESIL_NO_TIMEOUT: no
// wait does). Does not wait for the slot itself: the caller acts once `*ready_after_ns` has passed.
//
// Answers GRANTED, with the wait before the slot in `*ready_after_ns`; RETRY_AFTER with the time after which the
// same call would succeed; EXCEEDS_LIMIT if `permits` is more than the burst; UNAVAILABLE if nobody decided.
// `answer` may be NULL; it is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (queue, subject with a length, ready_after_ns); NOT_UTF8 (subject).
RESIL_NODISCARD
resil_status_t resil_redis_leaky_queue_try_reserve(const struct resil_redis_leaky_queue_t *queue,
                                                   const char *subject,
                                                   size_t subject_len,
                                                   uint32_t permits,
                                                   uint64_t timeout_ns,
                                                   uint64_t *ready_after_ns,
                                                   struct resil_redis_answer_t *answer);

// Joins the queue of the subject with `permits` and waits for their slot; at most `timeout_ns` (RESIL_NO_TIMEOUT: as
// long as the queue is), else takes no place.
//
// The thread sleeps, and a signal does not end its wait early.
//
// Answers: as resil_redis_leaky_queue_try_reserve. `out` may be NULL; it is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (queue, subject with a length); NOT_UTF8 (subject).
RESIL_NODISCARD
resil_status_t resil_redis_leaky_queue_acquire(const struct resil_redis_leaky_queue_t *queue,
                                               const char *subject,
                                               size_t subject_len,
                                               uint32_t permits,
                                               uint64_t timeout_ns,
                                               struct resil_redis_answer_t *out);

// What try_reserve would answer, and in `*out` how full the subject's queue is. Takes no place.
//
// `*out` is written with every answer below 64, `*ready_after_ns`, which may be NULL, with GRANTED.
//
// Errors: NULL_ARGUMENT (queue, subject with a length, out); NOT_UTF8 (subject).
resil_status_t resil_redis_leaky_queue_peek(const struct resil_redis_leaky_queue_t *queue,
                                            const char *subject,
                                            size_t subject_len,
                                            uint32_t permits,
                                            uint64_t *ready_after_ns,
                                            struct resil_redis_answer_t *out);

// Writes the quota of each subject to `*out`.
//
// Errors: NULL_ARGUMENT (queue, out).
resil_status_t resil_redis_leaky_queue_quota(const struct resil_redis_leaky_queue_t *queue,
                                             struct resil_quota_t *out);

// Makes the limiter called `name`, of at most `limit` permits in each `period_ns` for each subject; a window begins
// with the first permit taken when none runs. NULL `options`: RESIL_REDIS_POLICY_RESCUE. Free it with
// resil_redis_period_limiter_free.
//
// Errors: NULL_ARGUMENT (store, name, out); NOT_UTF8, NAME_NOT_PLAIN (name); LIMIT_IS_ZERO; LIMIT_TOO_HIGH;
// PERIOD_IS_ZERO; PERIOD_TOO_LONG; PERIOD_NOT_WHOLE_MICROS; PERIOD_TOO_LONG_FOR_STORE; STRUCT_SIZE; UNKNOWN_VALUE
// (options->policy). `*out` is then NULL.
RESIL_NODISCARD
resil_status_t resil_redis_period_limiter_new(const struct resil_redis_store_t *store,
                                              const char *name,
                                              uint32_t limit,
                                              uint64_t period_ns,
                                              const struct resil_redis_limiter_options_t *options,
                                              struct resil_redis_period_limiter_t **out);

// As resil_redis_period_limiter_new, in windows at multiples of the period on a wall clock that is `utc_offset_secs`
// ahead of UTC: with a period of a day, they begin at that clock's midnight.
//
// Errors: as resil_redis_period_limiter_new; UTC_OFFSET_TOO_LARGE.
RESIL_NODISCARD
resil_status_t resil_redis_period_limiter_aligned(const struct resil_redis_store_t *store,
                                                  const char *name,
                                                  uint32_t limit,
                                                  uint64_t period_ns,
                                                  int32_t utc_offset_secs,
                                                  const struct resil_redis_limiter_options_t *options,
                                                  struct resil_redis_period_limiter_t **out);

// As resil_redis_period_limiter_new, by an estimate that slides: the permits of the window that runs, and of the one
// before the share that one period back from now still covers.
//
// Errors: as resil_redis_period_limiter_new.
RESIL_NODISCARD
resil_status_t resil_redis_period_limiter_sliding(const struct resil_redis_store_t *store,
                                                  const char *name,
                                                  uint32_t limit,
                                                  uint64_t period_ns,
                                                  const struct resil_redis_limiter_options_t *options,
                                                  struct resil_redis_period_limiter_t **out);

// Frees the limiter. NULL is fine. No other thread may be using it.
void resil_redis_period_limiter_free(struct resil_redis_period_limiter_t *limiter);

// Takes `permits` of the subject if so many are left. Waits for the store at most one deadline.
//
// Answers GRANTED; GRANTED_LAST if the limit is reached now; RETRY_AFTER if too few are left; EXCEEDS_LIMIT if
// `permits` is more than the limit; UNAVAILABLE if nobody decided. `out` may be NULL; it is written with every
// answer below 64, and says who decided.
//
// Errors: NULL_ARGUMENT (limiter, subject with a length); NOT_UTF8 (subject).
RESIL_NODISCARD
resil_status_t resil_redis_period_limiter_try_acquire(const struct resil_redis_period_limiter_t *limiter,
                                                      const char *subject,
                                                      size_t subject_len,
                                                      uint32_t permits,
                                                      struct resil_redis_answer_t *out);

// What try_acquire would answer, and in `*out` how much is left to the subject. Takes nothing, and is no first use.
//
// `*out` is written with every answer below 64.
//
// Errors: NULL_ARGUMENT (limiter, subject with a length, out); NOT_UTF8 (subject).
resil_status_t resil_redis_period_limiter_peek(const struct resil_redis_period_limiter_t *limiter,
                                               const char *subject,
                                               size_t subject_len,
                                               uint32_t permits,
                                               struct resil_redis_answer_t *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RESIL_H */
