//! What a user relies on before the first call: threads, size, printing, messages.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use resil_core::quota::ConfigError;
use resil_core::token_bucket::{self, Cancelled, Peek, Reservation, Snapshot, Ticket};
use resil_core::{AnyClock, Carry, Denied, Instant, ManualClock, Quota, TokenBucket};

#[test]
fn everything_a_user_holds_goes_to_any_thread() {
    fn any_thread<T: Send + Sync + Unpin>() {}
    any_thread::<TokenBucket>();
    any_thread::<TokenBucket<ManualClock>>();
    any_thread::<TokenBucket<AnyClock>>();
    any_thread::<Reservation<'_>>();
    any_thread::<Ticket>();
    any_thread::<(Quota, Denied, Instant, Carry, Peek, Snapshot, Cancelled)>();
}

#[test]
fn a_panic_elsewhere_leaves_it_usable() {
    fn survives<T: UnwindSafe + RefUnwindSafe>() {}
    survives::<(Quota, Denied, Instant, Carry, Peek, Ticket)>();
    let bucket = TokenBucket::new(Quota::per_minute(2).unwrap());
    let shared = std::panic::AssertUnwindSafe(&bucket);
    let panicked = std::panic::catch_unwind(|| {
        let _held = shared.reserve(1);
        panic!("in the middle");
    });
    assert!(panicked.is_err());
    assert_eq!(bucket.try_acquire(1), Ok(()));
    assert!(bucket.try_acquire(1).is_err());
}

#[test]
fn a_bucket_has_the_size_that_its_documentation_names() {
    let source = include_str!("../resil-core/src/concurrent/token_bucket.rs");
    let size = format!(" {} bytes", size_of::<TokenBucket>());
    assert!(source.contains(&size), "the documentation of TokenBucket should say{size}");
    assert!(size_of::<Quota>() <= 16);
    assert!(size_of::<Result<(), Denied>>() <= 16);
}

#[test]
fn debug_shows_the_quota_and_what_is_promised() {
    let bucket = TokenBucket::new(Quota::new(3, Duration::from_secs(7), 5).unwrap())
        .with_clock(ManualClock::default());
    let text = format!("{bucket:?}");
    assert!(text.starts_with("TokenBucket") && text.contains("permits: 3"), "{text}");
    let reservation = bucket.reserve(5).unwrap();
    let text = format!("{reservation:?}");
    assert!(text.starts_with("Reservation") && text.contains("permits: 5"), "{text}");
}

#[test]
fn a_snapshot_shows_quota_permits_debt_and_reset() {
    let second = Duration::from_secs(1);
    let bucket = TokenBucket::new(Quota::new(1, second, 4).unwrap());
    let at = |s: u64| Instant::from_nanos(s * 1_000_000_000).unwrap();
    let snapshot = bucket.snapshot_at(at(0));
    assert_eq!((snapshot.remaining, snapshot.owed, snapshot.reset_after), (4, 0, Duration::ZERO));
    let _ = bucket.reserve_at(at(0), 4).unwrap();
    let _ = bucket.reserve_at(at(0), 3).unwrap();
    let snapshot = bucket.snapshot_at(at(1));
    assert_eq!((snapshot.remaining, snapshot.owed, snapshot.reset_after), (0, 2, 6 * second));
    bucket.set_quota_at(at(1), Quota::new(2, second, 4).unwrap(), Carry::AsIs);
    let snapshot = bucket.snapshot_at(at(1));
    assert_eq!(snapshot.quota.permits(), 2);
    assert_eq!((snapshot.owed, snapshot.reset_after), (2, 3 * second));
}

#[test]
fn every_error_names_the_field_that_is_wrong() {
    let second = Duration::from_secs(1);
    let of = |permits, period, burst| Quota::new(permits, period, burst).unwrap_err();
    for (error, field) in [
        (of(0, second, 1), "permits"),
        (of(1, Duration::ZERO, 1), "period"),
        (of(1, second, 0), "burst"),
        (of(1, Duration::MAX, 1), "period"),
        (of(5, Duration::from_nanos(1), 5), "permits"),
        (of(1, 86_400 * second, u32::MAX), "burst"),
        (Quota::per_second(0).unwrap_err(), "permits"),
        (Quota::per_day(1).unwrap().with_burst(0).unwrap_err(), "burst"),
    ] {
        let text = error.to_string();
        assert!(text.starts_with(field), "{error:?} says: {text}");
        let _: &dyn std::error::Error = &error;
    }
    let quota = Quota::per_second(3).unwrap();
    let error = TokenBucket::new(quota).with_initial(4).unwrap_err();
    assert_eq!(error, token_bucket::ConfigError::InitialExceedsBurst);
    assert!(error.to_string().starts_with("initial"), "{error}");
    assert_eq!(of(0, Duration::ZERO, 0), ConfigError::PermitsIsZero);
}

#[test]
fn a_refusal_reads_as_later_or_never() {
    let later = Denied::RetryAfter(Duration::from_millis(1_500));
    assert_eq!(later.to_string(), "denied: retry after 1.5s");
    assert_eq!(later.retry_after(), Some(Duration::from_millis(1_500)));
    assert!(Denied::ExceedsLimit.to_string().contains("ever"));
    assert_eq!(Denied::ExceedsLimit.retry_after(), None);
}
