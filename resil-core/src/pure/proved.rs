//! Compares this folder's arithmetic with the formulas that `tests/proofs` proves: one line, one formula.

use core::time::Duration;

use super::change::{Carry, Change};
use super::denied::Denied;
use super::frame::Frame;
use super::gcra::{Gcra, Shortfall};
use super::grid::Grid;
use super::instant::Instant;
use super::period_limiter::{Config as PeriodConfig, Granted, Kind};
use super::period_windows::Counts;
use super::quota::Quota;
use super::scale::Scale;

fn at(nanos: u128) -> Instant {
    Instant::from_nanos(nanos as u64).unwrap()
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(nanos as u64)
}

fn gcra(burst: u128, ticks_per_permit: u128) -> Gcra {
    Gcra::from_parts(burst as u32, ticks_per_permit as u64, Scale::new(1, 1))
}

/// A promise as the formula gives it. What an answer does not tell is taken from what is `expected`.
fn told(answer: Result<u64, Shortfall>, expected: &[u128]) -> Vec<u128> {
    match answer {
        Ok(tat) => vec![1, tat.into(), expected[2], expected[3]],
        Err(Shortfall::Until { ready, room }) => vec![0, expected[1], ready.into(), room.into()],
        Err(Shortfall::Never) => vec![0, 0, 0, 0],
    }
}

fn carried(size: &[u128], carry: Carry) -> Vec<u128> {
    // One permit in so many ns counts them as ticks.
    let quota = |burst: u128, ticks: u128| Quota::new(1, nanos(ticks), burst as u32).unwrap();
    let old = Frame::anchored(Gcra::new(&quota(size[0], size[1])), Instant::ZERO);
    let (_, change) = Change::for_quota(&old, Instant::ZERO, &quota(size[2], size[3]), carry);
    vec![change.carried(size[4] as u64).into()]
}

/// The frame of a scale, whose origin an instant fixed.
fn frame(n: &[u128]) -> Frame {
    Frame::anchored(Gcra::from_parts(1, 1, Scale::new(n[0], n[1] as u64)), at(n[2]))
}

fn sliding(n: &[u128], permits: u32) -> super::period_limiter::Peek {
    let config = PeriodConfig::new(n[0] as u32, nanos(n[1]), Kind::Sliding).unwrap();
    let counts = Counts { index: 1, current: n[2] as u32, previous: n[3] as u32 };
    config.peek(0, counts, at(n[1] + n[4]), permits)
}

fn evaluate(formula: &str, n: &[u128], expected: &[u128]) -> Vec<u128> {
    let word = |index: usize| n[index] as u64;
    let small = |index: usize| n[index] as u32;
    let scale = || Scale::new(n[0], word(1));
    match formula {
        "ticks_per_permit" => {
            let quota = Quota::new(small(0), nanos(n[1]), small(2)).unwrap();
            vec![Gcra::new(&quota).ticks(1).into()]
        }
        "grant" => {
            let got = gcra(n[0], n[1]).grant(word(2), word(3), small(4));
            // A refusal tells `ready`, a span before what would have been taken.
            let span = n[0] * n[1];
            match got {
                Ok(tat) => vec![1, tat.into(), 0],
                Err(Shortfall::Until { ready, .. }) => {
                    vec![0, u128::from(ready) + span, ready.into()]
                }
                Err(Shortfall::Never) => vec![0, 0, 0],
            }
        }
        "reserve" | "enqueue" => {
            let gcra = gcra(n[0], n[1]);
            let (tat, tick, deadline, permits) = (word(2), word(3), word(4), small(5));
            let got = if formula == "reserve" {
                gcra.reserve(tat, tick, deadline, permits)
            } else {
                gcra.enqueue(tat, tick, deadline, permits)
            };
            told(got, expected)
        }
        "remaining" => vec![gcra(n[0], n[1]).remaining(word(2), word(3)).into()],
        "owed" => vec![gcra(n[0], n[1]).owed(word(2), word(3)).into()],
        "give_back" => {
            vec![Gcra::give_back(word(0), word(1), word(2)).unwrap_or(word(0)).into()]
        }
        "scale" => {
            let (whole, fraction) = scale().parts();
            vec![u128::from(whole) << 64 | u128::from(fraction)]
        }
        "reading" => {
            let reading = scale().ticks_saturating(word(2));
            if let Ok(expected) = u64::try_from(expected[0]) {
                assert_eq!(scale().ticks(word(2)), expected, "{n:?}");
            }
            if reading == u64::MAX { expected.to_vec() } else { vec![reading.into()] }
        }
        "nanos" => {
            let nanos = scale().nanos(word(2));
            vec![if nanos == u64::MAX { expected[0].max(nanos.into()) } else { nanos.into() }]
        }
        "anchored" => {
            let [.., origin, horizon] = frame(n).to_words();
            vec![origin.into(), horizon.into()]
        }
        "deadline" => vec![frame(n).deadline(at(n[3]), Some(nanos(n[4]))).into()],
        "wait" => vec![frame(n).wait(at(n[3]), word(4)).as_nanos()],
        "come_back" => {
            let shortfall = Shortfall::Until { ready: word(5), room: word(6) };
            match frame(n).denied(at(n[3]), shortfall, Some(nanos(n[4]))) {
                Denied::RetryAfter(wait) => vec![wait.as_nanos()],
                answer => panic!("{n:?}: {answer:?}"),
            }
        }
        "moved" => {
            let (_, change) = Change::for_instant(&frame(n), at(n[3]), 0).unwrap();
            vec![change.carried(word(4)).into()]
        }
        "as_is" => carried(n, Carry::AsIs),
        "proportional" => carried(n, Carry::Proportional),
        "additive" => carried(n, Carry::Additive),
        "bucket" => vec![Grid::new(nanos(n[0]), 1).unwrap().bucket(at(n[1])).into()],
        "sliding_remaining" => vec![sliding(n, 1).remaining.into()],
        "sliding_grant" => {
            let granted = sliding(n, small(5)).answer.ok();
            let is_last = granted == Some(Granted::GrantedLast);
            vec![granted.is_some().into(), is_last.into()]
        }
        "sliding_wait" => match sliding(n, small(5)).answer {
            Err(Denied::RetryAfter(wait)) => vec![wait.as_nanos()],
            answer => panic!("{n:?}: {answer:?}"),
        },
        _ => panic!("no Rust code is named for the formula {formula}"),
    }
}

#[test]
fn the_code_gives_what_the_proved_formulas_give() {
    let mut names = Vec::new();
    for line in include_str!("proved.txt").lines().filter(|line| !line.starts_with('#')) {
        let (question, answer) = line.split_once(" = ").unwrap();
        let (formula, given) = question.split_once(' ').unwrap();
        let numbers = |text: &str| -> Vec<u128> {
            text.split(' ').map(|number| number.parse().unwrap()).collect()
        };
        let (given, expected) = (numbers(given), numbers(answer));
        assert_eq!(evaluate(formula, &given, &expected), expected, "{line}");
        names.push(formula);
    }
    let lines_of = |name| names.iter().filter(|other| **other == name).count();
    assert!(names.iter().all(|name| lines_of(*name) >= 50), "{names:?}");
    names.dedup();
    assert_eq!(names.len(), 22, "{names:?}");
}
