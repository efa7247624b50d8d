//! Every interleaving of callers on one lane, over a connection that answers at once, or fails.
//!
//! Callers without a deadline wait until they are told, so one that nobody tells is a deadlock, which the model
//! finds. A caller whose deadline has passed leaves at whatever moment comes: no time passes in models.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use loom::thread;
use resil_core::pure::store_gate::{Config, Fault};
use resil_core::remote::members;
use resil_core::remote::reply::When;
use resil_core::remote::script::Script;

use crate::call::{Call, Outcome};
use crate::lane::{Carries, Lane};

const AN_HOUR: Duration = Duration::from_secs(3_600);

/// Calls that ran, by their number. Outside the model: only one at a time has the connection.
type Ran = Arc<std::sync::Mutex<Vec<i64>>>;

/// Answers each call with its own number; after so many batches it breaks, in the middle of one.
struct Server {
    ran: Ran,
    batches_left: u32,
}

impl Carries for Server {
    fn exchange(
        &mut self,
        calls: &[&Call],
        _: Duration,
        _: Instant,
        mut told: impl FnMut(usize, Outcome),
    ) -> Result<(), Fault> {
        let breaks = self.batches_left == 0;
        self.batches_left = self.batches_left.saturating_sub(1);
        for (at, call) in calls.iter().enumerate() {
            let number = call.key.parse().unwrap();
            self.ran.lock().unwrap().push(number);
            if breaks {
                // It ran; the answer is lost.
                return Err(Fault::Disconnected);
            }
            told(at, Ok(vec![number]));
        }
        Ok(())
    }
}

fn call(number: i64) -> Call {
    let key = number.to_string().into();
    let arguments = members::here(0, Duration::from_secs(1), When::Server);
    Call { script: Script::Members, key, beside: None, arguments }
}

fn lane(batches: u32) -> (Arc<Lane<Server>>, Ran) {
    let (lane, ran) = (Arc::new(Lane::new(AN_HOUR, Config::default())), Ran::default());
    let server = Server { ran: Arc::clone(&ran), batches_left: batches };
    lane.open(&mut lane.lock(), server);
    (lane, ran)
}

/// No call ran twice; how many did.
fn assert_once(ran: &Ran) -> usize {
    let mut ran = ran.lock().unwrap().clone();
    let all = ran.len();
    ran.sort_unstable();
    ran.dedup();
    assert_eq!(ran.len(), all, "a call ran twice");
    all
}

fn caller(lane: &Arc<Lane<Server>>, number: i64) -> thread::JoinHandle<Outcome> {
    let lane = Arc::clone(lane);
    thread::spawn(move || lane.ask(call(number)))
}

/// A caller whose time is up.
fn late_caller(lane: &Arc<Lane<Server>>, number: i64) -> thread::JoinHandle<Outcome> {
    let lane = Arc::clone(lane);
    thread::spawn(move || lane.ask_until(call(number), Instant::now()))
}

#[test]
fn every_caller_gets_its_own_answer_and_no_call_runs_twice() {
    loom::model(|| {
        let (lane, ran) = lane(u32::MAX);
        let others = [caller(&lane, 2), caller(&lane, 3)];
        assert_eq!(lane.ask(call(1)), Ok(vec![1]));
        for (other, number) in others.into_iter().zip([2, 3]) {
            assert_eq!(other.join().unwrap(), Ok(vec![number]));
        }
        assert_eq!(assert_once(&ran), 3);
        assert!(!lane.lock().has_tasks());
    });
}

#[test]
fn a_caller_that_leaves_at_its_deadline_holds_up_nobody() {
    loom::model(|| {
        let (lane, ran) = lane(u32::MAX);
        let (late, other) = (late_caller(&lane, 2), caller(&lane, 3));
        assert_eq!(lane.ask(call(1)), Ok(vec![1]));
        assert_eq!(other.join().unwrap(), Ok(vec![3]));
        let outcome = late.join().unwrap();
        assert!(outcome == Ok(vec![2]) || outcome == Err(Fault::Timeout), "{outcome:?}");
        assert!((2..=3).contains(&assert_once(&ran)));
        // The lead went on, or came to an end with nobody left.
        assert_eq!(lane.ask(call(4)), Ok(vec![4]));
    });
}

#[test]
fn a_connection_that_breaks_is_told_to_everybody_and_no_call_is_tried_again() {
    for batches in 0..2 {
        loom::model(move || {
            let (lane, ran) = lane(batches);
            let others = [caller(&lane, 2), late_caller(&lane, 3)];
            let mut outcomes = vec![lane.ask(call(1))];
            outcomes.extend(others.map(|other| other.join().unwrap()));
            for (outcome, number) in outcomes.iter().zip(1..) {
                let told = [Ok(vec![number]), Err(Fault::Disconnected), Err(Fault::Timeout)];
                assert!(told.contains(outcome), "{number}: {outcome:?}");
            }
            assert_ne!(outcomes[0], Err(Fault::Timeout));
            assert_ne!(outcomes[1], Err(Fault::Timeout));
            let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            assert!(assert_once(&ran) >= answered);
        });
    }
}

#[test]
fn a_task_s_call_is_carried_by_a_thread_or_the_keeper_and_a_dropped_one_by_nobody_after() {
    loom::model(|| {
        let (lane, ran) = lane(u32::MAX);
        let mut asking = Box::pin(lane.ask_async(call(2)));
        let dropped = lane.ask_async(call(3));
        let keeper = {
            let lane = Arc::clone(&lane);
            thread::spawn(move || while lane.lead_for_tasks() {})
        };
        let other = caller(&lane, 1);
        drop(dropped);
        assert_eq!(other.join().unwrap(), Ok(vec![1]));
        keeper.join().unwrap();
        // What both left is the keeper's again, who was told.
        while lane.lead_for_tasks() {}
        let polled = poll(asking.as_mut());
        assert_eq!(polled, Poll::Ready(Ok(vec![2])));
        assert!((2..=3).contains(&assert_once(&ran)));
    });
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
