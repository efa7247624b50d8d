//! The token bucket of many processes.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use resil_core::pure::store_gate::Fault;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::{self, KeyKind};
use resil_core::remote::reply::When;
use resil_core::remote::share::quota_share;
use resil_core::remote::token_bucket as remote;
use resil_core::token_bucket::{Cancelled, Peek};
use resil_core::{Denied, Quota};

use crate::answer::{Answer, Policy, Source};
use crate::call::{Call, Script};
use crate::limiter::{Limiter, by_limit};
use crate::store::Store;
use crate::wire::Outcome;

/// In this process; shared, for a promise holds on to it.
type Twin = Arc<resil_core::TokenBucket>;

/// How far ahead anybody may reserve, unless `with_max_wait` says otherwise: also how long a clock of the server that
/// was set back can refuse everybody.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// A rate with bursts that many processes share: asked for, promised, or waited for, per subject.
///
/// Over every interval of the server's clock the store grants at most `burst + rate * interval` to each subject,
/// whatever callers' clocks say. While it is away, under [`Policy::Rescue`], all members together grant no more than
/// the rate, after a burst at the beginning. A server that comes back without its data grants a burst again.
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
pub struct TokenBucket {
    limiter: Limiter<Twin>,
    bucket: remote::TokenBucket,
}

impl TokenBucket {
    /// The bucket called `name`, of `quota` for each subject. All who share it should agree on the quota: it is
    /// part of the call, not of the store.
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
        self.limiter.policy = policy;
        self
    }

    /// The same; nobody reserves for later than `max_wait` (60 s).
    ///
    /// # Errors
    /// [`ConfigError::MaxWaitTooLong`].
    pub fn with_max_wait(mut self, max_wait: Duration) -> Result<Self, ConfigError> {
        self.bucket = remote::TokenBucket::new(self.quota(), max_wait)?;
        Ok(self)
    }

    /// The quota of each subject.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    fn twin(&self, members: NonZeroU32) -> Option<Twin> {
        let share = quota_share(&self.quota(), members)?;
        Some(Arc::new(resil_core::TokenBucket::new(share)))
    }

    /// Takes `permits` of `subject` if they are there. No permits are always granted.
    pub fn try_acquire(&self, subject: &str, permits: u32) -> Answer<()> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided);
        }
        let asked = self.limiter.ask(subject, self.bucket.try_acquire(permits, When::Server));
        self.acquired(subject, permits, asked)
    }

    /// As [`try_acquire`](Self::try_acquire), under any runtime; waits at most one deadline, without a timer.
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
        Limiter::<Twin>::read(asked, read).unwrap_or_else(|fault| {
            let rescue = |twin: &Twin| twin.try_acquire(permits);
            self.limiter.instead(subject, fault, (), |members| self.twin(members), rescue)
        })
    }

    /// What `try_acquire` would answer, and how full the bucket is. Takes nothing.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<Peek> {
        let asked = self.limiter.ask(subject, self.bucket.peek(permits, When::Server));
        self.peeked(subject, permits, asked)
    }

    /// As [`peek`](Self::peek), under any runtime.
    pub async fn peek_async(&self, subject: &str, permits: u32) -> Answer<Peek> {
        let asked = self.limiter.ask_async(subject, self.bucket.peek(permits, When::Server)).await;
        self.peeked(subject, permits, asked)
    }

    fn peeked(&self, subject: &str, permits: u32, asked: Outcome) -> Answer<Peek> {
        // The verdict is what was asked for, granted or not.
        let read = |numbers: &[i64]| {
            self.bucket.peeked(permits, numbers).map(|reply| {
                let (remaining, reset_after) = (reply.remaining, reply.reset_after);
                let peek = Peek { answer: reply.answer, remaining, reset_after };
                resil_core::remote::reply::Reply { answer: Ok(peek), remaining, reset_after }
            })
        };
        Limiter::<Twin>::read(asked, read).unwrap_or_else(|fault| {
            let remaining = self.quota().burst();
            let open = Peek { answer: Ok(()), remaining, reset_after: Duration::ZERO };
            let rescue = |twin: &Twin| Ok(twin.peek(permits));
            self.limiter.instead(subject, fault, open, |members| self.twin(members), rescue)
        })
    }

    /// Takes `permits` now, for use after [`Reservation::ready_after`], if that is at most `timeout`, and the
    /// longest wait of this bucket.
    pub fn reserve(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Reservation<'_>> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided).map(|()| self.unkept(Duration::ZERO));
        }
        let arguments = self.bucket.reserve(permits, timeout, When::Server);
        let asked = self.limiter.ask(subject, arguments);
        self.reserved(subject, permits, timeout, asked)
    }

    /// As [`reserve`](Self::reserve), under any runtime.
    pub async fn reserve_async(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Answer<Reservation<'_>> {
        if let Some(decided) = self.bucket.decided(permits) {
            return by_limit(decided).map(|()| self.unkept(Duration::ZERO));
        }
        let arguments = self.bucket.reserve(permits, timeout, When::Server);
        let asked = self.limiter.ask_async(subject, arguments).await;
        self.reserved(subject, permits, timeout, asked)
    }

    const fn unkept(&self, ready_after: Duration) -> Reservation<'_> {
        Reservation { bucket: self, ready_after, held: Held::Nothing }
    }

    fn reserved(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
        asked: Outcome,
    ) -> Answer<Reservation<'_>> {
        let read = |numbers: &[i64]| self.bucket.reserved(permits, numbers);
        match Limiter::<Twin>::read(asked, read) {
            Ok(answer) => answer.map(|ticket| {
                let ready_after = ticket.ready_after();
                let call = self.limiter.call(subject, self.bucket.cancel(&ticket, When::Server));
                let token = self.limiter.store.process().reservation();
                let beside = Some(key::cancelled(&call.key, token));
                let held = Held::Store(Box::new(Call { beside, ..call }));
                Reservation { bucket: self, ready_after, held }
            }),
            Err(fault) => self.promised_instead(subject, permits, timeout, fault),
        }
    }

    fn promised_instead(
        &self,
        subject: &str,
        permits: u32,
        timeout: Option<Duration>,
        fault: Fault,
    ) -> Answer<Reservation<'_>> {
        let open = (Duration::ZERO, Held::Nothing);
        let rescue = |twin: &Twin| -> Result<(Duration, Held), Denied> {
            let reserved = twin.reserve_within(permits, timeout)?;
            Ok((reserved.ready_after(), Held::Twin(Arc::clone(twin), reserved.into_ticket())))
        };
        self.limiter
            .instead(subject, fault, open, |members| self.twin(members), rescue)
            .map(|(ready_after, held)| Reservation { bucket: self, ready_after, held })
    }

    /// Waits until `permits` are there and takes them, at most `timeout`; in the store's order of arrival.
    ///
    /// Fails at once, taking nothing, if the wait would exceed the timeout.
    pub fn acquire(&self, subject: &str, permits: u32, timeout: Option<Duration>) -> Answer<()> {
        self.reserve(subject, permits, timeout).map(|reservation| {
            if !reservation.ready_after.is_zero() {
                std::thread::sleep(reservation.ready_after);
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
                let wait = reservation.ready_after;
                let mut guard = CancelOnDrop(Some(reservation));
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

/// Whoever keeps the promise.
enum Held {
    /// The call that gives it back.
    Store(Box<Call>),
    Twin(Twin, resil_core::token_bucket::Ticket),
    Nothing,
}

/// Permits that are promised for later. Dropping it keeps the promise.
#[must_use = "act once `ready_after` has passed, or cancel"]
pub struct Reservation<'a> {
    bucket: &'a TokenBucket,
    ready_after: Duration,
    held: Held,
}

impl Reservation<'_> {
    /// How long after reserving the permits are there; zero if at once.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Gives back the permits that nobody took since, up to and including the instant they are promised for; once,
    /// also where the answer to a cancelling was lost. Where the store is away nothing comes back.
    pub fn cancel(self) -> Answer<Cancelled> {
        match self.held {
            Held::Nothing => Answer::by(Source::Policy, Ok(Cancelled::GaveNothing)),
            Held::Twin(twin, ticket) => Answer::by(Source::Rescue, Ok(twin.cancel(ticket))),
            Held::Store(call) => {
                let asked = self.bucket.limiter.store.process().lane.ask(*call);
                let read = |numbers: Vec<i64>| self.bucket.bucket.cancelled(&numbers).ok();
                match asked.ok().and_then(read) {
                    Some(cancelled) => Answer::by(Source::Store, Ok(cancelled)),
                    None => Answer::by(Source::Policy, Ok(Cancelled::GaveNothing)),
                }
            }
        }
    }

    /// Gives back without waiting for the answer.
    fn cancel_unheard(self) {
        match self.held {
            Held::Nothing => {}
            Held::Twin(twin, ticket) => drop(twin.cancel(ticket)),
            Held::Store(call) => drop(self.bucket.limiter.store.process().lane.tell(*call)),
        }
    }
}

impl fmt::Debug for Reservation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("ready_after", &self.ready_after)
            .finish_non_exhaustive()
    }
}

/// Gives a reservation back unless its wait came to an end.
struct CancelOnDrop<'a>(Option<Reservation<'a>>);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(reservation) = self.0.take() {
            reservation.cancel_unheard();
        }
    }
}
