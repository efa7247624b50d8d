//! The extension module `resil._resil`: the core in Python's types, one file a class.
//!
//! Each method converts, calls the core once and converts back. Arguments are checked here, completely and
//! before anything changes, so no panic can reach Python. Classes are frozen and hold the core through `Arc`;
//! the core holds no Python objects (but what wakes those who wait in a single flight), and the garbage collector
//! looks into those few classes that do (a guarded function, a breaker's draw, a shared value, the nodes of a hash
//! ring). No Python runs while anything is locked. The interpreter stays attached around a decision: letting go costs
//! more than deciding. Whatever waits, waits in Python; but for a store (`redis`), which is waited for detached.
//! Nothing is unsafe but `given`.

mod classify;
mod clock;
mod coroutine;
mod count;
mod duration;
mod errors;
mod ewma;
mod ewma_snapshot;
mod given;
mod hash_ring;
mod hash_ring_snapshot;
mod instant;
mod leaky_bucket;
mod leaky_meter;
mod leaky_queue;
mod members;
mod number;
mod peek;
mod period_limiter;
mod period_limiter_snapshot;
mod permit;
mod prepare;
mod protected;
mod python_draw;
mod queue_peek;
mod quota;
#[cfg(feature = "redis")]
mod redis;
mod reservation;
mod rolling_counter;
mod rolling_window;
mod shared;
mod single_flight;
mod single_flight_key;
mod single_flight_part;
mod single_flight_snapshot;
mod single_flight_wait;
mod slot;
mod snapshot;
mod sre_breaker;
mod sre_breaker_change;
mod sre_breaker_config;
mod sre_breaker_snapshot;
mod token_bucket;
mod totals;
mod utc_offset;
mod verdict;
mod waiting;

use pyo3::prelude::*;

/// Resilience primitives: the compiled part of `resil`.
#[pymodule]
mod _resil {
    use pyo3::prelude::*;

    use crate::given::put_on_class;
    use crate::{single_flight, sre_breaker};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        put_on_class::<sre_breaker::Run>(py)?;
        put_on_class::<single_flight::Run>(py)?;
        put_on_class::<single_flight::RunTimeout>(py)
    }

    #[pymodule_export]
    use crate::clock::{CoarseClock, ManualClock, MonotonicClock, QuantaClock, UnixClock};
    #[pymodule_export]
    use crate::ewma::{Ewma, decay_factor};
    #[pymodule_export]
    use crate::ewma_snapshot::EwmaSnapshot;
    #[pymodule_export]
    use crate::hash_ring::HashRing;
    #[pymodule_export]
    use crate::hash_ring_snapshot::HashRingSnapshot;
    #[pymodule_export]
    use crate::leaky_bucket::{LeakyBucket, LeakyBucketSnapshot};
    #[pymodule_export]
    use crate::leaky_meter::LeakyMeter;
    #[pymodule_export]
    use crate::leaky_queue::LeakyQueue;
    #[pymodule_export]
    use crate::peek::Peek;
    #[pymodule_export]
    use crate::period_limiter::PeriodLimiter;
    #[pymodule_export]
    use crate::period_limiter_snapshot::PeriodLimiterSnapshot;
    #[pymodule_export]
    use crate::permit::{Guard, Permit};
    #[pymodule_export]
    use crate::prepare::_prepare;
    #[pymodule_export]
    use crate::protected::Protected;
    #[pymodule_export]
    use crate::queue_peek::QueuePeek;
    #[pymodule_export]
    use crate::quota::Quota;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::answer::Answer;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::asking::_StoreAsking;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::held::_StoreHeld;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::limiter::_StoreLimiter;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::step::_StoreStep;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::store::Store;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::store_snapshot::StoreSnapshot;
    #[cfg(feature = "redis")]
    #[pymodule_export]
    use crate::redis::wakes::_StoreWakes;
    #[pymodule_export]
    use crate::reservation::Reservation;
    #[pymodule_export]
    use crate::rolling_counter::{RollingCounter, RollingCounterSnapshot};
    #[pymodule_export]
    use crate::rolling_window::{RollingWindow, RollingWindowSnapshot};
    #[pymodule_export]
    use crate::shared::Shared;
    #[pymodule_export]
    use crate::single_flight::{_forked, SingleFlight};
    #[pymodule_export]
    use crate::single_flight_part::FlightPart;
    #[pymodule_export]
    use crate::single_flight_snapshot::SingleFlightSnapshot;
    #[pymodule_export]
    use crate::slot::Slot;
    #[pymodule_export]
    use crate::snapshot::TokenBucketSnapshot;
    #[pymodule_export]
    use crate::sre_breaker::SreBreaker;
    #[pymodule_export]
    use crate::sre_breaker_config::SreBreakerConfig;
    #[pymodule_export]
    use crate::sre_breaker_snapshot::SreBreakerSnapshot;
    #[pymodule_export]
    use crate::token_bucket::TokenBucket;
    #[pymodule_export]
    use crate::totals::Totals;
    #[pymodule_export]
    use crate::verdict::Verdict;
    #[pymodule_export]
    use crate::waiting::_check_acquire;
    #[pymodule_export]
    use crate::waiting::_seconds;

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name is Python's convention")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name is Python's convention")]
    const _build_profile: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name is Python's convention")]
    const _features: &str = if cfg!(feature = "tls") {
        "redis, tls"
    } else if cfg!(feature = "redis") {
        "redis"
    } else {
        "none"
    };
}

/// Python places an object at multiples of 16 bytes whatever its type asks for, so the core's types, which
/// fill cache lines, must stand behind a pointer.
const fn fits_a_python_object<T>() -> bool {
    align_of::<T>() <= 8
}

const _: () = {
    assert!(fits_a_python_object::<clock::CoarseClock>());
    assert!(fits_a_python_object::<clock::ManualClock>());
    assert!(fits_a_python_object::<clock::MonotonicClock>());
    assert!(fits_a_python_object::<ewma::Ewma>());
    assert!(fits_a_python_object::<ewma_snapshot::EwmaSnapshot>());
    assert!(fits_a_python_object::<clock::QuantaClock>());
    assert!(fits_a_python_object::<clock::UnixClock>());
    assert!(fits_a_python_object::<leaky_bucket::LeakyBucket>());
    assert!(fits_a_python_object::<leaky_bucket::LeakyBucketSnapshot>());
    assert!(fits_a_python_object::<leaky_meter::LeakyMeter>());
    assert!(fits_a_python_object::<leaky_queue::LeakyQueue>());
    assert!(fits_a_python_object::<hash_ring::HashRing>());
    assert!(fits_a_python_object::<hash_ring_snapshot::HashRingSnapshot>());
    assert!(fits_a_python_object::<peek::Peek>());
    assert!(fits_a_python_object::<period_limiter::PeriodLimiter>());
    assert!(fits_a_python_object::<period_limiter_snapshot::PeriodLimiterSnapshot>());
    assert!(fits_a_python_object::<permit::Guard>());
    assert!(fits_a_python_object::<permit::Permit>());
    assert!(fits_a_python_object::<protected::Protected>());
    assert!(fits_a_python_object::<queue_peek::QueuePeek>());
    assert!(fits_a_python_object::<quota::Quota>());
    assert!(fits_a_python_object::<reservation::Reservation>());
    assert!(fits_a_python_object::<rolling_counter::RollingCounter>());
    assert!(fits_a_python_object::<rolling_counter::RollingCounterSnapshot>());
    assert!(fits_a_python_object::<rolling_window::RollingWindow>());
    assert!(fits_a_python_object::<rolling_window::RollingWindowSnapshot>());
    assert!(fits_a_python_object::<shared::Shared>());
    assert!(fits_a_python_object::<single_flight::SingleFlight>());
    assert!(fits_a_python_object::<single_flight_part::FlightPart>());
    assert!(fits_a_python_object::<single_flight_snapshot::SingleFlightSnapshot>());
    assert!(fits_a_python_object::<slot::Slot>());
    assert!(fits_a_python_object::<snapshot::TokenBucketSnapshot>());
    assert!(fits_a_python_object::<sre_breaker::SreBreaker>());
    assert!(fits_a_python_object::<sre_breaker_config::SreBreakerConfig>());
    assert!(fits_a_python_object::<sre_breaker_snapshot::SreBreakerSnapshot>());
    assert!(fits_a_python_object::<token_bucket::TokenBucket>());
    assert!(fits_a_python_object::<totals::Totals>());
    assert!(fits_a_python_object::<verdict::Verdict>());
};
