//! Meter and queue against slow models: every answer, for any accepted quota and any script.

mod random_bytes;

use std::cell::RefCell;
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::leaky_bucket::{LeakyMeter, LeakyQueue, QueuePeek, Slot, Snapshot};
use resil_core::pure::leaky_bucket::State;
use resil_core::{Clock, Denied, Instant, LeakyBucket, ManualClock, Quota};
use resil_tests::branches::Branches;
use resil_tests::corpus::corpus;
use resil_tests::leaky_bucket_script::{BRANCHES, run};

#[test]
fn meter_and_queue_answer_as_the_slow_models_for_any_script() {
    let reached = RefCell::new(Branches::default());
    on_random_bytes("leaky_bucket_model", 1_500, 400, |bytes| {
        reached.borrow_mut().add(&run(bytes))
    });
    reached.borrow().assert_reached(BRANCHES, 3);
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    for seed in corpus("leaky_bucket") {
        run(&seed);
    }
}

/// Whoever polls gets the whole rate, however wide the polling step: nothing is lost between polls.
#[test]
fn at_any_polling_step_the_rate_is_reached_to_the_last_permit() {
    const SECOND: u64 = 1_000_000_000;
    for permits in [1, 3, 7, 10, 1_000, 999_983] {
        // Room for what comes in one step and the fraction that the last one left.
        let burst = permits + 1;
        let quota = Quota::new(permits, Duration::from_secs(1), burst).unwrap();
        for step in [SECOND / 7, 10_000_000, 999_999_937, 33_333_333] {
            let mut meter = State::new(&quota);
            assert_eq!(meter.try_acquire(Instant::ZERO, burst), Ok(()));
            let (mut granted, mut now) = (0, 0);
            while now < 60 * SECOND {
                now += step;
                let at = Instant::from_nanos(now).unwrap();
                let there = meter.peek(at, 0).remaining;
                assert_eq!(meter.try_acquire(at, there), Ok(()));
                granted += u128::from(there);
            }
            let due = u128::from(now) * u128::from(permits) / u128::from(SECOND);
            // Two ticks of at most 1 ns are less than one permit here.
            assert!(
                granted == due || granted == due + 1,
                "{granted} of {due}, {permits} by {step}"
            );
        }
    }
}

#[test]
fn threads_that_join_at_once_get_every_slot_once() {
    const THREADS: usize = 4;
    const EACH: usize = 500;
    let quota = Quota::per_second(1_000).unwrap().with_burst(u32::MAX).unwrap();
    let queue = LeakyBucket::queue(quota);
    let join = || (0..EACH).map(|_| queue.try_reserve_at(Instant::ZERO, 1).unwrap().ready_after());
    let mut slots: Vec<_> = std::thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| join().collect::<Vec<_>>()));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    slots.sort_unstable();
    let all: Vec<_> = (0..(THREADS * EACH) as u64).map(Duration::from_millis).collect();
    assert_eq!(slots, all);
}

#[test]
fn waiting_on_a_queue_keeps_the_pace() {
    let clock = ManualClock::default();
    let queue = LeakyBucket::queue(Quota::per_second(10).unwrap()).with_clock(clock.clone());
    for slot in 0..5 {
        assert_eq!(queue.acquire(1, None), Ok(()));
        assert_eq!(clock.now().as_nanos(), slot * 100_000_000);
    }
    assert_eq!(queue.acquire(11, None), Err(Denied::ExceedsLimit));
    let patience = Duration::from_millis(99);
    let late = Err(Denied::RetryAfter(Duration::from_millis(1)));
    assert_eq!(queue.acquire(1, Some(patience)), late);
}

#[test]
fn waiting_without_blocking_sleeps_for_the_slot_and_a_dropped_wait_leaves_it_unused() {
    use std::future::{pending, ready};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    let queue = LeakyBucket::queue(Quota::per_second(10).unwrap().with_burst(4).unwrap())
        .with_clock(ManualClock::default());
    let mut context = Context::from_waker(Waker::noop());
    let mut waits = Vec::new();
    for _ in 0..2 {
        let mut future = pin!(queue.acquire_async(1, None, |wait| {
            waits.push(wait);
            ready(())
        }));
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(())));
    }
    assert_eq!(waits, [Duration::from_millis(100)], "the first goes at once, without sleeping");
    {
        let mut future = pin!(queue.acquire_async(1, None, |_| pending::<()>()));
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
    }
    let slot = queue.try_reserve(1).unwrap();
    assert_eq!(slot.ready_after(), Duration::from_millis(300));
    let mut future = pin!(queue.acquire_async(1, Some(Duration::from_secs(9)), |_| ready(())));
    let full = Err(Denied::RetryAfter(Duration::from_millis(100)));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(full));
}

#[test]
fn what_a_user_holds_goes_to_any_thread_shows_itself_and_has_the_documented_size() {
    fn any_thread<T: Send + Sync + Unpin>() {}
    any_thread::<LeakyMeter>();
    any_thread::<LeakyQueue<ManualClock>>();
    any_thread::<(Slot, QueuePeek, Snapshot)>();
    let meter = include_str!("../resil-core/src/concurrent/leaky_bucket/meter.rs");
    assert!(meter.contains(&format!(" {} bytes", size_of::<LeakyMeter>())));
    let queue = include_str!("../resil-core/src/concurrent/leaky_bucket/queue.rs");
    assert!(queue.contains(&format!(" {} bytes", size_of::<LeakyQueue>())));
    assert_eq!(size_of::<LeakyMeter>(), size_of::<LeakyQueue>());
    let quota = Quota::new(3, Duration::from_secs(7), 5).unwrap();
    let text = format!("{:?} {:?}", LeakyBucket::meter(quota), LeakyBucket::queue(quota));
    assert!(text.contains("LeakyMeter { quota: Quota { permits: 3"), "{text}");
    assert!(text.contains("LeakyQueue { quota: Quota { permits: 3"), "{text}");
}

#[test]
fn a_snapshot_shows_quota_room_and_the_time_until_idle() {
    let quota = Quota::per_second(1).unwrap().with_burst(4).unwrap();
    let queue = LeakyBucket::queue(quota);
    let _ = queue.try_reserve_at(Instant::ZERO, 3).unwrap();
    let snapshot = queue.snapshot_at(Instant::ZERO);
    assert_eq!((snapshot.quota, snapshot.remaining), (quota, 1));
    assert_eq!(snapshot.reset_after, Duration::from_secs(3));
    let meter = LeakyBucket::meter(quota).with_clock(ManualClock::default());
    assert_eq!(meter.try_acquire(4), Ok(()));
    assert_eq!((meter.snapshot().remaining, meter.peek(1).remaining), (0, 0));
}
