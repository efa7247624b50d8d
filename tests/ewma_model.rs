//! The moving averages against their slow model, and what their types promise.

mod random_bytes;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::ewma::{ConfigError, Kind, RecordError, Snapshot};
use resil_core::pure::ewma::{Config, State};
use resil_core::{AnyClock, Ewma, Instant, ManualClock, MonotonicClock};
use resil_tests::branches::Branches;
use resil_tests::corpus::corpus;
use resil_tests::ewma_script::{BRANCHES, run};

const SECOND: Duration = Duration::from_secs(1);

fn at(secs: u64) -> Instant {
    Instant::from_nanos(secs * 1_000_000_000).unwrap()
}

#[test]
fn pure_and_shared_average_tell_what_the_slow_model_tells_for_any_script() {
    let reached = RefCell::new(Branches::default());
    on_random_bytes("ewma_model", 600, 250, |bytes| reached.borrow_mut().add(&run(bytes)));
    reached.borrow().assert_reached(BRANCHES, 5);
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    for seed in corpus("ewma") {
        run(&seed);
    }
}

#[test]
fn the_sign_of_a_zero_is_the_same_for_one_owner_and_for_many() {
    let config = Config::sample_weighted(SECOND).unwrap();
    let (mut pure, shared) = (State::default(), Ewma::sample_weighted(SECOND).unwrap());
    // The second weighs nothing, and still makes a plain zero of the other one.
    for (now, x) in [(at(9_000), -0.0), (at(1), 0.0)] {
        pure.record(&config, now, x).unwrap();
        shared.record_at(now, x).unwrap();
        let (one, many) = (pure.value(&config, now), shared.value_at(now));
        assert_eq!(one.map(f64::to_bits), many.map(f64::to_bits));
    }
    assert_eq!(shared.value().map(f64::to_bits), Some(0.0_f64.to_bits()));
}

#[test]
fn threads_that_record_at_once_lose_no_sample() {
    const THREADS: u64 = 4;
    const EACH: u64 = 5_000;
    // With a time constant so long that no sample fades, and a warm-up that never ends, sums are plain sums.
    let longest = Duration::from_nanos(i64::MAX as u64);
    let weighted = Ewma::sample_weighted(longest).unwrap();
    let warming =
        Ewma::by_count(0.5).unwrap().with_warm_up((THREADS * EACH).try_into().unwrap()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for x in 1..=EACH {
                    weighted.record_at(at(7), x as f64).unwrap();
                    warming.record(x as f64).unwrap();
                }
            });
        }
    });
    let mean = (1 + EACH) as f64 / 2.0;
    assert_eq!(weighted.value(), Some(mean));
    assert_eq!(warming.value(), Some(mean));
}

#[test]
fn a_reader_sees_value_and_instant_of_one_sample() {
    // Each sample is its own instant in seconds, and larger than the one before: a peak read at its instant is
    // that instant, and from any other pair it is not.
    let ewma = Ewma::peak(SECOND).unwrap();
    ewma.record_at(at(1), 1.0).unwrap();
    let tick = AtomicU64::new(2);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers = [(); 2].map(|()| {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    let secs = tick.fetch_add(1, Ordering::Relaxed);
                    ewma.record_at(at(secs), secs as f64).unwrap();
                }
            })
        });
        scope.spawn(|| {
            let mut last = 0.0;
            while !done.load(Ordering::Relaxed) {
                let seen = ewma.snapshot_at(Instant::MAX);
                let idle = seen.idle_for.unwrap();
                let newest = Instant::MAX.as_nanos() - idle.as_nanos() as u64;
                assert_eq!(newest % 1_000_000_000, 0);
                let value = ewma.value_at(Instant::ZERO).unwrap();
                assert!(
                    value >= (newest / 1_000_000_000) as f64 && value >= last,
                    "{value} {last}"
                );
                last = value;
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(ewma.value_at(at(40_001)), Some(40_001.0));
}

#[test]
fn each_kind_reads_the_clock_it_was_given() {
    let clock = ManualClock::new(at(5));
    let peak = Ewma::peak(SECOND).unwrap().with_clock(AnyClock::from(clock.clone()));
    peak.record(3.0).unwrap();
    assert_eq!(peak.value(), Some(3.0));
    clock.advance(SECOND);
    assert_eq!(peak.value(), Some(3.0 * (-1.0_f64).exp()));
    assert_eq!(peak.with_clock(MonotonicClock).value(), None, "as newly made");
    let by_time = Ewma::by_time(SECOND).unwrap().with_clock(clock.clone());
    by_time.record(1.0).unwrap();
    clock.advance(SECOND);
    by_time.record(2.0).unwrap();
    let w = (-1.0_f64).exp();
    assert_eq!(by_time.value(), Some(w + 2.0 * (1.0 - w)));
    let real: Ewma<MonotonicClock> = Ewma::by_time(SECOND).unwrap();
    real.record(7.0).unwrap();
    assert!(real.snapshot().idle_for < Some(SECOND * 3_600));
}

#[test]
fn a_snapshot_tells_kind_value_and_what_is_missing() {
    let ewma = Ewma::by_count_with_age(3.0).unwrap().with_warm_up(3).unwrap();
    ewma.record(1.0).unwrap();
    let seen = ewma.snapshot_at(at(9));
    assert_eq!((seen.value, seen.missing, seen.idle_for), (None, 2, None));
    assert_eq!(seen.kind, Kind::ByCount { alpha: 0.5, warm_up: 3 });
    let ewma = Ewma::sample_weighted(SECOND).unwrap();
    let seen = ewma.snapshot_at(at(9));
    assert_eq!((seen.value, seen.missing, seen.idle_for), (None, 1, None));
    ewma.record_at(at(7), 2.0).unwrap();
    let seen = ewma.snapshot_at(at(9));
    assert_eq!((seen.value, seen.missing, seen.idle_for), (Some(2.0), 0, Some(SECOND * 2)));
}

#[test]
fn what_a_user_holds_goes_to_any_thread_shows_itself_and_has_the_documented_size() {
    fn any_thread<T: Send + Sync + Unpin>() {}
    any_thread::<Ewma>();
    any_thread::<Ewma<AnyClock>>();
    any_thread::<(Kind, Snapshot, ConfigError, RecordError)>();
    let source = include_str!("../resil-core/src/concurrent/ewma.rs");
    assert!(source.contains(&format!(" {} bytes, no allocation", size_of::<Ewma>())));
    let text = format!("{:?}", Ewma::peak(SECOND).unwrap());
    assert!(text.starts_with("Ewma { kind: Peak { time_constant: 1s }"), "{text}");
    assert!(RecordError::NotFinite.to_string().starts_with("x must be"));
    assert!(RecordError::SumTooLarge.to_string().starts_with("x is too large"));
}
