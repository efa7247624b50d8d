//! Every interleaving of a few samples to one average, explored by loom.
//!
//! Run by `ci/loom`. The clock is passed in, so no time runs inside a model. Each model states its invariant.
#![cfg(resil_loom)]

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;
use resil_core::{Ewma, Instant, ManualClock};

const TAU: Duration = Duration::from_secs(10);

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

fn held(ewma: Ewma) -> Arc<Ewma<ManualClock>> {
    Arc::new(ewma.with_clock(ManualClock::default()))
}

/// What one thread alone leaves, read at the instant 20.
fn alone(ewma: Ewma, samples: &[(u64, f64)]) -> Option<f64> {
    for (secs, x) in samples {
        ewma.record_at(at(*secs), *x).unwrap();
    }
    ewma.value_at(at(20))
}

/// Runs two samples against each other and a reader, after one that is there already. The reader sees what some
/// of the samples in some order leave, and in the end it is all of them in one order.
fn two_samples_and_a_reader(make: fn() -> Ewma) {
    const FIRST: (u64, f64) = (1, 8.0);
    const SAMPLES: [(u64, f64); 2] = [(11, 2.0), (14, 5.0)];
    loom::model(move || {
        let ewma = held(make());
        ewma.record_at(at(FIRST.0), FIRST.1).unwrap();
        let threads = SAMPLES.map(|(secs, x)| {
            let ewma = ewma.clone();
            thread::spawn(move || ewma.record_at(at(secs), x).unwrap())
        });
        let seen = ewma.value_at(at(20));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let [a, b] = SAMPLES;
        let whole = [[FIRST, a, b], [FIRST, b, a]].map(|order| alone(make(), &order));
        let part = [&[FIRST][..], &[FIRST, a], &[FIRST, b]].map(|order| alone(make(), order));
        assert!(whole.contains(&seen) || part.contains(&seen), "{seen:?}");
        let end = ewma.value_at(at(20));
        assert!(whole.contains(&end), "{end:?} is none of {whole:?}");
    });
}

/// Invariant: by count no sample is lost.
#[test]
fn by_count_both_samples_enter() {
    two_samples_and_a_reader(|| Ewma::by_count(0.25).unwrap());
}

/// Invariant: while warming up no sample is lost, and the mean is that of all three.
#[test]
fn warming_up_both_samples_are_counted() {
    two_samples_and_a_reader(|| Ewma::by_count(0.25).unwrap().with_warm_up(3).unwrap());
}

/// Invariant: by time value and instant are of one sample, and the later instant stays.
#[test]
fn by_time_both_samples_enter_and_nothing_is_seen_half() {
    two_samples_and_a_reader(|| Ewma::by_time(TAU).unwrap());
}

/// Invariant: sample-weighted both sums hold every sample.
#[test]
fn sample_weighted_both_samples_enter_and_nothing_is_seen_half() {
    two_samples_and_a_reader(|| Ewma::sample_weighted(TAU).unwrap());
}

/// Invariant: a peak is never decayed by another sample's instant without that sample.
#[test]
fn of_peaks_both_samples_enter_and_nothing_is_seen_half() {
    two_samples_and_a_reader(|| Ewma::peak(TAU).unwrap());
}
