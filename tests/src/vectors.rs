//! What a timeline of `tests/vectors/` is: a bucket, what it is asked and what it answers, in nanoseconds.
//!
//! `load.rs` reads the files.

use std::fmt;

#[cfg(feature = "load")]
mod load;

#[cfg(feature = "load")]
pub use load::{Malformed, timelines};

/// One bucket and what it is asked.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Its name, unique in the file.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// Permits in each period.
    pub permits: u32,
    /// The period.
    pub period_ns: u64,
    /// The burst.
    pub burst: u32,
    /// Permits at the first instant; `None` is full.
    pub initial: Option<u32>,
    /// What a lane may need in order to leave it out.
    pub tags: Vec<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the file, from 1.
    pub line: usize,
    /// The `now` of the operation.
    pub now_ns: u64,
    /// What is asked.
    pub operation: Operation,
    /// What must be answered.
    pub answer: Answer,
}

/// What is asked. `Display` writes it as in a step, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `try_acquire N`
    TryAcquire(u32),
    /// `peek N`
    Peek(u32),
    /// `reserve ID N`, or `reserve_within ID N TIMEOUT`
    Reserve {
        /// Names the reservation for `cancel`.
        id: String,
        /// The permits.
        permits: u32,
        /// The longest accepted wait.
        timeout_ns: Option<u64>,
    },
    /// `cancel ID`
    Cancel(String),
    /// `set_quota PERMITS PERIOD BURST CARRY`
    SetQuota {
        /// Permits in each period.
        permits: u32,
        /// The period.
        period_ns: u64,
        /// The burst.
        burst: u32,
        /// What becomes of the permits that are there.
        carry: Carry,
    },
}

/// What becomes of the permits in a bucket when its quota changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// `reset`
    Reset,
    /// `as_is`
    AsIs,
    /// `proportional`
    Proportional,
    /// `additive`
    Additive,
}

/// What is answered. `Display` writes it as in a step, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To `try_acquire`.
    Asked(Verdict),
    /// To `peek`.
    Peeked {
        /// What `try_acquire` would answer.
        verdict: Verdict,
        /// Permits that could be taken.
        remaining: u32,
        /// Time until full.
        reset_after_ns: u64,
    },
    /// To `reserve`, granted: the wait.
    ReadyAfter(u64),
    /// To `cancel`: whether anything came back.
    Gave(bool),
    /// To `set_quota`.
    Done,
}

/// Whether permits were granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They were.
    Granted,
    /// Later: after so many nanoseconds.
    RetryAfter(u64),
    /// Never.
    ExceedsLimit,
}

impl Answer {
    /// Whether permits were granted or promised.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        matches!(self, Self::Asked(Verdict::Granted) | Self::ReadyAfter(_))
    }

    /// The wait that the answer names.
    #[must_use]
    pub const fn wait_ns(&self) -> Option<u64> {
        match *self {
            Self::ReadyAfter(wait)
            | Self::Asked(Verdict::RetryAfter(wait))
            | Self::Peeked { verdict: Verdict::RetryAfter(wait), .. } => Some(wait),
            _ => None,
        }
    }
}

impl fmt::Display for Carry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reset => "reset",
            Self::AsIs => "as_is",
            Self::Proportional => "proportional",
            Self::Additive => "additive",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TryAcquire(permits) => write!(f, "try_acquire {permits}"),
            Self::Peek(permits) => write!(f, "peek {permits}"),
            Self::Reserve { id, permits, timeout_ns: None } => write!(f, "reserve {id} {permits}"),
            Self::Reserve { id, permits, timeout_ns: Some(timeout) } => {
                write!(f, "reserve_within {id} {permits} {timeout}")
            }
            Self::Cancel(id) => write!(f, "cancel {id}"),
            Self::SetQuota { permits, period_ns, burst, carry } => {
                write!(f, "set_quota {permits} {period_ns} {burst} {carry}")
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted => f.write_str("granted"),
            Self::RetryAfter(wait) => write!(f, "retry_after {wait}"),
            Self::ExceedsLimit => f.write_str("exceeds_limit"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(verdict) => write!(f, "{verdict}"),
            Self::Peeked { verdict, remaining, reset_after_ns } => {
                write!(f, "{verdict} remaining {remaining} reset_after {reset_after_ns}")
            }
            Self::ReadyAfter(wait) => write!(f, "ready_after {wait}"),
            Self::Gave(true) => f.write_str("gave_back"),
            Self::Gave(false) => f.write_str("gave_nothing"),
            Self::Done => f.write_str("ok"),
        }
    }
}

impl Timeline {
    /// The timeline as a program without TOML reads it: nanoseconds, and no answers.
    #[must_use]
    pub fn expanded(&self) -> String {
        let initial = self.initial.map_or("full".to_owned(), |initial| initial.to_string());
        let mut script = format!(
            "timeline {} {} {} {} {initial}\n",
            self.name, self.permits, self.period_ns, self.burst
        );
        for step in &self.steps {
            script += &format!("{} {}\n", step.now_ns, step.operation);
        }
        script + "end\n"
    }
}
