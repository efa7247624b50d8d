//! What a reading of each clock costs, and what nothing can cost less than.

use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::{Clock as _, QuantaClock as GovernorQuanta};
use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Instant, MonotonicClock, QuantaClock, UnixClock};

fn readings() -> Row<'static> {
    let counter = QuantaClock::new();
    let governor = GovernorQuanta::default();
    Row::new("clocks", "reading")
        .case("resil", "kernel", |_| MonotonicClock.now())
        .case("resil", "counter", move |_| counter.now())
        .case("resil", "coarse", |_| CoarseClock.now())
        .case("resil, wall clock", "kernel", |_| UnixClock.now())
        .case("governor", "counter", move |_| governor.now())
        .case("std", "kernel", |_| std::time::Instant::now())
}

/// What a limiter costs at least: the clock, and one locked instruction on what it says.
fn floors() -> Row<'static> {
    fn take(word: &AtomicU64, now: Instant) -> bool {
        let seen = word.load(Ordering::Relaxed);
        let next = seen.max(now.as_nanos()) + 1;
        word.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
    let [kernel, counted, coarse, alone, added] = [const { AtomicU64::new(0) }; 5].map(Box::new);
    let counter = QuantaClock::new();
    Row::new("floors", "one locked instruction")
        .on_threads_too()
        .case("clock and compare-and-swap", "kernel", move |_| take(&kernel, MonotonicClock.now()))
        .case("clock and compare-and-swap", "counter", move |_| take(&counted, counter.now()))
        .case("clock and compare-and-swap", "coarse", move |_| take(&coarse, CoarseClock.now()))
        .case("compare-and-swap", "none", move |_| take(&alone, Instant::ZERO))
        .case("addition", "none", move |_| added.fetch_add(1, Ordering::Relaxed))
}

/// What a window of 40 buckets costs at least to read, and what two uncontended locks do.
fn more_floors() -> Row<'static> {
    let words: Vec<AtomicU64> = (0..64).map(AtomicU64::new).collect();
    let locks = [const { parking_lot::Mutex::new(0_u64) }; 2].map(Box::new);
    let random = std::hash::RandomState::new();
    Row::new("floors", "pieces")
        .case("40 words loaded and added", "none", move |call| {
            let words = &words[(call as usize % 16)..][..40];
            words.iter().fold(0, |sum: u64, word| sum.wrapping_add(word.load(Ordering::Relaxed)))
        })
        .case("two pairs of parking_lot's lock and unlock", "none", move |_| {
            locks.iter().for_each(|lock| *lock.lock() += 1);
        })
        .case("std's RandomState, a u64", "none", move |call| {
            std::hash::BuildHasher::hash_one(&random, call)
        })
        .case("an allocation, freed", "none", Box::new)
}

pub fn rows() -> Vec<Row<'static>> {
    vec![readings(), floors(), more_floors()]
}
