//! What the benchmarks share: rows of cases that take turns, and one closure on several threads, timed as a whole.

pub mod results;
pub mod row;

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The wall time in which `threads` threads together call `op` `iterations` times.
///
/// From the first thread's start to the last one's end, as they themselves saw it: with as many threads as
/// processors, whoever watches them may get none before they are done.
pub fn on_threads(threads: u32, iterations: u64, op: impl Fn() + Sync) -> Duration {
    let each = iterations / u64::from(threads);
    together(threads, |_| (0..each).for_each(|_| op()))
}

/// The wall time in which `threads` threads, each told its number, run `work` once.
pub fn together(threads: u32, work: impl Fn(u32) + Sync) -> Duration {
    let start_line = Barrier::new(threads as usize);
    let run = |number| {
        start_line.wait();
        let start = Instant::now();
        work(number);
        (start, Instant::now())
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|number| scope.spawn(move || run(number))).collect();
        let times: Vec<_> = runs.into_iter().map(|run| run.join().expect("op panicked")).collect();
        let first = times.iter().map(|(start, _)| *start).min();
        let last = times.iter().map(|(_, end)| *end).max();
        last.zip(first).map_or(Duration::ZERO, |(last, first)| last.duration_since(first))
    })
}
