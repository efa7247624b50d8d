//! One word that is the whole of what it tells.
//!
//! Everything here is Relaxed: the word guards no other memory. Who finished writing before another began is
//! still seen by it, for a later read of one word never returns an older value than an earlier one.

use super::primitive::{AtomicU64, Ordering};

/// A word that threads change step by step, or only ever raise.
#[derive(Debug)]
pub(crate) struct Word(AtomicU64);

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline]
    pub(crate) fn load(&self) -> u64 {
        // ORDERING: Relaxed. The word is the whole state; it guards no other memory.
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, amount: u64) {
        // ORDERING: Relaxed, as in `load`.
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Raises the word to `value`, unless it is there or above. Answers what it is afterwards, at least.
    ///
    /// Looks first, so that it writes only once per value however many threads bring it.
    #[inline]
    pub(crate) fn raise(&self, value: u64) -> u64 {
        let seen = self.load();
        if seen >= value { seen } else { self.raise_from_below(value) }
    }

    #[cold]
    fn raise_from_below(&self, value: u64) -> u64 {
        // ORDERING: Relaxed, as in `load`.
        self.0.fetch_max(value, Ordering::Relaxed).max(value)
    }

    /// Replaces the word by what `step` makes of it, until nothing came between; `None` leaves it as it is.
    pub(crate) fn update(&self, step: impl Fn(u64) -> Option<u64>) {
        // ORDERING: Relaxed, as in `load`.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    /// Replaces the word by `next` if it still is `seen`.
    #[inline]
    pub(crate) fn replace(&self, seen: u64, next: u64) -> bool {
        // ORDERING: Relaxed, as in `load`.
        self.0.compare_exchange(seen, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
