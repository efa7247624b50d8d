//! The period limiter of many processes.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use resil_core::AnyClock;
use resil_core::period_limiter::{Granted, Kind, Peek};
use resil_core::pure::period_limiter::Config;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::KeyKind;
use resil_core::remote::period_limiter as remote;
use resil_core::remote::reply::{Reply, When};
use resil_core::remote::share::limit_share;

use crate::answer::{Answer, Policy};
use crate::call::Script;
use crate::limiter::{Limiter, by_limit};
use crate::store::Store;
use crate::wire::Outcome;

type Twin = resil_core::PeriodLimiter<AnyClock>;

/// So many permits per period that many processes share, per subject.
///
/// Windows lie on the server's clock. No window grants more than the limit; while the store is away, under
/// [`Policy::Rescue`], each member grants its whole part of the limit, at least 1, in windows of its own.
///
/// ```no_run
/// use resil_core::period_limiter::Kind;
/// use resil_core::pure::period_limiter::Config;
/// use resil_redis::{PeriodLimiter, Store};
/// use std::time::Duration;
///
/// let store = Store::open("redis://127.0.0.1/")?;
/// let day = Duration::from_secs(86_400);
/// let config = Config::new(1_000, day, Kind::Aligned { utc_offset_secs: 3_600 })?;
/// let limiter = PeriodLimiter::new(&store, "reports", config)?;
/// assert!(limiter.try_acquire("tenant-7", 1).is_granted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PeriodLimiter {
    limiter: Limiter<Twin>,
    remote: remote::PeriodLimiter,
}

impl PeriodLimiter {
    /// The limiter called `name`, of `config` for each subject.
    ///
    /// # Errors
    /// [`ConfigError::NameNotPlain`], [`ConfigError::PeriodNotWholeMicros`], [`ConfigError::PeriodTooLong`].
    pub fn new(store: &Store, name: &str, config: Config) -> Result<Self, ConfigError> {
        let kind = match config.kind() {
            Kind::Aligned { .. } => KeyKind::PeriodAligned,
            Kind::Sliding => KeyKind::PeriodSliding,
            _ => KeyKind::PeriodFromFirstUse,
        };
        let limiter = Limiter::new(store, Script::Period, kind, name)?;
        Ok(Self { limiter, remote: remote::PeriodLimiter::new(config)? })
    }

    /// The same, with another policy for when the store is away.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.limiter.policy = policy;
        self
    }

    /// Limit, period and kind.
    #[must_use]
    pub const fn config(&self) -> Config {
        self.remote.config()
    }

    fn twin(&self, members: NonZeroU32) -> Option<Twin> {
        let share = limit_share(&self.config(), members);
        let (limit, period) = (share.limit(), share.period());
        // None of the errors: the share is a config already.
        match share.kind() {
            Kind::Aligned { utc_offset_secs } => {
                let aligned = resil_core::PeriodLimiter::aligned(limit, period, utc_offset_secs);
                aligned.ok().map(|it| it.with_clock(AnyClock::Unix))
            }
            Kind::Sliding => {
                let sliding = resil_core::PeriodLimiter::sliding(limit, period);
                sliding.ok().map(|it| it.with_clock(AnyClock::Unix))
            }
            _ => {
                let first = resil_core::PeriodLimiter::new(limit, period);
                first.ok().map(|it| it.with_clock(AnyClock::default()))
            }
        }
    }

    /// Takes `permits` of `subject` if so many are left. No permits are always granted.
    pub fn try_acquire(&self, subject: &str, permits: u32) -> Answer<Granted> {
        if let Some(decided) = self.remote.decided(permits) {
            return by_limit(decided);
        }
        let asked = self.limiter.ask(subject, self.remote.try_acquire(permits, When::Server));
        self.acquired(subject, permits, asked)
    }

    /// As [`try_acquire`](Self::try_acquire), under any runtime.
    pub async fn try_acquire_async(&self, subject: &str, permits: u32) -> Answer<Granted> {
        if let Some(decided) = self.remote.decided(permits) {
            return by_limit(decided);
        }
        let arguments = self.remote.try_acquire(permits, When::Server);
        let asked = self.limiter.ask_async(subject, arguments).await;
        self.acquired(subject, permits, asked)
    }

    fn acquired(&self, subject: &str, permits: u32, asked: Outcome) -> Answer<Granted> {
        let read = |numbers: &[i64]| self.remote.acquired(numbers);
        Limiter::<Twin>::read(asked, read).unwrap_or_else(|fault| {
            let (open, rescue) = (Granted::Granted, |twin: &Twin| twin.try_acquire(permits));
            self.limiter.instead(subject, fault, open, |members| self.twin(members), rescue)
        })
    }

    /// What `try_acquire` would answer, and how much is left. Takes nothing, and is no first use.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<Peek> {
        let asked = self.limiter.ask(subject, self.remote.peek(permits, When::Server));
        let read = |numbers: &[i64]| {
            self.remote.peeked(permits, numbers).map(|reply| {
                let (remaining, reset_after) = (reply.remaining, reply.reset_after);
                let peek = Peek { answer: reply.answer, remaining, reset_after };
                Reply { answer: Ok(peek), remaining, reset_after }
            })
        };
        Limiter::<Twin>::read(asked, read).unwrap_or_else(|fault| {
            let remaining = self.config().limit();
            let answer = Ok(Granted::Granted);
            let open = Peek { answer, remaining, reset_after: Duration::ZERO };
            let rescue = |twin: &Twin| Ok(twin.peek(permits));
            self.limiter.instead(subject, fault, open, |members| self.twin(members), rescue)
        })
    }
}

impl fmt::Debug for PeriodLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodLimiter").field("config", &self.config()).finish_non_exhaustive()
    }
}
