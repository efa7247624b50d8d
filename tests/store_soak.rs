//! Faults at random, one after another, for as long as is asked: nobody gets an error, nobody waits for a fault, and no
//! more is granted than is promised over all of it. `ci/soak` runs it.

mod store_load;

use std::env;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use resil_core::pure::store_gate::Mode;
use resil_redis::TokenBucket;
use resil_tests::redis_server::{RedisServer, free_port};
use store_load::{quota, store, under_load, wait_for};

/// Numbers from a seed (xorshift; Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

#[test]
#[ignore = "takes minutes: ci/soak"]
fn faults_at_random_break_no_promise() {
    let seconds = number("RESIL_SOAK_SECONDS").unwrap_or(60);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("RESIL_SEED").unwrap_or(now.as_nanos() as u64) | 1;
    println!("RESIL_SEED={seed} RESIL_SOAK_SECONDS={seconds}");
    let mut chance = Chance(seed);
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
