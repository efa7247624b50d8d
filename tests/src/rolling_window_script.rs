//! Scripts of records and readings with times, drawn from bytes, and the run that compares every form of the
//! window and of the counter with the slow model.
//!
//! Times cluster where answers change: at the edges of buckets, of windows and of rings, at the ends of the
//! range, after years without use, and backwards.

use std::fmt::Write;
use std::time::Duration;

use resil_core::pure::rolling_window::{Config, CounterState, State};
use resil_core::rolling_window::{Recorded, Totals};
use resil_core::{Instant, ManualClock, RollingCounter, RollingWindow};

use crate::bytes::Bytes;
use crate::reached::Reached;
use crate::rolling_window_model::Model;

const LAST_INSTANT: u64 = i64::MAX as u64;
const YEAR: u64 = 365 * 86_400 * 1_000_000_000;
/// Calls in one script, at most: enough to go round a ring of a few buckets, short enough to read.
const MOST_CALLS: usize = 60;

/// What a run may come to.
pub const BRANCHES: &[&str] = &[
    "kept",
    "saturated",
    "late",
    "read something",
    "read nothing",
    "the current bucket left out",
    "at the edge of a bucket",
    "time stepped back",
    "after a year",
    "the last bucket there is",
];

/// A call, as a step of `tests/vectors/` writes it.
#[derive(Clone, Copy, Debug)]
enum Call {
    Record(u64),
    Fold,
}

/// The shape of a window, and the bytes that say what happens to it.
struct Script<'a> {
    bytes: Bytes<'a>,
    width_ns: u64,
    count: u32,
    leaves_out_current: bool,
    now: u64,
    limit: u64,
}

impl<'a> Script<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut bytes = Bytes(bytes);
        let count = match bytes.pick(8) {
            0 => 1,
            1 => 16,
            2 => 17,
            3 => 60 + bytes.pick(10) as u32,
            4 => 1 + bytes.pick(255) as u32,
            _ => 1 + bytes.pick(9) as u32,
        };
        let widest = LAST_INSTANT / u64::from(count);
        let width_ns = match bytes.pick(8) {
            0 | 1 => 1_000,
            2 => 1_000 + bytes.number(2),
            3 => 250_000_000,
            4 => 1 << 40,
            5 => 1 << (10 + bytes.pick(53)),
            6 => widest,
            _ => bytes.number(8),
        }
        .clamp(1_000, widest);
        let leaves_out_current = bytes.pick(2) == 1;
        let now = match bytes.pick(5) {
            0 => 0,
            1 => width_ns * u64::from(count),
            2 => LAST_INSTANT - bytes.number(2),
            3 => bytes.number(4),
            _ => bytes.number(8) >> 1,
        };
        Self { bytes, width_ns, count, leaves_out_current, now, limit: 0 }
    }

    fn config(&self) -> Config {
        let config = Config::new(Duration::from_nanos(self.width_ns), self.count).unwrap();
        if self.leaves_out_current { config.with_current_left_out() } else { config }
    }

    fn next(&mut self) -> Option<Call> {
        if self.bytes.is_empty() {
            return None;
        }
        self.step_time();
        Some(match self.bytes.pick(12) {
            0..=3 => Call::Record(self.bytes.number(1)),
            4 => Call::Record(self.bytes.number(4)),
            5 => Call::Record(0),
            6 => Call::Record(self.limit - self.limit.min(self.bytes.number(1))),
            7 => Call::Record((self.limit >> 16).saturating_add(self.bytes.pick(2))),
            8 => Call::Record(u64::MAX - self.bytes.number(1)),
            _ => Call::Fold,
        })
    }

    fn step_time(&mut self) {
        let (now, width) = (self.now, self.width_ns);
        let buckets = |n: u64| width.saturating_mul(n);
        let ring = buckets(u64::from(self.count).next_power_of_two());
        let next_edge = (now / width).saturating_add(1).saturating_mul(width);
        self.now = match self.bytes.pick(20) {
            0..=4 => now,
            5 => now.saturating_add(1),
            6 => now.saturating_sub(1),
            7 => now.saturating_add(self.bytes.number(2)),
            8 => now.saturating_sub(self.bytes.number(2)),
            9 | 10 => next_edge,
            11 => next_edge - 1,
            12 => now.saturating_add(buckets(self.bytes.pick(5))),
            13 => now.saturating_sub(buckets(self.bytes.pick(5))),
            14 => now.saturating_add(buckets(u64::from(self.count))),
            15 => now.saturating_sub(buckets(u64::from(self.count) - self.bytes.pick(2))),
            16 => now.saturating_add(ring.saturating_mul(self.bytes.pick(3))),
            17 => now.saturating_sub(ring),
            18 => now.saturating_add(YEAR * self.bytes.pick(40)),
            _ => self.bytes.number(8) >> 1,
        }
        .min(LAST_INSTANT);
    }
}

/// Every form of one window, and of the counter that counts its values.
struct Fronts {
    config: Config,
    pure: State,
    counter: CounterState,
    shared: RollingWindow<ManualClock>,
    shared_counter: RollingCounter<ManualClock>,
    /// Whether the shared ones are told the time, or read it.
    told: bool,
}

fn push<T>(mut all: Vec<T>, bucket: T) -> Vec<T> {
    all.push(bucket);
    all
}

fn total(window: &[Totals]) -> Totals {
    let sum = window.iter().map(|bucket| bucket.sum).sum();
    Totals { sum, count: window.iter().map(|bucket| bucket.count).sum() }
}

impl Fronts {
    fn new(config: Config) -> Self {
        let (width, count) = (config.bucket_width(), config.bucket_count());
        let clock = ManualClock::default;
        let mut shared = RollingWindow::with_clock(width, count, clock()).unwrap();
        let mut shared_counter = RollingCounter::with_clock(width, count, clock()).unwrap();
        if config.leaves_out_current() {
            shared = shared.with_current_left_out();
            shared_counter = shared_counter.with_current_left_out();
        }
        let (pure, counter) = (State::new(&config), CounterState::new(&config));
        Self { config, pure, counter, shared, shared_counter, told: false }
    }

    fn at(&mut self, now_ns: u64) -> Instant {
        let now = Instant::from_nanos(now_ns).unwrap();
        self.told = !self.told;
        self.shared.clock().set(now);
        self.shared_counter.clock().set(now);
        now
    }

    fn record(&mut self, now_ns: u64, value: u64, expected: Recorded, log: &str) {
        let now = self.at(now_ns);
        let got = self.pure.record(&self.config, now, value);
        assert_eq!(got, expected, "the pure window\n{log}");
        let told = self.told;
        let got = if told { self.shared.record_at(now, value) } else { self.shared.record(value) };
        assert_eq!(got, expected, "the shared window\n{log}");
        let counted = self.counter.add(&self.config, now, value);
        let counter = &self.shared_counter;
        let got = if told { counter.add_at(now, value) } else { counter.add(value) };
        assert_eq!(got, counted, "the shared counter (left), the pure one (right)\n{log}");
        // Its count is the window's sum; where only the window's count is full it has more room.
        assert_eq!(counted == Recorded::Late, expected == Recorded::Late, "the counter\n{log}");
        assert!(counted <= expected, "the counter\n{log}");
    }

    fn read(&mut self, now_ns: u64, window: &[Totals], log: &str) {
        let now = self.at(now_ns);
        let (config, all, told) = (&self.config, total(window), self.told);
        assert_eq!(self.pure.fold(config, now, Vec::new(), push), window, "the pure window\n{log}");
        assert_eq!(self.pure.totals(config, now), all, "the pure window\n{log}");
        let shared = &self.shared;
        let got = if told {
            (shared.fold_at(now, Vec::new(), push), shared.totals_at(now))
        } else {
            (shared.fold(Vec::new(), push), shared.totals())
        };
        assert_eq!(got, (window.to_vec(), all), "the shared window\n{log}");
        let sums = window.iter().map(|bucket| bucket.sum).collect::<Vec<_>>();
        let counter = &self.counter;
        assert_eq!(counter.fold(config, now, Vec::new(), push), sums, "the pure counter\n{log}");
        assert_eq!(counter.total(config, now), all.sum, "the pure counter\n{log}");
        let counter = &self.shared_counter;
        let got = if told {
            (counter.fold_at(now, Vec::new(), push), counter.total_at(now))
        } else {
            (counter.fold(Vec::new(), push), counter.total())
        };
        assert_eq!(got, (sums, all.sum), "the shared counter\n{log}");
    }
}

/// Runs a script on the pure and the shared window, on the pure and the shared counter, and on the slow
/// model: all give every answer alike.
///
/// # Panics
/// Where that is not so, with the calls up to there.
pub fn run(bytes: &[u8]) -> Reached {
    let mut script = Script::new(bytes);
    let config = script.config();
    script.limit = config.bucket_limit();
    let (width, count) = (script.width_ns, script.count);
    // As documented: no count of real events comes near it.
    let half_span = u128::from(width) * u128::from(count) / 2;
    let room = u128::from(u64::MAX) / (2 * u128::from(count));
    assert!(u128::from(script.limit) >= half_span.min(room), "{config:?}");

    let mut model = Model::new(width, count, script.limit, script.leaves_out_current);
    let mut fronts = Fronts::new(config);
    let mut log = format!("{config:?}\n");
    let mut reached = Reached::default();
    let mut latest = 0;
    for _ in 0..MOST_CALLS {
        let Some(call) = script.next() else { break };
        let now = script.now;
        reached.note_if(now < latest, "time stepped back");
        reached.note_if(latest > 0 && now > latest.saturating_add(YEAR), "after a year");
        reached.note_if(now > 0 && now.is_multiple_of(width), "at the edge of a bucket");
        reached.note_if(now / width == LAST_INSTANT / width, "the last bucket there is");
        latest = latest.max(now);
        match call {
            Call::Record(value) => {
                let expected = model.record(now, value);
                let _ = writeln!(log, "{now} record {value} -> {expected:?}");
                fronts.record(now, value, expected, &log);
                reached.note(match expected {
                    Recorded::Kept => "kept",
                    Recorded::Saturated => "saturated",
                    Recorded::Late => "late",
                });
            }
            Call::Fold => {
                let window = model.window(now);
                let _ = writeln!(log, "{now} fold -> {window:?}");
                fronts.read(now, &window, &log);
                let empty = window.iter().all(|bucket| bucket.count == 0);
                reached.note(if empty { "read nothing" } else { "read something" });
                reached.note_if(script.leaves_out_current, "the current bucket left out");
            }
        }
    }
    reached
}
