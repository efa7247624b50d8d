//! Scripts of calls with times, drawn from bytes, and the run that compares the bucket with its oracles.
//!
//! The random tests and the fuzzer draw from here, so that what one finds the other can replay. Times and
//! amounts cluster where answers change: at the waits that were answered, at whole intervals, at the ends of
//! the range, one nanosecond to either side.

use std::fmt::Write;

use resil_core::{Instant, Quota};

use crate::token_bucket_front::{At, Front, Pure, quota as checked};
use crate::token_bucket_model::Model;
use crate::token_bucket_reached::Reached;
use crate::vectors::{Answer, Carry, Operation, Verdict};

const SECOND: u64 = 1_000_000_000;
const LAST_INSTANT: u64 = i64::MAX as u64;
/// The longest accepted time from empty to full, in ns.
const LONGEST_SPAN: u128 = (1 << 52) * 1_000;
/// Calls in one script, at most: enough to fill, empty, owe and change, short enough to read.
const MOST_CALLS: usize = 60;

/// Which calls a script may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// All there are.
    All,
    /// Those that only ever take: what the bound on every interval is about.
    Taking,
}

/// A script as it unfolds: the next call may depend on what was answered.
#[derive(Debug)]
pub struct Script<'a> {
    bytes: &'a [u8],
    calls: Calls,
    quota: Quota,
    initial: Option<u32>,
    now: u64,
    first: Option<u64>,
    wait: u64,
    made: usize,
    /// Reservations that are not cancelled.
    open: Vec<String>,
}

impl<'a> Script<'a> {
    /// The script that `bytes` spell. Every string of bytes spells one.
    #[must_use]
    pub fn new(bytes: &'a [u8], calls: Calls) -> Self {
        let mut script = Self {
            bytes,
            calls,
            quota: checked(1, 1, 1),
            initial: None,
            now: 0,
            first: None,
            wait: 0,
            made: 0,
            open: Vec::new(),
        };
        script.quota = script.any_quota();
        if script.pick(4) == 0 {
            let most = u64::from(script.quota.burst()) + 1;
            script.initial = Some(script.number_below(most) as u32);
        }
        script.now = match script.pick(7) {
            0 => 0,
            1 => script.number(2),
            2 => script.number(6),
            3 => 1_431_857_103 * SECOND + script.number(4),
            4 => 2_524_608_000 * SECOND + script.number(4),
            5 => LAST_INSTANT - script.number(5),
            _ => script.number(8) >> 1,
        };
        script
    }

    /// The quota of the bucket.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The permits at its first instant; `None` is full.
    #[must_use]
    pub const fn initial(&self) -> Option<u32> {
        self.initial
    }

    /// The next call and its time, knowing the answer to the last one.
    pub fn next(&mut self, answer: Option<&Answer>) -> Option<(u64, Operation)> {
        if self.bytes.is_empty() || self.made == MOST_CALLS {
            return None;
        }
        if let Some(wait) = answer.and_then(Answer::wait_ns) {
            self.wait = wait;
        }
        self.made += 1;
        self.step_time();
        self.first.get_or_insert(self.now);
        Some((self.now, self.operation()))
    }

    fn step_time(&mut self) {
        let interval = self.nanos_of(1);
        let span = self.nanos_of(self.quota.burst());
        let (now, wait) = (self.now, self.wait);
        self.now = match self.pick(24) {
            0..=4 => now,
            5 => now + 1,
            6 => now.saturating_sub(1),
            7 | 8 => now.saturating_add(interval),
            9 => now.saturating_add(interval).saturating_sub(1),
            10..=12 => now.saturating_add(wait),
            13 => now.saturating_add(wait).saturating_sub(1),
            14 => now.saturating_add(self.number(4)),
            15 => now.saturating_sub(self.number(4)),
            16 => now.saturating_add(span),
            17 => {
                let k = self.pick(32) as u32;
                now.saturating_add(self.nanos_of(k))
            }
            18 => now.saturating_sub(interval),
            19 => now.saturating_add(1 << self.pick(63)),
            20 => now.saturating_sub(1 << self.pick(63)),
            21 => self.first.unwrap_or(now),
            22 => LAST_INSTANT - self.number(1),
            _ => self.number(1),
        }
        .min(LAST_INSTANT);
    }

    fn operation(&mut self) -> Operation {
        let kinds = if self.calls == Calls::All { 18 } else { 12 };
        match self.pick(kinds) {
            0..=5 => Operation::TryAcquire(self.permits()),
            6 | 7 => Operation::Peek(self.permits()),
            kind @ 8..=11 => {
                let timeout_ns = match (kind, self.pick(6)) {
                    (8 | 9, _) => None,
                    (_, 0) => Some(0),
                    (_, 1 | 2) => Some(self.wait),
                    (_, 3) => Some(self.wait.saturating_sub(1)),
                    (_, 4) => Some(self.number(5)),
                    _ => Some(u64::MAX - self.number(1)),
                };
                let id = format!("r{}", self.made);
                self.open.push(id.clone());
                Operation::Reserve { id, permits: self.permits(), timeout_ns }
            }
            12..=15 if !self.open.is_empty() => {
                let index = self.pick(self.open.len() as u64) as usize;
                Operation::Cancel(self.open.remove(index))
            }
            12..=15 => Operation::TryAcquire(self.permits()),
            _ => {
                let old = self.quota;
                let (permits, period) = (old.permits(), old.period().as_nanos() as u64);
                let (permits, period, burst) = match self.pick(6) {
                    0 => (permits, period, old.burst()),
                    1 => (permits.saturating_mul(2), period, old.burst()),
                    2 => (permits, period, old.burst().saturating_mul(2)),
                    3 => (permits, period, old.burst().div_ceil(2)),
                    4 => (permits, period.saturating_mul(3), old.burst()),
                    _ => self.numbers(),
                };
                self.quota = accepted(permits, period, burst);
                let carry = [Carry::AsIs, Carry::Additive, Carry::Proportional, Carry::Reset];
                Operation::SetQuota {
                    permits: self.quota.permits(),
                    period_ns: self.quota.period().as_nanos() as u64,
                    burst: self.quota.burst(),
                    carry: carry[self.pick(4) as usize],
                }
            }
        }
    }

    fn permits(&mut self) -> u32 {
        let burst = self.quota.burst();
        match self.pick(12) {
            0..=3 => 1,
            4 => 2,
            5 | 6 => burst,
            7 => burst.saturating_add(1),
            8 => 0,
            9 => self.number(4) as u32,
            10 => burst - 1,
            _ => 1 + self.number_below(burst.into()) as u32,
        }
    }

    fn any_quota(&mut self) -> Quota {
        let (permits, period, burst) = self.numbers();
        accepted(permits, period, burst)
    }

    fn numbers(&mut self) -> (u32, u64, u32) {
        let permits = match self.pick(9) {
            0 | 1 => 1,
            2 => 2,
            3 => 3,
            4 => 1 + self.number(1) as u32,
            5 => 1 + self.number(2) as u32,
            6 => self.number(4) as u32,
            7 => 2_000_000_000,
            _ => 4_000_000_000,
        };
        let period = match self.pick(11) {
            0 => 1,
            1 => 1 + self.number(1),
            2 => 1 + self.number(2),
            3 | 4 => SECOND,
            5 => 10 * SECOND,
            6 => 7 * SECOND,
            7 => 86_400 * SECOND,
            8 => self.number(4),
            9 => 1 << self.pick(63),
            _ => self.number(8) >> 1,
        };
        let burst = match self.pick(9) {
            0 => 1,
            1 => 2,
            2 | 3 => 5,
            4 => 1 + self.number(1) as u32,
            5 => 1 + self.number(2) as u32,
            6 => 50_000,
            7 => self.number(4) as u32,
            _ => u32::MAX,
        };
        (permits, period, burst)
    }

    /// Whole nanoseconds in which `permits` come back, rounded up.
    fn nanos_of(&self, permits: u32) -> u64 {
        let nanos = self.quota.period().as_nanos() * u128::from(permits);
        nanos.div_ceil(self.quota.permits().into()).try_into().unwrap_or(u64::MAX)
    }

    fn pick(&mut self, choices: u64) -> u64 {
        self.number(1) % choices
    }

    fn number_below(&mut self, end: u64) -> u64 {
        self.number(5) % end
    }

    /// A number of so many bytes; what is not there is 0.
    fn number(&mut self, bytes: usize) -> u64 {
        let (head, rest) = self.bytes.split_at(bytes.min(self.bytes.len()));
        self.bytes = rest;
        head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// The nearest quota to these numbers that is accepted.
fn accepted(permits: u32, period_ns: u64, burst: u32) -> Quota {
    let period_ns = period_ns.clamp(1, LAST_INSTANT);
    let permits = u64::from(permits).clamp(1, period_ns.saturating_mul(4)) as u32;
    let longest = LONGEST_SPAN * u128::from(permits) / u128::from(period_ns);
    if longest == 0 {
        return checked(1, LONGEST_SPAN as u64, 1);
    }
    checked(permits, period_ns, u128::from(burst.max(1)).min(longest) as u32)
}

/// The calls of a run as the steps of a timeline, for a message and for `tests/vectors/`.
#[derive(Debug)]
struct Log(String);

impl Log {
    fn new(script: &Script) -> Self {
        Self(format!("{:?} initial {:?}\n", script.quota(), script.initial()))
    }

    fn step(&mut self, now: u64, operation: &Operation, answer: &Answer) {
        let _ = writeln!(self.0, "{now} {operation} -> {answer}");
    }
}

/// Runs a script on the pure row, the shared bucket and the slow model: the three give every answer alike.
/// Refusals change nothing, and the wait they name is enough and the smallest.
///
/// # Panics
/// Where that is not so, with the calls up to there.
pub fn run(bytes: &[u8], calls: Calls) -> Reached {
    let mut script = Script::new(bytes, calls);
    let mut log = Log::new(&script);
    let mut reached = Reached::default();
    let (quota, initial) = (script.quota(), script.initial());
    let mut model = Model::new(quota, initial);
    let (mut pure, mut shared) = (Pure::new(quota, initial), At::new(quota, initial));
    reached.began_short_of_full += u32::from(initial.is_some_and(|it| it < quota.burst()));
    reached.quota_exact += u32::from(model.is_exact());
    reached.quota_rounded += u32::from(!model.is_exact());
    let span = quota.period().as_nanos() * u128::from(quota.burst()) / u128::from(quota.permits());
    reached.span_beyond_nine_years += u32::from(span > 1 << 58);

    let mut latest = None;
    let mut answer = None;
    while let Some((now, operation)) = script.next(answer.as_ref()) {
        reached.time_stepped_back += u32::from(latest.is_some_and(|latest| now < latest));
        reached.time_stood_still += u32::from(latest == Some(now));
        latest = latest.max(Some(now));
        if matches!(&operation, Operation::Cancel(id) if !model.knows(id)) {
            // The reservation was refused: there is nothing to cancel.
            continue;
        }
        let before = model.clone();
        let state = pure.state;
        let expected = model.answer(now, &operation);
        log.step(now, &operation, &expected);
        let got = pure.answer(now, &operation);
        assert_eq!(got, expected, "the pure row (left), the model (right)\n{}", log.0);
        let got = shared.answer(now, &operation);
        assert_eq!(got, expected, "the shared bucket (left), the model (right)\n{}", log.0);
        reached.look(now, &operation, &expected, &before, &model);
        match (&operation, &expected) {
            (Operation::TryAcquire(_) | Operation::Reserve { .. }, Answer::Asked(refused))
                if *refused != Verdict::Granted =>
            {
                let mut looked = state;
                let _ = looked.peek(Instant::from_nanos(now).unwrap(), 0);
                assert!(pure.state == looked || pure.state == state, "a refusal wrote\n{}", log.0);
                if let Verdict::RetryAfter(wait) = *refused {
                    // Where the origin moves meanwhile, a tick that is no whole nanosecond is rounded anew.
                    if model.is_exact() || !model.moves_by(now.saturating_add(wait)) {
                        check_wait(&pure, now, wait, &operation, &log);
                        reached.waits_tried += 1;
                    }
                }
            }
            (Operation::Peek(_), _) => {
                let mut looked = state;
                let _ = looked.peek(Instant::from_nanos(now).unwrap(), 0);
                assert!(pure.state == looked, "a peek took something\n{}", log.0);
            }
            _ => {}
        }
        answer = Some(expected);
    }
    reached
}

/// The same request is granted after `wait`, and a nanosecond earlier it is not.
fn check_wait(pure: &Pure, now: u64, wait: u64, operation: &Operation, log: &Log) {
    let again = |wait: u64| {
        let at = Instant::from_nanos(now.checked_add(wait)?)?;
        let mut state = pure.state;
        Some(match operation {
            Operation::TryAcquire(permits) => state.try_acquire(at, *permits).is_ok(),
            Operation::Reserve { permits, timeout_ns, .. } => {
                let timeout = timeout_ns.map(std::time::Duration::from_nanos);
                state.reserve(at, *permits, timeout).is_ok()
            }
            _ => return None,
        })
    };
    assert!(wait > 0, "a refusal says to come back at once\n{}", log.0);
    assert_ne!(again(wait), Some(false), "{wait} ns are not enough\n{}", log.0);
    assert_ne!(again(wait - 1), Some(true), "{wait} ns are one too many\n{}", log.0);
}
