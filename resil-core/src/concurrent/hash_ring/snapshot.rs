//! What a ring tells of itself.

use std::sync::Arc;

use super::HashRing;
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

impl HashRing {
    /// What `id` stands for; `None` if that node was taken out since. Waits for an update only while it tells what it
    /// changed, never while it builds.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<Node> {
        self.directory.lock().node(id)
    }

    /// The id of the node that was inserted under this name; `None` if there is none. Waits for an update that is under
    /// way.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::new();
    /// let id = ring.insert("a", 1)?.id();
    /// assert_eq!((ring.id_of("a"), ring.id_of("b")), (Some(id), None));
    /// assert_eq!(&*ring.node(id).unwrap().name, b"a");
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    #[must_use]
    pub fn id_of(&self, node: impl AsRef<[u8]>) -> Option<NodeId> {
        let node = node.as_ref();
        self.lines.write().writer().member_of(node).map(|member| member.id)
    }

    /// All nodes, in order of insertion.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::new();
    /// ring.insert("b", 1)?;
    /// ring.insert("a", 2)?;
    /// let names: Vec<_> = ring.nodes().iter().map(|node| node.name.to_vec()).collect();
    /// assert_eq!(names, [b"b", b"a"]);
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = self.directory.lock().all();
        nodes.sort_unstable_by_key(|node| node.id.generation());
        nodes
    }

    /// How many nodes there are, those of weight 0 included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.directory.lock().nodes
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the ring holds just now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let directory = self.directory.lock();
        Snapshot {
            mode: self.layout.mode(),
            virtual_nodes: self.layout.virtual_nodes(),
            nodes: directory.nodes,
            total_weight: directory.total_weight,
            points: directory.points,
        }
    }
}
