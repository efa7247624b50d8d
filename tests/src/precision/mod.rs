//! The precision sweep: every rate, polling step and burst there is, cell by cell, against exact fractions.
//!
//! A cell that cannot be configured has to be refused by the name of the field that the contract names; all
//! others run polls at a fixed step (time running, standing still and stepping back) and jumps to the exact
//! instants, one nanosecond to either side, from random origins: near the clock's zero, at an uptime, at a wall
//! time, near the clock's end. What has to come out is stated in [`Tally::is_right`].

pub mod buckets;
pub mod periods;
pub mod windows;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::seed::Random;

/// The last instant there is.
pub const LAST_INSTANT: u64 = i64::MAX as u64;
const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;

/// Permits in a period: from one a day to the most that is accepted.
pub const RATES: &[(u32, u64)] = &[
    (1, DAY),
    (7, DAY),
    (1, 3_600 * SECOND),
    (1, 60 * SECOND),
    (1, 10 * SECOND),
    (3, 7 * SECOND),
    (1, SECOND),
    (7, SECOND),
    (100, SECOND),
    (1_000, SECOND),
    (9_999, SECOND),
    (1_000_000, SECOND),
    (30_000_001, SECOND),
    (1_000_000_000, SECOND),
    (2_000_000_000, SECOND),
    (3_999_999_999, SECOND),
    (4, 1),
];

/// Nanoseconds between polls: from 1 us to 1 s, one of them prime.
pub const STEPS: &[u64] =
    &[1_000, 7_919, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, SECOND];

/// The most permits at one instant.
pub const BURSTS: &[u32] = &[1, 2, 5, 100, 10_000, 1_000_000, u32::MAX];

/// How much of each cell is run.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Polls at a fixed step, at most; fewer where `periods` have passed before, but a hundredth of them.
    pub polls: u64,
    /// Periods of one permit, and exact instants jumped to; the latter are shared by the cells that differ in
    /// their step alone.
    pub periods: u64,
}

impl Effort {
    /// What every `make test` can afford.
    pub const SAMPLE: Self = Self { polls: 120, periods: 160 };
    /// What the promise is about.
    pub const FULL: Self = Self { polls: 10_000_000, periods: 1_000_000 };

    /// Polls of a cell whose permits take so many nanoseconds.
    fn polls(self, interval: u64, step: u64) -> u64 {
        let passed = u128::from(self.periods) * u128::from(interval) / u128::from(step);
        passed.clamp(u128::from(self.polls / 100), self.polls.into()) as u64
    }

    /// Exact instants of a cell.
    fn instants(self) -> u64 {
        self.periods / STEPS.len() as u64
    }
}

/// What a cell came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What it is, for the printed line.
    pub name: String,
    /// Questions that were asked.
    pub asked: u64,
    /// Grants at the first nanosecond at which they are due.
    pub on_the_dot: u64,
    /// Refusals of what was due. Has to be 0.
    pub refused_though_due: u64,
    /// Grants of what was not due, by less than the bound allows.
    pub early: u64,
    /// Answers beyond the bound. Has to be 0.
    pub beyond_the_bound: u64,
    /// The excess of the worst interval, in thousandths of a tick.
    pub worst_milliticks: u64,
}

impl Tally {
    /// Whether nothing was refused that was due, and nothing went beyond the bound.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.refused_though_due == 0 && self.beyond_the_bound == 0
    }
}

/// What a sweep came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The cells that ran.
    pub cells: Vec<Tally>,
    /// The cells that were refused, by what was said.
    pub refused: BTreeMap<String, u64>,
}

impl Report {
    /// The cells, one a line.
    #[must_use]
    pub fn cells_by_line(&self) -> String {
        self.cells.iter().map(|cell| line(cell) + "\n").collect()
    }

    /// All cells in one line, and what was refused.
    #[must_use]
    pub fn totals(&self) -> String {
        let mut all = Tally { name: format!("{} cells", self.cells.len()), ..Tally::default() };
        for cell in &self.cells {
            all.asked += cell.asked;
            all.on_the_dot += cell.on_the_dot;
            all.refused_though_due += cell.refused_though_due;
            all.early += cell.early;
            all.beyond_the_bound += cell.beyond_the_bound;
            all.worst_milliticks = all.worst_milliticks.max(cell.worst_milliticks);
        }
        let mut text = line(&all) + "\n";
        for (why, count) in &self.refused {
            let _ = writeln!(text, "{count} cells refused: {why}");
        }
        text
    }

    /// Checks every cell, and that each asked something and met an exact instant.
    ///
    /// # Panics
    /// With the first cells that are wrong.
    pub fn assert_right(&self) {
        let wrong: Vec<_> = self.cells.iter().filter(|cell| !cell.is_right()).map(line).collect();
        let first = &wrong[..wrong.len().min(10)];
        assert!(wrong.is_empty(), "{} cells are wrong, first:\n{}", wrong.len(), first.join("\n"));
        for cell in &self.cells {
            assert!(cell.on_the_dot > 0, "nothing was asked at its exact instant: {}", line(cell));
        }
    }
}

fn line(cell: &Tally) -> String {
    format!(
        "{}: asked {}, on the dot {}, refused though due {}, early {}, worst excess {}.{:03} ticks, beyond the bound {}",
        cell.name,
        cell.asked,
        cell.on_the_dot,
        cell.refused_though_due,
        cell.early,
        cell.worst_milliticks / 1_000,
        cell.worst_milliticks % 1_000,
        cell.beyond_the_bound
    )
}

/// An instant to begin at, from which at least `room` ns are left: near zero, uptime, wall time, near the end.
fn origin(random: &mut Random, room: u64) -> u64 {
    let latest = LAST_INSTANT - room;
    match random.below(5) {
        0 => random.below(3),
        1 => random.below(30 * DAY),
        2 => 1_700_000_000 * SECOND + random.below(DAY),
        3 => latest - random.below(1_000).min(latest),
        _ => random.below(latest.max(1)),
    }
    .min(latest)
}

/// How a poll's time follows from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Runs,
    StandsStill,
    StepsBack,
}

const FLOWS: [Flow; 3] = [Flow::Runs, Flow::StandsStill, Flow::StepsBack];

impl Flow {
    /// The instant of poll `number`, where time would have come to `now` by itself.
    fn instant(self, now: u64, number: u64, step: u64) -> u64 {
        match self {
            Self::StandsStill if number % 3 == 1 => now - step.min(now),
            Self::StepsBack if number % 5 == 2 => now - (step + step / 2).min(now),
            _ => now,
        }
    }
}

fn nanos(period: u64) -> String {
    match period {
        DAY => "day".to_owned(),
        _ if period.is_multiple_of(SECOND) => format!("{} s", period / SECOND),
        _ if period.is_multiple_of(1_000) => format!("{} us", period / 1_000),
        _ => format!("{period} ns"),
    }
}
