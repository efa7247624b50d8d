//! Where the secrets of a hash come from.

use std::hash::{BuildHasher, RandomState};

use crate::pure::keyed_hash::KeyedHash;

impl KeyedHash {
    /// The hash under secrets of its own, unlike any other's.
    ///
    /// ```
    /// use resil_core::single_flight::KeyedHash;
    /// use std::hash::BuildHasher;
    ///
    /// assert_ne!(KeyedHash::new().hash_one(17), KeyedHash::new().hash_one(17));
    /// ```
    #[must_use]
    pub fn new() -> Self {
        // std's own is seeded by the operating system, and counts on with each state.
        let random = RandomState::new();
        Self::with_secrets(random.hash_one(0), random.hash_one(1))
    }
}

impl Default for KeyedHash {
    fn default() -> Self {
        Self::new()
    }
}
