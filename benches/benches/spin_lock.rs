//! Spin lock beside spin's, parking_lot's and std's: alone, two threads, and more threads than processors.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use resil_benches::on_threads;
use resil_core::SpinLock;

/// The same data on every side: the guarded number, made opaque to the optimiser in one place.
macro_rules! alone {
    ($group:expr, $name:literal, $lock:expr, |$held:ident| $guard:expr) => {{
        let lock = $lock;
        $group.bench_function($name, |b| {
            b.iter(|| {
                let $held = black_box(&lock);
                *$guard += 1;
            });
        });
    }};
}

macro_rules! contended {
    ($group:expr, $name:literal, $threads:expr, $lock:expr, |$held:ident| $guard:expr) => {{
        let lock = $lock;
        $group.bench_function($name, |b| {
            b.iter_custom(|iterations| {
                on_threads($threads, iterations, || {
                    let $held = black_box(&lock);
                    *$guard += 1;
                })
            });
        });
    }};
}

fn alone(c: &mut Criterion) {
    let mut group = c.benchmark_group("spin_lock_alone");
    alone!(group, "resil", SpinLock::new(0_u64), |lock| lock.lock());
    alone!(group, "spin", spin::Mutex::new(0_u64), |lock| lock.lock());
    alone!(group, "parking-lot", parking_lot::Mutex::new(0_u64), |lock| lock.lock());
    alone!(group, "std", std::sync::Mutex::new(0_u64), |lock| lock.lock().unwrap());
}

fn contended(c: &mut Criterion) {
    for threads in [2, 4, 8] {
        let mut group = c.benchmark_group(format!("spin_lock_{threads}_threads"));
        contended!(group, "resil", threads, SpinLock::new(0_u64), |lock| lock.lock());
        contended!(group, "spin", threads, spin::Mutex::new(0_u64), |lock| lock.lock());
        contended!(group, "parking-lot", threads, parking_lot::Mutex::new(0_u64), |lock| lock
            .lock());
        contended!(group, "std", threads, std::sync::Mutex::new(0_u64), |lock| lock
            .lock()
            .unwrap());
    }
}

criterion_group!(benches, alone, contended);
criterion_main!(benches);
