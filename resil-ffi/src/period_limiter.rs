//! The period limiter: made in three kinds, asked. `reading.rs` looks at it.

// In the order in which the header shows them.
mod options;

mod reading;

use std::time::Duration;

use resil_core::period_limiter::{ConfigError, Granted};
use resil_core::{AnyClock, Denied, PeriodLimiter, UnixClock};

use self::options::{checked_unix, resil_period_limiter_options_t};
use crate::argument::{Call, Failed, Out};
use crate::clock::chosen_by;
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::peek::refused;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Limits permits per period: so many in each window, then none until the next.
///
/// Windows are half-open: the instant `start + period_ns` belongs to the next. No window grants more than the
/// limit; but two windows meet, so from first use and aligned it can grant twice the limit within a moment
/// around a boundary. Sliding grants at most `limit * (1 + d / period_ns)` over every interval of `d` up to a
/// period. For a bound on every interval take a token bucket.
///
/// A now_ns in an earlier window than one already seen is decided in, and counted into, the newest: a wall
/// clock that was set forward by mistake leaves the limiter in that later window until its time comes. 0
/// permits are always granted and change nothing.
///
/// Any number of threads may use one limiter at once, but for resil_period_limiter_free. Every operation is
/// atomic; sliding, a thread may spin for the few stores of another. About 128 bytes; nothing is allocated
/// after it was made.
pub struct resil_period_limiter_t(PeriodLimiter<AnyClock>);

const _: () = shared_between_threads::<resil_period_limiter_t>();

/// Makes a limiter of at most `limit` permits in each `period_ns`, the first of which begins with the first
/// permit ever taken and each where the one before ends. NULL `options`: on the steady clock. Free it with
/// resil_period_limiter_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); LIMIT_IS_ZERO; PERIOD_IS_ZERO; PERIOD_TOO_LONG (more
/// than 2^63 - 1 ns); LIMIT_TOO_HIGH (more than one permit per 2 ns); STRUCT_SIZE; UNKNOWN_VALUE
/// (options->clock, a manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_period_limiter_new(
    limit: u32,
    period_ns: u64,
    options: *const resil_period_limiter_options_t,
    out: *mut *mut resil_period_limiter_t,
) -> resil_status_t {
    answer("resil_period_limiter_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        let limiter = checked(call, PeriodLimiter::new(limit, Duration::from_nanos(period_ns)))?;
        // SAFETY: as above.
        let clock = unsafe { chosen_by(call, options, AnyClock::default()) }?;
        out.give(resil_period_limiter_t(limiter.with_clock(clock)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Makes a limiter of at most `limit` permits in each `period_ns` of the wall clock, which is `utc_offset_secs`
/// ahead of UTC (behind it, if negative): with a period of a day, windows begin at that clock's midnight. NULL
/// `options`: on the machine's wall clock. Free it with resil_period_limiter_free.
///
/// Windows lie at multiples of the period from 1970-01-01 00:00 of that wall clock, so weeks begin on
/// Thursdays. The offset is fixed: where summer time matters, make a new limiter when it changes. Its now_ns,
/// and a manual clock's, are nanoseconds of Unix time.
///
/// Errors: as resil_period_limiter_new; UTC_OFFSET_TOO_LARGE (24 hours or more, either way); UNKNOWN_VALUE if
/// options->clock is a steady one, which knows no calendar: start from
/// RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_period_limiter_aligned(
    limit: u32,
    period_ns: u64,
    utc_offset_secs: i32,
    options: *const resil_period_limiter_options_t,
    out: *mut *mut resil_period_limiter_t,
) -> resil_status_t {
    answer("resil_period_limiter_aligned", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        let period = Duration::from_nanos(period_ns);
        let limiter = checked(call, PeriodLimiter::aligned(limit, period, utc_offset_secs))?;
        // SAFETY: as above.
        let clock = unsafe { chosen_by(call, options, AnyClock::from(UnixClock)) }?;
        checked_unix(call, &clock)?;
        out.give(resil_period_limiter_t(limiter.with_clock(clock)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Makes a limiter of at most `limit` permits by an estimate that slides: those of the window that runs, and of
/// the one before the share that one period back from now still covers, as an exact fraction. NULL `options`:
/// on the steady clock. Free it with resil_period_limiter_free.
///
/// Windows begin at multiples of the period from the clock's zero.
///
/// Errors: as resil_period_limiter_new.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_period_limiter_sliding(
    limit: u32,
    period_ns: u64,
    options: *const resil_period_limiter_options_t,
    out: *mut *mut resil_period_limiter_t,
) -> resil_status_t {
    answer("resil_period_limiter_sliding", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        let limiter =
            checked(call, PeriodLimiter::sliding(limit, Duration::from_nanos(period_ns)))?;
        // SAFETY: as above.
        let clock = unsafe { chosen_by(call, options, AnyClock::default()) }?;
        out.give(resil_period_limiter_t(limiter.with_clock(clock)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the limiter. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_period_limiter_free(limiter: *mut resil_period_limiter_t) {
    guard("resil_period_limiter_free", (), || {
        // SAFETY: it came from a function above that makes one, and is not freed yet (resil.h, Ownership).
        unsafe { free(limiter) };
    });
}

/// Takes `permits` if so many are left. Never waits.
///
/// Answers GRANTED; GRANTED_LAST if the limit is reached now: not one permit more fits; RETRY_AFTER if too few
/// are left: then `*retry_after_ns` is the time to the end of the window, or, sliding, until enough has slid
/// out; EXCEEDS_LIMIT if `permits` is more than the limit. Both grants pass resil_status_is_granted. A refusal
/// changes nothing. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (limiter).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_period_limiter_try_acquire(
    limiter: *const resil_period_limiter_t,
    permits: u32,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_period_limiter_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let limiter = unsafe { call.handle(limiter, "limiter") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        Ok(answered(limiter.0.try_acquire(permits), retry_after))
    })
}

/// As resil_period_limiter_try_acquire, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (limiter); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_period_limiter_try_acquire_at(
    limiter: *const resil_period_limiter_t,
    now_ns: u64,
    permits: u32,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_period_limiter_try_acquire_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let limiter = unsafe { call.handle(limiter, "limiter") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(answered(limiter.0.try_acquire_at(now, permits), retry_after))
    })
}

/// A limiter, or why the core makes none of this.
fn checked<C>(
    call: Call,
    made: Result<PeriodLimiter<C>, ConfigError>,
) -> Result<PeriodLimiter<C>, Failed> {
    made.map_err(|error| refused_config(call, error))
}

/// Says which rule a limit breaks.
#[cold]
pub(crate) fn refused_config(call: Call, error: ConfigError) -> Failed {
    let status = match error {
        ConfigError::LimitIsZero => RESIL_STATUS_LIMIT_IS_ZERO,
        ConfigError::LimitTooHigh => RESIL_STATUS_LIMIT_TOO_HIGH,
        ConfigError::PeriodIsZero => RESIL_STATUS_PERIOD_IS_ZERO,
        ConfigError::PeriodTooLong => RESIL_STATUS_PERIOD_TOO_LONG,
        ConfigError::UtcOffsetTooLarge => RESIL_STATUS_UTC_OFFSET_TOO_LARGE,
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("{error}")),
    };
    call.fail(status, format_args!("{}", status.text()))
}

/// An answer as a status; the wait goes to whoever wants it, and is not even worked out otherwise.
#[inline(always)]
fn answered(answer: Result<Granted, Denied>, retry_after: Option<Out<u64>>) -> resil_status_t {
    match answer {
        Ok(Granted::Granted) => RESIL_STATUS_GRANTED,
        Ok(Granted::GrantedLast) => RESIL_STATUS_GRANTED_LAST,
        Err(denied) => refused(denied, retry_after),
    }
}
