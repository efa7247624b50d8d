//! Limiters on a real server that fails in every way a server does, under load: nobody gets an error, nobody waits
//! for the failure, and no more is granted than is promised.
//!
//! `LONGEST_WAIT` is what a caller may wait on a machine that is busy with other things. It is many deadlines, and
//! far less than each failure lasts: whoever waited for the failure would be found.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use resil_core::period_limiter::Kind;
use resil_core::pure::period_limiter::Config;
use resil_core::pure::store_gate::{Fault, Mode};
use resil_core::remote::reply::When;
use resil_core::remote::token_bucket as remote;
use resil_core::token_bucket::Cancelled;
use resil_core::{Denied, Quota};
use resil_redis::{
    LeakyQueue, Members, Options, PeriodLimiter, Policy, Refusal, Source, Store, TokenBucket,
};
use resil_tests::redis_server::{RedisServer, free_port};
use resil_tests::store_script::Scripts;

const LONGEST_WAIT: Duration = Duration::from_millis(700);
/// How long a failure lasts, where it does nothing by itself.
const FAILURE: Duration = Duration::from_millis(1_500);
/// What a busy machine may take to notice that a server is back.
const PATIENCE: Duration = Duration::from_secs(20);
const CALLERS: usize = 4;

/// 200 a second, bursts of 20, of which one of four members has 50 a second and bursts of 5.
const RATE: f64 = 200.0;
const BURST: f64 = 20.0;
const MEMBERS: f64 = 4.0;

fn quota() -> Quota {
    Quota::per_second(RATE as u32).unwrap().with_burst(BURST as u32).unwrap()
}

fn options() -> Options {
    Options::default().with_members(Members::Fixed(NonZeroU32::new(MEMBERS as u32).unwrap()))
}

fn store(server: &RedisServer) -> Store {
    let store = Store::open_with(&server.url(), options()).unwrap();
    assert!(store.wait_until_up(PATIENCE), "{store:?}");
    store
}

/// A store whose callers wait out a busy machine's pauses: for tests of what it answers, not of how it fails.
fn patient(server: &RedisServer) -> Store {
    let store = Store::open_with(&server.url(), options().with_deadline(PATIENCE)).unwrap();
    assert!(store.wait_until_up(PATIENCE), "{store:?}");
    store
}

/// What callers got while something happened.
#[derive(Debug, Default)]
struct Run {
    elapsed: Duration,
    longest: Duration,
    granted: BTreeMap<&'static str, u32>,
    asked: BTreeMap<&'static str, u32>,
    errors: u32,
}

impl Run {
    fn granted(&self, source: &'static str) -> f64 {
        self.granted.get(source).copied().unwrap_or(0).into()
    }

    fn asked(&self, source: &'static str) -> u32 {
        self.asked.get(source).copied().unwrap_or(0)
    }

    /// The promise of docs/redis.md: per source the rate, and a burst each time the source begins anew.
    fn assert_bounds(&self, fresh_stores: u32) {
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

const fn name(source: Source) -> &'static str {
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
fn under_load(bucket: &TokenBucket, meanwhile: impl FnOnce()) -> Run {
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
fn wait_for(store: &Store, mode: Mode) {
    let begin = Instant::now();
    while store.snapshot().mode != mode {
        assert!(begin.elapsed() < PATIENCE, "never {mode:?}: {store:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A bucket under load while `fail` breaks the server and `mend` mends it.
fn broken_and_mended(
    server: &mut RedisServer,
    fresh_stores: u32,
    fault: Fault,
    fail: impl FnOnce(&mut RedisServer),
    mend: impl FnOnce(&mut RedisServer),
) {
    let store = store(server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        thread::sleep(Duration::from_millis(200));
        fail(server);
        wait_for(&store, Mode::Down);
        thread::sleep(FAILURE);
        // Tries go on, and find nothing else.
        let begin = Instant::now();
        while store.snapshot().last_fault != fault {
            assert!(begin.elapsed() < PATIENCE, "never {fault:?}: {store:?}");
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(store.snapshot().mode, Mode::Down, "it must not come back by itself");
        mend(server);
        wait_for(&store, Mode::Up);
        thread::sleep(Duration::from_millis(300));
    });
    run.assert_bounds(fresh_stores);
    assert!(run.asked("rescue") > 0 && run.asked("store") > 0, "{run:?}");
    assert!(run.granted("rescue") > 0.0 && run.granted("store") > 0.0, "{run:?}");
    assert!(store.snapshot().outages >= 1, "{store:?}");
}

#[test]
fn a_server_that_is_killed_and_comes_back_empty() {
    let Some(mut server) = RedisServer::start("kill -9, restart without data") else { return };
    let (fail, mend) = (RedisServer::kill, RedisServer::restart);
    broken_and_mended(&mut server, 2, Fault::Disconnected, fail, mend);
}

#[test]
fn a_server_that_is_killed_and_comes_back_with_its_data() {
    let options = ["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) = RedisServer::start_with("kill -9, restart with data", &options) else {
        return;
    };
    // One store: what was taken before is remembered, so its first burst is its only one.
    let (fail, mend) = (RedisServer::kill, RedisServer::restart);
    broken_and_mended(&mut server, 1, Fault::Disconnected, fail, mend);
}

#[test]
fn a_server_that_hangs_and_goes_on() {
    let Some(mut server) = RedisServer::start("SIGSTOP and SIGCONT") else { return };
    broken_and_mended(&mut server, 1, Fault::Disconnected, |it| it.stop(), |it| it.go_on());
}

#[test]
fn a_server_that_pauses_all_clients() {
    let Some(mut server) = RedisServer::start("CLIENT PAUSE") else { return };
    // Of all commands: also of the one that would end it, so it ends by itself.
    let pause_all = |it: &mut RedisServer| drop(it.command(&["CLIENT", "PAUSE", "4000", "ALL"]));
    broken_and_mended(&mut server, 1, Fault::Timeout, pause_all, |_| {});
    let unpause = |it: &mut RedisServer| drop(it.command(&["CLIENT", "UNPAUSE"]));
    // It answers PING meanwhile: that is no health.
    broken_and_mended(
        &mut server,
        1,
        Fault::Timeout,
        |it| {
            it.command(&["CLIENT", "PAUSE", "60000", "WRITE"]);
            assert_eq!(it.command(&["PING"]), "PONG");
        },
        unpause,
    );
}

#[test]
fn a_server_that_is_out_of_memory_or_read_only_and_answers_ping() {
    let Some(mut server) = RedisServer::start("maxmemory, read-only replica") else { return };
    broken_and_mended(
        &mut server,
        1,
        Fault::Unable,
        |it| {
            it.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
            it.command(&["CONFIG", "SET", "maxmemory", "1"]);
            assert_eq!(it.command(&["PING"]), "PONG");
        },
        |it| drop(it.command(&["CONFIG", "SET", "maxmemory", "0"])),
    );
    let nobody = free_port().to_string();
    broken_and_mended(
        &mut server,
        1,
        Fault::Unable,
        |it| {
            it.command(&["REPLICAOF", "127.0.0.1", &nobody]);
            assert_eq!(it.command(&["PING"]), "PONG");
        },
        |it| drop(it.command(&["REPLICAOF", "NO", "ONE"])),
    );
}

#[test]
fn a_server_that_wants_a_password_all_of_a_sudden() {
    let Some(server) = RedisServer::start("a changed password") else { return };
    let store = store(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        server.command(&["ACL", "SETUSER", "default", "-@scripting"]);
        wait_for(&store, Mode::Down);
        thread::sleep(Duration::from_millis(300));
    });
    run.assert_bounds(1);
    assert_eq!(store.snapshot().last_fault, Fault::Refused);
}

#[test]
fn scripts_that_are_flushed_under_load_are_not_noticed() {
    let Some(server) = RedisServer::start("SCRIPT FLUSH under load") else { return };
    let store = patient(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        for _ in 0..300 {
            server.command(&["SCRIPT", "FLUSH"]);
            thread::sleep(Duration::from_millis(2));
        }
    });
    run.assert_bounds(1);
    assert_eq!(store.snapshot().outages, 0, "{run:?}");
    assert!(run.asked("store") > 100, "{run:?}");
}

#[test]
fn connections_that_are_cut_are_made_anew() {
    let Some(server) = RedisServer::start("CLIENT KILL under load") else { return };
    let store = store(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        for _ in 0..10 {
            wait_for(&store, Mode::Up);
            server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
            thread::sleep(Duration::from_millis(50));
        }
        wait_for(&store, Mode::Up);
    });
    run.assert_bounds(1);
    assert!(store.snapshot().outages >= 5, "{store:?}");
}

#[test]
fn a_server_that_was_never_there_and_then_appears() {
    let Some(mut server) = RedisServer::start("a server that appears later") else { return };
    server.kill();
    let store = Store::open_with(&server.url(), options()).unwrap();
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    assert_eq!(bucket.try_acquire("subject", 1).source, Source::Rescue);
    let run = under_load(&bucket, || {
        thread::sleep(Duration::from_millis(300));
        server.restart();
        wait_for(&store, Mode::Up);
        thread::sleep(Duration::from_millis(200));
    });
    run.assert_bounds(1);
    assert!(run.asked("store") > 0, "{run:?}");
}

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

/// A server of the test's own that answers the greeting, then `replies` bytes of every script's answer, and then
/// hangs up or says no more.
fn half_a_reply(replies: &'static [u8], hangs_up: bool) -> (u16, &'static AtomicU32) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scripts: &AtomicU32 = Box::leak(Box::new(AtomicU32::new(0)));
    let serve = move |mut stream: TcpStream| {
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = stream.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            for command in text.split('*').skip(1) {
                let answer: &[u8] = if command.contains("EVAL") {
                    // Two good tries, so that it counts as there.
                    match scripts.fetch_add(1, Ordering::Relaxed) {
                        0 | 1 => b"*4\r\n:1\r\n:9\r\n:0\r\n:1\r\n",
                        _ => replies,
                    }
                } else {
                    b"+OK\r\n"
                };
                if stream.write_all(answer).is_err() || (answer == replies && hangs_up) {
                    return;
                }
            }
        }
    };
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(stream));
        }
    });
    (port, scripts)
}

#[test]
fn a_reply_that_stops_in_the_middle_is_no_answer_and_is_not_asked_for_again() {
    for (replies, hangs_up) in [
        (&b"*4\r\n:1\r\n:9"[..], true),
        (b"*4\r\n:1\r\n:9", false),
        (b"", false),
        (b"*1\r\n:1\r\n", false),
        (b"*4\r\n:1\r\n:9\r\n:0\r\n$1\r\nx\r\n", false),
    ] {
        let (port, scripts) = half_a_reply(replies, hangs_up);
        let store = Store::open_with(&format!("redis://127.0.0.1:{port}/"), options()).unwrap();
        assert!(store.wait_until_up(PATIENCE), "{store:?}");
        let bucket = TokenBucket::new(&store, "half", quota()).unwrap();
        let before = scripts.load(Ordering::Relaxed);
        let asked = Instant::now();
        let answer = bucket.try_acquire("s", 1);
        assert_eq!(answer.source, Source::Rescue, "{replies:?}");
        assert!(asked.elapsed() < LONGEST_WAIT);
        let once = scripts.load(Ordering::Relaxed) - before;
        // Whole but wrong, the server is still asked; else it is tried anew by the keeper alone.
        assert!(once == 1 || replies.is_empty() || replies.starts_with(b"*4"), "{once}");
        let run = under_load(&bucket, || thread::sleep(Duration::from_millis(400)));
        run.assert_bounds(0);
    }
}

/// Polls all futures on this thread until each is done.
fn block_on_all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut futures: Vec<_> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
    let mut done: Vec<_> = futures.iter().map(|_| None).collect();
    let begin = Instant::now();
    while done.iter().any(Option::is_none) {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if let Some(polled) = future
                && let std::task::Poll::Ready(value) = polled.as_mut().poll(&mut context)
            {
                (*done, *future) = (Some(value), None);
            }
        }
        if done.iter().any(Option::is_none) {
            // Woken by the answers alone: there is no timer to poll for.
            thread::park_timeout(PATIENCE);
            assert!(begin.elapsed() < PATIENCE, "answers that never come");
        }
    }
    done.into_iter().flatten().collect()
}

#[test]
fn tasks_of_any_runtime_share_the_connection_with_threads() {
    let Some(server) = RedisServer::start("tasks") else { return };
    let store = store(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let mut tasks = (0, 0);
    let run = under_load(&bucket, || {
        for _ in 0..50 {
            let futures: Vec<_> = (0..32).map(|_| bucket.try_acquire_async("other", 1)).collect();
            for answer in block_on_all(futures) {
                tasks.0 += u32::from(answer.is_granted());
                tasks.1 += u32::from(answer.source == Source::Store);
            }
        }
    });
    run.assert_bounds(1);
    let due = BURST + BURST / MEMBERS + RATE * 1.25 * run.elapsed.as_secs_f64();
    assert!(f64::from(tasks.0) <= due, "{tasks:?} of {due}");
    assert!(tasks.1 > 200, "{tasks:?}");
    // Nobody but the keeper is there to lead, and the server hangs: an answer comes all the same.
    server.stop();
    let asked = Instant::now();
    let answers = block_on_all((0..32).map(|_| bucket.try_acquire_async("other", 1)).collect());
    assert!(asked.elapsed() < LONGEST_WAIT, "{:?}", asked.elapsed());
    assert!(answers.iter().all(|answer| answer.source == Source::Rescue));
    server.go_on();
    // A task that is dropped while it waits leaves nothing behind, and gives back what it held.
    let patient = patient(&server);
    let slow = Quota::per_minute(60).unwrap().with_burst(1).unwrap();
    let held = TokenBucket::new(&patient, "dropped", slow).unwrap();
    assert!(held.try_acquire("s", 1).is_granted());
    let never = |_| std::future::pending::<()>();
    let mut waiting = Box::pin(held.acquire_async("s", 1, None, never));
    let waker = std::task::Waker::noop();
    let begin = Instant::now();
    let mut context = std::task::Context::from_waker(waker);
    while held.peek("s", 1).result.unwrap().reset_after < Duration::from_millis(1_500) {
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert!(begin.elapsed() < PATIENCE);
    }
    drop(waiting);
    while held.peek("s", 1).result.unwrap().reset_after > Duration::from_secs(1) {
        assert!(begin.elapsed() < PATIENCE, "what it held was not given back");
        thread::sleep(Duration::from_millis(1));
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
    let begin = Instant::now();
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
