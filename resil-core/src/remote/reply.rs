//! What a script answered, and by which clock it was to decide.

use core::fmt;
use core::time::Duration;

use super::arguments::Arguments;
use crate::pure::denied::Denied;

/// Which clock decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// The store's own: all callers share it, whatever theirs say.
    #[default]
    Server,
    /// The caller's, for stores that forbid `TIME` in scripts.
    Supplied {
        /// Microseconds since 1970, below 2^52 (the year 2112).
        now_us: u64,
        /// How much longer than needed a key lives, in ms: as far as callers' clocks may lie apart.
        grace_ms: u64,
    },
}

impl When {
    pub(crate) fn push(self, arguments: Arguments) -> Arguments {
        match self {
            Self::Server => arguments.nothing().number(0),
            Self::Supplied { now_us, grace_ms } => arguments.number(now_us).number(grace_ms),
        }
    }
}

/// A verdict with what the limiter holds after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<T> {
    /// Granted, or why not.
    pub answer: Result<T, Denied>,
    /// Permits that could be taken at once.
    pub remaining: u32,
    /// Time until the limiter is as new; of a period limiter, to the end of the window.
    pub reset_after: Duration,
}

impl<T> Reply<T> {
    /// The same with what was granted turned into something else.
    pub fn map<U>(self, granted: impl FnOnce(T) -> U) -> Reply<U> {
        let Self { answer, remaining, reset_after } = self;
        Reply { answer: answer.map(granted), remaining, reset_after }
    }
}

/// An answer that no script of this library gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store's answer is not one of this library's scripts")
    }
}

impl core::error::Error for Malformed {}

/// The first four numbers of every verdict: whether granted, what remains, the wait, the reset.
pub(crate) fn verdict(numbers: &[i64]) -> Result<Reply<Duration>, Malformed> {
    let [granted, remaining, wait, reset, ..] = *numbers else { return Err(Malformed) };
    let wait = micros(wait)?;
    let answer = match granted {
        0 if wait.is_zero() => return Err(Malformed),
        0 => Err(Denied::RetryAfter(wait)),
        1 => Ok(wait),
        _ => return Err(Malformed),
    };
    let remaining = u32::try_from(remaining).map_err(|_| Malformed)?;
    Ok(Reply { answer, remaining, reset_after: micros(reset)? })
}

pub(crate) fn micros(number: i64) -> Result<Duration, Malformed> {
    u64::try_from(number).map(Duration::from_micros).map_err(|_| Malformed)
}

/// Whole microseconds of a timeout: a wait of so many keeps it.
pub(crate) fn whole_micros(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_form_is_malformed() {
        let ok = Reply { answer: Ok(Duration::ZERO), remaining: 3, reset_after: Duration::ZERO };
        assert_eq!(verdict(&[1, 3, 0, 0]), Ok(ok));
        let later = verdict(&[0, 0, 7, 9]).unwrap();
        assert_eq!(later.answer, Err(Denied::RetryAfter(Duration::from_micros(7))));
        for wrong in [&[][..], &[1, 3, 0], &[2, 3, 0, 0], &[0, 0, 0, 0], &[1, -1, 0, 0]] {
            assert_eq!(verdict(wrong), Err(Malformed), "{wrong:?}");
        }
        assert_eq!(verdict(&[1, 1, -1, 0]), Err(Malformed));
        assert_eq!(verdict(&[1, 1, 0, -1]), Err(Malformed));
        assert_eq!(verdict(&[1, 1 << 32, 0, 0]), Err(Malformed));
    }

    #[test]
    fn what_is_malformed_says_that_the_store_answered_it() {
        assert!(Malformed.to_string().starts_with("the store's answer "));
    }

    #[test]
    fn a_timeout_counts_in_whole_microseconds_rounded_down() {
        assert_eq!(whole_micros(Duration::from_nanos(2_999)), 2);
        assert_eq!(whole_micros(Duration::MAX), u64::MAX);
    }

    #[test]
    fn a_caller_s_clock_travels_with_its_grace_and_the_store_s_own_does_not() {
        let words = |when: When| {
            when.push(Arguments::new("peek")).iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(words(When::Server), ["peek", "", "0"]);
        assert_eq!(words(When::Supplied { now_us: 7, grace_ms: 8 }), ["peek", "7", "8"]);
    }
}
