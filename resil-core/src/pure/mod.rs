//! Decides: plain values in, plain values out. No clock, randomness, atomics, locks, I/O, unsafe.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod change;
pub mod denied;
pub(crate) mod drop_ratio;
pub(crate) mod frame;
pub(crate) mod gate;
pub(crate) mod gcra;
pub(crate) mod grid;
pub mod instant;
pub(crate) mod lanes;
pub mod leaky_bucket;
pub mod outcome;
pub(crate) mod period_config;
pub mod period_limiter;
pub mod quota;
pub mod rejected;
pub mod rolling_window;
pub(crate) mod scale;
pub mod sre_breaker;
pub(crate) mod sre_config;
pub(crate) mod sre_decision;
pub(crate) mod sre_presets;
pub mod store_gate;
pub mod token_bucket;
