//! Period limiter of all kinds, beside pingora-limits, which counts in a window but decides nothing, tower's and
//! tower-resilience's.
//!
//! pingora's `Rate` counts by key in a sketch, and estimates; it is given one key. tower's limit is one owner's.

use std::hint::black_box;
use std::time::Duration;

use pingora_limits::rate::Rate;
use resil_benches::row::Row;
use resil_core::{Clock, CoarseClock, Instant, MonotonicClock, PeriodLimiter, QuantaClock};
use tower::Layer;
use tower::limit::RateLimit;
use tower::limit::rate::Rate as TowerRate;
use tower_resilience_ratelimiter::RateLimiterLayer;

use crate::answers::{Answers, call};

const OPERATION: &str = "period limiter";
const DAY: Duration = Duration::from_secs(86_400);

fn used<C: Clock>(limiter: PeriodLimiter<C>) -> PeriodLimiter<C> {
    let _ = limiter.try_acquire(1);
    limiter
}

/// A limit that no run uses up.
fn grant() -> Row<'static> {
    let pingora = Rate::new(DAY);
    // Its timer needs a runtime to be made in; nothing ever waits.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let entered = runtime.enter();
    let mut tower = RateLimit::new(Answers, TowerRate::new(u64::MAX, DAY));
    drop(entered);
    let every =
        RateLimiterLayer::builder().limit_for_period(usize::MAX).refresh_period(DAY).build();
    let mut layer = every.expect("a limit that may be").layer(Answers);
    let new = || PeriodLimiter::new(u32::MAX, DAY).unwrap();
    let sliding = || PeriodLimiter::sliding(u32::MAX, DAY).unwrap();
    let (kernel, given) = (used(new()), used(new()));
    let counter = used(new().with_clock(QuantaClock::new()));
    let coarse = used(new().with_clock(CoarseClock));
    let sliding_kernel = used(sliding());
    let sliding_coarse = used(sliding().with_clock(CoarseClock));
    // With a window before, whose share is worked out for each request.
    let weighing = sliding();
    let noon = Instant::ZERO.saturating_add(DAY + DAY / 2);
    assert!(weighing.try_acquire_at(Instant::ZERO, 1_000).is_ok());
    let aligned = used(PeriodLimiter::aligned(u32::MAX, DAY, 3_600).unwrap());
    let now = MonotonicClock.now();
    Row::new(OPERATION, "grant")
        .on_threads_too()
        .case("pingora-limits", "kernel", move |_| pingora.observe(black_box(&7_u64), 1))
        .own("tower", "kernel", move |_| {
            let _ = &runtime;
            call(&mut tower)
        })
        .own("tower-resilience", "kernel", move |_| call(&mut layer))
        .case("resil", "kernel", move |_| kernel.try_acquire(black_box(1)).is_ok())
        .case("resil", "counter", move |_| counter.try_acquire(black_box(1)).is_ok())
        .case("resil", "coarse", move |_| coarse.try_acquire(black_box(1)).is_ok())
        .case("resil", "given", move |_| given.try_acquire_at(black_box(now), black_box(1)).is_ok())
        .case("resil, sliding", "kernel", move |_| sliding_kernel.try_acquire(black_box(1)).is_ok())
        .case("resil, sliding", "coarse", move |_| sliding_coarse.try_acquire(black_box(1)).is_ok())
        .case("resil, sliding", "given", move |_| {
            weighing.try_acquire_at(black_box(noon), black_box(1)).is_ok()
        })
        .case("resil, aligned", "kernel", move |_| aligned.try_acquire(black_box(1)).is_ok())
}

/// A limit that is used up before.
fn refusal() -> Row<'static> {
    let pingora = Rate::new(DAY);
    let new = || PeriodLimiter::new(1, DAY).unwrap();
    let kernel = used(new());
    let counter = used(new().with_clock(QuantaClock::new()));
    let coarse = used(new().with_clock(CoarseClock));
    let sliding = used(PeriodLimiter::sliding(1, DAY).unwrap());
    Row::new(OPERATION, "refusal")
        .on_threads_too()
        .case("pingora-limits", "kernel", move |_| pingora.observe(black_box(&7_u64), 1) <= 1)
        .case("resil", "kernel", move |_| kernel.try_acquire(black_box(1)).is_ok())
        .case("resil", "counter", move |_| counter.try_acquire(black_box(1)).is_ok())
        .case("resil", "coarse", move |_| coarse.try_acquire(black_box(1)).is_ok())
        .case("resil, sliding", "kernel", move |_| sliding.try_acquire(black_box(1)).is_ok())
}

pub fn rows() -> Vec<Row<'static>> {
    vec![grant(), refusal()]
}
