//! A decision in a store beside a PING of the client under it, on one server in one run; 1 and 16 callers. And how
//! long it takes until a process decides by itself when the server is killed, or hangs.
//!
//! Time per decision: with 16 callers, of the 16 together. Without a redis-server it says so and measures nothing.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use redis::Connection;
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo};
use resil_benches::on_threads;
use resil_core::Quota;
use resil_redis::{Options, Source, Store, TokenBucket};
use resil_tests::redis_server::RedisServer;

const CALLERS: u32 = 16;
/// Servers that are killed, and that hang: an odd number has a median.
const FAILOVERS: usize = 15;

fn connection(server: &RedisServer) -> Connection {
    let info = server.url().as_str().into_connection_info().unwrap();
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    Client::open(info).unwrap().get_connection().unwrap()
}

fn ping(connection: &mut Connection) {
    let _: String = redis::cmd("PING").query(connection).unwrap();
}

fn plenty() -> Quota {
    Quota::new(1_000_000_000, Duration::from_secs(1), u32::MAX).unwrap()
}

fn decisions(c: &mut Criterion) {
    let Some(server) = RedisServer::start("the time of a decision in a store") else { return };
    // A busy machine's pauses are no outage here.
    let options = Options::default().with_deadline(Duration::from_secs(1));
    let store = Store::open_with(&server.url(), options).unwrap();
    assert!(store.wait_until_up(Duration::from_secs(10)));
    let bucket = TokenBucket::new(&store, "bench", plenty()).unwrap();
    let scarce = Quota::per_day(1).unwrap();
    let empty = TokenBucket::new(&store, "empty", scarce).unwrap();
    let decide = || assert!(bucket.try_acquire("subject", 1).is_granted());

    let mut group = c.benchmark_group("redis_one_caller");
    let mut alone = connection(&server);
    group.bench_function("ping", |b| b.iter(|| ping(&mut alone)));
    group.bench_function("resil_grant", |b| b.iter(decide));
    let _ = empty.try_acquire("subject", 1);
    group.bench_function("resil_refuse", |b| b.iter(|| empty.try_acquire("subject", 1)));
    group.finish();

    let mut group = c.benchmark_group("redis_sixteen_callers");
    // One caller's, again: what sixteen together are held against, in the same minute.
    group.bench_function("ping_one_caller", |b| b.iter(|| ping(&mut alone)));
    let shared = Mutex::new(connection(&server));
    let ping_shared = || ping(&mut shared.lock().unwrap());
    group.bench_function("ping_one_connection", |b| {
        b.iter_custom(|n| on_threads(CALLERS, n, ping_shared))
    });
    let mut sixteen = redis::pipe();
    for _ in 0..CALLERS {
        sixteen.cmd("PING");
    }
    group.bench_function("ping_combined", |b| {
        b.iter_custom(|n| {
            let begin = Instant::now();
            for _ in 0..n.div_ceil(CALLERS.into()) {
                let _: Vec<String> = sixteen.query(&mut alone).unwrap();
            }
            begin.elapsed()
        });
    });
    group.bench_function("resil_grant", |b| b.iter_custom(|n| on_threads(CALLERS, n, decide)));
    group.finish();
    assert_eq!(store.snapshot().outages, 0, "what was measured is the store");
}

/// From the fault to the first answer of this process alone, and the longest that any call took meanwhile.
fn failover(fail: impl Fn(&mut RedisServer)) -> Option<(Duration, Duration)> {
    let mut server = RedisServer::start("the time of a failover")?;
    let store = Store::open(&server.url()).unwrap();
    assert!(store.wait_until_up(Duration::from_secs(10)));
    let bucket = TokenBucket::new(&store, "bench", plenty()).unwrap();
    for _ in 0..1_000 {
        let _ = bucket.try_acquire("subject", 1);
    }
    assert!(store.wait_until_up(Duration::from_secs(10)));
    fail(&mut server);
    let begin = Instant::now();
    let mut longest = Duration::ZERO;
    let mut first = None;
    // Until it is over for good: three timeouts shut the gate.
    while begin.elapsed() < Duration::from_millis(200) {
        let asked = Instant::now();
        let answer = bucket.try_acquire("subject", 1);
        longest = longest.max(asked.elapsed());
        if answer.source == Source::Rescue {
            first.get_or_insert_with(|| begin.elapsed());
        }
    }
    Some((first.expect("nobody else answers"), longest))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn failovers(_: &mut Criterion) {
    for name in ["killed", "hung"] {
        let fail = |server: &mut RedisServer| match name {
            "killed" => server.kill(),
            _ => server.stop(),
        };
        let measured: Option<Vec<_>> = (0..FAILOVERS).map(|_| failover(fail)).collect();
        let Some(measured) = measured else { return };
        let (first, longest) = measured.into_iter().unzip();
        println!(
            "redis_failover/{name}: decides alone after {:?}, longest call {:?} (medians of {FAILOVERS})",
            median(first),
            median(longest)
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    targets = decisions, failovers
}
criterion_main!(benches);
