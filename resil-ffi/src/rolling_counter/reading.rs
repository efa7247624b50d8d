//! The rolling counter, read: its total, bucket by bucket, and as monitoring wants it.

use std::ffi::c_void;

use resil_core::rolling_window::CounterSnapshot;

use super::resil_rolling_counter_t;
use crate::clock::nanos;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A rolling counter at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_rolling_counter_snapshot_t {
    /// The width of a bucket.
    pub bucket_width_ns: u64,
    /// How many buckets the window has, the current one included.
    pub bucket_count: u32,
    /// What is in it.
    pub total: u64,
}

/// Is shown one bucket: its count. Must return (see Callbacks above).
pub type resil_count_visitor_t =
    Option<unsafe extern "C-unwind" fn(user_data: *mut c_void, count: u64)>;

/// Writes what is in the window to `*out`.
///
/// Errors: NULL_ARGUMENT (counter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_total(
    counter: *const resil_rolling_counter_t,
    out: *mut u64,
) -> resil_status_t {
    answer("resil_rolling_counter_total", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (counter, out) = unsafe { (call.handle(counter, "counter")?, call.out(out, "out")?) };
        out.set(counter.0.total());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_rolling_counter_total, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (counter, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_total_at(
    counter: *const resil_rolling_counter_t,
    now_ns: u64,
    out: *mut u64,
) -> resil_status_t {
    answer("resil_rolling_counter_total_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (counter, out) = unsafe { (call.handle(counter, "counter")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(counter.0.total_at(now));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Shows `visit` the buckets, as resil_rolling_window_fold. `user_data` is handed on to it and may be NULL.
///
/// Errors: NULL_ARGUMENT (counter, visit): then it is not called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_fold(
    counter: *const resil_rolling_counter_t,
    visit: resil_count_visitor_t,
    user_data: *mut c_void,
) -> resil_status_t {
    answer("resil_rolling_counter_fold", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let counter = unsafe { call.handle(counter, "counter") }?;
        let visit = call.callback(visit, "visit")?;
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        counter.0.fold((), |(), count| unsafe { visit(user_data, count) });
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_rolling_counter_fold, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (counter, visit); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_fold_at(
    counter: *const resil_rolling_counter_t,
    now_ns: u64,
    visit: resil_count_visitor_t,
    user_data: *mut c_void,
) -> resil_status_t {
    answer("resil_rolling_counter_fold_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let counter = unsafe { call.handle(counter, "counter") }?;
        let visit = call.callback(visit, "visit")?;
        let now = call.instant(now_ns, "now_ns")?;
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        counter.0.fold_at(now, (), |(), count| unsafe { visit(user_data, count) });
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the counter looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (counter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_snapshot(
    counter: *const resil_rolling_counter_t,
    out: *mut resil_rolling_counter_snapshot_t,
) -> resil_status_t {
    answer("resil_rolling_counter_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (counter, out) = unsafe { (call.handle(counter, "counter")?, call.out(out, "out")?) };
        out.set(counter.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_rolling_counter_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (counter, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_snapshot_at(
    counter: *const resil_rolling_counter_t,
    now_ns: u64,
    out: *mut resil_rolling_counter_snapshot_t,
) -> resil_status_t {
    answer("resil_rolling_counter_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (counter, out) = unsafe { (call.handle(counter, "counter")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(counter.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

impl From<CounterSnapshot> for resil_rolling_counter_snapshot_t {
    fn from(snapshot: CounterSnapshot) -> Self {
        Self {
            bucket_width_ns: nanos(snapshot.bucket_width),
            bucket_count: snapshot.bucket_count,
            total: snapshot.total,
        }
    }
}
