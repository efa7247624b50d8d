//! Leaky bucket as meter and as queue, beside leaky-bucket as it is by default: fair, so every request takes its lock.

use std::hint::black_box;

use leaky_bucket::RateLimiter as LeakyLimiter;
use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Instant, LeakyBucket, MonotonicClock, QuantaClock};

use crate::{HOUR, plenty, scarce};

const OPERATION: &str = "leaky bucket";

fn grant() -> Row<'static> {
    // More permits than any run takes.
    const PERMITS: usize = 1 << 40;
    let theirs = LeakyLimiter::builder().max(PERMITS).initial(PERMITS).interval(HOUR).build();
    let kernel = LeakyBucket::meter(plenty());
    let counter = LeakyBucket::meter(plenty()).with_clock(QuantaClock::new());
    let coarse = LeakyBucket::meter(plenty()).with_clock(CoarseClock);
    let given = LeakyBucket::meter(plenty());
    let queue = LeakyBucket::queue(plenty());
    let start = MonotonicClock.now().as_nanos();
    Row::new(OPERATION, "grant")
        .on_threads_too()
        .case("leaky-bucket", "kernel", move |_| theirs.try_acquire(black_box(1)))
        .case("resil", "kernel", move |_| kernel.try_acquire(black_box(1)).is_ok())
        .case("resil", "counter", move |_| counter.try_acquire(black_box(1)).is_ok())
        .case("resil", "coarse", move |_| coarse.try_acquire(black_box(1)).is_ok())
        .case("resil", "given", move |call| {
            let now = Instant::saturating_from_nanos(start + (call & 0xff_ffff_ffff));
            given.try_acquire_at(now, black_box(1)).is_ok()
        })
        .case("resil, a queue's place", "kernel", move |_| queue.try_reserve(black_box(1)).is_ok())
}

fn refusal() -> Row<'static> {
    let theirs = LeakyLimiter::builder().max(1).initial(0).interval(HOUR).build();
    let kernel = LeakyBucket::meter(scarce());
    let counter = LeakyBucket::meter(scarce()).with_clock(QuantaClock::new());
    let coarse = LeakyBucket::meter(scarce()).with_clock(CoarseClock);
    let queue = LeakyBucket::queue(scarce());
    let _ = (kernel.try_acquire(1), counter.try_acquire(1), coarse.try_acquire(1));
    let _ = queue.try_reserve(1);
    Row::new(OPERATION, "refusal")
        .on_threads_too()
        .case("leaky-bucket", "kernel", move |_| theirs.try_acquire(black_box(1)))
        .case("resil", "kernel", move |_| kernel.try_acquire(black_box(1)).is_ok())
        .case("resil", "counter", move |_| counter.try_acquire(black_box(1)).is_ok())
        .case("resil", "coarse", move |_| coarse.try_acquire(black_box(1)).is_ok())
        .case("resil, a queue's place", "kernel", move |_| queue.try_reserve(black_box(1)).is_ok())
}

pub fn rows() -> Vec<Row<'static>> {
    vec![grant(), refusal()]
}
