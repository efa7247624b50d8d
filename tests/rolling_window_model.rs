//! The rolling window against a list of everything recorded.
#![cfg(not(resil_loom))]

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, FileFailurePersistence, TestRunner};
use resil_core::pure::rolling_window::{Config, CounterState, State};
use resil_core::rolling_window::{Recorded, Totals};
use resil_core::{Instant, ManualClock, RollingCounter, RollingWindow};

const LAST: i128 = (1 << 63) - 1;

/// By how much time moves before a step: in parts of a bucket, in buckets, in rings, in years, or back.
#[derive(Clone, Copy, Debug)]
enum Move {
    Nanos(i128),
    Buckets(i128),
    Rings(i128),
    Years(i128),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Record(u64),
    Read,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (-2_000_i128..20_000).prop_map(Move::Nanos),
        6 => (-3_i128..6).prop_map(Move::Buckets),
        2 => (-1_i128..4).prop_map(Move::Rings),
        1 => (0_i128..40).prop_map(Move::Years),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let value = prop_oneof![4 => 0_u64..100, 2 => 0_u64..1 << 20, 1 => any::<u64>()];
    prop_oneof![3 => value.prop_map(Step::Record), 2 => Just(Step::Read)]
}

/// Everything ever kept, by bucket.
struct Log {
    width: i128,
    count: i128,
    limit: u128,
    newest: i128,
    kept: Vec<(i128, u64)>,
}

impl Log {
    fn bucket(&self, bucket: i128) -> Totals {
        let kept = self.kept.iter().filter(|sample| sample.0 == bucket);
        let count = (kept.clone().count() as u128).min(self.limit);
        let sum = kept.map(|sample| u128::from(sample.1)).sum::<u128>().min(self.limit);
        Totals { sum: sum as u64, count: count as u64 }
    }

    fn record(&mut self, now: i128, value: u64) -> Recorded {
        let bucket = now / self.width;
        self.newest = self.newest.max(bucket);
        if bucket <= self.newest - self.count {
            return Recorded::Late;
        }
        let held = self.bucket(bucket);
        self.kept.push((bucket, value));
        let full = u128::from(held.sum) + u128::from(value) > self.limit
            || u128::from(held.count) + 1 > self.limit;
        if full { Recorded::Saturated } else { Recorded::Kept }
    }

    fn window(&self, now: i128, leave_out: bool) -> Vec<Totals> {
        let newest = self.newest.max(now / self.width);
        let oldest = newest - self.count + 1;
        (oldest..newest + i128::from(!leave_out)).map(|bucket| self.bucket(bucket)).collect()
    }
}

fn sum(window: &[Totals]) -> Totals {
    let sum = window.iter().map(|bucket| bucket.sum).sum();
    Totals { sum, count: window.iter().map(|bucket| bucket.count).sum() }
}

/// A runner of so many cases, which keeps what failed.
fn runner(cases: u32) -> TestRunner {
    let kept =
        concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/rolling_window_model.txt");
    let kept = Box::new(FileFailurePersistence::Direct(kept));
    TestRunner::new(Cases { cases, failure_persistence: Some(kept), ..Cases::default() })
}

#[test]
fn both_forms_of_window_and_counter_agree_with_a_log_of_everything() {
    let reached = [const { Cell::new(0_u32) }; 5];
    let reach = |branch: usize| reached[branch].set(reached[branch].get() + 1);
    let script = (
        prop_oneof![Just(1_000_i128), 1_000_i128..5_000, Just(250_000_000), Just(1 << 40)],
        prop_oneof![1_i128..10, Just(16), Just(17), 60_i128..70],
        any::<bool>(),
        prop_oneof![Just(0), 0..LAST],
        prop::collection::vec((moves(), steps()), 1..60),
    );
    let mut runner = runner(600);
    let outcome = runner.run(&script, |(width, count, leave_out, start, steps)| {
        let mut config = Config::new(Duration::from_nanos(width as u64), count as u32).unwrap();
        let clock = ManualClock::default();
        let mut shared =
            RollingWindow::with_clock(config.bucket_width(), count as u32, &clock).unwrap();
        let mut shared_counter =
            RollingCounter::with_clock(config.bucket_width(), count as u32, &clock).unwrap();
        if leave_out {
            config = config.with_current_left_out();
            shared = shared.with_current_left_out();
            shared_counter = shared_counter.with_current_left_out();
        }
        let (mut pure, mut pure_counter) = (State::new(&config), CounterState::new(&config));
        let limit = u128::from(config.bucket_limit());
        let mut log = Log { width, count, limit, newest: 0, kept: Vec::new() };
        let mut now = start;
        for (moved, step) in steps {
            now += match moved {
                Move::Nanos(n) => n,
                Move::Buckets(n) => n * width,
                Move::Rings(n) => n * width * (count as u128).next_power_of_two() as i128,
                Move::Years(n) => n * 365 * 86_400 * 1_000_000_000,
            };
            now = now.clamp(0, LAST);
            let at = Instant::from_nanos(now as u64).unwrap();
            clock.set(at);
            match step {
                Step::Record(value) => {
                    let recorded = log.record(now, value);
                    prop_assert_eq!(pure.record(&config, at, value), recorded);
                    prop_assert_eq!(shared.record(value), recorded);
                    // The counter's count is the window's sum.
                    let counted = pure_counter.add(&config, at, value);
                    prop_assert_eq!(shared_counter.add(value), counted);
                    prop_assert_eq!(counted == Recorded::Late, recorded == Recorded::Late);
                    reach(recorded as usize);
                }
                Step::Read => {
                    let window = log.window(now, leave_out);
                    let push = |mut seen: Vec<Totals>, bucket| {
                        seen.push(bucket);
                        seen
                    };
                    prop_assert_eq!(&pure.fold(&config, at, Vec::new(), push), &window);
                    prop_assert_eq!(&shared.fold(Vec::new(), push), &window);
                    prop_assert_eq!(pure.totals(&config, at), sum(&window));
                    prop_assert_eq!(shared.totals(), sum(&window));
                    prop_assert_eq!(pure_counter.total(&config, at), sum(&window).sum);
                    prop_assert_eq!(shared_counter.total(), sum(&window).sum);
                    reach(if sum(&window).count > 0 { 3 } else { 4 });
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    for (branch, reached) in
        ["kept", "saturated", "late", "read", "read nothing"].iter().zip(reached)
    {
        assert!(reached.get() > 50, "{branch}: reached {} times only", reached.get());
    }
}

#[test]
fn a_bucket_is_the_exact_quotient_of_any_instant_and_width() {
    // Seen through the window: a sample is in the bucket that begins at the greatest multiple of the width.
    let mut runner = runner(5_000);
    let exponents = (10_u32..62, any::<u64>(), any::<u64>());
    let outcome = runner.run(&exponents, |(exponent, salt, now)| {
        let width = ((1 << exponent) | (salt & ((1 << exponent) - 1))).min(LAST as u64 / 2);
        let now = now & (LAST as u64);
        let config = Config::new(Duration::from_nanos(width), 1).unwrap();
        let mut state = State::new(&config);
        let start = now / width * width;
        state.record(&config, Instant::from_nanos(now).unwrap(), 1);
        let end = Instant::from_nanos(start.saturating_add(width - 1).min(LAST as u64)).unwrap();
        prop_assert_eq!(state.totals(&config, end).count, 1);
        prop_assert_eq!(state.totals(&config, Instant::from_nanos(start).unwrap()).count, 1);
        if let Some(next) = Instant::from_nanos(start + width) {
            prop_assert_eq!(state.totals(&config, next).count, 0);
            prop_assert_eq!(state.record(&config, next, 1), Recorded::Kept);
            prop_assert_eq!(state.record(&config, end, 1), Recorded::Late);
        }
        Ok(())
    });
    outcome.unwrap();
}
