//! A lock of four bytes around a value: `lock_api`'s mutex on [`RawSpinLock`].

use std::fmt;

use crate::sync::raw_spin_lock::RawSpinLock;

/// Guards a value for a few instructions at a time. 4 bytes beside the value; free, it costs one locked
/// instruction.
///
/// Taking it is one CAS, giving it back a plain store. Whoever finds it held spins with growing pauses, then
/// yields, then sleeps: so under contention it is an adaptive lock, and a holder that is preempted costs the
/// others no time on the processor. Sleepers are woken one at a time by unlocking; a wake can be missed when an
/// unlock and a falling asleep cross, and then the sleeper looks again after at most 1 ms. Nobody queues: who
/// comes first takes it, and a busy thread may take it again and again before another gets it.
///
/// **When not to use it**: when the holder may block, allocate much, call code it does not know or do more
/// than some hundred instructions (`parking_lot::Mutex` queues fairly); when one number
/// is all there is to guard (an atomic); when readers are many and writers few (`RwLock`).
///
/// A holder that panics releases it, and the value stays as it was left: there is no poison. Taking it again
/// on the thread that holds it never returns. Guards stay on their thread.
///
/// Threads share it by reference. It must stay where it is while anyone waits (the borrow sees to that), and
/// must not lie in memory that processes share: sleepers are known to their own process only. A child forked
/// while another thread held it finds it held for ever. Not for signal handlers.
///
/// ```
/// use resil_core::SpinLock;
///
/// static TOTALS: SpinLock<[u64; 2]> = SpinLock::new([0; 2]);
///
/// let mut totals = TOTALS.lock();
/// totals[0] += 1;
/// totals[1] += 250;
/// drop(totals);
/// assert_eq!(*TOTALS.lock(), [1, 250]);
/// ```
#[repr(transparent)]
pub struct SpinLock<T: ?Sized> {
    mutex: lock_api::Mutex<RawSpinLock, T>,
}

/// The value of a [`SpinLock`], held. Dropping it releases the lock.
///
/// It is `lock_api`'s guard, so a part of the value can be held alone: `SpinLockGuard::map`.
pub type SpinLockGuard<'a, T> = lock_api::MutexGuard<'a, RawSpinLock, T>;

/// What a lock looked like for an instant: for a human to read, not to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Some thread held it.
    pub locked: bool,
}

impl<T> SpinLock<T> {
    /// A free lock around `value`; in a `static` too.
    #[cfg(not(any(resil_loom, resil_shuttle)))]
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { mutex: lock_api::Mutex::from_raw(RawSpinLock::new(), value) }
    }

    /// A free lock around `value`, of the model checker's atomics.
    #[cfg(any(resil_loom, resil_shuttle))]
    #[must_use]
    pub fn new(value: T) -> Self {
        Self { mutex: lock_api::Mutex::from_raw(RawSpinLock::new(), value) }
    }

    /// The value, and the lock's end.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.mutex.into_inner()
    }
}

impl<T: ?Sized> SpinLock<T> {
    /// Takes the lock, waiting for it if need be: spinning, then yielding, then asleep.
    ///
    /// Never returns on a thread that holds it already.
    ///
    /// ```
    /// let lock = resil_core::SpinLock::new(1);
    /// *lock.lock() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[inline]
    pub fn lock(&self) -> SpinLockGuard<'_, T> {
        self.mutex.lock()
    }

    /// Takes the lock if it is free. Never waits, and never fails but because it is held.
    ///
    /// ```
    /// let lock = resil_core::SpinLock::new(1);
    /// let held = lock.lock();
    /// assert!(lock.try_lock().is_none());
    /// drop(held);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    #[must_use = "a guard dropped at once guards nothing"]
    pub fn try_lock(&self) -> Option<SpinLockGuard<'_, T>> {
        self.mutex.try_lock()
    }

    /// The value, without locking: `&mut self` is proof that nobody else has it.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut T {
        self.mutex.get_mut()
    }

    /// What the lock looks like just now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { locked: self.mutex.is_locked() }
    }
}

impl<T: Default> Default for SpinLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for SpinLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Shows the value if the lock is free at that moment.
impl<T: ?Sized + fmt::Debug> fmt::Debug for SpinLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(value) => f.debug_struct("SpinLock").field("value", &&*value).finish(),
            None => f.debug_struct("SpinLock").field("value", &format_args!("<locked>")).finish(),
        }
    }
}
