//! The token bucket of many processes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resil_core::Quota;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::KeyKind;
use resil_core::remote::script::Script;
use resil_core::remote::token_bucket as remote;
use resil_core::token_bucket::Peek;

#[cfg(feature = "client")]
use crate::answer::Answer;
use crate::answer::Policy;
use crate::by_hand::Begun;
use crate::limiter::Limiter;
use crate::operation::{self, Acquire, Reserve};
use crate::reservation::Reservation;
use crate::store::Store;

/// How far ahead anybody may reserve, unless `with_max_wait` says otherwise: also how long a clock of the server that
/// was set back can refuse everybody.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// A rate with bursts that many processes share: asked for, promised, or waited for, per subject.
///
/// Over every interval of the server's clock the store grants at most `burst + rate * interval` to each subject,
/// whatever callers' clocks say. While it is away, under [`Policy::Rescue`], all members together grant no more than
/// the rate, after a burst at the beginning; on return the store is charged for it, also one that lost its data.
///
/// Threads and tasks share it by reference. A call costs one round trip, shared with whoever calls meanwhile, and
/// waits for it at most one deadline.
///
/// ```no_run
/// use resil_core::Quota;
/// use resil_redis::{Store, TokenBucket};
///
/// let store = Store::open("redis://127.0.0.1/")?;
/// let bucket = TokenBucket::new(&store, "api", Quota::per_second(100)?.with_burst(20)?)?;
/// if bucket.try_acquire("user-42", 1).is_granted() {
///     // serve it
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Clones are the same bucket. Source: GCRA (ITU-T I.371), in whole microseconds of the server's clock.
#[derive(Clone)]
pub struct TokenBucket {
    pub(crate) limiter: Arc<Limiter<Arc<resil_core::TokenBucket>>>,
    pub(crate) bucket: remote::TokenBucket,
}

impl TokenBucket {
    /// The bucket called `name`, of `quota` for each subject. All who share it should agree on the quota: it is
    /// part of the call, not of the store. Nothing is asked yet.
    ///
    /// # Errors
    /// [`ConfigError::NameNotPlain`], [`ConfigError::QuotaTooFine`].
    pub fn new(store: &Store, name: &str, quota: Quota) -> Result<Self, ConfigError> {
        let bucket = remote::TokenBucket::new(quota, MAX_WAIT)?;
        let limiter = Limiter::new(store, Script::Bucket, KeyKind::TokenBucket, name)?;
        Ok(Self { limiter, bucket })
    }

    /// The same, with another policy for when the store is away.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        Arc::make_mut(&mut self.limiter).policy = policy;
        self
    }

    /// The same; nobody reserves for later than `max_wait` (60 s), at most 2^50 us (35 years).
    ///
    /// # Errors
    /// [`ConfigError::MaxWaitTooLong`].
    pub fn with_max_wait(mut self, max_wait: Duration) -> Result<Self, ConfigError> {
        self.bucket = remote::TokenBucket::new(self.quota(), max_wait)?;
        // What stands in is charged for with the longest wait it began with.
        Arc::make_mut(&mut self.limiter).twins = Arc::default();
        Ok(self)
    }

    /// The quota of each subject.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    /// Begins [`try_acquire`](Self::try_acquire) for a client of one's own.
    pub fn begin_try_acquire(&self, subject: &str, permits: u32) -> Begun<()> {
        operation::begin(self, subject, Acquire(permits))
    }

    /// Begins [`peek`](Self::peek) for a client of one's own.
    pub fn begin_peek(&self, subject: &str, permits: u32) -> Begun<Peek> {
        operation::begin(self, subject, operation::Peek(permits))
    }

    /// Begins [`reserve`](Self::reserve) for a client of one's own; to wait, sleep until the reservation is ready.
    pub fn begin_reserve(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Begun<Reservation> {
        operation::begin(self, subject, Reserve { permits, timeout })
    }
}

/// Asks over the store's own connection; on a store [by hand](Store::by_hand) there is none, and the policy answers.
#[cfg(feature = "client")]
impl TokenBucket {
    /// Takes `permits` of `subject` if they are there. No permits are always granted, more than the burst never.
    ///
    /// A call without an answer in time ([`Fault::Timeout`](resil_core::pure::store_gate::Fault::Timeout)) may have
    /// taken them.
    pub fn try_acquire(&self, subject: &str, permits: u32) -> Answer<()> {
        operation::ask(self, subject, Acquire(permits))
    }

    /// As [`try_acquire`](Self::try_acquire), under any runtime; waits at most one deadline, without a timer.
    pub async fn try_acquire_async(&self, subject: &str, permits: u32) -> Answer<()> {
        operation::ask_async(self, subject, Acquire(permits)).await
    }

    /// What `try_acquire` would answer, and how full the bucket is. Takes nothing.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<Peek> {
        operation::ask(self, subject, operation::Peek(permits))
    }

    /// As [`peek`](Self::peek), under any runtime.
    pub async fn peek_async(&self, subject: &str, permits: u32) -> Answer<Peek> {
        operation::ask_async(self, subject, operation::Peek(permits)).await
    }

    /// Takes `permits` now, for use after [`Reservation::ready_after`], if that is at most `timeout`, and the
    /// longest wait of this bucket; else nothing is taken. `None`: the longest wait alone.
    ///
    /// Give it back with [`Reservation::cancel`]; dropping it keeps it.
    pub fn reserve(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Reservation> {
        operation::ask(self, subject, Reserve { permits, timeout })
    }

    /// As [`reserve`](Self::reserve), under any runtime.
    pub async fn reserve_async(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Reservation> {
        operation::ask_async(self, subject, Reserve { permits, timeout }).await
    }

    /// Waits until `permits` are there and takes them, at most `timeout`; in the store's order of arrival.
    ///
    /// Fails at once, taking nothing, if the wait would exceed the timeout.
    pub fn acquire(&self, subject: &str, permits: u32, timeout: Option<Duration>) -> Answer<()> {
        self.reserve(subject, permits, timeout).map(|reservation| {
            if !reservation.ready_after().is_zero() {
                std::thread::sleep(reservation.ready_after());
            }
        })
    }

    /// As [`acquire`](Self::acquire), without blocking: `sleep` is the runtime's own.
    ///
    /// Dropping the future during the sleep gives the permits back, if the store is there to take them.
    pub async fn acquire_async<F: Future>(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
        sleep: impl FnOnce(Duration) -> F,
    ) -> Answer<()> {
        let answer = self.reserve_async(subject, permits, timeout).await;
        let Answer { result, source, remaining, reset_after } = answer;
        let result = match result {
            Ok(reservation) => {
                let wait = reservation.ready_after();
                let mut guard = crate::reservation::CancelOnDrop(Some(reservation));
                if !wait.is_zero() {
                    sleep(wait).await;
                }
                guard.0 = None;
                Ok(())
            }
            Err(refusal) => Err(refusal),
        };
        Answer { result, source, remaining, reset_after }
    }
}

impl fmt::Debug for TokenBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBucket").field("quota", &self.quota()).finish_non_exhaustive()
    }
}
