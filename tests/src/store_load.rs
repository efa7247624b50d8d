//! Callers that ask a limiter in a store while something happens to its server, and what they may get.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::redis_server::RedisServer;
use resil_core::Quota;
use resil_core::pure::store_gate::Mode;
use resil_redis::{Members, Options, Refusal, Source, Store, TokenBucket};

/// What a caller may wait on a machine that is busy with other things: many deadlines, and far less than each failure
/// lasts, so whoever waited for the failure would be found.
pub const LONGEST_WAIT: Duration = Duration::from_millis(700);
/// What a busy machine may take to notice that a server is back.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Threads that ask at once.
pub const CALLERS: usize = 4;

/// Permits a second, of which one of [`MEMBERS`] has 50.
pub const RATE: f64 = 200.0;
/// The burst, of which one member has 5.
pub const BURST: f64 = 20.0;
/// Who share the limit.
pub const MEMBERS: f64 = 4.0;

/// The limit that all tests share.
pub fn quota() -> Quota {
    Quota::per_second(RATE as u32).unwrap().with_burst(BURST as u32).unwrap()
}

/// One of four members.
pub fn options() -> Options {
    Options::default().with_members(Members::Fixed(NonZeroU32::new(MEMBERS as u32).unwrap()))
}

/// A store on `server` that is up.
///
/// # Panics
/// Where it never is.
pub fn store(server: &RedisServer) -> Store {
    let store = Store::open_with(&server.url(), options()).unwrap();
    assert!(store.wait_until_up(PATIENCE), "{store:?}");
    store
}

/// A store whose callers wait out a busy machine's pauses: for tests of what it answers, not of how it fails.
pub fn patient(server: &RedisServer) -> Store {
    let store = Store::open_with(&server.url(), options().with_deadline(PATIENCE)).unwrap();
    assert!(store.wait_until_up(PATIENCE), "{store:?}");
    store
}

/// What callers got while something happened.
#[derive(Debug, Default)]
pub struct Run {
    /// From the first call to the last.
    pub elapsed: Duration,
    /// Of the longest call.
    pub longest: Duration,
    /// Grants by who decided.
    pub granted: BTreeMap<&'static str, u32>,
    /// Answers by who decided.
    pub asked: BTreeMap<&'static str, u32>,
    /// Answers that are neither a grant nor a refusal.
    pub errors: u32,
}

impl Run {
    /// Grants that `source` decided.
    pub fn granted(&self, source: &'static str) -> f64 {
        self.granted.get(source).copied().unwrap_or(0).into()
    }

    /// Answers of `source`.
    pub fn asked(&self, source: &'static str) -> u32 {
        self.asked.get(source).copied().unwrap_or(0)
    }

    /// The promise of docs/redis.md: per source the rate, and a burst each time the source begins anew.
    pub fn assert_bounds(&self, fresh_stores: u32) {
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

/// Who decided, as a key of [`Run`].
pub const fn name(source: Source) -> &'static str {
    match source {
        Source::Store => "store",
        Source::Rescue => "rescue",
        Source::Policy => "policy",
        _ => "limit",
    }
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Has callers ask for permits of one subject until `meanwhile` is over.
pub fn under_load(bucket: &TokenBucket, meanwhile: impl FnOnce()) -> Run {
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
pub fn wait_for(store: &Store, mode: Mode) {
    let begin = Instant::now();
    while store.snapshot().mode != mode {
        assert!(begin.elapsed() < PATIENCE, "never {mode:?}: {store:?}");
        thread::sleep(Duration::from_millis(1));
    }
}
