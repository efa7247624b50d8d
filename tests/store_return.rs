//! A store that comes back: what was granted in its stead is charged to it, once, before anybody asks it again.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_core::period_limiter::Kind;
use resil_core::pure::period_limiter::Config;
use resil_core::pure::store_gate::{self, Fault, Mode};
use resil_redis::{
    Asking, LeakyMeter, LeakyQueue, Members, Options, PeriodLimiter, Source, Store, TokenBucket,
};
use resil_tests::redis_server::RedisServer;
use resil_tests::store_load::{PATIENCE, wait_for};
use resil_tests::store_script::Scripts;

/// So slow that only the burst counts.
fn quota() -> Quota {
    Quota::per_hour(1).unwrap().with_burst(20).unwrap()
}

fn alone() -> Options {
    Options::default().with_members(Members::Fixed(NonZeroU32::MIN)).with_deadline(PATIENCE)
}

/// Asks until somebody noticed.
fn until_away(store: &Store, bucket: &TokenBucket) {
    let begin = Instant::now();
    while store.snapshot().mode == Mode::Up {
        let _ = bucket.peek("nobody", 1);
        assert!(begin.elapsed() < PATIENCE, "{store:?}");
    }
}

#[test]
fn an_emptied_store_begins_as_empty_as_its_stand_ins_are() {
    let Some(mut server) = RedisServer::start("debts after kill -9") else { return };
    let store = Store::open_with(&server.url(), alone()).unwrap();
    assert!(store.wait_until_up(PATIENCE));
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    let meter = LeakyMeter::new(&store, "m", quota()).unwrap();
    let queue = LeakyQueue::new(&store, "q", quota()).unwrap();
    let periods = [Kind::FromFirstUse, Kind::Sliding].map(|kind| {
        let config = Config::new(20, Duration::from_secs(360_000), kind).unwrap();
        PeriodLimiter::new(&store, "p", config).unwrap()
    });
    let remaining = |subject: &str| {
        [
            bucket.peek(subject, 1).result.unwrap().remaining,
            meter.peek(subject, 1).result.unwrap().remaining,
            queue.peek(subject, 1).result.unwrap().remaining,
            periods[0].peek(subject, 1).result.unwrap().remaining,
            periods[1].peek(subject, 1).result.unwrap().remaining,
        ]
    };
    server.kill();
    until_away(&store, &bucket);
    let mut all = 0;
    for (subject, permits) in [("all", 20), ("some", 3)] {
        assert_eq!(bucket.try_acquire(subject, permits).source, Source::Rescue);
        assert!(meter.try_acquire(subject, permits).is_granted());
        assert!(queue.try_reserve(subject, permits, None).is_granted());
        assert!(periods.iter().all(|it| it.try_acquire(subject, permits).is_granted()));
        assert!(!bucket.try_acquire(subject, 20).is_granted());
        all += permits;
    }
    // What it was given back it owes no more.
    let held = bucket.reserve("back", 8, None).result.unwrap();
    let _ = held.cancel();
    server.restart();
    wait_for(&store, Mode::Up);
    assert_eq!(all, 23);
    assert_eq!(remaining("all"), [0; 5]);
    assert_eq!(remaining("some"), [17; 5]);
    assert_eq!(remaining("none"), [20; 5]);
    assert!(bucket.try_acquire("some", 5).is_granted());

    // Away again: what was charged is not charged again, and what is granted then is.
    server.kill();
    until_away(&store, &bucket);
    assert!(meter.try_acquire("some", 2).is_granted());
    server.restart();
    wait_for(&store, Mode::Up);
    assert_eq!(remaining("all"), [20; 5], "forgotten by the server, and charged once");
    assert_eq!(remaining("some"), [20, 18, 20, 20, 20]);
}

#[test]
fn a_store_that_kept_its_data_is_charged_what_it_did_not_see() {
    let Some(server) = RedisServer::start("debts after a hang") else { return };
    let options = alone().with_deadline(Duration::from_millis(20));
    let store = Store::open_with(&server.url(), options).unwrap();
    assert!(store.wait_until_up(PATIENCE));
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    while bucket.try_acquire("s", 12).source != Source::Store {
        // A busy machine's pause.
        server.command(&["FLUSHALL"]);
        wait_for(&store, Mode::Up);
    }
    server.stop();
    until_away(&store, &bucket);
    // Its share is the whole limit: the twin does not know what the store granted before.
    assert!(bucket.try_acquire("s", 20).is_granted());
    server.go_on();
    wait_for(&store, Mode::Up);
    let peek = bucket.peek("s", 1);
    let owed = peek.result.unwrap().reset_after;
    // Beyond empty by what both granted too much, as far as anybody may take it: the longest wait.
    assert!(owed > Duration::from_secs(20 * 3_600), "{peek:?}");
    assert!(owed <= Duration::from_secs(20 * 3_600 + 60), "{peek:?}");
}

#[test]
fn by_hand_who_first_asks_about_a_subject_charges_for_it() {
    let Some(server) = RedisServer::start("debts by hand") else { return };
    let mut scripts = Scripts::new(&server);
    let mut gate = store_gate::Config::default();
    (gate.first_pause, gate.longest_pause) = (Duration::ZERO, Duration::ZERO);
    let store = Store::by_hand(alone().with_gate(gate)).unwrap();
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    let away = |_: &Asking<()>| Err(Fault::Disconnected);
    assert_eq!(bucket.begin_try_acquire("s", 5).with(away).source, Source::Rescue);
    assert!(bucket.begin_try_acquire("t", 6).with(away).is_granted());
    let mut keys = Vec::new();
    for subject in ["s", "s", "u"] {
        let _ = bucket.begin_try_acquire(subject, 1).with(|asking| {
            let of: Vec<_> = asking.keys().collect();
            keys.push(format!("{} {}", asking.arguments().next().unwrap(), of[0]));
            Ok(scripts.evaluate(asking.script(), asking.sha1(), &of, asking.arguments()))
        });
    }
    keys.retain(|key| !key.contains(":probe:"));
    let [s, u] = ["resil:1:tb:b:{s}", "resil:1:tb:b:{u}"];
    let own = |key| format!("acquire {key}");
    assert_eq!(keys, [format!("charge {s}"), own(s), own(s), own(u)]);
    let left = bucket.begin_peek("s", 1).with(|asking| {
        let of: Vec<_> = asking.keys().collect();
        Ok(scripts.evaluate(asking.script(), asking.sha1(), &of, asking.arguments()))
    });
    assert_eq!(left.remaining, Some(13), "five in its stead, and two");
}
