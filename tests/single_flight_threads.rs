//! The single flight between threads: who runs, who shares, who leaves, and that nothing stays behind.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use resil_core::SingleFlight;
use resil_core::single_flight::{FlightError, Shared};

/// Counts how many of it there are.
#[derive(Debug)]
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(live: &'a AtomicUsize) -> Self {
        live.fetch_add(1, Ordering::Relaxed);
        Self(live)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A key that is counted.
#[derive(Debug)]
struct Key<'a>(u64, #[allow(dead_code, reason = "counted when dropped")] Counted<'a>);

impl std::hash::Hash for Key<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Key<'_> {}

/// Returns when that many callers follow.
fn until_followed<K, V, S>(flights: &SingleFlight<K, V, S>, followers: usize) {
    while flights.snapshot().followers != followers {
        thread::yield_now();
    }
}

#[test]
fn a_call_alone_is_the_callers_own_value() {
    let flights = SingleFlight::new();
    let value = flights.run("a", || 5).unwrap();
    assert!(matches!(value, Shared::Mine(5)));
    assert!(flights.is_empty());
}

#[test]
fn nothing_is_kept_the_next_call_runs_again() {
    let flights = SingleFlight::new();
    let answers: Vec<_> = (0..3).map(|n| *flights.run("a", || n).unwrap()).collect();
    assert_eq!(answers, [0, 1, 2]);
}

#[test]
fn a_thousand_followers_share_one_value_that_is_never_copied() {
    // Fewer where they are interpreted.
    const FOLLOWERS: usize = if cfg!(miri) { 20 } else { 1_000 };
    let (keys, values, runs) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let flights = SingleFlight::new();
    let run = || {
        flights.run(Key(17, Counted::new(&keys)), || {
            runs.fetch_add(1, Ordering::Relaxed);
            until_followed(&flights, FOLLOWERS);
            Counted::new(&values)
        })
    };
    let answers: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (0..=FOLLOWERS)
            .map(|_| thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, run).unwrap())
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap().unwrap()).collect()
    });
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(values.load(Ordering::Relaxed), 1);
    assert_eq!(answers.iter().filter(|answer| answer.led()).count(), 1);
    assert!(answers.iter().all(Shared::is_shared));
    let first: *const Counted<'_> = &*answers[0];
    assert!(answers.iter().all(|answer| std::ptr::eq(&**answer, first)));
    assert!(flights.is_empty());
    assert_eq!(keys.load(Ordering::Relaxed), 0, "no key stays behind");
    drop(answers);
    assert_eq!(values.load(Ordering::Relaxed), 0, "no value stays behind");
}

#[test]
fn different_keys_never_wait_for_one_another() {
    // More keys than shards, and none of the calls ends before all are under way.
    const KEYS: usize = if cfg!(miri) { 20 } else { 100 };
    let flights = SingleFlight::new();
    let barrier = Barrier::new(KEYS);
    thread::scope(|scope| {
        for key in 0..KEYS {
            let (flights, barrier) = (&flights, &barrier);
            scope.spawn(move || {
                let value = flights.run(key, || {
                    barrier.wait();
                    assert_eq!(flights.len(), KEYS);
                    barrier.wait();
                    key
                });
                assert!(matches!(value, Ok(Shared::Mine(own)) if own == key));
            });
        }
    });
    assert!(flights.is_empty());
}

#[test]
fn an_error_is_shared_with_those_who_wait_and_not_cached() {
    let flights = SingleFlight::new();
    let run = || {
        flights.run("a", || {
            until_followed(&flights, 1);
            "x".parse::<u32>()
        })
    };
    thread::scope(|scope| {
        let callers = [scope.spawn(run), scope.spawn(run)];
        for caller in callers {
            let answer = caller.join().unwrap().unwrap();
            assert!(answer.is_err() && answer.is_shared());
        }
    });
    assert_eq!(*flights.run("a", || Ok(7)).unwrap(), Ok(7));
}

#[test]
fn a_panic_goes_on_in_the_leader_and_followers_are_told() {
    let keys = AtomicUsize::new(0);
    let flights: SingleFlight<Key<'_>, u32> = SingleFlight::new();
    let run = || {
        catch_unwind(AssertUnwindSafe(|| {
            flights.run(Key(1, Counted::new(&keys)), || {
                until_followed(&flights, 7);
                resume_unwind(Box::new("on purpose"))
            })
        }))
    };
    let mut panicked = 0;
    thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        for caller in callers {
            match caller.join().unwrap() {
                Ok(answer) => assert_eq!(answer.unwrap_err(), FlightError::LeaderFailed),
                Err(panic) => {
                    assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
                    panicked += 1;
                }
            }
        }
    });
    assert_eq!(panicked, 1);
    assert!(flights.is_empty());
    assert_eq!(keys.load(Ordering::Relaxed), 0);
    let again = flights.run(Key(1, Counted::new(&keys)), || 3);
    assert!(matches!(again, Ok(Shared::Mine(3))), "the key is free at once");
}

#[test]
fn a_panic_with_no_follower_frees_the_key() {
    let flights = SingleFlight::new();
    let run = || flights.run("a", || resume_unwind(Box::new(())));
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert!(flights.is_empty());
    assert_eq!(*flights.run("a", || 1).unwrap(), 1);
}

#[test]
fn a_follower_whose_time_is_up_leaves_the_others_waiting() {
    let flights = SingleFlight::new();
    let (led, left) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let leader = scope.spawn(|| {
            flights.run("a", || {
                led.wait();
                left.wait();
                5
            })
        });
        led.wait();
        let patient = scope.spawn(|| flights.run_timeout("a", Duration::MAX, || 6));
        until_followed(&flights, 1);
        for timeout in [Duration::ZERO, Duration::from_millis(2)] {
            let late = flights.run_timeout("a", timeout, || 7);
            assert_eq!(late.unwrap_err(), FlightError::TimedOut);
            assert_eq!(flights.snapshot().followers, 1);
        }
        left.wait();
        assert!(matches!(leader.join().unwrap(), Ok(Shared::Ours(value)) if *value == 5));
        assert!(matches!(patient.join().unwrap(), Ok(Shared::Theirs(value)) if *value == 5));
    });
    assert!(flights.is_empty());
}

#[test]
fn a_leader_whose_followers_all_left_owns_its_value() {
    let flights = SingleFlight::new();
    let led = flights.run("a", || {
        thread::scope(|scope| {
            let follower = || flights.run_timeout("a", Duration::ZERO, || 7).unwrap_err();
            assert_eq!(scope.spawn(follower).join().unwrap(), FlightError::TimedOut);
        });
        5
    });
    assert!(matches!(led, Ok(Shared::Mine(5))));
}

#[test]
fn forgetting_lets_the_next_caller_run_and_leaves_those_who_wait() {
    let flights = SingleFlight::<String, u32>::new();
    let (led, left) = (Barrier::new(2), Barrier::new(2));
    let key = || "a".to_owned();
    thread::scope(|scope| {
        let old = scope.spawn(|| {
            flights.run(key(), || {
                led.wait();
                left.wait();
                1
            })
        });
        led.wait();
        let follower = scope.spawn(|| flights.run(key(), || 2));
        until_followed(&flights, 1);
        assert!(flights.forget("a"));
        assert!(!flights.forget("a"), "there is no more to forget");
        assert!(!flights.forget("b"));
        // A new call begins and ends while the old one is under way; the old leader must not end it.
        let newer = flights.run(key(), || {
            left.wait();
            assert!(matches!(old.join().unwrap(), Ok(Shared::Ours(value)) if *value == 1));
            assert_eq!(flights.len(), 1, "this one");
            assert_eq!(*follower.join().unwrap().unwrap(), 1);
            3
        });
        assert!(matches!(newer, Ok(Shared::Mine(3))));
    });
    assert!(flights.is_empty());
}

#[test]
fn asking_for_the_key_whose_call_one_makes_is_refused() {
    let flights = SingleFlight::new();
    let outer = flights.run("a", || {
        let again = flights.run("a", || 1).unwrap_err();
        assert_eq!(again, FlightError::Reentered);
        let again = flights.run_timeout("a", Duration::MAX, || 1).unwrap_err();
        assert_eq!(again, FlightError::Reentered);
        *flights.run("b", || 2).unwrap()
    });
    assert_eq!(*outer.unwrap(), 2);
    assert!(flights.is_empty());
}

#[test]
fn a_hasher_that_knows_one_hash_only_changes_no_answer() {
    const ROUNDS: u32 = if cfg!(miri) { 3 } else { 50 };
    #[derive(Default)]
    struct One;
    impl std::hash::Hasher for One {
        fn write(&mut self, _: &[u8]) {}
        fn finish(&self) -> u64 {
            1
        }
    }
    type Same = std::hash::BuildHasherDefault<One>;
    let flights = SingleFlight::<u32, u32, Same>::default();
    let barrier = Barrier::new(20);
    thread::scope(|scope| {
        for key in 0..20 {
            let (flights, barrier) = (&flights, &barrier);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let value = flights.run(key, || {
                        barrier.wait();
                        key * 100 + round
                    });
                    assert_eq!(*value.unwrap(), key * 100 + round);
                }
            });
        }
    });
    assert!(flights.is_empty());
}

#[test]
fn a_storm_of_threads_panics_and_timeouts_leaves_nothing_behind() {
    const ROUNDS: u64 = if cfg!(miri) { 20 } else { 500 };
    let (keys, values) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let flights: SingleFlight<Key<'_>, Counted<'_>> = SingleFlight::new();
    let inside: Vec<_> = (0..3).map(|_| AtomicUsize::new(0)).collect();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for caller in 0..8_u64 {
            let (flights, keys, values, barrier) = (&flights, &keys, &values, &barrier);
            let inside = &inside;
            scope.spawn(move || {
                barrier.wait();
                for round in 0..ROUNDS {
                    let number = (caller + round) % 3;
                    let key = || Key(number, Counted::new(keys));
                    let call = || {
                        let inside = &inside[number as usize];
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two calls of a key");
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        if (caller + round) % 7 == 0 {
                            resume_unwind(Box::new(()));
                        }
                        Counted::new(values)
                    };
                    let answer = catch_unwind(AssertUnwindSafe(|| match round % 3 {
                        0 => flights.run_timeout(key(), Duration::from_micros(20), call).err(),
                        _ => flights.run(key(), call).err(),
                    }));
                    assert_ne!(answer.ok().flatten(), Some(FlightError::Reentered));
                }
            });
        }
    });
    assert_eq!(flights.snapshot().flights, 0);
    assert_eq!(keys.load(Ordering::Relaxed), 0);
    assert_eq!(values.load(Ordering::Relaxed), 0);
}

#[test]
fn it_is_shared_between_threads_if_keys_and_values_are() {
    fn sent_and_shared<T: Send + Sync>(_: T) {}
    sent_and_shared(SingleFlight::<std::cell::Cell<u8>, Arc<str>>::new());
    assert_eq!(size_of::<SingleFlight<u64, u64>>(), 32);
    let shown = format!("{:?}", SingleFlight::<u8, u8>::new());
    assert_eq!(shown, "SingleFlight { flights: 0, followers: 0, .. }");
}

#[test]
fn a_shared_value_is_taken_out_without_a_copy_where_nobody_else_holds_it() {
    let mine: Shared<String> = Shared::Mine("a".to_owned());
    assert_eq!(mine.into_value(), "a");
    let value = Arc::new("b".to_owned());
    let theirs = Shared::Theirs(value.clone());
    assert!(!theirs.led() && theirs.is_shared());
    assert!(Arc::ptr_eq(&theirs.into_arc(), &value));
    assert_eq!(Shared::Ours(value).into_value(), "b");
    assert_eq!(*Shared::Mine(4).into_arc(), 4);
}
