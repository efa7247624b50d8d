//! Where a limiter's state lies: one key per limiter and subject.
//!
//! `resil:1:<kind>:<name>:{<subject>}`. 1 is the layout of what is stored; the kind keeps limiters of different
//! kinds apart that share a name; in braces stands what a cluster hashes, so that all of one subject lies on one
//! node. No two pairs of name and subject share a key.

use std::fmt::Write;

use super::config_error::ConfigError;
use super::digest::digest;

/// Longer subjects are replaced by 128 bits of their SHA-256.
const LONGEST_SUBJECT: usize = 64;

/// What keeps its state under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `tb`
    TokenBucket,
    /// `lm`
    LeakyMeter,
    /// `lq`
    LeakyQueue,
    /// `pf`
    PeriodFromFirstUse,
    /// `pa`
    PeriodAligned,
    /// `ps`
    PeriodSliding,
}

impl KeyKind {
    const fn code(self) -> &'static str {
        match self {
            Self::TokenBucket => "tb",
            Self::LeakyMeter => "lm",
            Self::LeakyQueue => "lq",
            Self::PeriodFromFirstUse => "pf",
            Self::PeriodAligned => "pa",
            Self::PeriodSliding => "ps",
        }
    }
}

/// The keys of one limiter, each subject one.
///
/// ```
/// use resil_core::remote::key::{KeyKind, Keys};
///
/// let keys = Keys::new(KeyKind::TokenBucket, "login")?;
/// assert_eq!(keys.of("user-42"), "resil:1:tb:login:{user-42}");
/// assert_eq!(keys.of("a:{b}"), "resil:1:tb:login:{a%3A%7Bb%7D}");
/// # Ok::<(), resil_core::remote::config_error::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    head: Box<str>,
}

impl Keys {
    /// The keys of the limiter called `name`.
    ///
    /// # Errors
    /// [`ConfigError::NameNotPlain`].
    pub fn new(kind: KeyKind, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { head: format!("resil:1:{}:{}:{{", kind.code(), plain(name)?).into() })
    }

    /// The key of `subject`: any text, also none.
    ///
    /// `{ } : % #`, spaces and control characters are written as `%` and two digits; more than 64 bytes become
    /// `#` and a digest.
    #[must_use]
    pub fn of(&self, subject: &str) -> String {
        let mut key = String::with_capacity(self.head.len() + subject.len().min(64) + 1);
        key.push_str(&self.head);
        if subject.len() > LONGEST_SUBJECT {
            let _ = write!(key, "#{:032x}", digest(subject.as_bytes()));
        } else if subject.is_empty() {
            // Braces around nothing hash no subject; no other subject reads so.
            key.push('%');
        } else {
            for letter in subject.chars() {
                match letter {
                    '{' | '}' | ':' | '%' | '#' | '\0'..=' ' | '\x7f' => {
                        let _ = write!(key, "%{:02X}", u32::from(letter));
                    }
                    letter => key.push(letter),
                }
            }
        }
        key.push('}');
        key
    }
}

/// The name, if it can stand in a key as it is.
pub(super) fn plain(name: &str) -> Result<&str, ConfigError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(plain);
    if fits { Ok(name) } else { Err(ConfigError::NameNotPlain) }
}

/// The key under which a reservation of the bucket at `key` is remembered once it was given back; `token` tells
/// it from every other reservation.
#[must_use]
pub fn cancelled(key: &str, token: u64) -> String {
    format!("{key}:{token:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(KeyKind::PeriodSliding, "a.b_c-1").unwrap()
    }

    #[test]
    fn no_two_subjects_share_a_key() {
        let long = "x".repeat(65);
        let stands_for_it = format!("#{:032x}", digest(long.as_bytes()));
        let subjects = ["", "%", "a b", "a%20b", "#", "é", "{", "}", &long, &stands_for_it, "a:b"];
        let mut found: Vec<_> = subjects.iter().map(|subject| keys().of(subject)).collect();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), subjects.len(), "{found:?}");
        assert!(found.iter().all(|key| key.matches('{').count() == 1), "{found:?}");
        assert_eq!(keys().of(&long).len(), "resil:1:ps:a.b_c-1:{#}".len() + 32);
        assert_eq!(keys().of(&long[1..]), format!("resil:1:ps:a.b_c-1:{{{}}}", &long[1..]));
    }

    #[test]
    fn a_name_that_could_read_as_another_s_subject_is_refused() {
        for name in ["", "a:b", "a{", "a b", "é", &"x".repeat(65)] {
            assert_eq!(Keys::new(KeyKind::TokenBucket, name), Err(ConfigError::NameNotPlain));
        }
        assert!(Keys::new(KeyKind::TokenBucket, &"x".repeat(64)).is_ok());
    }

    #[test]
    fn what_was_cancelled_lies_beside_its_bucket() {
        let key = keys().of("u");
        assert_eq!(cancelled(&key, 255), "resil:1:ps:a.b_c-1:{u}:ff");
    }
}
