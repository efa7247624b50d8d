//! Rolling window beside failsafe's adder, which is one owner's, has no count and at most 10 slices.
//!
//! The case says which clock is read: the kernel's by the nanosecond (ours and failsafe's `Instant`), its
//! coarse one, or none.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use failsafe::WindowedAdder;
use parking_lot::Mutex;
use resil_benches::on_threads;
use resil_core::{Clock, CoarseClock, Instant, MonotonicClock, RollingCounter, RollingWindow};

/// Buckets of a second: none begins within most of a batch.
const WIDTH: Duration = Duration::from_secs(1);
/// failsafe's most.
const SLICES: u8 = 10;

fn counter<C: Clock>(buckets: u32, clock: C) -> RollingCounter<C> {
    RollingCounter::with_clock(WIDTH, buckets, clock).unwrap()
}

fn window<C: Clock>(buckets: u32, clock: C) -> RollingWindow<C> {
    RollingWindow::with_clock(WIDTH, buckets, clock).unwrap()
}

fn adder() -> WindowedAdder {
    WindowedAdder::new(WIDTH * u32::from(SLICES), SLICES)
}

/// Given times: a nanosecond later each.
fn ticking(mut op: impl FnMut(Instant)) -> impl FnMut() {
    let mut now = MonotonicClock.now().as_nanos();
    move || {
        now += 1;
        op(Instant::saturating_from_nanos(now));
    }
}

fn record(c: &mut Criterion) {
    let mut group = c.benchmark_group("rolling_window_record");
    let mut theirs = adder();
    group.bench_function("kernel/failsafe", |b| b.iter(|| theirs.add(black_box(3))));
    let ours = counter(40, MonotonicClock);
    group.bench_function("kernel/resil_counter", |b| b.iter(|| ours.add(black_box(3))));
    let ours = window(40, MonotonicClock);
    group.bench_function("kernel/resil", |b| b.iter(|| ours.record(black_box(3))));
    let ours = counter(40, CoarseClock);
    group.bench_function("coarse/resil_counter", |b| b.iter(|| ours.add(black_box(3))));
    let ours = window(40, CoarseClock);
    group.bench_function("coarse/resil", |b| b.iter(|| ours.record(black_box(3))));
    let ours = counter(40, MonotonicClock);
    let mut op = ticking(|now| {
        black_box(ours.add_at(now, black_box(3)));
    });
    group.bench_function("given/resil_counter", |b| b.iter(&mut op));
    let ours = window(40, MonotonicClock);
    let mut op = ticking(|now| {
        black_box(ours.record_at(now, black_box(3)));
    });
    group.bench_function("given/resil", |b| b.iter(&mut op));
}

fn totals(c: &mut Criterion) {
    let mut group = c.benchmark_group("rolling_window_totals");
    let mut theirs = adder();
    theirs.add(3);
    group.bench_function("10_kernel/failsafe", |b| b.iter(|| theirs.sum()));
    for buckets in [10, 40] {
        let name = |clock, who| format!("{buckets}_{clock}/{who}");
        let ours = counter(buckets, MonotonicClock);
        ours.add(3);
        group.bench_function(name("kernel", "resil_counter"), |b| b.iter(|| ours.total()));
        let ours = counter(buckets, CoarseClock);
        ours.add(3);
        group.bench_function(name("coarse", "resil_counter"), |b| b.iter(|| ours.total()));
        let now = ours.clock().now();
        group.bench_function(name("given", "resil_counter"), |b| {
            b.iter(|| ours.total_at(black_box(now)))
        });
        let ours = window(buckets, CoarseClock);
        ours.record(3);
        group.bench_function(name("coarse", "resil"), |b| b.iter(|| ours.totals()));
        group.bench_function(name("given", "resil"), |b| b.iter(|| ours.totals_at(black_box(now))));
    }
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("rolling_window_record_two_threads");
    let theirs = Mutex::new(adder());
    let op = || theirs.lock().add(black_box(3));
    group.bench_function("kernel/failsafe_in_a_mutex", |b| b.iter_custom(|n| on_threads(2, n, op)));
    let ours = counter(40, CoarseClock);
    let op = || {
        black_box(ours.add(black_box(3)));
    };
    group.bench_function("coarse/resil_counter", |b| b.iter_custom(|n| on_threads(2, n, op)));
    let ours = window(40, CoarseClock);
    let op = || {
        black_box(ours.record(black_box(3)));
    };
    group.bench_function("coarse/resil", |b| b.iter_custom(|n| on_threads(2, n, op)));
    let ours = counter(40, MonotonicClock);
    let op = || {
        black_box(ours.add(black_box(3)));
    };
    group.bench_function("kernel/resil_counter", |b| b.iter_custom(|n| on_threads(2, n, op)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = record, totals, two_threads
}
criterion_main!(benches);
