//! What the benchmarks share: running one closure on several threads, timed as a whole.

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The wall time in which `threads` threads together call `op` `iterations` times.
pub fn on_threads(threads: u32, iterations: u64, op: impl Fn() + Sync) -> Duration {
    let each = iterations / u64::from(threads);
    let start_line = Barrier::new(threads as usize + 1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                start_line.wait();
                for _ in 0..each {
                    op();
                }
            });
        }
        start_line.wait();
        Instant::now()
    })
    .elapsed()
}
