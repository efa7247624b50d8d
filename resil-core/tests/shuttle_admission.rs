//! Over every interval, threads are admitted no more than burst + rate × (interval + 2 ticks), whatever the order
//! in which they come and however old the instants that they bring.
//!
//! Run by `ci/shuttle`. Instants are random as the schedule is.
#![cfg(resil_shuttle)]

#[path = "checker/admission.rs"]
mod admission;
mod checker;

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use admission::{Use, assert_bounded};
use checker::{Arc, check, join_all, spawn_each};
use resil_core::{Instant, LeakyBucket, Quota, TokenBucket};
use shuttle::rand::{Rng, thread_rng};

const THREADS: usize = 6;
const EACH: usize = 6;

/// Three permits per microsecond: a permit is no whole number of nanoseconds.
fn quota() -> Quota {
    Quota::new(3, Duration::from_micros(1), 2).unwrap()
}

/// Lets threads ask at random instants of a few permits' time, and bounds what they were admitted for.
fn admitted_within_the_bound<T: Send + Sync + 'static>(
    make: fn() -> T,
    late: u64,
    ask: fn(&T, Instant, u32) -> Option<Use>,
) {
    // No part of the model: counted over all schedules.
    let met = StdArc::new(AtomicU64::new(0));
    let count = met.clone();
    check(move || {
        let limiter = Arc::new(make());
        let uses = join_all(spawn_each(THREADS, &limiter, move |_, limiter| {
            let ask_at_some_instant = |_| {
                let now = Instant::from_nanos(1_000 + thread_rng().gen_range(0..1_500)).unwrap();
                ask(limiter, now, thread_rng().gen_range(1..=2))
            };
            (0..EACH).filter_map(ask_at_some_instant).collect::<Vec<_>>()
        }));
        let met = assert_bounded(quota(), uses.concat(), late);
        count.fetch_add(u64::from(met), Ordering::Relaxed);
    });
    assert!(met.load(Ordering::Relaxed) > 0, "the bound was never met: it shows nothing");
}

fn used_at(now: Instant, permits: u32) -> Use {
    Use { at: now.as_nanos(), permits }
}

#[test]
fn a_token_bucket_that_refuses_admits_no_more_than_the_bound() {
    admitted_within_the_bound(
        || TokenBucket::new(quota()),
        0,
        |bucket, now, permits| {
            bucket.try_acquire_at(now, permits).ok().map(|()| used_at(now, permits))
        },
    );
}

#[test]
fn a_token_bucket_that_also_promises_admits_no_more_than_the_bound() {
    admitted_within_the_bound(
        || TokenBucket::new(quota()),
        1,
        |bucket, now, permits| match permits {
            1 => bucket.reserve_at(now, 1).ok().map(|promised| used_at(promised.ready_at(), 1)),
            _ => bucket.try_acquire_at(now, permits).ok().map(|()| used_at(now, permits)),
        },
    );
}

#[test]
fn a_leaky_meter_admits_no_more_than_the_bound() {
    admitted_within_the_bound(
        || LeakyBucket::meter(quota()),
        0,
        |meter, now, permits| {
            meter.try_acquire_at(now, permits).ok().map(|()| used_at(now, permits))
        },
    );
}
