//! What a caller of a single flight gets: the value and whose it is, or why there is none.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A flight's value, never copied: the leader's own if nobody else wanted it, one pointer for all if somebody
/// did.
///
/// ```
/// use resil_core::single_flight::{Shared, SingleFlight};
///
/// let flights = SingleFlight::new();
/// let answer = flights.run("key", || vec![1, 2, 3]).unwrap();
/// assert_eq!(*answer, [1, 2, 3]);
/// assert!(answer.led() && !answer.is_shared());
/// assert!(matches!(answer, Shared::Mine(_)));
/// ```
#[derive(Clone, Debug)]
pub enum Shared<V> {
    /// This caller made the call, and nobody followed.
    Mine(V),
    /// This caller made the call, and others have the value too.
    Ours(Arc<V>),
    /// Another caller made the call.
    Theirs(Arc<V>),
}

impl<V> Shared<V> {
    /// Whether this caller made the call.
    #[must_use]
    pub fn led(&self) -> bool {
        !matches!(self, Self::Theirs(_))
    }

    /// Whether other callers got the value too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !matches!(self, Self::Mine(_))
    }

    /// The value behind a pointer: the shared one, or a new one to what is this caller's alone.
    #[must_use]
    pub fn into_arc(self) -> Arc<V> {
        match self {
            Self::Mine(value) => Arc::new(value),
            Self::Ours(value) | Self::Theirs(value) => value,
        }
    }

    /// The value itself: moved out if nobody else holds it, else cloned.
    #[must_use]
    pub fn into_value(self) -> V
    where
        V: Clone,
    {
        match self {
            Self::Mine(value) => value,
            Self::Ours(value) | Self::Theirs(value) => Arc::unwrap_or_clone(value),
        }
    }
}

impl<V> Deref for Shared<V> {
    type Target = V;

    fn deref(&self) -> &V {
        match self {
            Self::Mine(value) => value,
            Self::Ours(value) | Self::Theirs(value) => value,
        }
    }
}

/// Why a caller got no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlightError {
    /// The call that this one waited for panicked. The key is free: calling again makes the call.
    LeaderFailed,
    /// The caller is making the call of this key already: waiting for it would never end.
    Reentered,
    /// The time to wait for another's call is over. That call goes on.
    TimedOut,
}

impl fmt::Display for FlightError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeaderFailed => "the call that was waited for panicked",
            Self::Reentered => "this thread is making the call of this key already",
            Self::TimedOut => "timed out waiting for another's call",
        })
    }
}

impl Error for FlightError {}
