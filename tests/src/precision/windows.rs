//! The sweep over rolling window and counter: what each bucket holds, to the nanosecond.

use resil_core::pure::rolling_window::Config;
use resil_core::rolling_window::{ConfigError, Recorded, Totals};
use resil_core::{Instant, ManualClock, RollingCounter, RollingWindow};
use std::collections::VecDeque;
use std::time::Duration;

use super::{Effort, FLOWS, Flow, LAST_INSTANT, Report, STEPS, Tally, nanos, origin};
use crate::seed::Random;

/// Bucket widths, the first and the last of them refused.
const WIDTHS: &[u64] = &[
    999,
    1_000,
    1_001,
    65_536,
    250_000_000,
    999_999_937,
    86_400_000_000_000,
    (1 << 62) + 1,
    1 << 63,
];
/// Buckets, the first and the last of them refused.
const COUNTS: &[u32] = &[0, 1, 2, 3, 40, 64, 1_000, 65_536, 65_537];

/// Every cell of window and counter.
pub fn sweep(effort: Effort, seed: u64) -> Report {
    let mut report = Report::default();
    for &width in WIDTHS {
        for &count in COUNTS {
            match checked(width, count) {
                Err(why) => {
                    *report.refused.entry(why.to_string()).or_default() += STEPS.len() as u64;
                }
                Ok(_) => report.cells.extend(steps(effort, count).iter().map(|&step| {
                    let random = Random::new(seed ^ width << 20 ^ u64::from(count) << 4 ^ step);
                    Cell::new(width, count, step, random).run(effort)
                })),
            }
        }
    }
    report
}

/// A ring of many buckets takes long to make where nothing is optimised: a sample polls it at one step.
fn steps(effort: Effort, count: u32) -> &'static [u64] {
    if effort.polls < 1_000 && count > 1_000 { &STEPS[..1] } else { STEPS }
}

fn window(width: u64, count: u32) -> Result<RollingWindow<ManualClock>, ConfigError> {
    RollingWindow::with_clock(Duration::from_nanos(width), count, ManualClock::default())
}

/// The window, or the refusal, which is the one that the contract names.
fn checked(width: u64, count: u32) -> Result<RollingWindow<ManualClock>, ConfigError> {
    let made = window(width, count);
    let span = u128::from(width) * u128::from(count);
    let expected = match &made {
        Ok(_) => width >= 1_000 && (1..=65_536).contains(&count) && span <= LAST_INSTANT.into(),
        Err(ConfigError::BucketWidthTooShort) => width < 1_000,
        Err(ConfigError::BucketCountIsZero) => count == 0,
        Err(ConfigError::BucketCountTooHigh) => count > 65_536,
        Err(ConfigError::SpanTooLong) => span > LAST_INSTANT.into(),
        Err(_) => false,
    };
    assert!(expected, "{count} buckets of {width} ns: {:?}", made.err());
    made
}

struct Cell {
    width: u64,
    count: u32,
    step: u64,
    random: Random,
    tally: Tally,
    window: RollingWindow<ManualClock>,
    counter: RollingCounter<ManualClock>,
    newest: u64,
    /// The most that a bucket holds.
    limit: u64,
    /// What is in the window: buckets, oldest first, and what they hold.
    kept: VecDeque<(u64, Totals)>,
    all: Totals,
}

impl Cell {
    fn new(width: u64, count: u32, step: u64, random: Random) -> Self {
        let name = format!("window, {count} of {}, polled each {}", nanos(width), nanos(step));
        let counter = counter(width, count);
        let config = Config::new(Duration::from_nanos(width), count).expect("checked");
        let limit = config.bucket_limit();
        // As much as is promised, whatever the library makes of it.
        let promised = (u128::from(width) * u128::from(count) / 2)
            .min(u128::from(u64::MAX / (2 * u64::from(count))));
        assert!(u128::from(limit) >= promised, "{name}: a bucket holds {limit}, not {promised}");
        Self {
            width,
            count,
            step,
            random,
            tally: Tally { name, ..Tally::default() },
            window: window(width, count).expect("checked"),
            counter,
            newest: 0,
            limit,
            kept: VecDeque::new(),
            all: Totals::default(),
        }
    }

    fn run(mut self, effort: Effort) -> Tally {
        // A reading looks at each bucket; so few readings that they cost about what the writes do.
        let every = u64::from(self.count / 16).max(1);
        let polls = effort.polls(self.width, self.step);
        for flow in FLOWS {
            self.poll(flow, polls.div_ceil(3), every);
        }
        self.edges((effort.instants() / every).max(1));
        self.tally
    }

    fn begin_afresh(&mut self) {
        self.window = window(self.width, self.count).expect("checked");
        self.counter = counter(self.width, self.count);
        self.kept.clear();
        (self.newest, self.all) = (0, Totals::default());
    }

    fn poll(&mut self, flow: Flow, polls: u64, every: u64) {
        self.begin_afresh();
        let mut now = origin(&mut self.random, self.step * polls);
        for number in 0..polls {
            let at = flow.instant(now, number, self.step);
            self.record(at, number % 1_000);
            if number % every == 0 {
                self.read(at);
            }
            now += self.step;
        }
    }

    /// Around the edges of buckets: the last nanosecond of one, the first of the next, and the instant at
    /// which a bucket leaves.
    fn edges(&mut self, edges: u64) {
        let last = LAST_INSTANT / self.width;
        let count = u64::from(self.count);
        for turn in 0..edges {
            if turn % 64 == 0 {
                self.begin_afresh();
            }
            let bucket = match self.random.below(4) {
                0 => self.random.below(last + 1),
                1 => last,
                2 => self.newest.saturating_add(count).min(last),
                _ => self.newest.saturating_add(1).min(last),
            };
            let edge = bucket * self.width;
            if edge > 0 {
                self.record(edge - 1, 3);
                self.read(edge - 1);
            }
            self.record(edge, 5);
            self.read(edge);
            self.tally.on_the_dot += 1;
            self.record(edge.saturating_add(1).min(LAST_INSTANT), 7);
            // The bucket at its last instant in the window, and at the first after.
            let leaves = u128::from(bucket + count) * u128::from(self.width);
            if let (true, Ok(leaves)) = (leaves <= LAST_INSTANT.into(), u64::try_from(leaves)) {
                self.read(leaves - 1);
                self.read(leaves);
            }
        }
    }

    fn record(&mut self, now: u64, value: u64) {
        let at = Instant::from_nanos(now).expect("an instant");
        let bucket = now / self.width;
        self.newest = self.newest.max(bucket);
        let is_late = self.newest - bucket >= self.count.into();
        self.tally.asked += 1;
        let got = (self.window.record_at(at, value), self.counter.add_at(at, value));
        let expected =
            if is_late { (Recorded::Late, Recorded::Late) } else { self.keep(bucket, value) };
        // A sample that was kept too long counts beyond the bound, one that was lost is refused.
        if got != expected {
            let lost = !is_late && (got.0 > expected.0 || got.1 > expected.1);
            self.tally.refused_though_due += u64::from(lost);
            self.tally.beyond_the_bound += u64::from(!lost);
        }
    }

    /// What becomes of a value in the window, and in the counter, which has no count of values: a bucket holds at most
    /// the limit, in either lane.
    fn keep(&mut self, bucket: u64, value: u64) -> (Recorded, Recorded) {
        let place = self.kept.iter().rposition(|(kept, _)| *kept <= bucket);
        let place = match place {
            Some(place) if self.kept[place].0 == bucket => place,
            _ => {
                let place = place.map_or(0, |place| place + 1);
                self.kept.insert(place, (bucket, Totals::default()));
                place
            }
        };
        let held = &mut self.kept[place].1;
        let (sum, count) = (value.min(self.limit - held.sum), 1.min(self.limit - held.count));
        for totals in [held, &mut self.all] {
            totals.sum += sum;
            totals.count += count;
        }
        let said = |whole| if whole { Recorded::Kept } else { Recorded::Saturated };
        (said(sum == value && count == 1), said(sum == value))
    }

    fn read(&mut self, now: u64) {
        let at = Instant::from_nanos(now).expect("an instant");
        self.expire(self.newest);
        // A reading that comes first at a later instant tells the window nothing.
        let newest = self.newest.max(now / self.width);
        let mut expected = self.all;
        for (bucket, totals) in &self.kept {
            if newest - bucket < self.count.into() {
                break;
            }
            expected.sum -= totals.sum;
            expected.count -= totals.count;
        }
        self.tally.asked += 1;
        let got = self.window.totals_at(at);
        let total = self.counter.total_at(at);
        let is_short = got.count < expected.count || got.sum < expected.sum;
        self.tally.refused_though_due += u64::from(is_short || total < expected.sum);
        self.tally.beyond_the_bound +=
            u64::from(!is_short && got != expected || total > expected.sum);
    }

    fn expire(&mut self, newest: u64) {
        while let Some((bucket, totals)) = self.kept.front() {
            if newest - bucket < self.count.into() {
                break;
            }
            self.all.sum -= totals.sum;
            self.all.count -= totals.count;
            self.kept.pop_front();
        }
    }
}

fn counter(width: u64, count: u32) -> RollingCounter<ManualClock> {
    let width = Duration::from_nanos(width);
    RollingCounter::with_clock(width, count, ManualClock::default()).expect("checked")
}
