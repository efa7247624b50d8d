//! Every interleaving of a few requests to one leaky bucket.
//!
//! Run by `ci/loom` and `ci/shuttle`. The clock is passed in, so no time runs inside a model. Each model states
//! its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::time::Duration;

use checker::{Arc, OTHERS, check, check_large, each_and_here, join_all, spawn_each, thread};
use resil_core::{Instant, LeakyBucket, LeakyMeter, LeakyQueue, Quota};

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

/// Invariant: those that join one queue get slots one interval apart, whatever their order.
#[test]
fn those_that_join_at_once_get_every_slot_once() {
    check(|| {
        let queue = anchored(1 + OTHERS as u32);
        let slots = each_and_here(&queue, |_, queue| join(queue, 1, None).unwrap());
        let mut sorted = slots;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..=OTHERS as u64).collect::<Vec<_>>());
    });
}

/// Invariant: a queue with room for one admits one of all, and the others left no trace.
#[test]
fn the_last_place_is_taken_once() {
    check(|| {
        let queue = anchored(3);
        assert_eq!(join(&queue, 2, None), Some(0));
        let threads = spawn_each(OTHERS / 2, &queue, |_, queue| join(queue, 1, None));
        let mut slots = vec![join(&queue, 1, None)];
        slots.extend(join_all(threads));
        let taken: Vec<_> = slots.into_iter().flatten().collect();
        assert_eq!(taken, [2]);
        assert_eq!(queue.peek_at(Instant::ZERO, 0).reset_after, Duration::from_secs(3));
    });
}

/// Invariant: of two, one of which does not wait, either both are admitted, the impatient one first, or the
/// impatient one is refused and took no place.
#[test]
fn an_impatient_request_goes_first_or_not_at_all() {
    check(|| {
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

/// Invariant: the first instant fixes the origin once; requests that bring it to a meter share one bucket.
#[test]
fn first_requests_share_one_meter() {
    // Both threads read while both may change, which multiplies.
    check_large(|| {
        let meter = Arc::new(LeakyBucket::meter(quota(1)));
        let ask = |meter: &LeakyMeter| u32::from(meter.try_acquire_at(Instant::ZERO, 1).is_ok());
        let threads = spawn_each(OTHERS / 2, &meter, move |_, meter| ask(meter));
        let granted = ask(&meter) + join_all(threads).into_iter().sum::<u32>();
        assert_eq!(granted, 1, "exactly one is granted");
    });
}
