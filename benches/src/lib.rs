//! What the benchmarks share: cases that take turns, and one closure on several threads, timed as a whole.

pub mod turns;

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The wall time in which `threads` threads together call `op` `iterations` times.
///
/// From the first thread's start to the last one's end, as they themselves saw it: with as many threads as
/// processors, whoever watches them may get none before they are done.
pub fn on_threads(threads: u32, iterations: u64, op: impl Fn() + Sync) -> Duration {
    let each = iterations / u64::from(threads);
    let start_line = Barrier::new(threads as usize);
    let run = || {
        start_line.wait();
        let start = Instant::now();
        for _ in 0..each {
            op();
        }
        (start, Instant::now())
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let times: Vec<_> = runs.into_iter().map(|run| run.join().expect("op panicked")).collect();
        let first = times.iter().map(|(start, _)| *start).min();
        let last = times.iter().map(|(_, end)| *end).max();
        last.zip(first).map_or(Duration::ZERO, |(last, first)| last.duration_since(first))
    })
}
