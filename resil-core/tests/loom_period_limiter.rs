//! Every interleaving of a few requests to one period limiter.
//!
//! Run by `ci/loom` and `ci/shuttle`. The clock is passed in, so no time runs inside a model. Each model states
//! its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::time::Duration;

use checker::{Arc, OTHERS, check, each_and_here, join_all, spawn_each, thread};
use resil_core::period_limiter::Granted;
use resil_core::{Denied, Instant, ManualClock, PeriodLimiter};

const PERIOD: Duration = Duration::from_secs(10);

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

fn held<C>(limiter: PeriodLimiter<C>) -> Arc<PeriodLimiter<ManualClock>> {
    Arc::new(limiter.with_clock(ManualClock::default()))
}

/// Checks that a limit of so many was granted, exactly one of it as the last.
fn assert_granted(limit: usize, answers: &[Result<Granted, Denied>]) {
    let count = |wanted| answers.iter().filter(|answer| **answer == Ok(wanted)).count();
    let granted = (count(Granted::Granted), count(Granted::GrantedLast));
    assert_eq!(granted, (limit - 1, 1), "{answers:?}");
}

/// Invariant: of requests for one permit each, one more than the limit, the limit is granted, exactly one of it
/// as the last.
#[test]
fn requests_are_granted_the_limit_and_one_the_last() {
    check(|| {
        let limiter = held(PeriodLimiter::aligned(OTHERS as u32, PERIOD, 0).unwrap());
        let answers = each_and_here(&limiter, |_, limiter| limiter.try_acquire_at(at(1), 1));
        assert_granted(OTHERS, &answers);
    });
}

/// Invariant: the same, sliding, where half the threads make two requests each: waiting for one another's
/// stores multiplies.
#[test]
fn sliding_requests_are_granted_the_limit_and_one_the_last() {
    check(|| {
        let limiter = held(PeriodLimiter::sliding(OTHERS as u32, PERIOD).unwrap());
        let threads = spawn_each(OTHERS / 2, &limiter, |number, limiter| {
            let twice = if number == 0 { 1 } else { 2 };
            (0..twice).map(|_| limiter.try_acquire_at(at(1), 1)).collect::<Vec<_>>()
        });
        let mut answers = vec![limiter.try_acquire_at(at(1), 1), limiter.try_acquire_at(at(1), 1)];
        answers.extend(join_all(threads).into_iter().flatten());
        assert!(answers.len() > OTHERS);
        assert_granted(OTHERS, &answers);
    });
}

/// Invariant: two first uses at different instants agree on one of them as the begin of the first window.
#[test]
fn two_first_uses_agree_on_the_first_window() {
    check(|| {
        let limiter = held(PeriodLimiter::new(1, PERIOD).unwrap());
        let other = limiter.clone();
        let thread = thread::spawn(move || other.try_acquire_at(at(4), 1));
        let mine = limiter.try_acquire_at(at(1), 1);
        let theirs = thread.join().unwrap();
        // Whoever was first is granted, and the other told when that window ends.
        let end = limiter.peek_at(at(4), 0).reset_after.as_secs() + 4;
        assert!(end == 11 || end == 14, "{end}");
        let refused = |now| Err(Denied::RetryAfter(Duration::from_secs(end - now)));
        let granted = Ok(Granted::GrantedLast);
        assert!(
            (mine, theirs) == (granted, refused(4)) || (mine, theirs) == (refused(1), granted),
            "{mine:?} {theirs:?}"
        );
    });
}

/// Invariant: a request of the next window and one of this leave the counts of one order: the late one is
/// counted in its own window or, coming second, in the newest; a reader sees either, and no mixture.
#[test]
fn a_new_window_against_a_late_request_is_never_seen_half() {
    check(|| {
        let limiter = held(PeriodLimiter::sliding(4, PERIOD).unwrap());
        let other = limiter.clone();
        let thread = thread::spawn(move || other.try_acquire_at(at(10), 1).is_ok());
        assert!(limiter.try_acquire_at(at(9), 2).is_ok());
        let seen = limiter.snapshot_at(at(10));
        assert!(matches!((seen.taken, seen.taken_before), (0 | 1, 2) | (3, 0)), "{seen:?}");
        assert!(thread.join().unwrap());
        let seen = limiter.snapshot_at(at(10));
        assert!(matches!((seen.taken, seen.taken_before), (1, 2) | (3, 0)), "{seen:?}");
    });
}
