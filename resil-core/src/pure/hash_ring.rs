//! Where the points of nodes and the positions of keys lie on a ring, and what a ring accepts.
//!
//! A position is a `u64`; layouts whose hash has 32 bits use the upper half, so that one order, and one search by
//! the upper half, serve all. Points of one position are ordered by the layout: by the nodes' bytes, or by which
//! came first.
//! Sources: the default is resil's own; [`Mode`] names the others.

use core::fmt;
use core::num::NonZeroU64;

use super::md5::md5;
use super::murmur3::murmur3;
use xxhash_rust::xxh3::xxh3_64;

/// A slot fits 16 bits, and one number stands for nobody.
pub(crate) const MOST_NODES: usize = 65_535;
/// Keeps every sum of weights and every product with virtual nodes far from overflow.
pub(crate) const MOST_WEIGHT: u32 = 65_535;
/// 16 Mi points: some 900 MB.
pub(crate) const MOST_POINTS: u32 = 1 << 24;

/// Points for each unit of weight: at 10 to 1000 nodes the busiest gets some 20 to 30 % above the mean.
pub(crate) const VIRTUAL_NODES: u32 = 160;

/// go-zero's replicas of a whole node; a weight is a percentage there.
const GO_ZERO_REPLICAS: u32 = 100;
/// ketama takes a digest for four points, and 40 digests for a server of average weight.
const KETAMA_POINTS: u32 = 4;
const KETAMA_DIGESTS: f64 = 40.0;

/// Whose layout a ring has, byte for byte, if not resil's own.
///
/// ```
/// use resil_core::HashRing;
/// use resil_core::hash_ring::Mode;
///
/// let ring = HashRing::compatible(Mode::GoZero);
/// for node in ["node-a", "node-b", "node-c"] {
///     ring.insert(node, 100)?;
/// }
/// let id = ring.lookup("k3").unwrap();
/// assert_eq!(&*ring.node(id).unwrap().name, b"node-c");
/// # Ok::<(), resil_core::hash_ring::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// go-zero's `ConsistentHash` with its 100 replicas: murmur3; a weight is a percentage, and counts as 100
    /// above that. Where nodes share a point, a second hash of the key chooses among them, in order of
    /// insertion; giving a weight anew inserts anew. Keys are text. Unlike there, taking a node out takes its
    /// own points only.
    GoZero,
    /// libketama: md5, four points a digest, and as many digests as a server's share of all weight gives, in its
    /// own float arithmetic. So every update moves the number of others' points too. Of equal points, the node
    /// inserted earlier comes first. Weight 0 is refused.
    Ketama,
}

/// A node of a ring, as lookups answer: small, comparable, never used again for another node.
///
/// It goes stale when its node is taken out, and stays so: [`HashRing::node`](crate::HashRing::node) knows it no
/// more. Ids of different rings are not to be mixed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(NonZeroU64);

impl NodeId {
    const SLOT_BITS: u32 = 16;

    pub(crate) const fn new(slot: u16, generation: u64) -> Self {
        match NonZeroU64::new(generation << Self::SLOT_BITS | slot as u64) {
            Some(bits) => Self(bits),
            None => panic!("generations count from 1"),
        }
    }

    /// The node's place, below 65 535: an index for what you keep beside a ring. The lowest free ones are
    /// not promised, but as few are used as there ever were nodes at once.
    #[must_use]
    pub const fn slot(self) -> usize {
        (self.0.get() & 0xffff) as usize
    }

    /// Which insertion into this ring brought the node, from 1 on.
    #[must_use]
    pub const fn generation(self) -> u64 {
        self.0.get() >> Self::SLOT_BITS
    }

    /// As a number, to hand it through another language.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0.get()
    }

    /// What [`to_bits`](Self::to_bits) gave; `None` for 0. Any other number is an id, if only a stale one.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        match NonZeroU64::new(bits) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({}, generation {})", self.slot(), self.generation())
    }
}

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Inserted {
    /// The node is new.
    New(NodeId),
    /// The node was there, and has the new weight; its id stays.
    Reweighted(NodeId),
}

impl Inserted {
    /// The node's id.
    #[must_use]
    pub const fn id(self) -> NodeId {
        match self {
            Self::New(id) | Self::Reweighted(id) => id,
        }
    }
}

/// Where points and keys lie.
///
/// [`HashRing`](crate::HashRing) looks up in time that does not grow with the nodes; this is for whoever wants to
/// know why, or writes the same ring elsewhere.
///
/// ```
/// use resil_core::pure::hash_ring::Layout;
///
/// let layout = Layout::own(160)?;
/// let points = layout.positions(b"cache-1", 160);
/// // A key of a point's own bytes: length, node, number of the point.
/// assert_eq!(layout.position(b"\x07\0\0\0cache-1\x02\0\0\0"), points[2]);
/// # Ok::<(), resil_core::hash_ring::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// resil's own.
    Own {
        /// Points for each unit of weight.
        virtual_nodes: u32,
    },
    /// Another library's.
    Compatible(Mode),
}

impl Layout {
    /// resil's own, with so many points for each unit of weight.
    ///
    /// # Errors
    /// [`ConfigError::VirtualNodesIsZero`], and [`ConfigError::VirtualNodesTooMany`] above 2^24.
    pub const fn own(virtual_nodes: u32) -> Result<Self, ConfigError> {
        match virtual_nodes {
            0 => Err(ConfigError::VirtualNodesIsZero),
            1..=MOST_POINTS => Ok(Self::Own { virtual_nodes }),
            _ => Err(ConfigError::VirtualNodesTooMany),
        }
    }

    /// Whose it is, if not resil's own.
    #[must_use]
    pub const fn mode(self) -> Option<Mode> {
        match self {
            Self::Own { .. } => None,
            Self::Compatible(mode) => Some(mode),
        }
    }

    pub(crate) const fn virtual_nodes(self) -> u32 {
        match self {
            Self::Own { virtual_nodes } => virtual_nodes,
            Self::Compatible(Mode::GoZero) => GO_ZERO_REPLICAS,
            Self::Compatible(Mode::Ketama) => KETAMA_POINTS * KETAMA_DIGESTS as u32,
        }
    }

    /// Whether the upper half of a position is all there is to it.
    #[inline]
    pub(crate) const fn is_narrow(self) -> bool {
        !matches!(self, Self::Compatible(Mode::GoZero))
    }

    /// Whether each node's points depend on all weights.
    pub(crate) const fn shares(self) -> bool {
        matches!(self, Self::Compatible(Mode::Ketama))
    }

    /// Where `key` lies. A hash of 32 bits is the upper half.
    #[inline]
    #[must_use]
    pub fn position(self, key: &[u8]) -> u64 {
        match self {
            Self::Own { .. } => upper(xxh3_64(key) >> 32),
            Self::Compatible(Mode::GoZero) => murmur3(key),
            Self::Compatible(Mode::Ketama) => upper(md5(key)[0].into()),
        }
    }

    /// Which of so many nodes at one point `key` takes, in the order they have there.
    #[must_use]
    pub fn choose(self, key: &[u8], nodes: usize) -> usize {
        match self {
            Self::Compatible(Mode::GoZero) => {
                // The prime go-zero writes before the key, so that the second hash tells nothing of the first.
                let again = murmur3(&[b"16777619:", key].concat());
                (again % nodes as u64) as usize
            }
            _ => 0,
        }
    }

    /// How many points a node has, being one of `nodes` that weigh `total` together.
    #[must_use]
    pub fn point_count(self, weight: u32, total: u64, nodes: usize) -> u64 {
        match self {
            Self::Own { virtual_nodes } => u64::from(weight) * u64::from(virtual_nodes),
            Self::Compatible(Mode::GoZero) => weight.min(GO_ZERO_REPLICAS).into(),
            Self::Compatible(Mode::Ketama) => {
                // libketama's own types at each step: the share is a float, the product a double, and what is
                // rounded down a float again.
                let share = weight as f32 / total as f32;
                let digests = (f64::from(share) * KETAMA_DIGESTS * f64::from(nodes as f32)) as f32;
                digests.floor() as u64 * u64::from(KETAMA_POINTS)
            }
        }
    }

    /// The positions of a node's first `count` points, by their numbers.
    #[must_use]
    pub fn positions(self, node: &[u8], count: u64) -> Vec<u64> {
        match self {
            Self::Own { .. } => {
                let mut text = [&(node.len() as u32).to_le_bytes(), node, &[0; 4]].concat();
                let index_at = text.len() - 4;
                let mut position = |index: u32| {
                    text[index_at..].copy_from_slice(&index.to_le_bytes());
                    upper(xxh3_64(&text) >> 32)
                };
                (0..count as u32).map(&mut position).collect()
            }
            Self::Compatible(Mode::GoZero) => {
                numbered(node, b"", count).map(|text| murmur3(&text)).collect()
            }
            Self::Compatible(Mode::Ketama) => {
                numbered(node, b"-", count / u64::from(KETAMA_POINTS))
                    .flat_map(|text| md5(&text).map(|word| upper(word.into())))
                    .collect()
            }
        }
    }
}

fn upper(position: u64) -> u64 {
    position << 32
}

/// `node`, then `between`, then 0, 1, 2 …
fn numbered(node: &[u8], between: &[u8], count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |index| [node, between, index.to_string().as_bytes()].concat())
}

/// What a ring refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `virtual_nodes` is 0.
    VirtualNodesIsZero,
    /// `virtual_nodes` is more than 2^24.
    VirtualNodesTooMany,
    /// `node` is longer than 2^32 - 1 bytes.
    NodeTooLong,
    /// `weight` is more than 65 535.
    WeightTooHigh,
    /// `weight` is 0, and the mode is [`Mode::Ketama`].
    WeightIsZero,
    /// `weight` is more than `total_weight`.
    WeightAboveTotal,
    /// The ring has 65 535 `nodes` already.
    TooManyNodes,
    /// The ring would have more than 2^24 `points`.
    TooManyPoints,
    /// `epsilon` is negative or not finite.
    EpsilonOutOfRange,
    /// `total_weight` is 0.
    TotalWeightIsZero,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VirtualNodesIsZero => "virtual_nodes must be at least 1, not 0",
            Self::VirtualNodesTooMany => "virtual_nodes must be at most 2^24",
            Self::NodeTooLong => "node must be at most 2^32 - 1 bytes",
            Self::WeightTooHigh => "weight must be at most 65535",
            Self::WeightIsZero => "weight must be at least 1 in this mode, not 0",
            Self::WeightAboveTotal => "weight must be at most total_weight",
            Self::TooManyNodes => "nodes must be at most 65535",
            Self::TooManyPoints => {
                "points must be at most 2^24 in all: lower weights or virtual_nodes"
            }
            Self::EpsilonOutOfRange => "epsilon must be finite and at least 0",
            Self::TotalWeightIsZero => "total_weight must be at least 1, not 0",
        })
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_s_bytes_are_hashed_as_it_says() {
        let layout = Layout::own(160).unwrap();
        // XXH3-64 of nothing is published as 2d06800538d394c2.
        assert_eq!(layout.position(b""), 0x2d06_8005 << 32);
        let points = layout.positions(b"ab", 3);
        let text = |index: u8| [2, 0, 0, 0, b'a', b'b', index, 0, 0, 0];
        let expected: Vec<_> = (0..3).map(|index| layout.position(&text(index))).collect();
        assert_eq!(points, expected);
    }

    #[test]
    fn ketama_s_key_and_share_come_out_as_published() {
        let layout = Layout::Compatible(Mode::Ketama);
        assert_eq!(layout.position(b"test") >> 32, 3_446_378_249);
        let counts = |weights: &[u32]| -> Vec<u64> {
            let total = weights.iter().map(|w| u64::from(*w)).sum();
            weights.iter().map(|w| layout.point_count(*w, total, weights.len())).collect()
        };
        assert_eq!(counts(&[600, 400]), [192, 128]);
        let eight = [600, 300, 200, 350, 1_000, 800, 950, 100];
        assert_eq!(counts(&eight).iter().sum::<u64>(), 1_264);
        // Exactly 56 of 80 digests; without rounding the product to a float it would be 55.
        assert_eq!(counts(&[7, 3])[0], 4 * 56);
        // Exactly 105 of 200; but a float's share of 21 in 40 is a little less.
        assert_eq!(counts(&[21, 5, 5, 5, 4])[0], 4 * 104);
    }

    #[test]
    fn each_layout_says_whose_it_is_and_what_it_asks_of_a_ring() {
        let others = [Mode::GoZero, Mode::Ketama].map(Layout::Compatible);
        let layouts = [Layout::own(7).unwrap(), others[0], others[1]];
        assert_eq!(layouts.map(Layout::mode), [None, Some(Mode::GoZero), Some(Mode::Ketama)]);
        assert_eq!(layouts.map(Layout::virtual_nodes), [7, 100, 160]);
        assert_eq!(layouts.map(Layout::is_narrow), [true, false, true]);
        assert_eq!(layouts.map(Layout::shares), [false, false, true]);
        assert_eq!(layouts.map(|layout| layout.point_count(30, 120, 2)), [210, 30, 80]);
    }

    #[test]
    fn go_zero_s_and_ketama_s_points_are_hashes_of_the_numbered_node() {
        let go_zero = Layout::Compatible(Mode::GoZero);
        let points = go_zero.positions(b"localhost:1", 12);
        assert_eq!((points.len(), points[0]), (12, 0xdfa7_b4eb_1d46_ae8e));
        assert_eq!(points[11], go_zero.position(b"localhost:111"));
        let ketama = Layout::Compatible(Mode::Ketama);
        let points = ketama.positions(b"a", 8);
        let first = ["a-0", "a-1"].map(|text| ketama.position(text.as_bytes()));
        assert_eq!((points.len(), [points[0], points[4]]), (8, first));
    }

    #[test]
    fn among_nodes_of_one_point_go_zero_s_second_hash_chooses() {
        let again = 0xff92_5fb5_8d2b_69a5_u64; // murmur3 of 16777619:1000
        for nodes in [1, 3, 7, 1_000] {
            let chosen = Layout::Compatible(Mode::GoZero).choose(b"1000", nodes);
            assert_eq!(chosen as u64, again % nodes as u64);
            assert_eq!(Layout::Compatible(Mode::Ketama).choose(b"1000", nodes), 0);
        }
    }

    #[test]
    fn virtual_nodes_have_a_range() {
        assert_eq!(Layout::own(0), Err(ConfigError::VirtualNodesIsZero));
        assert_eq!(Layout::own(MOST_POINTS + 1), Err(ConfigError::VirtualNodesTooMany));
        assert!(Layout::own(MOST_POINTS).is_ok());
        let text = ConfigError::VirtualNodesTooMany.to_string();
        assert!(text.starts_with("virtual_nodes"), "{text}");
    }

    #[test]
    fn an_id_is_a_slot_and_a_generation_through_any_number() {
        let id = NodeId::new(7, 3);
        assert_eq!((id.slot(), id.generation(), id.to_bits()), (7, 3, 3 << 16 | 7));
        assert_eq!([id.to_bits(), 0].map(NodeId::from_bits), [Some(id), None]);
        assert_eq!(format!("{id:?}"), "NodeId(7, generation 3)");
    }
}
