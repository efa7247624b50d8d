//! What users hold: `&self`, `Send + Sync`, composed of `input`, `sync` and `pure`; no arithmetic of its own.
#![forbid(unsafe_code)]

pub mod token_bucket;
