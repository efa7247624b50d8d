//! Which atomics and locks the core runs on: std and parking_lot, or a model checker's.
//!
//! `--cfg resil_loom` swaps in loom's, so that the models in `tests/` explore the very code that ships.

#[cfg(not(resil_loom))]
pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

#[cfg(resil_loom)]
pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering};

#[cfg(resil_loom)]
pub(crate) use loom::thread::yield_now;

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
