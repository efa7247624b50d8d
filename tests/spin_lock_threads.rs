//! The spin lock between real threads: more of them than processors, and a holder that panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use resil_core::SpinLock;
use resil_core::spin_lock::{RawSpinLock, SpinLockGuard};

/// So many rounds, or a hundredth where they are interpreted.
const fn rounds(rounds: u64) -> u64 {
    if cfg!(miri) { rounds / 100 } else { rounds }
}

/// Two words that a torn or lost update would leave unequal.
fn add_from_threads(threads: usize, rounds: u64, hold: impl Fn() + Sync) -> [u64; 2] {
    let lock = SpinLock::new([0_u64; 2]);
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                barrier.wait();
                for _ in 0..rounds {
                    let mut both = lock.lock();
                    both[0] += 1;
                    hold();
                    both[1] += 1;
                }
            });
        }
    });
    assert!(!lock.snapshot().locked);
    lock.into_inner()
}

#[test]
fn sixteen_threads_lose_no_update() {
    let each = rounds(5_000);
    assert_eq!(add_from_threads(16, each, || {}), [16 * each; 2]);
}

#[test]
fn holders_that_are_preempted_lose_no_update() {
    let each = rounds(200);
    assert_eq!(add_from_threads(16, each, thread::yield_now), [16 * each; 2]);
}

#[test]
fn tries_from_many_threads_get_in_one_at_a_time() {
    let lock = SpinLock::new(0_u64);
    let inside = AtomicBool::new(false);
    let barrier = Barrier::new(8);
    let got: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    let mut got = 0;
                    for _ in 0..rounds(20_000) {
                        if let Some(mut value) = lock.try_lock() {
                            assert!(!inside.swap(true, Ordering::Relaxed), "two inside");
                            *value += 1;
                            got += 1;
                            inside.store(false, Ordering::Relaxed);
                        }
                    }
                    got
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(lock.into_inner(), got);
}

#[test]
fn a_panicking_holder_releases_the_lock_and_leaves_the_value_as_it_was() {
    let lock = SpinLock::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut value = lock.lock();
        *value = 7;
        std::panic::resume_unwind(Box::new("on purpose"));
    }));
    assert!(panicked.is_err());
    assert_eq!(*lock.try_lock().expect("free again"), 7);
}

#[test]
fn the_lock_is_four_bytes_beside_what_it_guards() {
    assert_eq!(size_of::<RawSpinLock>(), 4);
    assert_eq!(align_of::<RawSpinLock>(), 4);
    assert_eq!(size_of::<SpinLock<()>>(), 4);
    assert_eq!(size_of::<SpinLock<u32>>(), 8);
    assert_eq!(size_of::<SpinLock<u64>>(), 16);
}

#[test]
fn it_is_shared_between_threads_if_its_value_may_be_sent() {
    fn sent_and_shared<T: Send + Sync>() {}
    sent_and_shared::<SpinLock<u32>>();
    sent_and_shared::<SpinLock<std::cell::Cell<u32>>>();
    sent_and_shared::<RawSpinLock>();
}

#[test]
fn debug_shows_the_value_when_free_and_never_waits() {
    let lock = SpinLock::from(5);
    assert_eq!(format!("{lock:?}"), "SpinLock { value: 5 }");
    let held = lock.lock();
    assert_eq!(format!("{lock:?}"), "SpinLock { value: <locked> }");
    assert!(lock.snapshot().locked);
    drop(held);
    assert!(!lock.snapshot().locked);
}

#[test]
fn a_guard_can_be_narrowed_to_a_part_and_still_releases() {
    let mut lock = SpinLock::<(u32, u32)>::default();
    let mut part = SpinLockGuard::map(lock.lock(), |both| &mut both.1);
    *part = 3;
    assert!(lock.try_lock().is_none());
    drop(part);
    assert_eq!(*lock.get_mut(), (0, 3));
}

#[test]
fn an_unsized_value_can_be_guarded() {
    let lock: Arc<SpinLock<[u8]>> = Arc::new(SpinLock::new([1, 2, 3]));
    lock.lock()[1] = 9;
    assert_eq!(*lock.lock(), [1, 9, 3]);
}
