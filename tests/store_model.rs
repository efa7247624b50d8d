//! The scripts of a store, on a real server, against exact models: random calls at random times.

mod random_bytes;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::period_limiter::{Granted, Kind};
use resil_core::pure::period_limiter::{Config, State};
use resil_core::remote::leaky_bucket::LeakyBucket;
use resil_core::remote::period_limiter::{self, PeriodLimiter};
use resil_core::remote::reply::{Reply, When};
use resil_core::remote::token_bucket::{self, Ticket, TokenBucket};
use resil_core::remote::{key, leaky_bucket};
use resil_core::token_bucket::Cancelled;
use resil_core::{Denied, Instant, Quota};
use resil_tests::bytes::Bytes;
use resil_tests::redis_server::RedisServer;
use resil_tests::store_model::{Model, Promise, Said};
use resil_tests::store_script::Scripts;

/// Calls of the bucket script that are compared, at least, and of the period script.
const BUCKET_STEPS: u64 = 33_000;
const PERIOD_STEPS: u64 = 12_000;
/// Keys outlive the test: its clock is not the server's.
const GRACE_MS: u64 = 600_000;
/// A Unix time in microseconds from which tests begin.
const BEGIN_US: u64 = 1_795_449_600_123_456;

fn quotas() -> Vec<Quota> {
    let quota = |permits, period, burst| Quota::new(permits, period, burst).unwrap();
    let (day, second) = (Duration::from_secs(86_400), Duration::from_secs(1));
    vec![
        quota(1, day, 3),
        quota(999_983, day, 1_000),
        quota(u32::MAX, day, 100),
        quota(5, Duration::from_secs(7), 4),
        quota(3, second, 5),
        quota(100, second, 10),
        quota(1_000_000, second, 1_000_000),
        quota(2_000_000_000, second, 1_000_000),
        quota(7, Duration::from_nanos(1_000_001), 50),
        quota(4, Duration::from_nanos(1), u32::MAX),
        quota(1, Duration::from_micros(1 << 52), 1),
    ]
}

/// What the random calls came to, and how many they were.
#[derive(Default)]
struct Seen {
    steps: Cell<u64>,
    cases: Cell<u64>,
    branches: RefCell<BTreeSet<&'static str>>,
}

impl Seen {
    fn saw(&self, branch: &'static str) {
        self.branches.borrow_mut().insert(branch);
    }

    fn assert_all(&self, steps: u64, branches: &[&'static str]) {
        let seen = self.branches.borrow();
        let missing: Vec<_> = branches.iter().filter(|branch| !seen.contains(*branch)).collect();
        assert!(missing.is_empty(), "never seen: {missing:?}");
        assert!(self.steps.get() >= steps, "{} steps", self.steps.get());
    }
}

fn said<T>(reply: &Reply<T>, granted: impl Fn(&T) -> Duration) -> Said {
    let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap();
    let (granted, wait_us) = match &reply.answer {
        Ok(value) => (true, us(granted(value))),
        Err(Denied::RetryAfter(wait)) => (false, us(*wait)),
        Err(Denied::ExceedsLimit) => panic!("decided without the store"),
    };
    let remaining = reply.remaining.into();
    Said { granted, remaining, wait_us, reset_us: us(reply.reset_after) }
}

/// The next instant: the same, a moment or the wait just answered later, long after, or before.
fn moved(bytes: &mut Bytes, now_us: u64, last: &Said, interval_us: u64) -> u64 {
    let near = bytes.below(interval_us.saturating_mul(3).clamp(2, 1 << 40));
    match bytes.pick(8) {
        0 | 1 => now_us,
        2 | 3 => now_us + near,
        4 => now_us + last.wait_us,
        5 => (now_us + last.wait_us).saturating_sub(1).max(now_us),
        6 => now_us + last.reset_us + bytes.pick(2),
        _ => now_us.saturating_sub(near / 2),
    }
    .clamp(BEGIN_US - 1_000_000_000_000, BEGIN_US + (1 << 50))
}

#[test]
fn the_bucket_script_gives_every_answer_of_the_exact_model() {
    let Some(server) = RedisServer::start("the bucket script against its model") else { return };
    let scripts = RefCell::new(Scripts::new(&server));
    let (seen, quotas) = (Seen::default(), quotas());
    on_random_bytes("store", 900, 900, |bytes| {
        let mut bytes = Bytes(bytes);
        seen.cases.set(seen.cases.get() + 1);
        let key = format!("case:{{{}}}", seen.cases.get());
        let quota = quotas[bytes.pick(quotas.len() as u64) as usize];
        let leaks = bytes.pick(3) == 0;
        let interval_us = (quota.period().as_micros() / u128::from(quota.permits())) as u64;
        let max_wait_us = match bytes.pick(3) {
            _ if leaks => 0,
            0 => 1 << 50,
            1 => interval_us.saturating_mul(7).min(1 << 50),
            _ => bytes.below(1 << 20),
        };
        let bucket = TokenBucket::new(quota, Duration::from_micros(max_wait_us)).unwrap();
        let leaky = LeakyBucket::new(quota).unwrap();
        let mut model = Model::new(quota, max_wait_us);
        let mut promises: Vec<(Ticket, Promise)> = Vec::new();
        let mut now_us = BEGIN_US;
        let mut last = model.peek(now_us, 1);
        while !bytes.is_empty() {
            let before_us = now_us;
            now_us = moved(&mut bytes, now_us, &last, interval_us);
            if now_us < before_us {
                seen.saw("a step back");
            }
            let when = When::Supplied { now_us, grace_ms: GRACE_MS };
            let permits = match bytes.pick(4) {
                0 => quota.burst(),
                1 => 1,
                2 => 1 + bytes.number(1) as u32,
                _ => last.remaining.max(1) as u32,
            }
            .min(quota.burst());
            let run =
                |arguments| scripts.borrow_mut().run(token_bucket::SCRIPT, &[&key], &arguments);
            let patience_us = match bytes.pick(3) {
                0 => last.wait_us,
                1 => last.wait_us.saturating_sub(1),
                _ => bytes.below(interval_us.saturating_mul(4).clamp(1, 1 << 40)),
            };
            let timeout = Some(Duration::from_micros(patience_us));
            let at = format!("{permits} of {quota:?} at {now_us}, max_wait {max_wait_us}");
            let zero = |_: &()| Duration::ZERO;
            last = match (bytes.pick(5), leaks) {
                (0, _) => {
                    let peek = run(bucket.peek(permits, when));
                    let got = said(&bucket.peeked(permits, &peek).unwrap(), zero);
                    let want = model.peek(now_us, permits);
                    assert_eq!(got, want, "peek {at}");
                    got
                }
                (1 | 2, true) => {
                    assert_eq!(leaky_bucket::SCRIPT, token_bucket::SCRIPT);
                    let asked = run(leaky.try_reserve(permits, timeout, when));
                    let got = said(&leaky.reserved(&asked).unwrap(), |wait| *wait);
                    assert_eq!(got, model.queue(now_us, permits, patience_us), "queue {at}");
                    seen.saw(if got.granted { "queued" } else { "queue full" });
                    got
                }
                (1, false) => {
                    let asked = run(bucket.reserve(permits, timeout, when));
                    let reply = bucket.reserved(permits, &asked).unwrap();
                    let got = said(&reply, Ticket::ready_after);
                    let (want, promise) = model.reserve(now_us, permits, patience_us);
                    assert_eq!(got, want, "reserve within {patience_us} {at}");
                    promises.extend(reply.answer.ok().zip(promise));
                    seen.saw(if got.granted { "reserved" } else { "too long a wait" });
                    got
                }
                (2, false) if !promises.is_empty() => {
                    let which = bytes.pick(promises.len() as u64) as usize;
                    let (ticket, promise) = &mut promises[which];
                    let cancelled = key::cancelled(&key, which as u64);
                    let arguments = bucket.cancel(ticket, when);
                    let keys = [key.as_str(), &cancelled];
                    let got = scripts.borrow_mut().run(token_bucket::SCRIPT, &keys, &arguments);
                    let got = bucket.cancelled(&got).unwrap() == Cancelled::GaveBack;
                    assert_eq!(got, model.cancel(now_us, promise), "cancel {at}");
                    seen.saw(if got { "gave back" } else { "gave nothing" });
                    last
                }
                _ => {
                    let asked = run(bucket.try_acquire(permits, when));
                    let got = said(&bucket.acquired(&asked).unwrap(), zero);
                    let want = model.acquire(now_us, permits);
                    assert_eq!(got, want, "acquire {at}");
                    seen.saw(if got.granted { "granted" } else { "refused" });
                    got
                }
            };
            seen.steps.set(seen.steps.get() + 1);
        }
    });
    seen.assert_all(
        BUCKET_STEPS,
        &[
            "a step back",
            "gave back",
            "gave nothing",
            "granted",
            "queue full",
            "queued",
            "refused",
            "reserved",
            "too long a wait",
        ],
    );
}

/// From first use, as a store keeps it: a window begins with the first permit when none runs.
#[derive(Clone, Copy, Default)]
struct FirstUse(Option<(u64, u32)>);

impl FirstUse {
    fn ask(&mut self, config: &Config, now_us: u64, permits: u32, takes: bool) -> (bool, Said) {
        let period_us = u64::try_from(config.period().as_micros()).unwrap();
        let running = self.0.filter(|(start, _)| now_us < start + period_us);
        let (start, taken) = running.unwrap_or((now_us, 0));
        let (ends, room) = (start + period_us - now_us, config.limit() - taken);
        let granted = permits <= room;
        let left = if granted && takes { room - permits } else { room };
        if granted && takes {
            self.0 = Some((start, taken + permits));
        }
        let reset_us = if running.is_none() && !takes { 0 } else { ends };
        let wait_us = if granted { 0 } else { ends };
        (permits == room, Said { granted, remaining: left.into(), wait_us, reset_us })
    }
}

fn up(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap())
}

#[test]
fn the_period_script_gives_every_answer_of_the_row_in_a_process() {
    let Some(server) = RedisServer::start("the period script against its models") else { return };
    let scripts = RefCell::new(Scripts::new(&server));
    let seen = Seen::default();
    on_random_bytes("store_periods", 500, 600, |bytes| {
        let mut bytes = Bytes(bytes);
        seen.cases.set(seen.cases.get() + 1);
        let key = format!("case:{{{}}}", seen.cases.get());
        let utc_offset_secs = bytes.pick(255) as i32 * 600 - 76_000;
        let kind = [Kind::FromFirstUse, Kind::Aligned { utc_offset_secs }, Kind::Sliding]
            [bytes.pick(3) as usize];
        let period_us = match bytes.pick(6) {
            0 => 1 + bytes.number(1),
            1 => 1_000_000,
            2 => 86_400_000_000,
            3 => (1 << 48) - 1 - bytes.number(1),
            4 => 7 * 86_400_000_000,
            _ => 1 + bytes.number(5),
        };
        let most = (period_us * 500).min(u32::MAX.into());
        let limit = [1, 10, 3 + bytes.number(1), bytes.number(4), most][bytes.pick(5) as usize];
        let limit = limit.clamp(1, most) as u32;
        let config = Config::new(limit, Duration::from_micros(period_us), kind).unwrap();
        let limiter = PeriodLimiter::new(config).unwrap();
        let (mut state, mut first_use) = (State::new(&config), FirstUse::default());
        let mut now_us = BEGIN_US;
        let mut last =
            Said { granted: true, remaining: limit.into(), wait_us: 0, reset_us: period_us };
        while !bytes.is_empty() {
            now_us = moved(&mut bytes, now_us, &last, period_us);
            let now = Instant::from_nanos(now_us * 1_000).unwrap();
            let when = When::Supplied { now_us, grace_ms: GRACE_MS };
            let permits = match bytes.pick(4) {
                0 => limit,
                1 => 1,
                2 => (limit / 3).max(1),
                _ => last.remaining.max(1) as u32,
            };
            let at = format!("{permits} of {config:?} at {now_us}");
            let peeks = bytes.pick(4) == 0;
            let run =
                |arguments| scripts.borrow_mut().run(period_limiter::SCRIPT, &[&key], &arguments);
            let reply = if peeks {
                limiter.peeked(permits, &run(limiter.peek(permits, when))).unwrap()
            } else {
                limiter.acquired(&run(limiter.try_acquire(permits, when))).unwrap()
            };
            if kind == Kind::FromFirstUse {
                let (is_last, want) = first_use.ask(&config, now_us, permits, !peeks);
                assert_eq!(said(&reply, |_| Duration::ZERO), want, "{at}");
                let granted = reply.answer.map(Granted::is_last);
                assert!(granted.is_err() || granted == Ok(is_last), "{at}");
            } else {
                let answer = match peeks {
                    true => state.peek(&config, now, permits).answer,
                    false => state.try_acquire(&config, now, permits),
                };
                let answer = answer.map_err(|denied| match denied {
                    Denied::RetryAfter(wait) => Denied::RetryAfter(up(wait)),
                    Denied::ExceedsLimit => Denied::ExceedsLimit,
                });
                let after = state.peek(&config, now, 0);
                let got = (reply.answer, reply.remaining, reply.reset_after);
                assert_eq!(got, (answer, after.remaining, after.reset_after), "{at}");
            }
            seen.saw(match (kind, reply.answer) {
                (_, Ok(Granted::GrantedLast)) => "the last",
                (Kind::Sliding, Ok(_)) => "granted sliding",
                (Kind::Sliding, Err(_)) => "refused sliding",
                (_, Ok(_)) => "granted",
                (_, Err(_)) => "refused",
            });
            last = said(&reply, |_| Duration::ZERO);
            seen.steps.set(seen.steps.get() + 1);
        }
    });
    seen.assert_all(
        PERIOD_STEPS,
        &["granted", "granted sliding", "refused", "refused sliding", "the last"],
    );
}
