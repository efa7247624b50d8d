//! What the types of the rolling window promise: sharing, sizes, refused configurations, real threads.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use resil_core::rolling_window::{ConfigError, Recorded, Totals};
use resil_core::{
    AnyClock, CoarseClock, Instant, ManualClock, MonotonicClock, RollingCounter, RollingWindow,
};

#[test]
fn windows_and_counters_are_shared_between_threads_and_show_themselves() {
    fn shared<T: Send + Sync + std::fmt::Debug>(value: T) -> String {
        format!("{value:?}")
    }
    let width = Duration::from_secs(1);
    assert!(shared(RollingWindow::new(width, 5).unwrap()).starts_with("RollingWindow { config"));
    assert!(shared(RollingCounter::new(width, 5).unwrap()).starts_with("RollingCounter { config"));
    assert!(size_of::<RollingWindow>() <= 104, "as documented");
    assert!(size_of::<RollingCounter>() <= 104, "as documented");
}

#[test]
fn a_bucket_too_narrow_for_the_coarse_clock_is_refused_naming_the_one_that_serves() {
    let narrow = Duration::from_nanos(99_999_999);
    let error = ConfigError::BucketWidthTooShortForClock { at_least: Duration::from_millis(100) };
    assert_eq!(RollingWindow::new(narrow, 5).err(), Some(error));
    assert_eq!(RollingCounter::new(narrow, 5).err(), Some(error));
    assert_eq!(
        RollingCounter::with_clock(narrow, 5, AnyClock::from(CoarseClock)).err(),
        Some(error)
    );
    assert!(error.to_string().contains("MonotonicClock"));
    assert!(error.source().is_none());
    assert!(RollingWindow::new(Duration::from_millis(100), 5).is_ok());
    assert!(RollingWindow::with_clock(narrow, 5, MonotonicClock).is_ok());
    assert!(RollingWindow::with_clock(narrow, 5, AnyClock::from(MonotonicClock)).is_ok());
    assert!(RollingCounter::with_clock(narrow, 5, ManualClock::default()).is_ok());
}

#[test]
fn a_wrong_shape_is_refused_before_the_clock_is_looked_at() {
    let refused = |width, count| RollingWindow::new(width, count).err();
    assert_eq!(refused(Duration::ZERO, 5), Some(ConfigError::BucketWidthTooShort));
    assert_eq!(refused(Duration::from_secs(1), 0), Some(ConfigError::BucketCountIsZero));
    assert_eq!(refused(Duration::from_secs(1), 65_537), Some(ConfigError::BucketCountTooHigh));
    assert_eq!(refused(Duration::MAX, 2), Some(ConfigError::SpanTooLong));
}

#[test]
fn threads_that_record_into_moving_buckets_lose_nothing_and_count_nothing_twice() {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000;
    // Time moves on with every few records, a hundred buckets in all; the window holds them all.
    let window =
        RollingWindow::with_clock(Duration::from_micros(1), 128, ManualClock::default()).unwrap();
    let tick = AtomicU64::new(0);
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers = [(); THREADS as usize].map(|()| {
            scope.spawn(|| {
                for value in 0..EACH {
                    let now = tick.fetch_add(1, Ordering::Relaxed) * 100_000 / (THREADS * EACH);
                    let recorded = window.record_at(Instant::from_nanos(now).unwrap(), value % 3);
                    assert_ne!(recorded, Recorded::Late);
                }
            })
        });
        scope.spawn(|| {
            let mut last = 0;
            while !finished.load(Ordering::Relaxed) {
                let count = window.totals_at(Instant::from_nanos(100_000).unwrap()).count;
                assert!(last <= count && count <= THREADS * EACH, "nothing leaves: {last} {count}");
                last = count;
            }
        });
        for writer in writers {
            writer.join().unwrap();
        }
        finished.store(true, Ordering::Relaxed);
    });
    let totals = window.totals_at(Instant::from_nanos(100_000).unwrap());
    let sum = THREADS * (0..EACH).map(|value| value % 3).sum::<u64>();
    assert_eq!(totals, Totals { sum, count: THREADS * EACH });
}
