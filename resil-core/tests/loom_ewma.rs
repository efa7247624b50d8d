//! Every interleaving of a few samples to one average.
//!
//! Run by `ci/loom` and `ci/shuttle`. The clock is passed in, so no time runs inside a model. Each model states
//! its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::time::Duration;

use checker::{Arc, check, join_all, spawn_each};
use resil_core::pure::ewma::{Config, State};
use resil_core::{Ewma, Instant, ManualClock};

const TAU: Duration = Duration::from_secs(10);

/// What was recorded before the threads begin: second and sample.
const FIRST: (u64, f64) = (1, 8.0);

/// What the threads record, each its own.
const SAMPLES: &[(u64, f64)] = if cfg!(resil_loom) {
    &[(11, 2.0), (14, 5.0)]
} else {
    &[(11, 2.0), (14, 5.0), (9, 7.0), (17, 3.0)]
};

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

/// What is left, read at the instant 20, when `part` of the samples came in each order: none of them, or all.
struct Left {
    whole: Vec<Option<f64>>,
    part: Vec<Option<f64>>,
}

impl Left {
    fn of(config: &Config) -> Self {
        let mut left = Self { whole: Vec::new(), part: Vec::new() };
        let mut state = State::default();
        state.record(config, at(FIRST.0), FIRST.1).unwrap();
        left.follow(config, state, SAMPLES);
        left
    }

    fn follow(&mut self, config: &Config, state: State, rest: &[(u64, f64)]) {
        let values = if rest.is_empty() { &mut self.whole } else { &mut self.part };
        values.push(state.value(config, at(20)));
        for index in 0..rest.len() {
            let mut rest = rest.to_vec();
            let (secs, x) = rest.remove(index);
            let mut next = state;
            next.record(config, at(secs), x).unwrap();
            self.follow(config, next, &rest);
        }
    }
}

/// Runs samples against each other and a reader, after one that is there already. The reader sees what some of
/// the samples in some order leave, and in the end it is all of them in one order; one owner says what that is.
fn samples_and_a_reader(config: Config, make: fn() -> Ewma) {
    let left = Left::of(&config);
    check(move || {
        let ewma = Arc::new(make().with_clock(ManualClock::default()));
        ewma.record_at(at(FIRST.0), FIRST.1).unwrap();
        let threads = spawn_each(SAMPLES.len(), &ewma, |number, ewma| {
            let (secs, x) = SAMPLES[number];
            ewma.record_at(at(secs), x).unwrap();
        });
        let seen = ewma.value_at(at(20));
        join_all(threads);
        assert!(left.whole.contains(&seen) || left.part.contains(&seen), "{seen:?}");
        let end = ewma.value_at(at(20));
        assert!(left.whole.contains(&end), "{end:?} is none of {:?}", left.whole);
    });
}

/// Invariant: by count no sample is lost.
#[test]
fn by_count_every_sample_enters() {
    samples_and_a_reader(Config::by_count(0.25).unwrap(), || Ewma::by_count(0.25).unwrap());
}

/// Invariant: while warming up no sample is lost, and the mean is that of all.
#[test]
fn warming_up_every_sample_is_counted() {
    samples_and_a_reader(Config::by_count(0.25).unwrap().with_warm_up(3).unwrap(), || {
        Ewma::by_count(0.25).unwrap().with_warm_up(3).unwrap()
    });
}

/// Invariant: by time value and instant are of one sample, and the later instant stays.
#[test]
fn by_time_every_sample_enters_and_nothing_is_seen_half() {
    samples_and_a_reader(Config::by_time(TAU).unwrap(), || Ewma::by_time(TAU).unwrap());
}

/// Invariant: sample-weighted both sums hold every sample.
#[test]
fn sample_weighted_every_sample_enters_and_nothing_is_seen_half() {
    let config = Config::sample_weighted(TAU).unwrap();
    samples_and_a_reader(config, || Ewma::sample_weighted(TAU).unwrap());
}

/// Invariant: a peak is never decayed by another sample's instant without that sample.
#[test]
fn of_peaks_every_sample_enters_and_nothing_is_seen_half() {
    samples_and_a_reader(Config::peak(TAU).unwrap(), || Ewma::peak(TAU).unwrap());
}
