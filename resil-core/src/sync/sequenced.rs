//! A few words that agree: read together, replaced together.
//!
//! An even sequence number says that the words stand; whoever replaces them moves it to the next odd one first,
//! writes, and moves it on to the next even one. A reader that saw the same even number before and after has
//! words of one replacement; it writes nothing.
//! Invariant: no reader sees words of two replacements, and a replacement succeeds only on what it was made
//! from.
//! Cost: not lock-free. While a thread is between the two numbers (some stores, and what `update` computes),
//! others spin, then yield.

use super::primitive::{AtomicU64, Backoff, Ordering};

/// `N` words and the number of their replacement.
#[derive(Debug)]
pub(crate) struct Sequenced<const N: usize> {
    sequence: AtomicU64,
    words: [AtomicU64; N],
}

/// Words as they stood, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<const N: usize> {
    pub(crate) words: [u64; N],
    sequence: u64,
}

impl<const N: usize> Sequenced<N> {
    pub(crate) fn new(words: [u64; N]) -> Self {
        Self { sequence: AtomicU64::new(0), words: words.map(AtomicU64::new) }
    }

    /// The words, all of one replacement.
    #[inline]
    pub(crate) fn read(&self) -> Seen<N> {
        let backoff = Backoff::new();
        loop {
            // ORDERING: Acquire, pairs with the last store in `write`: the words of that number are written.
            let sequence = self.sequence.load(Ordering::Acquire);
            if sequence % 2 == 0 {
                // ORDERING: Acquire, pairs with the stores in `write`: a word of a replacement that overtook
                // us makes its odd number visible, so the load below shows another one.
                let words = std::array::from_fn(|i| self.words[i].load(Ordering::Acquire));
                // ORDERING: Relaxed. It only has to come after the words, which their Acquire sees to.
                if self.sequence.load(Ordering::Relaxed) == sequence {
                    return Seen { words, sequence };
                }
            }
            backoff.snooze();
        }
    }

    /// Replaces the words, if they still are those that were seen.
    #[inline]
    pub(crate) fn replace(&self, seen: Seen<N>, words: [u64; N]) -> bool {
        let odd = seen.sequence + 1;
        // ORDERING: Relaxed. What was stored before `seen` is ordered before us by its Acquire, and the stores
        // of `write` are Release, so who sees one of them sees this.
        let taken = self.sequence.compare_exchange(
            seen.sequence,
            odd,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if taken.is_err() {
            return false;
        }
        self.write(odd, words);
        true
    }

    /// Replaces the words by what `step` makes of them, unless it fails: then they stay.
    ///
    /// Others wait while `step` runs. It must not panic: they would wait for ever.
    #[cold]
    #[inline(never)]
    pub(crate) fn update<E>(
        &self,
        step: impl FnOnce([u64; N]) -> Result<[u64; N], E>,
    ) -> Result<(), E> {
        let backoff = Backoff::new();
        let odd = loop {
            // ORDERING: Relaxed. Only a guess at what the exchange below will find.
            let sequence = self.sequence.load(Ordering::Relaxed);
            // ORDERING: Acquire, pairs with the last store in `write`: the words of that number are written.
            let taken = sequence % 2 == 0
                && self
                    .sequence
                    .compare_exchange(sequence, sequence + 1, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok();
            if taken {
                break sequence + 1;
            }
            backoff.snooze();
        };
        // ORDERING: Relaxed. Nobody else writes while the number is odd; see the exchange for those before.
        let words = std::array::from_fn(|i| self.words[i].load(Ordering::Relaxed));
        let next = step(words);
        self.write(odd, *next.as_ref().unwrap_or(&words));
        next.map(|_| ())
    }

    /// Writes the words and moves the number on from `odd`, which the caller's own exchange has set.
    #[inline]
    fn write(&self, odd: u64, words: [u64; N]) {
        for (word, value) in self.words.iter().zip(words) {
            // ORDERING: Release, pairs with the Acquire loads of the words in `read`: see there.
            word.store(value, Ordering::Release);
        }
        // ORDERING: Release, pairs with the first load in `read` and the exchange in `update`: the words are
        // written.
        self.sequence.store(odd + 1, Ordering::Release);
    }
}

#[cfg(all(test, any(resil_loom, resil_shuttle)))]
mod models {
    use super::*;
    use crate::checker::{Arc, OTHERS, check, join_all, spawn_each, thread};

    fn add(shared: &Sequenced<2>) {
        loop {
            let seen = shared.read();
            assert_eq!(seen.words[0], seen.words[1], "words of two replacements");
            if shared.replace(seen, seen.words.map(|word| word + 1)) {
                return;
            }
        }
    }

    /// Invariant: a replacement and an update that fails or not leave what each of them made, and a reader never
    /// sees their words apart.
    #[test]
    fn an_update_is_whole_and_a_failed_one_changes_nothing() {
        check(|| {
            let shared = Arc::new(Sequenced::new([0, 0]));
            let other = shared.clone();
            let thread = thread::spawn(move || {
                let both = |words: [u64; 2]| -> Result<_, ()> { Ok(words.map(|word| word + 2)) };
                assert_eq!(other.update(both), Ok(()));
                assert_eq!(other.update(|_| Err(7)), Err(7));
            });
            add(&shared);
            let [a, b] = shared.read().words;
            assert_eq!(a, b, "words of two replacements");
            thread.join().unwrap();
            assert_eq!(shared.read().words, [3, 3]);
        });
    }

    /// Invariant: threads that each add one to both words lose none, and another never sees them apart.
    #[test]
    fn replacements_are_whole_and_none_is_lost() {
        check(|| {
            let shared = Arc::new(Sequenced::new([0, 0]));
            let threads = spawn_each(OTHERS, &shared, |_, shared| add(shared));
            let [a, b] = shared.read().words;
            assert_eq!(a, b, "words of two replacements");
            join_all(threads);
            assert_eq!(shared.read().words, [OTHERS as u64; 2]);
        });
    }
}
