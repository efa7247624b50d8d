//! Single flight beside singleflight-async: a call alone, threads on keys of their own, and awaited.

use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use resil_benches::on_threads;
use resil_core::SingleFlight;
use singleflight_async::SingleFlight as Theirs;

/// The value of a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nobody else leads"),
    }
}

fn alone(c: &mut Criterion) {
    let mut group = c.benchmark_group("single_flight_alone");
    let ours = SingleFlight::<u64, u64>::new();
    let theirs = Theirs::<u64, u64>::new();
    group.bench_function("resil", |b| b.iter(|| ours.run(black_box(7), || 1).map(|v| *v)));
    group.bench_function("resil_async", |b| {
        b.iter(|| now(ours.run_async(black_box(7), || async { 1 })).map(|v| *v));
    });
    group.bench_function("singleflight_async", |b| {
        b.iter(|| now(theirs.work(black_box(7), || async { 1 })));
    });
}

fn text_key(c: &mut Criterion) {
    let mut group = c.benchmark_group("single_flight_text_key");
    let ours = SingleFlight::<String, u64>::new();
    let theirs = Theirs::<String, u64>::new();
    let key = "0123456789abcdef".to_owned();
    group.bench_function("resil", |b| b.iter(|| ours.run(key.clone(), || 1).map(|v| *v)));
    group.bench_function("resil_async", |b| {
        b.iter(|| now(ours.run_async(key.clone(), || async { 1 })).map(|v| *v));
    });
    group.bench_function("singleflight_async", |b| {
        b.iter(|| now(theirs.work(key.clone(), || async { 1 })));
    });
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("single_flight_2_threads_own_keys");
    let next = AtomicU64::new(0);
    thread_local!(static KEY: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });
    let own = || {
        KEY.with(|key| {
            if key.get() == 0 {
                key.set(1 + next.fetch_add(1, Ordering::Relaxed));
            }
            key.get()
        })
    };
    let ours = SingleFlight::<u64, u64>::new();
    let theirs = Theirs::<u64, u64>::new();
    group.bench_function("resil", |b| {
        b.iter_custom(|iterations| {
            on_threads(2, iterations, || {
                let _ = black_box(ours.run(own(), || 1));
            })
        });
    });
    group.bench_function("singleflight_async", |b| {
        b.iter_custom(|iterations| {
            on_threads(2, iterations, || {
                black_box(now(theirs.work(own(), || async { 1 })));
            })
        });
    });
}

criterion_group!(benches, alone, text_key, two_threads);
criterion_main!(benches);
