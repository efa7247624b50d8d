//! A call that a breaker guards from asking to settling.

use std::ffi::c_void;

use resil_core::sre_breaker::Outcome;

use super::resil_sre_breaker_t;
use crate::argument::Out;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A call to guard: answers a status of this library, or a number of the caller's own in its ranges. 0 to 7
/// count as success; 8 to 63, the refusals of a limiter or breaker further in, as nothing; any other number,
/// below 0 or from 64 on, as failure. Must return (see Callbacks above).
pub type resil_guarded_call_t = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void) -> i32>;

/// Makes `guarded_call` if it may be made, with `user_data`, and settles it by the number that it answers,
/// which goes to `*result`, if that is not NULL.
///
/// Answers GRANTED if the call was made, whatever it came to; REJECTED if it was not: then `*result` is as it
/// was.
///
/// Errors: NULL_ARGUMENT (breaker, guarded_call); DRAW_OUT_OF_RANGE (options->draw). No call is made then.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_sre_breaker_run(
    breaker: *const resil_sre_breaker_t,
    guarded_call: resil_guarded_call_t,
    user_data: *mut c_void,
    result: *mut i32,
) -> resil_status_t {
    answer("resil_sre_breaker_run", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        let guarded_call = call.callback(guarded_call, "guarded_call")?;
        // SAFETY: as above.
        let result = unsafe { Out::optional(result) };
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        let made = || Some(unsafe { guarded_call(user_data) });
        let Some(number) = breaker.0.run_with(made, |made| classified(*made), |_rejected| None)
        else {
            return Ok(RESIL_STATUS_REJECTED);
        };
        if let Some(result) = result {
            result.set(number);
        }
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// What the number that a call answered says about the backend.
fn classified(number: Option<i32>) -> Outcome {
    match number {
        Some(0..=7) => Outcome::Success,
        Some(8..=63) => Outcome::Ignored,
        _ => Outcome::Failure,
    }
}
