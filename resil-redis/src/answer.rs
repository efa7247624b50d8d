//! What a limiter answers, and who decided it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use resil_core::Denied;
use resil_core::pure::store_gate::Fault;

/// Who decides while the store does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// This process by itself, with its share: the limit divided by the members that were last counted.
    #[default]
    Rescue,
    /// Everything is granted: where refusing costs more than the limit protects.
    Open,
    /// Everything is refused, to be asked again after the gate's longest pause (500 ms): logins, payments.
    Closed,
    /// The caller, who is told why.
    Unavailable,
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The store, for all processes.
    Store,
    /// This process's share of the limit.
    Rescue,
    /// The limiter's policy, which looks at nothing.
    Policy,
    /// The limit by itself: no permits, or more than it ever grants. Nobody was asked.
    Limit,
}

/// The store did not decide, and the policy leaves it to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Unavailable {
    /// Why.
    pub fault: Fault,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            Fault::Timeout => "unavailable: the store did not answer in time",
            Fault::Disconnected => "unavailable: no connection to the store",
            Fault::Unable => "unavailable: the store answers and cannot do it",
            Fault::Refused => "unavailable: the store refuses this client (password or rights)",
            Fault::Call => "unavailable: the store holds something else at this key",
        })
    }
}

impl Error for Unavailable {}

/// Why a request was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a refusal says when, or whether, to ask again"]
pub enum Refusal {
    /// The limit says no.
    Denied(Denied),
    /// Nobody decided.
    Unavailable(Unavailable),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denied) => denied.fmt(f),
            Self::Unavailable(unavailable) => unavailable.fmt(f),
        }
    }
}

impl Error for Refusal {}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// An answer: what was decided, by whom, and what is left.
///
/// ```
/// use resil_core::{Denied, Quota};
/// use resil_redis::{Asking, Options, Policy, Refusal, Source, Store, TokenBucket};
/// use resil_core::pure::store_gate::Fault;
///
/// // A client that does not get through.
/// let away = |_: &Asking<()>| Err(Fault::Disconnected);
/// let store = Store::by_hand(Options::default())?;
/// let bucket = TokenBucket::new(&store, "logins", Quota::per_minute(5)?)?;
/// let bucket = bucket.with_policy(Policy::Unavailable);
///
/// let answer = bucket.begin_try_acquire("user-42", 1).with(away);
/// match answer.result {
///     Ok(()) => println!("serve it"),
///     Err(Refusal::Denied(denied)) => println!("ask again after {:?}", denied.retry_after()),
///     Err(Refusal::Unavailable(why)) => println!("nobody decided: {why}"),
/// }
/// assert_eq!((answer.source, answer.remaining), (Source::Policy, None));
///
/// // More than the burst is refused without asking anybody.
/// let answer = bucket.begin_try_acquire("user-42", 6).with(away);
/// assert_eq!(answer.result, Err(Refusal::Denied(Denied::ExceedsLimit)));
/// assert_eq!(answer.source, Source::Limit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a refusal is an answer, not an error"]
pub struct Answer<T> {
    /// Granted, or why not.
    pub result: Result<T, Refusal>,
    /// Who decided.
    pub source: Source,
    /// Permits that could be taken at once, where the store said so.
    pub remaining: Option<u32>,
    /// Time until the limit is as new, or to the end of the window, where the store said so.
    pub reset_after: Option<Duration>,
}

impl<T> Answer<T> {
    pub(crate) const fn by(source: Source, result: Result<T, Refusal>) -> Self {
        Self { result, source, remaining: None, reset_after: None }
    }

    /// Whether it was granted, by whomever.
    pub const fn is_granted(&self) -> bool {
        self.result.is_ok()
    }

    #[cfg(feature = "client")]
    pub(crate) fn map<U>(self, granted: impl FnOnce(T) -> U) -> Answer<U> {
        let Self { result, source, remaining, reset_after } = self;
        Answer { result: result.map(granted), source, remaining, reset_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn refusals_and_faults_say_what_they_are() {
        let told = |fault| Refusal::Unavailable(Unavailable { fault }).to_string();
        for (fault, words) in [
            (Fault::Timeout, "did not answer in time"),
            (Fault::Disconnected, "no connection"),
            (Fault::Unable, "cannot do it"),
            (Fault::Refused, "password or rights"),
            (Fault::Call, "something else at this key"),
        ] {
            assert!(told(fault).starts_with("unavailable: "), "{fault:?}");
            assert!(told(fault).contains(words), "{fault:?}: {}", told(fault));
        }
        let denied = Denied::RetryAfter(Duration::from_millis(20));
        assert_eq!(Refusal::Denied(denied).to_string(), denied.to_string());
    }
}
