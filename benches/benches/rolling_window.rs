//! Rolling window and counter beside failsafe's adder, which is one owner's, has no count and at most 10 slices.

use std::hint::black_box;
use std::time::Duration;

use failsafe::WindowedAdder;
use parking_lot::Mutex;
use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Instant, MonotonicClock, RollingCounter, RollingWindow};

/// Buckets of a second: none begins within most of a batch.
const WIDTH: Duration = Duration::from_secs(1);
/// failsafe's most.
const SLICES: u8 = 10;

fn counter<C: Clock>(buckets: u32, clock: C) -> RollingCounter<C> {
    let counter = RollingCounter::with_clock(WIDTH, buckets, clock).unwrap();
    counter.add(3);
    counter
}

fn window<C: Clock>(buckets: u32, clock: C) -> RollingWindow<C> {
    let window = RollingWindow::with_clock(WIDTH, buckets, clock).unwrap();
    window.record(3);
    window
}

fn adder() -> WindowedAdder {
    let mut adder = WindowedAdder::new(WIDTH * u32::from(SLICES), SLICES);
    adder.add(3);
    adder
}

fn add() -> Row<'static> {
    let mut theirs = adder();
    let (kernel, coarse, given) =
        (counter(40, MonotonicClock), counter(40, CoarseClock), counter(40, CoarseClock));
    let (both_kernel, both_coarse, both_given) =
        (window(40, MonotonicClock), window(40, CoarseClock), window(40, CoarseClock));
    let start = MonotonicClock.now().as_nanos();
    let at = move |call: u64| Instant::saturating_from_nanos(start + (call & 0xff_ffff_ffff));
    Row::new("rolling window", "add")
        .own("failsafe", "kernel", move |_| theirs.add(black_box(3)))
        .case("resil counter", "kernel", move |_| kernel.add(black_box(3)))
        .case("resil counter", "coarse", move |_| coarse.add(black_box(3)))
        .case("resil counter", "given", move |call| given.add_at(at(call), black_box(3)))
        .case("resil", "kernel", move |_| both_kernel.record(black_box(3)))
        .case("resil", "coarse", move |_| both_coarse.record(black_box(3)))
        .case("resil", "given", move |call| both_given.record_at(at(call), black_box(3)))
}

fn add_shared() -> Row<'static> {
    let theirs = Mutex::new(adder());
    let kernel = counter(40, MonotonicClock);
    let coarse = counter(40, CoarseClock);
    let both = window(40, CoarseClock);
    Row::new("rolling window", "add, shared")
        .on_threads_too()
        .case("failsafe in a mutex", "kernel", move |_| theirs.lock().add(black_box(3)))
        .case("resil counter", "kernel", move |_| kernel.add(black_box(3)))
        .case("resil counter", "coarse", move |_| coarse.add(black_box(3)))
        .case("resil", "coarse", move |_| both.record(black_box(3)))
}

/// Something in every bucket, as where there is work to do.
fn totals(buckets: u32) -> Row<'static> {
    let mut theirs = adder();
    let ours = counter(buckets, CoarseClock);
    let given = counter(buckets, CoarseClock);
    let both = window(buckets, CoarseClock);
    let both_given = window(buckets, CoarseClock);
    let now = CoarseClock.now();
    for age in 1..buckets {
        let then = Instant::saturating_from_nanos(now.as_nanos() - (WIDTH * age).as_nanos() as u64);
        ours.add_at(then, 3);
        given.add_at(then, 3);
        both.record_at(then, 3);
        both_given.record_at(then, 3);
    }
    Row::new("rolling window", format!("totals of {buckets} buckets"))
        .own("failsafe, 10 slices", "kernel", move |_| theirs.sum())
        .case("resil counter", "coarse", move |_| ours.total())
        .case("resil counter", "given", move |_| given.total_at(black_box(now)))
        .case("resil", "coarse", move |_| both.totals())
        .case("resil", "given", move |_| both_given.totals_at(black_box(now)))
}

pub fn rows() -> Vec<Row<'static>> {
    vec![add(), add_shared(), totals(10), totals(40)]
}
