//! std's lock and condition, without poison: nobody panics while holding one.
//!
//! Not parking_lot's: those keep who waits in one table for the whole process, and a child forked while a thread
//! was in it would find it locked for ever.

use std::sync::{Mutex as StdMutex, MutexGuard, PoisonError};
#[cfg(feature = "client")]
use std::{sync::Condvar as StdCondvar, time::Instant};

#[derive(Debug)]
pub(crate) struct Mutex<T>(StdMutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(StdMutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "client")]
#[derive(Debug)]
pub(crate) struct Condvar(StdCondvar);

#[cfg(feature = "client")]
impl Condvar {
    pub(crate) const fn new() -> Self {
        Self(StdCondvar::new())
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits to be told, until `end` at most, where there is one; may return sooner for no reason.
    pub(crate) fn wait<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        end: Option<Instant>,
    ) -> MutexGuard<'a, T> {
        let Some(end) = end else {
            return self.0.wait(guard).unwrap_or_else(PoisonError::into_inner);
        };
        let left = end.saturating_duration_since(Instant::now());
        self.0.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
    }
}
