//! A world in virtual time in which all primitives are used together, by a seed, with an oracle at every step.
//!
//! Requests come in bursts, evenly and not at all; time creeps, jumps, stands still and is read too early; the
//! quota and the breaker's mode are changed in mid-flight; the dependency browns out; callbacks panic, re-enter
//! and use everything else from inside. A request passes limit, rate, pace, flight and breaker, and what became
//! of it is recorded. Each file that is named after a primitive holds one, does to it what the world asks for, and
//! checks what it answers against books of its own: safety at every step, liveness where something was promised.

pub mod bend;
pub mod breaker;
pub mod bucket;
pub mod period;
pub mod queue;
pub mod recorded;
mod request;

use std::collections::BTreeMap;
use std::time::Duration;

use resil_core::{Clock, Instant, ManualClock, SingleFlight};

use self::bend::Bend;
use self::breaker::Guard;
use self::bucket::Bucket;
use self::period::Period;
use self::queue::Queue;
use self::recorded::Recorded;
use crate::branches::Branches;
use crate::seed::{Choices, Random};
use crate::single_flight_model::Callers;

/// A millisecond, in nanoseconds.
pub const MS: u64 = 1_000_000;
/// A second, in nanoseconds.
pub const SECOND: u64 = 1_000 * MS;
/// Readings are at most so much too early.
pub const MOST_SKEW: u64 = 2 * SECOND;
/// Steps of one world.
const STEPS: u32 = 400;

/// What a world may come to; each has to be, by the worlds of one run together.
pub const BRANCHES: &[&str] = &[
    "breaker: admitted again after a window without failures",
    "breaker: changed its mode",
    "breaker: forced a pass",
    "breaker: refused",
    "bucket: acquired by waiting",
    "bucket: cancelled",
    "bucket: changed its quota",
    "bucket: granted to who waited as told",
    "bucket: refused",
    "bucket: reservation came due",
    "call panicked",
    "call re-entered",
    "dependency browned out",
    "period: granted the last",
    "period: granted to who waited as told",
    "period: refused",
    "queue: made somebody wait",
    "queue: refused",
    "time jumped",
    "time stepped back",
    "time stood still",
    "window: expired something",
];

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    /// Apart by some milliseconds.
    Steady,
    /// Many at one instant.
    Burst,
    /// A second apart, more or less.
    Calm,
    /// Hours and days apart.
    Jumps,
}

/// What is due at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The same request again, by who was told to come back then.
    AskBucketAgain {
        /// Permits.
        permits: u32,
        /// The bucket was not touched since if it still is at this.
        state: u64,
    },
    /// As above.
    AskPeriodAgain {
        /// Permits.
        permits: u32,
        /// The limiter was not touched since if it still is at this.
        state: u64,
    },
    /// The call with this number comes back.
    Settle(u64),
    /// A reservation is cancelled, if it still stands.
    Cancel(u64),
}

/// The world.
#[derive(Debug)]
pub struct World<'a> {
    random: Random,
    clock: ManualClock,
    /// The time that passes; what is read may be earlier.
    now: u64,
    weather: Weather,
    /// Calls of the dependency fail, one in so many; none if 0.
    failing: u64,
    agenda: BTreeMap<(u64, u64), Due>,
    entries: u64,
    bucket: Bucket<'a>,
    period: Period<'a>,
    queue: Queue<'a>,
    guard: Guard<'a>,
    recorded: Recorded<'a>,
    flights: &'a SingleFlight<u8, u64>,
    crowd: &'a SingleFlight<u8, u64>,
    callers: Callers<'a>,
    bend: Option<Bend>,
    /// What was come to.
    branches: Branches,
}

/// Runs the world of `seed`.
///
/// # Panics
/// Where an oracle is not content.
pub fn run(seed: u64, bend: Option<Bend>) -> Branches {
    let mut random = Random::new(seed);
    let began = match random.pick(4) {
        0 => 0,
        1 => random.below(30 * 86_400 * SECOND),
        2 => 1_700_000_000 * SECOND,
        _ => Instant::MAX.as_nanos() - 4 * 365 * 86_400 * SECOND,
    };
    let clock = ManualClock::new(at(began));
    let bucket = bucket::any(&mut random, &clock);
    let period = period::any(&mut random, &clock);
    let queue = queue::any(&mut random, &clock);
    let breaker = breaker::any(&mut random, &clock);
    let window = recorded::any(&mut random, &clock);
    let (flights, crowd) = (SingleFlight::new(), SingleFlight::new());
    let mut branches = Branches::default();
    for branch in BRANCHES {
        branches.reach(branch, false);
    }
    let mut world = World {
        now: began,
        weather: Weather::Steady,
        failing: 0,
        agenda: BTreeMap::new(),
        entries: 0,
        bucket: Bucket::new(&bucket, bend),
        period: Period::new(&period, bend),
        queue: Queue::new(&queue, bend),
        guard: Guard::new(&breaker, bend),
        recorded: Recorded::new(&window, bend),
        flights: &flights,
        crowd: &crowd,
        callers: Callers::new(&crowd),
        bend,
        branches,
        clock,
        random,
    };
    for _ in 0..STEPS {
        world.step();
    }
    world.end()
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos).expect("worlds end before the clock does")
}

impl World<'_> {
    fn step(&mut self) {
        self.change_the_weather();
        let on_time = self.pass_time();
        let read = if on_time { self.now } else { self.read_early() };
        self.clock.set(at(read));
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= self.now)
        {
            let due = entry.remove();
            self.keep_appointment(due, read);
        }
        match self.random.pick(24) {
            0..=8 => self.request(read),
            9..=12 => self.ask_bucket(read),
            13 | 14 => self.reserve(read),
            15 => self.acquire(read),
            16 | 17 => self.ask_period(read),
            18 | 19 => self.queue_up(read),
            20 => {
                let changed = self.bucket.change(&mut self.random, read);
                self.branches.reach("bucket: changed its quota", changed);
            }
            21 => {
                let changed = self.guard.change_mode(&mut self.random);
                self.branches.reach("breaker: changed its mode", changed);
            }
            _ => {
                if self.bend == Some(Bend::FlightIsForgotten) {
                    let _ = self.crowd.forget(&(self.random.pick(3) as u8));
                }
                self.callers.step(&mut self.random);
            }
        }
        self.bucket.look(read);
        let expired = self.recorded.look(self.now);
        self.branches.reach("window: expired something", expired);
        self.guard.look(self.now);
    }

    fn end(mut self) -> Branches {
        // Whoever is still out comes back, and then all is as it was: nothing is stuck.
        while let Some(((then, _), due)) = self.agenda.pop_first() {
            self.now = self.now.max(then);
            self.clock.set(at(self.now));
            self.keep_appointment(due, self.now);
        }
        self.guard.recover(&mut self.now);
        self.bucket.refill(self.now);
        assert!(self.flights.is_empty(), "a call that is over is still under way");
        // What callers came to is for their own test.
        let _ = self.callers.end();
        self.branches
    }

    fn change_the_weather(&mut self) {
        if self.random.once_in(12) {
            use Weather::{Burst, Calm, Jumps, Steady};
            self.weather = *self.random.one_of(&[Steady, Steady, Burst, Burst, Calm, Calm, Jumps]);
        }
        if self.random.once_in(20) {
            self.failing = *self.random.one_of(&[0, 0, 1, 1, 2, 10]);
            self.branches.reach("dependency browned out", self.failing == 1);
        }
    }

    /// Lets time pass, to the next appointment at the most if it is kept to the nanosecond; whether it is.
    fn pass_time(&mut self) -> bool {
        let by = match self.weather {
            Weather::Burst => self.random.below(3) / 2,
            Weather::Steady => self.random.below(50 * MS),
            Weather::Calm => self.random.below(2 * SECOND),
            Weather::Jumps => self.random.below(20 * 3_600 * SECOND),
        };
        self.branches.reach("time stood still", by == 0);
        self.branches.reach("time jumped", by > 3_600 * SECOND);
        let then = self.now + by;
        let next = self.agenda.first_key_value().map(|((next, _), _)| *next);
        match next {
            Some(next) if next <= then && self.random.pick(4) > 0 => {
                self.now = self.now.max(next);
                true
            }
            _ => {
                self.now = then;
                false
            }
        }
    }

    fn read_early(&mut self) -> u64 {
        let early = match self.random.pick(8) {
            0 => self.random.below(MOST_SKEW),
            1 => self.random.below(2 * MS),
            _ => 0,
        };
        self.branches.reach("time stepped back", early > 0);
        self.now.saturating_sub(early)
    }

    fn enter(&mut self, then: u64, due: Due) {
        // Nobody waits for the last days of the clock; the end of the world needs some of them.
        if then > Instant::MAX.as_nanos() - 100 * 86_400 * SECOND {
            return;
        }
        self.entries += 1;
        self.agenda.insert((then, self.entries), due);
    }

    fn keep_appointment(&mut self, due: Due, read: u64) {
        match due {
            Due::AskBucketAgain { permits, state } if state == self.bucket.state() => {
                let told = self.bucket.ask(read, permits);
                // Who reads the clock early comes early.
                if read >= self.now {
                    assert!(told.is_none(), "who waited as told is refused {permits} permits");
                    self.branches.reach("bucket: granted to who waited as told", true);
                }
            }
            Due::AskPeriodAgain { permits, state } if state == self.period.state() => {
                let told = self.period.ask(read, permits).err();
                if read >= self.now {
                    assert!(told.is_none(), "who waited as told is refused {permits} permits");
                    self.branches.reach("period: granted to who waited as told", true);
                }
            }
            Due::Settle(call) => self.guard.settle(call, read),
            Due::Cancel(id) => {
                let cancelled = self.bucket.cancel(id, read);
                self.branches.reach("bucket: cancelled", cancelled);
            }
            _ => {}
        }
    }

    fn ask_bucket(&mut self, read: u64) {
        let permits = self.bucket.any_permits(&mut self.random);
        if let Some(wait) = self.bucket.ask(read, permits) {
            self.branches.reach("bucket: refused", true);
            if let Some(wait) = wait {
                let state = self.bucket.state();
                self.enter(read.saturating_add(wait), Due::AskBucketAgain { permits, state });
            }
        }
    }

    fn ask_period(&mut self, read: u64) {
        let permits = self.period.any_permits(&mut self.random);
        match self.period.ask(read, permits) {
            Ok(is_last) => self.branches.reach("period: granted the last", is_last),
            Err(wait) => {
                self.branches.reach("period: refused", true);
                if let Some(wait) = wait {
                    let state = self.period.state();
                    self.enter(read.saturating_add(wait), Due::AskPeriodAgain { permits, state });
                }
            }
        }
    }

    fn reserve(&mut self, read: u64) {
        let permits = self.bucket.any_permits(&mut self.random);
        let Some((id, ready_at)) = self.bucket.reserve(&mut self.random, read, permits) else {
            return;
        };
        self.branches.reach("bucket: reservation came due", ready_at > read);
        if self.random.once_in(3) {
            let then = read + self.random.below((ready_at - read).saturating_add(SECOND));
            self.enter(then.max(self.now), Due::Cancel(id));
        }
    }

    fn acquire(&mut self, read: u64) {
        let waited = self.bucket.acquire(&mut self.random, &self.clock, read);
        self.branches.reach("bucket: acquired by waiting", waited);
        self.now = self.now.max(self.clock.now().as_nanos());
    }

    fn queue_up(&mut self, read: u64) {
        let permits = self.queue.any_permits(&mut self.random);
        match self.queue.join(read, permits) {
            Some(waits) => self.branches.reach("queue: made somebody wait", waits),
            None => self.branches.reach("queue: refused", true),
        }
    }
}

/// A duration of so many nanoseconds.
const fn ns(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}
