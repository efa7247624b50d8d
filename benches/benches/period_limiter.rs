//! Period limiter of all three kinds, beside pingora-limits, which counts in a window but decides nothing.
//!
//! Its `Rate` counts by key in a sketch, and estimates; it is given one key. It reads the kernel's clock; the
//! case says which clock ours reads.

use std::hint::black_box;
use std::time::Duration;

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use pingora_limits::rate::Rate;
use resil_benches::on_threads;
use resil_core::{Clock, CoarseClock, MonotonicClock, PeriodLimiter, QuantaClock};

const DAY: Duration = Duration::from_secs(86_400);

/// One of each kind with its name.
fn kinds<C: Clock + Clone>(limit: u32, clock: &C) -> [(&'static str, PeriodLimiter<C>); 3] {
    [
        ("from_first_use", PeriodLimiter::new(limit, DAY).unwrap().with_clock(clock.clone())),
        ("aligned", PeriodLimiter::aligned(limit, DAY, 3_600).unwrap().with_clock(clock.clone())),
        ("sliding", PeriodLimiter::sliding(limit, DAY).unwrap().with_clock(clock.clone())),
    ]
}

fn ask<C: Clock + Clone>(group: &mut BenchmarkGroup<'_, WallTime>, limit: u32, on: &str, clock: C) {
    for (kind, limiter) in kinds(limit, &clock) {
        let _ = limiter.try_acquire(1);
        group.bench_function(format!("{on}/resil_{kind}"), |b| {
            b.iter(|| limiter.try_acquire(black_box(1)).is_ok())
        });
    }
}

/// A limit that no run uses up.
fn grant(c: &mut Criterion) {
    let mut group = c.benchmark_group("period_limiter_grant");
    let theirs = Rate::new(DAY);
    group.bench_function("kernel/pingora", |b| b.iter(|| theirs.observe(black_box(&7_u64), 1)));
    ask(&mut group, u32::MAX, "quanta", QuantaClock::new());
    ask(&mut group, u32::MAX, "kernel", MonotonicClock);
    ask(&mut group, u32::MAX, "coarse", CoarseClock);
    let now = MonotonicClock.now();
    for (kind, limiter) in kinds(u32::MAX, &MonotonicClock) {
        group.bench_function(format!("given/resil_{kind}"), |b| {
            b.iter(|| limiter.try_acquire_at(black_box(now), black_box(1)).is_ok())
        });
    }
}

/// A limit that is used up before.
fn refuse(c: &mut Criterion) {
    let mut group = c.benchmark_group("period_limiter_refuse");
    ask(&mut group, 1, "kernel", MonotonicClock);
    ask(&mut group, 1, "coarse", CoarseClock);
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("period_limiter_grant_two_threads");
    let theirs = Rate::new(DAY);
    let ask = || {
        black_box(theirs.observe(black_box(&7_u64), 1));
    };
    group.bench_function("kernel/pingora", |b| b.iter_custom(|n| on_threads(2, n, ask)));
    for (kind, limiter) in kinds(u32::MAX, &MonotonicClock) {
        let ask = || {
            black_box(limiter.try_acquire(black_box(1)).is_ok());
        };
        group.bench_function(format!("kernel/resil_{kind}"), |b| {
            b.iter_custom(|n| on_threads(2, n, ask))
        });
    }
    for (kind, limiter) in kinds(u32::MAX, &QuantaClock::new()) {
        let ask = || {
            black_box(limiter.try_acquire(black_box(1)).is_ok());
        };
        group.bench_function(format!("quanta/resil_{kind}"), |b| {
            b.iter_custom(|n| on_threads(2, n, ask))
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = grant, refuse, two_threads
}
criterion_main!(benches);
