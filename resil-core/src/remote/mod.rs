//! Decides in a store: the scripts that run there, their arguments and answers, and the share that stands in while
//! the store is away. No client library.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod config_error;
pub(crate) mod digest;
pub mod fault;
pub mod key;
pub mod leaky_bucket;
pub mod members;
pub mod period_limiter;
pub mod reply;
pub mod script;
pub(crate) mod sha1;
pub mod share;
pub mod steps;
pub mod token_bucket;
