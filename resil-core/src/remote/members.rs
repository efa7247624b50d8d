//! How many share a store: each member tells it so again and again, and is counted until it stops.

use core::num::NonZeroU32;
use core::time::Duration;

use super::arguments::Arguments;
use super::config_error::ConfigError;
use super::key::plain;
use super::reply::{Malformed, When, whole_micros};

/// The script.
pub const SCRIPT: &str = include_str!("members.lua");

/// The key under which the members of `group` are counted.
///
/// # Errors
/// [`ConfigError::NameNotPlain`].
pub fn key(group: &str) -> Result<String, ConfigError> {
    Ok(format!("resil:1:members:{{{}}}", plain(group)?))
}

/// Says that `member` is there, for `life`; on clocks that callers supply, as much longer as they may lie apart.
#[must_use]
pub fn here(member: u64, life: Duration, when: When) -> Arguments {
    let name = format!("{member:016x}");
    let life_ms = (whole_micros(life) / 1_000).max(1);
    match when {
        When::Server => Arguments::new(&name).number(life_ms).nothing(),
        When::Supplied { now_us, grace_ms } => {
            Arguments::new(&name).number(life_ms.saturating_add(grace_ms)).number(now_us)
        }
    }
}

/// What was answered to [`here`]: the members there are, the one who asks included.
///
/// # Errors
/// [`Malformed`].
pub fn counted(numbers: &[i64]) -> Result<NonZeroU32, Malformed> {
    let [count] = *numbers else { return Err(Malformed) };
    u32::try_from(count).ok().and_then(NonZeroU32::new).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_names_itself_and_its_life() {
        let six = Duration::from_secs(6);
        let words = |when| here(255, six, when).iter().collect::<Vec<_>>().join(" ");
        assert_eq!(words(When::Server), "00000000000000ff 6000 ");
        let supplied = When::Supplied { now_us: 77, grace_ms: 9 };
        assert_eq!(words(supplied), "00000000000000ff 6009 77");
        assert_eq!(key("shop").unwrap(), "resil:1:members:{shop}");
        assert_eq!(key("a b"), Err(ConfigError::NameNotPlain));
        assert_eq!(counted(&[3]).map(NonZeroU32::get), Ok(3));
        assert_eq!([counted(&[0]), counted(&[]), counted(&[-1])], [Err(Malformed); 3]);
    }
}
