//! The period limiter of many processes.

use std::ffi::c_char;
use std::time::Duration;

use resil_core::period_limiter::{Granted, Kind, Peek};
use resil_core::pure::period_limiter::Config;
use resil_redis::{Answer, PeriodLimiter};

use super::answer::{answered, looked, resil_redis_answer_t};
use super::client::Over;
use super::options::{policy_of, refused_by_store, resil_redis_limiter_options_t};
use super::store::resil_redis_store_t;
use super::text::{subject, text};
use crate::argument::{Call, Failed, Out};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::period_limiter::refused_config;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// So many permits per period that many processes share, per subject.
///
/// Windows lie on the server's clock. No window grants more than the limit; while the store is away, under
/// RESIL_REDIS_POLICY_RESCUE, each member grants its whole part of the limit, at least 1, in windows of its own.
/// Subjects, waits and threads: as resil_redis_token_bucket_t.
pub struct resil_redis_period_limiter_t(Over<PeriodLimiter>);

const _: () = shared_between_threads::<resil_redis_period_limiter_t>();

/// Makes the limiter called `name`, of at most `limit` permits in each `period_ns` for each subject; a window begins
/// with the first permit taken when none runs. NULL `options`: RESIL_REDIS_POLICY_RESCUE. Free it with
/// resil_redis_period_limiter_free.
///
/// Errors: NULL_ARGUMENT (store, name, out); NOT_UTF8, NAME_NOT_PLAIN (name); LIMIT_IS_ZERO; LIMIT_TOO_HIGH;
/// PERIOD_IS_ZERO; PERIOD_TOO_LONG; PERIOD_NOT_WHOLE_MICROS; PERIOD_TOO_LONG_FOR_STORE; STRUCT_SIZE; UNKNOWN_VALUE
/// (options->policy). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_period_limiter_new(
    store: *const resil_redis_store_t,
    name: *const c_char,
    limit: u32,
    period_ns: u64,
    options: *const resil_redis_limiter_options_t,
    out: *mut *mut resil_redis_period_limiter_t,
) -> resil_status_t {
    answer("resil_redis_period_limiter_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, store, name, (limit, period_ns, Kind::FromFirstUse), options, out) }
    })
}

/// As resil_redis_period_limiter_new, in windows at multiples of the period on a wall clock that is `utc_offset_secs`
/// ahead of UTC: with a period of a day, they begin at that clock's midnight.
///
/// Errors: as resil_redis_period_limiter_new; UTC_OFFSET_TOO_LARGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_period_limiter_aligned(
    store: *const resil_redis_store_t,
    name: *const c_char,
    limit: u32,
    period_ns: u64,
    utc_offset_secs: i32,
    options: *const resil_redis_limiter_options_t,
    out: *mut *mut resil_redis_period_limiter_t,
) -> resil_status_t {
    answer("resil_redis_period_limiter_aligned", |call| {
        let kind = Kind::Aligned { utc_offset_secs };
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, store, name, (limit, period_ns, kind), options, out) }
    })
}

/// As resil_redis_period_limiter_new, by an estimate that slides: the permits of the window that runs, and of the one
/// before the share that one period back from now still covers.
///
/// Errors: as resil_redis_period_limiter_new.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_period_limiter_sliding(
    store: *const resil_redis_store_t,
    name: *const c_char,
    limit: u32,
    period_ns: u64,
    options: *const resil_redis_limiter_options_t,
    out: *mut *mut resil_redis_period_limiter_t,
) -> resil_status_t {
    answer("resil_redis_period_limiter_sliding", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, store, name, (limit, period_ns, Kind::Sliding), options, out) }
    })
}

/// Makes a limiter of any kind.
///
/// # Safety
/// Pointers are NULL or valid: `store` a live handle, `name` a text, `options` of as many bytes as they say, `out` for
/// writes.
unsafe fn made(
    call: Call,
    store: *const resil_redis_store_t,
    name: *const c_char,
    (limit, period_ns, kind): (u32, u64, Kind),
    options: *const resil_redis_limiter_options_t,
    out: *mut *mut resil_redis_period_limiter_t,
) -> Result<resil_status_t, Failed> {
    // SAFETY: passed on.
    let out = unsafe { call.handle_out(out) }?;
    // SAFETY: passed on.
    let (store, name) = unsafe { (call.handle(store, "store")?, text(call, name, "name")?) };
    let config = Config::new(limit, Duration::from_nanos(period_ns), kind);
    let config = config.map_err(|error| refused_config(call, error))?;
    // SAFETY: passed on.
    let policy = unsafe { policy_of(call, options) }?;
    let made = PeriodLimiter::new(&store.0.limiter, name, config);
    let limiter = made.map_err(|error| refused_by_store(call, error))?;
    out.give(resil_redis_period_limiter_t(store.over(limiter.with_policy(policy))));
    Ok(RESIL_STATUS_GRANTED)
}

/// Frees the limiter. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_period_limiter_free(
    limiter: *mut resil_redis_period_limiter_t,
) {
    guard("resil_redis_period_limiter_free", (), || {
        // SAFETY: it came from a function above that makes one, and is not freed yet (resil.h, Ownership).
        unsafe { free(limiter) };
    });
}

/// Takes `permits` of the subject if so many are left. Waits for the store at most one deadline.
///
/// Answers GRANTED; GRANTED_LAST if the limit is reached now; RETRY_AFTER if too few are left; EXCEEDS_LIMIT if
/// `permits` is more than the limit; UNAVAILABLE if nobody decided. `out` may be NULL; it is written with every
/// answer below 64, and says who decided.
///
/// Errors: NULL_ARGUMENT (limiter, subject with a length); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_period_limiter_try_acquire(
    limiter: *const resil_redis_period_limiter_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_period_limiter_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let limiter = unsafe { call.handle(limiter, "limiter") }?;
        // SAFETY: as above.
        let (subject, out) =
            unsafe { (self::subject(call, subject, subject_len)?, Out::optional(out)) };
        Ok(answered(
            limiter.0.answer(limiter.0.limiter.begin_try_acquire(subject, permits)),
            out,
            granted,
        ))
    })
}

/// What try_acquire would answer, and in `*out` how much is left to the subject. Takes nothing, and is no first use.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (limiter, subject with a length, out); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_period_limiter_peek(
    limiter: *const resil_redis_period_limiter_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_period_limiter_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (limiter, out) = unsafe { (call.handle(limiter, "limiter")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let subject = unsafe { self::subject(call, subject, subject_len) }?;
        Ok(peeked(limiter.0.answer(limiter.0.limiter.begin_peek(subject, permits)), out))
    })
}

fn granted(granted: Granted) -> resil_status_t {
    match granted {
        Granted::Granted => RESIL_STATUS_GRANTED,
        Granted::GrantedLast => RESIL_STATUS_GRANTED_LAST,
    }
}

/// The look of a limiter.
fn peeked(answer: Answer<Peek>, out: Out<resil_redis_answer_t>) -> resil_status_t {
    looked(answer, out, |Peek { answer, remaining, reset_after }| {
        (answer.map(granted), remaining, reset_after)
    })
}
