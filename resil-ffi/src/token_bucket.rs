//! The token bucket: made, asked, waited for, looked at.

// In the order in which the header shows them.
mod reservation;

mod quota;

use resil_core::token_bucket::ConfigError;
use resil_core::{AnyClock, Clock, TokenBucket};

use crate::argument::{BeginsWithSize, Call, Failed, Out};
use crate::clock::{chosen, resil_manual_clock_t, timeout};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::peek::{answered, asked, peeked, resil_peek_t};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A token bucket: permits come back steadily, up to a burst, and are taken when they are there.
///
/// Over every interval it grants at most `burst + rate * interval`, to one clock tick of at most 1 ns (16 ns
/// for quotas that take more than 9 years from empty to full), without drift, for any accepted quota and any
/// order of clock readings. What is due at an exact instant is granted at that instant. An earlier now_ns than
/// one already seen may refuse more, never grant more.
///
/// Permits are asked for (try_acquire), promised for later (reserve) or waited for (acquire). Promises are kept
/// in order of arrival: while one is outstanding, try_acquire is refused. 0 permits are always granted and
/// change nothing.
///
/// Any number of threads may use one bucket at once, but for resil_token_bucket_free. Every operation is
/// atomic. A bucket must not be given readings of different clocks. About 256 bytes; nothing is allocated
/// after resil_token_bucket_new.
pub struct resil_token_bucket_t(TokenBucket<AnyClock>);

const _: () = shared_between_threads::<resil_token_bucket_t>();

/// What a bucket is made with, beyond its quota. Start from RESIL_TOKEN_BUCKET_OPTIONS_INIT, then change
/// fields: later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_token_bucket_options_t {
    /// sizeof(resil_token_bucket_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// 1: the bucket holds `initial` permits at first. 0: it is full, and `initial` must be 0.
    pub has_initial: u32,
    /// Permits at the first instant the bucket is told, not at its making; at most the burst.
    pub initial: u32,
    /// The clock it reads: RESIL_CLOCK_...
    pub clock: i32,
    /// The manual clock for RESIL_CLOCK_MANUAL, else NULL. The bucket shares its time; the handle may be
    /// freed at any time after the bucket was made.
    pub manual_clock: *const resil_manual_clock_t,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_token_bucket_options_t {}

/// How full a token bucket is: a resil_peek_t.
pub type resil_token_bucket_peek_t = resil_peek_t;

/// Makes a bucket of `quota`. NULL `options`: full at first, on the steady clock. Free it with
/// resil_token_bucket_free.
///
/// Errors: NULL_ARGUMENT (quota, out, options->manual_clock); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO,
/// PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG (quota); STRUCT_SIZE; UNKNOWN_VALUE (options->clock,
/// options->has_initial; a manual_clock or an initial that no other field asks for); INITIAL_EXCEEDS_BURST.
/// `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_new(
    quota: *const resil_quota_t,
    options: *const resil_token_bucket_options_t,
    out: *mut *mut resil_token_bucket_t,
) -> resil_status_t {
    answer("resil_token_bucket_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let quota = unsafe { call.copy(quota, "quota") }?.checked(call)?;
        let bucket = TokenBucket::new(quota);
        let bucket = if options.is_null() {
            bucket.with_clock(AnyClock::default())
        } else {
            // SAFETY: as above, and not NULL.
            unsafe { configured(call, bucket, options) }?
        };
        out.give(resil_token_bucket_t(bucket));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The same bucket with the options of the caller.
///
/// # Safety
/// `options` points to as many bytes as its `struct_size` says, its `manual_clock` is NULL or a live handle.
unsafe fn configured(
    call: Call,
    bucket: TokenBucket,
    options: *const resil_token_bucket_options_t,
) -> Result<TokenBucket<AnyClock>, Failed> {
    // SAFETY: passed on.
    let options = unsafe { call.sized(options, "options") }?;
    // SAFETY: passed on.
    let clock = unsafe { chosen(call, options.clock, options.manual_clock) }?;
    let bucket = match (options.has_initial, options.initial) {
        (0, 0) => bucket,
        (1, initial) => bucket.with_initial(initial).map_err(|error| match error {
            ConfigError::InitialExceedsBurst => {
                let status = RESIL_STATUS_INITIAL_EXCEEDS_BURST;
                call.fail(status, format_args!("options->initial: {}", status.text()))
            }
            // A rule of the core that has no number here yet.
            error => call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("options: {error}")),
        })?,
        (0, initial) => {
            return Err(call.fail(
                RESIL_STATUS_UNKNOWN_VALUE,
                format_args!(
                    "options->has_initial must be 1 for an initial of {initial} to count, not 0"
                ),
            ));
        }
        (has_initial, _) => {
            return Err(call.fail(
                RESIL_STATUS_UNKNOWN_VALUE,
                format_args!("options->has_initial must be 0 or 1, not {has_initial}"),
            ));
        }
    };
    Ok(bucket.with_clock(clock))
}

/// Frees the bucket. NULL is fine. No other thread may be using it; reservations of it mean nothing afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_free(bucket: *mut resil_token_bucket_t) {
    guard("resil_token_bucket_free", (), || {
        // SAFETY: it came from `resil_token_bucket_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(bucket) };
    });
}

/// Takes `permits` if they are there. Never waits.
///
/// Answers GRANTED; RETRY_AFTER if too empty, or if others wait: then `*retry_after_ns` is the smallest whole
/// number of ns after which this same request is granted, if nobody else takes permits in the meantime;
/// EXCEEDS_LIMIT if `permits` is more than the burst. A refusal changes nothing. `retry_after_ns` may be NULL,
/// and is written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (bucket).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_try_acquire(
    bucket: *const resil_token_bucket_t,
    permits: u32,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = bucket.0.clock().now();
        Ok(asked(&bucket.0, now, permits, retry_after))
    })
}

/// As resil_token_bucket_try_acquire, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (bucket); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_try_acquire_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    permits: u32,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_try_acquire_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(asked(&bucket.0, now, permits, retry_after))
    })
}

/// Waits until `permits` are there and takes them, in order of arrival; at most `timeout_ns`
/// (RESIL_NO_TIMEOUT: as long as it takes).
///
/// The thread sleeps, and a signal does not end its wait early. On a manual clock nobody sleeps: the clock
/// moves on by the wait. Fails at once, taking nothing, if the wait would exceed the timeout.
///
/// Answers GRANTED; RETRY_AFTER with the time after which the same call would succeed; EXCEEDS_LIMIT if
/// `permits` is more than the burst. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (bucket).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_acquire(
    bucket: *const resil_token_bucket_t,
    permits: u32,
    timeout_ns: u64,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        Ok(answered(bucket.0.acquire(permits, timeout(timeout_ns)), retry_after))
    })
}

/// What try_acquire would answer, and in `*out` how full the bucket is. Takes nothing.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (bucket, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_peek(
    bucket: *const resil_token_bucket_t,
    permits: u32,
    out: *mut resil_token_bucket_peek_t,
) -> resil_status_t {
    answer("resil_token_bucket_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        Ok(peeked(&bucket.0.peek(permits), &out))
    })
}

/// As resil_token_bucket_peek, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_peek_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    permits: u32,
    out: *mut resil_token_bucket_peek_t,
) -> resil_status_t {
    answer("resil_token_bucket_peek_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(peeked(&bucket.0.peek_at(now, permits), &out))
    })
}
