//! Every interleaving of a few requests to one leaky bucket, explored by loom.
//!
//! Run by `ci/loom`. The clock is passed in, so no time runs inside a model. Each model states its invariant.
#![cfg(resil_loom)]

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;
use resil_core::{Instant, LeakyBucket, LeakyQueue, Quota};

/// One permit a second: nothing leaks within a model.
fn quota(burst: u32) -> Quota {
    Quota::new(1, Duration::from_secs(1), burst).unwrap()
}

/// A queue that has seen its first instant, so that models start after the origin is fixed.
fn anchored(burst: u32) -> Arc<LeakyQueue> {
    let queue = LeakyBucket::queue(quota(burst));
    let _ = queue.peek_at(Instant::ZERO, 1);
    Arc::new(queue)
}

fn join(queue: &LeakyQueue, permits: u32, timeout: Option<Duration>) -> Option<u64> {
    let slot = queue.try_reserve_within_at(Instant::ZERO, permits, timeout);
    slot.ok().map(|slot| slot.ready_after().as_secs())
}

/// Invariant: three that join one queue get three slots, one interval apart, whatever their order.
#[test]
fn three_that_join_at_once_get_three_slots() {
    loom::model(|| {
        let queue = anchored(3);
        let threads = [queue.clone(), queue.clone()]
            .map(|queue| thread::spawn(move || join(&queue, 1, None).unwrap()));
        let mut slots = vec![join(&queue, 1, None).unwrap()];
        slots.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        slots.sort_unstable();
        assert_eq!(slots, [0, 1, 2]);
    });
}

/// Invariant: a queue with room for one admits one of two, and the other left no trace.
#[test]
fn the_last_place_is_taken_once() {
    loom::model(|| {
        let queue = anchored(3);
        assert_eq!(join(&queue, 2, None), Some(0));
        let other = queue.clone();
        let thread = thread::spawn(move || join(&other, 1, None));
        let mine = join(&queue, 1, None);
        let theirs = thread.join().unwrap();
        assert!(mine.is_some() != theirs.is_some(), "{mine:?} {theirs:?}");
        assert_eq!(mine.or(theirs), Some(2));
        assert_eq!(queue.peek_at(Instant::ZERO, 0).reset_after, Duration::from_secs(3));
    });
}

/// Invariant: of two, one of which does not wait, either both are admitted, the impatient one first, or the
/// impatient one is refused and took no place.
#[test]
fn an_impatient_request_goes_first_or_not_at_all() {
    loom::model(|| {
        let queue = anchored(4);
        let other = queue.clone();
        let thread = thread::spawn(move || join(&other, 2, Some(Duration::ZERO)));
        let patient = join(&queue, 1, None);
        match thread.join().unwrap() {
            Some(impatient) => assert_eq!((impatient, patient), (0, Some(2))),
            None => assert_eq!((patient, join(&queue, 1, None)), (Some(0), Some(1))),
        }
    });
}

/// Invariant: the first instant fixes the origin once; two requests that bring it to a meter share one bucket.
/// One preemption fewer than the others: both threads read while both may change, which multiplies.
#[test]
fn two_first_requests_share_one_meter() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(model.preemption_bound.unwrap_or(2).saturating_sub(1).max(1));
    model.check(|| {
        let meter = Arc::new(LeakyBucket::meter(quota(1)));
        let other = meter.clone();
        let thread = thread::spawn(move || other.try_acquire_at(Instant::ZERO, 1).is_ok());
        let mine = meter.try_acquire_at(Instant::ZERO, 1).is_ok();
        assert!(mine != thread.join().unwrap(), "exactly one is granted");
    });
}
