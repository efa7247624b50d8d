//! What a store refuses that a process accepts: what its doubles would not count exactly.

use core::fmt;

/// What is wrong with a limiter in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// The quota's interval, as a fraction of whole numbers, times its burst does not stay below 2^53.
    QuotaTooFine,
    /// `max_wait` is longer than 2^50 us.
    MaxWaitTooLong,
    /// `period` is no whole number of microseconds, which is what the store's clock counts in.
    PeriodNotWholeMicros,
    /// `period` is longer than 2^52 us, or, sliding, not shorter than 2^48 us.
    PeriodTooLong,
    /// `name` is empty, longer than 64 bytes, or has a byte that is not a letter, a digit, `-`, `_` or `.`.
    NameNotPlain,
    /// `members` is 0.
    MembersIsZero,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QuotaTooFine => {
                "quota is too fine for a store: (burst + 1) times the numerator of its interval's fraction of a \
                 microsecond must stay below 2^53; round permits or period, or lower the burst"
            }
            Self::MaxWaitTooLong => "max_wait must be at most 2^50 us (35 years)",
            Self::PeriodNotWholeMicros => "period must be whole microseconds in a store",
            Self::PeriodTooLong => {
                "period must be at most 2^52 us (142 years) in a store, sliding below 2^48 us (8.9 years)"
            }
            Self::NameNotPlain => {
                "name must have 1 to 64 bytes, all of them ASCII letters, digits, '-', '_' or '.'"
            }
            Self::MembersIsZero => "members must be at least 1, not 0",
        })
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_begins_with_the_name_of_its_field() {
        for (error, field) in [
            (ConfigError::QuotaTooFine, "quota "),
            (ConfigError::MaxWaitTooLong, "max_wait "),
            (ConfigError::PeriodNotWholeMicros, "period "),
            (ConfigError::PeriodTooLong, "period "),
            (ConfigError::NameNotPlain, "name "),
            (ConfigError::MembersIsZero, "members "),
        ] {
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }
}
