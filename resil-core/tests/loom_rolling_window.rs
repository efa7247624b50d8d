//! Models of the rolling window: every interleaving of record, recycle and read, up to the preemption bound.
//!
//! Run with `--cfg resil_loom`.
#![cfg(resil_loom)]

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use resil_core::rolling_window::{Recorded, Totals};
use resil_core::{Instant, RollingCounter, RollingWindow};

/// One bucket of one second: one slot, which every second recycles.
fn counter(buckets: u32) -> RollingCounter {
    RollingCounter::new(Duration::from_secs(1), buckets).unwrap()
}

fn second(s: u64) -> Instant {
    Instant::from_nanos(s * 1_000_000_000).unwrap()
}

/// Invariant: however three writers of three laps meet in one slot, the newest lap's count is exact, and of the
/// others nothing is left.
#[test]
fn writers_of_different_laps_leave_exactly_the_newest_count() {
    loom::model(|| {
        let counter = Arc::new(counter(1));
        let writers = [(0, 1), (1, 2)].map(|(s, amount)| {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(s), amount))
        });
        assert_eq!(counter.add_at(second(2), 4), Recorded::Kept);
        for writer in writers {
            let _ = writer.join().unwrap();
        }
        assert_eq!(counter.total_at(second(2)), 4);
    });
}

/// Invariant: when several writers recycle one slot for the same bucket, each is counted once.
#[test]
fn writers_that_recycle_together_are_all_counted_once() {
    loom::model(|| {
        let counter = Arc::new(counter(1));
        counter.add_at(second(0), 7);
        let writers = [1, 2].map(|amount| {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(1), amount))
        });
        assert_eq!(counter.add_at(second(1), 4), Recorded::Kept);
        for writer in writers {
            assert_eq!(writer.join().unwrap(), Recorded::Kept);
        }
        assert_eq!(counter.total_at(second(1)), 7);
    });
}

/// Invariant: a late writer that finds its slot taken takes its amount back, whoever adds meanwhile, and says
/// so: what was `Kept` in the window's newest bucket is its count, no more and no less.
#[test]
fn a_late_writer_leaves_no_trace_in_the_newer_count() {
    loom::model(|| {
        let counter = Arc::new(counter(1));
        let late = {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(1), 1))
        };
        let other = {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(2), 2))
        };
        assert_eq!(counter.add_at(second(2), 4), Recorded::Kept);
        assert_eq!(other.join().unwrap(), Recorded::Kept);
        let _ = late.join().unwrap();
        assert_eq!(counter.total_at(second(2)), 6);
    });
}

/// Invariant: finished before the reading began <= total <= begun before it ended; once all is quiet, equal.
#[test]
fn a_reading_lies_between_what_had_finished_and_what_had_begun() {
    loom::model(|| {
        let counter = Arc::new(counter(2));
        let begun = Arc::new(AtomicU64::new(0));
        let finished = Arc::new(AtomicU64::new(0));
        let writers = [(0, 1), (1, 2)].map(|(s, amount)| {
            let (counter, begun, finished) = (counter.clone(), begun.clone(), finished.clone());
            thread::spawn(move || {
                begun.fetch_add(amount, Ordering::AcqRel);
                assert_eq!(counter.add_at(second(s), amount), Recorded::Kept);
                finished.fetch_add(amount, Ordering::AcqRel);
            })
        });
        // Read by adding nothing: only so is a reading of the model's clock never stale.
        let least = finished.fetch_add(0, Ordering::AcqRel);
        let total = counter.total_at(second(1));
        let most = begun.fetch_add(0, Ordering::AcqRel);
        assert!(least <= total && total <= most, "{least} <= {total} <= {most}");
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(counter.total_at(second(1)), 3);
    });
}

/// Invariant: while a slot is recycled, a reading at the new instant never sees the old count.
#[test]
fn a_reading_during_recycling_never_sees_what_has_expired() {
    loom::model(|| {
        let counter = Arc::new(counter(1));
        counter.add_at(second(0), 100);
        let writers = [1, 2].map(|amount| {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(1), amount))
        });
        let total = counter.total_at(second(1));
        assert!(total <= 3, "{total}");
        for writer in writers {
            assert_eq!(writer.join().unwrap(), Recorded::Kept);
        }
        assert_eq!(counter.total_at(second(1)), 3);
    });
}

/// Invariant: a count at its limit stays there, and its bucket's tag stays whole, whoever adds at once.
#[test]
fn a_full_bucket_stays_full_under_contention() {
    loom::model(|| {
        let counter = Arc::new(counter(1));
        let limit = counter.config().bucket_limit();
        counter.add_at(second(5), limit - 1);
        let other = {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(5), 1))
        };
        let ours = counter.add_at(second(5), 2);
        let theirs = other.join().unwrap();
        assert_eq!(ours, Recorded::Saturated);
        assert!(theirs != Recorded::Late);
        assert_eq!(counter.total_at(second(5)), limit);
        assert_eq!(counter.add_at(second(6), 1), Recorded::Kept);
        assert_eq!(counter.total_at(second(6)), 1);
    });
}

/// Invariant: heavy additions, which look first, lose nothing beside light ones, which look afterwards.
#[test]
fn heavy_and_light_additions_recycle_one_slot_without_loss() {
    loom::model(|| {
        let counter = Arc::new(counter(1));
        let heavy = counter.config().bucket_limit() / 2;
        counter.add_at(second(0), 9);
        let other = {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(1), heavy))
        };
        assert_eq!(counter.add_at(second(1), 1), Recorded::Kept);
        assert_eq!(other.join().unwrap(), Recorded::Kept);
        assert_eq!(counter.total_at(second(1)), heavy + 1);
    });
}

/// Invariant: both lanes of a window are exact once all is quiet, though they are written one after another.
#[test]
fn sum_and_count_agree_once_all_is_quiet() {
    loom::model(|| {
        let window = Arc::new(RollingWindow::new(Duration::from_secs(1), 1).unwrap());
        window.record_at(second(0), 50);
        let other = {
            let window = window.clone();
            thread::spawn(move || window.record_at(second(1), 5))
        };
        assert_eq!(window.record_at(second(1), 7), Recorded::Kept);
        assert_eq!(other.join().unwrap(), Recorded::Kept);
        assert_eq!(window.totals_at(second(1)), Totals { sum: 12, count: 2 });
    });
}

/// Invariant: the newest bucket only ever moves on, so that readings at an earlier instant stay as of the latest
/// and what has left the window is late.
#[test]
fn the_newest_bucket_known_never_goes_back() {
    loom::model(|| {
        let counter = Arc::new(counter(2));
        let other = {
            let counter = counter.clone();
            thread::spawn(move || counter.add_at(second(2), 1))
        };
        assert_eq!(counter.add_at(second(5), 2), Recorded::Kept);
        let _ = other.join().unwrap();
        assert_eq!(counter.total_at(second(0)), 2);
        assert_eq!(counter.add_at(second(3), 4), Recorded::Late);
    });
}
