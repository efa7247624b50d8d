//! The arguments of one script call, in order, as text.

use std::fmt::Write;

/// More than any script here takes.
const MOST: usize = 16;

/// What a script is called with after its keys (`ARGV`).
///
/// ```
/// use resil_core::Quota;
/// use resil_core::remote::reply::When;
/// use resil_core::remote::token_bucket::TokenBucket;
/// use std::time::Duration;
///
/// let bucket = TokenBucket::new(Quota::per_second(100)?, Duration::from_secs(1))?;
/// let arguments = bucket.try_acquire(1, When::Server);
/// assert_eq!(arguments.iter().next(), Some("acquire"));
/// assert_eq!(arguments.iter().nth(1), Some("10000")); // us of a permit
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    text: String,
    ends: [u16; MOST],
    count: usize,
}

impl Arguments {
    /// None yet, but for the word that says what to do.
    pub(crate) fn new(what: &str) -> Self {
        let mut new = Self { text: String::with_capacity(160), ..Self::default() };
        new.text.push_str(what);
        new.end();
        new
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        let _ = write!(self.text, "{number}");
        self.end();
        self
    }

    pub(crate) fn signed(mut self, number: i64) -> Self {
        let _ = write!(self.text, "{number}");
        self.end();
        self
    }

    pub(crate) fn nothing(mut self) -> Self {
        self.end();
        self
    }

    fn end(&mut self) {
        // 16 numbers of at most 20 digits.
        self.ends[self.count] = self.text.len() as u16;
        self.count += 1;
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none, which no script is called with.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each argument, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.count).map(|at| {
            let begin = if at == 0 { 0 } else { self.ends[at - 1] };
            &self.text[begin.into()..self.ends[at].into()]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_out_as_they_went_in() {
        let all = Arguments::new("peek").number(u64::MAX).nothing().signed(-5);
        assert_eq!(all.iter().collect::<Vec<_>>(), ["peek", "18446744073709551615", "", "-5"]);
        assert_eq!((all.len(), all.is_empty()), (4, false));
        assert!(Arguments::default().is_empty());
    }
}
