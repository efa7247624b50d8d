//! The way of a lookup along the lines of a ring.

use std::ops::ControlFlow;

use super::{HashRing, NODES};
use crate::pure::hash_ring::NodeId;
use crate::pure::hash_ring_lines::{NOBODY, place, upper_half};
use crate::pure::hash_ring_walk::{Met, Track};
use crate::sync::ring_lines::Reading;

impl HashRing {
    /// The bits of the id of who comes first, 0 for nobody.
    #[inline]
    pub(super) fn first(&self, ring: &Reading<'_, NODES>, position: u64, key: &[u8]) -> u64 {
        let wanted = upper_half(position);
        let line = ring.line(wanted);
        let place = place::<NODES>(|place| line.upper_half(place), wanted);
        let slot = line.slot(place);
        // Where an upper half is the key's own and not all, the lower halves must be compared.
        let tells = self.layout.is_narrow() || line.upper_half(place) != wanted;
        if slot == NOBODY || !tells {
            return self.search(ring, key);
        }
        ring.id(slot).unwrap_or(0)
    }

    /// As `first`, for what a line does not tell: a few keys in a thousand.
    #[cold]
    #[inline(never)]
    fn search(&self, ring: &Reading<'_, NODES>, key: &[u8]) -> u64 {
        self.walk(ring, key, ControlFlow::Break).map_or(0, NodeId::to_bits)
    }

    /// Visits the distinct nodes from `key` on until `visit` breaks.
    pub(super) fn walk<T>(
        &self,
        ring: &Reading<'_, NODES>,
        key: &[u8],
        mut visit: impl FnMut(NodeId) -> ControlFlow<T>,
    ) -> Option<T> {
        let position = self.layout.position(key);
        let points = ring.points();
        let track = Track { count: points.count(), at: |number| points.get(number) };
        let from = track.first(ring.line(upper_half(position)).first(), position);
        let (nodes, mut met) = (points.nodes(), Met::new());
        let ended = track.walk(self.layout, key, from, |slot| {
            if !met.is_new(slot) {
                return ControlFlow::Continue(());
            }
            if let Some(id) = ring.id(slot).and_then(NodeId::from_bits) {
                if let ControlFlow::Break(answer) = visit(id) {
                    return ControlFlow::Break(Some(answer));
                }
            }
            // The rest of the way meets nobody new.
            if met.count() == nodes { ControlFlow::Break(None) } else { ControlFlow::Continue(()) }
        });
        ended.flatten()
    }
}
