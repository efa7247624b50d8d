//! The timelines of `vectors/ewma.toml`, in the pure and in the shared form.

use std::time::Duration;

use resil_core::ewma::{Kind, RecordError, decay_factor};
use resil_core::pure::ewma::{Config, State};
use resil_core::{Ewma, Instant, ManualClock};
use resil_tests::ewma_script::made;
use resil_tests::timeline::{integer, steps};
use resil_tests::ulps::agree;
use resil_tests::written::assert_written_by_its_script;
use toml::Table;

const VECTORS: &str = include_str!("vectors/ewma.toml");

/// One form of the average, as the timelines speak to it.
trait Lane {
    fn record(&mut self, now: Instant, x: f64) -> Result<(), RecordError>;
    fn value(&mut self, now: Instant) -> Option<f64>;
    fn snapshot(&mut self, now: Instant) -> (u32, Option<Duration>);
}

impl Lane for (Config, State) {
    fn record(&mut self, now: Instant, x: f64) -> Result<(), RecordError> {
        self.1.record(&self.0, now, x)
    }

    fn value(&mut self, now: Instant) -> Option<f64> {
        self.1.value(&self.0, now)
    }

    fn snapshot(&mut self, now: Instant) -> (u32, Option<Duration>) {
        (self.1.missing(&self.0), self.1.idle_for(&self.0, now))
    }
}

/// Through the `_at` forms.
struct At(Ewma<ManualClock>);

impl Lane for At {
    fn record(&mut self, now: Instant, x: f64) -> Result<(), RecordError> {
        self.0.record_at(now, x)
    }

    fn value(&mut self, now: Instant) -> Option<f64> {
        self.0.value_at(now)
    }

    fn snapshot(&mut self, now: Instant) -> (u32, Option<Duration>) {
        let seen = self.0.snapshot_at(now);
        (seen.missing, seen.idle_for)
    }
}

/// Through the plain forms, on a clock that is set before each step.
struct OnClock(Ewma<ManualClock>);

impl Lane for OnClock {
    fn record(&mut self, now: Instant, x: f64) -> Result<(), RecordError> {
        self.0.clock().set(now);
        self.0.record(x)
    }

    fn value(&mut self, now: Instant) -> Option<f64> {
        self.0.clock().set(now);
        self.0.value()
    }

    fn snapshot(&mut self, now: Instant) -> (u32, Option<Duration>) {
        self.0.clock().set(now);
        let seen = self.0.snapshot();
        (seen.missing, seen.idle_for)
    }
}

/// `decay_factor`, which has no state.
struct Factor(Duration);

impl Lane for Factor {
    fn record(&mut self, _: Instant, _: f64) -> Result<(), RecordError> {
        panic!("nothing is recorded")
    }

    fn value(&mut self, now: Instant) -> Option<f64> {
        Some(decay_factor(now.saturating_since(Instant::ZERO), self.0).unwrap())
    }

    fn snapshot(&mut self, _: Instant) -> (u32, Option<Duration>) {
        panic!("nothing is recorded")
    }
}

fn lanes(timeline: &Table) -> Vec<(&'static str, Box<dyn Lane>)> {
    let time_constant =
        || Duration::from_nanos(integer(timeline, "time_constant_ns").try_into().unwrap());
    let kind = match timeline["kind"].as_str().unwrap() {
        "decay_factor" => return vec![("by itself", Box::new(Factor(time_constant())))],
        "by_count" => {
            let warm_up = timeline.get("warm_up").map_or(0, |n| n.as_integer().unwrap());
            let alpha = timeline.get("alpha").map(|alpha| alpha.as_float().unwrap());
            let age = timeline.get("age").map(|age| age.as_float().unwrap());
            let of_age = |age| match Ewma::by_count_with_age(age).unwrap().kind() {
                Kind::ByCount { alpha, .. } => alpha,
                kind => panic!("{kind:?} is not by count"),
            };
            let alpha = alpha.or_else(|| age.map(of_age)).unwrap();
            Kind::ByCount { alpha, warm_up: warm_up.try_into().unwrap() }
        }
        "by_time" => Kind::ByTime { time_constant: time_constant() },
        "sample_weighted" => Kind::SampleWeighted { time_constant: time_constant() },
        "peak" => Kind::Peak { time_constant: time_constant() },
        kind => panic!("unknown kind {kind}"),
    };
    let (config, told) = made(kind);
    vec![
        ("pure", Box::new((config, State::default()))),
        ("told the time", Box::new(At(told))),
        ("on a manual clock", Box::new(OnClock(made(kind).1))),
    ]
}

fn answer(lane: &mut dyn Lane, now: Instant, words: &[&str]) -> String {
    match words {
        ["record", x] => match lane.record(now, x.parse().unwrap()) {
            Ok(()) => "ok".into(),
            Err(RecordError::NotFinite) => "not_finite".into(),
            Err(RecordError::SumTooLarge) => "sum_too_large".into(),
            Err(error) => panic!("{error}"),
        },
        ["value" | "decay"] => lane.value(now).map_or("none".into(), |value| format!("{value:?}")),
        ["snapshot"] => {
            let (missing, idle) = lane.snapshot(now);
            let idle = idle.map_or("none".into(), |idle| idle.as_nanos().to_string());
            format!("missing {missing} idle {idle}")
        }
        _ => panic!("unknown step {words:?}"),
    }
}

#[test]
fn every_timeline_comes_out_as_written_in_every_form() {
    let vectors: Table = VECTORS.parse().unwrap();
    let timelines = vectors["timeline"].as_array().unwrap();
    let mut count = 0;
    for timeline in timelines {
        let timeline = timeline.as_table().unwrap();
        let ulps = integer(timeline, "ulps").try_into().unwrap();
        for (form, mut lane) in lanes(timeline) {
            for step in steps(timeline) {
                let got = answer(lane.as_mut(), step.now, &step.words);
                let place = format!("{}, {form}: {}", timeline["name"], step.line);
                assert!(agree(&got, step.answer, ulps), "{place}: {got}");
                count += 1;
            }
        }
    }
    assert!(timelines.len() >= 40 && count >= 3_500, "{} {count}", timelines.len());
}

#[test]
fn the_file_is_what_its_script_writes() {
    assert_written_by_its_script("ewma");
}
