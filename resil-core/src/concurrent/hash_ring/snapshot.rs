//! What a ring tells of itself.

use std::sync::Arc;

use crate::pure::hash_ring::{Mode, NodeId};

/// A node as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// What lookups answer with.
    pub id: NodeId,
    /// The bytes it was inserted with.
    pub name: Arc<[u8]>,
    /// Its weight; with 0 it gets no keys.
    pub weight: u32,
}

/// What a ring holds, for monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Whose layout it has; `None` is resil's own.
    pub mode: Option<Mode>,
    /// Points for each unit of weight; in [`Mode::GoZero`] those of a whole node, in [`Mode::Ketama`] those of
    /// a node of average weight.
    pub virtual_nodes: u32,
    /// Nodes, those of weight 0 included.
    pub nodes: usize,
    /// All weights together.
    pub total_weight: u64,
    /// Points of all nodes.
    pub points: u64,
}
