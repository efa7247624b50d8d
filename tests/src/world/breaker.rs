//! The breaker of a world: what it lets through, what it counts, and that it lets everything through again.

use std::collections::BTreeMap;

use resil_core::sre_breaker::{Mode, Permit};
use resil_core::{ManualClock, SreBreaker, SreBreakerConfig};

use super::bend::Bend;
use super::{MS, SECOND, at, ns};
use crate::seed::{Choices, Random};

const WIDTH: u64 = 250 * MS;
const BUCKETS: u64 = 40;
const WINDOW: u64 = WIDTH * BUCKETS;

/// Any preset, all over ten seconds.
pub fn any(random: &mut Random, clock: &ManualClock) -> SreBreaker<ManualClock> {
    let presets = [
        SreBreakerConfig::go_zero_1_3(),
        SreBreakerConfig::go_zero_1_3(),
        SreBreakerConfig::envoy(),
        SreBreakerConfig::go_zero(),
        SreBreakerConfig::go_zero(),
        SreBreakerConfig::sre_book(),
        SreBreakerConfig::grpc_rls(),
        SreBreakerConfig::kratos(),
    ];
    let config = random.one_of(&presets).with_window(ns(WIDTH), BUCKETS as u32);
    SreBreaker::with_clock(config, clock.clone()).expect("accepted")
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    successes: u64,
    failures: u64,
    refusals: u64,
}

/// The breaker and its books.
#[derive(Debug)]
pub struct Guard<'a> {
    breaker: &'a SreBreaker<ManualClock>,
    bend: Option<Bend>,
    /// Refusals count as requests.
    counts_refusals: bool,
    /// A pass is forced a second after the last one in trouble.
    forces: bool,
    /// Its law is `(requests - 5 - 1.5 accepts) / (requests + 1)`.
    is_plain: bool,
    mode: Mode,
    buckets: BTreeMap<u64, Counts>,
    /// Calls out: their permits, and what they will come to.
    out: BTreeMap<u64, (Permit<'a, ManualClock>, bool)>,
    calls: u64,
    drops: u64,
    would_reject: u64,
    last_failure: Option<u64>,
    last_pass_in_trouble: Option<u64>,
    forced: u64,
    was_refused: bool,
    recovered: bool,
}

impl<'a> Guard<'a> {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(breaker: &'a SreBreaker<ManualClock>, bend: Option<Bend>) -> Self {
        let is = |preset: SreBreakerConfig| {
            breaker.config() == preset.with_window(ns(WIDTH), BUCKETS as u32)
        };
        let is_plain = is(SreBreakerConfig::go_zero_1_3());
        Self {
            breaker,
            bend,
            counts_refusals: !is_plain && !is(SreBreakerConfig::envoy()),
            forces: is(SreBreakerConfig::go_zero()),
            is_plain,
            mode: Mode::Enabled,
            buckets: BTreeMap::new(),
            out: BTreeMap::new(),
            calls: 0,
            drops: 0,
            would_reject: 0,
            last_failure: None,
            last_pass_in_trouble: None,
            forced: 0,
            was_refused: false,
            recovered: false,
        }
    }

    /// The share that it would refuse at `read`.
    #[must_use]
    pub fn ratio(&self, read: u64) -> f64 {
        self.breaker.snapshot_at(at(read)).drop_ratio
    }

    /// Passes that were forced.
    #[must_use]
    pub const fn forced(&self) -> u64 {
        self.forced
    }

    /// Whether the last call was let through for the first time after trouble, a window after its last failure.
    #[must_use]
    pub const fn has_recovered(&self) -> bool {
        self.recovered
    }

    /// Asks at `read`; the call's number if it may be made.
    ///
    /// # Panics
    /// If it is let through or refused against the law, the mode, or what is promised about recovery.
    pub fn ask(&mut self, read: u64, draw: f64) -> Option<u64> {
        let ratio = self.ratio(read);
        let answer = self.breaker.try_acquire_at(at(read), draw);
        let is_calm =
            self.last_failure.is_none_or(|failed| read >= failed.saturating_add(WINDOW + SECOND));
        let mut admitted = answer.is_ok();
        match self.bend {
            Some(Bend::BreakerSticks) if is_calm && self.was_refused => admitted = false,
            Some(Bend::BreakerGivesWay) => admitted = true,
            _ => {}
        }
        let is_forced = self.forces
            && ratio > 0.0
            && self.last_pass_in_trouble.is_some_and(|last| read > last.saturating_add(SECOND));
        let refuses = ratio > draw && !is_forced;
        let expected = match self.mode {
            Mode::Disabled | Mode::DryRun => true,
            Mode::ForcedOpen => false,
            Mode::Enabled => !refuses,
        };
        assert_eq!(admitted, expected, "at {read}, ratio {ratio}, draw {draw}, {:?}", self.mode);
        if is_calm && !self.counts_refusals && self.mode == Mode::Enabled {
            assert!(admitted, "a window and a second after the last failure it refuses");
        }
        if matches!(self.mode, Mode::Enabled | Mode::DryRun) && ratio > 0.0 && !refuses {
            self.last_pass_in_trouble = self.last_pass_in_trouble.max(Some(read));
            self.forced += u64::from(is_forced && ratio > draw);
        }
        self.would_reject += u64::from(self.mode == Mode::DryRun && refuses);
        let Ok(permit) = answer else {
            self.drops += 1;
            self.was_refused = true;
            if self.mode == Mode::Enabled && self.counts_refusals {
                self.counts(read).refusals += 1;
            }
            return None;
        };
        self.recovered = self.was_refused && is_calm && self.mode == Mode::Enabled;
        self.was_refused &= !self.recovered;
        self.calls += 1;
        self.out.insert(self.calls, (permit, true));
        Some(self.calls)
    }

    fn counts(&mut self, read: u64) -> &mut Counts {
        self.buckets.entry(read / WIDTH).or_default()
    }

    /// What a call will come to.
    pub fn comes_to(&mut self, call: u64, success: bool) {
        if let Some((_, outcome)) = self.out.get_mut(&call) {
            *outcome = success;
        }
    }

    /// The call is over, at `read`.
    pub fn settle(&mut self, call: u64, read: u64) {
        let Some((permit, success)) = self.out.remove(&call) else { return };
        if self.bend == Some(Bend::OutcomeIsLost) {
            permit.ignore();
        } else if call.is_multiple_of(16) {
            // Given up by its caller: nothing is counted.
            drop(permit);
            return;
        } else if success {
            permit.success_at(at(read));
        } else {
            permit.failure_at(at(read));
        }
        self.count_outcome(read, success);
    }

    fn count_outcome(&mut self, read: u64, success: bool) {
        let counts = self.counts(read);
        if success {
            counts.successes += 1;
        } else {
            counts.failures += 1;
            self.last_failure = self.last_failure.max(Some(read));
        }
    }

    /// The permit of a call that will panic at `read`, which counts as a failure.
    pub fn take_along(&mut self, call: u64, read: u64) -> Option<Permit<'a, ManualClock>> {
        let (permit, _) = self.out.remove(&call)?;
        self.count_outcome(read, false);
        Some(permit)
    }

    /// Another mode; enabled as often as all others together.
    pub fn change_mode(&mut self, random: &mut Random) -> bool {
        let enabled = Mode::Enabled;
        let modes = [enabled, enabled, enabled, Mode::Disabled, Mode::ForcedOpen, Mode::DryRun];
        let before = self.mode;
        self.mode = *random.one_of(&modes);
        self.breaker.set_mode(self.mode);
        self.mode != before
    }

    /// Compares at `now`, no earlier than any reading.
    ///
    /// # Panics
    /// If the breaker has not counted what the books say.
    pub fn look(&mut self, now: u64) {
        let newest = now / WIDTH;
        self.buckets.retain(|bucket, _| bucket + BUCKETS > newest);
        let (mut requests, mut accepts) = (0, 0);
        for counts in self.buckets.values() {
            requests += counts.successes + counts.failures + counts.refusals;
            accepts += counts.successes;
        }
        let seen = self.breaker.snapshot_at(at(now));
        assert_eq!((seen.requests, seen.accepts), (requests, accepts), "at {now}");
        assert_eq!((seen.drops, seen.would_reject), (self.drops, self.would_reject), "at {now}");
        assert_eq!(seen.mode, self.mode);
        if self.is_plain {
            let excess = requests as f64 - 5.0 - 1.5 * accepts as f64;
            let ratio = (excess / (requests as f64 + 1.0)).max(0.0);
            assert_eq!(seen.drop_ratio, ratio, "{requests} requests, {accepts} accepts");
        }
    }

    /// When nobody has asked for a window, it lets everything through, whatever was before.
    ///
    /// # Panics
    /// If it does not.
    pub fn recover(&mut self, now: &mut u64) {
        self.mode = Mode::Enabled;
        self.breaker.set_mode(self.mode);
        *now += WINDOW + SECOND;
        for _ in 0..3 {
            let call = self.ask(*now, 0.0);
            self.settle(call.expect("it is stuck"), *now);
        }
        assert!(self.out.is_empty(), "calls that never come back");
    }
}
