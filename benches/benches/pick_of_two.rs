//! The pick of the less loaded of two backends beside tower's, whose `Balance` picks by `PeakEwma` loads. The library
//! has no balancer: ours is its peak average and a count of calls under way, which is what such a load is made of.

use std::sync::atomic::{AtomicU32, Ordering};

use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Ewma, MonotonicClock};
use tower::load::Load;

use crate::ewma::{peak, tower};
use crate::mixed;

const OPERATION: &str = "pick of two";
const BACKENDS: u64 = 16;

/// The less loaded of two different backends at random.
fn picked<L: PartialOrd>(call: u64, load: impl Fn(usize) -> L) -> usize {
    let random = mixed(call);
    let first = random % BACKENDS;
    let second = (first + 1 + (random >> 32) % (BACKENDS - 1)) % BACKENDS;
    let [first, second] = [first as usize, second as usize];
    if load(second) < load(first) { second } else { first }
}

struct Backend<C> {
    latency: Ewma<C>,
    under_way: AtomicU32,
}

/// Ours on a clock, which is read once for both.
fn ours<C: Clock + Copy + 'static>(clock: C) -> impl Fn(u64) -> usize + Sync {
    let backend = |_| Backend { latency: peak(clock), under_way: AtomicU32::new(0) };
    let backends: Vec<_> = (0..BACKENDS).map(backend).collect();
    move |call| {
        let now = clock.now();
        picked(call, |which| {
            let Backend { latency, under_way } = &backends[which];
            let calls = under_way.load(Ordering::Relaxed) + 1;
            latency.value_at(now).unwrap_or(0.0) * f64::from(calls)
        })
    }
}

fn pick() -> Row<'static> {
    let theirs: Vec<_> = (0..BACKENDS).map(|_| tower()).collect();
    Row::new(OPERATION, "the load of both")
        .own("tower, peak", "kernel twice", move |call| picked(call, |which| theirs[which].load()))
        .case("resil, peak", "kernel", ours(MonotonicClock))
        .case("resil, peak", "coarse", ours(CoarseClock))
}

pub fn rows() -> Vec<Row<'static>> {
    vec![pick()]
}
