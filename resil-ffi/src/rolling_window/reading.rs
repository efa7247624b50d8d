//! The rolling window, read: totals, bucket by bucket, and as monitoring wants it.

use std::ffi::c_void;

use resil_core::rolling_window::{Snapshot, Totals};

use super::resil_rolling_window_t;
use crate::clock::nanos;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// What a window, or one bucket of it, holds. The mean is sum / count, if count is not 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_totals_t {
    /// The sum of the values recorded.
    pub sum: u64,
    /// How many values were recorded.
    pub count: u64,
}

/// A rolling window at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_rolling_window_snapshot_t {
    /// The width of a bucket.
    pub bucket_width_ns: u64,
    /// How many buckets the window has, the current one included.
    pub bucket_count: u32,
    /// What is in it.
    pub totals: resil_totals_t,
}

/// Is shown one bucket: its sum and its count. Must return (see Callbacks above).
pub type resil_bucket_visitor_t =
    Option<unsafe extern "C-unwind" fn(user_data: *mut c_void, sum: u64, count: u64)>;

/// Writes the sum and the count of what is in the window to `*out`.
///
/// Errors: NULL_ARGUMENT (window, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_totals(
    window: *const resil_rolling_window_t,
    out: *mut resil_totals_t,
) -> resil_status_t {
    answer("resil_rolling_window_totals", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (window, out) = unsafe { (call.handle(window, "window")?, call.out(out, "out")?) };
        out.set(window.0.totals().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_rolling_window_totals, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (window, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_totals_at(
    window: *const resil_rolling_window_t,
    now_ns: u64,
    out: *mut resil_totals_t,
) -> resil_status_t {
    answer("resil_rolling_window_totals_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (window, out) = unsafe { (call.handle(window, "window")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(window.0.totals_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Shows `visit` the buckets of the window, oldest first, empty ones as zero: bucket_count of them, or one
/// fewer if the current one is left out. `user_data` is handed on to it and may be NULL.
///
/// Errors: NULL_ARGUMENT (window, visit): then it is not called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_fold(
    window: *const resil_rolling_window_t,
    visit: resil_bucket_visitor_t,
    user_data: *mut c_void,
) -> resil_status_t {
    answer("resil_rolling_window_fold", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let window = unsafe { call.handle(window, "window") }?;
        let visit = call.callback(visit, "visit")?;
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        window.0.fold((), |(), bucket| unsafe { visit(user_data, bucket.sum, bucket.count) });
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_rolling_window_fold, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (window, visit); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_fold_at(
    window: *const resil_rolling_window_t,
    now_ns: u64,
    visit: resil_bucket_visitor_t,
    user_data: *mut c_void,
) -> resil_status_t {
    answer("resil_rolling_window_fold_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let window = unsafe { call.handle(window, "window") }?;
        let visit = call.callback(visit, "visit")?;
        let now = call.instant(now_ns, "now_ns")?;
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        let show = |(), bucket: Totals| unsafe { visit(user_data, bucket.sum, bucket.count) };
        window.0.fold_at(now, (), show);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the window looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (window, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_snapshot(
    window: *const resil_rolling_window_t,
    out: *mut resil_rolling_window_snapshot_t,
) -> resil_status_t {
    answer("resil_rolling_window_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (window, out) = unsafe { (call.handle(window, "window")?, call.out(out, "out")?) };
        out.set(window.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_rolling_window_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (window, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_snapshot_at(
    window: *const resil_rolling_window_t,
    now_ns: u64,
    out: *mut resil_rolling_window_snapshot_t,
) -> resil_status_t {
    answer("resil_rolling_window_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (window, out) = unsafe { (call.handle(window, "window")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(window.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

impl From<Totals> for resil_totals_t {
    #[inline]
    fn from(totals: Totals) -> Self {
        Self { sum: totals.sum, count: totals.count }
    }
}

impl From<Snapshot> for resil_rolling_window_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            bucket_width_ns: nanos(snapshot.bucket_width),
            bucket_count: snapshot.bucket_count,
            totals: snapshot.totals.into(),
        }
    }
}
