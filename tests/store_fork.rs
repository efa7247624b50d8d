//! A process that forks: parent and child go on by themselves, with one limit. In a file of its own: it forks.

use std::thread;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_redis::{Options, Source, Store, TokenBucket};
use resil_tests::redis_server::RedisServer;

const PATIENCE: Duration = Duration::from_secs(20);

/// Asks for a while; how often the store granted, and whether it ever answered.
fn asked(store: &Store, bucket: &TokenBucket) -> (u8, bool) {
    let _ = store.wait_until_up(PATIENCE);
    let (mut granted, mut answered) = (0, false);
    for _ in 0..200 {
        let answer = bucket.try_acquire("s", 1);
        answered |= answer.source == Source::Store;
        granted += u8::from(answer.is_granted() && answer.source == Source::Store);
    }
    (granted, answered)
}

#[test]
fn children_make_connections_of_their_own_and_share_the_limit() {
    let Some(server) = RedisServer::start("fork") else { return };
    // A busy machine's pauses are no outage here.
    let options = Options::default().with_deadline(PATIENCE);
    let store = Store::open_with(&server.url(), options).unwrap();
    assert!(store.wait_until_up(PATIENCE));
    // So slow that only the burst counts.
    let quota = Quota::per_hour(1).unwrap().with_burst(100).unwrap();
    let bucket = TokenBucket::new(&store, "fork", quota).unwrap();
    let (mut granted, _) = {
        // Threads that use the lane while it forks: the child must not meet their locks.
        let busy = TokenBucket::new(&store, "busy", Quota::per_second(10).unwrap()).unwrap();
        let over = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !over.load(std::sync::atomic::Ordering::Relaxed) {
                        let _ = busy.try_acquire("s", 1);
                    }
                });
            }
            let children: Vec<_> = (0..4).map(|_| fork(&store, &bucket)).collect();
            let own = asked(&store, &bucket);
            let mut all = u32::from(own.0);
            for child in children {
                all += u32::from(ended(child));
            }
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            (all, own.1)
        })
    };
    // An hour's rate adds nothing in a test; all of the burst was there for all.
    assert!(granted <= 100, "{granted}");
    let (more, answered) = asked(&store, &bucket);
    granted += u32::from(more);
    assert!(answered, "the parent's connection is still its own");
    assert_eq!(granted, 100);
}

/// A child that asks, and ends with how often it was granted; 255 if the store never answered.
fn fork(store: &Store, bucket: &TokenBucket) -> libc::pid_t {
    // SAFETY: the child uses what is safe after a fork of many threads (the allocator, locks that no other thread
    // of the parent can hold there), and ends by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        let (granted, answered) = asked(store, bucket);
        // SAFETY: ends this process, and nothing else of it runs.
        unsafe { libc::_exit(if answered { granted.into() } else { 255 }) };
    }
    child
}

fn ended(child: libc::pid_t) -> u8 {
    let begin = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: `status` is a place for an int, and `child` is a child of this process that was not waited for.
        let done = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) };
        if done == child {
            break;
        }
        if begin.elapsed() > 2 * PATIENCE {
            // SAFETY: as above; it hangs, and would for ever.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("a child hangs");
        }
        thread::sleep(Duration::from_millis(2));
    }
    assert!(libc::WIFEXITED(status), "{status}");
    let code = libc::WEXITSTATUS(status);
    assert_ne!(code, 255, "the store never answered the child");
    code as u8
}
