//! Leaky bucket as meter and as queue, beside leaky-bucket and governor, whose cell is the same meter.
//!
//! leaky-bucket is asked as it is by default (fair, so every request takes its lock), and reads the kernel's
//! clock; the case says which clock ours reads.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use governor::clock::{MonotonicClock as GovernorMonotonic, QuantaClock as GovernorQuanta};
use governor::{Quota as GovernorQuota, RateLimiter};
use leaky_bucket::RateLimiter as LeakyLimiter;
use resil_benches::on_threads;
use resil_core::{Clock, CoarseClock, Instant, LeakyBucket, MonotonicClock, QuantaClock, Quota};

/// A permit leaves each nanosecond, so nothing is ever refused.
fn plenty() -> Quota {
    Quota::new(1_000_000_000, Duration::from_secs(1), u32::MAX).unwrap()
}

/// A permit an hour, so that nothing is granted once it is full.
fn scarce() -> Quota {
    Quota::new(1, Duration::from_secs(3_600), 1).unwrap()
}

fn their_plenty() -> GovernorQuota {
    GovernorQuota::per_second(NonZeroU32::new(1_000_000_000).unwrap()).allow_burst(NonZeroU32::MAX)
}

/// More permits than any run takes.
fn leaky_plenty() -> LeakyLimiter {
    const PERMITS: usize = 1 << 40;
    LeakyLimiter::builder()
        .max(PERMITS)
        .initial(PERMITS)
        .interval(Duration::from_secs(3_600))
        .build()
}

fn leaky_scarce() -> LeakyLimiter {
    LeakyLimiter::builder().max(1).initial(0).interval(Duration::from_secs(3_600)).build()
}

fn meter(c: &mut Criterion) {
    let mut group = c.benchmark_group("leaky_bucket_meter_grant");
    let theirs = leaky_plenty();
    group.bench_function("kernel/leaky-bucket", |b| b.iter(|| theirs.try_acquire(black_box(1))));
    let meter = LeakyBucket::meter(plenty()).with_clock(QuantaClock::new());
    group.bench_function("quanta/resil", |b| b.iter(|| meter.try_acquire(black_box(1)).is_ok()));
    let limiter = RateLimiter::direct_with_clock(their_plenty(), GovernorQuanta::default());
    group.bench_function("quanta/governor", |b| b.iter(|| limiter.check().is_ok()));
    let meter = LeakyBucket::meter(plenty()).with_clock(MonotonicClock);
    group.bench_function("kernel/resil", |b| b.iter(|| meter.try_acquire(black_box(1)).is_ok()));
    let limiter = RateLimiter::direct_with_clock(their_plenty(), GovernorMonotonic);
    group.bench_function("kernel/governor", |b| b.iter(|| limiter.check().is_ok()));
    let meter = LeakyBucket::meter(plenty()).with_clock(CoarseClock);
    group.bench_function("coarse/resil", |b| b.iter(|| meter.try_acquire(black_box(1)).is_ok()));
    let meter = LeakyBucket::meter(plenty());
    let mut now = MonotonicClock.now().as_nanos();
    group.bench_function("given/resil", |b| {
        b.iter(|| {
            now += 1;
            meter.try_acquire_at(Instant::saturating_from_nanos(now), black_box(1)).is_ok()
        })
    });
    group.finish();
    let mut group = c.benchmark_group("leaky_bucket_meter_refuse");
    let theirs = leaky_scarce();
    group.bench_function("kernel/leaky-bucket", |b| b.iter(|| theirs.try_acquire(black_box(1))));
    let meter = LeakyBucket::meter(scarce()).with_clock(MonotonicClock);
    let _ = meter.try_acquire(1);
    group.bench_function("kernel/resil", |b| b.iter(|| meter.try_acquire(black_box(1)).is_ok()));
    let meter = LeakyBucket::meter(scarce()).with_clock(CoarseClock);
    let _ = meter.try_acquire(1);
    group.bench_function("coarse/resil", |b| b.iter(|| meter.try_acquire(black_box(1)).is_ok()));
    let now = meter.clock().now();
    group.bench_function("given/resil", |b| {
        b.iter(|| meter.try_acquire_at(black_box(now), black_box(1)).is_ok())
    });
}

fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("leaky_bucket_queue_admit");
    let queue = LeakyBucket::queue(plenty()).with_clock(QuantaClock::new());
    group.bench_function("quanta/resil", |b| b.iter(|| queue.try_reserve(black_box(1))));
    let queue = LeakyBucket::queue(plenty()).with_clock(MonotonicClock);
    group.bench_function("kernel/resil", |b| b.iter(|| queue.try_reserve(black_box(1))));
    let queue = LeakyBucket::queue(plenty()).with_clock(CoarseClock);
    group.bench_function("coarse/resil", |b| b.iter(|| queue.try_reserve(black_box(1))));
    group.finish();
    let mut group = c.benchmark_group("leaky_bucket_queue_refuse");
    let queue = LeakyBucket::queue(scarce()).with_clock(MonotonicClock);
    let _ = queue.try_reserve(1);
    group.bench_function("kernel/resil", |b| b.iter(|| queue.try_reserve(black_box(1)).is_ok()));
    let queue = LeakyBucket::queue(scarce()).with_clock(CoarseClock);
    let _ = queue.try_reserve(1);
    group.bench_function("coarse/resil", |b| b.iter(|| queue.try_reserve(black_box(1)).is_ok()));
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("leaky_bucket_meter_grant_two_threads");
    let meter = LeakyBucket::meter(plenty());
    let ask = || {
        black_box(meter.try_acquire(black_box(1)).is_ok());
    };
    group.bench_function("kernel/resil", |b| b.iter_custom(|n| on_threads(2, n, ask)));
    let theirs = leaky_plenty();
    let ask = || {
        black_box(theirs.try_acquire(black_box(1)));
    };
    group.bench_function("kernel/leaky-bucket", |b| b.iter_custom(|n| on_threads(2, n, ask)));
    group.finish();
    let mut group = c.benchmark_group("leaky_bucket_queue_admit_two_threads");
    let queue = LeakyBucket::queue(plenty()).with_clock(QuantaClock::new());
    let join = || {
        black_box(queue.try_reserve(black_box(1)).is_ok());
    };
    group.bench_function("quanta/resil", |b| b.iter_custom(|n| on_threads(2, n, join)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = meter, queue, two_threads
}
criterion_main!(benches);
