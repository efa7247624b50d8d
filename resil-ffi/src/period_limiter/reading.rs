//! What a period limiter says without anything being taken.

use resil_core::period_limiter::{Kind, Peek, Snapshot};

use super::{answered, resil_period_limiter_t};
use crate::argument::Out;
use crate::clock::nanos;
use crate::guard::answer;
use crate::peek::resil_peek_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Where a period limiter's windows begin. Snapshots show it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_period_limiter_kind_t {
    /// The first with the first permit ever taken, and each where the one before ends.
    RESIL_PERIOD_LIMITER_KIND_FROM_FIRST_USE = 0,
    /// At multiples of the period on a wall clock.
    RESIL_PERIOD_LIMITER_KIND_ALIGNED = 1,
    /// At multiples of the period from the clock's zero; the window before still counts in part.
    RESIL_PERIOD_LIMITER_KIND_SLIDING = 2,
}

use resil_period_limiter_kind_t::*;

/// A period limiter at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_period_limiter_snapshot_t {
    /// The most permits of one window.
    pub limit: u32,
    /// Permits taken in the window.
    pub taken: u32,
    /// Sliding, permits taken in the window before; else 0.
    pub taken_before: u32,
    /// Permits that could be taken at once.
    pub remaining: u32,
    /// The length of a window.
    pub period_ns: u64,
    /// Time to the end of the window; 0 before first use.
    pub reset_after_ns: u64,
    /// Where windows begin: RESIL_PERIOD_LIMITER_KIND_...
    pub kind: i32,
    /// Aligned, seconds that its wall clock is ahead of UTC; else 0.
    pub utc_offset_secs: i32,
}

/// What try_acquire would answer, and in `*out` how much is left. Takes nothing, and is no first use.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (limiter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_period_limiter_peek(
    limiter: *const resil_period_limiter_t,
    permits: u32,
    out: *mut resil_peek_t,
) -> resil_status_t {
    answer("resil_period_limiter_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (limiter, out) = unsafe { (call.handle(limiter, "limiter")?, call.out(out, "out")?) };
        Ok(peeked(&limiter.0.peek(permits), &out))
    })
}

/// As resil_period_limiter_peek, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (limiter, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_period_limiter_peek_at(
    limiter: *const resil_period_limiter_t,
    now_ns: u64,
    permits: u32,
    out: *mut resil_peek_t,
) -> resil_status_t {
    answer("resil_period_limiter_peek_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (limiter, out) = unsafe { (call.handle(limiter, "limiter")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(peeked(&limiter.0.peek_at(now, permits), &out))
    })
}

/// Writes to `*out` what the limiter looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (limiter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_period_limiter_snapshot(
    limiter: *const resil_period_limiter_t,
    out: *mut resil_period_limiter_snapshot_t,
) -> resil_status_t {
    answer("resil_period_limiter_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (limiter, out) = unsafe { (call.handle(limiter, "limiter")?, call.out(out, "out")?) };
        out.set(limiter.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_period_limiter_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (limiter, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_period_limiter_snapshot_at(
    limiter: *const resil_period_limiter_t,
    now_ns: u64,
    out: *mut resil_period_limiter_snapshot_t,
) -> resil_status_t {
    answer("resil_period_limiter_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (limiter, out) = unsafe { (call.handle(limiter, "limiter")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(limiter.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

fn peeked(peek: &Peek, out: &Out<resil_peek_t>) -> resil_status_t {
    out.set(resil_peek_t::new(peek.answer.err(), peek.remaining, peek.reset_after));
    answered(peek.answer, None)
}

impl From<Snapshot> for resil_period_limiter_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        let (kind, utc_offset_secs) = match snapshot.kind {
            Kind::FromFirstUse => (RESIL_PERIOD_LIMITER_KIND_FROM_FIRST_USE as i32, 0),
            Kind::Aligned { utc_offset_secs } => {
                (RESIL_PERIOD_LIMITER_KIND_ALIGNED as i32, utc_offset_secs)
            }
            Kind::Sliding => (RESIL_PERIOD_LIMITER_KIND_SLIDING as i32, 0),
            kind => unreachable!("no function here makes a limiter of {kind:?}"),
        };
        Self {
            limit: snapshot.limit,
            taken: snapshot.taken,
            taken_before: snapshot.taken_before,
            remaining: snapshot.remaining,
            period_ns: nanos(snapshot.period),
            reset_after_ns: nanos(snapshot.reset_after),
            kind,
            utc_offset_secs,
        }
    }
}
