//! The SRE breaker as monitoring wants it.

use resil_core::sre_breaker::Snapshot;

use super::{resil_mode_t, resil_sre_breaker_t};
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// An SRE breaker at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_sre_breaker_snapshot_t {
    /// Calls that count in the window: settled ones, and refusals if the configuration counts them.
    pub requests: u64,
    /// Successes among them.
    pub accepts: u64,
    /// The share of calls that the law would refuse now, from 0 to 1; whatever the mode.
    pub drop_ratio: f64,
    /// What the breaker does with it: RESIL_MODE_...
    pub mode: i32,
    /// Calls refused since the breaker was made, by chance or forced.
    pub drops: u64,
    /// Calls that RESIL_MODE_DRY_RUN let through and RESIL_MODE_ENABLED would have refused, since it was made.
    pub would_reject: u64,
}

/// Writes to `*out` what the breaker looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (breaker, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_snapshot(
    breaker: *const resil_sre_breaker_t,
    out: *mut resil_sre_breaker_snapshot_t,
) -> resil_status_t {
    answer("resil_sre_breaker_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (breaker, out) = unsafe { (call.handle(breaker, "breaker")?, call.out(out, "out")?) };
        out.set(breaker.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_sre_breaker_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (breaker, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_snapshot_at(
    breaker: *const resil_sre_breaker_t,
    now_ns: u64,
    out: *mut resil_sre_breaker_snapshot_t,
) -> resil_status_t {
    answer("resil_sre_breaker_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (breaker, out) = unsafe { (call.handle(breaker, "breaker")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(breaker.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

impl From<Snapshot> for resil_sre_breaker_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            requests: snapshot.requests,
            accepts: snapshot.accepts,
            drop_ratio: snapshot.drop_ratio,
            mode: resil_mode_t::from(snapshot.mode) as i32,
            drops: snapshot.drops,
            would_reject: snapshot.would_reject,
        }
    }
}
