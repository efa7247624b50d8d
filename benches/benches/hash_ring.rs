//! Hash ring beside rings (pingora-ketama, hashring), maglev, jump hashing and rendezvous: keys of 16 bytes, the hash
//! included, our updates live.
//!
//! 65 536 keys: fewer, and branch predictors learn them. Each batch asks for all of them, after a batch that is not
//! measured, so that none pays for the tables of the one before.

use std::hint::black_box;
use std::sync::Arc;

use hashring::HashRing as TheirRing;
use hrw_hash::HrwNodes;
use jumphash::JumpHasher;
use maglev::{ConsistentHasher, Maglev};
use pingora_ketama::{Bucket, Continuum};
use resil_benches::row::Row;
use resil_core::HashRing;
use resil_core::hash_ring::Mode;
use xxhash_rust::xxh3::xxh3_64;

use crate::{KEYS, key};

const OPERATION: &str = "hash ring";
const SIZES: [u16; 3] = [10, 100, 1_000];
/// What others make of a node.
const POINTS: usize = 160;

pub fn keys() -> Arc<[[u8; 16]]> {
    let wide =
        |n: u64| [key(n), key(n | (1 << 40))].map(u64::to_be_bytes).concat().try_into().unwrap();
    (0..KEYS).map(wide).collect()
}

/// Addresses, which is all that pingora's nodes can be.
pub fn address(n: u16) -> String {
    format!("10.0.{}.{}:8080", n / 256, n % 256)
}

pub fn ring(ring: HashRing, nodes: u16, weight: u32) -> HashRing {
    for n in 0..nodes {
        ring.insert(address(n), weight).unwrap();
    }
    ring
}

pub fn continuum(nodes: u16) -> Continuum {
    let buckets = (0..nodes).map(|n| Bucket::new(address(n).parse().unwrap(), 1));
    Continuum::new(&buckets.collect::<Vec<_>>())
}

/// What is left of a lookup when nothing is looked for: the key read and hashed, and a word of the line that the hash
/// chooses, of as many lines as ours has.
fn floor(nodes: u16) -> impl Fn(&[u8; 16]) -> u64 {
    // At most five points a line on average, as `pure/hash_ring_lines.rs` has them.
    let lines = (usize::from(nodes) * POINTS).div_ceil(5).next_power_of_two();
    let table: Vec<[u64; 8]> = (0..lines as u64).map(|line| [key(line); 8]).collect();
    move |key| table[(xxh3_64(key) >> (64 - lines.trailing_zeros())) as usize][0]
}

/// The key of a call.
fn of(keys: &[[u8; 16]], call: u64) -> &[u8; 16] {
    black_box(&keys[(call % KEYS) as usize])
}

fn lookup(nodes: u16) -> Row<'static> {
    let pingora = continuum(nodes);
    let maglev = Maglev::new((0..nodes).map(address));
    let mut hashring = TheirRing::new();
    let points = (0..POINTS).flat_map(|point| (0..nodes).map(move |n| (point, address(n))));
    hashring.batch_add(points.collect());
    let jump = JumpHasher::new_with_keys(1, 2);
    let ours = ring(HashRing::new(), nodes, 1);
    let go_zero = ring(HashRing::compatible(Mode::GoZero), nodes, 100);
    let floor = floor(nodes);
    let keys = keys();
    let [k1, k2, k3, k4, k5, k6, k7] = std::array::from_fn(|_| Arc::clone(&keys));
    Row::new(OPERATION, format!("lookup, {nodes} nodes"))
        .batches_of(KEYS)
        .on_threads_too()
        .case("pingora-ketama", "none", move |call| pingora.node(of(&k1, call)))
        .case("maglev", "none", move |call| maglev.get(of(&k2, call)).is_some())
        .case("hashring", "none", move |call| hashring.get(of(&k3, call)).is_some())
        .case("jumphash", "none", move |call| jump.slot(of(&k4, call), nodes.into()))
        .case("resil", "none", move |call| ours.lookup(of(&k5, call)))
        .case("resil, go-zero's layout", "none", move |call| go_zero.lookup(of(&k6, call)))
        .case("(a hash and a line)", "none", move |call| floor(of(&k7, call)))
}

/// Rendezvous hashing looks at every node, so it is asked for fewer keys at a time.
fn rendezvous(nodes: u16) -> Row<'static> {
    let theirs = HrwNodes::new((0..nodes).map(address));
    let ours = ring(HashRing::new(), nodes, 1);
    let keys = keys();
    let twin = Arc::clone(&keys);
    Row::new(OPERATION, format!("lookup, {nodes} nodes, beside rendezvous"))
        .batches_of(1_024)
        .case("hrw-hash", "none", move |call| theirs.sorted(of(&keys, call)).next().is_some())
        .case("resil", "none", move |call| ours.lookup(of(&twin, call)))
}

/// The first three nodes of a key, as for copies.
fn three() -> Row<'static> {
    let pingora = continuum(100);
    let ours = ring(HashRing::new(), 100, 1);
    let keys = keys();
    let twin = Arc::clone(&keys);
    Row::new(OPERATION, "three distinct nodes of 100")
        .batches_of(1 << 14)
        .case("pingora-ketama", "none", move |call| {
            // Its iterator meets nodes again and again.
            let mut found = Vec::with_capacity(3);
            for node in pingora.node_iter(of(&keys, call)) {
                if !found.contains(node) {
                    found.push(*node);
                    if found.len() == 3 {
                        break;
                    }
                }
            }
            found
        })
        .case("resil", "none", move |call| ours.lookup_n(of(&twin, call), 3))
}

/// A node that comes and goes: what each update rebuilds.
fn update() -> Row<'static> {
    let buckets = (0..100).map(|n| Bucket::new(address(n).parse().unwrap(), 1));
    let buckets: Vec<_> = buckets.collect();
    let ours = ring(HashRing::new(), 100, 1);
    Row::new(OPERATION, "a node in and out of 100")
        .batches_of(8)
        .case("pingora-ketama, made anew", "none", move |_| Continuum::new(black_box(&buckets)))
        .case("resil", "none", move |_| {
            ours.insert("10.9.9.9:8080", 1).unwrap();
            ours.remove("10.9.9.9:8080")
        })
}

pub fn rows() -> Vec<Row<'static>> {
    let lookups = SIZES.into_iter().map(lookup);
    let others = SIZES.into_iter().map(rendezvous);
    lookups.chain(others).chain([three(), update()]).collect()
}
