//! The precision sweep: no refusal at an exact instant and nothing beyond the bound, in every cell of rates,
//! polling steps and bursts. A sample of each cell here; `ci/precision` runs them in full and prints them.

use std::time::Duration;

use resil_core::{Instant, LeakyMeter, LeakyQueue, ManualClock, Quota, TokenBucket};
use resil_tests::precision::buckets::{Limiter, sweep};
use resil_tests::precision::{Effort, Report, periods, windows};
use resil_tests::seed::seed;

/// The seed of every run that names none.
const SEED: u64 = 1;

fn check(report: &Report) {
    report.assert_right();
}

fn sample<L: Limiter>() {
    let report = sweep::<L>(Effort::SAMPLE, seed(SEED));
    check(&report);
    assert!(report.cells.len() > 700, "{} cells", report.cells.len());
    let early: u64 = report.cells.iter().map(|cell| cell.early).sum();
    let refused: u64 = report.refused.values().sum();
    assert!(early > 0 && refused > 0, "early {early}, refused {refused}");
}

#[test]
fn a_sample_of_every_cell_of_the_token_bucket_is_exact() {
    sample::<TokenBucket<ManualClock>>();
}

#[test]
fn a_sample_of_every_cell_of_the_leaky_meter_is_exact() {
    sample::<LeakyMeter<ManualClock>>();
}

#[test]
fn a_sample_of_every_cell_of_the_leaky_queue_is_exact() {
    sample::<LeakyQueue<ManualClock>>();
}

#[test]
fn a_sample_of_every_cell_of_the_period_limiter_is_exact() {
    let report = periods::sweep(Effort::SAMPLE, seed(SEED));
    check(&report);
    assert!(report.refused.len() == 3, "{:?}", report.refused);
}

#[test]
fn a_sample_of_every_cell_of_the_windows_is_exact() {
    let report = windows::sweep(Effort::SAMPLE, seed(SEED));
    check(&report);
    assert!(report.refused.len() == 4, "{:?}", report.refused);
}

/// A limiter that does what `decide` makes of the true answer: what the sweep has to see.
struct Wrong<const HOW: u8>(TokenBucket<ManualClock>);

/// Refuses a nanosecond too long.
const LATE: u8 = 0;
/// Grants three ticks early.
const EARLY: u8 = 1;
/// Its permit takes a whole number of nanoseconds, rounded down.
const ROUNDED: u8 = 2;

impl<const HOW: u8> Limiter for Wrong<HOW> {
    const NAME: &'static str = "wrong";
    const QUEUES: bool = false;
    fn new(quota: Quota) -> Self {
        let nanos = quota.period().as_nanos() / u128::from(quota.permits());
        let rounded = Quota::new(1, Duration::from_nanos(nanos as u64), quota.burst());
        Self(Limiter::new(if HOW == ROUNDED { rounded.unwrap_or(quota) } else { quota }))
    }
    fn ask(&self, now: Instant, permits: u32) -> Option<u64> {
        let now = now.as_nanos();
        let read = match HOW {
            LATE => now.saturating_sub(1),
            // A tick is at most 16 ns.
            EARLY if self.0.peek_at(Instant::from_nanos(now)?, permits).answer.is_err() => {
                now.saturating_add(48).min(Instant::MAX.as_nanos())
            }
            _ => now,
        };
        self.0.ask(Instant::from_nanos(read)?, permits).map(|_| now)
    }
}

#[test]
fn the_sweep_sees_a_late_an_early_and_a_rounded_limiter() {
    let late = sweep::<Wrong<LATE>>(Effort::SAMPLE, SEED);
    assert!(late.cells.iter().any(|cell| cell.refused_though_due > 0), "{}", late.totals());
    let early = sweep::<Wrong<EARLY>>(Effort::SAMPLE, SEED);
    assert!(early.cells.iter().any(|cell| cell.beyond_the_bound > 0), "{}", early.totals());
    let rounded = sweep::<Wrong<ROUNDED>>(Effort::SAMPLE, SEED);
    assert!(rounded.cells.iter().any(|cell| cell.beyond_the_bound > 0), "{}", rounded.totals());
}

/// All of a row, printed: minutes, in a release build, by `ci/precision`.
fn in_full(row: &str, sweep: impl FnOnce(Effort, u64) -> Report) {
    let report = sweep(Effort::FULL, seed(SEED));
    print!("{}== {row}: {}", report.cells_by_line(), report.totals());
    report.assert_right();
}

#[test]
#[ignore = "ci/precision runs it in a release build"]
fn every_cell_in_full_of_the_token_bucket() {
    in_full("token bucket", sweep::<TokenBucket<ManualClock>>);
}

#[test]
#[ignore = "ci/precision runs it in a release build"]
fn every_cell_in_full_of_the_leaky_meter() {
    in_full("leaky meter", sweep::<LeakyMeter<ManualClock>>);
}

#[test]
#[ignore = "ci/precision runs it in a release build"]
fn every_cell_in_full_of_the_leaky_queue() {
    in_full("leaky queue", sweep::<LeakyQueue<ManualClock>>);
}

#[test]
#[ignore = "ci/precision runs it in a release build"]
fn every_cell_in_full_of_the_period_limiter() {
    in_full("period limiter", periods::sweep);
}

#[test]
#[ignore = "ci/precision runs it in a release build"]
fn every_cell_in_full_of_the_rolling_window() {
    in_full("rolling window", windows::sweep);
}
