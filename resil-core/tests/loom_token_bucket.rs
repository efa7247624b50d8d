//! Every interleaving of a few operations on one token bucket.
//!
//! Run by `ci/loom` and `ci/shuttle`. The clock is passed in, so no time runs inside a model. Each model states
//! its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::time::Duration;

use checker::{
    Arc, OTHERS, check, check_large, check_up_to, each_and_here, join_all, spawn_each, thread,
};
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

fn ask(bucket: &TokenBucket) -> bool {
    bucket.try_acquire_at(at(0), 1).is_ok()
}

/// Invariant: however one request more than the burst interleave, an instant grants exactly the burst.
#[test]
fn requests_at_one_instant_are_granted_the_burst_and_no_more() {
    check(|| {
        let bucket = anchored(OTHERS as u32);
        let answers = each_and_here(&bucket, |_, bucket| ask(bucket));
        assert_eq!(answers.iter().filter(|granted| **granted).count(), OTHERS);
        assert_eq!(remaining(&bucket), 0);
    });
}

/// Invariant: the first instant fixes the origin once; threads that bring it together share one bucket.
#[test]
fn first_requests_share_one_bucket() {
    // Both threads read while both may change, which multiplies.
    check_large(|| {
        let bucket = Arc::new(TokenBucket::new(quota(1)).with_initial(1).unwrap());
        let threads = spawn_each(OTHERS / 2, &bucket, |_, bucket| ask(bucket));
        let granted = u32::from(ask(&bucket));
        let granted = granted + join_all(threads).into_iter().map(u32::from).sum::<u32>();
        assert_eq!(granted, 1, "exactly one is granted");
    });
}

/// Invariant: reservations and a request are served one after another: waits are 0, 1, … in some order, and a
/// request that is refused left no trace.
#[test]
fn reservations_queue_behind_one_another() {
    check(|| {
        let bucket = anchored(1);
        let reserve =
            |bucket: &TokenBucket| bucket.reserve_at(at(0), 1).unwrap().ready_after().as_secs();
        let threads = spawn_each(OTHERS / 2, &bucket, move |_, bucket| reserve(bucket));
        let asked = u64::from(ask(&bucket));
        let mut waits = vec![reserve(&bucket)];
        waits.extend(join_all(threads));
        waits.sort_unstable();
        assert_eq!(waits, (asked..asked + waits.len() as u64).collect::<Vec<_>>());
    });
}

/// Invariant: a cancellation racing requests gives back what these did not take: nothing is lost and nothing is
/// given twice.
#[test]
fn a_cancellation_gives_back_what_racing_requests_left() {
    check(|| {
        let bucket = anchored(2);
        let ticket = bucket.reserve_at(at(0), 2).unwrap().into_ticket();
        let threads = spawn_each(OTHERS / 2, &bucket, |_, bucket| ask(bucket));
        assert_eq!(bucket.cancel_at(at(0), ticket), Cancelled::GaveBack);
        let granted = join_all(threads).into_iter().map(u32::from).sum::<u32>();
        assert_eq!(remaining(&bucket), 2 - granted);
    });
}

/// Invariant: of reservations that come and are cancelled beside one another, each gives its permit back once or,
/// if another was made after it, not at all; and says which.
#[test]
fn cancellations_beside_one_another_give_back_what_they_say() {
    check_large(|| {
        let burst = OTHERS as u32;
        let bucket = anchored(burst);
        let come_and_go = |bucket: &TokenBucket| {
            let ticket = bucket.reserve_at(at(0), 1).unwrap().into_ticket();
            u32::from(bucket.cancel_at(at(0), ticket) == Cancelled::GaveNothing)
        };
        let threads = spawn_each(OTHERS / 2, &bucket, move |_, bucket| come_and_go(bucket));
        let kept = come_and_go(&bucket) + join_all(threads).into_iter().sum::<u32>();
        assert!(kept <= (OTHERS / 2) as u32, "the last one is followed by none");
        assert_eq!(remaining(&bucket), burst - kept);
    });
}

/// Invariant: a change of quota and requests are one after the other: with the burst going from 1 to 2 `AsIs`,
/// the permit that was there is granted once, and none is invented.
#[test]
fn a_request_is_decided_by_the_old_quota_or_the_new_never_by_both() {
    check(|| {
        let bucket = anchored(1);
        let other = bucket.clone();
        let change = thread::spawn(move || other.set_quota_at(at(0), quota(2), Carry::AsIs));
        let others = spawn_each(OTHERS / 2 - 1, &bucket, |_, bucket| ask(bucket));
        let granted = u32::from(ask(&bucket));
        change.join().unwrap();
        let granted = granted + join_all(others).into_iter().map(u32::from).sum::<u32>();
        assert_eq!(granted, 1, "the permit is there in both quotas");
        assert_eq!(remaining(&bucket), 0);
        assert_eq!(bucket.quota().burst(), 2);
    });
}

/// Invariant: across two changes (1, 2, 4, each `Reset`) a request takes its permit from exactly one of the
/// three buckets, and from the last only if it came last.
#[test]
fn two_changes_against_a_request_leave_the_state_of_one_order() {
    check_up_to(2, || {
        let bucket = anchored(1);
        let other = bucket.clone();
        let thread = thread::spawn(move || {
            other.set_quota_at(at(0), quota(2), Carry::Reset);
            other.set_quota_at(at(0), quota(4), Carry::Reset);
        });
        assert!(ask(&bucket), "each of the three is full");
        thread.join().unwrap();
        let left = remaining(&bucket);
        assert!(left == 3 || left == 4, "{left}");
    });
}

/// Invariant: a reservation survives one racing change with its permits: cancelled after it, the bucket is
/// as full as if it had never been made.
#[test]
fn a_reservation_racing_one_change_can_be_cancelled_whole() {
    check(|| {
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
    check(|| {
        let bucket = anchored(2);
        let ticket = bucket.reserve_at(at(0), 2).unwrap().into_ticket();
        let other = bucket.clone();
        let thread = thread::spawn(move || other.set_quota_at(at(0), quota(3), Carry::AsIs));
        assert_eq!(bucket.cancel_at(at(0), ticket), Cancelled::GaveBack);
        thread.join().unwrap();
        assert_eq!(remaining(&bucket), 2);
    });
}
