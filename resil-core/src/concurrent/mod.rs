//! What users hold: `&self`, `Send + Sync`, composed of `input`, `sync` and `pure`; no arithmetic of its own.
#![forbid(unsafe_code)]

pub mod ewma;
pub mod hash_ring;
pub(crate) mod lanes;
pub mod leaky_bucket;
pub(crate) mod level;
pub mod period_limiter;
pub mod permit;
pub mod rolling_counter;
pub mod rolling_window;
pub(crate) mod run;
pub mod single_flight;
pub mod spin_lock;
pub mod sre_breaker;
pub mod token_bucket;
