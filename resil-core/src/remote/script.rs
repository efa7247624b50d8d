//! The scripts, and the digests by which a server knows them.

use super::sha1::sha1;
use super::{members, period_limiter, token_bucket};

/// A script of this library.
///
/// ```
/// use resil_core::remote::script::Script;
///
/// assert!(Script::Bucket.text().starts_with("-- Token bucket"));
/// assert_eq!(Script::Bucket.sha1().len(), 40);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Script {
    /// Of the token bucket and the leaky bucket.
    Bucket,
    /// Of the period limiter.
    Period,
    /// Of the count of members.
    Members,
}

impl Script {
    /// The text, for `EVAL`.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Bucket => token_bucket::SCRIPT,
            Self::Period => period_limiter::SCRIPT,
            Self::Members => members::SCRIPT,
        }
    }

    /// The digest, for `EVALSHA`: 40 hexadecimal digits in lower case.
    #[must_use]
    pub const fn sha1(self) -> &'static str {
        const BUCKET: [u8; 40] = sha1(token_bucket::SCRIPT.as_bytes());
        const PERIOD: [u8; 40] = sha1(period_limiter::SCRIPT.as_bytes());
        const MEMBERS: [u8; 40] = sha1(members::SCRIPT.as_bytes());
        let digits = match self {
            Self::Bucket => &BUCKET,
            Self::Period => &PERIOD,
            Self::Members => &MEMBERS,
        };
        match core::str::from_utf8(digits) {
            Ok(digits) => digits,
            Err(_) => unreachable!(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_goes_with_the_digest_of_its_own_text() {
        for (script, begin) in [
            (Script::Bucket, "-- Token bucket"),
            (Script::Period, "-- Period limiter"),
            (Script::Members, "-- Who is there"),
        ] {
            assert!(script.text().starts_with(begin), "{script:?}");
            assert_eq!(script.sha1().as_bytes(), sha1(script.text().as_bytes()), "{script:?}");
        }
    }
}
