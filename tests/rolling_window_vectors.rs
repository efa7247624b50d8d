//! The timelines of `tests/vectors/rolling_window.toml`, in the pure and in the shared form.

use std::time::Duration;

use resil_core::pure::rolling_window::{Config, CounterState, State};
use resil_core::rolling_window::{Recorded, Totals};
use resil_core::{Instant, ManualClock, RollingCounter, RollingWindow};
use resil_tests::timeline::{integer, steps};
use toml::Table;

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/rolling_window.toml"));

/// One form of the window or of the counter, as the timelines speak to it.
trait Lane {
    fn put(&mut self, now: Instant, amount: u64) -> Recorded;
    fn totals(&self, now: Instant) -> String;
    fn fold(&self, now: Instant) -> Vec<String>;
}

fn show(totals: Totals) -> String {
    format!("sum {} count {}", totals.sum, totals.count)
}

fn push(mut seen: Vec<String>, bucket: Totals) -> Vec<String> {
    seen.push(format!("{}/{}", bucket.sum, bucket.count));
    seen
}

fn push_count(mut seen: Vec<String>, count: u64) -> Vec<String> {
    seen.push(count.to_string());
    seen
}

impl Lane for (Config, State) {
    fn put(&mut self, now: Instant, amount: u64) -> Recorded {
        self.1.record(&self.0, now, amount)
    }

    fn totals(&self, now: Instant) -> String {
        show(self.1.totals(&self.0, now))
    }

    fn fold(&self, now: Instant) -> Vec<String> {
        self.1.fold(&self.0, now, Vec::new(), push)
    }
}

impl Lane for (Config, CounterState) {
    fn put(&mut self, now: Instant, amount: u64) -> Recorded {
        self.1.add(&self.0, now, amount)
    }

    fn totals(&self, now: Instant) -> String {
        self.1.total(&self.0, now).to_string()
    }

    fn fold(&self, now: Instant) -> Vec<String> {
        self.1.fold(&self.0, now, Vec::new(), push_count)
    }
}

impl Lane for RollingWindow<ManualClock> {
    fn put(&mut self, now: Instant, amount: u64) -> Recorded {
        self.clock().set(now);
        self.record(amount)
    }

    fn totals(&self, now: Instant) -> String {
        self.clock().set(now);
        assert_eq!(self.snapshot().totals, RollingWindow::totals(self));
        show(RollingWindow::totals(self))
    }

    fn fold(&self, now: Instant) -> Vec<String> {
        self.fold_at(now, Vec::new(), push)
    }
}

impl Lane for RollingCounter<ManualClock> {
    fn put(&mut self, now: Instant, amount: u64) -> Recorded {
        self.add_at(now, amount)
    }

    fn totals(&self, now: Instant) -> String {
        assert_eq!(self.snapshot_at(now).total, self.total_at(now));
        self.total_at(now).to_string()
    }

    fn fold(&self, now: Instant) -> Vec<String> {
        self.clock().set(now);
        RollingCounter::fold(self, Vec::new(), push_count)
    }
}

fn lanes(timeline: &Table) -> [Box<dyn Lane>; 2] {
    let width = Duration::from_nanos(integer(timeline, "bucket_width_ns") as u64);
    let count = integer(timeline, "bucket_count") as u32;
    let leave_out = timeline["leave_out_current"].as_bool().unwrap();
    let mut config = Config::new(width, count).unwrap();
    if leave_out {
        config = config.with_current_left_out();
    }
    let clock = ManualClock::default();
    match timeline["kind"].as_str().unwrap() {
        "window" => {
            let shared = RollingWindow::with_clock(width, count, clock).unwrap();
            let shared = if leave_out { shared.with_current_left_out() } else { shared };
            [Box::new((config, State::new(&config))), Box::new(shared)]
        }
        "counter" => {
            let shared = RollingCounter::with_clock(width, count, clock).unwrap();
            let shared = if leave_out { shared.with_current_left_out() } else { shared };
            [Box::new((config, CounterState::new(&config))), Box::new(shared)]
        }
        kind => panic!("unknown kind {kind}"),
    }
}

fn answer(lane: &mut dyn Lane, now: Instant, words: &[&str]) -> String {
    match words {
        ["record" | "add", amount] => match lane.put(now, amount.parse().unwrap()) {
            Recorded::Kept => "kept".into(),
            Recorded::Saturated => "saturated".into(),
            Recorded::Late => "late".into(),
        },
        ["totals" | "total"] => lane.totals(now),
        ["fold"] => match lane.fold(now).join(" ") {
            seen if seen.is_empty() => "nothing".into(),
            seen => seen,
        },
        _ => panic!("unknown step {words:?}"),
    }
}

#[test]
fn every_timeline_comes_out_as_written_in_both_forms() {
    let vectors: Table = VECTORS.parse().unwrap();
    let timelines = vectors["timeline"].as_array().unwrap();
    let mut count = 0;
    for timeline in timelines {
        let timeline = timeline.as_table().unwrap();
        let name = timeline["name"].as_str().unwrap();
        for (form, mut lane) in ["pure", "shared"].into_iter().zip(lanes(timeline)) {
            for step in steps(timeline) {
                let got = answer(lane.as_mut(), step.now, &step.words);
                assert_eq!(got, step.answer, "{name}, {form}: {}", step.line);
                count += 1;
            }
        }
    }
    assert!(timelines.len() >= 24 && count >= 1_000, "{} {count}", timelines.len());
}
