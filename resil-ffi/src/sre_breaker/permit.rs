//! Asking for a call, and settling it: the permit is a struct of the caller's, settled once.

use std::ffi::c_void;
use std::ptr;

use resil_core::AnyClock;
use resil_core::sre_breaker::{Outcome, Permit, Rejected};

use super::options::is_draw;
use super::record::outcome as chosen;
use super::resil_sre_breaker_t;
use crate::argument::{Call, Failed, Out};
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A call that was let through. The caller owns the struct and settles it once, with what became of the call.
/// Forgetting it counts as nothing, as if ignored: there is nothing to free.
///
/// It means something only to the breaker that gave it. One thread at a time may hand it to a function, which
/// need not be the one that asked. Settling a copy after the original counts the call twice: do not.
/// Initialise it with RESIL_PERMIT_INIT if it may be settled without having been granted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_permit_t {
    /// The library's own.
    pub opaque_owner: *const c_void,
}

/// Why a breaker did not let a call through.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_rejected_t {
    /// The share of calls refused at that moment, above 0 and at most 1.
    pub drop_ratio: f64,
    /// Refused because the breaker was set to refuse everything, not by chance.
    pub forced_open: bool,
}

/// Asks whether a call may be made. Never waits.
///
/// Answers GRANTED: make the call, then settle `*permit` with resil_sre_breaker_success, _failure or _ignore.
/// REJECTED: do not make it; `*rejected` says why. `*permit` is written on GRANTED only, `*rejected`, which
/// may be NULL, on REJECTED only.
///
/// Errors: NULL_ARGUMENT (breaker, permit); DRAW_OUT_OF_RANGE (options->draw): then nothing was decided.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_sre_breaker_try_acquire(
    breaker: *const resil_sre_breaker_t,
    permit: *mut resil_permit_t,
    rejected: *mut resil_rejected_t,
) -> resil_status_t {
    answer("resil_sre_breaker_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (asked, permit) =
            unsafe { (call.handle(breaker, "breaker")?, call.out(permit, "permit")?) };
        // SAFETY: as above.
        let rejected = unsafe { Out::optional(rejected) };
        Ok(answered(asked, asked.0.try_acquire(), &permit, rejected))
    })
}

/// As resil_sre_breaker_try_acquire, at an instant that the caller has read already and with a draw of the
/// caller's, at least 0 and below 1: the call is refused if and only if it is below the share to refuse.
///
/// Errors: NULL_ARGUMENT (breaker, permit); NOW_OUT_OF_RANGE; DRAW_OUT_OF_RANGE (draw).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_sre_breaker_try_acquire_at(
    breaker: *const resil_sre_breaker_t,
    now_ns: u64,
    draw: f64,
    permit: *mut resil_permit_t,
    rejected: *mut resil_rejected_t,
) -> resil_status_t {
    answer("resil_sre_breaker_try_acquire_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (asked, permit) =
            unsafe { (call.handle(breaker, "breaker")?, call.out(permit, "permit")?) };
        // SAFETY: as above.
        let rejected = unsafe { Out::optional(rejected) };
        let now = call.instant(now_ns, "now_ns")?;
        if !is_draw(draw) {
            return Err(call.fail(
                RESIL_STATUS_DRAW_OUT_OF_RANGE,
                format_args!("draw must be at least 0 and below 1, not {draw}"),
            ));
        }
        Ok(answered(asked, asked.0.try_acquire_at(now, draw), &permit, rejected))
    })
}

/// The call went well: settles `*permit`, and marks that it is.
///
/// Errors: NULL_ARGUMENT (breaker, permit); ALREADY_SETTLED if it was settled before, never granted, or given
/// by another breaker.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_success(
    breaker: *const resil_sre_breaker_t,
    permit: *mut resil_permit_t,
) -> resil_status_t {
    answer("resil_sre_breaker_success", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers, and `resil_permit_t`).
        let breaker = unsafe { redeem(call, call.handle(breaker, "breaker")?, permit) }?;
        breaker.0.record(Outcome::Success);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_sre_breaker_success, at an instant that the caller has read already.
///
/// Errors: as resil_sre_breaker_success, and NOW_OUT_OF_RANGE: then the permit is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_success_at(
    breaker: *const resil_sre_breaker_t,
    now_ns: u64,
    permit: *mut resil_permit_t,
) -> resil_status_t {
    answer("resil_sre_breaker_success_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        let now = call.instant(now_ns, "now_ns")?;
        // SAFETY: as above, and what `resil_permit_t` says.
        let breaker = unsafe { redeem(call, breaker, permit) }?;
        breaker.0.record_at(now, Outcome::Success);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The call failed, in a way that speaks against whoever was called: settles `*permit`, and marks that it is.
///
/// Errors: as resil_sre_breaker_success.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_failure(
    breaker: *const resil_sre_breaker_t,
    permit: *mut resil_permit_t,
) -> resil_status_t {
    answer("resil_sre_breaker_failure", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers, and `resil_permit_t`).
        let breaker = unsafe { redeem(call, call.handle(breaker, "breaker")?, permit) }?;
        breaker.0.record(Outcome::Failure);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_sre_breaker_failure, at an instant that the caller has read already.
///
/// Errors: as resil_sre_breaker_success_at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_failure_at(
    breaker: *const resil_sre_breaker_t,
    now_ns: u64,
    permit: *mut resil_permit_t,
) -> resil_status_t {
    answer("resil_sre_breaker_failure_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        let now = call.instant(now_ns, "now_ns")?;
        // SAFETY: as above, and what `resil_permit_t` says.
        let breaker = unsafe { redeem(call, breaker, permit) }?;
        breaker.0.record_at(now, Outcome::Failure);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The call says nothing about the backend (given up, refused further in, a caller's own mistake): settles
/// `*permit`, and marks that it is. Nothing is counted, at whatever time.
///
/// Errors: as resil_sre_breaker_success.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_ignore(
    breaker: *const resil_sre_breaker_t,
    permit: *mut resil_permit_t,
) -> resil_status_t {
    answer("resil_sre_breaker_ignore", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers, and `resil_permit_t`).
        unsafe { redeem(call, call.handle(breaker, "breaker")?, permit) }?;
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The call came to `outcome` (RESIL_OUTCOME_...): settles `*permit`, and marks that it is.
///
/// Errors: as resil_sre_breaker_success, and UNKNOWN_VALUE (outcome): then the permit is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_settle(
    breaker: *const resil_sre_breaker_t,
    permit: *mut resil_permit_t,
    outcome: i32,
) -> resil_status_t {
    answer("resil_sre_breaker_settle", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        let outcome = chosen(call, outcome)?;
        // SAFETY: as above, and what `resil_permit_t` says.
        unsafe { redeem(call, breaker, permit) }?.0.record(outcome);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_sre_breaker_settle, at an instant that the caller has read already.
///
/// Errors: as resil_sre_breaker_settle, and NOW_OUT_OF_RANGE: then the permit is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_settle_at(
    breaker: *const resil_sre_breaker_t,
    now_ns: u64,
    permit: *mut resil_permit_t,
    outcome: i32,
) -> resil_status_t {
    answer("resil_sre_breaker_settle_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        let now = call.instant(now_ns, "now_ns")?;
        let outcome = chosen(call, outcome)?;
        // SAFETY: as above, and what `resil_permit_t` says.
        unsafe { redeem(call, breaker, permit) }?.0.record_at(now, outcome);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// What a permit of this breaker bears. Never NULL, which is none.
#[inline]
fn mark(breaker: &resil_sre_breaker_t) -> *const c_void {
    ptr::from_ref(breaker).cast()
}

/// Writes an answer to the caller's structs.
#[inline(always)]
fn answered(
    breaker: &resil_sre_breaker_t,
    answer: Result<Permit<'_, AnyClock>, Rejected>,
    permit: &Out<resil_permit_t>,
    rejected: Option<Out<resil_rejected_t>>,
) -> resil_status_t {
    match answer {
        // The core's own permit counts nothing when dropped: what the caller settles is recorded.
        Ok(_) => {
            permit.set(resil_permit_t { opaque_owner: mark(breaker) });
            RESIL_STATUS_GRANTED
        }
        Err(Rejected { drop_ratio, forced_open, .. }) => {
            if let Some(rejected) = rejected {
                rejected.set(resil_rejected_t { drop_ratio, forced_open });
            }
            RESIL_STATUS_REJECTED
        }
    }
}

/// Takes the permit out of the caller's struct, and marks that it is gone. Returns the breaker to tell.
///
/// # Safety
/// `permit` is NULL, or valid for reads and writes, by this thread alone.
#[inline]
unsafe fn redeem(
    call: Call,
    breaker: &resil_sre_breaker_t,
    permit: *mut resil_permit_t,
) -> Result<&resil_sre_breaker_t, Failed> {
    // SAFETY: passed on.
    let owner = unsafe { call.copy(permit, "permit") }?.opaque_owner;
    if owner != mark(breaker) {
        return Err(call.fail(
            RESIL_STATUS_ALREADY_SETTLED,
            format_args!(
                "permit lets no call through here: settled before, never granted, or another breaker's"
            ),
        ));
    }
    // SAFETY: not NULL, for it was read; the caller says that it may be written.
    unsafe { (&raw mut (*permit).opaque_owner).write(ptr::null()) };
    Ok(breaker)
}
