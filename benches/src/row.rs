//! One operation, ours and the peers': cases that take turns, batch by batch, in one process.
//!
//! A shared machine changes speed by more than what is looked for. So each case runs for some microseconds, then the
//! next, some hundred times over; before every batch that is timed, some of it runs untimed, so that none pays for
//! the caches of the one before. On several threads a batch is milliseconds, or they would not meet.

use std::fmt;
use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::together;

/// A batch of one thread: far above the cost of timing it, far below a turn of the scheduler.
const BATCH: Duration = Duration::from_micros(15);
/// A batch of several threads, in all: far above the time in which they start.
const CROWD_BATCH: Duration = Duration::from_millis(2);
/// A batch of more threads than processors: some turns of the scheduler.
const QUEUE_BATCH: Duration = Duration::from_millis(16);
/// Batches of one thread, in each pass.
const ROUNDS: usize = 200;
/// Batches of all keys, or of several threads, in each pass.
const LONG_ROUNDS: usize = 12;

/// Calls an operation for each number of a range.
type Run<'a> = Box<dyn FnMut(Range<u64>) + 'a>;
/// The same, for threads.
type SharedRun<'a> = Box<dyn Fn(Range<u64>) + Sync + 'a>;

/// One operation, and everyone who does it.
pub struct Row<'a> {
    operation: &'static str,
    what: String,
    /// Calls in a batch, if they are to be so many: all keys.
    calls: Option<u64>,
    on_threads: bool,
    cases: Vec<Case<'a>>,
}

struct Case<'a> {
    who: &'static str,
    clock: &'static str,
    /// What comes before so many calls, and is not timed.
    prepare: Option<Box<dyn FnMut(u64) + 'a>>,
    run: Either<'a>,
    /// The number of the next call.
    next: u64,
}

enum Either<'a> {
    Own(Run<'a>),
    Shared(SharedRun<'a>),
}

/// What one case of one row took.
#[derive(Debug)]
pub struct Taken {
    /// The operation, of the twelve or beside them.
    pub operation: &'static str,
    /// What of it.
    pub what: String,
    /// How many threads called at once.
    pub threads: u32,
    /// Whose it is.
    pub who: &'static str,
    /// The clock that a call reads: kernel, counter, coarse, given (none, for the caller has read it) or none.
    pub clock: &'static str,
    /// Nanoseconds a call, batch by batch.
    pub batches: Vec<f64>,
}

impl Taken {
    /// The best batch, which is what it takes when nothing disturbs it, and the one in the middle.
    #[must_use]
    pub fn least_and_median(&self) -> (f64, f64) {
        let mut batches = self.batches.clone();
        batches.sort_by(f64::total_cmp);
        (batches[0], batches[batches.len() / 2])
    }
}

impl<'a> Row<'a> {
    /// `operation` is one of the twelve, or what stands beside them.
    #[must_use]
    pub fn new(operation: &'static str, what: impl Into<String>) -> Self {
        Self { operation, what: what.into(), calls: None, on_threads: false, cases: Vec::new() }
    }

    /// To be timed on several threads at once too.
    #[must_use]
    pub fn on_threads_too(self) -> Self {
        Self { on_threads: true, ..self }
    }

    /// Whether it is to be timed on several threads.
    #[must_use]
    pub fn is_for_threads(&self) -> bool {
        self.on_threads
    }

    /// Every batch is `calls` calls, after as many that are not timed: for what walks over as many keys.
    #[must_use]
    pub fn batches_of(self, calls: u64) -> Self {
        Self { calls: Some(calls), ..self }
    }

    /// One more case, which threads can share. `op` is told the number of the call.
    #[must_use]
    pub fn case<T>(
        self,
        who: &'static str,
        clock: &'static str,
        op: impl Fn(u64) -> T + Sync + 'a,
    ) -> Self {
        let run = move |calls: Range<u64>| {
            for call in calls {
                black_box(op(call));
            }
        };
        self.with(who, clock, Either::Shared(Box::new(run)))
    }

    /// One more case, of one owner.
    #[must_use]
    pub fn own<T>(
        self,
        who: &'static str,
        clock: &'static str,
        mut op: impl FnMut(u64) -> T + 'a,
    ) -> Self {
        let run = move |calls: Range<u64>| {
            for call in calls {
                black_box(op(call));
            }
        };
        self.with(who, clock, Either::Own(Box::new(run)))
    }

    /// One more case that loops by itself, such as one written in C.
    #[must_use]
    pub fn looping(
        self,
        who: &'static str,
        clock: &'static str,
        run: impl FnMut(Range<u64>) + 'a,
    ) -> Self {
        self.with(who, clock, Either::Own(Box::new(run)))
    }

    /// As `looping`; `prepare` is told how many calls come, and is not timed.
    #[must_use]
    pub fn prepared(
        mut self,
        who: &'static str,
        clock: &'static str,
        prepare: impl FnMut(u64) + 'a,
        run: impl FnMut(Range<u64>) + 'a,
    ) -> Self {
        let (prepare, run) = (Some(Box::new(prepare) as _), Either::Own(Box::new(run)));
        self.cases.push(Case { who, clock, prepare, run, next: 0 });
        self
    }

    fn with(mut self, who: &'static str, clock: &'static str, run: Either<'a>) -> Self {
        self.cases.push(Case { who, clock, prepare: None, run, next: 0 });
        self
    }

    /// What it is called: picks rows by a part of it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}: {}", self.operation, self.what)
    }

    /// Times all cases on one thread.
    #[must_use]
    pub fn alone(&mut self) -> Vec<Taken> {
        let sizes: Vec<u64> =
            self.cases.iter_mut().map(|case| self.calls.unwrap_or_else(|| case.size())).collect();
        let (rounds, warm) = match self.calls {
            Some(_) => (LONG_ROUNDS, 1),
            None => (ROUNDS, 4),
        };
        self.in_turn(1, rounds, |case, number| {
            case.time(sizes[number] / warm);
            case.time(sizes[number])
        })
    }

    /// Times those cases that threads can share on `threads` threads.
    #[must_use]
    pub fn crowded(&mut self, threads: u32) -> Vec<Taken> {
        self.cases.retain(|case| matches!(case.run, Either::Shared(_)));
        let batch = if threads as usize > processors() { QUEUE_BATCH } else { CROWD_BATCH };
        let sizes: Vec<u64> = self
            .cases
            .iter_mut()
            .map(|case| {
                let each = case.time_crowd(threads, 2_000);
                (batch.as_nanos() as f64 / each) as u64 / u64::from(threads) + 50
            })
            .collect();
        self.in_turn(threads, LONG_ROUNDS, |case, number| case.time_crowd(threads, sizes[number]))
    }

    fn in_turn(
        &mut self,
        threads: u32,
        rounds: usize,
        mut time: impl FnMut(&mut Case<'a>, usize) -> f64,
    ) -> Vec<Taken> {
        let mut taken: Vec<Taken> = self
            .cases
            .iter()
            .map(|case| Taken {
                operation: self.operation,
                what: self.what.clone(),
                threads,
                who: case.who,
                clock: case.clock,
                batches: Vec::with_capacity(rounds),
            })
            .collect();
        for _ in 0..rounds {
            for (number, case) in self.cases.iter_mut().enumerate() {
                taken[number].batches.push(time(case, number));
            }
        }
        taken
    }
}

impl Case<'_> {
    /// Nanoseconds a call, of so many calls.
    fn time(&mut self, calls: u64) -> f64 {
        let range = self.next..self.next + calls;
        self.next = range.end;
        if let Some(prepare) = &mut self.prepare {
            prepare(calls);
        }
        let start = Instant::now();
        match &mut self.run {
            Either::Own(run) => run(range),
            Either::Shared(run) => run(range),
        }
        start.elapsed().as_nanos() as f64 / calls as f64
    }

    /// Nanoseconds of wall time a call, of so many calls by each thread.
    fn time_crowd(&mut self, threads: u32, each: u64) -> f64 {
        let Either::Shared(run) = &self.run else { unreachable!("only shared cases are left") };
        // Each walks a stretch of its own, far from the others'.
        let first = |thread: u32| (u64::from(thread) << 40) + self.next;
        let taken = together(threads, |thread| run(first(thread)..first(thread) + each));
        self.next += each;
        taken.as_nanos() as f64 / (each * u64::from(threads)) as f64
    }

    /// So many calls that they take a batch.
    fn size(&mut self) -> u64 {
        self.time(1_000);
        let each = self.time(1_000).max(0.1);
        (BATCH.as_nanos() as f64 / each) as u64 + 50
    }
}

/// How many threads run at once.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("operation", &self.operation)
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}
