//! SRE breaker beside recloser, failsafe and tower-resilience: ask and settle while all is well, and refusals.
//!
//! While all is well recloser reads no clock (it counts calls, not time), and ours one, for the bucket of the outcome.

use std::hint::black_box;
use std::time::Duration;

use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{CircuitBreaker as _, Config as Failsafe, StateMachine};
use recloser::Recloser;
use resil_benches::row::Row;
use resil_core::sre_breaker::{Mode, Outcome};
use resil_core::{Clock, CoarseClock, MonotonicClock, QuantaClock, SreBreaker, SreBreakerConfig};
use tower::Layer;
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

use crate::answers::{Answers, call};

const OPERATION: &str = "breaker";
/// Once open, open for good.
const LONG: Duration = Duration::from_secs(36_000);

fn ours<C: Clock>(clock: C) -> SreBreaker<C> {
    SreBreaker::with_clock(SreBreakerConfig::go_zero_1_3(), clock).unwrap()
}

/// So many failures in its window, and nothing else, that of a million calls a few get through.
fn refusing<C: Clock>(recipe: SreBreakerConfig, clock: C) -> SreBreaker<C> {
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

fn failsafe() -> StateMachine<ConsecutiveFailures<Constant>, ()> {
    Failsafe::new().failure_policy(consecutive_failures(5, backoff::constant(LONG))).build()
}

fn healthy() -> Row<'static> {
    let recloser = recloser();
    // Its default: the success rate over a window of time, and consecutive failures.
    let by_rate = Failsafe::new().build();
    let consecutive = failsafe();
    let theirs = CircuitBreakerLayer::builder().build();
    let mut layer = theirs.expect("its defaults").layer(Answers);
    let (coarse, run, given, ask) =
        (ours(CoarseClock), ours(CoarseClock), ours(CoarseClock), ours(CoarseClock));
    let kernel = ours(MonotonicClock);
    let counter = ours(QuantaClock::new());
    let now = CoarseClock.now();
    Row::new(OPERATION, "ask and success")
        .on_threads_too()
        .case("recloser", "none", move |_| recloser.call(|| Ok::<_, ()>(())))
        .case("failsafe", "kernel", move |_| by_rate.call(|| Ok::<_, ()>(())))
        .case("failsafe, consecutive", "none", move |_| consecutive.call(|| Ok::<_, ()>(())))
        .own("tower-resilience", "kernel", move |_| call(&mut layer))
        .case("resil", "coarse", move |_| coarse.try_acquire().unwrap().success())
        .case("resil, run", "coarse", move |_| run.run(|| Ok::<_, ()>(())))
        .case("resil", "kernel", move |_| kernel.try_acquire().unwrap().success())
        .case("resil", "counter", move |_| counter.try_acquire().unwrap().success())
        .case("resil", "given", move |_| {
            given.try_acquire_at(black_box(now), 0.5).unwrap().success_at(black_box(now))
        })
        .case("resil, ask alone", "none", move |_| ask.try_acquire_at(black_box(now), 0.5).is_ok())
}

fn refusal() -> Row<'static> {
    let open = recloser();
    while !matches!(open.call(|| Err::<(), _>(())), Err(recloser::Error::Rejected)) {}
    let closed = failsafe();
    while closed.is_call_permitted() {
        let _ = closed.call(|| Err::<(), _>(()));
    }
    let two_lanes = refusing(SreBreakerConfig::go_zero_1_3(), CoarseClock);
    let two_lanes_kernel = refusing(SreBreakerConfig::go_zero_1_3(), MonotonicClock);
    let counted = refusing(SreBreakerConfig::sre_book(), CoarseClock);
    let by_bucket = refusing(SreBreakerConfig::go_zero(), CoarseClock);
    let forced = ours(CoarseClock);
    forced.set_mode(Mode::ForcedOpen);
    Row::new(OPERATION, "refusal")
        .on_threads_too()
        .case("recloser", "kernel", move |_| open.call(|| Ok::<_, ()>(())))
        .case("failsafe", "kernel", move |_| closed.call(|| Ok::<_, ()>(())))
        .case("resil", "coarse", move |_| two_lanes.try_acquire().is_err())
        .case("resil", "kernel", move |_| two_lanes_kernel.try_acquire().is_err())
        .case("resil, sre_book", "coarse", move |_| counted.try_acquire().is_err())
        .case("resil, go_zero", "coarse", move |_| by_bucket.try_acquire().is_err())
        .case("resil, forced open", "none", move |_| forced.try_acquire().is_err())
}

pub fn rows() -> Vec<Row<'static>> {
    vec![healthy(), refusal()]
}
