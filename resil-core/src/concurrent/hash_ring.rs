//! A hash ring that threads share.
//!
//! `pure::hash_ring` says where points and keys lie and who comes first; the points stand in lines of one cache
//! line each (`sync::ring_lines`), twice, so that an update is built beside what is read. Who updates holds a
//! lock, who looks up does not.

use std::fmt;
use std::sync::Arc;

use crate::pure::hash_ring::{
    Bound, ConfigError, Inserted, Layout, Line, Members, Mode, NodeId, Point,
};
use crate::pure::hash_ring_walk::{Met, place, walk};
use crate::sync::primitive::Mutex;
use crate::sync::ring_lines::{Reading, RingLines, Writing};

/// Nodes in a line: 9 points and who follows them fill 64 bytes. Few in models, where each load counts.
const NODES: usize = if cfg!(resil_loom) { 3 } else { 10 };

/// Which node a key belongs to, so that a node that comes or goes moves few keys.
///
/// A node has points on a ring of hash values, [`virtual_nodes`](Self::with_virtual_nodes) of them for each unit
/// of its weight; a key belongs to the node of the first point at or after its own hash. Equal rings, made in
/// whatever order, place every key alike, in every process and language.
///
/// **The layout is a contract**, kept from the first release on. The hash is XXH3-64 with seed 0, a position its
/// upper 32 bits. Point *i* of a node lies at the position of (length of the node's bytes as u32, the bytes, *i*
/// as u32; both little-endian), a key at the position of its bytes. A point equal to the key's position is a
/// hit; behind the last point comes the first. Where points of several nodes are equal, the node with the
/// smaller bytes comes first, and the others right behind it. [`compatible`](Self::compatible) has the layouts
/// of others.
///
/// Limits: 65 535 nodes, weights of 0 to 65 535, 2^24 points in all.
///
/// Threads share it by reference. A lookup never waits or writes; it repeats itself only if an update ends and
/// another begins while it lasts. Updates are live, whole, and one at a time: a lookup sees the ring before or
/// after, and who updated, and whoever it told, sees the ring after. An update costs time in proportion to all
/// points. Names and slots are used again, and memory grows only with the most points there ever were; it is
/// freed when the ring is dropped.
pub struct HashRing {
    layout: Layout,
    lines: RingLines<NODES, Members<Arc<[u8]>>>,
    /// By slot, for whoever asks what an id stands for. Held for a moment, never while a ring is built.
    directory: Mutex<Directory>,
}

#[derive(Debug, Default)]
struct Directory {
    nodes: Vec<Option<Node>>,
    points: u32,
}

/// A node as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// What lookups answer with.
    pub id: NodeId,
    /// The bytes it was inserted with.
    pub name: Arc<[u8]>,
    /// Its weight; 0 gets no keys.
    pub weight: u32,
}

/// What a ring holds, for monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Whose layout it has; `None` is resil's own.
    pub mode: Option<Mode>,
    /// Points for each unit of weight; 100 for a whole node in [`Mode::GoZero`], 160 on average in
    /// [`Mode::Ketama`].
    pub virtual_nodes: u32,
    /// Nodes, those of weight 0 included.
    pub nodes: usize,
    /// All weights together.
    pub total_weight: u64,
    /// Points of all nodes.
    pub points: u32,
}

impl HashRing {
    /// An empty ring with 160 points for each unit of weight.
    pub fn new() -> Self;

    /// An empty ring with so many points for each unit of weight: more spread the keys more evenly, and cost
    /// memory and time to update.
    ///
    /// # Errors
    /// [`ConfigError::VirtualNodesIsZero`], [`ConfigError::VirtualNodesTooMany`] above 2^24.
    pub fn with_virtual_nodes(virtual_nodes: u32) -> Result<Self, ConfigError>;

    /// An empty ring that places keys as another library does.
    pub fn compatible(mode: Mode) -> Self;

    /// Adds `node`, or gives it another weight. Weight 0 keeps it without keys.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, and the ring is as it was. (`weight`, `nodes`, `points`)
    pub fn insert(&self, node: impl AsRef<[u8]>, weight: u32) -> Result<Inserted, ConfigError>;

    /// Takes `node` out: only its own keys move. Answers whether it was there.
    pub fn remove(&self, node: impl AsRef<[u8]>) -> bool;

    /// The node that `key` belongs to; `None` if no node has a point.
    pub fn lookup(&self, key: impl AsRef<[u8]>) -> Option<NodeId>;

    /// The first `n` distinct nodes from `key` on: where it belongs, and where it would if those before were
    /// not there. All that have points if they are fewer. All of one state of the ring.
    pub fn lookup_n(&self, key: impl AsRef<[u8]>, n: usize) -> Vec<NodeId>;

    /// The first distinct node from `key` on that `accepts` says yes to; `None` if it is none.
    ///
    /// It may be asked again about a node when updates race, and must not touch the ring.
    pub fn lookup_where(
        &self,
        key: impl AsRef<[u8]>,
        accepts: impl FnMut(NodeId) -> bool,
    ) -> Option<NodeId>;

    /// What `id` stands for; `None` if that node was taken out since.
    pub fn node(&self, id: NodeId) -> Option<Node>;

    /// The id of a node that is known.
    pub fn id_of(&self, node: impl AsRef<[u8]>) -> Option<NodeId>;

    /// All nodes, in order of insertion.
    pub fn nodes(&self) -> Vec<Node>;

    /// How many nodes there are, those of weight 0 included.
    pub fn len(&self) -> usize;
    /// Whether there is no node.
    pub fn is_empty(&self) -> bool;
    /// What the ring holds just now.
    pub fn snapshot(&self) -> Snapshot;

    /// How many requests a node may have in flight under bounded load:
    /// `ceil((1 + epsilon) * (in_flight + 1) * weight / total_weight)`.
    ///
    /// # Errors
    /// `epsilon` not finite or negative, `total_weight` 0 or below `weight`.
    pub fn bounded_load_limit(
        in_flight: u64,
        weight: u32,
        total_weight: u64,
        epsilon: f64,
    ) -> Result<u64, ConfigError>;
}

// Elsewhere (pure::hash_ring), re-exported as `resil_core::hash_ring::{…}`:
//
// pub enum Mode { GoZero, Ketama }
// pub enum Inserted { New(NodeId), Reweighted(NodeId) }      // .id()
// pub struct NodeId(NonZeroU64);                              // Copy, Eq, Hash; .slot() -> usize, .to_bits(), from_bits
// pub enum ConfigError { … }  // Display begins with the field: weight, nodes, points, virtual_nodes, node, epsilon, total_weight
