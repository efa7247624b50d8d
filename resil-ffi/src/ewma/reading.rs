//! The average, read: its value, and as monitoring wants it; and Newton cooling by itself.

use std::time::Duration;

use resil_core::ewma::{Kind, Snapshot, decay_factor};

use super::options::refused;
use super::resil_ewma_t;
use crate::argument::Out;
use crate::clock::nanos;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// How an average forgets. Snapshots give it as int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_ewma_kind_t {
    /// By the number of samples that came after.
    RESIL_EWMA_BY_COUNT = 0,
    /// By the time since; a sample weighs the time since the last one.
    RESIL_EWMA_BY_TIME = 1,
    /// By the time since; every sample weighs the same when it is new.
    RESIL_EWMA_SAMPLE_WEIGHTED = 2,
    /// Up at once, down as by time; decays while nothing is recorded.
    RESIL_EWMA_PEAK = 3,
}

/// An average at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_ewma_snapshot_t {
    /// How it forgets: RESIL_EWMA_BY_COUNT, RESIL_EWMA_BY_TIME, RESIL_EWMA_SAMPLE_WEIGHTED or RESIL_EWMA_PEAK.
    pub kind: i32,
    /// By count, the samples that the first value is the plain mean of; else 0.
    pub warm_up: u32,
    /// By count, the weight of a new sample; else 0.
    pub alpha: f64,
    /// The time in which the weight of the past falls to 1/e; by count 0.
    pub time_constant_ns: u64,
    /// The average; 0 while `missing` is not 0.
    pub value: f64,
    /// How many samples it takes until there is a value; 0 when there is one.
    pub missing: u32,
    /// The time since the newest sample; by count, and before the first, 0.
    pub idle_for_ns: u64,
}

/// Writes the average to `*out`; only a peak reads the clock. ABSENT while nothing, or with a warm-up too little,
/// was recorded: then `*out` is left as it was.
///
/// Errors: NULL_ARGUMENT (ewma, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_value(
    ewma: *const resil_ewma_t,
    out: *mut f64,
) -> resil_status_t {
    answer("resil_ewma_value", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ewma, out) = unsafe { (call.handle(ewma, "ewma")?, call.out(out, "out")?) };
        Ok(told(ewma.0.value(), &out))
    })
}

/// As resil_ewma_value, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (ewma, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_value_at(
    ewma: *const resil_ewma_t,
    now_ns: u64,
    out: *mut f64,
) -> resil_status_t {
    answer("resil_ewma_value_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ewma, out) = unsafe { (call.handle(ewma, "ewma")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(told(ewma.0.value_at(now), &out))
    })
}

/// Writes to `*out` what the average looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (ewma, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_ewma_snapshot(
    ewma: *const resil_ewma_t,
    out: *mut resil_ewma_snapshot_t,
) -> resil_status_t {
    answer("resil_ewma_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ewma, out) = unsafe { (call.handle(ewma, "ewma")?, call.out(out, "out")?) };
        out.set(ewma.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_ewma_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (ewma, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_ewma_snapshot_at(
    ewma: *const resil_ewma_t,
    now_ns: u64,
    out: *mut resil_ewma_snapshot_t,
) -> resil_status_t {
    answer("resil_ewma_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ewma, out) = unsafe { (call.handle(ewma, "ewma")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(ewma.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what is left of a value after a time without samples (Newton's law of cooling):
/// e^(-elapsed_ns / time_constant_ns), which is 1 for no time at all and 0 from 746 time constants on.
///
/// Errors: NULL_ARGUMENT (out); TIME_CONSTANT_IS_ZERO, TIME_CONSTANT_TOO_LONG (above 2^63 - 1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_decay_factor(
    elapsed_ns: u64,
    time_constant_ns: u64,
    out: *mut f64,
) -> resil_status_t {
    answer("resil_decay_factor", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.out(out, "out") }?;
        let [elapsed, constant] = [elapsed_ns, time_constant_ns].map(Duration::from_nanos);
        let factor = decay_factor(elapsed, constant).map_err(|error| refused(call, "", error))?;
        out.set(factor);
        Ok(RESIL_STATUS_GRANTED)
    })
}

#[inline]
fn told(value: Option<f64>, out: &Out<f64>) -> resil_status_t {
    match value {
        Some(value) => {
            out.set(value);
            RESIL_STATUS_GRANTED
        }
        None => RESIL_STATUS_ABSENT,
    }
}

impl From<Snapshot> for resil_ewma_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        let (kind, alpha, warm_up, time_constant_ns) = match snapshot.kind {
            Kind::ByCount { alpha, warm_up } => {
                (resil_ewma_kind_t::RESIL_EWMA_BY_COUNT as i32, alpha, warm_up, 0)
            }
            Kind::ByTime { time_constant } => {
                (resil_ewma_kind_t::RESIL_EWMA_BY_TIME as i32, 0.0, 0, nanos(time_constant))
            }
            Kind::SampleWeighted { time_constant } => {
                (resil_ewma_kind_t::RESIL_EWMA_SAMPLE_WEIGHTED as i32, 0.0, 0, nanos(time_constant))
            }
            Kind::Peak { time_constant } => {
                (resil_ewma_kind_t::RESIL_EWMA_PEAK as i32, 0.0, 0, nanos(time_constant))
            }
            // A kind of the core that has no number here yet, and that nothing here makes.
            _ => (-1, 0.0, 0, 0),
        };
        Self {
            kind,
            warm_up,
            alpha,
            time_constant_ns,
            value: snapshot.value.unwrap_or_default(),
            missing: snapshot.missing,
            idle_for_ns: snapshot.idle_for.map_or(0, nanos),
        }
    }
}
