//! Limiters over a client of the caller's own: the same answers on a server, and the same caution without one.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_core::period_limiter::{Granted, Kind};
use resil_core::pure::period_limiter::Config;
use resil_core::pure::store_gate::{self, Fault, Mode};
use resil_core::token_bucket::Cancelled;
use resil_redis::{
    Asking, Begun, LeakyMeter, LeakyQueue, Members, Options, PeriodLimiter, Source, Store,
    TokenBucket,
};
use resil_tests::redis_server::RedisServer;
use resil_tests::store_script::Scripts;

const PATIENCE: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3_600);

fn quota() -> Quota {
    Quota::per_hour(1).unwrap().with_burst(8).unwrap()
}

fn alone() -> Options {
    Options::default().with_members(Members::Fixed(NonZeroU32::MIN))
}

/// A client of the caller's own.
fn over<T>(scripts: &mut Scripts) -> impl FnMut(&Asking<T>) -> Result<Vec<i64>, Fault> {
    |asking| {
        let keys: Vec<_> = asking.keys().collect();
        Ok(scripts.evaluate(asking.script(), asking.sha1(), &keys, asking.arguments()))
    }
}

#[test]
fn every_operation_gives_the_answers_of_a_store_that_asks_by_itself() {
    let Some(server) = RedisServer::start("clients of one's own") else { return };
    let scripts = &mut Scripts::new(&server);
    let hand = Store::by_hand(alone()).unwrap();
    let opened = Store::open_with(&server.url(), alone().with_deadline(PATIENCE)).unwrap();
    assert!(opened.wait_until_up(PATIENCE));

    let bucket = TokenBucket::new(&hand, "b", quota()).unwrap().with_max_wait(9 * HOUR).unwrap();
    let same = TokenBucket::new(&opened, "b", quota()).unwrap();
    let taken = bucket.begin_try_acquire("s", 5).with(over(scripts));
    assert_eq!((taken.result, taken.source, taken.remaining), (Ok(()), Source::Store, Some(3)));
    let peek = bucket.begin_peek("s", 4).with(over(scripts)).result.unwrap();
    assert_eq!((peek.remaining, peek.answer.is_err()), (3, true));
    assert_eq!(same.peek("s", 1).result.unwrap().remaining, 3, "one limit for both");
    // A store that asks by itself needs nobody to.
    let never = |_: &Asking<()>| panic!("it has a client");
    assert_eq!(same.begin_try_acquire("s", 1).with(never).remaining, Some(2));

    let held = bucket.begin_reserve("s", 4, Some(PATIENCE)).with(over(scripts));
    assert!(held.result.is_err(), "an hour's wait");
    let held = bucket.begin_reserve("s", 4, None).with(over(scripts)).result.unwrap();
    assert!(held.ready_after() > HOUR);
    let given = held.begin_cancel().with(over(scripts));
    assert_eq!((given.result, given.source), (Ok(Cancelled::GaveBack), Source::Store));
    assert_eq!(same.peek("s", 1).result.unwrap().remaining, 2);

    let meter = LeakyMeter::new(&hand, "m", quota()).unwrap();
    assert_eq!(meter.begin_try_acquire("s", 8).with(over(scripts)).remaining, Some(0));
    assert_eq!(meter.begin_peek("s", 1).with(over(scripts)).result.unwrap().remaining, 0);
    let queue = LeakyQueue::new(&hand, "q", quota()).unwrap();
    let waits = [0; 2].map(|_| queue.begin_try_reserve("s", 1, None).with(over(scripts)).result);
    assert_eq!(waits[0], Ok(Duration::ZERO));
    assert!(waits[1].unwrap() > PATIENCE);
    assert_eq!(queue.begin_peek("s", 1).with(over(scripts)).result.unwrap().remaining, 6);
    let config = Config::new(3, HOUR, Kind::FromFirstUse).unwrap();
    let limiter = PeriodLimiter::new(&hand, "p", config).unwrap();
    assert_eq!(limiter.begin_try_acquire("s", 2).with(over(scripts)).result, Ok(Granted::Granted));
    assert_eq!(limiter.begin_peek("s", 1).with(over(scripts)).result.unwrap().remaining, 1);
    // What the limit decides by itself, or needs a connection, calls nobody.
    assert_eq!(bucket.begin_try_acquire("s", 9).with(never).source, Source::Limit);
    assert_eq!(bucket.try_acquire("s", 1).source, Source::Rescue);
    assert!(hand.wait_until_up(Duration::ZERO));
}

/// A gate that opens after two tries, and pauses an hour, or not at all, after one that fails.
fn gate(pause: Duration) -> store_gate::Config {
    let mut gate = store_gate::Config::default();
    (gate.first_pause, gate.longest_pause) = (pause, pause);
    gate
}

/// What a bucket in good order answers.
fn granted() -> Result<Vec<i64>, Fault> {
    Ok(vec![1, 7, 0, 1])
}

fn is_trial<T>(asking: &Asking<T>) -> bool {
    asking.keys().all(|key| key.starts_with("resil:1:tb:probe:{"))
}

#[test]
fn a_call_that_finds_no_server_stops_all_others_until_two_tries_that_write_succeed() {
    let store = Store::by_hand(alone().with_gate(gate(HOUR))).unwrap();
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    assert_eq!(bucket.begin_try_acquire("s", 1).with(|_| granted()).source, Source::Store);
    let calls = Cell::new(0);
    let answer = bucket.begin_try_acquire("s", 1).with(|asking| {
        assert!(!is_trial(asking));
        calls.set(calls.get() + 1);
        Err(Fault::Disconnected)
    });
    assert_eq!((answer.source, calls.get()), (Source::Rescue, 1), "never called again");
    let snapshot = store.snapshot();
    assert_eq!((snapshot.mode, snapshot.outages), (Mode::Down, 1));
    assert_eq!(snapshot.last_fault, Fault::Disconnected);

    // The next caller tries it at once: twice with a call of the store's own, and then asks, even for a peek.
    let trials = Cell::new(0);
    let answer = bucket.begin_peek("s", 1).with(|asking| {
        trials.set(trials.get() + u32::from(is_trial(asking)));
        granted()
    });
    assert_eq!((answer.source, trials.get()), (Source::Store, 2));
    assert_eq!(store.snapshot().mode, Mode::Up);

    // A try that fails, or whose answer is none, is the last for the pause.
    for wrong in [Err(Fault::Unable), Ok(vec![1])] {
        let store = Store::by_hand(alone().with_gate(gate(HOUR))).unwrap();
        let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
        let _ = bucket.begin_try_acquire("s", 1).with(|_| Err(Fault::Unable));
        let calls = Cell::new(0);
        for _ in 0..10 {
            let answer = bucket.begin_try_acquire("s", 1).with(|_| {
                calls.set(calls.get() + 1);
                wrong.clone()
            });
            assert_eq!(answer.source, Source::Rescue);
        }
        assert_eq!(calls.get(), 1);
    }
}

#[test]
fn one_caller_at_a_time_tries_and_one_that_gives_up_leaves_the_next_a_try() {
    let store = Store::by_hand(alone().with_gate(gate(Duration::ZERO))).unwrap();
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    let _ = bucket.begin_try_acquire("s", 1).with(|_| Err(Fault::Disconnected));
    let Begun::Ask(trial) = bucket.begin_try_acquire("s", 1) else { panic!("a try is due") };
    assert!(is_trial(&trial));
    let meanwhile = bucket.begin_try_acquire("s", 1).with(|_| panic!("somebody tries"));
    assert_eq!(meanwhile.source, Source::Rescue);
    drop(trial);
    let Begun::Ask(trial) = bucket.begin_try_acquire("s", 1) else { panic!("given up, due again") };
    assert!(is_trial(&trial));
    // A good one may be the first of two, or follow a bad one: both ways the second good one opens.
    let Begun::Ask(trial) = trial.finish(granted().as_deref().map_err(|it| *it)) else { panic!() };
    assert!(is_trial(&trial));
    let Begun::Ask(own) = trial.finish(granted().as_deref().map_err(|it| *it)) else { panic!() };
    assert!(!is_trial(&own));
    // An operation that is given up tells the gate nothing.
    drop(own);
    assert_eq!(store.snapshot().mode, Mode::Up);
}

#[test]
fn a_wrong_call_is_that_call_s_affair_and_three_timeouts_in_a_row_are_the_store_s() {
    let store = Store::by_hand(alone()).unwrap();
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    for wrong in [Err(Fault::Call), Ok(vec![]), Ok(vec![3, 0, 0, 0])] {
        for _ in 0..5 {
            let answer = bucket.begin_try_acquire("s", 1).with(|_| wrong.clone());
            assert_eq!((answer.source, store.snapshot().mode), (Source::Rescue, Mode::Up));
        }
    }
    let modes = [(); 3].map(|()| {
        let _ = bucket.begin_try_acquire("s", 1).with(|_| Err(Fault::Timeout));
        store.snapshot().mode
    });
    assert_eq!(modes, [Mode::Up, Mode::Up, Mode::Down]);
}

#[test]
fn members_are_counted_by_callers_on_their_way_and_shares_follow() {
    let counted = Options::default().with_members(Members::Counted("shop".into()));
    let store = Store::by_hand(counted.with_gate(gate(HOUR))).unwrap();
    let bucket = TokenBucket::new(&store, "b", quota()).unwrap();
    let keys = Cell::new(Vec::new());
    let answers = |asking: &Asking<()>| {
        let key = asking.keys().next().unwrap().to_owned();
        let members = key == "resil:1:members:{shop}";
        keys.set([keys.take(), vec![key]].concat());
        if members { Ok(vec![4]) } else { granted() }
    };
    let begin = Instant::now();
    for _ in 0..2 {
        assert_eq!(bucket.begin_try_acquire("s", 1).with(answers).source, Source::Store);
    }
    let own = "resil:1:tb:b:{s}";
    if begin.elapsed() < Duration::from_secs(1) {
        assert_eq!(keys.take(), ["resil:1:members:{shop}", own, own], "the first caller says so");
    }
    assert_eq!(store.snapshot().members.get(), 4);
    let _ = bucket.begin_try_acquire("away", 1).with(|_| Err(Fault::Disconnected));
    let nobody = |_: &Asking<()>| Err(Fault::Disconnected);
    let granted = (0..9).filter(|_| bucket.begin_try_acquire("t", 1).with(nobody).is_granted());
    assert_eq!(granted.count(), 2, "a fourth of eight");
}
