//! How a store is reached, and what opening one can refuse.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use resil_core::pure::store_gate;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::members;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub(crate) deadline: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) members: Members,
    pub(crate) gate: store_gate::Config,
}

impl Default for Options {
    /// 20 ms for a call, 100 ms for each step of a connect, members counted as `default`.
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(20),
            connect_timeout: Duration::from_millis(100),
            members: Members::Counted("default".into()),
            gate: store_gate::Config::default(),
        }
    }
}

impl Options {
    /// No call waits longer for the store.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The longest that connecting, and greeting the server, may take; callers never wait for it.
    #[must_use]
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self { connect_timeout, ..self }
    }

    /// How many processes share the limits: what the share of each is divided by.
    #[must_use]
    pub fn with_members(self, members: Members) -> Self {
        Self { members, ..self }
    }

    /// When the store counts as away, and as back.
    #[must_use]
    pub fn with_gate(self, gate: store_gate::Config) -> Self {
        Self { gate, ..self }
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
