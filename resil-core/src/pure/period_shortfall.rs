//! Why a period limiter refuses, before it is made an answer: who does not read the wait does not pay for it.

use core::time::Duration;

use super::denied::Denied;

/// Why permits do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortfall {
    /// They are more than the limit: they never do.
    Never,
    /// They do after so many ns, if nobody takes any before.
    Nanos(u128),
}

impl Shortfall {
    /// The refusal that it is.
    // Always inline: who does not read the wait then does not pay for what divides.
    #[inline(always)]
    pub(crate) const fn denied(self) -> Denied {
        match self {
            Self::Never => Denied::ExceedsLimit,
            Self::Nanos(nanos) if nanos >> 64 == 0 => {
                Denied::RetryAfter(Duration::from_nanos(nanos as u64))
            }
            Self::Nanos(nanos) => Denied::RetryAfter(long(nanos)),
        }
    }
}

/// More ns than 64 bits hold: told to who reads a clock centuries before the window.
// Divides 64 bits, by which the compiler knows that a part of a second is less than one.
#[inline(always)]
const fn long(nanos: u128) -> Duration {
    const NANOS: u64 = 1_000_000_000;
    const OVER: u128 = 1 << 64;
    const WHOLE: u64 = (OVER / NANOS as u128) as u64;
    const PART: u64 = (OVER % NANOS as u128) as u64;
    // Less 2^64: at most twice that are ever waited for.
    let rest = nanos as u64;
    let part = PART + rest % NANOS;
    Duration::new(WHOLE + rest / NANOS + part / NANOS, (part % NANOS) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortfall_of_more_than_64_bits_is_told_to_the_nanosecond() {
        let wait = (1_u128 << 64) + 17;
        let whole = Duration::new(18_446_744_073, 709_551_633);
        assert_eq!(Shortfall::Nanos(wait).denied(), Denied::RetryAfter(whole));
        assert_eq!(Shortfall::Nanos(1).denied(), Denied::RetryAfter(Duration::from_nanos(1)));
        assert_eq!(Shortfall::Never.denied(), Denied::ExceedsLimit);
    }
}
