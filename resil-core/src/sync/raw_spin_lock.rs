//! Four bytes that one thread at a time holds: spinning at first, sleeping when that takes too long.
//!
//! `locked` is the lock. Taking it is one CAS; giving it back is a plain store, half the price of an
//! exchange, followed by a look at `parked`. Who finds the lock held backs off, yields, then sets `parked`
//! and sleeps.
//!
//! Invariant: `locked` goes from 0 to 1 by the CAS of the one thread that then holds the lock, and back by its
//! store. `parked` changes only under the parking table's lock; it is 0 only if nobody sleeps.
//! Missed wakes: the store to `locked` and the load of `parked` may be seen in the other order, so an unlock
//! may pass by a thread that is just going to sleep. It looks again after [`LONGEST_SLEEP`].

use std::time::Duration;

#[cfg(not(any(resil_loom, resil_shuttle)))]
use crossbeam::utils::Backoff;

use super::parking;
use super::primitive::{AtomicU8, Ordering};

/// What bounds a missed wake: far above the cost of a sleep, far below what a caller notices.
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// The lock under [`SpinLock`](crate::SpinLock), without data: for building other locks through `lock_api`.
///
/// Four bytes, aligned to four, all zero when free. It must stay where it is while anyone waits for it, and
/// must not lie in memory that processes share. Everything that [`SpinLock`](crate::SpinLock) says of
/// waiting holds.
///
/// ```
/// use resil_core::spin_lock::RawSpinLock;
///
/// static TOTAL: lock_api::Mutex<RawSpinLock, u64> = lock_api::Mutex::new(0);
/// *TOTAL.lock() += 1;
/// assert_eq!(*TOTAL.lock(), 1);
/// ```
#[derive(Debug)]
#[repr(C, align(4))]
pub struct RawSpinLock {
    locked: AtomicU8,
    parked: AtomicU8,
    spare: [u8; 2],
}

#[cfg(not(any(resil_loom, resil_shuttle)))]
const _: () = assert!(size_of::<RawSpinLock>() == 4 && align_of::<RawSpinLock>() == 4);

impl RawSpinLock {
    /// A free lock.
    #[cfg(not(any(resil_loom, resil_shuttle)))]
    #[must_use]
    pub const fn new() -> Self {
        Self { locked: AtomicU8::new(0), parked: AtomicU8::new(0), spare: [0; 2] }
    }

    /// A free lock, of the model checker's atomics.
    #[cfg(any(resil_loom, resil_shuttle))]
    #[must_use]
    pub fn new() -> Self {
        Self { locked: AtomicU8::new(0), parked: AtomicU8::new(0), spare: [0; 2] }
    }

    /// Whether a thread sleeps on it, or is about to.
    #[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
    fn has_parked(&self) -> bool {
        // ORDERING: Relaxed. A test polls it.
        self.parked.load(Ordering::Relaxed) != 0
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    #[inline]
    fn take(&self) -> bool {
        // ORDERING: Acquire, pairs with the Release store in `unlock`: what the last holder wrote is seen.
        // Relaxed on failure: nothing was taken.
        self.locked.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn looks_free(&self) -> bool {
        // ORDERING: Relaxed. Only decides whether a CAS is worth its cache line.
        self.locked.load(Ordering::Relaxed) == 0
    }

    #[cold]
    #[inline(never)]
    fn lock_slowly(&self) {
        loop {
            if self.take_by_spinning() {
                return;
            }
            parking::sleep(
                self.address(),
                LONGEST_SLEEP,
                || {
                    // ORDERING: SeqCst. Where that makes an exchange a full barrier (x86), the load after it
                    // is not done before it; the unlocking side stays as cheap as it is (see the module).
                    self.parked.swap(1, Ordering::SeqCst);
                    !self.looks_free()
                },
                || self.none_parked(),
            );
        }
    }

    /// Spins and yields, as `Backoff` does it.
    #[cfg(not(any(resil_loom, resil_shuttle)))]
    fn take_by_spinning(&self) -> bool {
        let backoff = Backoff::new();
        while !backoff.is_completed() {
            if self.looks_free() && self.take() {
                return true;
            }
            backoff.snooze();
        }
        self.looks_free() && self.take()
    }

    /// No model needs more than one look before it yields.
    #[cfg(any(resil_loom, resil_shuttle))]
    fn take_by_spinning(&self) -> bool {
        self.looks_free() && self.take()
    }

    /// Called under the parking table's lock only.
    fn none_parked(&self) {
        // ORDERING: Relaxed. A hint: seen late it costs a look at the table, or a sleep of `LONGEST_SLEEP`.
        self.parked.store(0, Ordering::Relaxed);
    }

    #[cold]
    #[inline(never)]
    fn wake_one(&self) {
        parking::wake_one(self.address(), || self.none_parked());
    }
}

impl Default for RawSpinLock {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: `take` succeeds for one thread until that calls `unlock` (the CAS from 0 to 1 is the only way in),
// so the lock is exclusive, as the trait asks.
unsafe impl lock_api::RawMutex for RawSpinLock {
    #[cfg(not(any(resil_loom, resil_shuttle)))]
    #[allow(clippy::declare_interior_mutable_const, reason = "how lock_api makes locks in statics")]
    const INIT: Self = Self::new();

    #[cfg(any(resil_loom, resil_shuttle))]
    const INIT: Self = panic!("a model checker's lock is made by `new`");

    /// Not sent: a guard held across an `.await` that may move threads does not compile.
    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    fn lock(&self) {
        if !self.take() {
            self.lock_slowly();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.take()
    }

    #[inline]
    unsafe fn unlock(&self) {
        // ORDERING: Release, pairs with the Acquire CAS in `take`: the next holder sees what this one wrote.
        self.locked.store(0, Ordering::Release);
        // ORDERING: Relaxed. May be read before the store above is seen: the missed wake of the module's text.
        if self.parked.load(Ordering::Relaxed) != 0 {
            self.wake_one();
        }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        !self.looks_free()
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;
    use lock_api::RawMutex;

    #[test]
    fn a_free_lock_is_four_zero_bytes_and_a_held_one_says_so_in_the_first() {
        let lock = RawSpinLock::new();
        assert_eq!(std::mem::offset_of!(RawSpinLock, locked), 0);
        assert_eq!(std::mem::offset_of!(RawSpinLock, parked), 1);
        assert_eq!(lock.locked.load(Ordering::Relaxed), 0);
        assert_eq!(lock.parked.load(Ordering::Relaxed), 0);
        assert_eq!(lock.spare, [0; 2]);
        assert!(lock.try_lock());
        assert_eq!(lock.locked.load(Ordering::Relaxed), 1);
        assert!(!lock.try_lock());
        // SAFETY: held by this thread, by the `try_lock` above.
        unsafe { lock.unlock() };
        assert!(!lock.is_locked());
    }

    /// A waiter on `lock`, which this thread holds, is asleep when `then` is called.
    fn with_a_sleeper(lock: &RawSpinLock, then: impl FnOnce()) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                lock.lock();
                // SAFETY: held by this thread, by the `lock` above.
                unsafe { lock.unlock() };
            });
            // Never set if waiting were spinning only: then this would not end.
            while !lock.has_parked() {
                std::thread::yield_now();
            }
            then();
        });
        assert!(!lock.is_locked());
        assert!(!lock.has_parked());
    }

    #[test]
    fn an_unlock_wakes_the_sleeper_at_once() {
        let lock = RawSpinLock::new();
        let mut woken = 0;
        for _ in 0..40 {
            lock.lock();
            with_a_sleeper(&lock, || {
                // SAFETY: held by this thread, by the `lock` above.
                unsafe { lock.unlock() };
                // Not always: the sleeper may have been looking again by itself, just then.
                woken += u32::from(!lock.has_parked());
            });
        }
        assert!(woken > 20, "{woken} of 40");
    }

    /// As if the unlock had read `parked` too early: nobody wakes the sleeper, who comes back by himself.
    #[test]
    fn a_missed_wake_is_made_good_by_the_deadline() {
        let lock = RawSpinLock::new();
        lock.lock();
        with_a_sleeper(&lock, || lock.locked.store(0, Ordering::Release));
    }
}
