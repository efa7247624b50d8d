//! Limiters in a store asked by tasks of no particular runtime.

use std::thread;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_core::period_limiter::Kind;
use resil_core::pure::period_limiter::Config;
use resil_redis::{LeakyMeter, LeakyQueue, PeriodLimiter, Source, TokenBucket};
use resil_tests::redis_server::RedisServer;
use resil_tests::store_load::{
    BURST, LONGEST_WAIT, MEMBERS, PATIENCE, RATE, patient, quota, store, under_load,
};

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

fn block_on<T>(future: impl Future<Output = T>) -> T {
    block_on_all(vec![future]).pop().expect("one")
}

#[test]
fn every_limiter_is_peeked_at_and_waited_for_without_blocking() {
    let Some(server) = RedisServer::start("async forms") else { return };
    let store = patient(&server);
    let hourly = Quota::per_hour(1).unwrap().with_burst(3).unwrap();
    let bucket = TokenBucket::new(&store, "async", hourly).unwrap();
    let held = block_on(bucket.reserve_async("s", 2, None));
    assert_eq!(held.result.unwrap().ready_after(), Duration::ZERO);
    assert_eq!(block_on(bucket.peek_async("s", 1)).result.unwrap().remaining, 1);
    let meter = LeakyMeter::new(&store, "async", hourly).unwrap();
    assert!(block_on(meter.try_acquire_async("s", 1)).is_granted());
    assert_eq!(block_on(meter.peek_async("s", 1)).result.unwrap().remaining, 2);
    let config = Config::new(5, Duration::from_secs(3_600), Kind::FromFirstUse).unwrap();
    let limiter = PeriodLimiter::new(&store, "async", config).unwrap();
    assert!(block_on(limiter.try_acquire_async("s", 2)).is_granted());
    let peek = block_on(limiter.peek_async("s", 4));
    assert_eq!((peek.source, peek.result.unwrap().remaining), (Source::Store, 3));

    let queue = LeakyQueue::new(&store, "async", hourly).unwrap();
    let mut slept = Vec::new();
    for _ in 0..2 {
        let sleep = |wait| {
            slept.push(wait);
            std::future::ready(())
        };
        let waited = block_on(queue.acquire_async("s", 1, None, sleep));
        assert_eq!((waited.result, waited.source), (Ok(()), Source::Store));
    }
    let [wait] = slept[..] else { panic!("only the second one waits: {slept:?}") };
    assert!(wait > Duration::from_secs(3_500) && wait <= Duration::from_secs(3_600), "{wait:?}");
    assert!(block_on(queue.peek_async("s", 1)).result.unwrap().answer.unwrap() > wait);
    let soon = Some(Duration::from_secs(1));
    let never = |_| -> std::future::Ready<()> { panic!("it takes no place") };
    assert!(block_on(queue.acquire_async("s", 1, soon, never)).result.is_err());
}
