//! A decision in a store beside a PING of the client under it, on one server in one run; 1 and 16 callers.
//!
//! Time per decision: with 16 callers, of the 16 together. Without a redis-server it says so and measures nothing.

use std::sync::Mutex;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use redis::Connection;
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo};
use resil_benches::on_threads;
use resil_core::Quota;
use resil_redis::{Options, Store, TokenBucket};
use resil_tests::redis_server::RedisServer;

const CALLERS: u32 = 16;

fn connection(server: &RedisServer) -> Connection {
    let info = server.url().as_str().into_connection_info().unwrap();
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    Client::open(info).unwrap().get_connection().unwrap()
}

fn ping(connection: &mut Connection) {
    let _: String = redis::cmd("PING").query(connection).unwrap();
}

fn decisions(c: &mut Criterion) {
    let Some(server) = RedisServer::start("the time of a decision in a store") else { return };
    // A busy machine's pauses are no outage here.
    let options = Options::default().with_deadline(Duration::from_secs(1));
    let store = Store::open_with(&server.url(), options).unwrap();
    assert!(store.wait_until_up(Duration::from_secs(10)));
    let plenty = Quota::new(1_000_000_000, Duration::from_secs(1), u32::MAX).unwrap();
    let bucket = TokenBucket::new(&store, "bench", plenty).unwrap();
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
    let shared = Mutex::new(connection(&server));
    let ping_shared = || ping(&mut shared.lock().unwrap());
    group.bench_function("ping_one_connection", |b| {
        b.iter_custom(|n| on_threads(CALLERS, n, ping_shared))
    });
    group.bench_function("resil_grant", |b| b.iter_custom(|n| on_threads(CALLERS, n, decide)));
    group.finish();
    assert_eq!(store.snapshot().outages, 0, "what was measured is the store");
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    targets = decisions
}
criterion_main!(benches);
