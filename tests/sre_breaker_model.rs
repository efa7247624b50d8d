//! The SRE breaker against a log of everything settled, with the law in whole numbers and no gate.
#![cfg(not(resil_loom))]

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, FileFailurePersistence, TestRunner};
use resil_core::pure::sre_breaker::State;
use resil_core::sre_breaker::{Mode, Outcome, Refusals};
use resil_core::{Instant, ManualClock, SreBreaker, SreBreakerConfig};

const WIDTH: u64 = 1_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Asks with a draw of so many 1024ths.
    Ask(u64),
    /// Settles calls, so long ago.
    Settle(Outcome, u32, u64),
    Mode(Mode),
    Look,
}

fn steps() -> impl Strategy<Value = (u64, Step)> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Success),
        4 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored)
    ];
    let late = prop_oneof![3 => Just(0), 1 => 0_u64..20_000];
    let mode = prop_oneof![
        3 => Just(Mode::Enabled),
        1 => Just(Mode::Disabled),
        1 => Just(Mode::ForcedOpen),
        1 => Just(Mode::DryRun)
    ];
    let step = prop_oneof![
        8 => (0_u64..1_024).prop_map(Step::Ask),
        8 => (outcome, 1_u32..20, late).prop_map(|(o, n, late)| Step::Settle(o, n, late)),
        1 => mode.prop_map(Step::Mode),
        2 => Just(Step::Look),
    ];
    let pause = prop_oneof![5 => 0_u64..300, 2 => 0_u64..4_000, 1 => 0_u64..40_000];
    (pause, step)
}

/// The constants: K in quarters.
#[derive(Clone, Copy, Debug)]
struct Law {
    k4: i128,
    protection: i128,
    padding: i128,
    min_requests: i128,
    refusals: Refusals,
}

/// Everything ever counted: bucket and whether it was a success.
struct Log {
    law: Law,
    count: u64,
    newest: u64,
    counted: Vec<(u64, bool)>,
}

impl Log {
    fn count_in(&mut self, now: u64, success: bool) {
        let bucket = now / WIDTH;
        self.newest = self.newest.max(bucket);
        if bucket + self.count > self.newest {
            self.counted.push((bucket, success));
        }
    }

    /// Requests and accepts of the window.
    fn window(&self, now: u64) -> (i128, i128) {
        let newest = self.newest.max(now / WIDTH);
        let inside = self.counted.iter().filter(|c| c.0 + self.count > newest);
        (inside.clone().count() as i128, inside.filter(|c| c.1).count() as i128)
    }

    /// The ratio as numerator and denominator, the denominator above 0.
    fn ratio(&self, now: u64) -> (i128, i128) {
        let (requests, accepts) = self.window(now);
        if requests == 0 || requests < self.law.min_requests {
            return (0, 1);
        }
        let excess = 4 * (requests - self.law.protection) - self.law.k4 * accepts;
        (excess.max(0), 4 * (requests + self.law.padding))
    }
}

fn laws() -> impl Strategy<Value = Law> {
    let refusals =
        prop_oneof![Just(Refusals::Uncounted), Just(Refusals::AsFailures), Just(Refusals::Apart)];
    (4_i128..12, 0_i128..8, 0_i128..10, 0_i128..20, refusals).prop_map(
        |(k4, protection, padding, min_requests, refusals)| Law {
            k4,
            protection,
            padding,
            min_requests,
            refusals,
        },
    )
}

/// A runner of so many cases, which keeps what failed.
fn runner(cases: u32) -> TestRunner {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/sre_breaker_model.txt");
    let kept = Box::new(FileFailurePersistence::Direct(kept));
    TestRunner::new(Cases { cases, failure_persistence: Some(kept), ..Cases::default() })
}

#[test]
fn both_forms_decide_as_a_log_of_everything_and_exact_arithmetic_do() {
    let reached = [const { Cell::new(0_u32) }; 6];
    let reach = |branch: usize| reached[branch].set(reached[branch].get() + 1);
    let script = (laws(), 1_u64..12, 0..1_u64 << 62, prop::collection::vec(steps(), 1..80));
    let mut runner = runner(600);
    let outcome = runner.run(&script, |(law, count, start, steps)| {
        let recipe = SreBreakerConfig::sre_book()
            .with_window(Duration::from_nanos(WIDTH), count as u32)
            .with_multiplier(law.k4 as f64 / 4.0)
            .with_protection(law.protection as u64)
            .with_padding(law.padding as f64)
            .with_min_requests(law.min_requests as u64)
            .with_refusals(law.refusals);
        let config = recipe.build().unwrap();
        let mut pure = State::new(&config);
        let clock = ManualClock::default();
        let shared = SreBreaker::with_clock(recipe, &clock).unwrap();
        let mut log = Log { law, count, newest: 0, counted: Vec::new() };
        let (mut mode, mut drops, mut would_reject) = (Mode::Enabled, 0, 0);
        let mut now = start;
        for (pause, step) in steps {
            now += pause;
            let at = Instant::from_nanos(now).unwrap();
            match step {
                Step::Ask(draw) => {
                    let (part, whole) = log.ratio(now);
                    let mut drawn = 0;
                    let asked = pure.try_acquire(&config, at, || {
                        drawn += 1;
                        draw as f64 / 1_024.0
                    });
                    let granted = match mode {
                        Mode::Disabled => true,
                        Mode::ForcedOpen => false,
                        _ => i128::from(draw) * whole >= part * 1_024,
                    };
                    let forced = mode == Mode::ForcedOpen;
                    let judged = matches!(mode, Mode::Enabled | Mode::DryRun);
                    prop_assert_eq!(drawn, i32::from(judged && part > 0), "draws used up");
                    if !granted && mode == Mode::DryRun {
                        would_reject += 1;
                        reach(2);
                    } else if !granted {
                        drops += 1;
                        reach(if forced { 3 } else { 1 });
                        if !forced && law.refusals != Refusals::Uncounted {
                            log.count_in(now, false);
                        }
                    } else {
                        reach(0);
                    }
                    let granted = granted || mode == Mode::DryRun;
                    prop_assert_eq!(asked.is_ok(), granted);
                    let shared = shared.try_acquire_at(at, draw as f64 / 1_024.0);
                    prop_assert_eq!(shared.map(drop), asked);
                    if let Err(rejected) = asked {
                        let exact = if forced { 1.0 } else { part as f64 / whole as f64 };
                        prop_assert_eq!(rejected.drop_ratio, exact);
                    }
                }
                Step::Settle(outcome, times, late) => {
                    let settled = now.saturating_sub(late);
                    for _ in 0..times {
                        let at = Instant::from_nanos(settled).unwrap();
                        if outcome != Outcome::Ignored {
                            log.count_in(settled, outcome == Outcome::Success);
                        }
                        pure.settle(&config, at, outcome);
                        shared.record_at(at, outcome);
                    }
                }
                Step::Mode(next) => {
                    mode = next;
                    pure.set_mode(next);
                    shared.set_mode(next);
                }
                Step::Look => {
                    let seen = pure.snapshot(&config, at);
                    let (requests, accepts) = log.window(now);
                    let (part, whole) = log.ratio(now);
                    prop_assert_eq!(i128::from(seen.requests), requests);
                    prop_assert_eq!(i128::from(seen.accepts), accepts);
                    prop_assert_eq!(seen.drop_ratio, part as f64 / whole as f64);
                    prop_assert_eq!((seen.mode, seen.drops), (mode, drops));
                    prop_assert_eq!(seen.would_reject, would_reject);
                    prop_assert_eq!(shared.snapshot_at(at), seen);
                    reach(if part > 0 { 4 } else { 5 });
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    let names = ["granted", "refused", "would be refused", "forced open", "ratio", "no ratio"];
    for (branch, reached) in names.iter().zip(reached) {
        assert!(reached.get() > 50, "{branch}: reached {} times only", reached.get());
    }
}
