//! Over every interval, real threads with real clocks are admitted no more than burst + rate × (interval + 2
//! ticks).

use std::env;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use resil_core::{Clock, Instant, LeakyBucket, MonotonicClock, Quota, TokenBucket};
use resil_tests::admission::{Use, assert_bounded};

const THREADS: usize = 4;
const EACH: usize = 40_000;

/// So many permits per second that threads are admitted often and refused often.
fn quota() -> Quota {
    Quota::new(1_000_003, Duration::from_secs(1), 50).unwrap()
}

/// Lets threads ask as often and as fast as they can, each by its own reading of the clock, and bounds what they
/// were admitted for.
fn admitted_within_the_bound(late: u64, ask: impl Fn(Instant) -> Option<u64> + Sync) {
    let barrier = Barrier::new(THREADS);
    let asking = || {
        barrier.wait();
        let ask_now = |_| ask(MonotonicClock.now()).map(|at| Use { at, permits: 1 });
        (0..EACH).filter_map(ask_now).collect::<Vec<_>>()
    };
    let uses = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(asking)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(uses.len() > 50, "only {} admitted", uses.len());
    let met = assert_bounded(quota(), uses, late);
    // Under a sanitizer threads ask too seldom to come up against the limit; then it is for the sanitizer to see more.
    let sanitized = env::var_os("RESIL_SANITIZED").is_some();
    assert!(met || sanitized, "the bound was never met: it shows nothing");
}

#[test]
fn threads_at_a_token_bucket_are_admitted_no_more_than_the_bound() {
    let bucket = TokenBucket::new(quota());
    admitted_within_the_bound(0, |now| bucket.try_acquire_at(now, 1).ok().map(|()| now.as_nanos()));
}

#[test]
fn threads_that_also_reserve_are_admitted_no_more_than_the_bound() {
    let bucket = TokenBucket::new(quota());
    admitted_within_the_bound(1, |now| {
        // A promise every few asks leaves a debt, in which the others are refused.
        if now.as_nanos() % 8 != 0 {
            return bucket.try_acquire_at(now, 1).ok().map(|()| now.as_nanos());
        }
        let timeout = Some(Duration::from_micros(20));
        let promised = bucket.reserve_within_at(now, 1, timeout).ok()?;
        Some(promised.ready_at().as_nanos())
    });
}

#[test]
fn threads_at_a_leaky_meter_are_admitted_no_more_than_the_bound() {
    let meter = LeakyBucket::meter(quota());
    admitted_within_the_bound(0, |now| meter.try_acquire_at(now, 1).ok().map(|()| now.as_nanos()));
}
