//! Every operation beside its peers, in one process and run, batch by batch in turn.
//!
//!     cargo bench -p resil-benches --bench beside -- [part of a row's name ...] [--json PATH] [--passes N]
//!
//! Prints for each case its best batch, its median batch, and both over those of the row's first case. `ci/bench`
//! makes benches/RESULTS.md of it. Rows are taken in several passes, each with objects made anew.

mod answers;
mod c_border;
mod clocks;
mod cold;
mod drift;
mod ewma;
mod hash_ring;
mod leaky_bucket;
mod per_key;
mod period_limiter;
mod pick_of_two;
mod rolling_window;
mod single_flight;
mod spin_lock;
mod sre_breaker;
mod token_bucket;

use std::fs;
use std::time::Duration;

use resil_benches::results::Results;
use resil_benches::row::{Row, processors};
use resil_core::Quota;

const HOUR: Duration = Duration::from_secs(3_600);
/// Permits a second that no loop of calls can use up.
const PLENTY: u32 = 1_000_000_000;
/// How many keys there are: fewer, and branch predictors learn them.
const KEYS: u64 = 1 << 16;

/// Never refused: a permit comes back each nanosecond.
fn plenty() -> Quota {
    Quota::new(PLENTY, Duration::from_secs(1), u32::MAX).expect("a quota")
}

/// A permit an hour: refused once the first is taken.
fn scarce() -> Quota {
    Quota::new(1, HOUR, 1).expect("a quota")
}

/// The key of a call: random, of `KEYS` different ones for the calls of one thread, and no other thread's.
fn key(call: u64) -> u64 {
    let thread = call >> 40;
    mixed((thread << 32) | (call % KEYS))
}

/// A random number for each number (SplitMix64's mix).
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What makes the rows of a file.
type Rows = fn() -> Vec<Row<'static>>;

const ROWS: [Rows; 14] = [
    clocks::rows,
    token_bucket::rows,
    leaky_bucket::rows,
    period_limiter::rows,
    per_key::rows,
    sre_breaker::rows,
    rolling_window::rows,
    ewma::rows,
    pick_of_two::rows,
    single_flight::rows,
    hash_ring::rows,
    spin_lock::rows,
    c_border::rows,
    cold::rows,
];

/// What the command line asks for.
#[derive(Default)]
struct Wanted {
    parts: Vec<String>,
    json: Option<String>,
    passes: Option<u32>,
}

impl Wanted {
    fn from_arguments() -> Self {
        let mut wanted = Self::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => wanted.json = arguments.next(),
                "--passes" => wanted.passes = arguments.next().and_then(|n| n.parse().ok()),
                // cargo says so to every benchmark.
                "--bench" => {}
                _ => wanted.parts.push(argument),
            }
        }
        wanted
    }

    fn wants(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| name.contains(part.as_str()))
    }
}

/// One pass over every row that is wanted.
fn pass(wanted: &Wanted, results: &mut Results) {
    let more = 2 * processors().max(2) as u32;
    for mut row in ROWS.into_iter().flat_map(|rows| rows()) {
        if !wanted.wants(&row.name()) {
            continue;
        }
        eprintln!("{}", row.name());
        results.add(row.alone());
        if row.is_for_threads() {
            results.add(row.crowded(2));
            results.add(row.crowded(more));
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--first", name] => return cold::print_first(name),
        ["--drift"] => return drift::print_drift(),
        _ => {}
    }
    let wanted = Wanted::from_arguments();
    let start = drift::Pair::now();
    let mut results = Results::default();
    for _ in 0..wanted.passes.unwrap_or(3) {
        pass(&wanted, &mut results);
    }
    if wanted.parts.is_empty() {
        cold::firsts(&mut results);
        drift::measured(&start, &mut results);
    }
    print!("{}", results.table());
    if let Some(path) = wanted.json {
        fs::write(path, results.json_lines()).expect("cannot write the results");
    }
}
