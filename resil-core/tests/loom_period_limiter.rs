//! Every interleaving of a few requests to one period limiter, explored by loom.
//!
//! Run by `ci/loom`. The clock is passed in, so no time runs inside a model. Each model states its invariant.
#![cfg(resil_loom)]

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;
use resil_core::period_limiter::Granted;
use resil_core::{Denied, Instant, ManualClock, PeriodLimiter};

const PERIOD: Duration = Duration::from_secs(10);

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

fn held<C>(limiter: PeriodLimiter<C>) -> Arc<PeriodLimiter<ManualClock>> {
    Arc::new(limiter.with_clock(ManualClock::default()))
}

/// Checks that a limit of two was granted, exactly one of it as the last.
fn assert_two_granted(answers: &[Result<Granted, Denied>]) {
    let count = |wanted| answers.iter().filter(|answer| **answer == Ok(wanted)).count();
    assert_eq!((count(Granted::Granted), count(Granted::GrantedLast)), (1, 1), "{answers:?}");
}

/// Invariant: of three requests for one permit each, a limit of two grants two, exactly one of them the last.
#[test]
fn three_requests_are_granted_the_limit_and_one_the_last() {
    loom::model(|| {
        let limiter = held(PeriodLimiter::aligned(2, PERIOD, 0).unwrap());
        let threads = [limiter.clone(), limiter.clone()]
            .map(|limiter| thread::spawn(move || limiter.try_acquire_at(at(1), 1)));
        let mut answers = vec![limiter.try_acquire_at(at(1), 1)];
        answers.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        assert_two_granted(&answers);
    });
}

/// Invariant: the same, sliding, where two threads make the three requests: waiting for one another's stores
/// multiplies.
#[test]
fn sliding_requests_are_granted_the_limit_and_one_the_last() {
    loom::model(|| {
        let limiter = held(PeriodLimiter::sliding(2, PERIOD).unwrap());
        let other = limiter.clone();
        let thread = thread::spawn(move || other.try_acquire_at(at(1), 1));
        let mut answers = vec![limiter.try_acquire_at(at(1), 1), limiter.try_acquire_at(at(1), 1)];
        answers.push(thread.join().unwrap());
        assert_two_granted(&answers);
    });
}

/// Invariant: two first uses at different instants agree on one of them as the begin of the first window.
#[test]
fn two_first_uses_agree_on_the_first_window() {
    loom::model(|| {
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
    loom::model(|| {
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
