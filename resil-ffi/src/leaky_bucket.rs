//! The leaky bucket: what its meter and its queue are made with, and what both show to monitoring.

// In the order in which the header shows them.
mod meter;

mod queue;

use resil_core::leaky_bucket::Snapshot;

use crate::argument::BeginsWithSize;
use crate::clock::{ChoosesClock, nanos, resil_manual_clock_t};
use crate::quota::resil_quota_t;

/// What a leaky meter or queue is made with, beyond its quota. Start from RESIL_LEAKY_BUCKET_OPTIONS_INIT, then
/// change fields: later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_leaky_bucket_options_t {
    /// sizeof(resil_leaky_bucket_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// The clock it reads: RESIL_CLOCK_...
    pub clock: i32,
    /// The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    /// time after the meter or queue was made.
    pub manual_clock: *const resil_manual_clock_t,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_leaky_bucket_options_t {}

impl ChoosesClock for resil_leaky_bucket_options_t {
    fn clock(&self) -> (i32, *const resil_manual_clock_t) {
        (self.clock, self.manual_clock)
    }
}

/// A leaky meter or queue at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_leaky_bucket_snapshot_t {
    /// The quota.
    pub quota: resil_quota_t,
    /// Permits for which there is room.
    pub remaining: u32,
    /// Time until the bucket is empty, or the queue idle, if nobody asks.
    pub reset_after_ns: u64,
}

impl From<Snapshot> for resil_leaky_bucket_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            quota: snapshot.quota.into(),
            remaining: snapshot.remaining,
            reset_after_ns: nanos(snapshot.reset_after),
        }
    }
}
