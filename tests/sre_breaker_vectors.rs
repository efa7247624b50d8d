//! The timelines of `tests/vectors/sre_breaker.toml`, in the pure and in the shared form.

use std::time::Duration;

use resil_core::pure::sre_breaker::{Config, State};
use resil_core::sre_breaker::{Mode, Outcome, Rejected, Snapshot};
use resil_core::{Instant, ManualClock, SreBreaker, SreBreakerConfig};
use resil_tests::timeline::steps;
use toml::{Table, Value};

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/sre_breaker.toml"));

/// One form of the breaker, as the timelines speak to it.
trait Lane {
    fn try_acquire(&mut self, now: Instant, draw: f64) -> Result<(), Rejected>;
    fn settle(&mut self, now: Instant, outcome: Outcome);
    fn set_mode(&mut self, mode: Mode);
    fn snapshot(&self, now: Instant) -> Snapshot;
}

impl Lane for (Config, State) {
    fn try_acquire(&mut self, now: Instant, draw: f64) -> Result<(), Rejected> {
        self.1.try_acquire(&self.0, now, || draw)
    }

    fn settle(&mut self, now: Instant, outcome: Outcome) {
        self.1.settle(&self.0, now, outcome);
    }

    fn set_mode(&mut self, mode: Mode) {
        self.1.set_mode(mode);
    }

    fn snapshot(&self, now: Instant) -> Snapshot {
        self.1.snapshot(&self.0, now)
    }
}

impl Lane for SreBreaker<ManualClock> {
    fn try_acquire(&mut self, now: Instant, draw: f64) -> Result<(), Rejected> {
        self.try_acquire_at(now, draw).map(drop)
    }

    fn settle(&mut self, now: Instant, outcome: Outcome) {
        self.clock().set(now);
        self.record(outcome);
    }

    fn set_mode(&mut self, mode: Mode) {
        SreBreaker::set_mode(self, mode);
    }

    fn snapshot(&self, now: Instant) -> Snapshot {
        self.snapshot_at(now)
    }
}

fn recipe(timeline: &Table) -> SreBreakerConfig {
    let mut recipe = match timeline["preset"].as_str().unwrap() {
        "sre_book" => SreBreakerConfig::sre_book(),
        "go_zero_1_3" => SreBreakerConfig::go_zero_1_3(),
        "go_zero" => SreBreakerConfig::go_zero(),
        "grpc_rls" => SreBreakerConfig::grpc_rls(),
        "kratos" => SreBreakerConfig::kratos(),
        "envoy" => SreBreakerConfig::envoy(),
        preset => panic!("unknown preset {preset}"),
    };
    for (key, value) in timeline {
        let float = || value.as_float().unwrap();
        let integer = || value.as_integer().unwrap();
        recipe = match key.as_str() {
            "bucket_width_ns" => {
                recipe.with_window(Duration::from_nanos(integer() as u64), recipe.bucket_count())
            }
            "bucket_count" => recipe.with_window(recipe.bucket_width(), integer() as u32),
            "multiplier" => recipe.with_multiplier(float()),
            "success_ratio" => recipe.with_success_ratio(float()),
            "min_multiplier" => recipe.with_min_multiplier(Some(float())),
            "protection" => recipe.with_protection(integer() as u64),
            "padding" => recipe.with_padding(float()),
            "min_requests" => recipe.with_min_requests(integer() as u64),
            "min_rps" => recipe.with_min_rps(integer() as u32),
            "aggression" => recipe.with_aggression(float()),
            "max_drop_ratio" => recipe.with_max_drop_ratio(float()),
            "name" | "about" | "preset" | "unit_ns" | "start_ns" | "tags" | "steps" => recipe,
            key => panic!("unknown key {key}"),
        };
    }
    recipe
}

const MODES: [(&str, Mode); 4] = [
    ("enabled", Mode::Enabled),
    ("disabled", Mode::Disabled),
    ("forced_open", Mode::ForcedOpen),
    ("dry_run", Mode::DryRun),
];

fn answer(lane: &mut dyn Lane, now: Instant, words: &[&str]) -> String {
    match words {
        ["try_acquire", draw] => match lane.try_acquire(now, draw.parse().unwrap()) {
            Ok(()) => "granted".into(),
            Err(rejected) if rejected.forced_open => "forced_open".into(),
            Err(rejected) => format!("rejected {:.12}", rejected.drop_ratio),
        },
        [outcome @ ("success" | "failure" | "ignore"), times] => {
            let outcome = match *outcome {
                "success" => Outcome::Success,
                "failure" => Outcome::Failure,
                _ => Outcome::Ignored,
            };
            for _ in 0..times.parse().unwrap() {
                lane.settle(now, outcome);
            }
            "ok".into()
        }
        ["set_mode", name] => {
            lane.set_mode(MODES.iter().find(|mode| mode.0 == *name).unwrap().1);
            "ok".into()
        }
        ["snapshot"] => {
            let seen = lane.snapshot(now);
            let mode = MODES.iter().find(|mode| mode.1 == seen.mode).unwrap().0;
            format!(
                "requests {} accepts {} drop_ratio {:.12} mode {mode} drops {} would_reject {}",
                seen.requests, seen.accepts, seen.drop_ratio, seen.drops, seen.would_reject
            )
        }
        _ => panic!("unknown step {words:?}"),
    }
}

#[test]
fn every_timeline_comes_out_as_written_in_both_forms() {
    let vectors: Table = VECTORS.parse().unwrap();
    let timelines = vectors["timeline"].as_array().unwrap();
    let mut count = 0;
    for timeline in timelines.iter().filter_map(Value::as_table) {
        let name = timeline["name"].as_str().unwrap();
        let config = recipe(timeline).build().unwrap();
        let shared = SreBreaker::with_clock(recipe(timeline), ManualClock::default()).unwrap();
        let forms: [(&str, Box<dyn Lane>); 2] =
            [("pure", Box::new((config, State::new(&config)))), ("shared", Box::new(shared))];
        for (form, mut lane) in forms {
            for step in steps(timeline) {
                let got = answer(lane.as_mut(), step.now, &step.words);
                assert_eq!(got, step.answer, "{name}, {form}: {}", step.line);
                count += 1;
            }
        }
    }
    assert!(timelines.len() >= 24 && count >= 3_000, "{} {count}", timelines.len());
}
