//! The hot operations, each a function that `ci/instructions` finds by its name and counts the instructions of.
//!
//! Every `count_…` function calls one operation [`CALLS`] times, at instants that it is given; what it needs was
//! made and called once before. One thread: what others cost is a matter of time, and stands in the benchmarks.

use std::hint::black_box;
use std::time::Duration;

use resil_core::hash_ring::Mode;
use resil_core::single_flight::KeyedHash;
use resil_core::sre_breaker::Outcome;
use resil_core::{
    Ewma, HashRing, Instant, LeakyBucket, LeakyMeter, LeakyQueue, PeriodLimiter, Quota,
    RollingCounter, RollingWindow, SingleFlight, SpinLock, SreBreaker, SreBreakerConfig,
    TokenBucket,
};

/// How often a function calls its operation: enough that its own loop and prologue weigh little.
const CALLS: u64 = 1_000;

const HOUR: Duration = Duration::from_secs(3_600);
const SECOND: Duration = Duration::from_secs(1);

/// `count_name(object: Type): call` is a function of that name; `main` calls each with its object.
macro_rules! counted {
    ($($name:ident($object:ident: $kind:ty, $n:ident) $call:block)*) => { $(
        #[unsafe(no_mangle)]
        #[inline(never)]
        extern "Rust" fn $name($object: &$kind) {
            // Functions that are alike in everything else would be made one.
            black_box(stringify!($name));
            for $n in 0..CALLS {
                let _ = black_box($call);
            }
        }
    )* };
}

counted! {
    count_token_bucket_try_acquire_granted(bucket: TokenBucket, n) { bucket.try_acquire_at(at(n), black_box(1)) }
    count_token_bucket_try_acquire_refused(bucket: TokenBucket, n) { bucket.try_acquire_at(at(n), black_box(1)) }
    count_token_bucket_peek(bucket: TokenBucket, n) { bucket.peek_at(at(n), black_box(1)) }
    count_token_bucket_reserve_and_cancel(bucket: TokenBucket, n) {
        bucket.reserve_at(at(n), black_box(1)).map(|reservation| reservation.cancel_at(at(n)))
    }
    count_leaky_meter_try_acquire_granted(meter: LeakyMeter, n) { meter.try_acquire_at(at(n), black_box(1)) }
    count_leaky_meter_try_acquire_refused(meter: LeakyMeter, n) { meter.try_acquire_at(at(n), black_box(1)) }
    count_leaky_queue_try_reserve(queue: LeakyQueue, n) { queue.try_reserve_at(at(n), black_box(1)) }
    count_period_limiter_granted(limiter: PeriodLimiter, n) { limiter.try_acquire_at(at(n), black_box(1)) }
    count_period_limiter_refused(limiter: PeriodLimiter, n) { limiter.try_acquire_at(at(n), black_box(1)) }
    count_period_limiter_sliding_granted(limiter: PeriodLimiter, n) { limiter.try_acquire_at(at(n), black_box(1)) }
    count_period_limiter_sliding_granted_after_a_window(limiter: PeriodLimiter, n) {
        limiter.try_acquire_at(at(n), black_box(1))
    }
    count_period_limiter_sliding_refused_unread(limiter: PeriodLimiter, n) {
        limiter.try_acquire_at(at(n), black_box(1)).is_ok()
    }
    count_rolling_counter_add(counter: RollingCounter, n) { counter.add_at(at(n), black_box(3)) }
    count_rolling_counter_total_of_40(counter: RollingCounter, n) { counter.total_at(at(n)) }
    count_rolling_window_record(window: RollingWindow, n) { window.record_at(at(n), black_box(3)) }
    count_rolling_window_totals_of_40(window: RollingWindow, n) { window.totals_at(at(n)) }
    count_ewma_by_count_record(ewma: Ewma, n) { ewma.record_at(at(n), black_box(3.5)) }
    count_ewma_by_time_record(ewma: Ewma, n) { ewma.record_at(at(n), black_box(3.5)) }
    count_ewma_sample_weighted_record(ewma: Ewma, n) { ewma.record_at(at(n), black_box(3.5)) }
    count_ewma_peak_record(ewma: Ewma, n) { ewma.record_at(at(n), black_box(3.5)) }
    count_ewma_by_time_value(ewma: Ewma, n) { ewma.value_at(at(n)) }
    count_sre_breaker_healthy_call(breaker: SreBreaker, n) {
        breaker.try_acquire_at(at(n), black_box(0.5)).map(|permit| permit.success_at(at(n))).is_ok()
    }
    count_sre_breaker_refused(breaker: SreBreaker, n) { breaker.try_acquire_at(at(n), black_box(0.0)).is_ok() }
    count_single_flight_alone(flight: Flight, n) { flight.run(n, || 1).map(|value| *value).is_ok() }
    count_hash_ring_lookup_of_10_nodes(ring: HashRing, n) { ring.lookup(key(n)) }
    count_hash_ring_lookup_of_100_nodes(ring: HashRing, n) { ring.lookup(key(n)) }
    count_hash_ring_ketama_lookup_of_10_nodes(ring: HashRing, n) { ring.lookup(key(n)) }
    count_spin_lock_alone(lock: SpinLock<u64>, _n) { *lock.lock() += 1 }
}

/// Without a random key in its hasher, so that it does the same at every run.
type Flight = SingleFlight<u64, u64>;

/// An instant of an uptime of a day, a microsecond after the last.
fn at(n: u64) -> Instant {
    Instant::from_nanos(black_box(86_400_000_000_000 + n * 1_000)).expect("a day of uptime")
}

fn an_hour_before() -> Instant {
    Instant::from_nanos(82_800_000_000_000).expect("a day of uptime")
}

fn key(n: u64) -> [u8; 8] {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()
}

/// A permit comes back each nanosecond: nothing is refused.
fn plenty() -> Quota {
    Quota::new(1_000_000_000, SECOND, u32::MAX).expect("an accepted quota")
}

/// A permit an hour.
fn scarce() -> Quota {
    Quota::new(1, HOUR, 1).expect("an accepted quota")
}

fn ring(mode: Option<Mode>, nodes: u32) -> HashRing {
    let ring = mode.map_or_else(HashRing::new, HashRing::compatible);
    for n in 0..nodes {
        ring.insert(format!("10.0.{}.{}:8080", n / 256, n % 256), 1).expect("room for a node");
    }
    ring
}

fn main() {
    let bucket = TokenBucket::new(plenty());
    bucket.try_acquire_at(at(0), 1).expect("a full bucket");
    count_token_bucket_try_acquire_granted(&bucket);
    count_token_bucket_peek(&bucket);
    count_token_bucket_reserve_and_cancel(&bucket);
    let bucket = TokenBucket::new(scarce());
    bucket.try_acquire_at(at(0), 1).expect("a full bucket");
    count_token_bucket_try_acquire_refused(&bucket);

    let meter = LeakyBucket::meter(plenty());
    meter.try_acquire_at(at(0), 1).expect("an empty meter");
    count_leaky_meter_try_acquire_granted(&meter);
    let meter = LeakyBucket::meter(scarce());
    meter.try_acquire_at(at(0), 1).expect("an empty meter");
    count_leaky_meter_try_acquire_refused(&meter);
    let queue = LeakyBucket::queue(plenty());
    let _ = queue.try_reserve_at(at(0), 1).expect("an idle queue");
    count_leaky_queue_try_reserve(&queue);

    let limiter = PeriodLimiter::new(u32::MAX, HOUR).expect("an accepted limit");
    limiter.try_acquire_at(at(0), 1).expect("a first use");
    count_period_limiter_granted(&limiter);
    let limiter = PeriodLimiter::new(1, HOUR).expect("an accepted limit");
    limiter.try_acquire_at(at(0), 1).expect("a first use");
    count_period_limiter_refused(&limiter);
    let limiter = PeriodLimiter::sliding(u32::MAX, HOUR).expect("an accepted limit");
    limiter.try_acquire_at(at(0), 1).expect("a first use");
    count_period_limiter_sliding_granted(&limiter);
    let limiter = PeriodLimiter::sliding(u32::MAX, HOUR).expect("an accepted limit");
    limiter.try_acquire_at(an_hour_before(), 1_000).expect("a first use");
    limiter.try_acquire_at(at(0), 1).expect("a window after it");
    count_period_limiter_sliding_granted_after_a_window(&limiter);
    let limiter = PeriodLimiter::sliding(1_000, HOUR).expect("an accepted limit");
    limiter.try_acquire_at(an_hour_before(), 999).expect("a first use");
    limiter.try_acquire_at(at(0), 1).expect("the last that fits beside them");
    count_period_limiter_sliding_refused_unread(&limiter);

    let counter = RollingCounter::new(SECOND, 40).expect("an accepted window");
    counter.add_at(at(0), 1);
    count_rolling_counter_add(&counter);
    count_rolling_counter_total_of_40(&counter);
    let window = RollingWindow::new(SECOND, 40).expect("an accepted window");
    window.record_at(at(0), 1);
    count_rolling_window_record(&window);
    count_rolling_window_totals_of_40(&window);

    let by_time = Ewma::by_time(SECOND).expect("an accepted time");
    let averages = [
        Ewma::by_count(0.1).expect("an accepted weight"),
        Ewma::sample_weighted(SECOND).expect("an accepted time"),
        Ewma::peak(SECOND).expect("an accepted time"),
    ];
    for ewma in averages.iter().chain([&by_time]) {
        ewma.record_at(at(0), 1.0).expect("a finite sample");
    }
    count_ewma_by_count_record(&averages[0]);
    count_ewma_sample_weighted_record(&averages[1]);
    count_ewma_peak_record(&averages[2]);
    count_ewma_by_time_record(&by_time);
    count_ewma_by_time_value(&by_time);

    let config = SreBreakerConfig::go_zero_1_3();
    let breaker = SreBreaker::new(config).expect("an accepted configuration");
    breaker.record_at(at(0), Outcome::Success);
    count_sre_breaker_healthy_call(&breaker);
    let breaker = SreBreaker::new(config).expect("an accepted configuration");
    for _ in 0..100 {
        breaker.record_at(at(0), Outcome::Failure);
    }
    assert!(breaker.try_acquire_at(at(0), 0.0).is_err(), "a hundred failures and no success");
    count_sre_breaker_refused(&breaker);

    // Secrets that are always the same: with others the keys would lie in other shards.
    let flight = Flight::with_hasher(KeyedHash::with_secrets(1, 2));
    let _ = flight.run(0, || 1);
    count_single_flight_alone(&flight);

    count_hash_ring_lookup_of_10_nodes(&ring(None, 10));
    count_hash_ring_lookup_of_100_nodes(&ring(None, 100));
    count_hash_ring_ketama_lookup_of_10_nodes(&ring(Some(Mode::Ketama), 10));
    count_spin_lock_alone(&SpinLock::new(0));
}
