//! One member's part of a limit: what it may grant by itself while the store is away.
//!
//! The rates of all members' shares add up to the limit's rate exactly: the period is multiplied, no interval is
//! rounded. Bursts and limits are divided rounding down, but to no less than 1: together at most the larger of
//! burst and members.

use core::num::NonZeroU32;
use core::time::Duration;

use crate::pure::period_limiter::Config;
use crate::pure::quota::Quota;

/// The share of one of `members` in `quota`.
///
/// `None` where it would be less than a permit in 142 years: such a member grants nothing.
///
/// ```
/// use resil_core::Quota;
/// use resil_core::remote::share::quota_share;
/// use std::num::NonZeroU32;
/// use std::time::Duration;
///
/// let quota = Quota::per_second(100)?.with_burst(10)?;
/// let share = quota_share(&quota, NonZeroU32::new(3).unwrap());
/// assert_eq!(share, Some(Quota::new(100, Duration::from_secs(3), 3)?)); // a third of the rate, exactly
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
#[must_use]
pub fn quota_share(quota: &Quota, members: NonZeroU32) -> Option<Quota> {
    let common = gcd(quota.permits(), members.get());
    let permits = quota.permits() / common;
    let stretch = u128::from(members.get() / common);
    let period = u64::try_from(quota.period().as_nanos() * stretch).ok()?;
    let burst = (quota.burst() / members).max(1);
    Quota::new(permits, Duration::from_nanos(period), burst).ok()
}

/// The share of one of `members` in a limit per period.
#[must_use]
pub fn limit_share(config: &Config, members: NonZeroU32) -> Config {
    let limit = (config.limit() / members).max(1);
    // No larger a limit, so nothing is wrong that was not before.
    Config::new(limit, config.period(), config.kind()).unwrap_or(*config)
}

const fn gcd(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::period_limiter::Kind;

    fn members(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn the_rates_of_the_shares_add_up_to_the_rate() {
        let second = Duration::from_secs(1);
        for (permits, burst, number) in [(100, 10, 7), (1, 1, 16), (12, 12, 8), (999_983, 3, 2)] {
            let quota = Quota::new(permits, second, burst).unwrap();
            let share = quota_share(&quota, members(number)).unwrap();
            // share.permits / share.period * number == permits / second, in whole numbers.
            assert_eq!(
                u128::from(share.permits()) * u128::from(number) * second.as_nanos(),
                u128::from(permits) * share.period().as_nanos(),
            );
            assert!(share.burst() * number <= burst.max(number));
            assert_eq!(share.burst(), (burst / number).max(1));
        }
    }

    #[test]
    fn the_only_member_has_it_all() {
        let quota = Quota::per_minute(60).unwrap().with_burst(7).unwrap();
        assert_eq!(quota_share(&quota, members(1)), Some(quota));
    }

    #[test]
    fn a_share_of_less_than_a_permit_in_a_lifetime_is_none() {
        let quota = Quota::new(1, Duration::from_secs(86_400 * 365), 1).unwrap();
        assert!(quota_share(&quota, members(142)).is_some());
        assert_eq!(quota_share(&quota, members(143)), None);
        assert_eq!(quota_share(&quota, members(u32::MAX)), None);
    }

    #[test]
    fn a_limit_is_divided_rounding_down_to_no_less_than_one() {
        let config = Config::new(10, Duration::from_secs(60), Kind::Sliding).unwrap();
        let limit = |number| limit_share(&config, members(number)).limit();
        assert_eq!([1, 3, 10, 11].map(limit), [10, 3, 1, 1]);
    }

    #[test]
    fn a_share_is_in_lowest_terms_so_that_its_period_is_no_longer_than_need_be() {
        let year = Duration::from_secs(86_400 * 365);
        let quota = Quota::new(1_000, year, 1_000).unwrap();
        assert_eq!(quota_share(&quota, members(1_000)), Quota::new(1, year, 1).ok());
    }
}
