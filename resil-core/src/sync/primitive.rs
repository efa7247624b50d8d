//! Which atomics and locks the core runs on: std and parking_lot, or a model checker's.
//!
//! `--cfg resil_loom` swaps in loom's, so that the models in `tests/` explore the very code that ships.

#[cfg(not(resil_loom))]
pub(crate) use std::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

#[cfg(resil_loom)]
pub(crate) use loom::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

#[cfg(resil_loom)]
pub(crate) use loom::thread::yield_now;

#[cfg(not(resil_loom))]
pub(crate) use std::thread::{Thread, current as current_thread, park, park_timeout};

#[cfg(not(resil_loom))]
pub(crate) use std::thread_local;

#[cfg(resil_loom)]
pub(crate) use loom::thread_local;

#[cfg(resil_loom)]
pub(crate) use loom::thread::{Thread, current as current_thread, park};

/// Models wait without deadlines: time does not pass in them.
#[cfg(resil_loom)]
pub(crate) fn park_timeout(_at_most: std::time::Duration) {
    park();
}

/// Tells one running thread from all others, without asking the system.
#[cfg(not(resil_loom))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadMark(usize);

#[cfg(not(resil_loom))]
impl ThreadMark {
    #[inline]
    pub(crate) fn current() -> Self {
        // No two running threads have their copy at one address.
        thread_local!(static MARK: u8 = const { 0 });
        Self(MARK.with(|mark| std::ptr::from_ref(mark).addr()))
    }
}

/// Tells one modelled thread from all others.
#[cfg(resil_loom)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadMark(loom::thread::ThreadId);

#[cfg(resil_loom)]
impl ThreadMark {
    pub(crate) fn current() -> Self {
        Self(current_thread().id())
    }
}

#[cfg(not(resil_loom))]
pub(crate) use crossbeam::utils::Backoff;

/// Waiting for another thread: a model lets it run.
#[cfg(resil_loom)]
pub(crate) struct Backoff;

#[cfg(resil_loom)]
impl Backoff {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn snooze(&self) {
        loom::thread::yield_now();
    }
}

/// A lock whose `lock` has one signature everywhere and knows no poison.
#[derive(Debug)]
pub(crate) struct Mutex<T> {
    #[cfg(not(resil_loom))]
    inner: parking_lot::Mutex<T>,
    #[cfg(resil_loom)]
    inner: loom::sync::Mutex<T>,
}

#[cfg(not(resil_loom))]
pub(crate) type MutexGuard<'a, T> = parking_lot::MutexGuard<'a, T>;
#[cfg(resil_loom)]
pub(crate) type MutexGuard<'a, T> = loom::sync::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        #[cfg(not(resil_loom))]
        let inner = parking_lot::Mutex::new(value);
        #[cfg(resil_loom)]
        let inner = loom::sync::Mutex::new(value);
        Self { inner }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        #[cfg(not(resil_loom))]
        return self.inner.lock();
        #[cfg(resil_loom)]
        return self.inner.lock().expect("no modelled thread panics while it holds the lock");
    }
}
