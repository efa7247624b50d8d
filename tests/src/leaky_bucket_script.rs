//! The run that compares meter and queue with their oracles, on scripts of calls with times drawn from bytes.
//!
//! The scripts are the token bucket's: one that takes from a bucket pours into a meter, and a reservation is a
//! request to a queue.

use std::fmt::Write;
use std::time::Duration;

use resil_core::leaky_bucket::{Peek, Slot};
use resil_core::pure::leaky_bucket::State;
use resil_core::{Denied, Instant, LeakyBucket};

use crate::branches::Branches;
use crate::leaky_bucket_model::Queue;
use crate::token_bucket_front::Front;
use crate::token_bucket_model::Model;
use crate::token_bucket_script::{Calls, Script};
use crate::vectors::{Answer, Operation, Verdict};

/// What a run may come to, each of which a random test has to.
pub const BRANCHES: &[&str] = &[
    "admitted at once",
    "admitted for later",
    "before the origin",
    "meter granted",
    "origin moved",
    "refused for ever",
    "refused for its wait",
    "refused while full",
    "slots compared",
    "time stepped back",
    "waits tried",
];

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos().try_into().expect("every wait fits 64 bits of nanoseconds")
}

fn verdict(answer: Result<(), Denied>) -> Verdict {
    match answer {
        Ok(()) => Verdict::Granted,
        Err(Denied::RetryAfter(wait)) => Verdict::RetryAfter(nanos(wait)),
        Err(Denied::ExceedsLimit) => Verdict::ExceedsLimit,
    }
}

fn peeked(peek: Peek) -> Answer {
    let Peek { answer, remaining, reset_after } = peek;
    Answer::Peeked { verdict: verdict(answer), remaining, reset_after_ns: nanos(reset_after) }
}

fn slot(answer: Result<Slot, Denied>) -> Answer {
    match answer {
        Ok(slot) => Answer::ReadyAfter(nanos(slot.ready_after())),
        Err(denied) => Answer::Asked(verdict(Err(denied))),
    }
}

/// Runs a script on a meter and a queue, each pure, shared and modelled: the three give every answer alike.
/// Refusals change nothing, the wait they name is enough and the smallest, and slots keep their distance.
///
/// # Panics
/// Where that is not so, with the calls up to there.
pub fn run(bytes: &[u8]) -> Branches {
    let mut script = Script::new(bytes, Calls::Taking);
    let quota = script.quota();
    let mut log = format!("{quota:?}\n");
    let mut branches = Branches::default();
    let mut meter = (State::new(&quota), LeakyBucket::meter(quota), Model::new(quota, None));
    let mut queue = (State::new(&quota), LeakyBucket::queue(quota), Queue::new(quota));
    let (mut answer, mut latest, mut last_slot) = (None, 0, None::<(u128, u32)>);
    while let Some((now_ns, operation)) = script.next(answer.as_ref()) {
        let now = Instant::from_nanos(now_ns).expect("scripts keep to instants");
        branches.reach("time stepped back", now_ns < latest);
        latest = latest.max(now_ns);
        let origin = queue.2.room.origin();
        branches.reach("before the origin", origin.is_some_and(|origin| now_ns < origin));
        let moves = queue.2.room.moves();

        let (permits, timeout) = match operation {
            Operation::TryAcquire(permits) => (permits, None),
            Operation::Reserve { permits, timeout_ns, .. } => (permits, timeout_ns),
            Operation::Peek(permits) => {
                let expected = meter.2.answer(now_ns, &operation);
                let _ = writeln!(log, "{now_ns} {operation} -> {expected}");
                assert_eq!(peeked(meter.0.peek(now, permits)), expected, "pure meter\n{log}");
                assert_eq!(peeked(meter.1.peek_at(now, permits)), expected, "meter\n{log}");
                let before = queue.0;
                let peek = queue.0.peek_queue(now, permits);
                let slot = slot(queue.0.clone().try_reserve(now, permits, None));
                assert_eq!(peek, queue.1.peek_at(now, permits), "{log}");
                match peek.answer {
                    Ok(wait) => assert_eq!(slot, Answer::ReadyAfter(nanos(wait)), "{log}"),
                    Err(denied) => assert_eq!(slot, Answer::Asked(verdict(Err(denied))), "{log}"),
                }
                assert_eq!(nanos(peek.reset_after), queue.2.wait(now_ns), "{log}");
                assert!(
                    before == queue.0 || origin.is_none() || queue.2.room.moves() > moves,
                    "a peek took something\n{log}"
                );
                answer = Some(expected);
                continue;
            }
            other => unreachable!("scripts that take do not {other}"),
        };

        let expected = meter.2.answer(now_ns, &Operation::TryAcquire(permits));
        let _ = writeln!(log, "{now_ns} try_acquire {permits} -> {expected}");
        let got = verdict(meter.0.try_acquire(now, permits));
        assert_eq!(Answer::Asked(got), expected, "pure meter\n{log}");
        let got = verdict(meter.1.try_acquire_at(now, permits));
        assert_eq!(Answer::Asked(got), expected, "meter\n{log}");
        branches.reach("meter granted", expected.is_granted() && permits > 0);

        let expected = queue.2.try_reserve(now_ns, permits, timeout);
        let _ = writeln!(log, "{now_ns} try_reserve {permits} {timeout:?} -> {expected}");
        let patience = timeout.map(Duration::from_nanos);
        let before = queue.0;
        assert_eq!(slot(queue.0.try_reserve(now, permits, patience)), expected, "pure\n{log}");
        let got = queue.1.try_reserve_within_at(now, permits, patience);
        assert_eq!(slot(got), expected, "queue\n{log}");
        let moved = queue.2.room.moves() > moves;
        branches.reach("origin moved", moved);
        let waits = matches!(expected, Answer::ReadyAfter(1..));
        branches.reach("admitted for later", waits);
        branches.reach("admitted at once", expected == Answer::ReadyAfter(0) && permits > 0);
        let for_ever = expected == Answer::Asked(Verdict::ExceedsLimit);
        branches.reach("refused for ever", for_ever);
        let refused = matches!(expected, Answer::Asked(Verdict::RetryAfter(_)));
        branches.reach("refused while full", refused && timeout.is_none());
        branches.reach("refused for its wait", refused && timeout.is_some());

        let exact = queue.2.room.is_exact();
        let mut tried = false;
        if let Answer::Asked(Verdict::RetryAfter(wait)) = expected {
            let mut looked = before;
            let _ = looked.peek(now, 0);
            assert_eq!(queue.0, looked, "a refusal wrote\n{log}");
            if exact || !queue.2.room.moves_by(now_ns.saturating_add(wait)) {
                let again = |wait: u64| {
                    let at = Instant::from_nanos(now_ns.checked_add(wait)?)?;
                    Some(queue.0.clone().try_reserve(at, permits, patience).is_ok())
                };
                assert!(wait > 0, "a refusal says to come back at once\n{log}");
                assert_ne!(again(wait), Some(false), "{wait} ns are not enough\n{log}");
                assert_ne!(again(wait - 1), Some(true), "{wait} ns are one too many\n{log}");
                tried = true;
            }
        }
        branches.reach("waits tried", tried);

        let mut compared = false;
        if let (Answer::ReadyAfter(wait), 1..) = (expected, permits) {
            let start = u128::from(now_ns) + u128::from(wait);
            if let (Some((last, taken)), true) = (last_slot, exact && queue.2.room.moves() == 0) {
                let apart = start.checked_sub(last).expect("slots are in order of arrival");
                // A slot begins at a whole nanosecond, less than one after its exact instant.
                let share = (apart + 1) * u128::from(quota.permits());
                assert!(share > u128::from(taken) * quota.period().as_nanos(), "too close\n{log}");
                compared = true;
            }
            last_slot = Some((start, permits));
        }
        branches.reach("slots compared", compared);
        answer = Some(expected);
    }
    branches
}
