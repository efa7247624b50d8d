//! The bucket script of a store, on a real server, against an exact model: random calls at random times.

mod random_bytes;

use std::cell::RefCell;
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::Quota;
use resil_core::remote::key;
use resil_core::remote::leaky_bucket::{self, LeakyBucket};
use resil_core::remote::reply::When;
use resil_core::remote::token_bucket::{self, Ticket, TokenBucket};
use resil_core::token_bucket::Cancelled;
use resil_tests::bytes::Bytes;
use resil_tests::redis_server::RedisServer;
use resil_tests::store_model::{Model, Promise, Said};
use resil_tests::store_script::Scripts;
use resil_tests::store_steps::{BEGIN_US, GRACE_MS, Seen, Step, calls, moved, said};

/// Calls that are compared, at least.
const STEPS: u64 = 33_000;
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

/// What the model says of one step of a bucket.
#[derive(Debug)]
enum Want {
    Peek(Said),
    Queue(Said),
    Acquire(Said),
    /// Refused, or the seven numbers of a promise.
    Reserve(Result<[i64; 7], Said>),
    GaveBack(bool),
}

/// A promise as the script answers it.
fn numbers(said: &Said, promise: &Promise) -> [i64; 7] {
    let (whole, parts) = promise.full_at;
    [1, said.remaining, said.wait_us, said.reset_us, whole, parts, promise.act_us]
        .map(|number| i64::try_from(number).expect("numbers of a test fit"))
}

/// One random history of a bucket: what is asked, and what the model says to it.
fn bucket_history(bytes: &[u8], key: &str, seen: &Seen) -> (Quota, Vec<(Step, Want)>) {
    let mut bytes = Bytes(bytes);
    let quotas = quotas();
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
    let mut steps = Vec::new();
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
        let patience_us = match bytes.pick(3) {
            0 => last.wait_us,
            1 => last.wait_us.saturating_sub(1),
            _ => bytes.below(interval_us.saturating_mul(4).clamp(1, 1 << 40)),
        };
        let timeout = Some(Duration::from_micros(patience_us));
        let mut beside = None;
        let (arguments, want) = match (bytes.pick(6), leaks) {
            (0, _) => {
                last = model.peek(now_us, permits);
                (bucket.peek(permits, when), Want::Peek(last))
            }
            (1 | 2, true) => {
                last = model.queue(now_us, permits, patience_us);
                seen.saw(if last.granted { "queued" } else { "queue full" });
                (leaky.try_reserve(permits, timeout, when), Want::Queue(last))
            }
            (1, false) => {
                let (said, promise) = model.reserve(now_us, permits, patience_us);
                last = said;
                let want = promise.as_ref().map(|promise| numbers(&last, promise)).ok_or(last);
                seen.saw(if want.is_ok() { "reserved" } else { "too long a wait" });
                if let (Ok(numbers), Some(promise)) = (want, promise) {
                    let ticket = bucket.reserved(permits, &numbers).unwrap().answer.unwrap();
                    promises.push((ticket, promise));
                }
                (bucket.reserve(permits, timeout, when), Want::Reserve(want))
            }
            (2, false) if !promises.is_empty() => {
                let which = bytes.pick(promises.len() as u64) as usize;
                let (ticket, promise) = &mut promises[which];
                beside = Some(key::cancelled(key, which as u64));
                let gave_back = model.cancel(now_us, promise);
                seen.saw(if gave_back { "gave back" } else { "gave nothing" });
                (bucket.cancel(ticket, when), Want::GaveBack(gave_back))
            }
            (3, _) => {
                last = model.charge(now_us, permits);
                seen.saw("charged");
                (bucket.charge(permits, when), Want::Acquire(last))
            }
            _ => {
                last = model.acquire(now_us, permits);
                seen.saw(if last.granted { "granted" } else { "refused" });
                (bucket.try_acquire(permits, when), Want::Acquire(last))
            }
        };
        steps.push((Step { permits, arguments, beside }, want));
    }
    (quota, steps)
}

#[test]
fn the_bucket_script_gives_every_answer_of_the_exact_model() {
    let Some(server) = RedisServer::start("the bucket script against its model") else { return };
    assert_eq!(leaky_bucket::SCRIPT, token_bucket::SCRIPT);
    let scripts = RefCell::new(Scripts::new(&server));
    let seen = Seen::default();
    on_random_bytes("store", 900, 900, |bytes| {
        let key = seen.next_key();
        let (quota, steps) = bucket_history(bytes, &key, &seen);
        let got = scripts.borrow_mut().run_all(token_bucket::SCRIPT, &calls(&key, &steps));
        let bucket = TokenBucket::new(quota, Duration::ZERO).unwrap();
        let leaky = LeakyBucket::new(quota).unwrap();
        let none = |()| Duration::ZERO;
        assert_eq!(got.len(), steps.len());
        for ((step, want), numbers) in steps.iter().zip(&got) {
            let permits = step.permits;
            let fits = match want {
                Want::Peek(want) => {
                    said(&bucket.peeked(permits, numbers).unwrap().map(none)) == *want
                }
                Want::Queue(want) => said(&leaky.reserved(numbers).unwrap()) == *want,
                Want::Acquire(want) => said(&bucket.acquired(numbers).unwrap().map(none)) == *want,
                Want::Reserve(Ok(want)) => numbers == want,
                Want::Reserve(Err(want)) => {
                    let reply = bucket.reserved(permits, numbers).unwrap();
                    said(&reply.map(|ticket| ticket.ready_after())) == *want
                }
                Want::GaveBack(want) => {
                    (bucket.cancelled(numbers).unwrap() == Cancelled::GaveBack) == *want
                }
            };
            assert!(fits, "{} of {quota:?}: {numbers:?} for {want:?}", step.words());
        }
        seen.steps.set(seen.steps.get() + steps.len() as u64);
    });
    seen.assert_all(
        STEPS,
        &[
            "a step back",
            "charged",
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
