//! What the tests of every primitive share: timelines, the fronts that replay them, and slow models.
#![forbid(unsafe_code)]

pub mod branches;
pub mod bytes;
pub mod ewma_model;
pub mod ewma_script;
pub mod exact_bucket;
pub mod hash_ring_model;
pub mod hash_ring_random;
pub mod leaky_bucket_model;
pub mod leaky_bucket_script;
pub mod pages;
pub mod period_limiter_model;
pub mod period_limiter_script;
pub mod precision;
pub mod reached;
pub mod redis_server;
pub mod rolling_window_model;
pub mod rolling_window_script;
pub mod seed;
pub mod single_flight_model;
pub mod sre_breaker_model;
pub mod sre_breaker_script;
pub mod store_model;
#[cfg(feature = "store")]
pub mod store_script;
pub mod store_steps;
#[cfg(feature = "load")]
pub mod store_timelines;
pub mod token_bucket_front;
pub mod token_bucket_model;
pub mod token_bucket_reached;
pub mod token_bucket_script;
pub mod ulps;
pub mod vectors;
pub mod world;
