//! The period limiter against its slow model, and what its types promise.

mod random_bytes;

use std::cell::RefCell;
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::period_limiter::{ConfigError, Granted, Kind, Peek, Snapshot};
use resil_core::{AnyClock, Clock, Instant, ManualClock, MonotonicClock, PeriodLimiter, UnixClock};
use resil_tests::branches::Branches;
use resil_tests::corpus::corpus;
use resil_tests::period_limiter_script::{BRANCHES, run, shared};

const KINDS: [Kind; 3] =
    [Kind::FromFirstUse, Kind::Aligned { utc_offset_secs: 3_600 }, Kind::Sliding];

#[test]
fn pure_and_shared_limiter_answer_as_the_slow_model_for_any_script() {
    let reached = RefCell::new(Branches::default());
    on_random_bytes("period_limiter_model", 1_200, 300, |bytes| {
        reached.borrow_mut().add(&run(bytes))
    });
    reached.borrow().assert_reached(BRANCHES, 5);
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    for seed in corpus("period_limiter") {
        run(&seed);
    }
}

#[test]
fn threads_that_ask_at_once_are_granted_the_limit_and_one_of_them_the_last() {
    const LIMIT: u32 = 3_000;
    for kind in KINDS {
        let limiter = shared(LIMIT, Duration::from_secs(10), kind);
        let ask = || (0..1_000).map(|_| limiter.try_acquire_at(Instant::ZERO, 1)).collect();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| -> Vec<_> { ask() }));
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let count = |wanted| answers.iter().filter(|answer| **answer == Ok(wanted)).count();
        assert_eq!(count(Granted::Granted), LIMIT as usize - 1, "{kind:?}");
        assert_eq!(count(Granted::GrantedLast), 1, "{kind:?}");
    }
}

#[test]
fn threads_in_moving_windows_are_granted_each_window_s_limit_and_no_more() {
    use std::sync::atomic::{AtomicU64, Ordering};
    // More requests in each window than its limit, so every window is used up, whatever the order.
    const WINDOWS: u64 = 20;
    const EACH: u64 = 400;
    let limiter = shared(50, Duration::from_nanos(1_000), Kind::Aligned { utc_offset_secs: 0 });
    let tick = AtomicU64::new(0);
    let granted = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let number = tick.fetch_add(1, Ordering::Relaxed);
                    if number >= WINDOWS * EACH {
                        break;
                    }
                    let now = Instant::from_nanos(number / EACH * 1_000).unwrap();
                    let answer = limiter.try_acquire_at(now, 1);
                    granted.fetch_add(answer.is_ok().into(), Ordering::Relaxed);
                }
            });
        }
    });
    // A thread held up for a whole window brings its request to a later one: then one window sees fewer.
    let granted = granted.into_inner();
    assert!(granted <= WINDOWS * 50, "{granted}");
    assert_eq!(limiter.snapshot_at(Instant::from_nanos(19_000).unwrap()).taken, 50);
}

#[test]
fn each_kind_runs_on_its_clock_and_on_any_other() {
    let minute = Duration::from_secs(60);
    let from_first_use: PeriodLimiter<MonotonicClock> = PeriodLimiter::new(1, minute).unwrap();
    let aligned: PeriodLimiter<UnixClock> = PeriodLimiter::aligned(1, minute, 0).unwrap();
    assert_eq!(from_first_use.try_acquire(1), Ok(Granted::GrantedLast));
    assert_eq!(aligned.try_acquire(1), Ok(Granted::GrantedLast));
    let chosen = aligned.with_clock(AnyClock::from(UnixClock));
    assert_eq!(chosen.try_acquire(1), Ok(Granted::GrantedLast), "as newly made");
    let clock = ManualClock::default();
    let sliding = PeriodLimiter::sliding(2, minute).unwrap().with_clock(clock.clone());
    assert_eq!(sliding.try_acquire(2), Ok(Granted::GrantedLast));
    clock.advance(minute * 2);
    assert_eq!(sliding.try_acquire(1), Ok(Granted::Granted));
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    // Either may be set meanwhile, so no closer than that.
    let apart = UnixClock.now().as_nanos().abs_diff(wall.as_nanos() as u64);
    assert!(apart < 60_000_000_000, "{apart} ns apart");
    assert!(UnixClock.resolution() > Duration::ZERO);
}

#[test]
fn what_a_user_holds_goes_to_any_thread_shows_itself_and_has_the_documented_size() {
    fn any_thread<T: Send + Sync + Unpin>() {}
    any_thread::<PeriodLimiter>();
    any_thread::<PeriodLimiter<AnyClock>>();
    any_thread::<(Granted, Kind, Peek, Snapshot, ConfigError)>();
    let source = include_str!("../resil-core/src/concurrent/period_limiter.rs");
    assert!(source.contains(&format!(" {} bytes", size_of::<PeriodLimiter>())));
    for kind in KINDS {
        let text = format!("{:?}", shared(5, Duration::from_secs(7), kind));
        assert!(text.starts_with("PeriodLimiter { limit: 5, period: 7s, kind: "), "{text}");
    }
}

#[test]
fn a_snapshot_shows_what_was_taken_in_both_windows() {
    let limiter = shared(10, Duration::from_secs(10), Kind::Sliding);
    let at = |secs: u64| Instant::from_nanos(secs * 1_000_000_000).unwrap();
    assert_eq!(limiter.snapshot_at(at(3)).taken, 0);
    let _ = limiter.try_acquire_at(at(5), 4);
    let _ = limiter.try_acquire_at(at(15), 6);
    let seen = limiter.snapshot_at(at(15));
    assert_eq!((seen.limit, seen.taken, seen.taken_before, seen.remaining), (10, 6, 4, 2));
    assert_eq!(seen.reset_after, Duration::from_secs(5));
    let unused = shared(10, Duration::from_secs(10), Kind::FromFirstUse).snapshot_at(at(3));
    assert_eq!((unused.taken, unused.remaining, unused.reset_after), (0, 10, Duration::ZERO));
}
