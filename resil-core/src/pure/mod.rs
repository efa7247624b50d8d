//! Decides: plain values in, plain values out. No clock, randomness, atomics, locks, I/O, unsafe.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod change;
pub mod denied;
pub(crate) mod drop_ratio;
pub mod ewma;
pub(crate) mod ewma_config;
pub(crate) mod frame;
pub(crate) mod gate;
pub(crate) mod gcra;
pub(crate) mod grid;
pub mod hash_ring;
pub(crate) mod hash_ring_lines;
pub(crate) mod hash_ring_load;
pub(crate) mod hash_ring_members;
pub(crate) mod hash_ring_walk;
pub mod instant;
pub(crate) mod keyed_hash;
pub(crate) mod lanes;
pub mod leaky_bucket;
pub(crate) mod md5;
pub(crate) mod murmur3;
pub mod outcome;
pub(crate) mod period_config;
pub mod period_limiter;
pub(crate) mod period_shortfall;
pub(crate) mod period_windows;
#[cfg(test)]
mod proved;
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
