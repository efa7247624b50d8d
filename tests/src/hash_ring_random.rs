//! Random scripts of updates and lookups on a ring and on its slow model.

use std::fmt::Write;

use resil_core::HashRing;
use resil_core::hash_ring::{ConfigError, Inserted, Mode, NodeId};
use resil_core::pure::hash_ring::Layout;

use crate::branches::Branches;
use crate::bytes::Bytes;
use crate::hash_ring_model::{Model, from_key};

/// What a set of random scripts must come to.
pub const BRANCHES: &[&str] = &[
    "own",
    "go-zero",
    "ketama",
    "inserted",
    "reweighted",
    "refused",
    "removed",
    "absent",
    "empty",
    "only weight 0",
    "nodes share a point",
    "a key lies on a point",
    "everyone refused",
    "more than 16 nodes refused",
    "a stale id of a slot in use",
];

/// Names of which many share points: those of go-zero for want of a separator, the others by the accident of 32
/// bits, found by a search (the first two pairs in the own layout, the others in ketama's).
const NAMES: [&str; 28] = [
    "n111441", "n139810", "n117057", "n173205", "n2662", "n5694", "n3891", "n8783", "a", "a1",
    "a12", "host:1", "host:11", "host:2", "", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
    "l", "m", "\u{fc}",
];

/// A ring and its layout.
#[must_use]
pub fn made(mode: Option<Mode>, virtual_nodes: u32) -> (HashRing, Layout) {
    match mode {
        Some(mode) => (HashRing::compatible(mode), Layout::Compatible(mode)),
        None => {
            let ring = HashRing::with_virtual_nodes(virtual_nodes).expect("in range");
            (ring, Layout::own(virtual_nodes).expect("in range"))
        }
    }
}

/// The name of a node that must be known.
fn name(ring: &HashRing, id: NodeId) -> Vec<u8> {
    ring.node(id).expect("who is found is known").name.to_vec()
}

/// A key; often one that lies on a point of a node, as it has that point's bytes.
fn key(bytes: &mut Bytes<'_>, layout: Layout) -> Vec<u8> {
    let node = NAMES[bytes.pick(NAMES.len() as u64) as usize];
    let number = bytes.pick(8) as u32;
    match (bytes.pick(3), layout) {
        (0, _) => bytes.number(3).to_string().into_bytes(),
        (_, Layout::Compatible(Mode::GoZero)) => format!("{node}{number}").into_bytes(),
        (_, Layout::Compatible(_)) => format!("{node}-{number}").into_bytes(),
        _ => [&(node.len() as u32).to_le_bytes(), node.as_bytes(), &number.to_le_bytes()].concat(),
    }
}

/// Runs a script on the ring and the slow model: they give every answer alike, ids keep to their nodes, and go
/// stale with them.
///
/// # Panics
/// Where that is not so, with the steps up to there.
pub fn run(bytes: &[u8]) -> Branches {
    let mut bytes = Bytes(bytes);
    let mode = [None, None, Some(Mode::GoZero), Some(Mode::Ketama)][bytes.pick(4) as usize];
    let (ring, layout) = made(mode, 1 + bytes.pick(12) as u32);
    let mut model = Model::new(layout);
    let mut ids: Vec<(NodeId, &str)> = Vec::new();
    let mut stale: Vec<NodeId> = Vec::new();
    let mut log = format!("{layout:?}\n");
    let mut branches = Branches::default();
    branches.reach("own", mode.is_none());
    branches.reach("go-zero", mode == Some(Mode::GoZero));
    branches.reach("ketama", mode == Some(Mode::Ketama));
    while !bytes.is_empty() {
        let step = bytes.pick(8);
        if step < 5 {
            let node = NAMES[bytes.pick(NAMES.len() as u64) as usize];
            let weight = match bytes.pick(8) {
                0 => 0,
                1 if mode.is_some() => 100,
                2 => 65_535 + bytes.pick(2) as u32,
                _ => 1 + bytes.pick(9) as u32,
            };
            let _ = writeln!(log, "insert {node} {weight}");
            let refused = match weight {
                65_536 => Some(ConfigError::WeightTooHigh),
                0 if mode == Some(Mode::Ketama) => Some(ConfigError::WeightIsZero),
                // A model of so many points would be too slow.
                65_535 if mode.is_none() => continue,
                _ => None,
            };
            branches.reach("refused", refused.is_some());
            match (ring.insert(node, weight), refused) {
                (Err(error), Some(refused)) => assert_eq!(error, refused, "{log}"),
                (Ok(inserted), None) => {
                    let new = model.insert(node.as_bytes(), weight);
                    branches.reach("inserted", new);
                    branches.reach("reweighted", !new);
                    let known = ids.iter().find(|id| id.1 == node);
                    match (inserted, known) {
                        (Inserted::New(id), None) => ids.push((id, node)),
                        (Inserted::Reweighted(id), Some(known)) => assert_eq!(id, known.0, "{log}"),
                        other => panic!("{other:?}\n{log}"),
                    }
                }
                other => panic!("{other:?}\n{log}"),
            }
        } else if step < 6 {
            let node = NAMES[bytes.pick(NAMES.len() as u64) as usize];
            let _ = writeln!(log, "remove {node}");
            let there = model.remove(node.as_bytes());
            branches.reach("removed", there);
            branches.reach("absent", !there);
            assert_eq!(ring.remove(node), there, "{log}");
            if let Some(at) = ids.iter().position(|id| id.1 == node) {
                stale.push(ids.remove(at).0);
            }
        }
        if step > 5 || bytes.is_empty() {
            check(&ring, &mut model, layout, (&ids, &stale), &mut bytes, &mut branches, &mut log);
        }
    }
    branches
}

fn check(
    ring: &HashRing,
    model: &mut Model,
    layout: Layout,
    (ids, stale): (&[(NodeId, &str)], &[NodeId]),
    bytes: &mut Bytes<'_>,
    branches: &mut Branches,
    log: &mut String,
) {
    for (id, node) in ids {
        assert_eq!(name(ring, *id), node.as_bytes(), "{log}");
        assert_eq!(ring.id_of(node), Some(*id), "{log}");
    }
    for id in stale {
        assert_eq!(ring.node(*id), None, "{log}");
        branches.reach(
            "a stale id of a slot in use",
            ids.iter().any(|used| used.0.slot() == id.slot()),
        );
    }
    let seen = ring.snapshot();
    let weights: u64 = model.nodes().iter().map(|node| u64::from(node.1)).sum();
    let known = model.nodes().len();
    let points = model.points();
    let point_count = points.values().map(Vec::len).sum::<usize>();
    assert_eq!((seen.nodes, seen.total_weight), (known, weights), "{log}");
    assert_eq!(seen.points, point_count as u64, "{log}");
    branches.reach("empty", seen.nodes == 0);
    branches.reach("only weight 0", seen.nodes > 0 && point_count == 0);
    branches.reach("nodes share a point", points.values().any(|nodes| nodes.len() > 1));

    for _ in 0..3 {
        let key = key(bytes, layout);
        let _ = writeln!(log, "lookup {key:?}");
        branches.reach("a key lies on a point", points.contains_key(&layout.position(&key)));
        let expected = from_key(layout, &points, &key);
        assert_eq!(
            ring.lookup(&key).map(|id| name(ring, id)),
            expected.first().map(|n| n.to_vec()),
            "{log}"
        );

        let n = bytes.pick(30) as usize;
        let found: Vec<_> = ring.lookup_n(&key, n).into_iter().map(|id| name(ring, id)).collect();
        assert_eq!(found, expected[..n.min(expected.len())], "{n}\n{log}");

        let mut refused = Vec::new();
        let found = ring.lookup_where(&key, |id| {
            refused.push(name(ring, id));
            refused.len() > n
        });
        assert_eq!(refused, expected[..expected.len().min(n + 1)], "{n}\n{log}");
        assert_eq!(
            found.map(|id| name(ring, id)),
            expected.get(n).map(|n| n.to_vec()),
            "{n}\n{log}"
        );
        branches.reach("everyone refused", found.is_none() && !expected.is_empty());
        branches.reach("more than 16 nodes refused", refused.len() > 17);
    }
}
