//! A slow, obvious hash ring: a sorted map from each position to the nodes there, made afresh for every question.

use std::collections::BTreeMap;

use resil_core::hash_ring::Mode;
use resil_core::pure::hash_ring::Layout;

/// A ring of nodes by name.
#[derive(Clone, Debug)]
pub struct Model {
    layout: Layout,
    /// Names and weights, the longest there first.
    nodes: Vec<(Vec<u8>, u32)>,
    /// Positions by node, each hashed once only.
    made: BTreeMap<Vec<u8>, Vec<u64>>,
}

impl Model {
    /// An empty one.
    #[must_use]
    pub const fn new(layout: Layout) -> Self {
        Self { layout, nodes: Vec::new(), made: BTreeMap::new() }
    }

    /// Names and weights, in order of insertion; in go-zero's mode a new weight counts as one.
    #[must_use]
    pub fn nodes(&self) -> &[(Vec<u8>, u32)] {
        &self.nodes
    }

    /// Whether the node is new.
    pub fn insert(&mut self, name: &[u8], weight: u32) -> bool {
        let known = self.nodes.iter().position(|node| node.0 == name);
        match known {
            Some(at) if self.layout != Layout::Compatible(Mode::GoZero) => {
                self.nodes[at].1 = weight
            }
            _ => {
                self.remove(name);
                self.nodes.push((name.to_vec(), weight));
            }
        }
        known.is_none()
    }

    /// Whether the node was there.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let before = self.nodes.len();
        self.nodes.retain(|node| node.0 != name);
        self.nodes.len() < before
    }

    /// Every point: who is there, first come first or in order of bytes.
    #[must_use]
    pub fn points(&mut self) -> BTreeMap<u64, Vec<&[u8]>> {
        let total = self.nodes.iter().map(|node| u64::from(node.1)).sum();
        let mut points = BTreeMap::<_, Vec<_>>::new();
        for (name, weight) in &self.nodes {
            let count = self.layout.point_count(*weight, total, self.nodes.len());
            let made = self.made.entry(name.clone()).or_default();
            if (made.len() as u64) < count {
                *made = self.layout.positions(name, count);
            }
            for position in &made[..count as usize] {
                points.entry(*position).or_default().push(name.as_slice());
            }
        }
        if self.layout.mode().is_none() {
            points.values_mut().for_each(|nodes| nodes.sort());
        }
        points
    }
}

/// The distinct nodes from `key` on, once round the points that [`Model::points`] gave.
#[must_use]
pub fn from_key<'a>(
    layout: Layout,
    points: &BTreeMap<u64, Vec<&'a [u8]>>,
    key: &[u8],
) -> Vec<&'a [u8]> {
    let position = layout.position(key);
    let mut met = Vec::new();
    for (_, nodes) in points.range(position..).chain(points.range(..position)) {
        let chosen = layout.choose(key, nodes.len());
        for node in nodes[chosen..].iter().chain(&nodes[..chosen]) {
            if !met.contains(node) {
                met.push(node);
            }
        }
    }
    met
}
