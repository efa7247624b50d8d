//! Every interleaving of a few threads at one spin lock.
//!
//! Run by `ci/loom` and `ci/shuttle`. The guarded value lies in a cell that is checked, so that an access the lock's
//! orderings do not cover is reported, and not only a wrong sum. Sleeping is yielding here: the table of sleepers is
//! parking_lot's. Each model states its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use checker::{Arc, OTHERS, UnsafeCell, check, each_and_here, join_all, spawn_each, thread};
use resil_core::SpinLock;

/// A number whose every access is checked.
struct Checked(UnsafeCell<u32>);

impl Checked {
    fn locked(value: u32) -> Arc<SpinLock<Self>> {
        Arc::new(SpinLock::new(Self(UnsafeCell::new(value))))
    }

    fn add(&mut self, n: u32) {
        // SAFETY: exclusive, as `&mut self` says; it is reported if the lock's word on that is worth nothing.
        self.0.with_mut(|value| unsafe { *value += n });
    }

    fn get(&self) -> u32 {
        // SAFETY: as in `add`.
        self.0.with(|value| unsafe { *value })
    }
}

/// Invariant: what threads do under the lock is one after the other, and each sees what the other wrote.
#[test]
fn threads_that_wait_for_the_lock_lose_nothing() {
    check(|| {
        let lock = Checked::locked(0);
        let threads = spawn_each(OTHERS / 2, &lock, |_, lock| lock.lock().add(1));
        lock.lock().add(2);
        join_all(threads);
        assert_eq!(lock.lock().get(), 2 + (OTHERS / 2) as u32);
    });
}

/// Invariant: a try succeeds only while nobody holds the lock; of threads with two tries each, what was added is
/// what succeeded.
#[test]
fn threads_that_only_try_add_exactly_what_they_got_in_for() {
    check(|| {
        let lock = Checked::locked(0);
        let got: u32 = each_and_here(&lock, |_, lock| try_once(lock) + try_once(lock)).iter().sum();
        assert!(got >= 1, "the first to try finds it free");
        assert_eq!(lock.try_lock().expect("free again").get(), got);
    });
}

fn try_once(lock: &SpinLock<Checked>) -> u32 {
    u32::from(lock.try_lock().map(|mut value| value.add(1)).is_some())
}

/// Invariant: of more threads with one try each, at least one gets in.
#[test]
fn one_of_many_threads_gets_in() {
    check(|| {
        let lock = Checked::locked(0);
        let threads = spawn_each(OTHERS + 1, &lock, |_, lock| try_once(lock));
        let got = try_once(&lock) + join_all(threads).into_iter().sum::<u32>();
        assert!(got >= 1);
        assert_eq!(lock.lock().get(), got);
    });
}

/// Invariant: a holder that panics has released the lock, and what it wrote is seen.
#[test]
fn a_panicking_holder_releases_the_lock() {
    check(|| {
        let lock = Checked::locked(0);
        let other = lock.clone();
        let thread = thread::spawn(move || {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                other.lock().add(1);
                let mut value = other.lock();
                value.add(1);
                std::panic::resume_unwind(Box::new(()));
            }));
            assert!(panicked.is_err());
        });
        lock.lock().add(4);
        thread.join().unwrap();
        assert_eq!(lock.lock().get(), 6);
    });
}
