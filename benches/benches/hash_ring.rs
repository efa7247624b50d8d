//! Hash ring beside maglev and pingora-ketama: keys of 16 bytes, the hash included, our updates live.
//!
//! 65 536 keys: fewer, and branch predictors learn them. Each batch asks for all of them, after a batch that is not
//! measured, so that none pays for the tables of the one before.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use maglev::{ConsistentHasher, Maglev};
use pingora_ketama::{Bucket, Continuum};
use resil_benches::on_threads;
use resil_core::HashRing;
use resil_core::hash_ring::Mode;

const KEYS: u64 = 1 << 16;
const SIZES: [u16; 3] = [10, 100, 1_000];

fn keys() -> Vec<[u8; 16]> {
    let spread = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    (0..KEYS).map(|n| [spread(n), spread(n + KEYS)].concat().try_into().unwrap()).collect()
}

/// Addresses, which is all that pingora's nodes can be.
fn address(n: u16) -> String {
    format!("10.0.{}.{}:8080", n / 256, n % 256)
}

fn ring(ring: HashRing, nodes: u16) -> HashRing {
    for n in 0..nodes {
        ring.insert(address(n), 1).unwrap();
    }
    ring
}

/// The time of so many lookups, in rounds of all keys.
fn rounds(keys: &[[u8; 16]], iterations: u64, look: impl Fn(&[u8; 16])) -> Duration {
    keys.iter().for_each(&look);
    let start = Instant::now();
    keys.iter().cycle().take(iterations as usize).for_each(look);
    start.elapsed()
}

fn lookup(c: &mut Criterion) {
    let mut group = c.benchmark_group("hash_ring_lookup");
    let keys = keys();
    for nodes in SIZES {
        let mut bench = |name: &str, look: &dyn Fn(&[u8; 16])| {
            group.bench_function(BenchmarkId::new(name, nodes), |b| {
                b.iter_custom(|iterations| rounds(&keys, iterations, look));
            });
        };
        let ours = ring(HashRing::new(), nodes);
        bench("resil", &|key| {
            black_box(ours.lookup(black_box(key)));
        });
        let go_zero = HashRing::compatible(Mode::GoZero);
        for n in 0..nodes {
            go_zero.insert(address(n), 100).unwrap();
        }
        bench("resil_go_zero", &|key| {
            black_box(go_zero.lookup(black_box(key)));
        });
        let ketama = ring(HashRing::compatible(Mode::Ketama), nodes);
        bench("resil_ketama", &|key| {
            black_box(ketama.lookup(black_box(key)));
        });
        let maglev = Maglev::new((0..nodes).map(address));
        bench("maglev", &|key| {
            black_box(maglev.get(black_box(key)));
        });
        let buckets = (0..nodes).map(|n| Bucket::new(address(n).parse().unwrap(), 1));
        let pingora = Continuum::new(&buckets.collect::<Vec<_>>());
        bench("pingora_ketama", &|key| {
            black_box(pingora.node(black_box(key)));
        });
    }
}

/// The first three nodes of a key, as for copies.
fn lookup_three(c: &mut Criterion) {
    let mut group = c.benchmark_group("hash_ring_lookup_3");
    let keys = keys();
    let ours = ring(HashRing::new(), 100);
    group.bench_function("resil", |b| {
        b.iter_custom(|iterations| {
            rounds(&keys, iterations, |key| drop(black_box(ours.lookup_n(black_box(key), 3))))
        });
    });
    let buckets = (0..100).map(|n| Bucket::new(address(n).parse().unwrap(), 1));
    let pingora = Continuum::new(&buckets.collect::<Vec<_>>());
    group.bench_function("pingora_ketama", |b| {
        b.iter_custom(|iterations| {
            rounds(&keys, iterations, |key| {
                // Its iterator meets nodes again and again.
                let mut found = Vec::with_capacity(3);
                for node in pingora.node_iter(black_box(key)) {
                    if !found.contains(node) {
                        found.push(*node);
                        if found.len() == 3 {
                            break;
                        }
                    }
                }
                black_box(&found);
            })
        });
    });
}

fn two_threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("hash_ring_lookup_2_threads");
    let ours = ring(HashRing::new(), 100);
    group.bench_function("resil", |b| {
        b.iter_custom(|iterations| {
            on_threads(2, iterations, || {
                black_box(ours.lookup(black_box(b"0123456789abcdef")));
            })
        });
    });
}

/// A node that comes and goes: what each update rebuilds.
fn update(c: &mut Criterion) {
    let mut group = c.benchmark_group("hash_ring_update");
    for nodes in SIZES {
        let ours = ring(HashRing::new(), nodes);
        group.bench_function(BenchmarkId::new("resil_insert_and_remove", nodes), |b| {
            b.iter(|| {
                ours.insert("10.9.9.9:8080", 1).unwrap();
                ours.remove("10.9.9.9:8080")
            });
        });
        let buckets =
            (0..nodes).map(|n| Bucket::new(address(n).parse().unwrap(), 1)).collect::<Vec<_>>();
        group.bench_function(BenchmarkId::new("pingora_ketama_made_anew", nodes), |b| {
            b.iter(|| Continuum::new(black_box(&buckets)));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = lookup, lookup_three, two_threads, update
}
criterion_main!(benches);
