//! The sweep over the period limiter: windows from first use, aligned and sliding, to the nanosecond.

use resil_core::period_limiter::{ConfigError, Kind};
use resil_core::{Denied, Instant, ManualClock, PeriodLimiter};
use std::time::Duration;

use super::{
    BURSTS, Effort, FLOWS, Flow, LAST_INSTANT, RATES, Report, STEPS, Tally, nanos, origin,
};
use crate::period_limiter_script::shared;
use crate::seed::Random;

const KINDS: [Kind; 4] = [
    Kind::FromFirstUse,
    Kind::Aligned { utc_offset_secs: 20_700 },
    Kind::Aligned { utc_offset_secs: -12_600 },
    Kind::Sliding,
];

/// Every cell: the limit is what the sweep calls a burst, the period what the rate makes of it.
pub fn sweep(effort: Effort, seed: u64) -> Report {
    let mut report = Report::default();
    for &(permits, period) in RATES {
        for &limit in BURSTS {
            let period = u128::from(limit) * u128::from(period) / u128::from(permits);
            let period = u64::try_from(period).unwrap_or(u64::MAX);
            if let Err(why) = checked(limit, period) {
                let cells = STEPS.len() * KINDS.len();
                *report.refused.entry(why.to_string()).or_default() += cells as u64;
                continue;
            }
            for kind in KINDS {
                report.cells.extend(STEPS.iter().map(|&step| {
                    let random = Random::new(seed ^ period << 8 ^ u64::from(limit) << 3 ^ step);
                    Cell::new(limit, period, kind, step, random).run(effort)
                }));
            }
        }
    }
    report
}

/// Nothing, or the refusal, which is the one that the contract names.
fn checked(limit: u32, period: u64) -> Result<(), ConfigError> {
    let made = PeriodLimiter::new(limit, Duration::from_nanos(period)).map(drop);
    let is_too_high = u64::from(limit) > period / 2;
    let expected = match made {
        Ok(()) => period > 0 && period <= LAST_INSTANT && !is_too_high,
        Err(ConfigError::PeriodIsZero) => period == 0,
        Err(ConfigError::PeriodTooLong) => period > LAST_INSTANT,
        Err(ConfigError::LimitTooHigh) => is_too_high,
        Err(_) => false,
    };
    assert!(expected, "{limit} in {period} ns: {made:?}");
    made
}

struct Cell {
    limit: u32,
    period: u64,
    kind: Kind,
    step: u64,
    random: Random,
    tally: Tally,
    limiter: PeriodLimiter<ManualClock>,
    /// Where windows count from, once that is known; never above the last instant.
    origin: Option<i128>,
    window: i128,
    current: u32,
    previous: u32,
}

impl Cell {
    fn new(limit: u32, period: u64, kind: Kind, step: u64, random: Random) -> Self {
        let name = format!(
            "period limiter, {kind:?}, {limit} in {}, polled each {}",
            nanos(period),
            nanos(step)
        );
        let tally = Tally { name, ..Tally::default() };
        let limiter = shared(limit, Duration::from_nanos(period), kind);
        let mut cell = Self {
            limit,
            period,
            kind,
            step,
            random,
            tally,
            limiter,
            origin: None,
            window: 0,
            current: 0,
            previous: 0,
        };
        cell.begin_afresh();
        cell
    }

    fn begin_afresh(&mut self) {
        self.limiter = shared(self.limit, Duration::from_nanos(self.period), self.kind);
        self.origin = match self.kind {
            Kind::FromFirstUse => None,
            Kind::Aligned { utc_offset_secs } => Some(-i128::from(utc_offset_secs) * 1_000_000_000),
            _ => Some(0),
        };
        // Before every window there is: an offset is less than a day.
        self.window = i128::MIN;
        (self.current, self.previous) = (0, 0);
    }

    fn run(mut self, effort: Effort) -> Tally {
        let polls = effort.polls(self.period, self.step);
        for flow in FLOWS {
            self.poll(flow, polls.div_ceil(3));
        }
        let mut left = effort.instants();
        while left > 0 {
            left = self.edges(left);
        }
        self.tally
    }

    /// Asks at each step for what the step brings.
    fn poll(&mut self, flow: Flow, polls: u64) {
        self.begin_afresh();
        let duration = self.step * polls;
        let due = u128::from(self.step) * u128::from(self.limit) / u128::from(self.period);
        let each = due.clamp(1, self.limit.into()) as u32;
        let mut now = origin(&mut self.random, duration);
        for number in 0..polls {
            let at = flow.instant(now, number, self.step);
            self.ask(at, if number % 7 == 3 { self.limit } else { each });
            now += self.step;
        }
    }

    /// Window after window, around its edges; what is left to do when the clock ends.
    fn edges(&mut self, left: u64) -> u64 {
        self.begin_afresh();
        let room = self.period.saturating_mul(3).min(LAST_INSTANT);
        let began = origin(&mut self.random, room);
        self.ask(began, self.limit);
        self.ask(began, 1);
        let mut left = left - 1;
        for _ in 0..1_000 {
            let begin = self.origin.unwrap_or(0) + self.window * i128::from(self.period);
            let next = begin + i128::from(self.period);
            let Some(next) = u64::try_from(next).ok().filter(|next| *next < LAST_INSTANT) else {
                break;
            };
            self.ask(next - 1, 1);
            self.ask(next, self.limit);
            self.ask(next, 1);
            self.tally.on_the_dot += 1;
            if self.kind == Kind::Sliding {
                self.slide(next);
            }
            let inside = next.saturating_add(self.random.below(self.period)).min(LAST_INSTANT);
            let permits = 1 + self.random.below(self.limit.into()) as u32;
            self.ask(inside, permits);
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
        }
        left
    }

    /// Asks where the window before has slid out far enough for so many permits, and a nanosecond before.
    fn slide(&mut self, begin: u64) {
        if self.previous == 0 {
            return;
        }
        let room = self.limit - self.current;
        let n = 1 + self.random.below(room.max(1).into()) as u32;
        let free = i128::from(self.limit) - i128::from(self.current) - i128::from(n);
        if free < 0 {
            return;
        }
        // previous * (period - e) <= free * period
        let covered = free * i128::from(self.period) / i128::from(self.previous);
        let due = i128::from(begin) + (i128::from(self.period) - covered).max(0);
        let Some(due) = u64::try_from(due).ok().filter(|due| *due <= LAST_INSTANT) else { return };
        if due > begin {
            self.ask(due - 1, n);
        }
        self.ask(due, n);
    }

    /// Asks and compares with the exact count.
    #[inline]
    fn ask(&mut self, now: u64, permits: u32) {
        self.tally.asked += 1;
        let origin = self.origin.unwrap_or_else(|| now.into());
        let period = i128::from(self.period);
        let since = i128::from(now) - origin;
        // Incrementally, for a division of 128 bits costs more than all the rest.
        let own = if self.window != i128::MIN
            && (self.window * period..(self.window + 1) * period).contains(&since)
        {
            self.window
        } else {
            since.div_euclid(period)
        };
        let window = own.max(self.window);
        let (current, previous) = if window == self.window {
            (self.current, self.previous)
        } else if window - 1 == self.window && self.kind == Kind::Sliding {
            (0, self.current)
        } else {
            (0, 0)
        };
        let elapsed = (since - window * period).max(0);
        let used = i128::from(previous) * (period - elapsed)
            + (i128::from(current) + i128::from(permits)) * period;
        let is_due = used <= i128::from(self.limit) * period;
        let at = Instant::from_nanos(now).expect("an instant");
        match self.limiter.try_acquire_at(at, permits) {
            Ok(granted) => {
                self.tally.beyond_the_bound += u64::from(!is_due);
                let is_last = used + period > i128::from(self.limit) * period;
                self.tally.beyond_the_bound += u64::from(granted.is_last() != is_last);
                self.origin = Some(origin);
                self.window = window;
                (self.current, self.previous) = (current + permits, previous);
            }
            Err(denied) => {
                self.tally.refused_though_due += u64::from(is_due);
                // Fixed windows: the wait ends with the window. Sliding, the model's search shows it elsewhere.
                let to_end = ((window + 1) * period - since) as u64;
                let is_right = self.kind == Kind::Sliding
                    || denied == Denied::RetryAfter(Duration::from_nanos(to_end));
                self.tally.beyond_the_bound += u64::from(!is_right);
            }
        }
    }
}
