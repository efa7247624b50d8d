//! Models of the rolling window: every interleaving of record, recycle and read, up to the preemption bound.
//!
//! Run by `ci/loom` and `ci/shuttle`.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::time::Duration;

use checker::atomic::{AtomicU64, Ordering};
use checker::{Arc, OTHERS, check, join_all, spawn_each, thread};
use resil_core::rolling_window::{Recorded, Totals};
use resil_core::{Instant, RollingCounter, RollingWindow};

/// One bucket of one second: one slot, which every second recycles.
fn counter(buckets: u32) -> RollingCounter {
    RollingCounter::new(Duration::from_secs(1), buckets).unwrap()
}

fn second(s: u64) -> Instant {
    Instant::from_nanos(s * 1_000_000_000).unwrap()
}

/// Invariant: however writers of as many laps meet in one slot, the newest lap's count is exact, and of the
/// others nothing is left.
#[test]
fn writers_of_different_laps_leave_exactly_the_newest_count() {
    check(|| {
        let counter = Arc::new(counter(1));
        let writers = spawn_each(OTHERS, &counter, |number, counter| {
            counter.add_at(second(number as u64), 1 << number)
        });
        let newest = second(OTHERS as u64);
        assert_eq!(counter.add_at(newest, 1 << OTHERS), Recorded::Kept);
        join_all(writers);
        assert_eq!(counter.total_at(newest), 1 << OTHERS);
    });
}

/// Invariant: when several writers recycle one slot for the same bucket, each is counted once.
#[test]
fn writers_that_recycle_together_are_all_counted_once() {
    check(|| {
        let counter = Arc::new(counter(1));
        counter.add_at(second(0), 7);
        let writers =
            spawn_each(OTHERS, &counter, |number, counter| counter.add_at(second(1), 1 << number));
        assert_eq!(counter.add_at(second(1), 1 << OTHERS), Recorded::Kept);
        assert!(join_all(writers).iter().all(|recorded| *recorded == Recorded::Kept));
        assert_eq!(counter.total_at(second(1)), (2 << OTHERS) - 1);
    });
}

/// Invariant: a late writer that finds its slot taken takes its amount back, whoever adds meanwhile, and says
/// so: what was `Kept` in the window's newest bucket is its count, no more and no less.
#[test]
fn a_late_writer_leaves_no_trace_in_the_newer_count() {
    check(|| {
        let counter = Arc::new(counter(1));
        let late = spawn_each(OTHERS / 2, &counter, |_, counter| counter.add_at(second(1), 1));
        let others = spawn_each(OTHERS / 2, &counter, |_, counter| counter.add_at(second(2), 2));
        assert_eq!(counter.add_at(second(2), 4), Recorded::Kept);
        assert!(join_all(others).iter().all(|recorded| *recorded == Recorded::Kept));
        join_all(late);
        assert_eq!(counter.total_at(second(2)), 4 + OTHERS as u64);
    });
}

/// Invariant: finished before the reading began <= total <= begun before it ended; once all is quiet, equal.
#[test]
fn a_reading_lies_between_what_had_finished_and_what_had_begun() {
    check(|| {
        let counter = Arc::new(counter(2));
        let begun = Arc::new(AtomicU64::new(0));
        let finished = Arc::new(AtomicU64::new(0));
        let writers: Vec<_> = (0..OTHERS as u64)
            .map(|number| {
                let (counter, begun, finished) = (counter.clone(), begun.clone(), finished.clone());
                thread::spawn(move || {
                    let amount = 1 << number;
                    begun.fetch_add(amount, Ordering::AcqRel);
                    assert_eq!(counter.add_at(second(number % 2), amount), Recorded::Kept);
                    finished.fetch_add(amount, Ordering::AcqRel);
                })
            })
            .collect();
        // Read by adding nothing: only so is a reading of the model's clock never stale.
        let least = finished.fetch_add(0, Ordering::AcqRel);
        let total = counter.total_at(second(1));
        let most = begun.fetch_add(0, Ordering::AcqRel);
        assert!(least <= total && total <= most, "{least} <= {total} <= {most}");
        join_all(writers);
        assert_eq!(counter.total_at(second(1)), (1 << OTHERS) - 1);
    });
}

/// Invariant: while a slot is recycled, a reading at the new instant never sees the old count.
#[test]
fn a_reading_during_recycling_never_sees_what_has_expired() {
    check(|| {
        let counter = Arc::new(counter(1));
        counter.add_at(second(0), 100);
        let writers =
            spawn_each(OTHERS, &counter, |number, counter| counter.add_at(second(1), 1 << number));
        let total = counter.total_at(second(1));
        assert!(total < 1 << OTHERS, "{total}");
        assert!(join_all(writers).iter().all(|recorded| *recorded == Recorded::Kept));
        assert_eq!(counter.total_at(second(1)), (1 << OTHERS) - 1);
    });
}

/// Two slots, overtaken by laps so far ahead that both words together wrap to what was added to them: by an addition
/// that looks afterwards or one that looks first, in the slot that is read last, and then by one that looks first.
fn read_while_newer_laps_come(looks_first: bool) {
    let counter = Arc::new(counter(2));
    let heavy = counter.config().bucket_limit() / 2;
    let (last, least) = if looks_first { (heavy - 1, 0) } else { (400, 400) };
    counter.add_at(second(0), 10);
    counter.add_at(second(1), 20);
    // Tells nobody anything, but loom tries who comes first at it; at a word that was looked at just before it does
    // not.
    let met = Arc::new(AtomicU64::new(0));
    let writer = {
        let (counter, met) = (counter.clone(), met.clone());
        thread::spawn(move || {
            assert_eq!(counter.add_at(second((1 << 33) - 1), last), Recorded::Kept);
            met.fetch_add(1, Ordering::Relaxed);
            assert_eq!(counter.add_at(second((1 << 33) + 2), heavy), Recorded::Kept);
            met.fetch_add(1, Ordering::Relaxed);
        })
    };
    met.fetch_add(1, Ordering::Relaxed);
    let total = counter.total_at(second(1));
    // As of 1 s, where what looks afterwards may show before it has looked; or as of the seconds that the writer
    // brings, each of which leaves what came before it outside.
    let early = [0, 10, 20, 30, 20 + least, 30 + least];
    assert!(early.contains(&total) || [last, heavy].contains(&total), "{total}");
    writer.join().unwrap();
    assert_eq!(counter.total_at(second(1)), heavy);
}

/// Invariant: a reading that newer laps overtake counts nothing of them, though it adds words up as if there were none.
#[test]
fn a_reading_overtaken_by_newer_laps_counts_nothing_of_them() {
    check(|| read_while_newer_laps_come(false));
}

/// The same where additions bring them that look first.
#[test]
fn a_reading_overtaken_by_heavy_additions_counts_nothing_of_them() {
    check(|| read_while_newer_laps_come(true));
}

/// Invariant: a count at its limit stays there, and its bucket's tag stays whole, whoever adds at once.
#[test]
fn a_full_bucket_stays_full_under_contention() {
    check(|| {
        let counter = Arc::new(counter(1));
        let limit = counter.config().bucket_limit();
        counter.add_at(second(5), limit - 1);
        let others = spawn_each(OTHERS / 2, &counter, |_, counter| counter.add_at(second(5), 1));
        assert_eq!(counter.add_at(second(5), 2), Recorded::Saturated);
        assert!(join_all(others).iter().all(|recorded| *recorded != Recorded::Late));
        assert_eq!(counter.total_at(second(5)), limit);
        assert_eq!(counter.add_at(second(6), 1), Recorded::Kept);
        assert_eq!(counter.total_at(second(6)), 1);
    });
}

/// Invariant: heavy additions, which look first, lose nothing beside light ones, which look afterwards.
#[test]
fn heavy_and_light_additions_recycle_one_slot_without_loss() {
    check(|| {
        let counter = Arc::new(counter(1));
        let heavy = counter.config().bucket_limit() / 2;
        counter.add_at(second(0), 9);
        let others = spawn_each(OTHERS / 2, &counter, move |number, counter| {
            counter.add_at(second(1), if number == 0 { heavy } else { 1 })
        });
        assert_eq!(counter.add_at(second(1), 1), Recorded::Kept);
        assert!(join_all(others).iter().all(|recorded| *recorded == Recorded::Kept));
        assert_eq!(counter.total_at(second(1)), heavy + (OTHERS / 2) as u64);
    });
}

/// Invariant: both lanes of a window are exact once all is quiet, though they are written one after another.
#[test]
fn sum_and_count_agree_once_all_is_quiet() {
    check(|| {
        let window = Arc::new(RollingWindow::new(Duration::from_secs(1), 1).unwrap());
        window.record_at(second(0), 50);
        let others = spawn_each(OTHERS / 2, &window, |_, window| window.record_at(second(1), 5));
        assert_eq!(window.record_at(second(1), 7), Recorded::Kept);
        assert!(join_all(others).iter().all(|recorded| *recorded == Recorded::Kept));
        let others = (OTHERS / 2) as u64;
        assert_eq!(window.totals_at(second(1)), Totals { sum: 7 + 5 * others, count: 1 + others });
    });
}

/// Invariant: the newest bucket only ever moves on, so that readings at an earlier instant stay as of the latest
/// and what has left the window is late.
#[test]
fn the_newest_bucket_known_never_goes_back() {
    check(|| {
        let counter = Arc::new(counter(2));
        let others = spawn_each(OTHERS / 2, &counter, |number, counter| {
            counter.add_at(second(2 - number as u64), 1)
        });
        assert_eq!(counter.add_at(second(5), 2), Recorded::Kept);
        join_all(others);
        assert_eq!(counter.total_at(second(0)), 2);
        assert_eq!(counter.add_at(second(3), 4), Recorded::Late);
    });
}

/// Invariant: where writers go round the ring, each bucket that is still in the window has exactly what was kept
/// in it, on both sides of the place where a new lap begins.
#[test]
fn a_ring_written_across_the_end_of_a_lap_keeps_every_bucket_apart() {
    check(|| {
        // Two buckets in two slots: 2 s begins a lap, so bucket 1 and bucket 2 are of different laps.
        let counter = Arc::new(counter(2));
        counter.add_at(second(0), 100);
        let writers = spawn_each(OTHERS, &counter, |number, counter| {
            counter.add_at(second(1 + number as u64 % 2), 1 + 9 * (number as u64 % 2))
        });
        let kept: u64 = join_all(writers)
            .iter()
            .enumerate()
            .filter(|(_, recorded)| **recorded == Recorded::Kept)
            .map(|(number, _)| 1 + 9 * (number as u64 % 2))
            .sum();
        assert_eq!(kept, 11 * (OTHERS / 2) as u64, "none is late: the window is 1 s to 3 s");
        assert_eq!(counter.total_at(second(2)), kept);
        let by_bucket = counter.fold_at(second(2), Vec::new(), |mut all, count| {
            all.push(count);
            all
        });
        let each = (OTHERS / 2) as u64;
        assert_eq!(by_bucket, [each, 10 * each]);
    });
}

/// Invariant: per lane, what had finished before a reading began is in it, and nothing that had not begun; the
/// lanes may differ by what is under way.
#[test]
fn each_lane_of_a_reading_lies_between_finished_and_begun() {
    check(|| {
        let window = Arc::new(RollingWindow::new(Duration::from_secs(1), 2).unwrap());
        window.record_at(second(0), 40);
        let finished = Arc::new(AtomicU64::new(0));
        let writers: Vec<_> = (0..OTHERS / 2)
            .map(|_| {
                let (window, finished) = (window.clone(), finished.clone());
                thread::spawn(move || {
                    window.record_at(second(1), 7);
                    finished.fetch_add(1, Ordering::AcqRel);
                })
            })
            .collect();
        let least = finished.fetch_add(0, Ordering::AcqRel);
        let Totals { sum, count, .. } = window.totals_at(second(1));
        let most = (OTHERS / 2) as u64;
        assert!((1 + least..=1 + most).contains(&count), "{count}");
        assert!((40 + 7 * least..=40 + 7 * most).contains(&sum), "{sum}");
        join_all(writers);
        assert_eq!(window.totals_at(second(1)), Totals { sum: 40 + 7 * most, count: 1 + most });
    });
}
