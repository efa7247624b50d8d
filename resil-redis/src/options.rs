//! How a store is reached, and what opening one can refuse.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use resil_core::pure::store_gate;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::members;
use resil_core::remote::reply::When;
use resil_core::{AnyClock, Clock};

/// The furthest that clocks of callers may lie apart.
const MOST_APART: Duration = Duration::from_secs(30 * 86_400);

/// How many processes share the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Members {
    /// Those that say so to the store, every 2 s, under this name; the last count holds while it is away. Until
    /// the first count, one.
    Counted(String),
    /// So many, always.
    Fixed(NonZeroU32),
}

/// How a store is reached.
///
/// ```
/// use resil_redis::Options;
/// use std::time::Duration;
///
/// let options = Options::default().with_deadline(Duration::from_millis(5));
/// assert!(options.with_deadline(Duration::ZERO).check().is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) deadline: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) members: Members,
    pub(crate) gate: store_gate::Config,
    /// Instead of the server's, and how far clocks of callers may lie apart.
    clock: Option<(AnyClock, Duration)>,
}

impl Default for Options {
    /// 20 ms for a call, 100 ms for each step of a connect, members counted as `default`.
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(20),
            connect_timeout: Duration::from_millis(100),
            members: Members::Counted("default".into()),
            gate: store_gate::Config::default(),
            clock: None,
        }
    }
}

impl Options {
    /// No call waits longer for the store (20 ms). Above 0, or opening it is refused.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The longest that connecting and greeting may take, for each address of the server, and trying it after an outage
    /// (100 ms); callers never wait for it. Above 0, or opening it is refused.
    #[must_use]
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// How many processes share the limits: what the share of each is divided by. A group that is counted has a plain
    /// name, as a limiter has, or opening is refused.
    #[must_use]
    pub fn with_members(self, members: Members) -> Self {
        Self { members, ..self }
    }

    /// When the store counts as away, and as back.
    #[must_use]
    pub fn with_gate(self, gate: store_gate::Config) -> Self {
        Self { gate, ..self }
    }

    /// Has scripts decide on `clock`, one that counts from 1970, instead of the server's: for servers that forbid
    /// `TIME` in scripts. Keys outlive their need by `apart`, which is how far the clocks of those who share a limit may
    /// lie apart, at most 30 days.
    ///
    /// It costs safety. The bounds hold on the clock that is furthest ahead: nobody is granted more than it allows, and
    /// members behind it are refused by as much as they are behind. A clock that jumps ahead makes all wait for real
    /// time to catch up. Clocks further apart than `apart` can grant a burst again. Waits are as wrong as clocks are.
    #[must_use]
    pub fn with_clock(self, clock: AnyClock, apart: Duration) -> Self {
        Self { clock: Some((clock, apart)), ..self }
    }

    /// By which clock scripts decide, now.
    pub(crate) fn when(&self) -> When {
        self.clock.as_ref().map_or(When::Server, |(clock, apart)| When::Supplied {
            // A clock beyond 2112 stands still there.
            now_us: (clock.now().as_nanos() / 1_000).min((1 << 52) - 1),
            // Checked to fit.
            grace_ms: apart.as_millis() as u64,
        })
    }

    /// What opening a store with them would refuse.
    ///
    /// # Errors
    /// [`OpenError`] names the field.
    pub fn check(&self) -> Result<(), OpenError> {
        if self.deadline.is_zero() {
            return Err(OpenError::DeadlineIsZero);
        }
        if self.connect_timeout.is_zero() {
            return Err(OpenError::ConnectTimeoutIsZero);
        }
        if self.clock.as_ref().is_some_and(|(_, apart)| *apart > MOST_APART) {
            return Err(OpenError::ApartTooLong);
        }
        if let Members::Counted(group) = &self.members {
            members::key(group).map_err(OpenError::Members)?;
        }
        Ok(())
    }
}

/// Why a store was not opened. A server that is away is no reason.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// `deadline` is 0.
    DeadlineIsZero,
    /// `connect_timeout` is 0.
    ConnectTimeoutIsZero,
    /// `apart`, of clocks that callers supply, is longer than 30 days.
    ApartTooLong,
    /// The name under which members are counted.
    Members(ConfigError),
    /// `url`, or what it asks for (TLS without the feature `tls`).
    #[cfg(feature = "client")]
    Url(redis::RedisError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadlineIsZero => f.write_str("deadline must be longer than 0"),
            Self::ConnectTimeoutIsZero => f.write_str("connect_timeout must be longer than 0"),
            Self::ApartTooLong => f.write_str("apart must be at most 30 days"),
            Self::Members(error) => write!(f, "members: {error}"),
            #[cfg(feature = "client")]
            Self::Url(error) => write!(f, "url: {error}"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Members(error) => Some(error),
            #[cfg(feature = "client")]
            Self::Url(error) => Some(error),
            _ => None,
        }
    }
}
