//! Telling a breaker what calls came to, without a permit.

use resil_core::sre_breaker::Outcome;

use super::resil_sre_breaker_t;
use crate::argument::{Call, Failed};
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// What became of a call that was let through. Functions take it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_outcome_t {
    /// It went well.
    RESIL_OUTCOME_SUCCESS = 0,
    /// It failed, in a way that speaks against whoever was called.
    RESIL_OUTCOME_FAILURE = 1,
    /// It says nothing about whoever was called: given up, refused further in, a caller's own mistake.
    RESIL_OUTCOME_IGNORED = 2,
}

/// Tells what a call came to (RESIL_OUTCOME_...), now. For those who hold no permit.
///
/// Errors: NULL_ARGUMENT (breaker); UNKNOWN_VALUE (outcome): then nothing is counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_record(
    breaker: *const resil_sre_breaker_t,
    outcome: i32,
) -> resil_status_t {
    answer("resil_sre_breaker_record", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        breaker.0.record(self::outcome(call, outcome)?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_sre_breaker_record, at an instant that the caller has read already. If its bucket has left the
/// window the outcome is not counted.
///
/// Errors: NULL_ARGUMENT (breaker); NOW_OUT_OF_RANGE; UNKNOWN_VALUE (outcome).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_record_at(
    breaker: *const resil_sre_breaker_t,
    now_ns: u64,
    outcome: i32,
) -> resil_status_t {
    answer("resil_sre_breaker_record_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        let now = call.instant(now_ns, "now_ns")?;
        breaker.0.record_at(now, self::outcome(call, outcome)?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The outcome that a number chooses.
#[inline]
pub(super) fn outcome(call: Call, number: i32) -> Result<Outcome, Failed> {
    const SUCCESS: i32 = resil_outcome_t::RESIL_OUTCOME_SUCCESS as i32;
    const FAILURE: i32 = resil_outcome_t::RESIL_OUTCOME_FAILURE as i32;
    const IGNORED: i32 = resil_outcome_t::RESIL_OUTCOME_IGNORED as i32;
    match number {
        SUCCESS => Ok(Outcome::Success),
        FAILURE => Ok(Outcome::Failure),
        IGNORED => Ok(Outcome::Ignored),
        _ => Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("outcome must be one of RESIL_OUTCOME_..., not {number}"),
        )),
    }
}
