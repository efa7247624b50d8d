//! Every interleaving of a few threads at one spin lock, explored by loom.
//!
//! Run by `ci/loom`. The guarded value lies in loom's cell, so that an access the lock's orderings do not
//! cover is reported, and not only a wrong sum. Sleeping is yielding here: the table of sleepers is
//! parking_lot's. Each model states its invariant.
#![cfg(resil_loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use resil_core::SpinLock;

/// A number whose every access loom checks.
struct Checked(UnsafeCell<u32>);

impl Checked {
    fn locked(value: u32) -> Arc<SpinLock<Self>> {
        Arc::new(SpinLock::new(Self(UnsafeCell::new(value))))
    }

    fn add(&mut self, n: u32) {
        // SAFETY: exclusive, as `&mut self` says; loom reports it if the lock's word on that is worth nothing.
        self.0.with_mut(|value| unsafe { *value += n });
    }

    fn get(&self) -> u32 {
        // SAFETY: as in `add`.
        self.0.with(|value| unsafe { *value })
    }
}

/// Invariant: what two threads do under the lock is one after the other, and each sees what the other wrote.
#[test]
fn two_threads_that_wait_for_the_lock_lose_nothing() {
    loom::model(|| {
        let lock = Checked::locked(0);
        let other = lock.clone();
        let thread = thread::spawn(move || other.lock().add(1));
        lock.lock().add(2);
        thread.join().unwrap();
        assert_eq!(lock.lock().get(), 3);
    });
}

/// Invariant: a try succeeds only while nobody holds the lock; of three threads with two tries each, what was
/// added is what succeeded.
#[test]
fn three_threads_that_only_try_add_exactly_what_they_got_in_for() {
    loom::model(|| {
        let lock = Checked::locked(0);
        let tries = |lock: Arc<SpinLock<Checked>>| {
            let mut got = 0;
            for _ in 0..2 {
                if let Some(mut value) = lock.try_lock() {
                    value.add(1);
                    got += 1;
                }
            }
            got
        };
        let threads = [lock.clone(), lock.clone()].map(|lock| thread::spawn(move || tries(lock)));
        let mine = tries(lock.clone());
        let got = mine + threads.into_iter().map(|t| t.join().unwrap()).sum::<u32>();
        assert!(got >= 1, "the first to try finds it free");
        assert_eq!(lock.try_lock().expect("free again").get(), got);
    });
}

/// Invariant: of four threads with one try each, at least one gets in.
#[test]
fn one_of_four_threads_gets_in() {
    loom::model(|| {
        let lock = Checked::locked(0);
        let try_once =
            |lock: Arc<SpinLock<Checked>>| lock.try_lock().map(|mut value| value.add(1)).is_some();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || try_once(lock))
            })
            .collect();
        let mine = u32::from(try_once(lock.clone()));
        let got = mine + threads.into_iter().map(|t| u32::from(t.join().unwrap())).sum::<u32>();
        assert!(got >= 1);
        assert_eq!(lock.lock().get(), got);
    });
}

/// Invariant: a holder that panics has released the lock, and what it wrote is seen.
#[test]
fn a_panicking_holder_releases_the_lock() {
    loom::model(|| {
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
