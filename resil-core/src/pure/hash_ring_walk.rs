//! The order in which a key meets the nodes of a ring.

use core::ops::ControlFlow;

use super::hash_ring::Layout;
use super::hash_ring_members::Point;

/// A ring as it is walked: `count` points, of which `at` tells each.
pub(crate) struct Track<F> {
    pub(crate) count: usize,
    pub(crate) at: F,
}

impl<F: Fn(usize) -> Point> Track<F> {
    /// The first point at or after `position`, looked for from the point `hint` on, which is not behind it.
    pub(crate) fn first(&self, hint: usize, position: u64) -> usize {
        let found = (hint..self.count).find(|number| (self.at)(*number).0 >= position);
        found.unwrap_or(0)
    }

    /// Visits the nodes from the point `from` on, once round, as often as their points are met, until `visit`
    /// breaks. Where the key chooses among the nodes of a point, it starts with that one and goes round them.
    pub(crate) fn walk<T>(
        &self,
        layout: Layout,
        key: &[u8],
        from: usize,
        mut visit: impl FnMut(u16) -> ControlFlow<T>,
    ) -> Option<T> {
        let mut met = 0;
        while met < self.count {
            let here = self.turned(from + met);
            let nodes =
                if layout.is_narrow() { 1 } else { self.shared_by(here).min(self.count - met) };
            let chosen = if nodes > 1 { layout.choose(key, nodes) } else { 0 };
            for node in 0..nodes {
                let number = self.turned(here + (chosen + node) % nodes);
                if let ControlFlow::Break(answer) = visit((self.at)(number).1) {
                    return Some(answer);
                }
            }
            met += nodes;
        }
        None
    }

    /// How many points from this one on have its position.
    fn shared_by(&self, here: usize) -> usize {
        let position = (self.at)(here).0;
        1 + (here + 1..self.count).take_while(|number| (self.at)(*number).0 == position).count()
    }

    fn turned(&self, number: usize) -> usize {
        if number < self.count { number } else { number - self.count }
    }
}

/// Few enough to look through, and as many as a request is ever likely to try.
const FEW: usize = 16;

/// The slots met so far: the first few in a row, all as bits from then on.
#[derive(Debug)]
pub(crate) struct Met {
    few: [u16; FEW],
    count: usize,
    all: Vec<u64>,
}

impl Met {
    pub(crate) const fn new() -> Self {
        Self { few: [0; FEW], count: 0, all: Vec::new() }
    }

    /// Whether `slot` was not met before; now it is.
    pub(crate) fn is_new(&mut self, slot: u16) -> bool {
        if self.count <= FEW {
            if self.few[..self.count.min(FEW)].contains(&slot) {
                return false;
            }
            if self.count < FEW {
                self.few[self.count] = slot;
                self.count += 1;
                return true;
            }
            // From here on by bits.
            self.all = vec![0; (1 << 16) / 64];
            for slot in self.few {
                self.mark(slot);
            }
        }
        let new = self.mark(slot);
        self.count += usize::from(new);
        new
    }

    /// How many were met.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    fn mark(&mut self, slot: u16) -> bool {
        let (word, bit) = (usize::from(slot) / 64, 1 << (slot % 64));
        let new = self.all[word] & bit == 0;
        self.all[word] |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::hash_ring::Mode;

    const OWN: Layout = Layout::Own { virtual_nodes: 1 };

    fn met(layout: Layout, points: &[Point], position: u64, key: &[u8]) -> Vec<u16> {
        let track = Track { count: points.len(), at: |number: usize| points[number] };
        let mut slots = Vec::new();
        let ended = track.walk(layout, key, track.first(0, position), |slot| {
            slots.push(slot);
            ControlFlow::<()>::Continue(())
        });
        assert_eq!(ended, None);
        slots
    }

    #[test]
    fn a_walk_begins_at_the_key_s_own_point_and_ends_before_it() {
        let points = [(10, 0), (20, 1), (20, 2), (30, 0)];
        assert_eq!(met(OWN, &points, 10, b""), [0, 1, 2, 0]);
        assert_eq!(met(OWN, &points, 11, b""), [1, 2, 0, 0]);
        assert_eq!(met(OWN, &points, 20, b""), [1, 2, 0, 0]);
        assert_eq!(met(OWN, &points, 30, b""), [0, 0, 1, 2]);
        assert_eq!(met(OWN, &points, 31, b""), [0, 1, 2, 0], "behind the last comes the first");
        assert_eq!(met(OWN, &[], 0, b""), []);
    }

    #[test]
    fn where_the_key_chooses_it_goes_round_the_nodes_of_each_point() {
        let layout = Layout::Compatible(Mode::GoZero);
        let points = [(10, 0), (20, 1), (20, 2), (20, 3), (30, 0)];
        // Keys that choose the first, the second and the third of three.
        let keys = [0, 1, 2].map(|wanted| {
            let key = (0..)
                .map(|n: u32| n.to_string())
                .find(|k| layout.choose(k.as_bytes(), 3) == wanted);
            key.unwrap()
        });
        let orders = [[1, 2, 3, 0, 0], [2, 3, 1, 0, 0], [3, 1, 2, 0, 0]];
        for (key, order) in keys.iter().zip(orders) {
            assert_eq!(met(layout, &points, 15, key.as_bytes()), order);
        }
    }

    #[test]
    fn a_walk_from_the_middle_of_a_point_s_nodes_is_once_round_too() {
        let points = [(20, 1), (20, 2), (20, 3), (30, 0)];
        let track = Track { count: points.len(), at: |number: usize| points[number] };
        let mut met = 0;
        let count = |_| {
            met += 1;
            ControlFlow::<()>::Continue(())
        };
        assert_eq!(track.walk(Layout::Compatible(Mode::GoZero), b"", 2, count), None);
        assert_eq!(met, 4);
    }

    #[test]
    fn a_walk_stops_where_it_is_told() {
        let track = Track { count: 3, at: |number| (number as u64, number as u16) };
        let stop =
            |slot| if slot == 2 { ControlFlow::Break("two") } else { ControlFlow::Continue(()) };
        assert_eq!(track.walk(OWN, b"", 1, stop), Some("two"));
    }

    #[test]
    fn each_slot_is_new_once_however_many_there_are() {
        let mut met = Met::new();
        for round in 0..3 {
            // In an order that is not theirs, with many at once.
            for number in 0..1_000_u32 {
                let slot = (number * 7_919 % 65_535) as u16;
                assert_eq!(met.is_new(slot), round == 0, "{slot}");
                assert!(!met.is_new(slot));
            }
            assert_eq!(met.count(), 1_000);
        }
    }
}
