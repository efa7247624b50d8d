//! The hash ring against its slow model, what its types promise, and what other threads see of an update.

mod random_bytes;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use random_bytes::on_random_bytes;
use resil_core::HashRing;
use resil_core::hash_ring::{ConfigError, Inserted, Mode, Node, NodeId, Snapshot};
use resil_tests::branches::Branches;
use resil_tests::corpus::corpus;
use resil_tests::hash_ring_model::Model;
use resil_tests::hash_ring_random::{BRANCHES, made, run};

#[test]
fn a_ring_answers_as_the_slow_model_for_any_script() {
    let reached = RefCell::new(Branches::default());
    on_random_bytes("hash_ring_model", 250, 400, |bytes| reached.borrow_mut().add(&run(bytes)));
    reached.borrow().assert_reached(BRANCHES, 3);
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    for seed in corpus("hash_ring") {
        run(&seed);
    }
}

/// As many nodes as crowd some of a ring's lines, in each layout.
#[test]
fn a_ring_of_a_hundred_nodes_answers_as_the_slow_model_for_many_keys() {
    for mode in [None, Some(Mode::GoZero), Some(Mode::Ketama)] {
        let (ring, layout) = made(mode, 160);
        let mut model = Model::new(layout);
        for n in 0..100 {
            let (node, weight) =
                (format!("localhost:{n}"), if mode == Some(Mode::GoZero) { 100 } else { 1 });
            ring.insert(&node, weight).unwrap();
            model.insert(node.as_bytes(), weight);
        }
        let points = model.points();
        let owner = |key: &[u8]| {
            let position = layout.position(key);
            let nodes = points.range(position..).next().or(points.first_key_value()).unwrap().1;
            nodes[layout.choose(key, nodes.len())]
        };
        for key in 0..20_000_u32 {
            let key = key.to_string();
            let found = ring.node(ring.lookup(&key).unwrap()).unwrap();
            assert_eq!(&*found.name, owner(key.as_bytes()), "{key} in {mode:?}");
        }
    }
}

#[test]
fn a_node_that_comes_or_goes_moves_its_own_keys_only() {
    let ring = HashRing::new();
    for n in 0..20 {
        ring.insert(format!("node {n}"), 1).unwrap();
    }
    let owners = || (0..5_000_u32).map(|key| ring.lookup(key.to_le_bytes())).collect::<Vec<_>>();
    let before = owners();
    let new = ring.insert("one more", 3).unwrap().id();
    let with = owners();
    assert!(with.contains(&Some(new)));
    assert!(before.iter().zip(&with).all(|(before, with)| with == before || *with == Some(new)));
    assert!(ring.remove("one more"));
    assert_eq!(owners(), before);
}

#[test]
fn go_zero_s_own_example_comes_out_and_a_removal_moves_no_other_s_keys() {
    let ring = HashRing::compatible(Mode::GoZero);
    for n in 0..20 {
        ring.insert(format!("localhost:{n}"), 100).unwrap();
    }
    let owners = || -> Vec<_> {
        let owner = |key: u32| ring.node(ring.lookup(key.to_string()).unwrap()).unwrap().name;
        (1_000..1_012).map(|key| String::from_utf8(owner(key)[10..].to_vec()).unwrap()).collect()
    };
    let expected = ["15", "16", "14", "3", "10", "19", "3", "16", "17", "5", "0", "15"];
    assert_eq!(owners(), expected);
    assert_eq!(ring.snapshot().points, 2_000);
    assert!(ring.remove("localhost:13"));
    assert_eq!(owners(), expected);
    assert_eq!(ring.snapshot().points, 1_900);
}

/// Removing a node used to take points of others with the same hash there.
#[test]
fn in_go_zero_s_layout_too_a_node_takes_its_own_points_only_with_it() {
    let ring = HashRing::compatible(Mode::GoZero);
    ring.insert("a", 10).unwrap();
    let other = ring.insert("a1", 100).unwrap().id();
    let alone = HashRing::compatible(Mode::GoZero);
    alone.insert("a1", 100).unwrap();
    assert!(ring.remove("a"));
    assert_eq!(ring.snapshot(), alone.snapshot());
    assert_eq!(ring.lookup("any"), Some(other));
}

#[test]
fn lookups_beside_live_updates_see_whole_states_only() {
    const UPDATES: u32 = 400;
    let ring = HashRing::with_virtual_nodes(40).unwrap();
    for n in 0..12 {
        ring.insert(format!("node {n}"), 1).unwrap();
    }
    // The states that the writer goes through, again and again, as lists of names.
    let steps: [(&str, Option<u32>); 4] =
        [("node 3", Some(5)), ("guest", Some(2)), ("node 3", Some(1)), ("guest", None)];
    let apply = |ring: &HashRing, (node, weight): (&str, Option<u32>)| match weight {
        Some(weight) => drop(ring.insert(node, weight).unwrap()),
        None => assert!(ring.remove(node)),
    };
    let keys: Vec<_> = (0..64_u32).map(u32::to_le_bytes).collect();
    let mut whole: Vec<BTreeSet<Vec<usize>>> = vec![BTreeSet::new(); keys.len()];
    // The guest has another id each time; its slot tells it.
    let slots = |ids: Vec<NodeId>| ids.iter().map(|id| id.slot()).collect::<Vec<_>>();
    for step in steps {
        apply(&ring, step);
        for (key, whole) in keys.iter().zip(&mut whole) {
            whole.insert(slots(ring.lookup_n(key, 5)));
        }
    }
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Relaxed) {
                for (key, whole) in keys.iter().zip(&whole) {
                    let found = slots(ring.lookup_n(key, 5));
                    assert!(whole.contains(&found), "{found:?} is of no state: {whole:?}");
                    let first = ring.lookup(key).expect("nodes stay").slot();
                    assert!(whole.iter().any(|whole| whole[0] == first), "{first}");
                    let accepted = ring.lookup_where(key, |id| id.slot() != first);
                    assert!(accepted.is_some_and(|id| id.slot() != first));
                    seen.insert(found);
                }
            }
            seen.len()
        });
        for update in 0..UPDATES {
            for step in steps {
                apply(&ring, step);
            }
            if update % 16 == 0 {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(seen > 0);
    assert_eq!(ring.len(), 12);
}

#[test]
fn what_a_ring_refuses_names_the_field_and_changes_nothing() {
    assert_eq!(HashRing::with_virtual_nodes(0).err(), Some(ConfigError::VirtualNodesIsZero));
    let too_many = HashRing::with_virtual_nodes((1 << 24) + 1).err();
    assert_eq!(too_many, Some(ConfigError::VirtualNodesTooMany));
    let ring = HashRing::with_virtual_nodes(1 << 10).unwrap();
    ring.insert("a", 4).unwrap();
    let before = ring.snapshot();
    assert_eq!(ring.insert("a", 65_536), Err(ConfigError::WeightTooHigh));
    assert_eq!(ring.insert("b", 1 << 14), Err(ConfigError::TooManyPoints));
    assert_eq!(ring.snapshot(), before);
    let ketama = HashRing::compatible(Mode::Ketama);
    assert_eq!(ketama.insert("a", 0), Err(ConfigError::WeightIsZero));
    assert!(ketama.is_empty());
    for (error, field) in [
        (ConfigError::VirtualNodesIsZero, "virtual_nodes"),
        (ConfigError::VirtualNodesTooMany, "virtual_nodes"),
        (ConfigError::NodeTooLong, "node"),
        (ConfigError::WeightTooHigh, "weight"),
        (ConfigError::WeightIsZero, "weight"),
        (ConfigError::WeightAboveTotal, "weight"),
        (ConfigError::TooManyNodes, "nodes"),
        (ConfigError::TooManyPoints, "points"),
        (ConfigError::EpsilonOutOfRange, "epsilon"),
        (ConfigError::TotalWeightIsZero, "total_weight"),
    ] {
        assert_eq!(error.to_string().split(' ').next(), Some(field));
    }
}

#[test]
fn bounded_load_leaves_nobody_above_the_limit_and_refuses_nobody() {
    let ring = HashRing::new();
    for (node, weight) in [("a", 1), ("b", 2), ("c", 5)] {
        ring.insert(node, weight).unwrap();
    }
    let total = ring.snapshot().total_weight;
    let mut loads = [0_u64; 3];
    for request in 0..4_000_u64 {
        let limit = |id: NodeId| {
            let weight = ring.node(id).unwrap().weight;
            HashRing::bounded_load_limit(request, weight, total, 0.1).unwrap()
        };
        // One key in two is the same: without a bound its node would have half of all.
        let key = if request % 2 == 0 { 0 } else { request };
        let found = ring.lookup_where(key.to_le_bytes(), |id| loads[id.slot()] < limit(id));
        let found = found.expect("somebody is below the limit");
        loads[found.slot()] += 1;
        assert!(loads[found.slot()] <= limit(found));
    }
}

#[test]
fn what_a_user_holds_goes_to_any_thread_and_shows_itself() {
    fn any_thread<T: Send + Sync + Unpin>() {}
    any_thread::<HashRing>();
    any_thread::<(NodeId, Node, Inserted, Snapshot, Mode, ConfigError)>();
    assert_eq!(size_of::<Option<NodeId>>(), 8);
    let ring = HashRing::default();
    let id = ring.insert("a", 2).unwrap().id();
    assert_eq!(format!("{id:?}"), "NodeId(0, generation 1)");
    assert_eq!(NodeId::from_bits(id.to_bits()), Some(id));
    assert_eq!(NodeId::from_bits(0), None);
    assert_eq!(
        format!("{ring:?}"),
        "HashRing(Snapshot { mode: None, virtual_nodes: 160, nodes: 1, total_weight: 2, points: 320 })"
    );
    let foreign = NodeId::from_bits(u64::MAX).unwrap();
    assert_eq!((ring.node(foreign), foreign.slot()), (None, 65_535));
}
