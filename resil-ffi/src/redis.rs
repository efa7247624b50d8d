//! Limits that many processes share, on a Redis or Valkey server: `resil-redis` for C. With the feature `redis`.

mod text;

// In the order in which the header shows them.
mod answer;

mod client;

mod store;

mod options;

mod token_bucket;

mod reservation;

mod leaky_meter;

mod leaky_queue;

mod period_limiter;
