//! The C library: `resil-core` behind opaque handles, integers and status codes.
//!
//! One file per row, one exported function per operation, its comment written for the reader of
//! `include/resil.h`, into which it is copied. Types and constants carry their C spelling: what stands in the
//! header stands here. Every exported function is written out (the header's generator does not see into
//! macros) and runs inside a `guard`, so that no panic crosses the border.
//!
//! The header is made by `RESIL_BLESS=1 cargo test -p resil-ffi --test header`.
#![allow(non_camel_case_types, reason = "the header's spelling")]

mod argument;
mod guard;
mod handle;

// In the order in which the header shows them.
mod version;

mod status;

mod last_error;

mod clock;

mod quota;

mod peek;

mod token_bucket;

mod leaky_bucket;

mod period_limiter;

mod rolling_window;

mod rolling_counter;

mod ewma;
mod single_flight;

mod sre_breaker;

mod hash_ring;
mod spin_lock;

#[cfg(feature = "redis")]
mod redis;
