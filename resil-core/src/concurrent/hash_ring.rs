//! A hash ring that threads share.
//!
//! `pure::hash_ring` says where points and keys lie and who comes first; the points stand in lines of one cache
//! line each (`sync::ring_lines`), twice, so that an update is built beside what is read. Who updates holds a
//! lock, who looks up does not.

mod directory;
mod snapshot;
mod walk;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use self::directory::Directory;
pub use self::snapshot::{Node, Snapshot};
use crate::pure::hash_ring::{ConfigError, Inserted, Layout, Mode, NodeId, VIRTUAL_NODES};
use crate::pure::hash_ring_lines::{blank, line_bits, lines};
use crate::pure::hash_ring_load::bounded_load_limit;
use crate::pure::hash_ring_members::Members;
use crate::sync::primitive::Mutex;
use crate::sync::ring_lines::{RingLines, Writing};

/// Nodes in a line: 9 points and who follows them fill 64 bytes. Few in models, where each load counts.
const NODES: usize = if cfg!(any(resil_loom, resil_shuttle)) { 3 } else { 10 };

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
/// Limits: 65 535 nodes, weights of 0 to 65 535, 2^24 points in all. The hash is not secret: who can choose many
/// keys can choose their node.
///
/// Threads share it by reference. A lookup never waits or writes; it repeats itself only if an update ends and
/// another begins while it lasts. Updates are live, whole, and one at a time: a lookup sees the ring before or
/// after, and who updated, and whoever it told, sees the ring after. An update takes time in proportion to all
/// points. Slots and names are used again; memory grows with the most points there ever were, and is freed when
/// the ring is dropped: 512 bytes, and 22 to 182 a point, the more the more often it grew. A forked child has a
/// copy of its own; if another thread was inside anything but a lookup during the fork, the child may only look
/// up. Not for signal handlers.
///
/// ```
/// use resil_core::HashRing;
///
/// let ring = HashRing::new();
/// for shard in ["cache-1", "cache-2", "cache-3"] {
///     ring.insert(shard, 1)?;
/// }
/// let id = ring.lookup("user:42").unwrap();
/// assert_eq!(&*ring.node(id).unwrap().name, b"cache-1");
///
/// // Only the keys of the node that goes move.
/// ring.remove("cache-2");
/// assert_eq!(ring.lookup("user:42"), Some(id));
/// # Ok::<(), resil_core::hash_ring::ConfigError>(())
/// ```
///
/// Source: Karger et al., "Consistent Hashing and Random Trees" (1997), with virtual nodes by weight.
pub struct HashRing {
    layout: Layout,
    lines: RingLines<NODES, Members<Arc<[u8]>>>,
    /// For whoever asks what an id stands for. Held for a moment, never while a ring is built.
    directory: Mutex<Directory>,
}

impl Default for HashRing {
    fn default() -> Self {
        Self::new()
    }
}

impl HashRing {
    /// An empty ring with 160 points for each unit of weight.
    #[must_use]
    pub fn new() -> Self {
        Self::made(Layout::Own { virtual_nodes: VIRTUAL_NODES })
    }

    /// An empty ring with so many points for each unit of weight: more spread the keys more evenly, and cost
    /// memory and time to update.
    ///
    /// # Errors
    /// [`ConfigError::VirtualNodesIsZero`], and [`ConfigError::VirtualNodesTooMany`] above 2^24.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::with_virtual_nodes(1_000)?;
    /// ring.insert("a", 2)?;
    /// assert_eq!(ring.snapshot().points, 2_000);
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    pub fn with_virtual_nodes(virtual_nodes: u32) -> Result<Self, ConfigError> {
        Ok(Self::made(Layout::own(virtual_nodes)?))
    }

    /// An empty ring that places keys as another library does, byte for byte.
    ///
    /// ```
    /// use resil_core::HashRing;
    /// use resil_core::hash_ring::Mode;
    ///
    /// let ring = HashRing::compatible(Mode::Ketama);
    /// ring.insert("10.0.0.1:11211", 1)?;
    /// assert_eq!(ring.snapshot().mode, Some(Mode::Ketama));
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    #[must_use]
    pub fn compatible(mode: Mode) -> Self {
        Self::made(Layout::Compatible(mode))
    }

    fn made(layout: Layout) -> Self {
        Self {
            layout,
            lines: RingLines::new(blank(), Members::new(layout)),
            directory: Mutex::new(Directory::default()),
        }
    }

    /// Adds `node`, or gives it another weight. Weight 0 keeps it without keys.
    ///
    /// Keys move to the node, or away from it, and nowhere else ([`Mode::Ketama`] excepted).
    ///
    /// # Errors
    /// [`ConfigError`] names `weight`, `nodes`, `points` or `node`, and the ring is as it was.
    ///
    /// ```
    /// use resil_core::HashRing;
    /// use resil_core::hash_ring::Inserted;
    ///
    /// let ring = HashRing::new();
    /// let id = ring.insert("a", 1)?.id();
    /// assert_eq!(ring.insert("a", 3)?, Inserted::Reweighted(id));
    /// assert_eq!(ring.node(id).unwrap().weight, 3);
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    pub fn insert(&self, node: impl AsRef<[u8]>, weight: u32) -> Result<Inserted, ConfigError> {
        let node = node.as_ref();
        let mut writing = self.lines.write();
        let (inserted, same) = {
            let members = writing.writer();
            let before = members.member_of(node).map(|member| member.weight);
            (members.insert(node, weight, |name| Arc::from(name))?, before == Some(weight))
        };
        // Nothing moves, unless a place at shared points goes with the insertion.
        if same && self.layout.mode() != Some(Mode::GoZero) {
            return Ok(inserted);
        }
        let id = inserted.id();
        // First of all, so that whoever finds the node finds its name.
        self.enter(writing.writer(), id);
        let given = match inserted {
            Inserted::New(_) => Some((id.slot() as u16, id.to_bits())),
            Inserted::Reweighted(_) => None,
        };
        publish(&mut writing, self.layout, id, given);
        Ok(inserted)
    }

    /// Takes `node` out: its own keys move, and no others ([`Mode::Ketama`] excepted). Answers whether it was
    /// there.
    ///
    /// A lookup that began before may still answer with it; [`node`](Self::node) does not know it any more.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::new();
    /// let id = ring.insert("a", 1)?.id();
    /// assert!(ring.remove("a"));
    /// assert!(!ring.remove("a"));
    /// assert_eq!(ring.node(id), None);
    /// assert_ne!(ring.insert("b", 1)?.id(), id, "its slot may be the same");
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    pub fn remove(&self, node: impl AsRef<[u8]>) -> bool {
        let mut writing = self.lines.write();
        let Some(id) = writing.writer().remove(node.as_ref()) else { return false };
        publish(&mut writing, self.layout, id, None);
        self.enter(writing.writer(), id);
        true
    }

    /// The node that `key` belongs to; `None` if no node has a point.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::new();
    /// assert_eq!(ring.lookup("user:42"), None);
    /// let id = ring.insert("a", 1)?.id();
    /// assert_eq!(ring.lookup("user:42"), Some(id));
    /// assert_eq!(ring.lookup(17_u64.to_le_bytes()), Some(id));
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn lookup(&self, key: impl AsRef<[u8]>) -> Option<NodeId> {
        let key = key.as_ref();
        let position = self.layout.position(key);
        NodeId::from_bits(self.lines.read(|ring| self.first(ring, position, key)))
    }

    /// The first `n` distinct nodes from `key` on: the one it belongs to, then each that it would belong to if
    /// those before were not there. All that have points if they are fewer. All of one state of the ring.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::new();
    /// for node in ["a", "b", "c"] {
    ///     ring.insert(node, 1)?;
    /// }
    /// let copies = ring.lookup_n("user:42", 2);
    /// assert_eq!(copies[0], ring.lookup("user:42").unwrap());
    /// assert_ne!(copies[0], copies[1]);
    /// assert_eq!(ring.lookup_n("user:42", 9).len(), 3);
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    #[must_use]
    pub fn lookup_n(&self, key: impl AsRef<[u8]>, n: usize) -> Vec<NodeId> {
        let (key, mut found) = (key.as_ref(), Vec::new());
        if n == 0 {
            return found;
        }
        self.lines.read(|ring| {
            found.clear();
            self.walk(ring, key, |id| {
                found.push(id);
                if found.len() < n { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        });
        found
    }

    /// The first distinct node from `key` on that `accepts` says yes to; `None` if it is none.
    ///
    /// For bounded load ([`bounded_load_limit`](Self::bounded_load_limit)), or for nodes that are ill. It may be
    /// asked again about a node when updates race, and must not touch the ring.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// let ring = HashRing::new();
    /// let nodes = [ring.insert("a", 1)?.id(), ring.insert("b", 1)?.id()];
    /// let ill = ring.lookup("user:42").unwrap();
    /// let other = ring.lookup_where("user:42", |node| node != ill).unwrap();
    /// assert!(other != ill && nodes.contains(&other));
    /// assert_eq!(ring.lookup_where("user:42", |_| false), None);
    /// # Ok::<(), resil_core::hash_ring::ConfigError>(())
    /// ```
    pub fn lookup_where(
        &self,
        key: impl AsRef<[u8]>,
        mut accepts: impl FnMut(NodeId) -> bool,
    ) -> Option<NodeId> {
        let key = key.as_ref();
        loop {
            let ring = self.lines.look();
            let found = self.walk(&ring, key, |id| {
                // Nobody is asked about what may be torn.
                if !ring.stands() {
                    ControlFlow::Break(None)
                } else if accepts(id) {
                    ControlFlow::Break(Some(id))
                } else {
                    ControlFlow::Continue(())
                }
            });
            match found {
                Some(Some(id)) => return Some(id),
                None if ring.stands() => return None,
                _ => {}
            }
        }
    }

    /// How many requests a node may have in flight, the next one included, so that none is far above its share:
    /// `ceil((1 + epsilon) * ((in_flight + 1) * weight / total_weight))`, in this order in 64-bit floats.
    ///
    /// `in_flight` are those of all nodes, the next one not included; `total_weight` is
    /// [`Snapshot::total_weight`]. Nodes at their limit are passed over by [`lookup_where`](Self::lookup_where).
    /// A small `epsilon` loads nodes evenly, a large one moves few keys; 0.25 is usual. Some node is always below
    /// its limit. Source: Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads" (2016).
    ///
    /// # Errors
    /// [`ConfigError`] names `epsilon` if it is not finite or negative, `total_weight` if it is 0, `weight` if it
    /// is more than that.
    ///
    /// ```
    /// use resil_core::HashRing;
    ///
    /// // Three equal nodes, 8 requests in flight: the ninth finds one with fewer than 4.
    /// assert_eq!(HashRing::bounded_load_limit(8, 1, 3, 0.25), Ok(4));
    /// ```
    pub fn bounded_load_limit(
        in_flight: u64,
        weight: u32,
        total_weight: u64,
        epsilon: f64,
    ) -> Result<u64, ConfigError> {
        bounded_load_limit(in_flight, weight, total_weight, epsilon)
    }

    /// Brings the directory up to what `members` has under an id.
    fn enter(&self, members: &Members<Arc<[u8]>>, id: NodeId) {
        let old = self.directory.lock().enter(members, id);
        // Freed once nobody waits for the lock on its account.
        drop(old);
    }
}

/// Builds the ring anew, beside the one that is read, after the node of this id came, went or changed.
fn publish(
    writing: &mut Writing<'_, NODES, Members<Arc<[u8]>>>,
    layout: Layout,
    changed: NodeId,
    given: Option<(u16, u64)>,
) {
    let (before, members) = writing.points();
    let points = members.points(before, changed.slot() as u16);
    let nodes = members.holders();
    let bits = line_bits::<NODES>(points.len());
    let lines = lines::<NODES>(&points, bits, layout.is_narrow());
    writing.publish(given, (&points, nodes), bits, lines);
}

impl fmt::Debug for HashRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HashRing").field(&self.snapshot()).finish()
    }
}
