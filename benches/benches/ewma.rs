//! Moving averages beside tower's peak EWMA: a sample, a reading, two threads; on each clock, and told the time.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::{
    BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use resil_benches::on_threads;
use resil_core::{Clock, CoarseClock, Ewma, Instant, MonotonicClock, QuantaClock};
use tower::Service;
use tower::load::{Load, PeakEwma, TrackCompletion};

const TAU: Duration = Duration::from_secs(10);

/// One of each kind with its name.
fn kinds<C: Clock + Clone>(clock: &C) -> [(&'static str, Ewma<C>); 5] {
    [
        ("by_count", Ewma::by_count(0.1)),
        ("warm_up", Ewma::by_count(0.1).and_then(|ewma| ewma.with_warm_up(10))),
        ("by_time", Ewma::by_time(TAU)),
        ("sample_weighted", Ewma::sample_weighted(TAU)),
        ("peak", Ewma::peak(TAU)),
    ]
    .map(|(kind, ewma)| (kind, ewma.unwrap().with_clock(clock.clone())))
}

/// Hands out what tower would drop when the answer came, which is when it takes the sample in.
#[derive(Clone)]
struct HandOut;

impl<H> TrackCompletion<H, ()> for HandOut {
    type Output = H;

    fn track_completion(&self, handle: H, (): ()) -> H {
        handle
    }
}

struct Answers;

impl Service<()> for Answers {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

fn tower() -> PeakEwma<Answers, HandOut> {
    PeakEwma::new(Answers, Duration::from_millis(1), TAU.as_nanos() as f64, HandOut)
}

/// The handle of one call of tower's.
macro_rules! handle {
    ($service:expr) => {
        match pin!($service.call(())).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(handle)) => handle,
            _ => unreachable!("it is ready"),
        }
    };
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn record_on<C: Clock + Clone>(group: &mut Group<'_>, on: &str, clock: C) {
    for (kind, ewma) in kinds(&clock) {
        group.bench_function(format!("{on}/{kind}"), |b| b.iter(|| ewma.record(black_box(7.0))));
    }
}

fn record(c: &mut Criterion) {
    let mut group = c.benchmark_group("ewma_record");
    record_on(&mut group, "quanta", QuantaClock::new());
    record_on(&mut group, "kernel", MonotonicClock);
    record_on(&mut group, "coarse", CoarseClock);
    for (kind, ewma) in kinds(&MonotonicClock) {
        let mut now = Instant::ZERO;
        group.bench_function(format!("at/{kind}"), |b| {
            b.iter(|| {
                now = now.saturating_add(Duration::from_micros(3));
                ewma.record_at(now, black_box(7.0))
            });
        });
        group.bench_function(format!("at_one_instant/{kind}"), |b| {
            b.iter(|| ewma.record_at(black_box(now), black_box(7.0)));
        });
    }
    let mut theirs = tower();
    group.bench_function("tower_peak", |b| {
        b.iter_batched(|| handle!(theirs), drop, BatchSize::SmallInput);
    });
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("ewma_value");
    for (kind, ewma) in kinds(&MonotonicClock) {
        (0..20).for_each(|_| ewma.record(7.0).unwrap());
        group.bench_function(format!("kernel/{kind}"), |b| b.iter(|| ewma.value()));
    }
    let peak = Ewma::peak(TAU).unwrap().with_clock(CoarseClock);
    peak.record(7.0).unwrap();
    group.bench_function("coarse/peak", |b| b.iter(|| peak.value()));
    let mut theirs = tower();
    drop(handle!(theirs));
    group.bench_function("tower_peak", |b| b.iter(|| theirs.load()));
}

fn record_on_two_threads<C: Clock + Clone>(group: &mut Group<'_>, on: &str, clock: C) {
    for (kind, ewma) in kinds(&clock) {
        let record = || {
            black_box(ewma.record(black_box(7.0)).is_ok());
        };
        group.bench_function(format!("{on}/{kind}"), |b| {
            b.iter_custom(|n| on_threads(2, n, record));
        });
    }
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("ewma_record_two_threads");
    record_on_two_threads(&mut group, "quanta", QuantaClock::new());
    record_on_two_threads(&mut group, "kernel", MonotonicClock);
    record_on_two_threads(&mut group, "coarse", CoarseClock);
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = record, read, two_threads
}
criterion_main!(benches);
