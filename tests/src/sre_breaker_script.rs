//! Scripts of asks and outcomes with times, drawn from bytes, and the run that compares both forms of the
//! breaker with the slow model.
//!
//! Draws cluster at the share to refuse, one 1024th to either side; times at the edges of buckets and of the
//! window, at the time after which a pass is forced, and backwards.

use std::fmt::Write;

use resil_core::pure::sre_breaker::{Config, State};
use resil_core::sre_breaker::{Mode, Outcome, Refusals, Rejected};
use resil_core::{Instant, ManualClock, SreBreaker};

use crate::bytes::Bytes;
use crate::reached::Reached;
use crate::sre_breaker_model::{Law, Model, Verdict};

const LAST_INSTANT: u64 = i64::MAX as u64;
/// Calls in one script, at most: enough to fall into trouble and out of it, short enough to read.
const MOST_CALLS: usize = 80;

/// What a run may come to.
pub const BRANCHES: &[&str] = &[
    "passed",
    "forced through",
    "lucky",
    "would be refused",
    "refused",
    "forced open",
    "by the last 1024th",
    "outcome counted",
    "outcome of a bucket that had left",
    "eased by a working run",
    "saw a ratio",
    "saw no ratio",
    "time stepped back",
];

/// A call, as a step of `tests/vectors/` writes it.
#[derive(Clone, Copy, Debug)]
enum Call {
    /// With a draw of so many 1024ths.
    Ask(u32),
    Settle(Outcome, u32),
    Mode(Mode),
    Snapshot,
}

/// The constants of a breaker, and the bytes that say what happens to it.
struct Script<'a> {
    bytes: Bytes<'a>,
    law: Law,
    now: u64,
}

fn any_law(bytes: &mut Bytes<'_>) -> Law {
    // Quarters of 1, 2, 4 and a few between.
    let multiplier = [4, 5, 6, 8, 11, 16][bytes.pick(6) as usize];
    let with_runs = bytes.pick(2) == 1;
    let least = (with_runs && bytes.pick(3) > 0).then(|| 4 + bytes.pick(multiplier - 3) as u32);
    Law {
        width_ns: [1_000, 1_007, 250_000_000, 1_000_000_000, 1 << 40][bytes.pick(5) as usize],
        buckets: if with_runs { 1 << bytes.pick(5) } else { 1 + bytes.pick(12) as u32 },
        multiplier: multiplier as u32,
        by_success_ratio: least.is_none() && matches!(multiplier, 4 | 8 | 16) && bytes.pick(2) == 0,
        least,
        protection: [0, 0, 1, 5][bytes.pick(4) as usize],
        padding: [1, 1, 0, 8][bytes.pick(4) as usize],
        min_requests: [0, 0, 0, 10][bytes.pick(4) as usize],
        min_rps: [0, 0, 0, 3][bytes.pick(4) as usize],
        most: [8, 8, 8, 7, 4, 0][bytes.pick(6) as usize],
        recovery: with_runs && bytes.pick(2) == 1,
        refusals: [Refusals::Uncounted, Refusals::AsFailures, Refusals::Apart]
            [bytes.pick(3) as usize],
        forced_pass_after_ns: match bytes.pick(4) {
            0 => Some(0),
            1 => Some(bytes.number(2)),
            2 => Some(1_000_000_000),
            _ => None,
        },
    }
}

impl<'a> Script<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut bytes = Bytes(bytes);
        let law = any_law(&mut bytes);
        let now = match bytes.pick(4) {
            0 => 0,
            1 => law.width_ns * u64::from(law.buckets),
            2 => LAST_INSTANT - law.width_ns,
            _ => bytes.number(8) >> 2,
        };
        Self { bytes, law, now }
    }

    fn next(&mut self, model: &Model) -> Option<Call> {
        if self.bytes.is_empty() {
            return None;
        }
        self.step_time();
        Some(match self.bytes.pick(20) {
            0..=7 => Call::Ask(self.draw(model)),
            8..=11 => Call::Settle(Outcome::Failure, self.many()),
            12..=15 => Call::Settle(Outcome::Success, self.many()),
            16 => Call::Settle(Outcome::Ignored, 1),
            17 => Call::Mode(
                [Mode::Enabled, Mode::Enabled, Mode::Disabled, Mode::ForcedOpen, Mode::DryRun]
                    [self.bytes.pick(5) as usize],
            ),
            _ => Call::Snapshot,
        })
    }

    /// So many outcomes at once. A bucket of 1 us holds 512 at least and then stays full, which the model does
    /// not tell: there, all calls of a script together stay below.
    fn many(&mut self) -> u32 {
        let most = if self.law.width_ns < 1 << 16 { 512 / MOST_CALLS as u64 } else { 20 };
        1 + self.bytes.pick(most) as u32
    }

    fn draw(&mut self, model: &Model) -> u32 {
        let eased = model.shares(self.now).1;
        let edge = (eased.part * 1_024 / eased.whole) as u32;
        match self.bytes.pick(6) {
            0 => 0,
            1 => edge,
            2 => edge + 1,
            3 => edge.saturating_sub(1),
            _ => self.bytes.number(2) as u32,
        }
        .min(1_023)
    }

    fn step_time(&mut self) {
        let (now, width) = (self.now, self.law.width_ns);
        let window = width * u64::from(self.law.buckets);
        let forced = self.law.forced_pass_after_ns.unwrap_or(0);
        let next_edge = (now / width + 1).saturating_mul(width);
        self.now = match self.bytes.pick(18) {
            0..=7 => now,
            8 => now.saturating_add(1),
            9 => now.saturating_add(self.bytes.number(2) % width),
            10 => next_edge,
            11 => next_edge - 1,
            12 => now.saturating_add(width.saturating_mul(self.bytes.pick(4))),
            13 => now.saturating_add(window - width * self.bytes.pick(2)),
            14 => now.saturating_add(forced),
            15 => now.saturating_add(forced).saturating_add(1),
            16 => now.saturating_sub(width * self.bytes.pick(3)),
            _ => now.saturating_sub(window),
        }
        .min(LAST_INSTANT);
    }
}

/// Both forms of one breaker.
struct Fronts {
    config: Config,
    pure: State,
    shared: SreBreaker<ManualClock>,
    told: bool,
}

impl Fronts {
    fn new(law: &Law) -> Self {
        let config = law.recipe().build().unwrap();
        let shared = SreBreaker::with_clock(law.recipe(), ManualClock::default()).unwrap();
        Self { config, pure: State::new(&config), shared, told: false }
    }

    /// Asks both, and says what they answer and whether the draw was used up.
    fn ask(&mut self, now: Instant, draw: u32, log: &str) -> (Result<(), Rejected>, bool) {
        let mut drawn = 0;
        let draw = f64::from(draw) / 1_024.0;
        let pure = self.pure.try_acquire(&self.config, now, || {
            drawn += 1;
            draw
        });
        let shared = self.shared.try_acquire_at(now, draw).map(drop);
        assert_eq!(shared, pure, "the shared breaker (left), the pure one (right)\n{log}");
        assert!(drawn <= 1, "drawn {drawn} times\n{log}");
        (pure, drawn == 1)
    }

    fn settle(&mut self, now: Instant, outcome: Outcome) {
        self.pure.settle(&self.config, now, outcome);
        self.told = !self.told;
        if self.told {
            self.shared.record_at(now, outcome);
        } else {
            self.shared.clock().set(now);
            self.shared.record(outcome);
        }
    }
}

/// Runs a script on the pure and the shared breaker and on the slow model: they decide alike, use up a draw
/// where there is something to draw for, and show the same.
///
/// # Panics
/// Where that is not so, with the calls up to there.
pub fn run(bytes: &[u8]) -> Reached {
    let mut script = Script::new(bytes);
    let law = script.law;
    let (mut model, mut fronts) = (Model::new(law), Fronts::new(&law));
    let mut log = format!("{law:?}\n");
    let mut reached = Reached::default();
    let mut latest = 0;
    for _ in 0..MOST_CALLS {
        let Some(call) = script.next(&model) else { break };
        let now_ns = script.now;
        let now = Instant::from_nanos(now_ns).unwrap();
        reached.note_if(now_ns < latest, "time stepped back");
        latest = latest.max(now_ns);
        match call {
            Call::Ask(draw) => {
                let on_edge = model.is_on_edge(now_ns, draw);
                let expected = model.ask(now_ns, draw);
                let _ = writeln!(log, "{now_ns} try_acquire {draw}/1024 -> {expected:?}");
                if on_edge && matches!(expected, Verdict::Lucky) {
                    // The exact share is the draw; the rounded one may be a hair above it.
                    return reached;
                }
                check_ask(&mut fronts, now, draw, expected, &log);
                note_ask(&mut reached, draw, expected);
                let (raw, eased) = model.shares(now_ns);
                reached.note_if(raw != eased, "eased by a working run");
            }
            Call::Settle(outcome, times) => {
                let _ = writeln!(log, "{now_ns} {outcome:?} {times}");
                for _ in 0..times {
                    let counts = model.settle(now_ns, outcome);
                    fronts.settle(now, outcome);
                    if outcome != Outcome::Ignored {
                        let late = "outcome of a bucket that had left";
                        reached.note(if counts { "outcome counted" } else { late });
                    }
                }
            }
            Call::Mode(mode) => {
                let _ = writeln!(log, "{now_ns} set_mode {mode:?}");
                model.mode = mode;
                fronts.pure.set_mode(mode);
                fronts.shared.set_mode(mode);
            }
            Call::Snapshot => {
                let _ = writeln!(log, "{now_ns} snapshot");
                check_snapshot(&fronts, &model, now, &log);
                let has_ratio = model.shares(now_ns).1.part > 0;
                reached.note(if has_ratio { "saw a ratio" } else { "saw no ratio" });
            }
        }
    }
    reached
}

fn check_ask(fronts: &mut Fronts, now: Instant, draw: u32, expected: Verdict, log: &str) {
    let (answer, drawn) = fronts.ask(now, draw, log);
    match (expected, answer) {
        (Verdict::Refused(share), Err(Rejected { drop_ratio, forced_open: false, .. })) => {
            assert_near(drop_ratio, share.to_f64(), log);
        }
        (Verdict::ForcedOpen, Err(Rejected { drop_ratio, forced_open: true, .. })) => {
            assert_eq!(drop_ratio, 1.0, "{log}");
        }
        (Verdict::Refused(_) | Verdict::ForcedOpen, _) | (_, Err(_)) => {
            panic!("answers {answer:?}\n{log}");
        }
        (_, Ok(())) => {}
    }
    match expected {
        Verdict::Passed | Verdict::ForcedThrough | Verdict::ForcedOpen => {
            assert!(!drawn, "a draw was used up\n{log}");
        }
        Verdict::Refused(_) | Verdict::WouldBeRefused => assert!(drawn, "without a draw\n{log}"),
        // Where a working run takes all of the share off, there is nothing to draw for.
        Verdict::Lucky => {}
    }
}

fn note_ask(reached: &mut Reached, draw: u32, expected: Verdict) {
    reached.note(match expected {
        Verdict::Passed => "passed",
        Verdict::ForcedThrough => "forced through",
        Verdict::Lucky => "lucky",
        Verdict::WouldBeRefused => "would be refused",
        Verdict::Refused(_) => "refused",
        Verdict::ForcedOpen => "forced open",
    });
    if let Verdict::Refused(share) = expected {
        let next = i128::from(draw + 1) * share.whole >= share.part * 1_024;
        reached.note_if(next, "by the last 1024th");
    }
}

fn check_snapshot(fronts: &Fronts, model: &Model, now: Instant, log: &str) {
    let seen = fronts.pure.snapshot(&fronts.config, now);
    assert_eq!(fronts.shared.snapshot_at(now), seen, "shared (left), pure (right)\n{log}");
    let expected = model.seen(now.as_nanos());
    assert_eq!(i128::from(seen.requests), expected.requests, "requests\n{log}");
    assert_eq!(i128::from(seen.accepts), expected.accepts, "accepts\n{log}");
    assert_near(seen.drop_ratio, model.shares(now.as_nanos()).1.to_f64(), log);
    assert_eq!(seen.mode, model.mode, "{log}");
    assert_eq!((seen.drops, seen.would_reject), (model.drops, model.would_reject), "{log}");
}

/// Equal, but for the rounding of one product.
fn assert_near(got: f64, expected: f64, log: &str) {
    assert!((got - expected).abs() <= f64::EPSILON, "{got} instead of {expected}\n{log}");
}
