//! The period limiter of many processes.

use std::fmt;
use std::sync::Arc;

use resil_core::AnyClock;
use resil_core::period_limiter::{Granted, Kind, Peek};
use resil_core::pure::period_limiter::Config;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::KeyKind;
use resil_core::remote::period_limiter as remote;
use resil_core::remote::script::Script;

#[cfg(feature = "client")]
use crate::answer::Answer;
use crate::answer::Policy;
use crate::by_hand::Begun;
use crate::limiter::Limiter;
use crate::operation::{self, Count, CountPeek};
use crate::store::Store;

/// So many permits per period that many processes share, per subject.
///
/// Windows lie on the server's clock. No window grants more than the limit; while the store is away, under
/// [`Policy::Rescue`], each member grants its whole part of the limit, at least 1, in windows of its own.
///
/// Clones are the same limiter. Threads, calls and their waits are as of a [`TokenBucket`](crate::TokenBucket); kinds,
/// edges and the source as of [`resil_core::PeriodLimiter`].
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
#[derive(Clone)]
pub struct PeriodLimiter {
    pub(crate) limiter: Arc<Limiter<resil_core::PeriodLimiter<AnyClock>>>,
    pub(crate) remote: remote::PeriodLimiter,
}

impl PeriodLimiter {
    /// The limiter called `name`, of `config` for each subject. All who share it should agree on the limit and the
    /// period: they are part of the call, not of the store.
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
        Arc::make_mut(&mut self.limiter).policy = policy;
        self
    }

    /// Limit, period and kind.
    #[must_use]
    pub const fn config(&self) -> Config {
        self.remote.config()
    }

    /// Begins [`try_acquire`](Self::try_acquire) for a client of one's own.
    pub fn begin_try_acquire(&self, subject: &str, permits: u32) -> Begun<Granted> {
        operation::begin(self, subject, Count(permits))
    }

    /// Begins [`peek`](Self::peek) for a client of one's own.
    pub fn begin_peek(&self, subject: &str, permits: u32) -> Begun<Peek> {
        operation::begin(self, subject, CountPeek(permits))
    }
}

/// Asks over the store's own connection; on a store [by hand](Store::by_hand) there is none, and the policy answers.
#[cfg(feature = "client")]
impl PeriodLimiter {
    /// Takes `permits` of `subject` if so many are left. No permits are always granted, more than the limit never.
    ///
    /// A call without an answer in time may have taken them.
    pub fn try_acquire(&self, subject: &str, permits: u32) -> Answer<Granted> {
        operation::ask(self, subject, Count(permits))
    }

    /// As [`try_acquire`](Self::try_acquire), under any runtime.
    pub async fn try_acquire_async(&self, subject: &str, permits: u32) -> Answer<Granted> {
        operation::ask_async(self, subject, Count(permits)).await
    }

    /// What `try_acquire` would answer, and how much is left. Takes nothing, and is no first use.
    pub fn peek(&self, subject: &str, permits: u32) -> Answer<Peek> {
        operation::ask(self, subject, CountPeek(permits))
    }

    /// As [`peek`](Self::peek), under any runtime.
    pub async fn peek_async(&self, subject: &str, permits: u32) -> Answer<Peek> {
        operation::ask_async(self, subject, CountPeek(permits)).await
    }
}

impl fmt::Debug for PeriodLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodLimiter").field("config", &self.config()).finish_non_exhaustive()
    }
}
