//! Resilience primitives for services: they decide, exactly and in nanoseconds, what to let through.
//!
//! | primitive | for |
//! | --- | --- |
//! | [`TokenBucket`] | a rate with bursts: ask, reserve or wait |
//! | [`LeakyBucket`] | an even pace: a meter that refuses, or a queue that says when |
//! | [`PeriodLimiter`] | so many per hour or calendar day, or in a sliding period |
//! | [`RollingWindow`], [`RollingCounter`] | sums and counts of the last seconds, by bucket |
//! | [`Ewma`] | a mean that forgets: by count, by time, of samples by their age, of peaks |
//! | [`SreBreaker`] | a backend that fails: refuses the share of calls that would fail anyway |
//! | [`SingleFlight`] | many callers of one slow thing: one does it, the others share what came of it |
//! | [`HashRing`] | which node a key belongs to, so that a node that comes or goes moves few keys |
//! | [`SpinLock`] | a few instructions on shared data: 4 bytes, and it parks when it must wait long |
//!
//! Each is shared by reference between threads, reads its [`Clock`] once per operation, and has an
//! `…_at(now, …)` form that reads none. Decisions are plain functions in [`pure`]; what excludes, waits or
//! asks the machine stands apart. No background threads, no runtime, no global state.
//!
//! ```
//! use resil_core::{Quota, TokenBucket};
//!
//! let bucket = TokenBucket::new(Quota::per_second(100)?.with_burst(10)?);
//! if bucket.try_acquire(1).is_ok() {
//!     // serve the request
//! }
//! # Ok::<(), resil_core::quota::ConfigError>(())
//! ```
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(all(test, any(resil_loom, resil_shuttle)))]
#[path = "../tests/checker/mod.rs"]
mod checker;
mod concurrent;
pub mod input;
pub mod pure;
pub mod remote;
mod sync;

pub use concurrent::ewma::Ewma;
pub use concurrent::hash_ring::HashRing;
pub use concurrent::leaky_bucket::{LeakyBucket, LeakyMeter, LeakyQueue};
pub use concurrent::period_limiter::PeriodLimiter;
pub use concurrent::rolling_counter::RollingCounter;
pub use concurrent::rolling_window::RollingWindow;
pub use concurrent::single_flight::SingleFlight;
pub use concurrent::spin_lock::SpinLock;
pub use concurrent::sre_breaker::SreBreaker;
pub use concurrent::token_bucket::{Reservation, TokenBucket};
#[cfg(feature = "quanta")]
pub use input::QuantaClock;
pub use input::{
    AnyClock, Clock, CoarseClock, Draw, ManualClock, MonotonicClock, ScriptedDraw, ThreadDraw,
    UnixClock,
};
pub use pure::change::Carry;
pub use pure::denied::Denied;
pub use pure::instant::Instant;
pub use pure::quota::Quota;
pub use pure::sre_config::SreBreakerConfig;

/// What the C library asks in place of `try_acquire_at`.
#[doc(hidden)]
pub mod border {
    pub use crate::concurrent::level::{Ask, Refusal};
}

/// What a quota is made of, and what can be wrong with one.
pub mod quota {
    pub use crate::pure::quota::{ConfigError, Quota};
}

/// The moving averages and what belongs to them.
pub mod ewma {
    pub use crate::concurrent::ewma::{Ewma, Snapshot};
    pub use crate::pure::ewma::{ConfigError, Kind, RecordError};
    pub use crate::pure::ewma_config::decay_factor;
}

/// The hash ring and what belongs to it.
pub mod hash_ring {
    pub use crate::concurrent::hash_ring::{HashRing, Node, Snapshot};
    pub use crate::pure::hash_ring::{ConfigError, Inserted, Mode, NodeId};
}

/// The leaky bucket and what belongs to it.
pub mod leaky_bucket {
    pub use crate::concurrent::leaky_bucket::{LeakyBucket, LeakyMeter, LeakyQueue, Snapshot};
    pub use crate::pure::leaky_bucket::{Peek, QueuePeek, Slot};
}

/// The period limiter and what belongs to it.
pub mod period_limiter {
    pub use crate::concurrent::period_limiter::{PeriodLimiter, Snapshot};
    pub use crate::pure::period_limiter::{ConfigError, Granted, Kind, Peek};
}

/// The token bucket and what belongs to it.
pub mod token_bucket {
    pub use crate::concurrent::token_bucket::{Reservation, Snapshot, TokenBucket};
    pub use crate::pure::change::Carry;
    pub use crate::pure::token_bucket::{Cancelled, ConfigError, Peek, Ticket};
}

/// The rolling window and what belongs to it.
pub mod rolling_window {
    pub use crate::concurrent::rolling_counter::{CounterSnapshot, RollingCounter};
    pub use crate::concurrent::rolling_window::{RollingWindow, Snapshot};
    pub use crate::pure::rolling_window::{Config, ConfigError, Recorded, Totals};
}

/// The single flight and what belongs to it.
pub mod single_flight {
    pub use crate::concurrent::single_flight::part::{Arrived, Caller, Following, Leading, Part};
    pub use crate::concurrent::single_flight::shared::{FlightError, Shared};
    pub use crate::concurrent::single_flight::{SingleFlight, Snapshot};
    pub use crate::pure::keyed_hash::{KeyedHash, KeyedHasher};
}

/// The spin lock and what belongs to it.
pub mod spin_lock {
    pub use crate::concurrent::spin_lock::{Snapshot, SpinLock, SpinLockGuard};
    pub use crate::sync::raw_spin_lock::RawSpinLock;
}

/// The SRE breaker and what belongs to it.
pub mod sre_breaker {
    pub use crate::concurrent::permit::Permit;
    pub use crate::concurrent::sre_breaker::SreBreaker;
    pub use crate::pure::rejected::{Rejected, RunError, not_rejections};
    pub use crate::pure::sre_breaker::{
        Config, ConfigError, Mode, Outcome, Refusals, Snapshot, SreBreakerConfig,
    };
}
