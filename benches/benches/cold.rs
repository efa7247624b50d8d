//! What comes before the caches are warm: first calls of a process, a lookup after other work, one object of many.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use governor::clock::{MonotonicClock as GovernorMonotonic, QuantaClock as GovernorQuanta};
use governor::{RateLimiter, clock};
use maglev::{ConsistentHasher, Maglev};
use resil_benches::results::Results;
use resil_benches::row::Row;
use resil_core::{HashRing, QuantaClock, SreBreaker, TokenBucket};

use crate::hash_ring::{address, continuum, keys, ring};
use crate::token_bucket::their_plenty;
use crate::{KEYS, key, plenty};

const OPERATION: &str = "cold";
/// Lookups after each time that other work has taken the caches.
const LOOKUPS: u64 = 64;
/// Twice what the last level of most caches holds.
const OTHER_WORK: usize = 64 << 20;
/// Processes started for each first call.
const STARTS: usize = 15;

/// Writes to as much memory as drives everything else out of the caches.
fn other_work() -> impl FnMut(u64) {
    let mut memory = vec![0_u8; OTHER_WORK];
    move |_| {
        for line in memory.iter_mut().step_by(64) {
            *line = line.wrapping_add(1);
        }
        black_box(&memory);
    }
}

/// Lookups in rings of 1 000 nodes whose tables other work has driven out of the caches. The keys are read first.
fn lookup() -> Row<'static> {
    fn lookups<T>(look: impl Fn(&[u8; 16]) -> T) -> impl FnMut(std::ops::Range<u64>) {
        let keys = keys();
        move |calls| {
            for call in calls {
                black_box(look(&keys[(key(call) % KEYS) as usize]));
            }
        }
    }
    let pingora = continuum(1_000);
    let maglev = Maglev::new((0..1_000).map(address));
    let ours = ring(HashRing::new(), 1_000, 1);
    Row::new(OPERATION, "lookup, 1000 nodes")
        .batches_of(LOOKUPS)
        .prepared("pingora-ketama", "none", other_work(), lookups(move |key| pingora.node(key)))
        .prepared("maglev", "none", other_work(), lookups(move |key| maglev.get(key).cloned()))
        .prepared("resil", "none", other_work(), lookups(move |key| ours.lookup(key)))
}

/// One of so many limiters at random: its lines lie in no near cache, and of 65 536 its page in no near table either.
fn one_of_many(count: u64) -> Row<'static> {
    let counter = GovernorQuanta::default();
    let theirs: Vec<_> = (0..count)
        .map(|_| RateLimiter::direct_with_clock(their_plenty(), counter.clone()))
        .collect();
    let ours: Vec<_> =
        (0..count).map(|_| TokenBucket::new(plenty()).with_clock(QuantaClock::new())).collect();
    let at = move |call: u64| (key(call) % count) as usize;
    Row::new(OPERATION, format!("one of {count} token buckets"))
        .batches_of(count)
        .case("governor", "counter", move |call| theirs[at(call)].check().is_ok())
        .case("resil", "counter", move |call| ours[at(call)].try_acquire(black_box(1)).is_ok())
}

pub fn rows() -> Vec<Row<'static>> {
    vec![lookup(), one_of_many(KEYS / 2), one_of_many(KEYS)]
}

/// Makes something, asks it twice, and says what each took.
type First = fn() -> [f64; 3];

/// The first calls that a process of its own can make.
const FIRSTS: [(&str, First); 6] = [
    ("resil token bucket, kernel clock", || {
        made_and_asked(|| TokenBucket::new(plenty()), |bucket| bucket.try_acquire(1).is_ok())
    }),
    ("resil token bucket, counter", || {
        let make = || TokenBucket::new(plenty()).with_clock(QuantaClock::new());
        made_and_asked(make, |bucket| bucket.try_acquire(1).is_ok())
    }),
    ("resil breaker", || {
        made_and_asked(SreBreaker::default, |breaker| {
            breaker.try_acquire().map(|permit| permit.success()).is_ok()
        })
    }),
    ("governor, kernel clock", || {
        let make = || RateLimiter::direct_with_clock(their_plenty(), GovernorMonotonic);
        made_and_asked(make, |limiter| limiter.check().is_ok())
    }),
    ("governor, counter", || {
        let make = || RateLimiter::direct_with_clock(their_plenty(), clock::QuantaClock::default());
        made_and_asked(make, |limiter| limiter.check().is_ok())
    }),
    ("recloser", || {
        let make = || recloser::Recloser::custom().build();
        made_and_asked(make, |breaker| breaker.call(|| Ok::<_, ()>(())).is_ok())
    }),
];

/// Nanoseconds of making something, of its first call and of its second.
fn made_and_asked<T>(make: impl FnOnce() -> T, ask: impl Fn(&T) -> bool) -> [f64; 3] {
    let start = Instant::now();
    let made = black_box(make());
    let is_made = Instant::now();
    black_box(ask(&made));
    let first = Instant::now();
    black_box(ask(&made));
    let second = Instant::now();
    [is_made - start, first - is_made, second - first].map(|taken| taken.as_nanos() as f64)
}

/// In a process started by `firsts`: makes first calls and prints what they took.
pub fn print_first(name: &str) {
    let (_, first) = FIRSTS.iter().find(|(known, _)| *known == name).expect("one of FIRSTS");
    let [made, first, second] = first();
    println!("{made} {first} {second}");
}

/// Starts processes that do nothing but make something and ask it twice.
pub fn firsts(results: &mut Results) {
    let program = std::env::current_exe().expect("a program knows its path");
    for (name, _) in FIRSTS {
        let mut taken: Vec<[f64; 3]> = (0..STARTS)
            .map(|_| {
                let output = Command::new(&program).args(["--first", name]).output().unwrap();
                let text = String::from_utf8(output.stdout).unwrap();
                let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
                std::array::from_fn(|_| numbers.next().expect("three numbers"))
            })
            .collect();
        for (place, what) in ["made", "first call", "second call"].into_iter().enumerate() {
            taken.sort_by(|a, b| a[place].total_cmp(&b[place]));
            results.note("first calls", format!("{name}: {what}"), taken[STARTS / 2][place]);
        }
    }
}
