//! Token bucket beside governor, each pair on the same kind of clock, and the clocks by themselves.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use governor::clock::{
    Clock as _, MonotonicClock as GovernorMonotonic, QuantaClock as GovernorQuanta,
};
use governor::{Quota as GovernorQuota, RateLimiter};
use resil_benches::on_threads;
use resil_core::{
    Carry, Clock, CoarseClock, Instant, MonotonicClock, QuantaClock, Quota, TokenBucket,
};

/// A permit comes back each nanosecond, so nothing is ever refused.
fn plenty() -> Quota {
    Quota::new(1_000_000_000, Duration::from_secs(1), u32::MAX).unwrap()
}

/// A permit an hour, so that nothing is granted once it is drained.
fn scarce() -> Quota {
    Quota::new(1, Duration::from_secs(3_600), 1).unwrap()
}

fn ours<C: Clock>(quota: Quota, clock: C) -> TokenBucket<C> {
    let bucket = TokenBucket::new(quota).with_clock(clock);
    let _ = bucket.try_acquire(1);
    bucket
}

macro_rules! theirs {
    ($quota:expr, $clock:expr) => {{
        let limiter = RateLimiter::direct_with_clock($quota, $clock);
        let _ = limiter.check();
        limiter
    }};
}

fn their_plenty() -> GovernorQuota {
    GovernorQuota::per_second(NonZeroU32::new(1_000_000_000).unwrap()).allow_burst(NonZeroU32::MAX)
}

fn their_scarce() -> GovernorQuota {
    GovernorQuota::per_hour(NonZeroU32::MIN)
}

fn clocks(c: &mut Criterion) {
    let mut group = c.benchmark_group("clock");
    let quanta = QuantaClock::new();
    let theirs = GovernorQuanta::default();
    group.bench_function("monotonic", |b| b.iter(|| MonotonicClock.now()));
    group.bench_function("coarse", |b| b.iter(|| CoarseClock.now()));
    group.bench_function("quanta", |b| b.iter(|| quanta.now()));
    group.bench_function("governor_quanta", |b| b.iter(|| theirs.now()));
}

fn allow(c: &mut Criterion) {
    let mut group = c.benchmark_group("token_bucket_allow");
    let bucket = ours(plenty(), QuantaClock::new());
    group.bench_function("quanta/resil", |b| b.iter(|| bucket.try_acquire(black_box(1)).is_ok()));
    let limiter = theirs!(their_plenty(), GovernorQuanta::default());
    group.bench_function("quanta/governor", |b| b.iter(|| limiter.check().is_ok()));
    let bucket = ours(plenty(), MonotonicClock);
    group.bench_function("kernel/resil", |b| b.iter(|| bucket.try_acquire(black_box(1)).is_ok()));
    let limiter = theirs!(their_plenty(), GovernorMonotonic);
    group.bench_function("kernel/governor", |b| b.iter(|| limiter.check().is_ok()));
    let bucket = ours(plenty(), CoarseClock);
    group.bench_function("coarse/resil", |b| b.iter(|| bucket.try_acquire(black_box(1)).is_ok()));
    let bucket = ours(plenty(), MonotonicClock);
    let mut now = MonotonicClock.now().as_nanos();
    group.bench_function("given/resil", |b| {
        b.iter(|| {
            now += 1;
            bucket.try_acquire_at(Instant::saturating_from_nanos(now), black_box(1)).is_ok()
        })
    });
}

fn deny(c: &mut Criterion) {
    let mut group = c.benchmark_group("token_bucket_deny");
    let bucket = ours(scarce(), QuantaClock::new());
    group.bench_function("quanta/resil", |b| b.iter(|| bucket.try_acquire(black_box(1)).is_ok()));
    group.bench_function("quanta/resil_with_wait", |b| b.iter(|| bucket.try_acquire(black_box(1))));
    let limiter = theirs!(their_scarce(), GovernorQuanta::default());
    group.bench_function("quanta/governor", |b| b.iter(|| limiter.check().is_ok()));
    let clock = GovernorQuanta::default();
    group.bench_function("quanta/governor_with_wait", |b| {
        b.iter(|| limiter.check().map_err(|until| until.wait_time_from(clock.now())))
    });
    let bucket = ours(scarce(), MonotonicClock);
    group.bench_function("kernel/resil", |b| b.iter(|| bucket.try_acquire(black_box(1)).is_ok()));
    let limiter = theirs!(their_scarce(), GovernorMonotonic);
    group.bench_function("kernel/governor", |b| b.iter(|| limiter.check().is_ok()));
    let bucket = ours(scarce(), CoarseClock);
    group.bench_function("coarse/resil", |b| b.iter(|| bucket.try_acquire(black_box(1)).is_ok()));
    let bucket = ours(scarce(), MonotonicClock);
    let now = MonotonicClock.now();
    group.bench_function("given/resil", |b| {
        b.iter(|| bucket.try_acquire_at(black_box(now), 1).is_ok())
    });
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("token_bucket_allow_two_threads");
    let bucket = ours(plenty(), QuantaClock::new());
    let ask = || {
        black_box(bucket.try_acquire(black_box(1)).is_ok());
    };
    group.bench_function("quanta/resil", |b| b.iter_custom(|n| on_threads(2, n, ask)));
    let limiter = theirs!(their_plenty(), GovernorQuanta::default());
    let ask = || {
        black_box(limiter.check().is_ok());
    };
    group.bench_function("quanta/governor", |b| b.iter_custom(|n| on_threads(2, n, ask)));
}

/// A live change now and then costs the hot path nothing but the changes themselves.
fn live_quota(c: &mut Criterion) {
    let mut group = c.benchmark_group("token_bucket_set_quota");
    let bucket = ours(plenty(), MonotonicClock);
    let now = MonotonicClock.now();
    group.bench_function("change/resil", |b| {
        b.iter(|| bucket.set_quota_at(now, plenty(), Carry::AsIs))
    });
    bucket.set_quota(plenty(), Carry::Reset);
    let mut now = now.as_nanos() + 1;
    group.bench_function("allow_given_after_changes/resil", |b| {
        b.iter(|| {
            now += 1;
            bucket.try_acquire_at(Instant::saturating_from_nanos(now), black_box(1)).is_ok()
        })
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = clocks, allow, deny, two_threads, live_quota
}
criterion_main!(benches);
