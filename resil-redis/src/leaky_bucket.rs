//! The leaky bucket of many processes, as meter and as queue.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resil_core::Quota;
use resil_core::leaky_bucket::{Peek, QueuePeek};
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::KeyKind;
use resil_core::remote::leaky_bucket::LeakyBucket;
use resil_core::remote::script::Script;

#[cfg(feature = "client")]
use crate::answer::Answer;
use crate::answer::Policy;
use crate::by_hand::Begun;
use crate::limiter::Limiter;
use crate::operation::{self, Join, Look, Meter, MeterPeek};
use crate::store::Store;

/// A leaky bucket as a meter that many processes share: grants what fits, refuses the rest.
///
/// Grants what a [`TokenBucket`](crate::TokenBucket) of the same quota does that nobody reserves from, and keeps its
/// bounds. Clones are the same meter. Threads, calls, their waits and the source are as there.
///
/// ```no_run
/// use resil_core::Quota;
/// use resil_redis::{LeakyMeter, Store};
///
/// let store = Store::open("redis://127.0.0.1/")?;
/// let meter = LeakyMeter::new(&store, "uploads", Quota::per_minute(30)?)?;
/// assert!(meter.try_acquire("user-42", 1).is_granted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LeakyMeter {
    pub(crate) limiter: Arc<Limiter<resil_core::LeakyMeter>>,
    pub(crate) bucket: LeakyBucket,
}

/// A leaky bucket as a queue that many processes share: admits what fits, and says when each may go.
///
/// One turn after another, whichever process asks: what the store admits goes at the quota's rate. While it is away,
/// under [`Policy::Rescue`], each member admits by a queue of its own, of its share. Clones are the same queue. Threads,
/// calls, their waits and the source are as of a [`TokenBucket`](crate::TokenBucket).
///
/// ```no_run
/// use resil_core::Quota;
/// use resil_redis::{LeakyQueue, Store};
///
/// let store = Store::open("redis://127.0.0.1/")?;
/// let queue = LeakyQueue::new(&store, "mails", Quota::per_second(10)?.with_burst(100)?)?;
/// let wait = queue.try_reserve("relay-1", 1, None).result?;
/// std::thread::sleep(wait);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LeakyQueue {
    pub(crate) limiter: Arc<Limiter<resil_core::LeakyQueue>>,
    pub(crate) bucket: LeakyBucket,
}

impl LeakyMeter {
    /// The meter called `name`, of `quota` for each subject.
    ///
    /// # Errors
    /// [`ConfigError::NameNotPlain`], [`ConfigError::QuotaTooFine`].
    pub fn new(store: &Store, name: &str, quota: Quota) -> Result<Self, ConfigError> {
        let limiter = Limiter::new(store, Script::Bucket, KeyKind::LeakyMeter, name)?;
        Ok(Self { limiter, bucket: LeakyBucket::new(quota)? })
    }

    /// The same, with another policy for when the store is away.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        Arc::make_mut(&mut self.limiter).policy = policy;
        self
    }

    /// The quota of each subject.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    /// Begins [`try_acquire`](Self::try_acquire) for a client of one's own.
    pub fn begin_try_acquire(&self, subject: &str, permits: u32) -> Begun<()> {
        operation::begin(self, subject, Meter(permits))
    }

    /// Begins [`peek`](Self::peek) for a client of one's own.
    pub fn begin_peek(&self, subject: &str, permits: u32) -> Begun<Peek> {
        operation::begin(self, subject, MeterPeek(permits))
    }
}

/// Asks over the store's own connection; on a store [by hand](Store::by_hand) there is none, and the policy answers.
#[cfg(feature = "client")]
impl LeakyMeter {
    /// Pours `permits` of `subject` in if they fit. No permits are always granted, more than the burst never.
    ///
    /// A call without an answer in time may have poured them in.
    pub fn try_acquire(&self, subject: &str, permits: u32) -> Answer<()> {
        operation::ask(self, subject, Meter(permits))
    }

    /// As [`try_acquire`](Self::try_acquire), under any runtime.
    pub async fn try_acquire_async(&self, subject: &str, permits: u32) -> Answer<()> {
        operation::ask_async(self, subject, Meter(permits)).await
    }

    /// What `try_acquire` would answer, and how full the bucket is. Takes nothing.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<Peek> {
        operation::ask(self, subject, MeterPeek(permits))
    }

    /// As [`peek`](Self::peek), under any runtime.
    pub async fn peek_async(&self, subject: &str, permits: u32) -> Answer<Peek> {
        operation::ask_async(self, subject, MeterPeek(permits)).await
    }
}

impl LeakyQueue {
    /// The queue called `name`, of `quota` for each subject.
    ///
    /// # Errors
    /// [`ConfigError::NameNotPlain`], [`ConfigError::QuotaTooFine`].
    pub fn new(store: &Store, name: &str, quota: Quota) -> Result<Self, ConfigError> {
        let limiter = Limiter::new(store, Script::Bucket, KeyKind::LeakyQueue, name)?;
        Ok(Self { limiter, bucket: LeakyBucket::new(quota)? })
    }

    /// The same, with another policy for when the store is away.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        Arc::make_mut(&mut self.limiter).policy = policy;
        self
    }

    /// The quota of each subject.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    /// Begins [`try_reserve`](Self::try_reserve) for a client of one's own; to wait, sleep as long as it says.
    pub fn begin_try_reserve(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Begun<Duration> {
        operation::begin(self, subject, Join { permits, timeout })
    }

    /// Begins [`peek`](Self::peek) for a client of one's own.
    pub fn begin_peek(&self, subject: &str, permits: u32) -> Begun<QueuePeek> {
        operation::begin(self, subject, Look(permits))
    }
}

/// Asks over the store's own connection; on a store [by hand](Store::by_hand) there is none, and the policy answers.
#[cfg(feature = "client")]
impl LeakyQueue {
    /// Joins the queue of `subject` with `permits`, unless the wait would exceed `timeout` (`None`: no wait does);
    /// answers with the wait before its slot.
    ///
    /// No permits may always go at once, more than the burst never. A slot is not given back; a call without an answer
    /// in time may have taken one.
    pub fn try_reserve(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Duration> {
        operation::ask(self, subject, Join { permits, timeout })
    }

    /// As [`try_reserve`](Self::try_reserve), under any runtime.
    pub async fn try_reserve_async(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Duration> {
        operation::ask_async(self, subject, Join { permits, timeout }).await
    }

    /// Joins the queue and sleeps until the slot; at most `timeout` (`None`: as long as the queue is), else takes no
    /// place.
    pub fn acquire(&self, subject: &str, permits: u32, timeout: Option<Duration>) -> Answer<()> {
        self.try_reserve(subject, permits, timeout).map(|wait| {
            if !wait.is_zero() {
                std::thread::sleep(wait);
            }
        })
    }

    /// As [`acquire`](Self::acquire), without blocking: `sleep` is the runtime's own.
    ///
    /// A place in a queue is not given back: dropping the future during the sleep leaves the slot unused.
    pub async fn acquire_async<F: Future>(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
        sleep: impl FnOnce(Duration) -> F,
    ) -> Answer<()> {
        let answer = self.try_reserve_async(subject, permits, timeout).await;
        if let Ok(wait) = answer.result
            && !wait.is_zero()
        {
            sleep(wait).await;
        }
        answer.map(drop)
    }

    /// What `try_reserve` would answer, and how full the queue is. Takes no place.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<QueuePeek> {
        operation::ask(self, subject, Look(permits))
    }

    /// As [`peek`](Self::peek), under any runtime.
    pub async fn peek_async(&self, subject: &str, permits: u32) -> Answer<QueuePeek> {
        operation::ask_async(self, subject, Look(permits)).await
    }
}

impl fmt::Debug for LeakyMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakyMeter").field("quota", &self.quota()).finish_non_exhaustive()
    }
}

impl fmt::Debug for LeakyQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakyQueue").field("quota", &self.quota()).finish_non_exhaustive()
    }
}
