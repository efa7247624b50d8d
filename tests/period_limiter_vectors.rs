//! The timelines of `vectors/period_limiter.toml`, in the pure and in the shared form.

use std::time::Duration;

use resil_core::period_limiter::{Granted, Kind, Peek};
use resil_core::pure::period_limiter::{Config, State};
use resil_core::{Denied, Instant, ManualClock, PeriodLimiter};
use resil_tests::period_limiter_script::shared;
use resil_tests::timeline::{integer, steps};
use resil_tests::written::assert_written_by_its_script;
use toml::Table;

const VECTORS: &str = include_str!("vectors/period_limiter.toml");

/// One form of the limiter, as the timelines speak to it.
trait Lane {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<Granted, Denied>;
    fn peek(&mut self, now: Instant, permits: u32) -> Peek;
}

impl Lane for (Config, State) {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<Granted, Denied> {
        self.1.try_acquire(&self.0, now, permits)
    }

    fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        self.1.peek(&self.0, now, permits)
    }
}

/// Through the `_at` forms.
struct At(PeriodLimiter<ManualClock>);

impl Lane for At {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<Granted, Denied> {
        self.0.try_acquire_at(now, permits)
    }

    fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        let (peek, snapshot) = (self.0.peek_at(now, permits), self.0.snapshot_at(now));
        let shown = (snapshot.remaining, snapshot.reset_after);
        assert_eq!((peek.remaining, peek.reset_after), shown);
        peek
    }
}

/// Through the plain forms, on a clock that is set before each step.
struct OnClock(PeriodLimiter<ManualClock>);

impl Lane for OnClock {
    fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<Granted, Denied> {
        self.0.clock().set(now);
        self.0.try_acquire(permits)
    }

    fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        self.0.clock().set(now);
        self.0.peek(permits)
    }
}

fn lanes(timeline: &Table) -> [(&'static str, Box<dyn Lane>); 3] {
    let limit = integer(timeline, "limit").try_into().unwrap();
    let period = Duration::from_nanos(integer(timeline, "period_ns").try_into().unwrap());
    let kind = match timeline["kind"].as_str().unwrap() {
        "from_first_use" => Kind::FromFirstUse,
        "aligned" => {
            let utc_offset_secs = integer(timeline, "utc_offset_secs").try_into().unwrap();
            Kind::Aligned { utc_offset_secs }
        }
        "sliding" => Kind::Sliding,
        kind => panic!("unknown kind {kind}"),
    };
    let config = Config::new(limit, period, kind).unwrap();
    [
        ("pure", Box::new((config, State::new(&config)))),
        ("told the time", Box::new(At(shared(limit, period, kind)))),
        ("on a manual clock", Box::new(OnClock(shared(limit, period, kind)))),
    ]
}

/// An answer as the file writes it, durations in units of `unit` ns.
fn shown(answer: Result<Granted, Denied>, unit: u128) -> String {
    match answer {
        Ok(Granted::Granted) => "granted".into(),
        Ok(Granted::GrantedLast) => "granted_last".into(),
        Err(Denied::RetryAfter(wait)) => format!("retry_after {}", units(wait, unit)),
        Err(Denied::ExceedsLimit) => "exceeds_limit".into(),
    }
}

fn units(duration: Duration, unit: u128) -> u128 {
    let nanos = duration.as_nanos();
    assert_eq!(nanos % unit, 0, "{nanos} ns are no whole units");
    nanos / unit
}

fn answer(lane: &mut dyn Lane, now: Instant, unit: u128, words: &[&str]) -> String {
    match words {
        ["try_acquire", permits] => shown(lane.try_acquire(now, permits.parse().unwrap()), unit),
        ["peek", permits] => {
            let Peek { answer, remaining, reset_after } = lane.peek(now, permits.parse().unwrap());
            let reset_after = units(reset_after, unit);
            format!("{} remaining {remaining} reset_after {reset_after}", shown(answer, unit))
        }
        _ => panic!("unknown step {words:?}"),
    }
}

#[test]
fn every_timeline_comes_out_as_written_in_every_form() {
    let vectors: Table = VECTORS.parse().unwrap();
    let timelines = vectors["timeline"].as_array().unwrap();
    let mut count = 0;
    for timeline in timelines {
        let timeline = timeline.as_table().unwrap();
        let name = &timeline["name"];
        let unit = integer(timeline, "unit_ns").try_into().unwrap();
        for (form, mut lane) in lanes(timeline) {
            for step in steps(timeline) {
                let got = answer(lane.as_mut(), step.now, unit, &step.words);
                assert_eq!(got, step.answer, "{name}, {form}: {}", step.line);
                count += 1;
            }
        }
    }
    assert!(timelines.len() >= 20 && count >= 1_500, "{} {count}", timelines.len());
}

#[test]
fn the_file_is_what_its_script_writes() {
    assert_written_by_its_script("period_limiter");
}
