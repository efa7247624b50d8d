//! Cases that take turns: for ratios that hold on a machine that is shared.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A batch is so long: far above the cost of timing it, far below a turn of the scheduler.
const BATCH: Duration = Duration::from_micros(15);

/// Cases of one row, ours and the peers', timed batch by batch in turn.
#[derive(Default)]
pub struct Turns<'a> {
    cases: Vec<Case<'a>>,
}

struct Case<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u64) + 'a>,
}

/// What a case took: nanoseconds an operation.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The best batch: what it takes when nothing disturbs it.
    pub least: f64,
    /// The batch in the middle.
    pub median: f64,
}

impl<'a> Turns<'a> {
    /// One more case.
    #[must_use]
    pub fn case<T>(mut self, name: &'static str, mut op: impl FnMut() -> T + 'a) -> Self {
        let run = move |times| {
            for _ in 0..times {
                black_box(op());
            }
        };
        self.cases.push(Case { name, run: Box::new(run) });
        self
    }

    /// Runs `rounds` batches of each case, each after a quarter as many calls that are not timed.
    #[must_use]
    pub fn take(mut self, rounds: usize) -> Vec<(&'static str, Cost)> {
        let sizes: Vec<u64> = self.cases.iter_mut().map(Case::batch_size).collect();
        let mut times = vec![Vec::with_capacity(rounds); self.cases.len()];
        for _ in 0..rounds {
            for ((case, times), size) in self.cases.iter_mut().zip(&mut times).zip(&sizes) {
                (case.run)(size / 4);
                times.push(case.time(*size));
            }
        }
        let costs = times.into_iter().map(|mut times| {
            times.sort_by(f64::total_cmp);
            Cost { least: times[0], median: times[times.len() / 2] }
        });
        self.cases.iter().map(|case| case.name).zip(costs).collect()
    }
}

impl Case<'_> {
    /// Nanoseconds a call, of so many calls.
    fn time(&mut self, calls: u64) -> f64 {
        let start = Instant::now();
        (self.run)(calls);
        start.elapsed().as_nanos() as f64 / calls as f64
    }

    fn batch_size(&mut self) -> u64 {
        self.time(1_000);
        let each = self.time(1_000).max(0.1);
        (BATCH.as_nanos() as f64 / each) as u64 + 50
    }
}

impl fmt::Debug for Turns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.cases.iter().map(|case| case.name)).finish()
    }
}
