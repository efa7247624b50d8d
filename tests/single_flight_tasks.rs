//! The single flight between tasks, polled by hand, and between tasks and threads.

use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use resil_core::SingleFlight;
use resil_core::single_flight::{FlightError, Shared};

/// A waker that counts.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn poll_as<F: Future + ?Sized>(woken: &Arc<Woken>, future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&woken.clone().into()))
}

/// Runs a future on this thread, asleep between two polls: what is not woken hangs.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Pending until told.
async fn until(open: &AtomicBool) {
    poll_fn(|_| if open.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }).await;
}

#[test]
fn a_task_alone_gets_its_own_value() {
    let flights = SingleFlight::new();
    let alone = poll(pin!(flights.run_async("a", || ready(5))));
    assert!(matches!(alone, Poll::Ready(Ok(Shared::Mine(5)))));
    assert!(flights.is_empty());
}

#[test]
fn nothing_happens_before_the_first_poll() {
    let flights = SingleFlight::<_, ()>::new();
    let unpolled = flights.run_async("a", || -> std::future::Ready<()> { panic!("called") });
    assert!(flights.is_empty());
    drop(unpolled);
}

#[test]
fn all_followers_are_woken_by_the_landing_each_once() {
    let flights = SingleFlight::new();
    let open = AtomicBool::new(false);
    let mut leader = Box::pin(flights.run_async("a", || async {
        until(&open).await;
        vec![1, 2, 3]
    }));
    assert!(poll(leader.as_mut()).is_pending());
    let mut followers: Vec<_> = (0..1_000)
        .map(|_| {
            let woken = Arc::new(Woken::default());
            let follower = flights.run_async("a", || async { panic!("one call is enough") });
            (Box::pin(follower), woken)
        })
        .collect();
    for (follower, woken) in &mut followers {
        assert!(poll_as(woken, follower.as_mut()).is_pending());
    }
    assert_eq!(flights.snapshot().followers, 1_000);
    open.store(true, Ordering::SeqCst);
    let Poll::Ready(Ok(Shared::Ours(value))) = poll(leader.as_mut()) else { panic!("not shared") };
    assert!(flights.is_empty());
    for (follower, woken) in &mut followers {
        assert_eq!(woken.times(), 1);
        let Poll::Ready(Ok(Shared::Theirs(theirs))) = poll(follower.as_mut()) else {
            panic!("not landed")
        };
        assert!(Arc::ptr_eq(&theirs, &value));
    }
    drop(followers);
    assert_eq!(Arc::strong_count(&value), 1, "nothing keeps the value");
}

#[test]
fn the_last_waker_that_a_follower_was_polled_with_is_woken() {
    let flights = SingleFlight::new();
    let open = AtomicBool::new(false);
    let mut leader = pin!(flights.run_async("a", || until(&open)));
    assert!(poll(leader.as_mut()).is_pending());
    let (first, second) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
    let mut follower = pin!(flights.run_async("a", || until(&open)));
    assert!(poll_as(&first, follower.as_mut()).is_pending());
    assert!(poll_as(&second, follower.as_mut()).is_pending());
    open.store(true, Ordering::SeqCst);
    assert!(poll(leader.as_mut()).is_ready());
    assert_eq!((first.times(), second.times()), (0, 1));
    assert!(poll(follower.as_mut()).is_ready());
}

#[test]
fn when_the_leader_is_cancelled_one_follower_makes_the_call_and_the_others_share_it() {
    let flights = SingleFlight::new();
    let runs = AtomicUsize::new(0);
    let open = AtomicBool::new(false);
    let call = || async {
        runs.fetch_add(1, Ordering::SeqCst);
        until(&open).await;
        9
    };
    let mut leader = Box::pin(flights.run_async("a", call));
    assert!(poll(leader.as_mut()).is_pending());
    let woken: Vec<_> = (0..3).map(|_| Arc::new(Woken::default())).collect();
    let mut followers: Vec<_> = (0..3).map(|_| Box::pin(flights.run_async("a", call))).collect();
    for (follower, woken) in followers.iter_mut().zip(&woken) {
        assert!(poll_as(woken, follower.as_mut()).is_pending());
    }
    drop(leader);
    assert_eq!(flights.snapshot().flights, 1, "its followers keep it");
    assert!(woken.iter().all(|woken| woken.times() == 1));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    for (follower, woken) in followers.iter_mut().zip(&woken) {
        assert!(poll_as(woken, follower.as_mut()).is_pending());
    }
    assert_eq!(runs.load(Ordering::SeqCst), 2, "one took over");
    assert_eq!(flights.snapshot().followers, 2);
    open.store(true, Ordering::SeqCst);
    let answers: Vec<_> = followers.iter_mut().map(|follower| poll(follower.as_mut())).collect();
    assert!(matches!(&answers[0], Poll::Ready(Ok(Shared::Ours(value))) if **value == 9));
    for answer in &answers[1..] {
        assert!(matches!(answer, Poll::Ready(Ok(Shared::Theirs(value))) if **value == 9));
    }
    assert!(woken[1..].iter().all(|woken| woken.times() == 2));
    assert!(flights.is_empty());
}

#[test]
fn a_follower_woken_to_take_over_and_dropped_leaves_it_to_the_next() {
    let flights = SingleFlight::new();
    let mut leader = Box::pin(flights.run_async("a", pending::<u32>));
    assert!(poll(leader.as_mut()).is_pending());
    let mut first = Box::pin(flights.run_async("a", pending::<u32>));
    let mut second = Box::pin(flights.run_async("a", pending::<u32>));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    drop(leader);
    drop(first);
    assert_eq!(flights.snapshot().followers, 1);
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(flights.snapshot().followers, 0, "it leads now");
    drop(second);
    assert!(flights.is_empty());
}

#[test]
fn when_everybody_is_cancelled_the_key_is_free() {
    let flights = SingleFlight::new();
    for leader_first in [true, false] {
        let mut leader = Box::pin(flights.run_async("a", pending::<u32>));
        let mut follower = Box::pin(flights.run_async("a", pending::<u32>));
        assert!(poll(leader.as_mut()).is_pending());
        assert!(poll(follower.as_mut()).is_pending());
        if leader_first {
            drop(leader);
            drop(follower);
        } else {
            drop(follower);
            drop(leader);
        }
        assert!(flights.is_empty());
    }
    assert!(matches!(flights.run("a", || 1), Ok(Shared::Mine(1))));
}

#[test]
fn dropping_a_follower_leaves_the_others() {
    let flights = SingleFlight::new();
    let open = AtomicBool::new(false);
    let mut leader = pin!(flights.run_async("a", || until(&open)));
    assert!(poll(leader.as_mut()).is_pending());
    let woken = [Arc::new(Woken::default()), Arc::new(Woken::default())];
    let mut first = Box::pin(flights.run_async("a", || until(&open)));
    let mut second = Box::pin(flights.run_async("a", || until(&open)));
    assert!(poll_as(&woken[0], first.as_mut()).is_pending());
    assert!(poll_as(&woken[1], second.as_mut()).is_pending());
    drop(first);
    open.store(true, Ordering::SeqCst);
    assert!(poll(leader.as_mut()).is_ready());
    assert_eq!((woken[0].times(), woken[1].times()), (0, 1));
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok(Shared::Theirs(_)))));
}

#[test]
fn a_newcomer_may_take_over_from_a_cancelled_leader() {
    let flights = SingleFlight::new();
    let mut leader = Box::pin(flights.run_async("a", pending::<u32>));
    let woken = Arc::new(Woken::default());
    let mut follower = Box::pin(flights.run_async("a", pending::<u32>));
    assert!(poll(leader.as_mut()).is_pending());
    assert!(poll_as(&woken, follower.as_mut()).is_pending());
    drop(leader);
    assert!(matches!(flights.run("a", || 4), Ok(Shared::Ours(value)) if *value == 4));
    let landed = poll(follower.as_mut());
    assert!(matches!(landed, Poll::Ready(Ok(Shared::Theirs(value))) if *value == 4));
    assert!(flights.is_empty());
}

#[test]
fn a_panic_in_a_poll_or_in_making_the_future_fails_the_followers() {
    for in_poll in [true, false] {
        let flights = SingleFlight::<_, ()>::new();
        let mut polled = 0;
        let mut leader = Box::pin(flights.run_async("a", || {
            poll_fn(move |_| {
                polled += 1;
                if polled == 2 {
                    resume_unwind(Box::new(()));
                }
                Poll::Pending
            })
        }));
        if in_poll {
            assert!(poll(leader.as_mut()).is_pending());
            let mut follower = pin!(flights.run_async("a", || ready(())));
            assert!(poll(follower.as_mut()).is_pending());
            assert!(catch_unwind(AssertUnwindSafe(|| poll(leader.as_mut()))).is_err());
            let Poll::Ready(Err(error)) = poll(follower.as_mut()) else { panic!("not told") };
            assert_eq!(error, FlightError::LeaderFailed);
        } else {
            let make = || -> std::future::Ready<()> { resume_unwind(Box::new(())) };
            let mut leader = Box::pin(flights.run_async("a", make));
            assert!(catch_unwind(AssertUnwindSafe(|| poll(leader.as_mut()))).is_err());
        }
        assert!(flights.is_empty());
    }
}

#[test]
fn a_thread_follows_a_task_and_takes_over_when_that_is_cancelled() {
    let flights = SingleFlight::new();
    for cancelled in [true, false] {
        let open = AtomicBool::new(false);
        let call = || async {
            until(&open).await;
            1
        };
        let mut leader = Box::pin(flights.run_async("a", call));
        assert!(poll(leader.as_mut()).is_pending());
        thread::scope(|scope| {
            let follower = scope.spawn(|| flights.run("a", || 2));
            while flights.snapshot().followers == 0 {
                thread::yield_now();
            }
            if cancelled {
                drop(leader);
                assert!(matches!(follower.join().unwrap(), Ok(Shared::Mine(2))));
            } else {
                open.store(true, Ordering::SeqCst);
                assert!(poll(leader.as_mut()).is_ready());
                let value = follower.join().unwrap();
                assert!(matches!(value, Ok(Shared::Theirs(value)) if *value == 1));
            }
        });
        assert!(flights.is_empty());
    }
}

#[test]
fn a_task_follows_a_thread_asleep_until_it_lands() {
    let flights = SingleFlight::new();
    thread::scope(|scope| {
        let mut follower = None;
        let led = flights.run("a", || {
            follower = Some(scope.spawn(|| block_on(flights.run_async("a", || ready(2)))));
            while flights.snapshot().followers == 0 {
                thread::yield_now();
            }
            1
        });
        assert!(matches!(led, Ok(Shared::Ours(value)) if *value == 1));
        let followed = follower.unwrap().join().unwrap();
        assert!(matches!(followed, Ok(Shared::Theirs(value)) if *value == 1));
    });
    assert!(flights.is_empty());
}

#[test]
fn its_future_may_be_sent_if_the_call_may() {
    fn sent<T: Send>(_: T) {}
    let flights = SingleFlight::new();
    sent(flights.run_async(1_u32, || ready(String::new())));
}

/// Every other leader is dropped after its first poll, from many threads: what is not handed over hangs.
#[test]
fn a_storm_of_cancelled_tasks_leaves_nothing_behind_and_nobody_waiting() {
    let flights = SingleFlight::new();
    let barrier = std::sync::Barrier::new(6);
    thread::scope(|scope| {
        for caller in 0..6_usize {
            let (flights, barrier) = (&flights, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for round in 0..500 {
                    let mut yielded = false;
                    let call = || {
                        poll_fn(move |cx| {
                            if std::mem::replace(&mut yielded, true) {
                                return Poll::Ready(round);
                            }
                            cx.waker().wake_by_ref();
                            Poll::Pending
                        })
                    };
                    let mut task = Box::pin(flights.run_async(round % 2, call));
                    if (caller + round) % 2 == 0 {
                        let _ = poll(task.as_mut());
                        thread::yield_now();
                    } else {
                        assert!(block_on(task).is_ok());
                    }
                }
            });
        }
    });
    assert!(flights.is_empty());
}

#[test]
fn a_call_that_asks_for_its_own_key_is_refused_awaiting_or_blocking() {
    let flights = SingleFlight::<_, u32>::new();
    let open = AtomicBool::new(false);
    let mut leader = pin!(flights.run_async("a", || {
        assert_eq!(flights.run("a", || 1).unwrap_err(), FlightError::Reentered);
        async {
            let again = flights.run_async("a", || ready(1)).await;
            assert_eq!(again.unwrap_err(), FlightError::Reentered);
            until(&open).await;
            assert_eq!(flights.run("a", || 1).unwrap_err(), FlightError::Reentered);
            let deeper = flights.run_async("b", || async {
                assert_eq!(flights.run("a", || 1).unwrap_err(), FlightError::Reentered);
                assert_eq!(flights.run("b", || 1).unwrap_err(), FlightError::Reentered);
                2
            });
            *deeper.await.unwrap()
        }
    }));
    assert!(poll(leader.as_mut()).is_pending());
    // Between two polls this thread is not inside the call: other tasks of it follow.
    let mut other = pin!(flights.run_async("a", || ready(3)));
    assert!(poll(other.as_mut()).is_pending());
    open.store(true, Ordering::SeqCst);
    // Polled on another thread, it is inside there.
    let led = thread::scope(|scope| scope.spawn(|| poll(leader.as_mut())).join().unwrap());
    assert!(matches!(led, Poll::Ready(Ok(Shared::Ours(value))) if *value == 2));
    assert!(matches!(poll(other.as_mut()), Poll::Ready(Ok(Shared::Theirs(value))) if *value == 2));
    assert!(flights.is_empty());
}
