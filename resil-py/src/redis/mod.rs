//! What `resil.redis` stands on: the limiters that many processes share, over resil-redis.
//!
//! Whatever waits for the store waits detached from the interpreter, at most one deadline; but for the end of its
//! thread, when the last object goes: that takes microseconds, or while it connects a second at most. What a task waits for is
//! told to its event loop over a socket, so no thread of the store ever needs the interpreter.

pub(crate) mod answer;
pub(crate) mod asking;
mod came;
pub(crate) mod held;
pub(crate) mod limiter;
pub(crate) mod members;
pub(crate) mod step;
pub(crate) mod store;
pub(crate) mod store_snapshot;
pub(crate) mod wakes;
