//! The single flight taken part in by hand: by numbers instead of threads, and by parts that are kept.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use resil_core::SingleFlight;
use resil_core::single_flight::{Arrived, Caller, FlightError, Following, Leading, Part, Shared};

type Flights = SingleFlight<&'static str, u32>;

fn lead(flights: &Flights, caller: Caller) -> Leading<'static, &'static str, u32> {
    match flights.enter_kept("a", caller) {
        Ok(Part::Lead(leading)) => leading,
        other => panic!("does not lead: {other:?}"),
    }
}

fn follow(flights: &Flights, caller: Caller) -> Following<'static, &'static str, u32> {
    match flights.enter_kept("a", caller) {
        Ok(Part::Follow(following)) => following,
        other => panic!("does not follow: {other:?}"),
    }
}

/// A waker that counts.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn is_pending(following: &mut Following<'_, &'static str, u32>, woken: &Arc<Woken>) -> bool {
    following.poll(&Context::from_waker(&woken.clone().into())).is_pending()
}

#[test]
fn parts_that_are_kept_outlive_the_object() {
    let flights = Flights::new();
    let leading = lead(&flights, Caller::named(1, 1));
    let mut following = follow(&flights, Caller::named(1, 2));
    let woken = Arc::new(Woken::default());
    assert!(is_pending(&mut following, &woken));
    drop(flights);
    assert!(matches!(leading.land(5), Shared::Ours(value) if *value == 5));
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    let arrived = following.poll(&Context::from_waker(Waker::noop()));
    assert!(matches!(arrived, Poll::Ready(Ok(Arrived::Value(value))) if *value == 5));
}

#[test]
fn a_landing_before_the_first_poll_is_not_missed() {
    let flights = Flights::new();
    let leading = lead(&flights, Caller::this_thread());
    thread::scope(|scope| {
        let follower = scope.spawn(|| match flights.enter("a", Caller::this_thread()) {
            Ok(Part::Follow(following)) => following.wait(None),
            other => panic!("does not follow: {other:?}"),
        });
        while flights.snapshot().followers == 0 {
            thread::yield_now();
        }
        drop(leading.land(5));
        assert!(matches!(follower.join().unwrap(), Ok(Arrived::Value(value)) if *value == 5));
    });
    let leading = lead(&flights, Caller::this_thread());
    let following = follow(&flights, Caller::named(1, 1));
    drop(leading.land(6));
    assert!(matches!(following.wait(None), Ok(Arrived::Value(value)) if *value == 6));
    assert!(flights.is_empty());
}

#[test]
fn a_part_that_is_dropped_fails_if_it_leads_and_leaves_if_it_follows() {
    let flights = Flights::new();
    let leading = lead(&flights, Caller::named(1, 1));
    let mut first = follow(&flights, Caller::named(1, 2));
    let second = follow(&flights, Caller::named(1, 3));
    let woken = Arc::new(Woken::default());
    assert!(is_pending(&mut first, &woken));
    drop(second);
    assert_eq!(flights.snapshot().followers, 1);
    drop(leading);
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert!(flights.is_empty());
    assert_eq!(first.wait(None).unwrap_err(), FlightError::LeaderFailed);
}

#[test]
fn a_call_handed_over_is_made_by_a_follower_that_polls() {
    let flights = Flights::new();
    lead(&flights, Caller::named(1, 1)).hand_over();
    assert!(flights.is_empty(), "nobody followed");
    let leading = lead(&flights, Caller::named(1, 1));
    let following = follow(&flights, Caller::named(1, 2));
    leading.hand_over();
    let Ok(Arrived::Lead(leading)) = following.wait(Some(Duration::ZERO)) else {
        panic!("does not take over")
    };
    assert_eq!(flights.snapshot().flights, 1);
    assert!(matches!(leading.land(7), Shared::Mine(7)));
    assert!(flights.is_empty());
}

#[test]
fn a_follower_by_hand_whose_time_is_up_leaves() {
    let flights = Flights::new();
    let leading = lead(&flights, Caller::named(1, 1));
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        let following = follow(&flights, Caller::named(1, 2));
        assert_eq!(following.wait(Some(timeout)).unwrap_err(), FlightError::TimedOut);
        assert_eq!(flights.snapshot().followers, 0);
    }
    assert!(matches!(leading.land(5), Shared::Mine(5)));
}

#[test]
fn re_entry_is_the_same_thread_unless_both_are_tasks_of_their_own() {
    let flights = Flights::new();
    let enters = |thread, task| match flights.enter("a", Caller::named(thread, task)) {
        Ok(Part::Follow(_)) => true,
        Err(FlightError::Reentered) => false,
        other => panic!("{other:?}"),
    };
    let by_task = lead(&flights, Caller::named(1, 7));
    assert!(!enters(1, 7), "the task itself");
    assert!(!enters(1, 0), "its thread, blocking");
    assert!(enters(1, 8), "another task of the thread");
    assert!(enters(2, 7), "another thread, whatever its numbers");
    assert!(enters(2, 0));
    drop(by_task);
    let by_thread = lead(&flights, Caller::named(1, 0));
    assert!(!enters(1, 0));
    assert!(!enters(1, 7), "a task on the thread that is busy with the call");
    assert!(enters(2, 7));
    drop(by_thread);
    assert!(flights.is_empty());
}

#[test]
fn abandoning_fails_all_followers_and_frees_all_keys() {
    let flights = SingleFlight::<u32, u32>::new();
    let leading: Vec<_> = (0..100)
        .map(|key| match flights.enter(key, Caller::named(1, 1)) {
            Ok(Part::Lead(leading)) => leading,
            other => panic!("{other:?}"),
        })
        .collect();
    let mut followed = pin!(flights.run_async(17, || std::future::ready(0)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(followed.as_mut().poll(&mut cx).is_pending());
    assert!(flights.forget(&18));
    flights.abandon();
    assert!(flights.is_empty());
    let Poll::Ready(Err(error)) = followed.as_mut().poll(&mut cx) else { panic!("not told") };
    assert_eq!(error, FlightError::LeaderFailed);
    let newer = flights.run(17, || 3);
    assert!(matches!(newer, Ok(Shared::Mine(3))));
    for (number, leading) in (0..).zip(leading) {
        assert!(matches!(leading.land(number), Shared::Mine(own) if own == number));
    }
    assert!(flights.is_empty());
}

#[test]
fn a_leader_of_an_abandoned_flight_ends_no_newer_one() {
    let flights = Flights::new();
    let old = lead(&flights, Caller::named(1, 1));
    flights.abandon();
    let newer = lead(&flights, Caller::named(1, 1));
    let following = follow(&flights, Caller::named(2, 1));
    drop(old.land(1));
    drop(newer.land(2));
    assert!(matches!(following.wait(None), Ok(Arrived::Value(value)) if *value == 2));
}
