//! Sleeping until another thread says so, by address: a lock needs no queue of its own.
//!
//! Threads that sleep on an address stand in a table of the process (parking_lot's); `sleep` and `wake_one`
//! on the same address run their closures under that table's lock, one after another.
//! Under loom sleeping is yielding: what a sleeper waits for is looked at again anyway.

use std::time::Duration;

/// Sleeps on `address` if `still_needed` says so, until woken or for `at_most`.
///
/// `none_left` is called if this thread gave up by itself and no other sleeps on the address.
/// Neither closure may park, wake or panic.
#[cfg(not(any(resil_loom, resil_shuttle)))]
pub(crate) fn sleep(
    address: usize,
    at_most: Duration,
    still_needed: impl FnOnce() -> bool,
    none_left: impl FnOnce(),
) {
    use parking_lot_core::{DEFAULT_PARK_TOKEN, park};
    let deadline = std::time::Instant::now() + at_most;
    let gave_up = |_, was_last| {
        if was_last {
            none_left();
        }
    };
    // SAFETY: the address is the caller's own lock, so no other code parks on it; the callers' closures
    // neither call into parking_lot nor panic (promised above, kept in `raw_spin_lock`).
    unsafe { park(address, still_needed, || {}, gave_up, DEFAULT_PARK_TOKEN, Some(deadline)) };
}

/// Wakes one thread that sleeps on `address`; `none_left` is called if no other sleeps there then.
///
/// The closure may not park, wake or panic.
#[cfg(not(any(resil_loom, resil_shuttle)))]
pub(crate) fn wake_one(address: usize, none_left: impl FnOnce()) {
    use parking_lot_core::{DEFAULT_UNPARK_TOKEN, UnparkResult, unpark_one};
    let woken = |result: UnparkResult| {
        if !result.have_more_threads {
            none_left();
        }
        DEFAULT_UNPARK_TOKEN
    };
    // SAFETY: as in `sleep`.
    unsafe { unpark_one(address, woken) };
}

#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) fn sleep(
    _address: usize,
    _at_most: Duration,
    still_needed: impl FnOnce() -> bool,
    none_left: impl FnOnce(),
) {
    if still_needed() {
        super::primitive::yield_now();
    }
    none_left();
}

#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) fn wake_one(_address: usize, none_left: impl FnOnce()) {
    none_left();
}
