//! Counts by bucket for one owner: `L` lanes of words on a grid, and the newest bucket seen.

use core::ops::Range;

use super::grid::{Grid, Recorded};
use super::instant::Instant;

/// The words of a window, and the newest bucket that it has been told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lanes<const L: usize> {
    newest: u64,
    slots: Box<[[u64; L]]>,
}

impl<const L: usize> Lanes<L> {
    pub(crate) fn new(grid: &Grid) -> Self {
        Self { newest: 0, slots: vec![[0; L]; grid.slots()].into_boxed_slice() }
    }

    /// The newest bucket that the window knows of at `now`.
    pub(crate) fn latest(&self, grid: &Grid, now: Instant) -> u64 {
        self.newest.max(grid.bucket(now))
    }

    /// As [`Lanes::latest`], and the window knows of `now` from then on.
    pub(crate) fn advance(&mut self, grid: &Grid, now: Instant) -> u64 {
        self.newest = self.latest(grid, now);
        self.newest
    }

    /// The bucket of `now`, unless it has left the window.
    pub(crate) fn enter(&mut self, grid: &Grid, now: Instant) -> Option<u64> {
        let bucket = grid.bucket(now);
        let newest = self.advance(grid, now);
        (!grid.is_late(bucket, newest)).then_some(bucket)
    }

    pub(crate) fn add(&mut self, grid: &Grid, lane: usize, bucket: u64, amount: u64) -> Recorded {
        let word = &mut self.slots[grid.slot(bucket)][lane];
        let (next, recorded) = grid.add(*word, grid.tag(bucket), amount);
        *word = next;
        recorded
    }

    /// The words of a run of slots.
    pub(crate) fn words(&self, slots: Range<usize>) -> impl Iterator<Item = [u64; L]> {
        self.slots[slots].iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn at(us: u64) -> Instant {
        Instant::from_nanos(us * 1_000).unwrap()
    }

    #[test]
    fn the_newest_bucket_is_the_latest_told_and_reading_tells_nothing() {
        let grid = Grid::new(Duration::from_micros(1), 3).unwrap();
        let mut lanes = Lanes::<1>::new(&grid);
        assert_eq!(lanes.latest(&grid, at(7)), 7);
        assert_eq!(lanes.latest(&grid, at(5)), 5);
        assert_eq!(lanes.advance(&grid, at(6)), 6);
        assert_eq!(lanes.advance(&grid, at(5)), 6);
        assert_eq!(lanes.latest(&grid, at(2)), 6);
    }

    #[test]
    fn a_bucket_is_entered_until_it_leaves_the_window_and_keeps_its_lanes_apart() {
        let grid = Grid::new(Duration::from_micros(1), 3).unwrap();
        let mut lanes = Lanes::<2>::new(&grid);
        assert_eq!(lanes.enter(&grid, at(6)), Some(6));
        assert_eq!(lanes.enter(&grid, at(4)), Some(4));
        assert_eq!(lanes.enter(&grid, at(3)), None);
        assert_eq!(lanes.enter(&grid, at(7)), Some(7));
        assert_eq!(lanes.add(&grid, 1, 7, 9), Recorded::Kept);
        let tag = grid.tag(7);
        let words: Vec<_> = lanes.words(2..4).collect();
        assert_eq!(words, [[0, 0], [0, tag | 9]], "bucket 7 is in slot 3 of 4");
    }
}
