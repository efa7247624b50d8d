//! Every interleaving of a few lookups and updates of one ring.
//!
//! Run by `ci/loom` and `ci/shuttle`. Rings have a point for each node, and lines of three places here. Each model
//! states its invariant.
#![cfg(any(resil_loom, resil_shuttle))]

mod checker;

use checker::{Arc, OTHERS, check, join_all, spawn_each, thread};
use resil_core::HashRing;
use resil_core::hash_ring::NodeId;

/// What threads insert, each its own.
const NAMES: [&str; 3] = ["a", "b", "c"];

/// A ring of nodes of weight 1.
fn ring(nodes: &[&str]) -> HashRing {
    let ring = HashRing::with_virtual_nodes(1).unwrap();
    nodes.iter().for_each(|node| insert(&ring, node));
    ring
}

fn insert(ring: &HashRing, node: &str) {
    ring.insert(node, 1).unwrap();
}

/// The ring's nodes in the order in which the key meets them.
fn all_from(ring: &HashRing, key: &str) -> Vec<NodeId> {
    ring.lookup_n(key, usize::MAX)
}

/// Invariant: while two updates are published, each of them twice the size of the one before, every answer is
/// wholly of one state; and a later lookup is never of an earlier state.
#[test]
fn a_lookup_sees_one_state_while_two_updates_are_published() {
    const KEY: &str = "key";
    // Ids are numbered as nodes are inserted, so those of a ring without threads are the same.
    let states: [&[&str]; 3] = [&["a"], &["a", "b"], &["a", "b", "c"]];
    let whole = move || states.map(|nodes| all_from(&ring(nodes), KEY));
    check(move || {
        let expected = whole();
        let shared = Arc::new(ring(&["a"]));
        let other = shared.clone();
        let writer = thread::spawn(move || ["b", "c"].iter().for_each(|node| insert(&other, node)));
        let expected = Arc::new((shared, expected));
        let look_twice = |(shared, expected): &(Arc<HashRing>, [Vec<NodeId>; 3])| {
            let seen = all_from(shared, KEY);
            let state = expected.iter().position(|state| *state == seen);
            let state = state.unwrap_or_else(|| panic!("{seen:?} is of no state: {expected:?}"));
            let first = shared.lookup(KEY);
            let later: Vec<_> = expected[state..].iter().map(|state| Some(state[0])).collect();
            assert!(later.contains(&first), "{first:?} after {seen:?}");
        };
        let others = spawn_each(OTHERS - 2, &expected, move |_, expected| look_twice(expected));
        look_twice(&expected);
        writer.join().unwrap();
        join_all(others);
        let (shared, expected) = &*expected;
        assert_eq!(all_from(shared, KEY), expected[2]);
    });
}

/// Invariant: where a node's slot goes to another, a lookup answers with the one or the other, or with nobody in
/// between; and an id stands for its own node or for none.
#[test]
fn an_id_whose_slot_went_to_another_node_is_stale() {
    check(|| {
        let shared = Arc::new(ring(&["old"]));
        let old = shared.lookup("key").unwrap();
        let other = shared.clone();
        let writer = thread::spawn(move || {
            assert!(other.remove("old"));
            insert(&other, "new");
        });
        if let Some(id) = shared.lookup("key") {
            let wanted: &[u8] = if id == old { b"old" } else { b"new" };
            match shared.node(id) {
                Some(node) => assert_eq!(&*node.name, wanted),
                None => assert_eq!(id, old, "who is found is known"),
            }
        }
        writer.join().unwrap();
        let new = shared.lookup("key").unwrap();
        assert_eq!((old.slot(), shared.node(old)), (new.slot(), None));
        assert_eq!(&*shared.node(new).unwrap().name, b"new");
    });
}

/// Invariant: a predicate is asked about nodes of the ring only, and who it accepts is the answer, whatever is
/// published meanwhile.
#[test]
fn a_predicate_is_asked_about_nodes_only() {
    check(|| {
        let shared = Arc::new(ring(&["a", "b"]));
        let other = shared.clone();
        let writer = thread::spawn(move || {
            assert!(other.remove("a"));
            insert(&other, "c");
        });
        let mut asked = Vec::new();
        let found = shared.lookup_where("key", |id| {
            asked.push(id);
            asked.len() == 2
        });
        // a, b and c were the first, second and third insertion; c has the slot of a.
        assert!(
            asked.iter().all(|id| [(0, 1), (1, 2), (0, 3)].contains(&(id.slot(), id.generation())))
        );
        assert_eq!(found, asked.get(1).copied());
        writer.join().unwrap();
    });
}

/// Invariant: of threads that each insert a node none is lost.
#[test]
fn writers_lose_nothing() {
    check(|| {
        let shared = Arc::new(ring(&[]));
        let writers = spawn_each(OTHERS / 2, &shared, |number, ring| insert(ring, NAMES[number]));
        insert(&shared, "here");
        join_all(writers);
        assert_eq!(all_from(&shared, "key").len(), 1 + OTHERS / 2);
        assert_eq!(shared.len(), 1 + OTHERS / 2);
    });
}
