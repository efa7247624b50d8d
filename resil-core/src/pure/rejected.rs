//! A breaker's refusal, and how to tell it from a failure.

use core::error::Error;
use core::fmt;

use super::denied::Denied;
use super::outcome::Outcome;

/// Why a breaker did not let a call through.
///
/// ```
/// use resil_core::sre_breaker::Mode;
/// use resil_core::SreBreaker;
///
/// let breaker = SreBreaker::default();
/// breaker.set_mode(Mode::ForcedOpen);
/// let rejected = breaker.try_acquire().unwrap_err();
/// assert!(rejected.forced_open);
/// assert_eq!(rejected.drop_ratio, 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
#[must_use = "the call was not let through"]
pub struct Rejected {
    /// The share of calls refused at that moment, above 0 and at most 1.
    pub drop_ratio: f64,
    /// Refused because the breaker was set to refuse everything, not by chance.
    pub forced_open: bool,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forced_open {
            return f.write_str("rejected: the breaker is forced open");
        }
        write!(f, "rejected: too many calls failed lately (drop ratio {:.3})", self.drop_ratio)
    }
}

impl Error for Rejected {}

/// What a guarded call came to when it did not succeed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RunError<E> {
    /// The call was not made.
    Rejected(Rejected),
    /// The call was made, and failed.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for RunError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rejected(rejected) => Some(rejected),
            Self::Failed(error) => Some(error),
        }
    }
}

/// Classifies a result for `run_with`: an error is a failure, unless it is or was caused by a refusal of this
/// library further in, which says nothing about whoever was called.
///
/// Looks along [`Error::source`].
///
/// ```
/// use resil_core::sre_breaker::{not_rejections, Outcome, RunError};
/// use resil_core::{SreBreaker, sre_breaker::Mode};
///
/// let inner = SreBreaker::default();
/// inner.set_mode(Mode::ForcedOpen);
/// let refused: Result<(), RunError<std::io::Error>> = inner.run(|| Ok(()));
/// assert_eq!(not_rejections(&refused), Outcome::Ignored);
///
/// let failed: Result<(), std::io::Error> = Err(std::io::ErrorKind::TimedOut.into());
/// assert_eq!(not_rejections(&failed), Outcome::Failure);
/// ```
pub fn not_rejections<T, E: Error + 'static>(result: &Result<T, E>) -> Outcome {
    let Err(error) = result else { return Outcome::Success };
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<Rejected>() || error.is::<Denied>() {
            return Outcome::Ignored;
        }
        cause = error.source();
    }
    Outcome::Failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    fn a_refusal_is_found_along_the_chain_of_causes() {
        let rejected = Rejected { drop_ratio: 0.5, forced_open: false };
        let inner = RunError::<Denied>::Rejected(rejected);
        let middle = RunError::Failed(inner);
        assert_eq!(not_rejections(&Err::<(), _>(middle)), Outcome::Ignored);
        let limited = RunError::Failed(Denied::RetryAfter(Duration::ZERO));
        assert_eq!(not_rejections(&Err::<(), _>(limited)), Outcome::Ignored);
        let failed = RunError::Failed(fmt::Error);
        assert_eq!(not_rejections(&Err::<(), _>(failed)), Outcome::Failure);
        assert_eq!(not_rejections(&Ok::<_, fmt::Error>(1)), Outcome::Success);
    }

    #[test]
    fn a_refusal_says_why_and_a_failure_speaks_for_itself() {
        let chance = Rejected { drop_ratio: 0.25, forced_open: false };
        assert!(chance.to_string().ends_with("(drop ratio 0.250)"), "{chance}");
        let forced = Rejected { drop_ratio: 1.0, forced_open: true };
        assert_eq!(forced.to_string(), "rejected: the breaker is forced open");
        let refused = RunError::<Denied>::Rejected(chance);
        let failed = RunError::Failed(Denied::ExceedsLimit);
        assert_eq!(refused.to_string(), chance.to_string());
        assert_eq!(failed.to_string(), Denied::ExceedsLimit.to_string());
        assert!(refused.source().is_some_and(|cause| cause.is::<Rejected>()));
        assert!(failed.source().is_some_and(|cause| cause.is::<Denied>()));
    }
}
