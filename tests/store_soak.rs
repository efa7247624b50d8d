//! Faults at random, one after another, for as long as is asked: nobody gets an error, nobody waits for a fault, and no
//! more is granted than is promised over all of it. A moment here; `ci/soak` takes its time.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use resil_core::pure::store_gate::Mode;
use resil_redis::TokenBucket;
use resil_tests::redis_server::{RedisServer, free_port};
use resil_tests::seed::{Random, seed};
use resil_tests::store_load::{quota, store, under_load, wait_for};

/// `name` as a number of seconds; a moment where it is not set.
fn seconds(name: &str) -> u64 {
    const MOMENT: u64 = 5;
    env::var(name).map_or(MOMENT, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}"))
    })
}

#[test]
fn faults_at_random_break_no_promise() {
    let (seconds, seed) = (seconds("RESIL_SOAK_SECONDS"), seed(1));
    println!("RESIL_SEED={seed} RESIL_SOAK_SECONDS={seconds}");
    let mut chance = Random::new(seed);
    let Some(mut server) = RedisServer::start("a soak of faults") else { return };
    let store = store(&server);
    let bucket = TokenBucket::new(&store, "soak", quota()).unwrap();
    let (mut fresh_stores, mut faults) = (1, [0; 7]);
    let run = under_load(&bucket, || {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(seconds) {
            let fault = chance.below(7) as usize;
            let lasts = Duration::from_millis(chance.below(2_000));
            faults[fault] += 1;
            match fault {
                0 => {
                    server.kill();
                    thread::sleep(lasts);
                    server.restart();
                    fresh_stores += 1;
                }
                1 => {
                    server.stop();
                    thread::sleep(lasts);
                    server.go_on();
                }
                2 => {
                    let pause = lasts.as_millis().max(1).to_string();
                    server.command(&["CLIENT", "PAUSE", &pause, "WRITE"]);
                    thread::sleep(lasts);
                }
                3 => {
                    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
                    thread::sleep(lasts);
                    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
                }
                4 => {
                    server.command(&["REPLICAOF", "127.0.0.1", &free_port().to_string()]);
                    thread::sleep(lasts);
                    server.command(&["REPLICAOF", "NO", "ONE"]);
                }
                5 => drop(server.command(&["SCRIPT", "FLUSH"])),
                _ => drop(server.command(&["CLIENT", "KILL", "TYPE", "normal"])),
            }
            if chance.below(2) == 0 {
                wait_for(&store, Mode::Up);
            }
            thread::sleep(Duration::from_millis(chance.below(500)));
        }
        wait_for(&store, Mode::Up);
    });
    println!("{fresh_stores} stores, faults {faults:?}: {run:?}; {store:?}");
    run.assert_bounds(fresh_stores);
    assert!(run.granted("store") > 0.0 && run.granted("rescue") > 0.0, "{run:?}");
}
