//! Models of the breaker's gate: asking by one load, against failures that come late and asks that clear it.
//!
//! Run by `ci/loom` and `ci/shuttle`.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use checker::atomic::{AtomicBool, Ordering};
use checker::{Arc, OTHERS, check, each_and_here, join_all, spawn_each, thread};
use resil_core::sre_breaker::{Mode, Outcome};
use resil_core::{Instant, ManualClock, SreBreaker, SreBreakerConfig};

/// Two buckets of a second; every failure that is seen leads to a refusal of draw 0.
fn breaker(recipe: SreBreakerConfig) -> Arc<SreBreaker> {
    let recipe = recipe.with_window(Duration::from_secs(1), 2).with_protection(0);
    Arc::new(SreBreaker::new(recipe).unwrap())
}

fn second(s: u64) -> Instant {
    Instant::from_nanos(s * 1_000_000_000).unwrap()
}

fn passes(breaker: &SreBreaker, s: u64) -> bool {
    breaker.try_acquire_at(second(s), 0.0).is_ok()
}

/// Invariant: a failure that was settled before an ask began is never hidden from it by the gate while it is in
/// the ask's window, whoever else asks, clears or fails meanwhile.
#[test]
fn a_settled_failure_is_never_hidden_by_the_clearing_of_an_older_one() {
    check(|| {
        let breaker = breaker(SreBreakerConfig::go_zero_1_3());
        breaker.record_at(second(0), Outcome::Failure);
        let settled = Arc::new(AtomicBool::new(false));
        let failing = {
            let (breaker, settled) = (breaker.clone(), settled.clone());
            thread::spawn(move || {
                breaker.record_at(second(1), Outcome::Failure);
                settled.store(true, Ordering::Release);
            })
        };
        // At 2 s the first failure has left: this ask clears the gate, unless it sees the second.
        let clearing = spawn_each(OTHERS / 2, &breaker, |_, breaker| passes(breaker, 2));
        if settled.load(Ordering::Acquire) {
            assert!(!passes(&breaker, 2));
        }
        failing.join().unwrap();
        join_all(clearing);
        assert!(!passes(&breaker, 2), "the failure of 1 s is in the window until 3 s");
        assert!(passes(&breaker, 3));
    });
}

/// Invariant: a failure of an older bucket that settles late does not shorten the trouble that a newer one
/// raised, and is seen itself while it is in the window.
#[test]
fn a_late_failure_does_not_shorten_newer_trouble() {
    check(|| {
        let breaker = breaker(SreBreakerConfig::go_zero_1_3());
        let late = spawn_each(OTHERS / 2, &breaker, |_, breaker| {
            breaker.record_at(second(0), Outcome::Failure);
        });
        breaker.record_at(second(1), Outcome::Failure);
        assert!(!passes(&breaker, 1));
        join_all(late);
        assert_eq!(breaker.snapshot_at(second(1)).requests, 1 + (OTHERS / 2) as u64);
        assert!(!passes(&breaker, 2));
        assert!(passes(&breaker, 3));
    });
}

/// Invariant: a change of mode and a failure that meet are both in force afterwards.
#[test]
fn a_change_of_mode_loses_no_failure_and_no_failure_undoes_it() {
    check(|| {
        let breaker = breaker(SreBreakerConfig::go_zero_1_3());
        breaker.set_mode(Mode::Disabled);
        let failing = {
            let breaker = breaker.clone();
            thread::spawn(move || breaker.record_at(second(0), Outcome::Failure))
        };
        breaker.set_mode(Mode::Enabled);
        failing.join().unwrap();
        assert_eq!(breaker.snapshot_at(second(0)).mode, Mode::Enabled);
        assert!(!passes(&breaker, 0));
    });
}

/// Invariant: forcing the breaker open holds against an ask that clears the gate at that moment.
#[test]
fn clearing_never_undoes_a_forced_opening() {
    check(|| {
        let breaker = breaker(SreBreakerConfig::go_zero_1_3());
        breaker.record_at(second(0), Outcome::Failure);
        let clearing = {
            let breaker = breaker.clone();
            thread::spawn(move || passes(&breaker, 5))
        };
        breaker.set_mode(Mode::ForcedOpen);
        assert!(!passes(&breaker, 5));
        let _ = clearing.join().unwrap();
        assert!(!passes(&breaker, 5));
    });
}

/// Invariant: refusals that count are counted once each, and keep the gate up as failures do.
#[test]
fn counted_refusals_are_neither_lost_nor_hidden() {
    check(|| {
        let breaker = breaker(SreBreakerConfig::sre_book());
        breaker.record_at(second(0), Outcome::Failure);
        let others = spawn_each(OTHERS / 2, &breaker, |_, breaker| assert!(!passes(breaker, 1)));
        assert!(!passes(&breaker, 1));
        join_all(others);
        let seen = breaker.snapshot_at(second(1));
        let refused = 1 + (OTHERS / 2) as u64;
        assert_eq!((seen.requests, seen.drops), (1 + refused, refused));
        assert!(!passes(&breaker, 2), "the refusals are in the window until 3 s");
    });
}

/// Invariant: of several calls that are overdue at once, exactly one is forced through.
#[test]
fn one_overdue_call_is_forced_through_not_all() {
    check(|| {
        let recipe = SreBreakerConfig::go_zero_1_3()
            .with_forced_pass_after(Some(Duration::from_millis(1)))
            .with_multiplier(1.0);
        let breaker = breaker(recipe);
        breaker.record_at(second(0), Outcome::Failure);
        assert!(breaker.try_acquire_at(second(0), 0.99).is_ok());
        let others = spawn_each(OTHERS / 2, &breaker, |_, breaker| passes(breaker, 1));
        let mut passed = vec![passes(&breaker, 1)];
        passed.extend(join_all(others));
        assert_eq!(passed.iter().filter(|passed| **passed).count(), 1, "{passed:?}");
    });
}

/// Invariant: a permit counts once, as what it was settled with, whichever thread settles it and whoever asks
/// meanwhile: dropped while its thread panics as a failure, ignored as nothing.
#[test]
fn permits_settled_by_any_thread_count_once_each() {
    check(|| {
        let recipe = SreBreakerConfig::go_zero_1_3().with_window(Duration::from_secs(1), 2);
        let breaker = SreBreaker::with_clock(recipe, ManualClock::default()).unwrap();
        // Requests and accepts that its permit is to count as. The default protection lets all of them pass.
        let breaker = Arc::new(breaker);
        let counted = each_and_here(&breaker, |number, breaker| {
            let permit = breaker.try_acquire_at(second(0), 0.0).expect("too few to refuse");
            match number % 3 {
                0 => {
                    let panicking = AssertUnwindSafe(move || {
                        let _permit = permit;
                        resume_unwind(Box::new(()));
                    });
                    assert!(catch_unwind(panicking).is_err());
                    (1, 0)
                }
                1 => {
                    permit.success();
                    (1, 1)
                }
                _ => {
                    permit.ignore();
                    (0, 0)
                }
            }
        });
        let sum = counted.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let seen = breaker.snapshot_at(second(0));
        assert_eq!((seen.requests, seen.accepts), sum);
    });
}
