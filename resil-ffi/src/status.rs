//! The numbers that every function answers with, and their texts.

use std::ffi::{CStr, c_char};

use crate::guard::guard;

/// The answer of a call. 0 to 7: granted. 8 to 63: refused, try later or not at all. 64 and up: an error, and
/// resil_last_error_message() says more. A number keeps its meaning for ever; newer libraries may return
/// numbers that this header does not name, within these ranges.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_status_t {
    /// Granted, or done.
    RESIL_STATUS_GRANTED = 0,
    /// Done, but a cancelled reservation had nothing left to give back.
    RESIL_STATUS_GAVE_NOTHING = 1,
    /// Granted, and the limit is reached now: not one permit more would be granted at this instant.
    RESIL_STATUS_GRANTED_LAST = 2,
    /// Done, but the sample is not counted: its bucket has left the window.
    RESIL_STATUS_LATE = 3,
    /// Done, but the sample counts only as far as it fitted: its bucket holds the most that a bucket can.
    RESIL_STATUS_SATURATED = 4,
    /// Done: what was there already has the new value.
    RESIL_STATUS_REPLACED = 5,
    /// Refused: the same request can be granted after the time that retry_after_ns tells.
    RESIL_STATUS_RETRY_AFTER = 8,
    /// Refused: more permits than can ever be granted at once. No wait helps.
    RESIL_STATUS_EXCEEDS_LIMIT = 9,
    /// Refused: do not make the call, its backend fails too many of them (or the breaker is forced open).
    RESIL_STATUS_REJECTED = 10,
    /// Refused: the time to wait for another's call is over. That call goes on.
    RESIL_STATUS_TIMED_OUT = 11,
    /// What was asked for is not there: no sample yet, no such node, no node that would do.
    RESIL_STATUS_ABSENT = 12,
    /// Refused: a thread holds the lock.
    RESIL_STATUS_HELD = 13,
    /// Refused: the store did not decide, and the policy leaves it to the caller.
    RESIL_STATUS_UNAVAILABLE = 14,
    /// A pointer is NULL that must not be.
    RESIL_STATUS_NULL_ARGUMENT = 64,
    /// A bug in the library, caught at its border. Please report the message.
    RESIL_STATUS_PANIC = 65,
    /// An instant is later than RESIL_INSTANT_MAX.
    RESIL_STATUS_NOW_OUT_OF_RANGE = 66,
    /// The reservation or permit was settled before, or was never granted.
    RESIL_STATUS_ALREADY_SETTLED = 67,
    /// struct_size is not the size that this library knows: start from the INIT macro or the init function.
    RESIL_STATUS_STRUCT_SIZE = 68,
    /// An integer that selects something selects nothing, or contradicts another field.
    RESIL_STATUS_UNKNOWN_VALUE = 69,
    /// A draw is below 0, from 1 on, or not a number.
    RESIL_STATUS_DRAW_OUT_OF_RANGE = 70,
    /// A duration is below 0. Of layers whose durations have a sign, such as resil.hpp: no function here takes one.
    RESIL_STATUS_NEGATIVE_DURATION = 71,
    /// The call that this one waited for threw. Its key is free: asking again makes the call.
    RESIL_STATUS_LEADER_FAILED = 72,
    /// This thread makes the call of this key already: waiting for it would never end.
    RESIL_STATUS_REENTERED = 73,
    /// A lock was to be given back that nobody holds.
    RESIL_STATUS_NOT_HELD = 74,
    /// permits of a quota is 0.
    RESIL_STATUS_PERMITS_IS_ZERO = 80,
    /// period_ns of a quota or period limiter is 0.
    RESIL_STATUS_PERIOD_IS_ZERO = 81,
    /// burst of a quota is 0.
    RESIL_STATUS_BURST_IS_ZERO = 82,
    /// period_ns of a quota or period limiter is more than 2^63 - 1 (292 years).
    RESIL_STATUS_PERIOD_TOO_LONG = 83,
    /// permits / period_ns of a quota is more than 4 permits per nanosecond.
    RESIL_STATUS_RATE_TOO_HIGH = 84,
    /// burst * period_ns / permits of a quota, the time from empty to full, is more than 2^52 us (142 years).
    RESIL_STATUS_SPAN_TOO_LONG = 85,
    /// initial of a bucket's options is more than the burst of its quota.
    RESIL_STATUS_INITIAL_EXCEEDS_BURST = 96,
    /// bucket_width_ns of a window is below 1000 (1 us).
    RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT = 112,
    /// bucket_count of a window is 0.
    RESIL_STATUS_BUCKET_COUNT_IS_ZERO = 113,
    /// bucket_count of a window is more than 65536.
    RESIL_STATUS_BUCKET_COUNT_TOO_HIGH = 114,
    /// bucket_width_ns * bucket_count of a window is more than 2^63 - 1 (292 years).
    RESIL_STATUS_WINDOW_SPAN_TOO_LONG = 115,
    /// bucket_width_ns of a window is too short for its clock: RESIL_CLOCK_COARSE serves 100 ms and more.
    RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK = 116,
    /// multiplier of a breaker is below 1 or not finite.
    RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE = 128,
    /// success_ratio of a breaker is not above 0, or above 1.
    RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE = 129,
    /// min_multiplier of a breaker is below 1 or above its multiplier.
    RESIL_STATUS_MIN_MULTIPLIER_OUT_OF_RANGE = 130,
    /// min_multiplier of a breaker is set, but success_ratio stands in the multiplier's place.
    RESIL_STATUS_MIN_MULTIPLIER_WITH_SUCCESS_RATIO = 131,
    /// padding of a breaker is negative or not finite.
    RESIL_STATUS_PADDING_OUT_OF_RANGE = 132,
    /// aggression of a breaker is below 1 or not finite.
    RESIL_STATUS_AGGRESSION_OUT_OF_RANGE = 133,
    /// max_drop_ratio of a breaker is not from 0 to 1.
    RESIL_STATUS_MAX_DROP_RATIO_OUT_OF_RANGE = 134,
    /// limit of a period limiter is 0.
    RESIL_STATUS_LIMIT_IS_ZERO = 144,
    /// limit of a period limiter is more than one permit per 2 ns of its period.
    RESIL_STATUS_LIMIT_TOO_HIGH = 145,
    /// utc_offset_secs of a period limiter is 24 hours or more, either way.
    RESIL_STATUS_UTC_OFFSET_TOO_LARGE = 146,
    /// virtual_nodes of a ring is more than 2^24.
    RESIL_STATUS_VIRTUAL_NODES_TOO_MANY = 160,
    /// weight of a ring's node is more than 65535.
    RESIL_STATUS_WEIGHT_TOO_HIGH = 161,
    /// weight of a node is 0, and the ring's mode does not have that.
    RESIL_STATUS_WEIGHT_IS_ZERO = 162,
    /// A ring has 65535 nodes already.
    RESIL_STATUS_TOO_MANY_NODES = 163,
    /// A ring would have more than 2^24 points.
    RESIL_STATUS_TOO_MANY_POINTS = 164,
    /// node_len of a ring's node is more than 2^32 - 1.
    RESIL_STATUS_NODE_TOO_LONG = 165,
    /// epsilon of a bounded load is negative or not finite.
    RESIL_STATUS_EPSILON_OUT_OF_RANGE = 166,
    /// total_weight of a bounded load is 0.
    RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO = 167,
    /// weight of a bounded load is more than total_weight.
    RESIL_STATUS_WEIGHT_ABOVE_TOTAL = 168,
    /// alpha of an average is not above 0, or above 1.
    RESIL_STATUS_ALPHA_OUT_OF_RANGE = 176,
    /// age of an average is below 1 or not finite.
    RESIL_STATUS_AGE_OUT_OF_RANGE = 177,
    /// time_constant_ns is 0.
    RESIL_STATUS_TIME_CONSTANT_IS_ZERO = 178,
    /// time_constant_ns is more than 2^63 - 1 (292 years).
    RESIL_STATUS_TIME_CONSTANT_TOO_LONG = 179,
    /// warm_up of an average is set, but it forgets by time.
    RESIL_STATUS_WARM_UP_NOT_BY_COUNT = 180,
    /// A sample is infinite or not a number.
    RESIL_STATUS_SAMPLE_NOT_FINITE = 181,
    /// A sample is so large that the sum of the samples would not be finite.
    RESIL_STATUS_SAMPLE_SUM_TOO_LARGE = 182,
    /// A name has not 1 to 64 bytes, or one that is not an ASCII letter, a digit, '-', '_' or '.'.
    RESIL_STATUS_NAME_NOT_PLAIN = 192,
    /// A subject, name or URL is not UTF-8.
    RESIL_STATUS_NOT_UTF8 = 193,
    /// url is none, or asks for what this library was built without, such as TLS.
    RESIL_STATUS_WRONG_URL = 194,
    /// deadline_ns of a store is 0.
    RESIL_STATUS_DEADLINE_IS_ZERO = 195,
    /// connect_timeout_ns of a store is 0.
    RESIL_STATUS_CONNECT_TIMEOUT_IS_ZERO = 196,
    /// A quota's interval, as a fraction of whole numbers, times its burst is too large for a store: 2^53 and more.
    RESIL_STATUS_QUOTA_TOO_FINE = 197,
    /// max_wait_ns of a bucket on Redis is more than 2^50 us (35 years).
    RESIL_STATUS_MAX_WAIT_TOO_LONG = 198,
    /// period_ns of a limiter on Redis is no whole number of microseconds.
    RESIL_STATUS_PERIOD_NOT_WHOLE_MICROS = 199,
    /// period_ns of a limiter on Redis is more than 2^52 us (142 years), or, sliding, 2^48 us (8.9 years) or more.
    RESIL_STATUS_PERIOD_TOO_LONG_FOR_STORE = 200,
}

use resil_status_t::*;

/// Every status with its text: what `resil_status_string` looks up.
const TEXTS: &[(resil_status_t, &CStr)] = &[
    (RESIL_STATUS_GRANTED, c"granted"),
    (RESIL_STATUS_GAVE_NOTHING, c"nothing was left to give back"),
    (RESIL_STATUS_GRANTED_LAST, c"granted, and the limit is reached now"),
    (RESIL_STATUS_LATE, c"not counted: its bucket has left the window"),
    (RESIL_STATUS_SATURATED, c"counted as far as it fitted: its bucket is full"),
    (RESIL_STATUS_REPLACED, c"what was there already has the new value"),
    (RESIL_STATUS_RETRY_AFTER, c"refused: retry later"),
    (RESIL_STATUS_EXCEEDS_LIMIT, c"refused: more permits than can ever be granted at once"),
    (RESIL_STATUS_REJECTED, c"refused: the breaker does not let this call through"),
    (RESIL_STATUS_TIMED_OUT, c"refused: timed out waiting for another's call"),
    (RESIL_STATUS_ABSENT, c"what was asked for is not there"),
    (RESIL_STATUS_HELD, c"refused: a thread holds the lock"),
    (RESIL_STATUS_UNAVAILABLE, c"refused: the store did not decide"),
    (RESIL_STATUS_NULL_ARGUMENT, c"a pointer is NULL that must not be"),
    (RESIL_STATUS_PANIC, c"a bug in the library, caught at its border"),
    (RESIL_STATUS_NOW_OUT_OF_RANGE, c"an instant is later than 2^63 - 1 ns"),
    (RESIL_STATUS_ALREADY_SETTLED, c"settled before, or never granted"),
    (RESIL_STATUS_STRUCT_SIZE, c"struct_size is not the size that this library knows"),
    (RESIL_STATUS_UNKNOWN_VALUE, c"an integer that selects something selects nothing"),
    (RESIL_STATUS_DRAW_OUT_OF_RANGE, c"a draw must be at least 0 and below 1"),
    (RESIL_STATUS_NEGATIVE_DURATION, c"a duration must not be negative"),
    (RESIL_STATUS_LEADER_FAILED, c"the call that was waited for threw"),
    (RESIL_STATUS_REENTERED, c"this thread is making the call of this key already"),
    (RESIL_STATUS_NOT_HELD, c"nobody holds the lock"),
    (RESIL_STATUS_PERMITS_IS_ZERO, c"permits must be at least 1, not 0"),
    (RESIL_STATUS_PERIOD_IS_ZERO, c"period_ns must be at least 1, not 0"),
    (RESIL_STATUS_BURST_IS_ZERO, c"burst must be at least 1, not 0"),
    (RESIL_STATUS_PERIOD_TOO_LONG, c"period_ns must be at most 2^63 - 1 (292 years)"),
    (RESIL_STATUS_RATE_TOO_HIGH, c"permits is too high for period_ns: at most 4 per nanosecond"),
    (
        RESIL_STATUS_SPAN_TOO_LONG,
        c"burst is too high for the rate: at most 2^52 us (142 years) from empty to full",
    ),
    (RESIL_STATUS_INITIAL_EXCEEDS_BURST, c"initial must be at most the burst"),
    (RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT, c"bucket_width_ns must be at least 1000 (1 us)"),
    (RESIL_STATUS_BUCKET_COUNT_IS_ZERO, c"bucket_count must be at least 1, not 0"),
    (RESIL_STATUS_BUCKET_COUNT_TOO_HIGH, c"bucket_count must be at most 65536"),
    (
        RESIL_STATUS_WINDOW_SPAN_TOO_LONG,
        c"bucket_width_ns * bucket_count must be at most 2^63 - 1 (292 years)",
    ),
    (
        RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK,
        c"bucket_width_ns is too short for the clock (RESIL_CLOCK_MONOTONIC serves any)",
    ),
    (RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE, c"multiplier must be a finite number of at least 1"),
    (RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE, c"success_ratio must be above 0 and at most 1"),
    (
        RESIL_STATUS_MIN_MULTIPLIER_OUT_OF_RANGE,
        c"min_multiplier must be at least 1 and at most the multiplier",
    ),
    (
        RESIL_STATUS_MIN_MULTIPLIER_WITH_SUCCESS_RATIO,
        c"min_multiplier needs a multiplier, not a success_ratio",
    ),
    (RESIL_STATUS_PADDING_OUT_OF_RANGE, c"padding must be a finite number of at least 0"),
    (RESIL_STATUS_AGGRESSION_OUT_OF_RANGE, c"aggression must be a finite number of at least 1"),
    (RESIL_STATUS_MAX_DROP_RATIO_OUT_OF_RANGE, c"max_drop_ratio must be from 0 to 1"),
    (RESIL_STATUS_LIMIT_IS_ZERO, c"limit must be at least 1, not 0"),
    (
        RESIL_STATUS_LIMIT_TOO_HIGH,
        c"limit is too high for period_ns: at most one permit per 2 ns of it",
    ),
    (
        RESIL_STATUS_UTC_OFFSET_TOO_LARGE,
        c"utc_offset_secs must be less than 24 hours (86400) either way",
    ),
    (RESIL_STATUS_VIRTUAL_NODES_TOO_MANY, c"virtual_nodes must be at most 2^24"),
    (RESIL_STATUS_WEIGHT_TOO_HIGH, c"weight must be at most 65535"),
    (RESIL_STATUS_WEIGHT_IS_ZERO, c"weight must be at least 1 in this mode, not 0"),
    (RESIL_STATUS_TOO_MANY_NODES, c"nodes must be at most 65535"),
    (RESIL_STATUS_TOO_MANY_POINTS, c"points must be at most 2^24 in all"),
    (RESIL_STATUS_NODE_TOO_LONG, c"node must be at most 2^32 - 1 bytes"),
    (RESIL_STATUS_EPSILON_OUT_OF_RANGE, c"epsilon must be a finite number of at least 0"),
    (RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO, c"total_weight must be at least 1, not 0"),
    (RESIL_STATUS_WEIGHT_ABOVE_TOTAL, c"weight must be at most total_weight"),
    (RESIL_STATUS_ALPHA_OUT_OF_RANGE, c"alpha must be above 0 and at most 1"),
    (RESIL_STATUS_AGE_OUT_OF_RANGE, c"age must be a finite number of at least 1"),
    (RESIL_STATUS_TIME_CONSTANT_IS_ZERO, c"time_constant_ns must be at least 1, not 0"),
    (RESIL_STATUS_TIME_CONSTANT_TOO_LONG, c"time_constant_ns must be at most 2^63 - 1 (292 years)"),
    (RESIL_STATUS_WARM_UP_NOT_BY_COUNT, c"warm_up must be 0 unless the average is by count"),
    (RESIL_STATUS_SAMPLE_NOT_FINITE, c"x must be a finite number"),
    (
        RESIL_STATUS_SAMPLE_SUM_TOO_LARGE,
        c"x must be so small that the sum of the samples is finite",
    ),
    (
        RESIL_STATUS_NAME_NOT_PLAIN,
        c"must have 1 to 64 bytes, all of them ASCII letters, digits, '-', '_' or '.'",
    ),
    (RESIL_STATUS_NOT_UTF8, c"a text must be UTF-8"),
    (RESIL_STATUS_WRONG_URL, c"url is none that this library can open"),
    (RESIL_STATUS_DEADLINE_IS_ZERO, c"deadline_ns must be at least 1, not 0"),
    (RESIL_STATUS_CONNECT_TIMEOUT_IS_ZERO, c"connect_timeout_ns must be at least 1, not 0"),
    (
        RESIL_STATUS_QUOTA_TOO_FINE,
        c"too fine for a store: round permits or period, or lower the burst",
    ),
    (RESIL_STATUS_MAX_WAIT_TOO_LONG, c"max_wait_ns must be at most 2^50 us (35 years)"),
    (RESIL_STATUS_PERIOD_NOT_WHOLE_MICROS, c"period_ns must be whole microseconds in a store"),
    (
        RESIL_STATUS_PERIOD_TOO_LONG_FOR_STORE,
        c"period_ns must be at most 2^52 us (142 years) in a store, sliding below 2^48 us",
    ),
];

/// Whether `status` lets the caller go on: 0 to 7, and no other number.
#[unsafe(no_mangle)]
pub extern "C" fn resil_status_is_granted(status: i32) -> bool {
    guard("resil_status_is_granted", false, || (0..8).contains(&status))
}

/// What `status` means, in a few English words. Static text, never NULL; "unknown status" for a number that
/// this library does not know.
#[unsafe(no_mangle)]
pub extern "C" fn resil_status_string(status: i32) -> *const c_char {
    guard("resil_status_string", c"".as_ptr(), || {
        let known = TEXTS.iter().find(|(known, _)| *known as i32 == status);
        known.map_or(c"unknown status", |(_, text)| text).as_ptr()
    })
}

impl resil_status_t {
    /// What this status means, in a few words.
    pub(crate) fn text(self) -> &'static str {
        let known = TEXTS.iter().find(|(known, _)| *known == self);
        known.and_then(|(_, text)| text.to_str().ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_0_to_7_are_granted() {
        let granted = |status: &i32| resil_status_is_granted(*status);
        assert_eq!((-300..300).filter(granted).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
        assert!(!resil_status_is_granted(i32::MIN) && !resil_status_is_granted(i32::MAX));
    }

    #[test]
    fn every_status_has_a_text_of_its_own_and_they_stand_in_order() {
        for pair in TEXTS.windows(2) {
            assert!((pair[0].0 as i32) < pair[1].0 as i32);
        }
        for (status, text) in TEXTS {
            assert_eq!(text.to_str().unwrap(), status.text());
            assert_eq!(TEXTS.iter().filter(|(_, other)| *other == text).count(), 1);
        }
    }
}
