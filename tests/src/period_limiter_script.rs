//! Scripts of calls with times, drawn from bytes, and the run that compares the period limiter with its oracle.
//!
//! Times and amounts cluster where answers change: at boundaries, at the waits that were answered, at the ends
//! of the range, one nanosecond to either side.

use std::fmt::Write;
use std::time::Duration;

use resil_core::period_limiter::{Granted, Kind};
use resil_core::pure::period_limiter::{Config, State};
use resil_core::{Denied, Instant, ManualClock, PeriodLimiter};

use crate::branches::Branches;
use crate::period_limiter_model::{Answer, Model};

const LAST_INSTANT: u64 = i64::MAX as u64;
/// Calls in one script, at most.
const MOST_CALLS: usize = 50;

/// What a run may come to, each of which a random test has to.
pub const BRANCHES: &[&str] = &[
    "aligned",
    "decided in the newest window",
    "from first use",
    "granted",
    "granted the last",
    "intervals bounded",
    "refused for ever",
    "refused until later",
    "refused beyond the next window",
    "sliding",
    "the window before counted",
    "waits tried",
];

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    /// A number of so many bytes; what is not there is 0.
    fn number(&mut self, bytes: usize) -> u64 {
        let (head, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn pick(&mut self, choices: u64) -> u64 {
        self.number(1) % choices
    }
}

fn shape(bytes: &mut Bytes) -> (u32, u64, Kind) {
    let period = match bytes.pick(9) {
        0 => 2 + bytes.number(1),
        1 => 10,
        2 => 1_000_000_000,
        3 => 86_400_000_000_000,
        4 => 1 << (1 + bytes.pick(62)),
        5 => LAST_INSTANT - bytes.number(1),
        6 => 1_000 + bytes.number(3),
        7 => bytes.number(8) >> 1,
        _ => 7_000_000_000,
    }
    .clamp(2, LAST_INSTANT);
    let most = (period / 2).min(u32::MAX.into());
    let limit = match bytes.pick(6) {
        0 => 1,
        1 => most,
        2 => 1 + bytes.number(4),
        _ => 1 + bytes.number(1) % 12,
    };
    let kind = match bytes.pick(4) {
        0 => Kind::FromFirstUse,
        1 => Kind::Aligned { utc_offset_secs: (bytes.number(3) % 172_799) as i32 - 86_399 },
        _ => Kind::Sliding,
    };
    (limit.min(most) as u32, period, kind)
}

fn step(bytes: &mut Bytes, now: u64, period: u64, wait: u64) -> u64 {
    match bytes.pick(16) {
        0..=3 => now,
        4 => now.saturating_add(1),
        5 => now.saturating_sub(1),
        6 => now.saturating_add(period),
        7 | 8 => now.saturating_add(wait),
        9 => now.saturating_add(wait).saturating_sub(1),
        10 | 11 => {
            {
                // Some 256ths of a period.
                let share = u128::from(period) * u128::from(bytes.number(1)) / 256;
                now.saturating_add(share as u64)
            }
        }
        12 => now - now % period + period - 1,
        13 => now.saturating_sub(period),
        14 => now.saturating_add(1 << bytes.pick(63)),
        _ => bytes.number(8) >> 1,
    }
    .min(LAST_INSTANT)
}

fn answered(answer: Result<Granted, Denied>) -> Answer {
    match answer {
        Ok(Granted::Granted) => Answer::Granted,
        Ok(Granted::GrantedLast) => Answer::GrantedLast,
        Err(Denied::RetryAfter(wait)) => Answer::RetryAfter(wait.as_nanos()),
        Err(Denied::ExceedsLimit) => Answer::ExceedsLimit,
    }
}

/// The shared limiter of a kind, on a clock that nobody reads.
#[must_use]
pub fn shared(limit: u32, period: Duration, kind: Kind) -> PeriodLimiter<ManualClock> {
    let clock = ManualClock::default();
    match kind {
        Kind::FromFirstUse => PeriodLimiter::new(limit, period).unwrap().with_clock(clock),
        Kind::Aligned { utc_offset_secs } => {
            PeriodLimiter::aligned(limit, period, utc_offset_secs).unwrap().with_clock(clock)
        }
        _ => PeriodLimiter::sliding(limit, period).unwrap().with_clock(clock),
    }
}

/// Runs a script on the pure row, the shared limiter and the slow model: the three give every answer alike.
/// Refusals change nothing, the wait they name is enough and the smallest, and the bound on every interval up
/// to a period holds while time runs forwards.
///
/// # Panics
/// Where that is not so, with the calls up to there.
pub fn run(bytes: &[u8]) -> Branches {
    let mut bytes = Bytes(bytes);
    let (limit, period_ns, kind) = shape(&mut bytes);
    let period = Duration::from_nanos(period_ns);
    let mut log = format!("{limit} in {period_ns} ns, {kind:?}\n");
    let config = Config::new(limit, period, kind).expect("shapes are accepted");
    let (mut pure, shared) = (State::new(&config), shared(limit, period, kind));
    let mut model = Model::new(limit, period_ns, kind);
    let mut branches = Branches::default();
    branches.reach("from first use", kind == Kind::FromFirstUse);
    branches.reach("aligned", matches!(kind, Kind::Aligned { .. }));
    branches.reach("sliding", kind == Kind::Sliding);
    let mut now = if bytes.pick(2) == 0 { 0 } else { bytes.number(8) >> 1 };
    let (mut wait, mut forwards) = (0, true);
    let mut granted: Vec<(u64, u32)> = Vec::new();
    for _ in 0..MOST_CALLS {
        if bytes.0.is_empty() {
            break;
        }
        now = step(&mut bytes, now, period_ns, wait);
        let permits = match bytes.pick(10) {
            0..=3 => 1,
            4 => 2,
            5 => limit,
            6 => limit.saturating_add(1),
            7 => 0,
            _ => 1 + (bytes.number(4) % u64::from(limit)) as u32,
        };
        let at = Instant::from_nanos(now).expect("scripts keep to instants");
        branches.reach("decided in the newest window", model.is_late(now));
        branches.reach("the window before counted", model.slides_out(now));
        let (remaining, to_end) = model.left(now);
        let before = (pure, model.clone());

        let peeks = [pure.peek(&config, at, permits), shared.peek_at(at, permits)];
        let expected = model.ask(now, permits);
        for peek in peeks {
            let seen = (answered(peek.answer), peek.remaining, peek.reset_after.as_nanos());
            assert_eq!(seen, (expected, remaining, to_end), "{log}{now} peek {permits}");
        }
        assert_eq!(pure, before.0, "a peek took something\n{log}");

        assert_eq!(model.try_acquire(now, permits), expected, "the model contradicts itself");
        let _ = writeln!(log, "{now} try_acquire {permits} -> {expected:?}");
        assert_eq!(answered(pure.try_acquire(&config, at, permits)), expected, "pure\n{log}");
        assert_eq!(answered(shared.try_acquire_at(at, permits)), expected, "shared\n{log}");

        branches.reach("granted", expected == Answer::Granted && permits > 0);
        branches.reach("granted the last", expected == Answer::GrantedLast);
        branches.reach("refused for ever", expected == Answer::ExceedsLimit);
        let after = if let Answer::RetryAfter(after) = expected { Some(after) } else { None };
        branches.reach("refused until later", after.is_some());
        branches.reach("refused beyond the next window", after.is_some_and(|it| it > to_end));
        let mut tried = false;
        if let Some(after) = after {
            assert_eq!(pure, before.0, "a refusal wrote\n{log}");
            let again = |after: u128| {
                let at = u64::try_from(u128::from(now) + after).ok()?;
                let at = Instant::from_nanos(at)?;
                Some(pure.clone().try_acquire(&config, at, permits).is_ok())
            };
            assert!(after > 0, "a refusal says to come back at once\n{log}");
            assert_ne!(again(after), Some(false), "{after} ns are not enough\n{log}");
            assert_ne!(again(after - 1), Some(true), "{after} ns are one too many\n{log}");
            wait = after.try_into().unwrap_or(u64::MAX);
            tried = true;
        }
        branches.reach("waits tried", tried);

        let takes = matches!(expected, Answer::Granted | Answer::GrantedLast) && permits > 0;
        if takes {
            forwards &= granted.last().is_none_or(|last| last.0 <= now);
            granted.push((now, permits));
        }
        branches.reach("intervals bounded", takes && forwards && granted.len() > 1);
        if takes && forwards {
            let (limit, period) = (u128::from(limit), u128::from(period_ns));
            let mut sum = 0;
            for (then, permits) in granted.iter().rev() {
                sum += u128::from(*permits);
                let d = u128::from(now - then);
                let most = if kind == Kind::Sliding { period + d } else { 2 * period };
                assert!(d > period || sum * period <= limit * most, "{sum} within {d} ns\n{log}");
            }
        }
    }
    branches
}
