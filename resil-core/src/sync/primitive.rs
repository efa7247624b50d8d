//! Which atomics and locks the core runs on: std and parking_lot, or a model checker's.
//!
//! `--cfg resil_loom` swaps in loom's and `--cfg resil_shuttle` shuttle's, so that the models in `tests/` explore
//! the very code that ships.

#[cfg(resil_loom)]
use loom as checker;
#[cfg(resil_shuttle)]
use shuttle as checker;

#[cfg(not(any(resil_loom, resil_shuttle)))]
pub(crate) use std::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) use checker::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) use checker::thread::yield_now;

#[cfg(not(any(resil_loom, resil_shuttle)))]
pub(crate) use std::thread::{Thread, current as current_thread, park, park_timeout};

#[cfg(not(any(resil_loom, resil_shuttle)))]
pub(crate) use std::thread_local;

#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) use checker::thread_local;

#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) use checker::thread::{Thread, current as current_thread, park};

/// Models wait without deadlines: time does not pass in them.
#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) fn park_timeout(_at_most: std::time::Duration) {
    park();
}

/// Tells one running thread from all others, without asking the system.
#[cfg(not(any(resil_loom, resil_shuttle)))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadMark(usize);

#[cfg(not(any(resil_loom, resil_shuttle)))]
impl ThreadMark {
    #[inline]
    pub(crate) fn current() -> Self {
        // No two running threads have their copy at one address.
        thread_local!(static MARK: u8 = const { 0 });
        Self(MARK.with(|mark| std::ptr::from_ref(mark).addr()))
    }
}

/// Tells one modelled thread from all others.
#[cfg(any(resil_loom, resil_shuttle))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadMark(checker::thread::ThreadId);

#[cfg(any(resil_loom, resil_shuttle))]
impl ThreadMark {
    pub(crate) fn current() -> Self {
        Self(current_thread().id())
    }
}

#[cfg(not(any(resil_loom, resil_shuttle)))]
pub(crate) use crossbeam::utils::Backoff;

/// Waiting for another thread: a model lets it run.
#[cfg(any(resil_loom, resil_shuttle))]
pub(crate) struct Backoff;

#[cfg(any(resil_loom, resil_shuttle))]
impl Backoff {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn snooze(&self) {
        yield_now();
    }
}

#[cfg(not(any(resil_loom, resil_shuttle)))]
use parking_lot as locks;

#[cfg(any(resil_loom, resil_shuttle))]
use checker::sync as locks;

pub(crate) use locks::MutexGuard;

/// A lock whose `lock` has one signature everywhere and knows no poison.
#[derive(Debug)]
pub(crate) struct Mutex<T>(locks::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(locks::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let guard = self.0.lock();
        // In shuttle a thread that unwinds makes others, which run meanwhile, seem to panic.
        #[cfg(any(resil_loom, resil_shuttle))]
        let guard = guard.unwrap_or_else(std::sync::PoisonError::into_inner);
        guard
    }
}
