//! Values kept by a hash: looked through while they are few, in a table beyond that.
//!
//! Looking through a few entries that lie side by side is quicker than a table, and moves less. Values of one
//! hash may be several; which is meant, the caller's predicate says.
//! Invariant: `few` holds at most [`FEW`]; what is in `chains` came while it was full.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// So many are looked through: with the 64 shards of a single flight, five hundred calls at once.
pub(crate) const FEW: usize = 8;

pub(crate) struct ByHash<T> {
    few: Vec<(u64, T)>,
    chains: HashMap<u64, Chain<T>, BuildHasherDefault<Hashed>>,
}

/// The values of one hash: nearly always one.
struct Chain<T> {
    first: T,
    more: Vec<T>,
}

impl<T> Chain<T> {
    fn values(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.more)
    }
}

/// The keys of the table are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes are keys here")
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<T> ByHash<T> {
    pub(crate) fn new() -> Self {
        Self { few: Vec::new(), chains: HashMap::default() }
    }

    /// All values, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        let few = self.few.iter().map(|(_, value)| value);
        few.chain(self.chains.values().flat_map(Chain::values))
    }

    #[inline(always)]
    pub(crate) fn insert(&mut self, hash: u64, value: T) {
        if self.few.len() < FEW {
            self.few.push((hash, value));
        } else {
            self.put_by(hash, value);
        }
    }

    #[cold]
    fn put_by(&mut self, hash: u64, value: T) {
        match self.chains.entry(hash) {
            Entry::Vacant(place) => {
                place.insert(Chain { first: value, more: Vec::new() });
            }
            Entry::Occupied(mut chain) => chain.get_mut().more.push(value),
        }
    }

    /// The value of `hash` that is wanted.
    #[inline(always)]
    pub(crate) fn find(&mut self, hash: u64, wanted: impl Fn(&T) -> bool) -> Option<&mut T> {
        if let Some(place) = self.place(hash, &wanted) {
            return self.few.get_mut(place).map(|(_, value)| value);
        }
        if self.chains.is_empty() { None } else { self.find_in_chain(hash, wanted) }
    }

    #[cold]
    fn find_in_chain(&mut self, hash: u64, wanted: impl Fn(&T) -> bool) -> Option<&mut T> {
        let Chain { first, more } = self.chains.get_mut(&hash)?;
        std::iter::once(first).chain(more).find(|value| wanted(value))
    }

    /// Takes out the value of `hash` that is wanted.
    #[inline(always)]
    pub(crate) fn remove(&mut self, hash: u64, wanted: impl Fn(&T) -> bool) -> Option<T> {
        match self.place(hash, &wanted) {
            Some(place) => Some(self.few.swap_remove(place).1),
            None => self.take_out_of_chain(hash, wanted),
        }
    }

    #[cold]
    fn take_out_of_chain(&mut self, hash: u64, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let Entry::Occupied(mut entry) = self.chains.entry(hash) else { return None };
        let chain = entry.get_mut();
        if let Some(place) = chain.more.iter().position(&wanted) {
            return Some(chain.more.swap_remove(place));
        }
        if !wanted(&chain.first) {
            return None;
        }
        Some(match chain.more.pop() {
            Some(last) => std::mem::replace(&mut chain.first, last),
            None => entry.remove().first,
        })
    }

    /// Takes everything out.
    pub(crate) fn drain(&mut self) -> Vec<T> {
        let few = self.few.drain(..).map(|(_, value)| value);
        let chains = self.chains.drain();
        few.chain(chains.flat_map(|(_, chain)| std::iter::once(chain.first).chain(chain.more)))
            .collect()
    }

    #[inline(always)]
    fn place(&self, hash: u64, wanted: impl Fn(&T) -> bool) -> Option<usize> {
        self.few.iter().position(|(held, value)| *held == hash && wanted(value))
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    /// As many others as are looked through, then three of one hash.
    fn crowded() -> ByHash<u64> {
        let mut all = ByHash::new();
        (0..FEW as u64).for_each(|other| all.insert(100 + other, 100 + other));
        (0..3).for_each(|value| all.insert(7, value));
        all
    }

    fn sorted(mut values: Vec<u64>) -> Vec<u64> {
        values.sort_unstable();
        values
    }

    #[test]
    fn values_of_one_hash_are_found_and_removed_apart_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for mut all in [crowded(), ByHash::new()] {
                if all.values().count() == 0 {
                    (0..3).for_each(|value| all.insert(7, value));
                }
                for value in order {
                    assert_eq!(all.remove(8, |held| *held == value), None, "another hash");
                    assert_eq!(all.find(7, |held| *held == value), Some(&mut value.clone()));
                    assert_eq!(all.remove(7, |held| *held == value), Some(value));
                    assert_eq!(all.remove(7, |held| *held == value), None, "once");
                }
                assert!(all.chains.is_empty(), "nothing is left of a chain");
            }
        }
    }

    #[test]
    fn a_value_in_the_table_is_found_when_values_are_few_again() {
        let mut all = crowded();
        for other in 100..100 + FEW as u64 {
            assert_eq!(all.remove(other, |_| true), Some(other));
        }
        all.insert(7, 3);
        for value in 0..4 {
            assert!(all.find(7, |held| *held == value).is_some(), "{value}");
        }
        assert_eq!(sorted(all.values().copied().collect()), [0, 1, 2, 3]);
    }

    #[test]
    fn draining_takes_everything_wherever_it_is_kept() {
        let mut all = crowded();
        let seen = sorted(all.values().copied().collect());
        assert_eq!(seen.len(), FEW + 3);
        assert_eq!(sorted(all.drain()), seen);
        assert_eq!(all.values().count(), 0);
    }
}
