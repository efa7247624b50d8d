//! Types that keep a word, or a few that are replaced together, used by several threads at random: what they answer
//! has an order in which one owner of the pure form is answered the same.
//!
//! Run by `ci/shuttle`. Operations are random as the schedule is, so a schedule that is replayed repeats them.
#![cfg(resil_shuttle)]

mod checker;
#[path = "checker/linear.rs"]
mod linear;

use std::fmt::Debug;
use std::time::Duration;

use checker::{Arc, check, join_all, spawn_each};
use linear::History;
use resil_core::period_limiter::Kind;
use resil_core::pure::{ewma, leaky_bucket, period_limiter, token_bucket};
use resil_core::{
    Carry, Clock, Denied, Ewma, Instant, LeakyBucket, ManualClock, PeriodLimiter, Quota,
    TokenBucket,
};
use shuttle::rand::{Rng, thread_rng};

const THREADS: usize = 5;
const EACH: usize = 3;

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

/// An instant of a few, so that threads come with older ones than others brought.
fn some_instant() -> Instant {
    at(100 + thread_rng().gen_range(0..4))
}

/// A permit a second: a few seconds are a few permits.
fn quota(burst: u32) -> Quota {
    Quota::new(1, Duration::from_secs(1), burst).unwrap()
}

/// Lets threads draw operations and `run` them, and looks for an order in which `step` answers the same.
fn histories_have_an_order<T, O, A, S>(
    make: fn() -> T,
    draw: fn() -> O,
    run: fn(&T, &O) -> A,
    start: S,
    step: fn(&mut S, &O) -> A,
) where
    T: Send + Sync + 'static,
    O: Debug + Send + 'static,
    A: Debug + PartialEq + Send + 'static,
    S: Clone + PartialEq + Send + Sync + 'static,
{
    check(move || {
        let shared = Arc::new((make(), History::new()));
        join_all(spawn_each(THREADS, &shared, move |_, (target, history)| {
            for _ in 0..EACH {
                history.call(draw(), |operation| run(target, operation));
            }
        }));
        shared.1.assert_has_an_order(start.clone(), step);
    });
}

#[derive(Debug)]
enum Ask {
    TryAcquire(Instant, u32),
    Reserve(Instant, u32),
    Peek(Instant, u32),
    SetQuota(Instant, u32),
}

#[derive(Debug, PartialEq)]
enum Told {
    Asked(Result<(), Denied>),
    Reserved(Result<Duration, Denied>),
    Peeked(token_bucket::Peek),
    Set,
}

fn some_ask() -> Ask {
    let (now, permits) = (some_instant(), thread_rng().gen_range(1..3));
    match thread_rng().gen_range(0..8) {
        0..=3 => Ask::TryAcquire(now, permits),
        4..=5 => Ask::Reserve(now, permits),
        6 => Ask::Peek(now, permits),
        _ => Ask::SetQuota(now, permits + 1),
    }
}

#[test]
fn a_token_bucket_answers_as_one_owner_would_be_answered() {
    histories_have_an_order(
        || TokenBucket::new(quota(2)),
        some_ask,
        |bucket, ask| match *ask {
            Ask::TryAcquire(now, permits) => Told::Asked(bucket.try_acquire_at(now, permits)),
            Ask::Reserve(now, permits) => {
                Told::Reserved(bucket.reserve_at(now, permits).map(|it| it.ready_after()))
            }
            Ask::Peek(now, permits) => Told::Peeked(bucket.peek_at(now, permits)),
            Ask::SetQuota(now, burst) => {
                bucket.set_quota_at(now, quota(burst), Carry::AsIs);
                Told::Set
            }
        },
        token_bucket::State::new(&token_bucket::Config::full(quota(2))),
        |state, ask| match *ask {
            Ask::TryAcquire(now, permits) => Told::Asked(state.try_acquire(now, permits)),
            Ask::Reserve(now, permits) => {
                Told::Reserved(state.reserve(now, permits, None).map(|(wait, _)| wait))
            }
            Ask::Peek(now, permits) => Told::Peeked(state.peek(now, permits)),
            Ask::SetQuota(now, burst) => {
                state.set_quota(now, &quota(burst), Carry::AsIs);
                Told::Set
            }
        },
    );
}

#[test]
fn a_leaky_meter_answers_as_one_owner_would_be_answered() {
    histories_have_an_order(
        || LeakyBucket::meter(quota(3)),
        || (some_instant(), thread_rng().gen_range(1..3)),
        |meter, (now, permits)| meter.try_acquire_at(*now, *permits),
        leaky_bucket::State::new(&quota(3)),
        |state, (now, permits)| state.try_acquire(*now, *permits),
    );
}

#[test]
fn a_leaky_queue_gives_the_slots_that_one_owner_would_be_given() {
    histories_have_an_order(
        || LeakyBucket::queue(quota(4)),
        || (some_instant(), thread_rng().gen_range(1..3), thread_rng().gen_range(0..3)),
        |queue, (now, permits, secs)| {
            queue.try_reserve_within_at(*now, *permits, Some(Duration::from_secs(*secs)))
        },
        leaky_bucket::State::new(&quota(4)),
        |state, (now, permits, secs)| {
            state.try_reserve(*now, *permits, Some(Duration::from_secs(*secs)))
        },
    );
}

/// As the bare type, with a clock that no model reads.
type Limiter = PeriodLimiter<ManualClock>;

const LIMIT: u32 = 5;
const PERIOD: Duration = Duration::from_secs(2);

/// From its first permit on, which says where windows begin: threads that take that one at once may agree on the
/// instant of one who is then refused.
fn limiters_answer_as_one_owner_would_be_answered(make: fn() -> Limiter, kind: Kind) {
    let config = period_limiter::Config::new(LIMIT, PERIOD, kind).unwrap();
    let mut start = period_limiter::State::new(&config);
    start.try_acquire(&config, at(100), 1).unwrap();
    histories_have_an_order(
        make,
        || (some_instant(), thread_rng().gen_range(1..3)),
        |limiter, (now, permits)| limiter.try_acquire_at(*now, *permits),
        (start, config),
        |(state, config), (now, permits)| state.try_acquire(config, *now, *permits),
    );
}

fn used_once(limiter: PeriodLimiter<impl Clock>) -> Limiter {
    let limiter = limiter.with_clock(ManualClock::default());
    limiter.try_acquire_at(at(100), 1).unwrap();
    limiter
}

#[test]
fn a_period_limiter_answers_as_one_owner_would_be_answered() {
    limiters_answer_as_one_owner_would_be_answered(
        || used_once(PeriodLimiter::new(LIMIT, PERIOD).unwrap()),
        Kind::FromFirstUse,
    );
}

#[test]
fn an_aligned_limiter_answers_as_one_owner_would_be_answered() {
    limiters_answer_as_one_owner_would_be_answered(
        || used_once(PeriodLimiter::aligned(LIMIT, PERIOD, 0).unwrap()),
        Kind::Aligned { utc_offset_secs: 0 },
    );
}

#[test]
fn a_sliding_limiter_answers_as_one_owner_would_be_answered() {
    limiters_answer_as_one_owner_would_be_answered(
        || used_once(PeriodLimiter::sliding(LIMIT, PERIOD).unwrap()),
        Kind::Sliding,
    );
}

#[test]
fn an_average_by_count_answers_as_one_owner_would_be_answered() {
    let config = ewma::Config::by_count(0.25).unwrap();
    histories_have_an_order(
        || Ewma::by_count(0.25).unwrap().with_clock(ManualClock::default()),
        || thread_rng().gen_bool(0.6).then(|| f64::from(thread_rng().gen_range(0..9_u32))),
        |average, sample| match sample {
            Some(x) => Err(average.record_at(Instant::ZERO, *x)),
            None => Ok(average.value_at(Instant::ZERO)),
        },
        (ewma::State::default(), config),
        |(state, config), sample| match sample {
            Some(x) => Err(state.record(config, Instant::ZERO, *x)),
            None => Ok(state.value(config, Instant::ZERO)),
        },
    );
}

#[test]
#[should_panic(expected = "no order explains")]
fn an_answer_that_nobody_could_be_given_has_no_order() {
    // Each is told that it was the last of the limit.
    histories_have_an_order(
        || (),
        || (),
        |(), ()| Ok::<_, Denied>(period_limiter::Granted::GrantedLast),
        {
            let config = period_limiter::Config::new(4, PERIOD, Kind::Sliding).unwrap();
            (period_limiter::State::new(&config), config)
        },
        |(state, config), ()| state.try_acquire(config, at(100), 1),
    );
}
