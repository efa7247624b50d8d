//! The timelines of `vectors/leaky_bucket.toml`, in the pure and in the shared form.

use std::time::Duration;

use resil_core::leaky_bucket::{Peek, QueuePeek, Slot};
use resil_core::pure::leaky_bucket::State;
use resil_core::{Denied, Instant, LeakyBucket, LeakyMeter, LeakyQueue, ManualClock, Quota};
use resil_tests::timeline::{integer, steps};
use resil_tests::written::assert_written_by_its_script;
use toml::Table;

const VECTORS: &str = include_str!("vectors/leaky_bucket.toml");

/// One form of the meter or the queue, as the timelines speak to it.
trait Lane {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<(), Denied>;
    fn try_reserve(
        &mut self,
        now: Instant,
        n: u32,
        within: Option<Duration>,
    ) -> Result<Slot, Denied>;
    fn peek(&mut self, now: Instant, permits: u32) -> Peek;
    fn peek_queue(&mut self, now: Instant, permits: u32) -> QueuePeek;
}

impl Lane for State {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<(), Denied> {
        State::try_acquire(self, now, permits)
    }

    fn try_reserve(
        &mut self,
        now: Instant,
        permits: u32,
        within: Option<Duration>,
    ) -> Result<Slot, Denied> {
        State::try_reserve(self, now, permits, within)
    }

    fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        State::peek(self, now, permits)
    }

    fn peek_queue(&mut self, now: Instant, permits: u32) -> QueuePeek {
        State::peek_queue(self, now, permits)
    }
}

/// The `_at` forms of both; a timeline asks one of them.
struct At(LeakyMeter, LeakyQueue);

impl Lane for At {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<(), Denied> {
        self.0.try_acquire_at(now, permits)
    }

    fn try_reserve(
        &mut self,
        now: Instant,
        permits: u32,
        within: Option<Duration>,
    ) -> Result<Slot, Denied> {
        match within {
            None => self.1.try_reserve_at(now, permits),
            within => self.1.try_reserve_within_at(now, permits, within),
        }
    }

    fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        self.0.peek_at(now, permits)
    }

    fn peek_queue(&mut self, now: Instant, permits: u32) -> QueuePeek {
        self.1.peek_at(now, permits)
    }
}

/// The plain forms of both, on a clock that is set before each step.
struct OnClock(LeakyMeter<ManualClock>, LeakyQueue<ManualClock>);

impl Lane for OnClock {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<(), Denied> {
        self.0.clock().set(now);
        self.0.try_acquire(permits)
    }

    fn try_reserve(
        &mut self,
        now: Instant,
        permits: u32,
        within: Option<Duration>,
    ) -> Result<Slot, Denied> {
        self.1.clock().set(now);
        match within {
            None => self.1.try_reserve(permits),
            within => self.1.try_reserve_within(permits, within),
        }
    }

    fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        self.0.clock().set(now);
        let (peek, snapshot) = (self.0.peek(permits), self.0.snapshot());
        let shown = (snapshot.remaining, snapshot.reset_after);
        assert_eq!((peek.remaining, peek.reset_after), shown);
        peek
    }

    fn peek_queue(&mut self, now: Instant, permits: u32) -> QueuePeek {
        self.1.clock().set(now);
        let (peek, snapshot) = (self.1.peek(permits), self.1.snapshot());
        let shown = (snapshot.remaining, snapshot.reset_after);
        assert_eq!((peek.remaining, peek.reset_after), shown);
        peek
    }
}

fn lanes(timeline: &Table) -> [(&'static str, Box<dyn Lane>); 3] {
    let number = |key| u32::try_from(integer(timeline, key)).unwrap();
    let period = Duration::from_nanos(integer(timeline, "period_ns") as u64);
    let quota = Quota::new(number("permits"), period, number("burst")).unwrap();
    let (meter, queue) = (LeakyBucket::meter(quota), LeakyBucket::queue(quota));
    let clock = ManualClock::default();
    let on_clock = OnClock(
        LeakyBucket::meter(quota).with_clock(clock.clone()),
        LeakyBucket::queue(quota).with_clock(clock),
    );
    [
        ("pure", Box::new(State::new(&quota))),
        ("told the time", Box::new(At(meter, queue))),
        ("on a manual clock", Box::new(on_clock)),
    ]
}

/// An answer as the file writes it, durations in units of `unit` ns.
fn shown<T>(answer: Result<T, Denied>, unit: u128, granted: impl Fn(T) -> String) -> String {
    match answer {
        Ok(value) => granted(value),
        Err(Denied::RetryAfter(wait)) => format!("retry_after {}", units(wait, unit)),
        Err(Denied::ExceedsLimit) => "exceeds_limit".into(),
    }
}

fn units(duration: Duration, unit: u128) -> String {
    let nanos = duration.as_nanos();
    assert_eq!(nanos % unit, 0, "{nanos} ns are no whole units");
    (nanos / unit).to_string()
}

fn answer(lane: &mut dyn Lane, kind: &str, now: Instant, unit: u128, words: &[&str]) -> String {
    let permits = words[1].parse().unwrap();
    let ready = |wait| format!("ready_after {}", units(wait, unit));
    let left =
        |remaining, reset| format!(" remaining {remaining} reset_after {}", units(reset, unit));
    match (kind, words) {
        ("meter", ["try_acquire", _]) => {
            shown(lane.try_acquire(now, permits), unit, |()| "granted".into())
        }
        ("meter", ["peek", _]) => {
            let peek = lane.peek(now, permits);
            let answer = shown(peek.answer, unit, |()| "granted".into());
            answer + &left(peek.remaining, peek.reset_after)
        }
        ("queue", ["try_reserve", _]) => {
            shown(lane.try_reserve(now, permits, None), unit, |slot| ready(slot.ready_after()))
        }
        ("queue", ["try_reserve_within", _, within]) => {
            let within = u64::try_from(unit).unwrap() * within.parse::<u64>().unwrap();
            let answer = lane.try_reserve(now, permits, Some(Duration::from_nanos(within)));
            shown(answer, unit, |slot| ready(slot.ready_after()))
        }
        ("queue", ["peek", _]) => {
            let peek = lane.peek_queue(now, permits);
            shown(peek.answer, unit, ready) + &left(peek.remaining, peek.reset_after)
        }
        _ => panic!("unknown step {words:?} of a {kind}"),
    }
}

#[test]
fn every_timeline_comes_out_as_written_in_every_form() {
    let vectors: Table = VECTORS.parse().unwrap();
    let timelines = vectors["timeline"].as_array().unwrap();
    let mut count = 0;
    for timeline in timelines {
        let timeline = timeline.as_table().unwrap();
        let (name, kind) = (&timeline["name"], timeline["kind"].as_str().unwrap());
        let unit = integer(timeline, "unit_ns").try_into().unwrap();
        for (form, mut lane) in lanes(timeline) {
            for step in steps(timeline) {
                let got = answer(lane.as_mut(), kind, step.now, unit, &step.words);
                assert_eq!(got, step.answer, "{name}, {form}: {}", step.line);
                count += 1;
            }
        }
    }
    assert!(timelines.len() >= 15 && count >= 3_000, "{} {count}", timelines.len());
}

#[test]
fn the_file_is_what_its_script_writes() {
    assert_written_by_its_script("leaky_bucket");
}
