//! The precision sweep: no refusal at an exact instant and nothing beyond the bound, in every cell of rates,
//! polling steps and bursts. A sample of each cell, unless RESIL_PRECISION=full, as `ci/precision` has it.

use std::env;
use std::time::Duration;

use resil_core::{Instant, LeakyMeter, LeakyQueue, ManualClock, Quota, TokenBucket};
use resil_tests::precision::buckets::{Limiter, sweep};
use resil_tests::precision::{Effort, Report, periods, windows};
use resil_tests::seed::seed;

/// The seed of every run that names none.
const SEED: u64 = 1;

/// The cells of a row, printed and right: a sample of each, or with RESIL_PRECISION=full all of them.
fn swept(row: &str, sweep: impl FnOnce(Effort, u64) -> Report) -> Report {
    let effort = match env::var("RESIL_PRECISION").as_deref() {
        Err(env::VarError::NotPresent) => Effort::SAMPLE,
        Ok("full") => Effort::FULL,
        other => panic!("RESIL_PRECISION must be `full` or not set, not {other:?}"),
    };
    let report = sweep(effort, seed(SEED));
    print!("{}== {row}: {}", report.cells_by_line(), report.totals());
    report.assert_right();
    report
}

fn swept_bucket<L: Limiter>(row: &str) {
    let report = swept(row, sweep::<L>);
    assert!(report.cells.len() > 700, "{} cells", report.cells.len());
    let early: u64 = report.cells.iter().map(|cell| cell.early).sum();
    let refused: u64 = report.refused.values().sum();
    assert!(early > 0 && refused > 0, "early {early}, refused {refused}");
}

#[test]
fn every_cell_of_the_token_bucket_is_exact() {
    swept_bucket::<TokenBucket<ManualClock>>("token bucket");
}

#[test]
fn every_cell_of_the_leaky_meter_is_exact() {
    swept_bucket::<LeakyMeter<ManualClock>>("leaky meter");
}

#[test]
fn every_cell_of_the_leaky_queue_is_exact() {
    swept_bucket::<LeakyQueue<ManualClock>>("leaky queue");
}

#[test]
fn every_cell_of_the_period_limiter_is_exact() {
    let report = swept("period limiter", periods::sweep);
    assert!(report.refused.len() == 3, "{:?}", report.refused);
}

#[test]
fn every_cell_of_the_rolling_window_is_exact() {
    let report = swept("rolling window", windows::sweep);
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
