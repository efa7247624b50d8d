//! The two refusals of a limiter: later, and never.

use core::fmt;
use core::time::Duration;

/// Why a limiter did not grant a request.
///
/// ```
/// use resil_core::{Denied, Instant, Quota, TokenBucket};
/// use std::time::Duration;
///
/// let bucket = TokenBucket::new(Quota::per_second(10).unwrap().with_burst(2).unwrap());
/// let now = Instant::ZERO;
/// assert_eq!(bucket.try_acquire_at(now, 2), Ok(()));
/// assert_eq!(bucket.try_acquire_at(now, 1), Err(Denied::RetryAfter(Duration::from_millis(100))));
/// assert_eq!(bucket.try_acquire_at(now, 3), Err(Denied::ExceedsLimit));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a refusal says when, or whether, to ask again"]
pub enum Denied {
    /// The smallest whole number of nanoseconds after which this same request is granted, if nobody else
    /// takes permits in the meantime.
    RetryAfter(Duration),
    /// More permits than the limiter can ever grant at once: no wait helps.
    ExceedsLimit,
}

impl Denied {
    /// The wait after which the same request can be granted; `None` if no wait helps.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RetryAfter(wait) => Some(wait),
            Self::ExceedsLimit => None,
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RetryAfter(wait) => write!(f, "denied: retry after {wait:?}"),
            Self::ExceedsLimit => {
                f.write_str("denied: more permits than the limit can ever grant at once")
            }
        }
    }
}

impl core::error::Error for Denied {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_when_or_that_no_wait_helps() {
        let later = Denied::RetryAfter(Duration::from_millis(7));
        assert_eq!(later.retry_after(), Some(Duration::from_millis(7)));
        assert_eq!(later.to_string(), "denied: retry after 7ms");
        assert_eq!(Denied::ExceedsLimit.retry_after(), None);
        assert!(Denied::ExceedsLimit.to_string().starts_with("denied: more permits than "));
    }
}
