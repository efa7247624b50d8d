//! Every interleaving of a few callers of one key.
//!
//! Run by `ci/loom` and `ci/shuttle`. Waiting has no deadlines here, so a wake that is lost is a deadlock, which
//! both report. Each model states its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::collections::hash_map::DefaultHasher;
use std::future::poll_fn;
use std::hash::BuildHasherDefault;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use checker::atomic::{AtomicUsize, Ordering};
use checker::{Arc, OTHERS, check, each_and_here, join_all, spawn_each, thread};
use resil_core::SingleFlight;
use resil_core::single_flight::{Caller, FlightError, Part, Shared};

/// Hashes alike in each execution: they are repeated step by step.
type Flights = SingleFlight<u8, u32, BuildHasherDefault<DefaultHasher>>;

/// A group, the calls that were made and those that are being made.
struct Group {
    flights: Flights,
    made: AtomicUsize,
    inside: AtomicUsize,
}

impl Group {
    fn new() -> Arc<Self> {
        let zero = || AtomicUsize::new(0);
        Arc::new(Self { flights: Flights::default(), made: zero(), inside: zero() })
    }

    /// A call, which must be the only one; answers how many were made before it.
    fn call(&self) -> u32 {
        assert_eq!(self.inside.fetch_add(1, Ordering::Relaxed), 0, "two calls of one key");
        thread::yield_now();
        self.inside.fetch_sub(1, Ordering::Relaxed);
        self.made.fetch_add(1, Ordering::Relaxed) as u32
    }

    fn run(&self) -> Shared<u32> {
        self.flights.run(1, || self.call()).expect("nobody panics")
    }
}

/// Invariant: of all callers, those that led made a call each, and every other has the value of one of them;
/// nothing is under way in the end.
#[test]
fn callers_make_as_many_calls_as_there_are_leaders() {
    check(|| {
        let group = Group::new();
        let answers = each_and_here(&group, |_, group| group.run());
        let led = answers.iter().filter(|answer| answer.led()).count();
        assert_eq!(led, group.made.load(Ordering::Relaxed));
        assert!(answers.iter().all(|answer| (**answer as usize) < led));
        assert!(group.flights.is_empty());
    });
}

/// Invariant: a follower woken for nothing waits on; it never returns without the value.
///
/// The stray wake is one that each caller brings along: nobody may wake a thread that waits for a lock in loom.
#[test]
fn a_stray_wake_ends_no_wait() {
    check(|| {
        let group = Group::new();
        let run_with_stray_wake = |group: &Group| {
            thread::current().unpark();
            usize::from(group.run().led())
        };
        let threads = spawn_each(OTHERS / 2, &group, move |_, group| run_with_stray_wake(group));
        let led = run_with_stray_wake(&group) + join_all(threads).into_iter().sum::<usize>();
        assert_eq!(led, group.made.load(Ordering::Relaxed));
        assert!(group.flights.is_empty());
    });
}

/// Invariant: a leader's panic frees the key and releases every follower, with an error or as a new leader.
#[test]
fn a_panicking_leader_releases_its_followers() {
    check(|| {
        let group = Group::new();
        let followers =
            spawn_each(OTHERS, &group, |_, group| match group.flights.run(1, || group.call()) {
                Ok(_) => true,
                Err(error) => {
                    assert_eq!(error, FlightError::LeaderFailed);
                    false
                }
            });
        let mine = catch_unwind(AssertUnwindSafe(|| {
            group.flights.run(1, || {
                thread::yield_now();
                resume_unwind(Box::new(()))
            })
        }));
        let got = join_all(followers);
        match mine {
            // It followed one of the others: nobody panicked.
            Ok(answer) => assert!(answer.is_ok() && got.iter().all(|got| *got)),
            Err(_) => assert!(group.made.load(Ordering::Relaxed) <= OTHERS),
        }
        assert!(group.flights.is_empty());
    });
}

/// Invariant: forgetting while a call is under way ends with nothing under way, and each caller has a value.
#[test]
fn a_key_forgotten_under_way_is_ended_by_its_own_leader() {
    check(|| {
        let group = Group::new();
        let run = |group: &Group| {
            // Two calls may run at once here: that is what forgetting is for.
            let made = || group.made.fetch_add(1, Ordering::Relaxed) as u32;
            usize::from(group.flights.run(1, made).expect("nobody panics").led())
        };
        let threads = spawn_each(OTHERS / 2, &group, move |_, group| run(group));
        group.flights.forget(&1);
        let led = run(&group) + join_all(threads).into_iter().sum::<usize>();
        assert_eq!(led, group.made.load(Ordering::Relaxed));
        assert!(group.flights.is_empty());
    });
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future, asleep between two polls.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = std::sync::Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Invariant: a leader that is cancelled hands over to whoever waits, task or thread; nobody is left waiting.
#[test]
fn a_cancelled_leader_leaves_nobody_waiting() {
    check(|| {
        let group = Group::new();
        let never = poll_fn(|_| Poll::<u32>::Pending);
        let mut leader = Box::pin(group.flights.run_async(1, || never));
        assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let task = group.clone();
        let task = thread::spawn(move || {
            block_on(task.flights.run_async(1, || async { task.call() })).expect("no panic").led()
        });
        let threads = spawn_each(OTHERS / 2, &group, |_, group| usize::from(group.run().led()));
        drop(leader);
        let led = usize::from(task.join().unwrap()) + join_all(threads).iter().sum::<usize>();
        assert_eq!(led, group.made.load(Ordering::Relaxed));
        assert!(led >= 1);
        assert!(group.flights.is_empty());
    });
}

/// Invariant: a follower that is dropped while the leader lands or leaves takes nobody's wake with it.
#[test]
fn a_follower_dropped_beside_a_cancelled_leader_leaves_nobody_waiting() {
    check(|| {
        let group = Group::new();
        let never = || poll_fn(|_| Poll::<u32>::Pending);
        let mut leader = Box::pin(group.flights.run_async(1, never));
        let polled = leader.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        let fickle = spawn_each(OTHERS / 2, &group, move |_, group| {
            let mut task = pin!(group.flights.run_async(1, never));
            let _ = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        let steady = group.clone();
        let steady = thread::spawn(move || *steady.run());
        drop(leader);
        join_all(fickle);
        assert_eq!(steady.join().unwrap(), 0, "nobody but the steady one ever ends a call");
        assert!(group.flights.is_empty());
    });
}

/// Invariant: abandoning releases every follower, with the value or told that it failed; leaders end their calls,
/// and nothing is under way in the end.
#[test]
fn abandoning_leaves_nobody_waiting() {
    check(|| {
        let group = Group::new();
        let run = |group: &Group| {
            // Two calls may run at once here: a newcomer's, and the one that was abandoned.
            let made = || group.made.fetch_add(1, Ordering::Relaxed) as u32;
            match group.flights.run(1, made) {
                Ok(answer) => usize::from(answer.led()),
                Err(error) => {
                    assert_eq!(error, FlightError::LeaderFailed);
                    0
                }
            }
        };
        let threads = spawn_each(OTHERS, &group, move |_, group| run(group));
        group.flights.abandon();
        let led = join_all(threads).into_iter().sum::<usize>();
        assert_eq!(led, group.made.load(Ordering::Relaxed));
        assert!(group.flights.is_empty());
    });
}

/// Invariant: a leader that hands its part over, made by hand, leaves the call to exactly one of those who wait or
/// come; none is made twice at once and nobody is left waiting.
#[test]
fn a_part_handed_over_is_taken_by_one() {
    check(|| {
        let group = Group::new();
        let Ok(Part::Lead(leading)) = group.flights.enter(1, Caller::this_thread()) else {
            panic!("nobody else is there")
        };
        let threads = spawn_each(OTHERS, &group, |_, group| usize::from(group.run().led()));
        leading.hand_over();
        let led = join_all(threads).into_iter().sum::<usize>();
        assert!(led >= 1);
        assert_eq!(led, group.made.load(Ordering::Relaxed));
        assert!(group.flights.is_empty());
    });
}
