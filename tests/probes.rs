//! Where other libraries break, a test each. The rest of them stands elsewhere:
//!
//! memory.rs::asking_settling_and_refusing_allocate_nothing
//! memory.rs::nodes_that_come_and_go_do_not_make_a_ring_grow
//! leaky_bucket_model.rs::at_any_polling_step_the_rate_is_reached_to_the_last_permit
//! token_bucket_waiting.rs::waiters_are_served_in_order_of_arrival_one_interval_apart
//! token_bucket_waiting.rs::dropping_an_async_wait_gives_its_permits_back
//! token_bucket_waiting.rs::dropping_an_async_wait_that_was_never_polled_takes_nothing
//! token_bucket_model.rs::three_permits_in_seven_seconds_kept_dry_for_eighteen_years_grant_exactly_what_is_due
//! rolling_window_types.rs::threads_that_record_into_moving_buckets_lose_nothing_and_count_nothing_twice
//! hash_ring_model.rs::in_go_zero_s_layout_too_a_node_takes_its_own_points_only_with_it
//! hash_ring_model.rs::bounded_load_leaves_nobody_above_the_limit_and_refuses_nobody
//! single_flight_threads.rs::different_keys_never_wait_for_one_another
//! single_flight_threads.rs::a_thousand_followers_share_one_value_that_is_never_copied
//! single_flight_threads.rs::a_panic_goes_on_in_the_leader_and_followers_are_told
//! single_flight_threads.rs::a_follower_whose_time_is_up_leaves_the_others_waiting
//! single_flight_threads.rs::forgetting_lets_the_next_caller_run_and_leaves_those_who_wait
//! single_flight_tasks.rs::all_followers_are_woken_by_the_landing_each_once
//! single_flight_tasks.rs::a_storm_of_cancelled_tasks_leaves_nothing_behind_and_nobody_waiting
//! single_flight_tasks.rs::when_the_leader_is_cancelled_one_follower_makes_the_call_and_the_others_share_it
//! sre_breaker_guard.rs::a_refusal_further_in_is_no_failure_of_the_outer_call
//! sre_breaker_guard.rs::each_settlement_counts_once_and_a_dropped_permit_counts_nothing
//! sre_breaker_guard.rs::a_permit_dropped_by_a_panic_is_a_failure_and_the_panic_goes_on
//! store_answers.rs::two_clients_an_hour_apart_share_one_limit
//! store_answers.rs::a_key_lives_until_its_limiter_is_as_new_and_no_longer

use std::cell::Cell;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use resil_core::sre_breaker::Outcome;
use resil_core::token_bucket::Cancelled;
use resil_core::{
    Clock, Ewma, Instant, LeakyBucket, ManualClock, PeriodLimiter, Quota, RollingWindow,
    SreBreaker, SreBreakerConfig, TokenBucket,
};

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos).unwrap()
}

#[test]
fn each_of_the_tests_named_above_is_there() {
    let mut named = 0;
    for line in include_str!("probes.rs").lines().filter_map(|line| line.strip_prefix("//! ")) {
        let Some((file, test)) = line.split_once(".rs::") else { continue };
        let path = format!("{}/{file}.rs", env!("CARGO_MANIFEST_DIR"));
        let source =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(source.contains(&format!("fn {test}()")), "{line}");
        named += 1;
    }
    assert!(named > 20);
}

/// One a day with a burst of a million is 2739 years of debt in nanoseconds, beyond 64 bits.
#[test]
fn a_slow_rate_with_a_large_burst_is_refused_by_name_or_exact() {
    let quota = |burst| Quota::new(1, Duration::from_secs(86_400), burst);
    assert!(quota(1_000_000).unwrap_err().to_string().starts_with("burst"));
    let bucket = TokenBucket::new(quota(51_000).unwrap());
    let granted = (0..60_000).filter(|_| bucket.try_acquire_at(at(5), 1).is_ok()).count();
    assert_eq!(granted, 51_000);
}

/// An interval in whole nanoseconds makes the first 11 % too fast, the second 67 %, and the third a third too slow.
#[test]
fn rates_near_one_permit_a_nanosecond_are_exact() {
    for rate in [300_000_000_u32, 600_000_000, 1_500_000_000, 4_000_000_000] {
        let bucket = TokenBucket::new(Quota::new(rate, SECOND, rate).unwrap());
        assert!(bucket.try_acquire_at(at(0), rate).is_ok());
        let taken = |nanos: u64| {
            let due = u64::from(rate) * nanos / 1_000_000_000;
            let held = bucket.peek_at(at(nanos), 1).remaining;
            (u64::from(held), due)
        };
        for nanos in [1, 3, 7, 10, 999, 1_000_003, 333_333_333, 999_999_999, 1_000_000_000] {
            let (held, due) = taken(nanos);
            assert_eq!(held, due, "{rate} a second, {nanos} ns after it was dry");
        }
    }
}

/// Fractions that a refill throws away make 3 of 5 at one polling step, and 2 of 5 at the other.
#[test]
fn one_a_minute_is_five_in_five_minutes_at_any_polling_step() {
    for step in [100_000, 119_000] {
        // Room for one more, so that what is due a little before a poll is not lost for want of it.
        let bucket = TokenBucket::new(Quota::per_minute(1).unwrap().with_burst(2).unwrap());
        assert!(bucket.try_acquire_at(at(0), 2).is_ok());
        let polls = (1..).map(|n| n * step).take_while(|nanos| *nanos <= 300_000_000_000 + step);
        let granted = polls.filter(|nanos| bucket.try_acquire_at(at(*nanos), 1).is_ok()).count();
        assert_eq!(granted, 5, "polled each {step} ns");
    }
}

/// A count of calls that never slides needs 10 000 failures then, and weights by the milliseconds between samples need
/// a fifth of the window whatever the traffic.
#[test]
fn an_outage_after_ten_thousand_successes_is_met_within_as_many_calls_as_the_law_says() {
    let breaker = SreBreaker::new(SreBreakerConfig::go_zero_1_3()).unwrap();
    for n in 0..10_000 {
        breaker.record_at(at(n * 1_000_000), Outcome::Success);
    }
    // One window later they are gone.
    let later = 10_000 * 1_000_000 + 10_000_000_000;
    let mut let_in = 0;
    for n in 0..1_000 {
        let now = at(later + n);
        if let Ok(permit) = breaker.try_acquire_at(now, 0.5) {
            permit.failure_at(now);
            let_in += 1;
        }
    }
    // (R - 5) / (R + 1) is above 0.5 from R = 12 on.
    assert_eq!(let_in, 12);
}

/// Samples of one millisecond count each, where an average by time gives all but one of them no weight.
#[test]
fn a_thousand_outcomes_of_one_instant_all_count() {
    let breaker = SreBreaker::new(SreBreakerConfig::go_zero_1_3()).unwrap();
    for n in 0..1_000 {
        let outcome = if n % 2 == 0 { Outcome::Success } else { Outcome::Failure };
        breaker.record_at(at(7), outcome);
    }
    let seen = breaker.snapshot_at(at(7));
    assert_eq!((seen.requests, seen.accepts), (1_000, 500));
    let mean = Ewma::sample_weighted(SECOND).unwrap();
    (0..1_000).for_each(|n| mean.record_at(at(7), f64::from(n % 2)).unwrap());
    assert_eq!(mean.value_at(at(7)), Some(0.5));
}

/// A budget elsewhere walks every slot of the year, five seconds under its lock.
#[test]
fn after_a_year_of_silence_each_answers_as_if_it_were_new() {
    let idle = at(YEAR.as_nanos() as u64);
    let window = RollingWindow::new(SECOND, 40).unwrap();
    for n in 0..100 {
        let _ = window.record_at(at(n), n);
    }
    assert_eq!(window.totals_at(idle).count, 0);
    window.record_at(idle, 3);
    assert_eq!((window.totals_at(idle).sum, window.totals_at(idle).count), (3, 1));
    let breaker = SreBreaker::new(SreBreakerConfig::go_zero()).unwrap();
    (0..100).for_each(|n| breaker.record_at(at(n), Outcome::Failure));
    assert!(breaker.try_acquire_at(at(100), 0.0).is_err());
    assert!(breaker.try_acquire_at(idle, 0.0).is_ok());
    let bucket = TokenBucket::new(Quota::per_second(10).unwrap());
    assert!(bucket.try_acquire_at(at(0), 10).is_ok());
    assert!(bucket.try_acquire_at(idle, 10).is_ok() && bucket.try_acquire_at(idle, 1).is_err());
    let limiter = PeriodLimiter::sliding(10, SECOND).unwrap();
    assert!(limiter.try_acquire_at(at(0), 10).is_ok());
    assert!(limiter.try_acquire_at(idle, 10).is_ok() && limiter.try_acquire_at(idle, 1).is_err());
    let peak = Ewma::peak(SECOND).unwrap();
    peak.record_at(at(0), 1e300).unwrap();
    assert_eq!(peak.value_at(idle), Some(0.0));
}

/// Where time is the wall's, a step of an hour wipes a window, stops a probe, or panics.
#[test]
fn a_clock_that_steps_back_by_an_hour_wipes_nothing_and_stops_nothing() {
    let (now, hour) = (at(7_200_000_000_000), at(3_600_000_000_000));
    let window = RollingWindow::new(SECOND, 40).unwrap();
    window.record_at(now, 5);
    let _ = window.record_at(hour, 5);
    assert_eq!(window.totals_at(now).sum, 5, "what came an hour late is in no bucket");
    let bucket = TokenBucket::new(Quota::per_second(10).unwrap());
    assert!(bucket.try_acquire_at(now, 5).is_ok());
    assert!(bucket.try_acquire_at(hour, 1).is_err(), "what is earlier may be refused more");
    assert!(bucket.try_acquire_at(now, 5).is_ok(), "and takes nothing from what comes after");
    assert!(bucket.try_acquire_at(now, 1).is_err());
    assert!(bucket.try_acquire_at(at(7_200_100_000_000), 1).is_ok(), "the rate goes on from there");
    let breaker = SreBreaker::new(SreBreakerConfig::go_zero()).unwrap();
    (0..100).for_each(|_| breaker.record_at(now, Outcome::Failure));
    breaker.record_at(hour, Outcome::Success);
    let seen = breaker.snapshot_at(now);
    assert_eq!((seen.requests, seen.accepts), (100, 0));
}

/// A clock that counts how often it is read.
struct Counted(AtomicU32);

impl Clock for &'static Counted {
    fn now(&self) -> Instant {
        self.0.fetch_add(1, Ordering::Relaxed);
        at(1)
    }

    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

fn reads<T>(clock: &Counted, name: &str, operation: impl FnOnce() -> T) {
    let before = clock.0.load(Ordering::Relaxed);
    operation();
    assert_eq!(clock.0.load(Ordering::Relaxed) - before, 1, "{name}");
}

#[test]
fn every_operation_reads_its_clock_once() {
    let counted: &'static Counted = Box::leak(Box::new(Counted(AtomicU32::new(0))));
    let quota = Quota::per_second(10).unwrap();
    let bucket = TokenBucket::new(quota).with_clock(counted);
    reads(counted, "grant", || bucket.try_acquire(10).unwrap());
    reads(counted, "refusal", || bucket.try_acquire(1).unwrap_err());
    reads(counted, "peek", || bucket.peek(1));
    reads(counted, "reserve", || bucket.reserve(1).unwrap());
    reads(counted, "snapshot", || bucket.snapshot());
    let meter = LeakyBucket::meter(quota).with_clock(counted);
    reads(counted, "meter", || meter.try_acquire(1).unwrap());
    let limiter = PeriodLimiter::new(10, SECOND).unwrap().with_clock(counted);
    reads(counted, "period", || limiter.try_acquire(1).unwrap());
    let window = RollingWindow::with_clock(SECOND, 40, counted).unwrap();
    reads(counted, "record", || window.record(1));
    reads(counted, "totals", || window.totals());
    let ewma = Ewma::by_time(SECOND).unwrap().with_clock(counted);
    reads(counted, "sample", || ewma.record(1.0).unwrap());
    let breaker = SreBreaker::with_clock(SreBreakerConfig::go_zero_1_3(), counted).unwrap();
    reads(counted, "outcome", || breaker.record(Outcome::Failure));
    (0..20).for_each(|_| breaker.record_at(at(1), Outcome::Failure));
    reads(counted, "breaker in trouble", || breaker.try_acquire());
}

/// Waiting by trying again costs N²/2 questions for N waiters, and keeps no order.
#[test]
fn four_hundred_waiters_ask_once_and_sleep_once_each_and_are_served_in_order() {
    const WAITERS: u64 = 400;
    let clock = ManualClock::default();
    let bucket = TokenBucket::new(Quota::per_second(1_000).unwrap().with_burst(1).unwrap())
        .with_clock(clock);
    let slept = Cell::new(0);
    for n in 0..WAITERS {
        let sleep = |wait: Duration| {
            slept.set(slept.get() + 1);
            assert_eq!(wait, Duration::from_millis(n));
            ready(())
        };
        let mut waiting = pin!(bucket.acquire_async(1, None, sleep));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    // The first needed no sleep.
    assert_eq!(slept.get(), WAITERS - 1);
}

/// A permit that counts late falls into the time in which it is settled, and an old state's results end no newer one.
#[test]
fn results_of_calls_that_outlast_the_window_count_when_they_come() {
    let breaker = SreBreaker::new(SreBreakerConfig::go_zero_1_3()).unwrap();
    let permits: Vec<_> = (0..20).map(|_| breaker.try_acquire_at(at(0), 0.5).unwrap()).collect();
    let later = at(100_000_000_000);
    permits.into_iter().for_each(|permit| permit.failure_at(later));
    assert_eq!(breaker.snapshot_at(later).requests, 20);
    assert!(breaker.try_acquire_at(later, 0.5).is_err());
}

/// Who cancels half of what is promised finds no permit lost.
#[test]
fn half_the_callers_cancel_and_the_rate_is_what_it_was() {
    let bucket = TokenBucket::new(Quota::per_second(10).unwrap().with_burst(10).unwrap());
    assert!(bucket.try_acquire_at(at(0), 10).is_ok());
    let promised: Vec<_> = (0..100).map(|_| bucket.reserve_at(at(0), 1).unwrap()).collect();
    // From the newest on, so that each gives back all it took.
    let cancelled = promised.into_iter().rev().take(50);
    for reservation in cancelled {
        assert_eq!(reservation.cancel_at(at(0)), Cancelled::GaveBack);
    }
    let next = bucket.reserve_at(at(0), 1).unwrap();
    assert_eq!(next.ready_after(), Duration::from_millis(5_100));
}
