//! Scripts of samples with times, drawn from bytes, and the run that compares the averages with their oracle.
//!
//! Times cluster where the answer changes in kind: at the instant of the last sample, before it, a few time
//! constants on, so long after that nothing is left.

use std::fmt::Write;
use std::time::Duration;

use resil_core::ewma::{Kind, RecordError};
use resil_core::pure::ewma::{Config, State};
use resil_core::{Ewma, Instant, ManualClock};

use crate::branches::Branches;
use crate::bytes::Bytes;
use crate::ewma_model::Model;

const LAST_INSTANT: u64 = i64::MAX as u64;
/// Samples in one script, at most.
const MOST_SAMPLES: usize = 24;

/// What a run may come to, each of which a random test has to.
pub const BRANCHES: &[&str] = &[
    "an earlier instant",
    "by count",
    "by time",
    "of one instant",
    "of peaks",
    "nothing is left of the past",
    "refused",
    "sample-weighted",
    "still warming up",
    "warmed up",
];

fn kind(bytes: &mut Bytes) -> Kind {
    let time_constant = Duration::from_nanos(match bytes.pick(8) {
        0 => 1,
        1 => LAST_INSTANT,
        2 => 1 + bytes.number(2),
        3 => 1 << bytes.pick(63),
        4 => (bytes.number(8) >> 1).max(1),
        _ => 10_000_000_000,
    });
    match bytes.pick(5) {
        0 => Kind::ByTime { time_constant },
        1 => Kind::SampleWeighted { time_constant },
        2 => Kind::Peak { time_constant },
        _ => {
            let alpha = match bytes.pick(4) {
                0 => 1.0,
                1 => 2.0 / (2.0 + bytes.number(1) as f64),
                2 => (bytes.number(8) >> 11) as f64 / (1_u64 << 53) as f64,
                _ => 0.1,
            };
            let alpha = if alpha > 0.0 { alpha } else { 0.5 };
            Kind::ByCount { alpha, warm_up: bytes.pick(12) as u32 }
        }
    }
}

/// The configuration of a kind, and the shared average on a clock that the script sets.
///
/// # Panics
/// If the kind is none that there is.
#[must_use]
pub fn made(kind: Kind) -> (Config, Ewma<ManualClock>) {
    let made = match kind {
        Kind::ByCount { alpha, warm_up } => (
            Config::by_count(alpha).and_then(|config| config.with_warm_up(warm_up)),
            Ewma::by_count(alpha).and_then(|ewma| ewma.with_warm_up(warm_up)),
        ),
        Kind::ByTime { time_constant } => {
            (Config::by_time(time_constant), Ewma::by_time(time_constant))
        }
        Kind::SampleWeighted { time_constant } => {
            (Config::sample_weighted(time_constant), Ewma::sample_weighted(time_constant))
        }
        Kind::Peak { time_constant } => (Config::peak(time_constant), Ewma::peak(time_constant)),
        _ => panic!("a kind that scripts do not know: {kind:?}"),
    };
    (made.0.unwrap(), made.1.unwrap().with_clock(ManualClock::default()))
}

fn step(bytes: &mut Bytes, now: u64, kind: Kind) -> u64 {
    let constant = match kind {
        Kind::ByTime { time_constant }
        | Kind::SampleWeighted { time_constant }
        | Kind::Peak { time_constant } => time_constant.as_nanos() as u64,
        _ => 1_000,
    };
    let share =
        |of: u64| (u128::from(constant) * u128::from(of) / 64).min(u128::from(u64::MAX)) as u64;
    match bytes.pick(10) {
        0 | 1 => now,
        2 => now.saturating_add(1),
        3 => now.saturating_sub(share(bytes.number(1))),
        4..=6 => now.saturating_add(share(bytes.number(1))),
        7 => now.saturating_add(share(bytes.number(2))),
        8 => now.saturating_add(constant.saturating_mul(800)),
        _ => bytes.number(8) >> 1,
    }
    .min(LAST_INSTANT)
}

fn sample(bytes: &mut Bytes, last: f64) -> f64 {
    match bytes.pick(12) {
        0 => 0.0,
        1 => last,
        2 => -last,
        3 => last + 1.0,
        4 => bytes.number(5) as f64 / 7.0,
        5 => -(bytes.number(2) as f64) / 3.0,
        6 => 1e-9 * bytes.number(1) as f64,
        7 => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][bytes.pick(3) as usize],
        _ => bytes.number(1) as f64 / 10.0,
    }
}

/// Runs a script on the pure row, the shared average and the slow model: the first two tell the same to the last
/// bit, and as near the model as roundings explain. Reading and refused samples change nothing; but sample-weighted,
/// what is kept stays between the samples.
///
/// # Panics
/// Where that is not so, with the samples up to there.
pub fn run(bytes: &[u8]) -> Branches {
    let mut bytes = Bytes(bytes);
    let kind = kind(&mut bytes);
    let (config, shared) = made(kind);
    let (mut pure, mut model) = (State::default(), Model::new(kind));
    let mut log = format!("{kind:?}\n");
    let mut branches = Branches::default();
    branches.reach("by count", matches!(kind, Kind::ByCount { .. }));
    branches.reach("by time", matches!(kind, Kind::ByTime { .. }));
    branches.reach("sample-weighted", matches!(kind, Kind::SampleWeighted { .. }));
    branches.reach("of peaks", matches!(kind, Kind::Peak { .. }));
    let timed = !matches!(kind, Kind::ByCount { .. });
    let (mut now, mut last, mut newest) = (bytes.number(4), 0.0, 0);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for _ in 0..MOST_SAMPLES {
        if bytes.is_empty() {
            break;
        }
        now = step(&mut bytes, now, kind);
        let at = Instant::from_nanos(now).expect("scripts keep to instants");
        let x = sample(&mut bytes, last);
        let _ = writeln!(log, "{now} record {x:?}");
        let before = pure;
        let recorded = pure.record(&config, at, x);
        let by_clock = bytes.pick(2) == 0;
        let of_shared = if by_clock {
            shared.clock().set(at);
            shared.record(x)
        } else {
            shared.record_at(at, x)
        };
        assert_eq!(of_shared, recorded, "shared\n{log}");
        branches.reach("refused", recorded.is_err());
        if x.is_finite() {
            assert_eq!(recorded, Ok(()), "{log}");
            let any = low <= high;
            branches.reach("of one instant", any && timed && now == newest);
            branches.reach("an earlier instant", any && timed && now < newest);
            let far = any && timed && model.elapsed(now) > 750.0;
            branches.reach("nothing is left of the past", far);
            model.record(now, x);
            (last, newest) = (x, if any { newest.max(now) } else { now });
            (low, high) = (low.min(x), high.max(x));
        } else {
            assert_eq!(recorded, Err(RecordError::NotFinite), "{log}");
            assert_eq!(pure, before, "a refused sample changed something\n{log}");
            for branch in ["of one instant", "an earlier instant", "nothing is left of the past"] {
                branches.reach(branch, false);
            }
        }
        let then = step(&mut bytes, now, kind);
        let read_at = Instant::from_nanos(then).expect("scripts keep to instants");
        let kept = pure;
        let got = pure.value(&config, read_at);
        assert_eq!(pure, kept, "reading changed something\n{log}");
        shared.clock().set(read_at);
        let seen = [shared.value(), shared.value_at(read_at), shared.snapshot_at(read_at).value];
        assert_eq!(seen.map(|value| value.map(f64::to_bits)), [got.map(f64::to_bits); 3], "{log}");
        let idle_for = pure.idle_for(&config, read_at);
        assert_eq!(shared.snapshot().idle_for, idle_for, "{log}");
        let expected_idle = (timed && low <= high).then(|| then.saturating_sub(newest));
        assert_eq!(idle_for.map(|idle| idle.as_nanos() as u64), expected_idle, "{log}");
        match (got, model.value(then)) {
            (None, None) => {
                assert!(pure.missing(&config) > 0, "{log}");
                branches.reach("still warming up", low <= high);
                branches.reach("warmed up", false);
            }
            (Some(got), Some(near)) => {
                assert!(near.explains(got), "{got:?} at {then}, far from {near:?}\n{log}");
                assert_eq!(pure.missing(&config), 0, "{log}");
                let warmed = matches!(kind, Kind::ByCount { warm_up: 2.., .. });
                branches.reach("warmed up", warmed);
                branches.reach("still warming up", false);
                if !warmed && matches!(kind, Kind::ByCount { .. } | Kind::ByTime { .. }) {
                    assert!(low <= got && got <= high, "{got} leaves its samples\n{log}");
                }
            }
            (got, near) => panic!("{got:?} where the model has {near:?}\n{log}"),
        }
        if matches!(kind, Kind::ByTime { .. } | Kind::SampleWeighted { .. }) {
            assert_eq!(pure.value(&config, Instant::MAX), got, "silence changed a mean\n{log}");
        }
    }
    branches
}
