//! Rows beside their peers, batch by batch in turn: ratios that hold on a busy machine too.
//!
//! Criterion times one case after another, and a shared machine changes speed in between. Here every case of a
//! row runs for some microseconds, then the next, some hundred times over, and the best batches are compared.
//! Prints the best, the median, and the best over that of the first peer. An argument picks rows by name.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use failsafe::WindowedAdder;
use governor::clock::{MonotonicClock as GovernorMonotonic, QuantaClock as GovernorQuanta};
use governor::{Quota as GovernorQuota, RateLimiter};
use leaky_bucket::RateLimiter as LeakyLimiter;
use pingora_limits::rate::Rate;
use resil_benches::turns::Turns;
use resil_core::{
    Clock, CoarseClock, Instant, LeakyBucket, MonotonicClock, PeriodLimiter, QuantaClock, Quota,
    RollingCounter, RollingWindow, SingleFlight, SpinLock, TokenBucket,
};
use singleflight_async::SingleFlight as TheirFlight;

const ROUNDS: usize = 800;
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Never refused: a permit comes back each nanosecond.
fn plenty() -> Quota {
    Quota::new(1_000_000_000, Duration::from_secs(1), u32::MAX).unwrap()
}

fn their_plenty() -> GovernorQuota {
    GovernorQuota::per_second(NonZeroU32::new(1_000_000_000).unwrap()).allow_burst(NonZeroU32::MAX)
}

/// A bucket of one permit an hour, that is taken.
fn drained<C: Clock>(clock: C) -> TokenBucket<C> {
    let bucket = TokenBucket::new(Quota::new(1, HOUR, 1).unwrap()).with_clock(clock);
    let _ = bucket.try_acquire(1);
    bucket
}

/// The value of a future that never waits.
fn value<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nobody else leads"),
    }
}

fn clocks() -> Turns<'static> {
    let quanta = QuantaClock::new();
    Turns::default()
        .case("kernel", || MonotonicClock.now())
        .case("coarse", || CoarseClock.now())
        .case("counter", move || quanta.now())
}

fn token_grant() -> Turns<'static> {
    let kernel = RateLimiter::direct_with_clock(their_plenty(), GovernorMonotonic);
    let quanta = RateLimiter::direct_with_clock(their_plenty(), GovernorQuanta::default());
    let ours_kernel = TokenBucket::new(plenty());
    let ours_quanta = TokenBucket::new(plenty()).with_clock(QuantaClock::new());
    let ours_coarse = TokenBucket::new(plenty()).with_clock(CoarseClock);
    Turns::default()
        .case("governor, counter", move || quanta.check().is_ok())
        .case("governor, kernel", move || kernel.check().is_ok())
        .case("resil, counter", move || ours_quanta.try_acquire(black_box(1)).is_ok())
        .case("resil, kernel", move || ours_kernel.try_acquire(black_box(1)).is_ok())
        .case("resil, coarse", move || ours_coarse.try_acquire(black_box(1)).is_ok())
}

fn token_refusal() -> Turns<'static> {
    let hourly = GovernorQuota::per_hour(NonZeroU32::MIN);
    let kernel = RateLimiter::direct_with_clock(hourly, GovernorMonotonic);
    let quanta = RateLimiter::direct_with_clock(hourly, GovernorQuanta::default());
    let _ = (kernel.check(), quanta.check());
    let ours_kernel = drained(MonotonicClock);
    let ours_quanta = drained(QuantaClock::new());
    let ours_coarse = drained(CoarseClock);
    Turns::default()
        .case("governor, counter", move || quanta.check().is_ok())
        .case("governor, kernel", move || kernel.check().is_ok())
        .case("resil, counter", move || ours_quanta.try_acquire(black_box(1)).is_ok())
        .case("resil, kernel", move || ours_kernel.try_acquire(black_box(1)).is_ok())
        .case("resil, coarse", move || ours_coarse.try_acquire(black_box(1)).is_ok())
}

fn leaky_grant() -> Turns<'static> {
    const PERMITS: usize = 1 << 40;
    let theirs = LeakyLimiter::builder().max(PERMITS).initial(PERMITS).interval(HOUR).build();
    let kernel = LeakyBucket::meter(plenty());
    let quanta = LeakyBucket::meter(plenty()).with_clock(QuantaClock::new());
    let coarse = LeakyBucket::meter(plenty()).with_clock(CoarseClock);
    let queue = LeakyBucket::queue(plenty());
    Turns::default()
        .case("leaky-bucket, kernel", move || theirs.try_acquire(black_box(1)))
        .case("resil, kernel", move || kernel.try_acquire(black_box(1)).is_ok())
        .case("resil, counter", move || quanta.try_acquire(black_box(1)).is_ok())
        .case("resil, coarse", move || coarse.try_acquire(black_box(1)).is_ok())
        .case("resil, a queue's place, kernel", move || queue.try_reserve(black_box(1)))
}

fn period_grant() -> Turns<'static> {
    let theirs = Rate::new(DAY);
    let limiter = || PeriodLimiter::new(u32::MAX, DAY).unwrap();
    let (kernel, given) = (limiter(), limiter());
    let quanta = limiter().with_clock(QuantaClock::new());
    let coarse = limiter().with_clock(CoarseClock);
    let sliding = PeriodLimiter::sliding(u32::MAX, DAY).unwrap().with_clock(CoarseClock);
    let now = MonotonicClock.now();
    Turns::default()
        .case("pingora-limits, kernel", move || theirs.observe(black_box(&7_u64), 1))
        .case("resil, kernel", move || kernel.try_acquire(black_box(1)).is_ok())
        .case("resil, counter", move || quanta.try_acquire(black_box(1)).is_ok())
        .case("resil, coarse", move || coarse.try_acquire(black_box(1)).is_ok())
        .case("resil sliding, coarse", move || sliding.try_acquire(black_box(1)).is_ok())
        .case("resil, given", move || given.try_acquire_at(black_box(now), black_box(1)).is_ok())
}

fn single_flight() -> Turns<'static> {
    let theirs = TheirFlight::<u64, u64>::new();
    let sync = SingleFlight::<u64, u64>::new();
    let awaited = SingleFlight::<u64, u64>::new();
    Turns::default()
        .case("singleflight-async", move || value(theirs.work(black_box(7), || async { 1 })))
        .case("resil", move || sync.run(black_box(7), || 1).map(|value| *value))
        .case("resil, awaited", move || {
            value(awaited.run_async(black_box(7), || async { 1 })).map(|value| *value)
        })
}

fn spin_lock() -> Turns<'static> {
    let theirs = spin::Mutex::<u64>::new(0);
    let ours = SpinLock::new(0_u64);
    let parking_lot = parking_lot::Mutex::new(0_u64);
    Turns::default()
        .case("spin", move || *black_box(&theirs).lock() += 1)
        .case("resil", move || *black_box(&ours).lock() += 1)
        .case("parking_lot", move || *black_box(&parking_lot).lock() += 1)
}

fn window_record() -> Turns<'static> {
    const WIDTH: Duration = Duration::from_secs(1);
    let mut theirs = WindowedAdder::new(WIDTH * 10, 10);
    let counter = RollingCounter::with_clock(WIDTH, 40, CoarseClock).unwrap();
    let window = RollingWindow::with_clock(WIDTH, 40, CoarseClock).unwrap();
    Turns::default()
        .case("failsafe, kernel", move || theirs.add(black_box(3)))
        .case("resil counter, coarse", move || counter.add(black_box(3)))
        .case("resil window, coarse", move || window.record(black_box(3)))
}

/// What a limiter costs at least: the clock, and one locked instruction on what it says.
fn floors() -> Turns<'static> {
    fn take(word: &std::sync::atomic::AtomicU64, now: Instant) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        let seen = word.load(Relaxed);
        word.compare_exchange_weak(seen, seen.max(now.as_nanos()) + 1, Relaxed, Relaxed).is_ok()
    }
    let words = [const { std::sync::atomic::AtomicU64::new(0) }; 2].map(Box::new);
    let [kernel, coarse] = words;
    Turns::default()
        .case("kernel and a CAS", move || take(&kernel, MonotonicClock.now()))
        .case("coarse and a CAS", move || take(&coarse, CoarseClock.now()))
}

/// A row's name, and what makes its cases.
type Row = (&'static str, fn() -> Turns<'static>);

fn main() {
    let rows: [Row; 10] = [
        ("clocks", clocks),
        ("floors", floors),
        ("token_bucket grant", token_grant),
        ("token_bucket refusal", token_refusal),
        ("leaky_bucket grant", leaky_grant),
        ("period_limiter grant", period_grant),
        ("single_flight alone", single_flight),
        ("spin_lock alone", spin_lock),
        ("rolling_window record", window_record),
        ("clocks again", clocks),
    ];
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    println!("nanoseconds: best batch, median batch, best over the best of the first case");
    for (name, row) in rows {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let costs = row().take(ROUNDS);
        let peer = costs[0].1.least;
        println!("\n{name}");
        for (case, cost) in costs {
            println!(
                "  {case:32} {:7.1} {:7.1}   {:.2}",
                cost.least,
                cost.median,
                cost.least / peer
            );
        }
    }
}
