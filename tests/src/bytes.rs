//! Numbers out of a string of bytes, so that a random test and the fuzzer spell the same scripts.

/// What is left of the bytes. Every string of bytes spells something: what is not there is 0.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    /// Whether all are used up.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number of so many bytes, at most 8.
    pub fn number(&mut self, bytes: usize) -> u64 {
        let (head, rest) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = rest;
        head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// A number from 0 to `choices - 1`, by one byte.
    pub fn pick(&mut self, choices: u64) -> u64 {
        self.number(1) % choices
    }

    /// A number below `end`, by five bytes.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number(5) % end
    }
}
