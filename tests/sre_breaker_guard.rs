//! Permits, guarded calls, draws and modes of the shared SRE breaker.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resil_core::sre_breaker::{
    ConfigError, Mode, Outcome, Permit, Rejected, RunError, not_rejections,
};
use resil_core::{
    Clock, Instant, ManualClock, MonotonicClock, ScriptedDraw, SreBreaker, SreBreakerConfig,
    rolling_window,
};

/// A breaker at 6 failures of go-zero's old law: one call in seven is refused.
fn troubled(draws: &Arc<ScriptedDraw>) -> SreBreaker<ManualClock> {
    let recipe = SreBreakerConfig::go_zero_1_3();
    let breaker = SreBreaker::with_clock(recipe, ManualClock::default()).unwrap();
    for _ in 0..6 {
        breaker.record(Outcome::Failure);
    }
    breaker.with_draw(draws.clone())
}

fn script(draws: &[f64]) -> Arc<ScriptedDraw> {
    Arc::new(ScriptedDraw::new(draws.iter().copied()))
}

fn counted(breaker: &SreBreaker<impl Clock>) -> (u64, u64) {
    let seen = breaker.snapshot();
    (seen.accepts, seen.requests)
}

#[test]
fn breaker_and_permit_go_between_threads_and_show_themselves() {
    fn shared<T: Send + Sync + std::fmt::Debug>(value: &T) -> String {
        format!("{value:?}")
    }
    let breaker = SreBreaker::default();
    assert!(shared(&breaker).contains("mode: Enabled"));
    assert!(shared(&breaker.try_acquire().unwrap()).starts_with("Permit"));
    assert!(size_of::<SreBreaker>() <= 640, "as documented");
    assert_eq!(size_of::<Permit<'_>>(), size_of::<usize>());
}

#[test]
fn each_settlement_counts_once_and_a_dropped_permit_counts_nothing() {
    let breaker = SreBreaker::default();
    let ask = || breaker.try_acquire().unwrap();
    ask().success();
    assert_eq!(counted(&breaker), (1, 1));
    ask().failure();
    assert_eq!(counted(&breaker), (1, 2));
    ask().ignore();
    drop(ask());
    assert_eq!(counted(&breaker), (1, 2));
    ask().settle(Outcome::Success);
    assert_eq!(counted(&breaker), (2, 3));
}

#[test]
fn a_permit_counts_at_the_instant_it_is_settled_not_when_it_was_given() {
    let clock = ManualClock::default();
    let breaker = SreBreaker::with_clock(SreBreakerConfig::default(), clock.clone()).unwrap();
    let permit = breaker.try_acquire().unwrap();
    clock.advance(Duration::from_secs(60));
    permit.success();
    assert_eq!(counted(&breaker), (1, 1));
    breaker.try_acquire().unwrap().failure_at(Instant::ZERO);
    assert_eq!(counted(&breaker), (1, 1), "a bucket that has left the window takes nothing");
    breaker.try_acquire().unwrap().success_at(clock.now());
    assert_eq!(counted(&breaker), (2, 2));
}

#[test]
fn a_permit_dropped_by_a_panic_is_a_failure_and_the_panic_goes_on() {
    let breaker = SreBreaker::default();
    let call =
        catch_unwind(AssertUnwindSafe(|| breaker.run(|| -> Result<(), ()> { panic!("call") })));
    assert_eq!(*call.unwrap_err().downcast::<&str>().unwrap(), "call");
    assert_eq!(counted(&breaker), (0, 1));
    let classified = catch_unwind(AssertUnwindSafe(|| {
        breaker.run_with(|| 1, |_| panic!("classify"), |_| 0);
    }));
    assert_eq!(*classified.unwrap_err().downcast::<&str>().unwrap(), "classify");
    assert_eq!(counted(&breaker), (0, 2));
}

#[test]
fn run_counts_what_came_of_the_call_and_does_not_make_a_refused_one() {
    let draws = script(&[0.14, 0.15]);
    let breaker = troubled(&draws);
    let refused: Result<(), RunError<()>> = breaker.run(|| unreachable!("refused"));
    assert!(matches!(refused, Err(RunError::Rejected(Rejected { forced_open: false, .. }))));
    assert_eq!(breaker.run(|| Ok::<_, ()>(5)), Ok(5));
    assert_eq!(counted(&breaker), (1, 7));
    assert_eq!(breaker.run(|| Err::<(), _>("no")), Err(RunError::Failed("no")));
    assert_eq!(counted(&breaker), (1, 8));
}

#[test]
fn the_fallback_is_called_on_a_refusal_only_and_told_why() {
    let draws = script(&[0.0]);
    let breaker = troubled(&draws);
    let answer =
        breaker.run_with(|| unreachable!(), |_: &f64| unreachable!(), |why| why.drop_ratio);
    assert_eq!(answer, 1.0 / 7.0);
    breaker.set_mode(Mode::ForcedOpen);
    assert!(breaker.run_with(|| false, |_| unreachable!(), |why| why.forced_open));
    breaker.set_mode(Mode::Disabled);
    let answer = breaker.run_with(|| "made", |_| Outcome::Ignored, |_| unreachable!());
    assert_eq!((answer, counted(&breaker)), ("made", (0, 6)));
}

#[test]
fn a_refusal_further_in_is_no_failure_of_the_outer_call() {
    let (inner, outer) = (SreBreaker::default(), SreBreaker::default());
    inner.set_mode(Mode::ForcedOpen);
    let call = || inner.run(|| Ok::<_, std::io::Error>(()));
    for _ in 0..100 {
        let answer = outer.run_with(call, not_rejections, |_| unreachable!());
        assert!(matches!(answer, Err(RunError::Rejected(_))));
    }
    assert_eq!(counted(&outer), (0, 0));
}

#[test]
fn a_draw_is_used_up_only_where_there_is_something_to_draw_for() {
    let draws = script(&[0.5]);
    let healthy = SreBreaker::default().with_draw(draws.clone());
    healthy.try_acquire().unwrap().success();
    let breaker = troubled(&draws);
    for mode in [Mode::Disabled, Mode::ForcedOpen] {
        breaker.set_mode(mode);
        let _ = breaker.try_acquire();
    }
    assert_eq!(draws.drawn(), 0);
    breaker.set_mode(Mode::DryRun);
    let _ = breaker.try_acquire();
    breaker.set_mode(Mode::Enabled);
    let _ = breaker.try_acquire();
    assert_eq!(draws.drawn(), 2);
}

#[test]
fn without_draws_of_one_s_own_the_share_refused_is_the_ratio() {
    let breaker =
        SreBreaker::with_clock(SreBreakerConfig::sre_book(), ManualClock::default()).unwrap();
    breaker.set_mode(Mode::DryRun);
    breaker.record(Outcome::Success);
    for _ in 0..4 {
        breaker.record(Outcome::Failure);
    }
    assert_eq!(breaker.snapshot().drop_ratio, 0.5);
    for _ in 0..20_000 {
        assert!(breaker.try_acquire().is_ok());
    }
    let refused = breaker.snapshot().would_reject;
    // Standard deviation 71: eight of them.
    assert!(refused.abs_diff(10_000) < 566, "{refused}");
}

#[test]
fn an_awaited_call_is_settled_when_done_and_ignored_when_given_up() {
    let breaker = SreBreaker::default();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut done = pin!(breaker.run_async(|| async { Ok::<_, ()>(3) }));
        assert_eq!(done.as_mut().poll(&mut context), Poll::Ready(Ok(3)));
    }
    assert_eq!(counted(&breaker), (1, 1));
    {
        let mut given_up = pin!(breaker.run_async(std::future::pending::<Result<(), ()>>));
        assert!(given_up.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(counted(&breaker), (1, 1));
    let failed = pin!(breaker.run_async(|| async { Err::<(), _>(()) })).poll(&mut context);
    assert_eq!(failed, Poll::Ready(Err(RunError::Failed(()))));
    assert_eq!(counted(&breaker), (1, 2));
}

#[test]
fn a_bucket_too_narrow_for_the_coarse_clock_is_refused_naming_the_one_that_serves() {
    let recipe = SreBreakerConfig::default().with_window(Duration::from_millis(99), 20);
    let error = SreBreaker::new(recipe).unwrap_err();
    let at_least = Duration::from_millis(100);
    let window = rolling_window::ConfigError::BucketWidthTooShortForClock { at_least };
    assert_eq!(error, ConfigError::Window(window));
    assert!(error.to_string().contains("MonotonicClock"));
    assert!(SreBreaker::with_clock(recipe, MonotonicClock).is_ok());
    assert_eq!(
        SreBreaker::new(recipe.with_multiplier(0.5)).unwrap_err(),
        ConfigError::MultiplierOutOfRange
    );
}

#[test]
fn threads_that_settle_at_once_are_all_counted() {
    let breaker =
        SreBreaker::with_clock(SreBreakerConfig::go_zero(), ManualClock::default()).unwrap();
    breaker.set_mode(Mode::Disabled);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let breaker = &breaker;
            scope.spawn(move || {
                for i in 0..10_000 {
                    let permit = breaker.try_acquire().unwrap();
                    permit.settle(if i % 4 == n { Outcome::Failure } else { Outcome::Success });
                }
            });
        }
    });
    assert_eq!(counted(&breaker), (30_000, 40_000));
}
