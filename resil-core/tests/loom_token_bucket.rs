//! Every interleaving of a few operations on one token bucket, explored by loom.
//!
//! Run by `ci/loom`. The clock is passed in, so no time runs inside a model. Each model states its invariant.
#![cfg(resil_loom)]

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;
use resil_core::token_bucket::Cancelled;
use resil_core::{Carry, Instant, Quota, TokenBucket};

/// One permit a second: a bucket that does not refill within a model.
fn quota(burst: u32) -> Quota {
    Quota::new(1, Duration::from_secs(1), burst).unwrap()
}

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

/// A bucket that has seen its first instant, so that models start after the origin is fixed.
fn anchored(burst: u32) -> Arc<TokenBucket> {
    let bucket = TokenBucket::new(quota(burst));
    let _ = bucket.peek_at(at(0), 1);
    Arc::new(bucket)
}

fn remaining(bucket: &TokenBucket) -> u32 {
    bucket.peek_at(at(0), 0).remaining
}

/// Invariant: however three requests interleave, an instant grants exactly the burst.
#[test]
fn three_requests_at_one_instant_are_granted_the_burst_and_no_more() {
    loom::model(|| {
        let bucket = anchored(2);
        let ask = |bucket: Arc<TokenBucket>| u32::from(bucket.try_acquire_at(at(0), 1).is_ok());
        let threads =
            [bucket.clone(), bucket.clone()].map(|bucket| thread::spawn(move || ask(bucket)));
        let granted =
            ask(bucket.clone()) + threads.into_iter().map(|t| t.join().unwrap()).sum::<u32>();
        assert_eq!(granted, 2);
        assert_eq!(remaining(&bucket), 0);
    });
}

/// Invariant: the first instant fixes the origin once; two threads that bring it together share one bucket.
/// One preemption fewer than the others: both threads read while both may change, which multiplies.
#[test]
fn two_first_requests_share_one_bucket() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(model.preemption_bound.unwrap_or(2).saturating_sub(1).max(1));
    model.check(|| {
        let bucket = Arc::new(TokenBucket::new(quota(1)).with_initial(1).unwrap());
        let other = bucket.clone();
        let thread = thread::spawn(move || other.try_acquire_at(at(0), 1).is_ok());
        let mine = bucket.try_acquire_at(at(0), 1).is_ok();
        assert!(mine != thread.join().unwrap(), "exactly one is granted");
    });
}

/// Invariant: two reservations and a request are served one after another: waits are 0, 1, … in some order,
/// and a request that is refused left no trace.
#[test]
fn reservations_queue_behind_one_another() {
    loom::model(|| {
        let bucket = anchored(1);
        let other = bucket.clone();
        let thread =
            thread::spawn(move || other.reserve_at(at(0), 1).unwrap().ready_after().as_secs());
        let asked = u64::from(bucket.try_acquire_at(at(0), 1).is_ok());
        let mine = bucket.reserve_at(at(0), 1).unwrap().ready_after().as_secs();
        let mut waits = [mine, thread.join().unwrap()];
        waits.sort_unstable();
        assert_eq!(waits, [asked, asked + 1]);
    });
}

/// Invariant: a cancellation racing a request gives back what the request did not take: nothing is lost and
/// nothing is given twice.
#[test]
fn a_cancellation_gives_back_what_a_racing_request_left() {
    loom::model(|| {
        let bucket = anchored(2);
        let ticket = bucket.reserve_at(at(0), 2).unwrap().into_ticket();
        let other = bucket.clone();
        let thread = thread::spawn(move || other.try_acquire_at(at(0), 1).is_ok());
        assert_eq!(bucket.cancel_at(at(0), ticket), Cancelled::GaveBack);
        let granted = u32::from(thread.join().unwrap());
        assert_eq!(remaining(&bucket), 2 - granted);
    });
}

/// Invariant: a change of quota and a request are one after the other: with the burst going from 1 to 2 `AsIs`,
/// the permit that was there is granted once, and none is invented.
#[test]
fn a_request_is_decided_by_the_old_quota_or_the_new_never_by_both() {
    loom::model(|| {
        let bucket = anchored(1);
        let other = bucket.clone();
        let thread = thread::spawn(move || other.set_quota_at(at(0), quota(2), Carry::AsIs));
        let granted = u32::from(bucket.try_acquire_at(at(0), 1).is_ok());
        thread.join().unwrap();
        assert_eq!(granted, 1, "the permit is there in both quotas");
        assert_eq!(remaining(&bucket), 0);
        assert_eq!(bucket.quota().burst(), 2);
    });
}

/// Invariant: across two changes (1, 2, 4, each `Reset`) a request takes its permit from exactly one of the
/// three buckets, and from the last only if it came last.
#[test]
fn two_changes_against_a_request_leave_the_state_of_one_order() {
    loom::model(|| {
        let bucket = anchored(1);
        let other = bucket.clone();
        let thread = thread::spawn(move || {
            other.set_quota_at(at(0), quota(2), Carry::Reset);
            other.set_quota_at(at(0), quota(4), Carry::Reset);
        });
        assert!(bucket.try_acquire_at(at(0), 1).is_ok(), "each of the three is full");
        thread.join().unwrap();
        let left = remaining(&bucket);
        assert!(left == 3 || left == 4, "{left}");
    });
}

/// Invariant: a reservation survives one racing change with its permits: cancelled after it, the bucket is
/// as full as if it had never been made.
#[test]
fn a_reservation_racing_one_change_can_be_cancelled_whole() {
    loom::model(|| {
        let bucket = anchored(2);
        let other = bucket.clone();
        let thread = thread::spawn(move || other.set_quota_at(at(0), quota(3), Carry::Additive));
        let ticket = bucket.reserve_at(at(0), 2).unwrap().into_ticket();
        thread.join().unwrap();
        assert_eq!(bucket.cancel_at(at(0), ticket), Cancelled::GaveBack);
        assert_eq!(remaining(&bucket), 3);
    });
}

/// Invariant: a cancellation racing a change gives the permits back exactly once, before it or through it.
#[test]
fn a_cancellation_racing_a_change_gives_back_exactly_once() {
    loom::model(|| {
        let bucket = anchored(2);
        let ticket = bucket.reserve_at(at(0), 2).unwrap().into_ticket();
        let other = bucket.clone();
        let thread = thread::spawn(move || other.set_quota_at(at(0), quota(3), Carry::AsIs));
        assert_eq!(bucket.cancel_at(at(0), ticket), Cancelled::GaveBack);
        thread.join().unwrap();
        assert_eq!(remaining(&bucket), 2);
    });
}
