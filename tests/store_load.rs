//! Callers that ask a limiter in a store while something happens to its server, and what they may get.
//!
//! `LONGEST_WAIT` is what a caller may wait on a machine that is busy with other things. It is many deadlines, and
//! far less than each failure lasts: whoever waited for the failure would be found.

// Each test takes of it what it needs.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_core::pure::store_gate::Mode;
use resil_redis::{Members, Options, Refusal, Source, Store, TokenBucket};
use resil_tests::redis_server::RedisServer;

pub(crate) const LONGEST_WAIT: Duration = Duration::from_millis(700);
/// What a busy machine may take to notice that a server is back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const CALLERS: usize = 4;

/// 200 a second, bursts of 20, of which one of four members has 50 a second and bursts of 5.
pub(crate) const RATE: f64 = 200.0;
pub(crate) const BURST: f64 = 20.0;
pub(crate) const MEMBERS: f64 = 4.0;

pub(crate) fn quota() -> Quota {
    Quota::per_second(RATE as u32).unwrap().with_burst(BURST as u32).unwrap()
}

pub(crate) fn options() -> Options {
    Options::default().with_members(Members::Fixed(NonZeroU32::new(MEMBERS as u32).unwrap()))
}

pub(crate) fn store(server: &RedisServer) -> Store {
    let store = Store::open_with(&server.url(), options()).unwrap();
    assert!(store.wait_until_up(PATIENCE), "{store:?}");
    store
}

/// A store whose callers wait out a busy machine's pauses: for tests of what it answers, not of how it fails.
pub(crate) fn patient(server: &RedisServer) -> Store {
    let store = Store::open_with(&server.url(), options().with_deadline(PATIENCE)).unwrap();
    assert!(store.wait_until_up(PATIENCE), "{store:?}");
    store
}

/// What callers got while something happened.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) elapsed: Duration,
    pub(crate) longest: Duration,
    pub(crate) granted: BTreeMap<&'static str, u32>,
    pub(crate) asked: BTreeMap<&'static str, u32>,
    pub(crate) errors: u32,
}

impl Run {
    pub(crate) fn granted(&self, source: &'static str) -> f64 {
        self.granted.get(source).copied().unwrap_or(0).into()
    }

    pub(crate) fn asked(&self, source: &'static str) -> u32 {
        self.asked.get(source).copied().unwrap_or(0)
    }

    /// The promise of docs/redis.md: per source the rate, and a burst each time the source begins anew.
    pub(crate) fn assert_bounds(&self, fresh_stores: u32) {
        let seconds = self.elapsed.as_secs_f64();
        assert_eq!(self.errors, 0, "{self:?}");
        assert!(self.longest < LONGEST_WAIT, "{self:?}");
        let by_store = BURST * f64::from(fresh_stores) + RATE * seconds;
        assert!(self.granted("store") <= by_store, "{by_store}: {self:?}");
        // The share, once: the twin remembers what it granted.
        let by_rescue = BURST / MEMBERS + RATE / MEMBERS * seconds;
        assert!(self.granted("rescue") <= by_rescue, "{by_rescue}: {self:?}");
    }
}

pub(crate) const fn name(source: Source) -> &'static str {
    match source {
        Source::Store => "store",
        Source::Rescue => "rescue",
        Source::Policy => "policy",
        _ => "limit",
    }
}

pub(crate) struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Has callers ask for permits of one subject until `meanwhile` is over.
pub(crate) fn under_load(bucket: &TokenBucket, meanwhile: impl FnOnce()) -> Run {
    let over = AtomicBool::new(false);
    let begin = Instant::now();
    thread::scope(|scope| {
        let caller = || {
            let mut run = Run::default();
            while !over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let answer = bucket.try_acquire("subject", 1);
                run.longest = run.longest.max(asked.elapsed());
                *run.asked.entry(name(answer.source)).or_default() += 1;
                match answer.result {
                    Ok(()) => *run.granted.entry(name(answer.source)).or_default() += 1,
                    Err(Refusal::Denied(_)) => {}
                    Err(_) => run.errors += 1,
                }
                // Asks far more often than is granted, and leaves the machine to others.
                thread::sleep(Duration::from_micros(300));
            }
            run
        };
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(caller)).collect();
        {
            // Also where `meanwhile` fails: callers that went on would hide it.
            let _over = Over(&over);
            meanwhile();
        }
        let mut all = Run::default();
        for caller in callers {
            let run = caller.join().expect("no caller panics");
            all.longest = all.longest.max(run.longest);
            all.errors += run.errors;
            for (source, count) in run.granted {
                *all.granted.entry(source).or_default() += count;
            }
            for (source, count) in run.asked {
                *all.asked.entry(source).or_default() += count;
            }
        }
        all.elapsed = begin.elapsed();
        all
    })
}

/// Waits until the store is away, or back; fails if it never is.
pub(crate) fn wait_for(store: &Store, mode: Mode) {
    let begin = Instant::now();
    while store.snapshot().mode != mode {
        assert!(begin.elapsed() < PATIENCE, "never {mode:?}: {store:?}");
        thread::sleep(Duration::from_millis(1));
    }
}
