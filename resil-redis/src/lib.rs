//! One limit for many processes, on a Redis or Valkey server; and a share of it while the server is away.
//!
//! | limiter | answers |
//! | --- | --- |
//! | [`TokenBucket`] | may this go now; when may it go; what is left |
//! | [`LeakyMeter`], [`LeakyQueue`] | may this go now; when is its turn |
//! | [`PeriodLimiter`] | may this go in this window |
//!
//! Each is a name and a limit; whom it limits is said with every call (`"user-42"`, an address, `""` for all). One
//! script call decides, on the server's clock. A [`Store`] is a connection that threads and tasks share; no caller
//! waits longer than its deadline, and none ever connects: a thread of the store does. While the server is away, or
//! answers and cannot do it, a [`Policy`] decides, and every [`Answer`] says who did.
//!
//! Where a program has a client already, a store is made [by hand](Store::by_hand): each operation has a `begin_` form
//! that says what to call and goes on with the outcome ([`Begun`]). The feature `client`, on by default, is the
//! connection of this crate; without it only that form is left, and no client is compiled.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use resil_core::Quota;
//! use resil_redis::{Source, Store, TokenBucket};
//!
//! let store = Store::open("redis://127.0.0.1/")?;
//! // Until it is connected, usually for milliseconds, the store is away.
//! let connected = store.wait_until_up(Duration::from_secs(1));
//! let logins = TokenBucket::new(&store, "logins", Quota::per_minute(5)?)?;
//! let answer = logins.try_acquire("user-42", 1);
//! assert!(connected);
//! if answer.source != Source::Store {
//!     // decided by this process alone
//! }
//! answer.result?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod answer;
mod by_hand;
mod call;
mod charge;
#[cfg(feature = "client")]
mod debts;
#[cfg(any(feature = "client", all(test, resil_loom)))]
mod ends;
mod excluding;
#[cfg(feature = "client")]
mod fault;
#[cfg(feature = "client")]
mod keeper;
#[cfg(any(feature = "client", all(test, resil_loom)))]
mod lane;
#[cfg(all(test, resil_loom))]
mod lane_models;
mod leaky_bucket;
mod limiter;
mod operation;
mod options;
mod per_process;
mod period_limiter;
mod reservation;
mod store;
mod token_bucket;
mod twins;
mod upkeep;
#[cfg(feature = "client")]
mod wire;

pub use answer::{Answer, Policy, Refusal, Source, Unavailable};
pub use by_hand::{Asking, Begun};
pub use leaky_bucket::{LeakyMeter, LeakyQueue};
pub use options::{Members, OpenError, Options};
pub use period_limiter::PeriodLimiter;
pub use reservation::Reservation;
pub use store::{Snapshot, Store};
pub use token_bucket::TokenBucket;

/// The README's example, compiled.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../README.md")]
struct Readme;
