//! Token bucket beside governor (the same algorithm), ratelimit and gardal, and leaky-bucket's path without a clock.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use gardal::{AtomicTokenBucket, Limit, StdClock};
use governor::clock::{
    Clock as _, MonotonicClock as GovernorMonotonic, QuantaClock as GovernorQuanta,
};
use governor::{Quota as GovernorQuota, RateLimiter};
use leaky_bucket::RateLimiter as LeakyLimiter;
use ratelimit::Ratelimiter;
use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Instant, MonotonicClock, QuantaClock, Quota, TokenBucket};

use crate::{HOUR, PLENTY, plenty, scarce};

const OPERATION: &str = "token bucket";

pub fn their_plenty() -> GovernorQuota {
    let rate = NonZeroU32::new(PLENTY).expect("not 0");
    GovernorQuota::per_second(rate).allow_burst(NonZeroU32::MAX)
}

/// A bucket that has been asked once, and so refuses if it had one permit.
pub fn asked<C: Clock>(quota: Quota, clock: C) -> TokenBucket<C> {
    let bucket = TokenBucket::new(quota).with_clock(clock);
    let _ = bucket.try_acquire(1);
    bucket
}

/// Ours on each clock.
fn with_ours(row: Row<'static>, quota: Quota) -> Row<'static> {
    let counter = asked(quota, QuantaClock::new());
    let kernel = asked(quota, MonotonicClock);
    let coarse = asked(quota, CoarseClock);
    let given = asked(quota, MonotonicClock);
    let start = MonotonicClock.now().as_nanos();
    row.case("resil", "counter", move |_| counter.try_acquire(black_box(1)).is_ok())
        .case("resil", "kernel", move |_| kernel.try_acquire(black_box(1)).is_ok())
        .case("resil", "coarse", move |_| coarse.try_acquire(black_box(1)).is_ok())
        .case("resil", "given", move |call| {
            let now = Instant::saturating_from_nanos(start + (call & 0xff_ffff_ffff));
            given.try_acquire_at(now, black_box(1)).is_ok()
        })
}

fn grant() -> Row<'static> {
    let counter = RateLimiter::direct_with_clock(their_plenty(), GovernorQuanta::default());
    let kernel = RateLimiter::direct_with_clock(their_plenty(), GovernorMonotonic);
    let ratelimit =
        Ratelimiter::builder(PLENTY.into()).max_tokens(u32::MAX.into()).build().unwrap();
    let limit = Limit::per_second_and_burst(NonZeroU32::new(PLENTY).unwrap(), NonZeroU32::MAX);
    let gardal = AtomicTokenBucket::new(limit, StdClock);
    const PERMITS: usize = 1 << 40;
    let unfair =
        LeakyLimiter::builder().max(PERMITS).initial(PERMITS).interval(HOUR).fair(false).build();
    let row = Row::new(OPERATION, "grant")
        .on_threads_too()
        .case("governor", "counter", move |_| counter.check().is_ok())
        .case("governor", "kernel", move |_| kernel.check().is_ok())
        .case("ratelimit", "kernel", move |_| ratelimit.try_wait().is_ok())
        .case("gardal", "kernel", move |_| gardal.consume_one().is_some())
        .case("leaky-bucket, not fair", "none", move |_| unfair.try_acquire(black_box(1)));
    with_ours(row, plenty())
}

/// What is left of a refusal without a quota that may change, and without one at all.
fn with_floors(row: Row<'static>) -> Row<'static> {
    /// A permit each hour of ticks of a nanosecond, one at once; from which instant, and up to which.
    struct Fixed {
        fraction: u64,
        whole: u64,
        per_permit: u64,
        origin: u64,
        horizon: u64,
        tat: AtomicU64,
    }
    fn refuses(fixed: &Fixed, now: u64, permits: u64) -> bool {
        let since = now.wrapping_sub(fixed.origin);
        if since > fixed.horizon {
            return false;
        }
        let part = (u128::from(fixed.fraction) * u128::from(since)) >> 64;
        let tick = fixed.whole.wrapping_mul(since).wrapping_add(part as u64);
        let taken = fixed.tat.load(Ordering::Acquire).max(tick) + permits * fixed.per_permit;
        taken > tick + fixed.per_permit
    }
    let (clock, again) = (QuantaClock::new(), QuantaClock::new());
    let late = clock.now().as_nanos() + HOUR.as_nanos() as u64;
    let word = Box::new(AtomicU64::new(late));
    let fixed = Box::new(Fixed {
        fraction: black_box(0),
        whole: black_box(1),
        per_permit: HOUR.as_nanos() as u64,
        origin: 0,
        horizon: u64::MAX >> 1,
        tat: AtomicU64::new(late),
    });
    row.case("(a load and a comparison)", "counter", move |_| {
        word.load(Ordering::Acquire) > clock.now().as_nanos()
    })
    .case("(a quota that stays)", "counter", move |_| {
        refuses(&fixed, again.now().as_nanos(), black_box(1))
    })
}

fn refusal() -> Row<'static> {
    let hourly = GovernorQuota::per_hour(NonZeroU32::MIN);
    let counter = RateLimiter::direct_with_clock(hourly, GovernorQuanta::default());
    let kernel = RateLimiter::direct_with_clock(hourly, GovernorMonotonic);
    let _ = (counter.check(), kernel.check());
    let ratelimit = Ratelimiter::builder(1).period(HOUR).build().unwrap();
    let limit = Limit::per_hour(NonZeroU32::MIN).with_burst(NonZeroU32::MIN);
    let gardal = AtomicTokenBucket::new(limit, StdClock);
    let _ = gardal.consume_one();
    let row = Row::new(OPERATION, "refusal")
        .on_threads_too()
        .case("governor", "counter", move |_| counter.check().is_ok())
        .case("governor", "kernel", move |_| kernel.check().is_ok())
        .case("ratelimit", "kernel", move |_| ratelimit.try_wait().is_ok())
        .case("gardal", "kernel", move |_| gardal.consume_one().is_some());
    with_floors(with_ours(row, scarce()))
}

fn refusal_with_its_wait() -> Row<'static> {
    let hourly = GovernorQuota::per_hour(NonZeroU32::MIN);
    let theirs = RateLimiter::direct_with_clock(hourly, GovernorQuanta::default());
    let _ = theirs.check();
    let clock = GovernorQuanta::default();
    let ours = asked(scarce(), QuantaClock::new());
    Row::new(OPERATION, "refusal with its wait")
        .case("governor", "counter twice", move |_| {
            theirs.check().map_err(|until| until.wait_time_from(clock.now()))
        })
        .case("resil", "counter", move |_| ours.try_acquire(black_box(1)))
}

pub fn rows() -> Vec<Row<'static>> {
    vec![grant(), refusal(), refusal_with_its_wait()]
}
