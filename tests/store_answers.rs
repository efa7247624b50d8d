//! What limiters in a store answer: by whom, for how long, and for whom.

use std::thread;
use std::time::Duration;

use resil_core::period_limiter::Kind;
use resil_core::pure::period_limiter::Config;
use resil_core::pure::store_gate::{Fault, Mode};
use resil_core::remote::reply::When;
use resil_core::remote::token_bucket as remote;
use resil_core::token_bucket::Cancelled;
use resil_core::{AnyClock, Denied, Instant, ManualClock, Quota};
use resil_redis::{
    LeakyQueue, Members, OpenError, Options, PeriodLimiter, Policy, Refusal, Source, Store,
    TokenBucket,
};
use resil_tests::redis_server::{RedisServer, free_port};
use resil_tests::store_load::{BURST, PATIENCE, RATE, options, patient, quota, wait_for};
use resil_tests::store_script::Scripts;

#[test]
fn another_type_at_a_key_is_that_call_s_affair_and_garbage_reads_as_new() {
    let Some(server) = RedisServer::start("foreign keys") else { return };
    let store = patient(&server);
    let bucket = TokenBucket::new(&store, "keys", quota()).unwrap();
    server.command(&["LPUSH", "resil:1:tb:keys:{list}", "mine"]);
    for _ in 0..50 {
        assert_ne!(bucket.try_acquire("list", 1).source, Source::Store);
    }
    assert_eq!(
        server.command(&["LLEN", "resil:1:tb:keys:{list}"]),
        "1",
        "nobody's data is touched"
    );
    for garbage in
        ["", "nan", "inf", "-5", "0x10", "1e300", "12 x", "1 2 3", "99999999999999999999"]
    {
        server.command(&["SET", "resil:1:tb:keys:{text}", garbage]);
        let answer = bucket.try_acquire("text", 1);
        let huge = garbage.starts_with('9');
        // More than anybody could have taken reads as the most.
        assert_eq!(answer.is_granted(), !huge || answer.source != Source::Store, "{garbage}");
    }
    assert_eq!(store.snapshot().outages, 0);
}

#[test]
fn policies_decide_and_say_so_while_the_store_is_away() {
    let url = format!("redis://127.0.0.1:{}/", free_port());
    let store = Store::open_with(&url, options()).unwrap();
    let with = |policy| TokenBucket::new(&store, "p", quota()).unwrap().with_policy(policy);
    let open = with(Policy::Open);
    let granted = (0..1_000).filter(|_| open.try_acquire("s", 20).is_granted()).count();
    assert_eq!((granted, open.try_acquire("s", 1).source), (1_000, Source::Policy));
    let closed = with(Policy::Closed).try_acquire("s", 1);
    let later = Refusal::Denied(Denied::RetryAfter(Duration::from_millis(500)));
    assert_eq!((closed.result, closed.source), (Err(later), Source::Policy));
    let unavailable = with(Policy::Unavailable).try_acquire("s", 1);
    let Err(Refusal::Unavailable(why)) = unavailable.result else { panic!("{unavailable:?}") };
    assert_eq!(why.fault, Fault::Disconnected);
    // The limit by itself needs no store and no policy.
    assert_eq!(with(Policy::Closed).try_acquire("s", 0).source, Source::Limit);
    let never = with(Policy::Open).try_acquire("s", 21);
    assert_eq!(never.result, Err(Refusal::Denied(Denied::ExceedsLimit)));
    // The rescue is a fourth: five at once, and more than five never, though the store might.
    let rescue = with(Policy::Rescue);
    assert_eq!(rescue.try_acquire("s", 6).result, Err(later));
    assert_eq!(rescue.try_acquire("s", 5).source, Source::Rescue);
    assert!(rescue.try_acquire("t", 5).is_granted(), "another subject has its own");
    assert_eq!(rescue.peek("u", 1).result.unwrap().remaining, 5);
    let config = Config::new(8, Duration::from_secs(3_600), Kind::FromFirstUse);
    let limiter = PeriodLimiter::new(&store, "p", config.unwrap()).unwrap();
    let granted = (0..10).filter(|_| limiter.try_acquire("s", 1).is_granted()).count();
    assert_eq!(granted, 2, "a fourth of eight");
    let queue = LeakyQueue::new(&store, "p", quota()).unwrap();
    assert_eq!(queue.try_reserve("s", 1, None).result, Ok(Duration::ZERO));
    assert!(queue.try_reserve("s", 1, None).result.unwrap() > Duration::ZERO);
}

#[test]
fn two_clients_an_hour_apart_share_one_limit() {
    let Some(server) = RedisServer::start("clocks an hour apart") else { return };
    // On the server's clock no caller's time is even sent.
    let bucket = remote::TokenBucket::new(quota(), Duration::ZERO).unwrap();
    assert_eq!(bucket.try_acquire(1, When::Server).iter().nth(9), Some(""));
    // On clocks that callers supply, the fast one decides and the slow one starves; nothing is granted twice.
    let mut scripts = Scripts::new(&server);
    let (mut granted, hour_us, begin_us) = (0, 3_600_000_000, 1_795_449_600_000_000);
    for ms in 0..4_000 {
        let slow = if ms % 2 == 0 { hour_us } else { 0 };
        let now_us = begin_us + ms * 1_000 - slow;
        let asked = bucket.try_acquire(1, When::Supplied { now_us, grace_ms: 3_700_000 });
        let numbers = scripts.run(remote::SCRIPT, &["hour:{apart}"], &asked);
        granted += u32::from(bucket.acquired(&numbers).unwrap().answer.is_ok());
    }
    let bound = BURST + RATE * 4.0;
    assert!(f64::from(granted) <= bound + 1.0, "{granted} of {bound}");
    assert!(granted > 700, "the fast one gets its due: {granted}");
}

#[test]
fn two_stores_on_clocks_of_their_own_an_hour_apart_grant_no_more_than_one_limit() {
    let Some(server) = RedisServer::start("supplied clocks") else { return };
    let hour = Duration::from_secs(3_600);
    let at = |secs: u64| ManualClock::new(Instant::from_nanos(secs * 1_000_000_000).unwrap());
    let clocks = [at(1_795_449_600), at(1_795_446_000)];
    let stores = clocks.clone().map(|clock| {
        let options = options().with_deadline(PATIENCE).with_clock(clock.into(), 2 * hour);
        let store = Store::open_with(&server.url(), options).unwrap();
        assert!(store.wait_until_up(PATIENCE));
        store
    });
    // Whoever asks first: the fast one, or the slow one whose burst is all the slow clock allows.
    for first in [0, 1] {
        let name = format!("apart-{first}");
        let buckets =
            stores.each_ref().map(|store| TokenBucket::new(store, &name, quota()).unwrap());
        let mut granted = 0;
        for step in 0..400 {
            for clock in &clocks {
                clock.advance(Duration::from_millis(5));
            }
            for _ in 0..3 {
                let answer = buckets[(step + first) % 2].try_acquire("s", 1);
                assert_eq!(answer.source, Source::Store);
                granted += u32::from(answer.is_granted());
            }
        }
        // Two seconds on each clock; who is slow and first gets its three besides.
        let bound = BURST + RATE * 2.0 + 3.0;
        assert!(f64::from(granted) <= bound, "{granted} of {bound}");
        assert!(granted >= 400, "the fast one gets its due: {granted}");
    }
    let peeks = stores.each_ref().map(|store| {
        let bucket = TokenBucket::new(store, "apart-0", quota()).unwrap();
        bucket.peek("s", 1).result.unwrap().answer.is_ok()
    });
    assert_eq!(peeks, [true, false], "the slow one waits for the hour");
    let too_far = options().with_clock(AnyClock::Unix, 721 * hour).check();
    assert!(matches!(too_far, Err(OpenError::ApartTooLong)), "{too_far:?}");
}

#[test]
fn a_key_takes_no_more_of_the_server_s_memory_than_is_said() {
    let Some(server) = RedisServer::start("memory") else { return };
    let store = patient(&server);
    // An interval that is no whole number of microseconds needs the longest text.
    let thirds = Quota::per_second(3).unwrap().with_burst(30).unwrap();
    let bucket = TokenBucket::new(&store, "api", quota()).unwrap();
    let fraction = TokenBucket::new(&store, "thirds", thirds).unwrap();
    let hour = Duration::from_secs(3_600);
    let subject = "user-00042";
    assert_eq!(bucket.try_acquire(subject, 20).source, Source::Store);
    assert_eq!(fraction.try_acquire(subject, 29).source, Source::Store);
    let mut keys = vec![("resil:1:tb:api", 140), ("resil:1:tb:thirds", 140)];
    for (kind, key) in [
        (Kind::FromFirstUse, "resil:1:pf:api"),
        (Kind::Aligned { utc_offset_secs: 0 }, "resil:1:pa:api"),
        (Kind::Sliding, "resil:1:ps:api"),
    ] {
        let config = Config::new(1_000, hour, kind).unwrap();
        let limiter = PeriodLimiter::new(&store, "api", config).unwrap();
        assert_eq!(limiter.try_acquire(subject, 999).source, Source::Store);
        keys.push((key, 140));
    }
    for (key, most) in keys {
        let usage = server.command(&["MEMORY", "USAGE", &format!("{key}:{{{subject}}}")]);
        let bytes: u32 = usage.parse().unwrap_or_else(|_| panic!("{key}: {usage}"));
        println!("{key}: {bytes} B");
        assert!(bytes > 0 && bytes <= most, "{key}: {bytes} B");
    }
}

#[test]
fn a_reservation_is_given_back_once_however_often_it_is_asked() {
    let Some(server) = RedisServer::start("reservations") else { return };
    let store = patient(&server);
    let slow = Quota::per_minute(60).unwrap().with_burst(2).unwrap();
    let bucket = TokenBucket::new(&store, "held", slow).unwrap();
    assert!(bucket.try_acquire("s", 2).is_granted());
    let held = bucket.reserve("s", 2, None).result.unwrap();
    assert!(held.ready_after() > Duration::from_millis(1_500), "{held:?}");
    let given = held.cancel();
    assert_eq!((given.result, given.source), (Ok(Cancelled::GaveBack), Source::Store));
    let again = bucket.reserve("s", 2, None).result.unwrap();
    assert!(again.ready_after() <= Duration::from_secs(2), "{again:?}");
    drop(again);
    let refused = bucket.reserve("s", 1, Some(Duration::from_millis(10)));
    assert!(matches!(refused.result, Err(Refusal::Denied(Denied::RetryAfter(_)))), "{refused:?}");
    assert_eq!(bucket.try_acquire("s", 3).source, Source::Limit);
}

#[test]
fn a_key_lives_until_its_limiter_is_as_new_and_no_longer() {
    let Some(server) = RedisServer::start("expiry") else { return };
    let store = patient(&server);
    let ttl = |key: &str| server.command(&["PTTL", key]).parse::<u128>().expect("it has one");
    // A burst of less than half a second's rate: where others compute a time to live of 0.
    for burst in [1, 4] {
        let quota = Quota::per_minute(6).unwrap().with_burst(burst).unwrap();
        let bucket = TokenBucket::new(&store, "lives", quota).unwrap();
        let (subject, key) = (format!("s{burst}"), format!("resil:1:tb:lives:{{s{burst}}}"));
        assert_eq!(bucket.try_acquire(&subject, burst).source, Source::Store);
        // Earlier, in between, later: whatever the machine does meanwhile, the order holds.
        let before = ttl(&key);
        let left = bucket.peek(&subject, 1).result.unwrap().reset_after;
        let after = ttl(&key);
        assert!(Duration::from_millis(before as u64) >= left, "{before} ms for {left:?}");
        assert!(after <= left.as_millis() + 3, "{after} ms for {left:?}");
    }
    let minute = Duration::from_secs(60);
    for (kind, code, windows) in [
        (Kind::FromFirstUse, "pf", 1),
        (Kind::Aligned { utc_offset_secs: 0 }, "pa", 1),
        (Kind::Sliding, "ps", 2),
    ] {
        let config = Config::new(9, minute, kind).unwrap();
        let limiter = PeriodLimiter::new(&store, "lives", config).unwrap();
        // Not where a window ends: there the order would hold for two windows.
        while limiter.peek("s", 1).result.unwrap().reset_after.as_millis().wrapping_sub(1) < 3_000 {
            thread::sleep(Duration::from_millis(100));
        }
        assert!(limiter.try_acquire("s", 2).is_granted());
        let key = format!("resil:1:{code}:lives:{{s}}");
        let before = ttl(&key);
        let left = limiter.peek("s", 1).result.unwrap().reset_after + (windows - 1) * minute;
        let after = ttl(&key);
        assert!(Duration::from_millis(before as u64) >= left, "{before} ms for {left:?}");
        assert!(after <= left.as_millis() + 3, "{after} ms for {left:?}");
    }
    // The fastest: new again before it could be asked.
    let fastest = Quota::new(4, Duration::from_nanos(1), 1).unwrap();
    let bucket = TokenBucket::new(&store, "lives", fastest).unwrap();
    for _ in 0..10 {
        let answer = bucket.try_acquire("fast", 1);
        assert_eq!((answer.is_granted(), answer.source), (true, Source::Store));
    }
}

#[test]
fn members_are_counted_and_shares_follow() {
    let Some(server) = RedisServer::start("members") else { return };
    let counted = |group: &str| {
        let members = Members::Counted(group.into());
        let options = Options::default().with_members(members);
        Store::open_with(&server.url(), options).unwrap()
    };
    let stores = [counted("shop"), counted("shop"), counted("shop"), counted("other")];
    let begin = std::time::Instant::now();
    while stores[0].snapshot().members.get() < 3 {
        assert!(begin.elapsed() < PATIENCE, "{stores:?}");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(stores[0].snapshot().members.get(), 3);
    assert_eq!(stores[3].snapshot().members.get(), 1);
    drop(server);
    let bucket = TokenBucket::new(&stores[0], "m", quota()).unwrap();
    wait_for(&stores[0], Mode::Down);
    assert!(!bucket.try_acquire("s", 7).is_granted(), "a third of twenty is six");
    assert!(bucket.try_acquire("s", 6).is_granted());
}

#[test]
fn who_waits_in_a_thread_has_the_permits_when_they_are_due() {
    let store =
        Store::open_with(&format!("redis://127.0.0.1:{}/", free_port()), options()).unwrap();
    // The share of one of four: a permit each 10 ms, one at once; of a queue, one at once and one that waits.
    let limit = |burst| Quota::per_second(400).unwrap().with_burst(burst).unwrap();
    let bucket = TokenBucket::new(&store, "wait", limit(4)).unwrap();
    let queue = LeakyQueue::new(&store, "wait", limit(8)).unwrap();
    let bucket_again = bucket.clone();
    let due = Duration::from_millis(10);

    let start = std::time::Instant::now();
    assert!(bucket.acquire("s", 1, None).is_granted());
    let too_short = bucket_again.acquire("s", 1, Some(Duration::ZERO)).result;
    assert!(
        matches!(too_short, Err(Refusal::Denied(Denied::RetryAfter(_)))) || start.elapsed() >= due
    );
    assert!(bucket_again.acquire("s", 1, None).is_granted(), "the same bucket");
    assert!(start.elapsed() >= due, "{:?}", start.elapsed());

    let start = std::time::Instant::now();
    let paced = [queue.acquire("s", 1, None), queue.acquire("s", 1, None)];
    assert!(paced.iter().all(|answer| answer.is_granted()), "{paced:?}");
    assert!(start.elapsed() >= due, "{:?}", start.elapsed());
}

#[test]
fn options_that_cannot_be_are_refused_by_the_name_of_the_field() {
    let day = Duration::from_secs(86_400);
    let clock = |apart| Options::default().with_clock(AnyClock::Unix, apart);
    for (options, words) in [
        (Options::default().with_deadline(Duration::ZERO), "deadline must be longer than 0"),
        (
            Options::default().with_connect_timeout(Duration::ZERO),
            "connect_timeout must be longer than 0",
        ),
        (clock(30 * day + Duration::from_nanos(1)), "apart must be at most 30 days"),
        (Options::default().with_members(Members::Counted(String::new())), "members: "),
    ] {
        let why = options.check().unwrap_err();
        assert!(why.to_string().starts_with(words), "{why}");
        let has_source = matches!(why, OpenError::Members(_));
        assert_eq!(std::error::Error::source(&why).is_some(), has_source, "{why}");
    }
    assert!(clock(30 * day).check().is_ok());
    let why = Store::open_with("nonsense", Options::default()).unwrap_err();
    assert!(why.to_string().starts_with("url: "), "{why}");
    assert!(std::error::Error::source(&why).is_some());
}
