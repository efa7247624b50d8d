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
// different clocks must not be mixed in one object. The machine's clocks do not count time it is suspended.
//
// Pointers. NULL is an error, never a crash, except where NULL is given a meaning. Any other pointer must be
// valid, aligned, and for output writable. Handles that are made are set to NULL first; any other output is
// written only where its function says so. Functions keep no pointer that they are given.
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
// Signals. Call nothing from a signal handler.
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

// The last instant there is: 2^63 - 1 ns, 292 years after the clock's zero.
#define RESIL_INSTANT_MAX (UINT64_MAX / 2)

// The timeout of a caller who waits as long as it takes.
#define RESIL_NO_TIMEOUT UINT64_MAX

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
    // Refused: the same request can be granted after the time that retry_after_ns tells.
    RESIL_STATUS_RETRY_AFTER = 8,
    // Refused: more permits than can ever be granted at once. No wait helps.
    RESIL_STATUS_EXCEEDS_LIMIT = 9,
    // A pointer is NULL that must not be.
    RESIL_STATUS_NULL_ARGUMENT = 64,
    // A bug in the library, caught at its border. Please report the message.
    RESIL_STATUS_PANIC = 65,
    // An instant is later than RESIL_INSTANT_MAX.
    RESIL_STATUS_NOW_OUT_OF_RANGE = 66,
    // The reservation was cancelled before, or was never granted.
    RESIL_STATUS_ALREADY_SETTLED = 67,
    // struct_size is not the size that this library knows: start from the INIT macro.
    RESIL_STATUS_STRUCT_SIZE = 68,
    // An integer that selects something selects nothing, or contradicts another field.
    RESIL_STATUS_UNKNOWN_VALUE = 69,
    // permits of a quota is 0.
    RESIL_STATUS_PERMITS_IS_ZERO = 80,
    // period_ns of a quota is 0.
    RESIL_STATUS_PERIOD_IS_ZERO = 81,
    // burst of a quota is 0.
    RESIL_STATUS_BURST_IS_ZERO = 82,
    // period_ns of a quota is more than 2^63 - 1 (292 years).
    RESIL_STATUS_PERIOD_TOO_LONG = 83,
    // permits / period_ns of a quota is more than 4 permits per nanosecond.
    RESIL_STATUS_RATE_TOO_HIGH = 84,
    // burst * period_ns / permits of a quota, the time from empty to full, is more than 2^52 us (142 years).
    RESIL_STATUS_SPAN_TOO_LONG = 85,
    // initial of a bucket's options is more than the burst of its quota.
    RESIL_STATUS_INITIAL_EXCEEDS_BURST = 96,
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
    // The steady clock, to the nanosecond: CLOCK_MONOTONIC on unix. One reading costs about 20 ns.
    RESIL_CLOCK_MONOTONIC = 0,
    // The steady clock at the kernel's last tick, 1 to 4 ms old: CLOCK_MONOTONIC_COARSE on Linux, elsewhere
    // the same as RESIL_CLOCK_MONOTONIC. One reading costs about 5 ns.
    RESIL_CLOCK_COARSE = 1,
    // A clock that moves only when told to, for tests: a resil_manual_clock_t.
    RESIL_CLOCK_MANUAL = 2,
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

// A clock that stands still until it is moved, by hand or by waiting on it. Any number of threads and objects
// may use it at once.
//
// Objects made with it share its time and keep it alive: it may be freed before or after them.
typedef struct resil_manual_clock_t resil_manual_clock_t;

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
    // The clock it reads: RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE or RESIL_CLOCK_MANUAL.
    int32_t clock;
    // The manual clock for RESIL_CLOCK_MANUAL, else NULL. The bucket shares its time; the handle may be
    // freed at any time after the bucket was made.
    const struct resil_manual_clock_t *manual_clock;
} resil_token_bucket_options_t;

// How full a bucket is, and when the same request could be granted.
typedef struct resil_token_bucket_peek_t {
    // Permits that could be taken at once; 0 in debt.
    uint32_t remaining;
    // Time until the bucket is full, if nobody takes any.
    uint64_t reset_after_ns;
    // What try_acquire would tell if the answer is RESIL_STATUS_RETRY_AFTER; 0 with any other answer.
    uint64_t retry_after_ns;
} resil_token_bucket_peek_t;

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
                                       struct resil_token_bucket_peek_t *out);

// As resil_token_bucket_peek, at an instant that the caller has read already.
//
// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
resil_status_t resil_token_bucket_peek_at(const struct resil_token_bucket_t *bucket,
                                          uint64_t now_ns,
                                          uint32_t permits,
                                          struct resil_token_bucket_peek_t *out);

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
// they can still be cancelled across one AS_IS or ADDITIVE change, and give nothing back after any other.
// Changes wait for one another, requests for none.
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RESIL_H */
