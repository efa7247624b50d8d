//! Where random numbers begin, and the numbers themselves.

use std::hash::{BuildHasher, RandomState};

use crate::bytes::Bytes;

/// The seed that `RESIL_SEED` names, a number or `random`; `otherwise` where it is not set.
///
/// # Panics
/// If it is neither.
#[must_use]
pub fn seed(otherwise: u64) -> u64 {
    match std::env::var("RESIL_SEED") {
        Err(_) => otherwise,
        Ok(text) if text == "random" => RandomState::new().hash_one(()),
        Ok(text) => text.parse().expect("RESIL_SEED must be a number or `random`"),
    }
}

/// Random numbers that a seed decides. Source: Steele, Lea and Flood's SplitMix64.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next, of 64 bits.
    #[inline]
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One from 0 to `end - 1`; `end` is not 0.
    #[inline]
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.number()) * u128::from(end)) >> 64) as u64
    }

    /// Whether something happens that happens once in `times`.
    #[inline]
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of at least 0 and less than 1.
    pub fn fraction(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What decides a run: random numbers, or the bytes of a script.
pub trait Choices {
    /// A number from 0 to `choices - 1`; `choices` is 1 to 256.
    fn pick(&mut self, choices: u64) -> u64;

    /// One of `choices`, of which there are 1 to 256.
    fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.pick(choices.len() as u64) as usize]
    }
}

impl Choices for Random {
    fn pick(&mut self, choices: u64) -> u64 {
        self.below(choices)
    }
}

impl Choices for Bytes<'_> {
    fn pick(&mut self, choices: u64) -> u64 {
        Bytes::pick(self, choices)
    }
}
