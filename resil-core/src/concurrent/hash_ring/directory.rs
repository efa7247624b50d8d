//! What the ids of a ring stand for, as of the newest update.

use std::sync::Arc;

use super::Node;
use crate::pure::hash_ring::NodeId;
use crate::pure::hash_ring_members::Members;

#[derive(Default)]
pub(super) struct Directory {
    by_slot: Vec<Option<Node>>,
    pub(super) nodes: usize,
    pub(super) total_weight: u64,
    pub(super) points: u64,
}

impl Directory {
    /// Brings it up to what `members` has under an id, and answers what was there.
    pub(super) fn enter(&mut self, members: &Members<Arc<[u8]>>, id: NodeId) -> Option<Node> {
        let node = members.member(id.slot() as u16).map(|member| Node {
            id: member.id,
            name: member.name.clone(),
            weight: member.weight,
        });
        if self.by_slot.len() <= id.slot() {
            self.by_slot.resize(id.slot() + 1, None);
        }
        self.nodes = members.len();
        self.total_weight = members.total_weight();
        self.points = members.point_count();
        std::mem::replace(&mut self.by_slot[id.slot()], node)
    }

    /// What an id stands for; `None` if that node was taken out since.
    pub(super) fn node(&self, id: NodeId) -> Option<Node> {
        self.by_slot.get(id.slot())?.as_ref().filter(|node| node.id == id).cloned()
    }

    /// All nodes, in no order.
    pub(super) fn all(&self) -> Vec<Node> {
        self.by_slot.iter().flatten().cloned().collect()
    }
}
