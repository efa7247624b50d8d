//! Calls that a breaker guards from asking to settling.

use super::permit::Permit;
use super::sre_breaker::SreBreaker;
use crate::input::Clock;
use crate::pure::outcome::Outcome;
use crate::pure::rejected::{Rejected, RunError};

impl<C: Clock> SreBreaker<C> {
    /// Makes the call if it may be made: `Ok` counts as a success, `Err` as a failure, a panic too.
    ///
    /// # Errors
    /// [`RunError::Rejected`] if the call was not made, [`RunError::Failed`] with what it came to.
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// use resil_core::sre_breaker::RunError;
    ///
    /// let breaker = SreBreaker::default();
    /// let answer = breaker.run(|| "17".parse::<u32>());
    /// assert_eq!(answer, Ok(17));
    /// let answer = breaker.run(|| "many".parse::<u32>());
    /// assert!(matches!(answer, Err(RunError::Failed(_))));
    /// assert_eq!(breaker.snapshot().requests, 2);
    /// ```
    pub fn run<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, RunError<E>> {
        let permit = self.try_acquire().map_err(RunError::Rejected)?;
        counted(permit, f())
    }

    /// Makes the call if it may be made, and counts it as `classify` says; otherwise answers what `fallback`
    /// makes of the refusal. A panic in `f` or `classify` counts as a failure.
    ///
    /// [`not_rejections`](crate::sre_breaker::not_rejections) is a `classify` under which refusals further in
    /// count as nothing.
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// use resil_core::sre_breaker::Outcome;
    ///
    /// let breaker = SreBreaker::default();
    /// let status = breaker.run_with(
    ///     || 404,
    ///     |&status| if status < 500 { Outcome::Success } else { Outcome::Failure },
    ///     |_rejected| 503,
    /// );
    /// assert_eq!(status, 404);
    /// assert_eq!(breaker.snapshot().accepts, 1);
    /// ```
    pub fn run_with<T>(
        &self,
        f: impl FnOnce() -> T,
        classify: impl FnOnce(&T) -> Outcome,
        fallback: impl FnOnce(Rejected) -> T,
    ) -> T {
        match self.try_acquire() {
            Ok(permit) => {
                let answer = f();
                let outcome = classify(&answer);
                permit.settle(outcome);
                answer
            }
            Err(rejected) => fallback(rejected),
        }
    }

    /// As [`run`](Self::run), for a call that is awaited. Dropping the future before it is done counts as
    /// nothing.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// use resil_core::sre_breaker::RunError;
    ///
    /// async fn fetch() -> Result<u32, std::io::Error> {
    ///     Ok(7)
    /// }
    /// async fn guarded(breaker: &SreBreaker) -> Result<u32, RunError<std::io::Error>> {
    ///     breaker.run_async(fetch).await
    /// }
    /// ```
    pub async fn run_async<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        f: impl FnOnce() -> F,
    ) -> Result<T, RunError<E>> {
        let permit = self.try_acquire().map_err(RunError::Rejected)?;
        counted(permit, f().await)
    }
}

/// Settles the permit of a call by what it came to.
#[inline]
fn counted<T, E, C: Clock>(permit: Permit<'_, C>, answer: Result<T, E>) -> Result<T, RunError<E>> {
    match answer {
        Ok(answer) => {
            permit.success();
            Ok(answer)
        }
        Err(error) => {
            permit.failure();
            Err(RunError::Failed(error))
        }
    }
}
