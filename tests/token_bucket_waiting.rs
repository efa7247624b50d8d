//! Waiting, giving up and sharing: on a clock that moves by hand, and on real threads.

use std::cell::RefCell;
use std::future::{Future, pending, ready};
use std::pin::pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use resil_core::{Carry, Clock, Denied, Instant, ManualClock, Quota, TokenBucket};

const TENTH: Duration = Duration::from_millis(100);

/// 10 per second, burst 1, and its clock.
fn bucket() -> (TokenBucket<ManualClock>, ManualClock) {
    let clock = ManualClock::default();
    let quota = Quota::per_second(10).unwrap().with_burst(1).unwrap();
    (TokenBucket::new(quota).with_clock(clock.clone()), clock)
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn acquire_waits_exactly_until_its_permits_are_there() {
    let (bucket, clock) = bucket();
    for k in 0..5 {
        assert_eq!(bucket.acquire(1, None), Ok(()));
        assert_eq!(clock.now().as_nanos(), k * 100_000_000);
    }
}

#[test]
fn acquire_fails_at_once_and_takes_nothing_if_the_wait_would_exceed_the_timeout() {
    let (bucket, clock) = bucket();
    assert_eq!(bucket.acquire(1, Some(Duration::ZERO)), Ok(()));
    let just_short = TENTH - Duration::from_nanos(1);
    let denied = bucket.acquire(1, Some(just_short));
    assert_eq!(denied, Err(Denied::RetryAfter(Duration::from_nanos(1))));
    assert_eq!(clock.now(), Instant::ZERO);
    assert_eq!(bucket.peek(1).answer, Err(Denied::RetryAfter(TENTH)));
    assert_eq!(bucket.acquire(1, Some(TENTH)), Ok(()));
    assert_eq!(bucket.acquire(2, None), Err(Denied::ExceedsLimit));
}

#[test]
fn nobody_overtakes_those_who_wait() {
    let (bucket, clock) = bucket();
    assert_eq!(bucket.try_acquire(1), Ok(()));
    let mut first = pin!(bucket.acquire_async(1, None, |_| pending::<()>()));
    assert!(poll(first.as_mut()).is_pending());
    clock.advance(TENTH);
    // The permit that is there now is the first one's.
    assert_eq!(bucket.try_acquire(1), Err(Denied::RetryAfter(TENTH)));
    assert_eq!(bucket.peek(1).remaining, 0);
}

#[test]
fn waiters_are_served_in_order_of_arrival_one_interval_apart() {
    let (bucket, _) = bucket();
    let sleeps = RefCell::new(Vec::new());
    let wait = |wait: Duration| {
        sleeps.borrow_mut().push(wait);
        pending::<()>()
    };
    let mut waiters: Vec<_> =
        (0..4).map(|_| Box::pin(bucket.acquire_async(1, None, wait))).collect();
    assert_eq!(poll(waiters[0].as_mut()), Poll::Ready(Ok(())), "the first finds a permit");
    for waiter in &mut waiters[1..] {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    assert_eq!(*sleeps.borrow(), [TENTH, 2 * TENTH, 3 * TENTH]);
}

#[test]
fn an_async_wait_ends_with_the_permits_taken() {
    let (bucket, clock) = bucket();
    assert_eq!(bucket.try_acquire(1), Ok(()));
    let sleep = |wait: Duration| {
        clock.sleep(wait);
        ready(())
    };
    assert_eq!(poll(pin!(bucket.acquire_async(1, None, sleep))), Poll::Ready(Ok(())));
    assert_eq!(clock.now().as_nanos(), 100_000_000);
    assert_eq!(bucket.try_acquire(1), Err(Denied::RetryAfter(TENTH)));
}

#[test]
fn an_async_wait_beyond_the_timeout_fails_without_sleeping() {
    let (bucket, _) = bucket();
    assert_eq!(bucket.try_acquire(1), Ok(()));
    let never = |_| -> std::future::Ready<()> { panic!("slept") };
    let refused = poll(pin!(bucket.acquire_async(1, Some(TENTH / 2), never)));
    assert_eq!(refused, Poll::Ready(Err(Denied::RetryAfter(TENTH / 2))));
    assert_eq!(bucket.peek(1).answer, Err(Denied::RetryAfter(TENTH)));
}

#[test]
fn dropping_an_async_wait_gives_its_permits_back() {
    let (bucket, _) = bucket();
    assert_eq!(bucket.try_acquire(1), Ok(()));
    {
        let mut waiter = pin!(bucket.acquire_async(1, None, |_| pending::<()>()));
        assert!(poll(waiter.as_mut()).is_pending());
        assert_eq!(bucket.peek(1).answer, Err(Denied::RetryAfter(2 * TENTH)));
    }
    assert_eq!(bucket.peek(1).answer, Err(Denied::RetryAfter(TENTH)));
}

#[test]
fn dropping_an_async_wait_that_was_never_polled_takes_nothing() {
    let (bucket, _) = bucket();
    drop(bucket.acquire_async(1, None, |_| pending::<()>()));
    assert_eq!(bucket.try_acquire(1), Ok(()));
}

#[test]
fn dropping_a_reservation_keeps_its_promise() {
    let (bucket, _) = bucket();
    drop(bucket.reserve(1).unwrap());
    assert_eq!(bucket.try_acquire(1), Err(Denied::RetryAfter(TENTH)));
}

#[test]
fn eight_threads_at_one_instant_are_granted_exactly_the_burst() {
    const THREADS: u64 = 8;
    const BURST: u32 = 1_000;
    // Uptime, Unix time, and an instant that makes the origin move: the first call of a bucket is the
    // one that threads race for.
    for first in [None, Some(0)] {
        for now in [5, 1_431_857_103_000_000_000, i64::MAX as u64] {
            let now = Instant::from_nanos(now).unwrap();
            for _ in 0..10 {
                let quota = Quota::per_second(1).unwrap().with_burst(BURST).unwrap();
                let bucket = TokenBucket::new(quota);
                if let Some(first) = first {
                    let _ = bucket.peek_at(Instant::from_nanos(first).unwrap(), 1);
                }
                let granted = AtomicU64::new(0);
                let barrier = Barrier::new(THREADS as usize);
                thread::scope(|scope| {
                    for _ in 0..THREADS {
                        scope.spawn(|| {
                            barrier.wait();
                            let mine = (0..BURST)
                                .filter(|_| bucket.try_acquire_at(now, 1).is_ok())
                                .count();
                            granted.fetch_add(mine as u64, Ordering::Relaxed);
                        });
                    }
                });
                assert_eq!(granted.into_inner(), u64::from(BURST));
                assert_eq!(
                    bucket.try_acquire_at(now, 1),
                    Err(Denied::RetryAfter(Duration::from_secs(1)))
                );
            }
        }
    }
}

#[test]
fn eight_threads_with_clocks_apart_are_granted_exactly_what_is_due_in_all() {
    const THREADS: u64 = 8;
    const STEPS: u64 = 5_000;
    // Emptied at 0, and never full again: what one does not get is there for another.
    let quota = Quota::new(1, Duration::from_nanos(7), 1_000_000).unwrap();
    let bucket = TokenBucket::new(quota);
    let at = |nanos: u64| Instant::from_nanos(nanos).unwrap();
    assert_eq!(bucket.try_acquire_at(at(0), 1_000_000), Ok(()));
    let taken = AtomicU64::new(0);
    let barrier = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (bucket, taken, barrier) = (&bucket, &taken, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let mut mine = 0;
                for step in 0..STEPS {
                    let n = 1 + (step + thread) % 3;
                    let now = at(step * 100 + thread * 13);
                    if bucket.try_acquire_at(now, n as u32).is_ok() {
                        mine += n;
                    }
                }
                taken.fetch_add(mine, Ordering::Relaxed);
            });
        }
    });
    let end = at(STEPS * 100);
    let mut taken = taken.into_inner();
    while bucket.try_acquire_at(end, 1).is_ok() {
        taken += 1;
    }
    assert_eq!(taken, STEPS * 100 / 7);
}

#[test]
fn another_clock_after_a_change_of_quota_makes_a_full_bucket_of_the_new_quota() {
    for (before, after) in [(100, 10), (10, 100)] {
        let bucket = TokenBucket::new(Quota::per_second(before).unwrap()).with_initial(0).unwrap();
        bucket.set_quota_at(Instant::ZERO, Quota::per_second(after).unwrap(), Carry::AsIs);
        let remade = bucket.with_clock(ManualClock::default());
        assert_eq!(remade.peek(1).remaining, after);
    }
}
