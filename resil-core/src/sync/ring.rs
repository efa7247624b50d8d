//! Counting words in a ring, each tagged with the lap that its count is of.
//!
//! A word is `tag | content`; greater tags are newer. Adding goes add first, look afterwards: one locked
//! instruction, and the value before it tells what was hit.
//! - The wanted tag: done.
//! - An older tag: the addition went to a count that nobody reads any more. The whole word is replaced by
//!   the new tag with the amount; if another got there first, add again.
//! - A newer tag: the addition is taken back, as long as that tag stands; if it does not, it died with it.
//!
//! Invariant: when no addition is under way, a word's content is the sum of all that was added under its tag,
//! up to the limit. Readers write nothing and never wait; an addition that began may show before it ends,
//! even one that is taken back.
//! Orderings are Relaxed, for each word stands alone; only what brings a newer tag is Release, and what adds words up
//! Acquire: whoever has added up a newer tag knows all that its bringer knew, and with it that there is one.

use std::ops::Range;

use super::primitive::{AtomicU64, Ordering};

/// `slots` times `L` words, the lanes of a slot side by side.
#[derive(Debug)]
pub(crate) struct Ring<const L: usize> {
    slots: Box<[[AtomicU64; L]]>,
    field: Field,
}

/// How a word is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// The content's bits, all ones.
    pub(crate) content: u64,
    /// The most that content may be when no addition is under way: at most half of what its bits hold.
    pub(crate) limit: u64,
    /// The most that is added without looking first. Must be so little that all threads together, each with
    /// one such addition beyond the limit, do not reach the tag.
    pub(crate) light: u64,
}

/// What became of an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is in.
    Whole,
    /// What still fitted is in: the content is the limit.
    UpToLimit,
    /// The word has moved on to a newer tag: it is not in.
    Not,
}

/// A run of slots, read one after another.
pub(crate) struct Run<'a, const L: usize> {
    slots: &'a [[AtomicU64; L]],
}

impl<const L: usize> Run<'_, L> {
    #[inline]
    fn read(lanes: &[AtomicU64; L]) -> [u64; L] {
        // ORDERING: Relaxed. Each word stands alone; it guards no other memory.
        std::array::from_fn(|lane| lanes[lane].load(Ordering::Relaxed))
    }
}

impl<const L: usize> Iterator for Run<'_, L> {
    type Item = [u64; L];

    #[inline]
    fn next(&mut self) -> Option<[u64; L]> {
        let (first, rest) = self.slots.split_first()?;
        self.slots = rest;
        Some(Self::read(first))
    }

    // By fours: the compiler does not unroll a loop over atomics by itself.
    #[inline]
    fn fold<A, F: FnMut(A, [u64; L]) -> A>(self, init: A, mut f: F) -> A {
        let mut folded = init;
        let fours = self.slots.chunks_exact(4);
        let rest = fours.remainder();
        for four in fours {
            for lanes in four {
                folded = f(folded, Self::read(lanes));
            }
        }
        for lanes in rest {
            folded = f(folded, Self::read(lanes));
        }
        folded
    }
}

impl<const L: usize> Ring<L> {
    pub(crate) fn new(slots: usize, field: Field) -> Self {
        let slot = || [(); L].map(|()| AtomicU64::new(0));
        Self { slots: (0..slots).map(|_| slot()).collect(), field }
    }

    /// Adds `amount` under `tag`.
    #[inline]
    pub(crate) fn add(&self, slot: usize, lane: usize, tag: u64, amount: u64) -> Added {
        let word = &self.slots[slot][lane];
        if amount > self.field.light {
            return self.add_heavy(word, tag, amount);
        }
        // ORDERING: Relaxed. The word stands alone; it guards no other memory.
        let before = word.fetch_add(amount, Ordering::Relaxed);
        // One comparison for both: another tag makes the difference greater than any limit.
        if before.wrapping_sub(tag) <= self.field.limit - amount {
            return Added::Whole;
        }
        self.look_afterwards(word, before, tag, amount)
    }

    /// The lanes of a run of slots as they stand, each read when it is its turn.
    #[inline]
    pub(crate) fn load(&self, slots: Range<usize>) -> Run<'_, L> {
        Run { slots: &self.slots[slots] }
    }

    /// `sums` and, lane by lane, what the words of a run of slots hold under `tag`. Nonsense if one of them has a newer
    /// tag: the caller must look afterwards whether there can be any.
    ///
    /// With that one bound to look at, a word takes a load and three instructions; with both it took four.
    #[inline]
    pub(crate) fn add_up(&self, sums: [u64; L], slots: Range<usize>, tag: u64) -> [u64; L] {
        let add = |sums: [u64; L], lanes: &[AtomicU64; L]| {
            std::array::from_fn(|lane| {
                // ORDERING: Acquire, pairs with the exchanges in `look_afterwards` and `add_heavy`, of which one
                // brought the tag: all that was added to it since continues their release sequence.
                let word = lanes[lane].load(Ordering::Acquire);
                // An older word is below the tag, and nothing is left of it. What is too much of a newer one wraps.
                sums[lane].wrapping_add(word.saturating_sub(tag))
            })
        };
        let eights = self.slots[slots].chunks_exact(8);
        let mut rest = eights.remainder();
        let mut sums = eights.fold(sums, |sums, eight| eight.iter().fold(sums, add));
        // By halves: a loop over up to seven took a tenth more for 40 words.
        if let Some((four, more)) = rest.split_first_chunk::<4>() {
            sums = four.iter().fold(sums, add);
            rest = more;
        }
        if let Some((two, more)) = rest.split_first_chunk::<2>() {
            sums = two.iter().fold(sums, add);
            rest = more;
        }
        rest.first().map_or(sums, |one| add(sums, one))
    }

    /// Sees to an addition to `before` that did not simply fit.
    #[cold]
    #[inline(never)]
    fn look_afterwards(&self, word: &AtomicU64, before: u64, tag: u64, amount: u64) -> Added {
        let Field { content, limit, .. } = self.field;
        let mut before = before;
        loop {
            let held = before & !content;
            if held == tag {
                if before - tag <= limit - amount {
                    return Added::Whole;
                }
                self.cut_down(word, tag);
                return Added::UpToLimit;
            }
            if held > tag {
                self.take_back(word, held, amount);
                return Added::Not;
            }
            // The count under the older tag is dead, and our amount with it. Whoever comes first puts the
            // new tag in its place.
            let mut seen = before + amount;
            while seen & !content < tag {
                // ORDERING: Release, pairs with the load in `add_up`: who reads this tag knows that it is there.
                match word.compare_exchange_weak(
                    seen,
                    tag | amount,
                    Ordering::Release,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => return Added::Whole,
                    Err(now) => seen = now,
                }
            }
            if seen & !content > tag {
                // Nothing to take back: the amount died with the older tag.
                return Added::Not;
            }
            // ORDERING: Relaxed, as in `add`.
            before = word.fetch_add(amount, Ordering::Relaxed);
        }
    }

    /// Brings a content beyond the limit down to it, as long as `tag` stands.
    fn cut_down(&self, word: &AtomicU64, tag: u64) {
        let Field { content, limit, .. } = self.field;
        let step = |seen| (seen & !content == tag && seen - tag > limit).then_some(tag | limit);
        // ORDERING: Relaxed, as in `add`.
        let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    /// Takes `amount` back from under `tag`, as long as that stands.
    ///
    /// Not from a content that reached the limit: it may have been cut down, and how much of `amount` was cut
    /// off nobody knows. Such a count stays at the limit.
    fn take_back(&self, word: &AtomicU64, tag: u64, amount: u64) {
        let Field { content, limit, .. } = self.field;
        let step = |seen: u64| match seen & content {
            _ if seen & !content != tag => None,
            count if count < limit => Some(seen - amount),
            count if count > limit => Some(tag | limit),
            _ => None,
        };
        // ORDERING: Relaxed, as in `add`.
        let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    /// Adds an amount too great to be added before looking.
    #[cold]
    fn add_heavy(&self, word: &AtomicU64, tag: u64, amount: u64) -> Added {
        let Field { content, limit, .. } = self.field;
        // ORDERING: Relaxed, as in `add`.
        let mut seen = word.load(Ordering::Relaxed);
        loop {
            let held = seen & !content;
            if held > tag {
                return Added::Not;
            }
            let before = if held == tag { (seen - tag).min(limit) } else { 0 };
            let (next, added) = if amount <= limit - before {
                (before + amount, Added::Whole)
            } else {
                (limit, Added::UpToLimit)
            };
            // ORDERING: Release, as in `look_afterwards`.
            match word.compare_exchange_weak(seen, tag | next, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return added,
                Err(now) => seen = now,
            }
        }
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    const FIELD: Field = Field { content: 0xff, limit: 0x80, light: 8 };

    fn ring() -> Ring<1> {
        Ring::new(1, FIELD)
    }

    fn word(ring: &Ring<1>) -> u64 {
        ring.load(0..1).next().unwrap()[0]
    }

    #[test]
    fn an_older_count_is_replaced_and_a_newer_one_is_left_as_it_was() {
        let ring = ring();
        assert_eq!(ring.add(0, 0, 0x300, 3), Added::Whole);
        assert_eq!(ring.add(0, 0, 0x500, 2), Added::Whole);
        assert_eq!(word(&ring), 0x502);
        for amount in [1, 8, 9, 1_000] {
            assert_eq!(ring.add(0, 0, 0x400, amount), Added::Not);
            assert_eq!(word(&ring), 0x502);
        }
        assert_eq!(ring.add(0, 0, 0x700, 100), Added::Whole, "a heavy one replaces too");
        assert_eq!(word(&ring), 0x764);
    }

    #[test]
    fn the_limit_holds_for_light_and_heavy_additions() {
        let ring = ring();
        assert_eq!(ring.add(0, 0, 0x300, 0x7e), Added::Whole);
        assert_eq!(ring.add(0, 0, 0x300, 2), Added::Whole);
        assert_eq!(ring.add(0, 0, 0x300, 1), Added::UpToLimit);
        assert_eq!(ring.add(0, 0, 0x300, u64::MAX), Added::UpToLimit);
        assert_eq!(ring.add(0, 0, 0x300, 0), Added::Whole);
        assert_eq!(word(&ring), 0x380);
        assert_eq!(ring.add(0, 0, 0x200, 1), Added::Not);
        assert_eq!(word(&ring), 0x380, "a late addition to a full count leaves it full");
    }
}
