//! SRE breaker beside recloser and failsafe: ask and settle while all is well, and refusals.
//!
//! The case says which clock is read. While all is well recloser reads none (it counts calls, not time), and
//! ours one, for the bucket of the outcome.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{CircuitBreaker as _, Config as Failsafe, StateMachine};
use recloser::Recloser;
use resil_benches::on_threads;
use resil_core::sre_breaker::{Mode, Outcome};
use resil_core::{Clock, CoarseClock, MonotonicClock, SreBreaker, SreBreakerConfig};

/// Once open, open for good.
const LONG: Duration = Duration::from_secs(36_000);

fn ours<C: Clock>(clock: C) -> SreBreaker<C> {
    SreBreaker::with_clock(SreBreakerConfig::go_zero_1_3(), clock).unwrap()
}

/// So many failures in its window, and nothing else, that of a million calls a few get through.
fn ours_refusing<C: Clock>(recipe: SreBreakerConfig, clock: C) -> SreBreaker<C> {
    // So wide a window that the failures stay in it.
    let recipe = recipe.with_window(Duration::from_secs(60), 40);
    let breaker = SreBreaker::with_clock(recipe, clock).unwrap();
    for _ in 0..1_000_000 {
        breaker.record(Outcome::Failure);
    }
    breaker
}

fn recloser() -> Recloser {
    Recloser::custom().closed_len(100).open_wait(LONG).build()
}

fn recloser_open() -> Recloser {
    let breaker = recloser();
    while !matches!(breaker.call(|| Err::<(), _>(())), Err(recloser::Error::Rejected)) {}
    breaker
}

fn failsafe() -> StateMachine<ConsecutiveFailures<Constant>, ()> {
    Failsafe::new().failure_policy(consecutive_failures(5, backoff::constant(LONG))).build()
}

fn healthy(c: &mut Criterion) {
    let mut group = c.benchmark_group("sre_breaker_healthy");
    let theirs = recloser();
    group.bench_function("no_clock/recloser", |b| b.iter(|| theirs.call(|| Ok::<_, ()>(()))));
    // Its default: the success rate over a window of time, and consecutive failures.
    let theirs = Failsafe::new().build();
    group.bench_function("kernel/failsafe", |b| b.iter(|| theirs.call(|| Ok::<_, ()>(()))));
    let theirs = failsafe();
    group.bench_function("no_clock/failsafe_consecutive", |b| {
        b.iter(|| theirs.call(|| Ok::<_, ()>(())))
    });
    let breaker = ours(CoarseClock);
    group.bench_function("coarse/resil", |b| b.iter(|| breaker.try_acquire().unwrap().success()));
    group.bench_function("coarse/resil_run", |b| b.iter(|| breaker.run(|| Ok::<_, ()>(()))));
    let breaker = ours(MonotonicClock);
    group.bench_function("kernel/resil", |b| b.iter(|| breaker.try_acquire().unwrap().success()));
    let now = breaker.clock().now();
    group.bench_function("given/resil", |b| {
        b.iter(|| breaker.try_acquire_at(black_box(now), 0.5).unwrap().success_at(black_box(now)))
    });
    group.bench_function("given/resil_ask_alone", |b| {
        b.iter(|| breaker.try_acquire_at(black_box(now), 0.5).is_ok())
    });
}

fn refusal(c: &mut Criterion) {
    let mut group = c.benchmark_group("sre_breaker_refusal");
    let theirs = recloser_open();
    group.bench_function("kernel/recloser", |b| b.iter(|| theirs.call(|| Ok::<_, ()>(()))));
    let theirs = failsafe();
    while theirs.is_call_permitted() {
        let _ = theirs.call(|| Err::<(), _>(()));
    }
    group.bench_function("kernel/failsafe", |b| b.iter(|| theirs.call(|| Ok::<_, ()>(()))));
    let recipes = [
        ("two_lanes", SreBreakerConfig::go_zero_1_3()),
        ("counted", SreBreakerConfig::sre_book()),
        ("by_bucket", SreBreakerConfig::go_zero()),
    ];
    for (law, recipe) in recipes {
        let breaker = ours_refusing(recipe, CoarseClock);
        group.bench_function(format!("coarse/resil_{law}"), |b| {
            b.iter(|| breaker.try_acquire().is_err())
        });
        let breaker = ours_refusing(recipe, MonotonicClock);
        group.bench_function(format!("kernel/resil_{law}"), |b| {
            b.iter(|| breaker.try_acquire().is_err())
        });
        let now = breaker.clock().now();
        group.bench_function(format!("given/resil_{law}"), |b| {
            b.iter(|| breaker.try_acquire_at(black_box(now), 0.0).is_err())
        });
    }
    let breaker = ours(CoarseClock);
    breaker.set_mode(Mode::ForcedOpen);
    group.bench_function("no_clock/resil_forced_open", |b| {
        b.iter(|| breaker.try_acquire().is_err())
    });
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("sre_breaker_healthy_two_threads");
    let theirs = recloser();
    let op = || {
        let _ = black_box(theirs.call(|| Ok::<_, ()>(())));
    };
    group.bench_function("no_clock/recloser", |b| b.iter_custom(|n| on_threads(2, n, op)));
    let theirs = Failsafe::new().build();
    let op = || {
        let _ = black_box(theirs.call(|| Ok::<_, ()>(())));
    };
    group.bench_function("kernel/failsafe", |b| b.iter_custom(|n| on_threads(2, n, op)));
    let breaker = ours(CoarseClock);
    let op = || breaker.try_acquire().unwrap().success();
    group.bench_function("coarse/resil", |b| b.iter_custom(|n| on_threads(2, n, op)));
    let breaker = ours(MonotonicClock);
    let op = || breaker.try_acquire().unwrap().success();
    group.bench_function("kernel/resil", |b| b.iter_custom(|n| on_threads(2, n, op)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = healthy, refusal, two_threads
}
criterion_main!(benches);
