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

#[cfg(all(test, any(resil_loom, resil_shuttle)))]
mod models {
    use super::*;
    use crate::checker::{Arc, OTHERS, check, each_and_here};

    /// Invariant: a word that is only raised ends at the highest that anybody brought, and nobody who raised it is
    /// told less than what they brought, or than what they were told before.
    #[test]
    fn a_raised_word_never_goes_back() {
        check(|| {
            let word = Arc::new(Word::new(0));
            each_and_here(&word, |number, word| {
                let mine = 1 + number as u64;
                let told = word.raise(mine);
                assert!(told >= mine && word.load() >= told);
            });
            assert_eq!(word.load(), 1 + OTHERS as u64);
        });
    }

    /// Invariant: of steps, additions and replacements, each is on top of all that came before it.
    #[test]
    fn no_step_of_a_word_is_lost() {
        check(|| {
            let word = Arc::new(Word::new(0));
            each_and_here(&word, |number, word| match number % 3 {
                0 => word.add(1),
                1 => word.update(|seen| Some(seen + 1)),
                _ => loop {
                    let seen = word.load();
                    if word.replace(seen, seen + 1) {
                        break;
                    }
                },
            });
            assert_eq!(word.load(), 1 + OTHERS as u64);
        });
    }
}
