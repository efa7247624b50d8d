//! std's lock and condition, without poison: nobody panics while holding one. In models, a model checker's.
//!
//! Not parking_lot's: those keep who waits in one table for the whole process, and a child forked while a thread
//! was in it would find it locked for ever.

use std::sync::PoisonError;
#[cfg(any(feature = "client", all(test, resil_loom)))]
use std::time::Instant;

#[cfg(resil_loom)]
use loom::sync as checked;
#[cfg(not(resil_loom))]
use std::sync as checked;

pub(crate) use checked::MutexGuard;

#[derive(Debug)]
pub(crate) struct Mutex<T>(checked::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(checked::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(any(feature = "client", all(test, resil_loom)))]
#[derive(Debug)]
pub(crate) struct Condvar(checked::Condvar);

#[cfg(any(feature = "client", all(test, resil_loom)))]
impl Condvar {
    pub(crate) fn new() -> Self {
        Self(checked::Condvar::new())
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
        match end {
            // Time does not pass in models: who waits there is told, or the model finds that nobody told it.
            #[cfg(not(resil_loom))]
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                self.0.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
            }
            _ => self.0.wait(guard).unwrap_or_else(PoisonError::into_inner),
        }
    }
}
