//! Decides: plain values in, plain values out. No clock, randomness, atomics, locks, I/O, unsafe.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod change;
pub mod denied;
pub(crate) mod frame;
pub(crate) mod gcra;
pub mod instant;
pub mod quota;
pub(crate) mod scale;
pub mod token_bucket;
