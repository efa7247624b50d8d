//! The leaky bucket of many processes, as meter and as queue.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use resil_core::Quota;
use resil_core::leaky_bucket::{Peek, QueuePeek};
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::KeyKind;
use resil_core::remote::leaky_bucket::LeakyBucket;
use resil_core::remote::reply::{Reply, When};
use resil_core::remote::share::quota_share;

use crate::answer::{Answer, Policy};
use crate::call::Script;
use crate::limiter::{Limiter, by_limit};
use crate::store::Store;
use crate::wire::Outcome;

type MeterTwin = resil_core::LeakyMeter;
type QueueTwin = resil_core::LeakyQueue;

/// A leaky bucket as a meter that many processes share: grants what fits, refuses the rest.
///
/// Grants what a [`TokenBucket`](crate::TokenBucket) of the same quota does that nobody reserves from, and keeps its
/// bounds.
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
pub struct LeakyMeter {
    limiter: Limiter<MeterTwin>,
    bucket: LeakyBucket,
}

/// A leaky bucket as a queue that many processes share: admits what fits, and says when each may go.
///
/// One turn after another, whichever process asks: what the store admits goes at the quota's rate.
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
pub struct LeakyQueue {
    limiter: Limiter<QueueTwin>,
    bucket: LeakyBucket,
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
        self.limiter.policy = policy;
        self
    }

    /// The quota of each subject.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    fn twin(&self, members: NonZeroU32) -> Option<MeterTwin> {
        quota_share(&self.quota(), members).map(resil_core::LeakyBucket::meter)
    }

    /// Pours `permits` of `subject` in if they fit. No permits are always granted.
    pub fn try_acquire(&self, subject: &str, permits: u32) -> Answer<()> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided);
        }
        let asked = self.limiter.ask(subject, self.bucket.try_acquire(permits, When::Server));
        self.acquired(subject, permits, asked)
    }

    /// As [`try_acquire`](Self::try_acquire), under any runtime.
    pub async fn try_acquire_async(&self, subject: &str, permits: u32) -> Answer<()> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided);
        }
        let arguments = self.bucket.try_acquire(permits, When::Server);
        let asked = self.limiter.ask_async(subject, arguments).await;
        self.acquired(subject, permits, asked)
    }

    fn acquired(&self, subject: &str, permits: u32, asked: Outcome) -> Answer<()> {
        let read = |numbers: &[i64]| self.bucket.acquired(numbers);
        Limiter::<MeterTwin>::read(asked, read).unwrap_or_else(|fault| {
            let rescue = |twin: &MeterTwin| twin.try_acquire(permits);
            self.limiter.instead(subject, fault, (), |members| self.twin(members), rescue)
        })
    }

    /// What `try_acquire` would answer, and how full the bucket is. Takes nothing.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<Peek> {
        let asked = self.limiter.ask(subject, self.bucket.peek(permits, When::Server));
        let read = |numbers: &[i64]| {
            self.bucket.peeked(permits, numbers).map(|reply| {
                let (remaining, reset_after) = (reply.remaining, reply.reset_after);
                let peek = Peek { answer: reply.answer, remaining, reset_after };
                Reply { answer: Ok(peek), remaining, reset_after }
            })
        };
        Limiter::<MeterTwin>::read(asked, read).unwrap_or_else(|fault| {
            let remaining = self.quota().burst();
            let open = Peek { answer: Ok(()), remaining, reset_after: Duration::ZERO };
            let rescue = |twin: &MeterTwin| Ok(twin.peek(permits));
            self.limiter.instead(subject, fault, open, |members| self.twin(members), rescue)
        })
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
        self.limiter.policy = policy;
        self
    }

    /// The quota of each subject.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    fn twin(&self, members: NonZeroU32) -> Option<QueueTwin> {
        quota_share(&self.quota(), members).map(resil_core::LeakyBucket::queue)
    }

    /// Joins the queue of `subject` with `permits`, unless the wait would exceed `timeout`; the wait before its slot.
    pub fn try_reserve(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Duration> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided).map(|()| Duration::ZERO);
        }
        let arguments = self.bucket.try_reserve(permits, timeout, When::Server);
        self.reserved(subject, permits, timeout, self.limiter.ask(subject, arguments))
    }

    /// As [`try_reserve`](Self::try_reserve), under any runtime.
    pub async fn try_reserve_async(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Duration> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided).map(|()| Duration::ZERO);
        }
        let arguments = self.bucket.try_reserve(permits, timeout, When::Server);
        let asked = self.limiter.ask_async(subject, arguments).await;
        self.reserved(subject, permits, timeout, asked)
    }

    fn reserved(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
        asked: Outcome,
    ) -> Answer<Duration> {
        let read = |numbers: &[i64]| self.bucket.reserved(numbers);
        Limiter::<QueueTwin>::read(asked, read).unwrap_or_else(|fault| {
            let rescue = |twin: &QueueTwin| {
                twin.try_reserve_within(permits, timeout).map(|slot| slot.ready_after())
            };
            let open = Duration::ZERO;
            self.limiter.instead(subject, fault, open, |members| self.twin(members), rescue)
        })
    }

    /// Joins the queue and waits for the slot; at most `timeout`, else takes no place.
    pub fn acquire(&self, subject: &str, permits: u32, timeout: Option<Duration>) -> Answer<()> {
        self.try_reserve(subject, permits, timeout).map(|wait| {
            if !wait.is_zero() {
                std::thread::sleep(wait);
            }
        })
    }

    /// What `try_reserve` would answer, and how full the queue is. Takes no place.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<QueuePeek> {
        let asked = self.limiter.ask(subject, self.bucket.peek(permits, When::Server));
        let read = |numbers: &[i64]| {
            self.bucket.queue_peeked(permits, numbers).map(|reply| {
                let (remaining, reset_after) = (reply.remaining, reply.reset_after);
                let peek = QueuePeek { answer: reply.answer, remaining, reset_after };
                Reply { answer: Ok(peek), remaining, reset_after }
            })
        };
        Limiter::<QueueTwin>::read(asked, read).unwrap_or_else(|fault| {
            let (remaining, zero) = (self.quota().burst(), Duration::ZERO);
            let open = QueuePeek { answer: Ok(zero), remaining, reset_after: zero };
            let rescue = |twin: &QueueTwin| Ok(twin.peek(permits));
            self.limiter.instead(subject, fault, open, |members| self.twin(members), rescue)
        })
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
