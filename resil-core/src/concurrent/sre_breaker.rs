//! An SRE breaker that threads share.
//!
//! `pure::sre_breaker` decides. While all is well asking is one load of the gate word: no clock, no draw, no
//! write. Settling is one locked addition; a failure raises the gate after it, once per bucket. Only in
//! trouble does an ask read the clock and add up the window.
//! Invariant: a failure that was settled before an ask began is either out of the ask's window or keeps it
//! from passing by the gate.

use std::fmt;

use crossbeam::utils::CachePadded;

use super::lanes::{Lanes, Newest, check_clock};
use super::permit::Permit;
use crate::input::{Clock, CoarseClock, Draw, ThreadDraw};
use crate::pure::drop_ratio::{Evidence, REFUSALS, SUCCESSES};
use crate::pure::gate::{Gate, Mode};
use crate::pure::instant::Instant;
use crate::pure::outcome::Outcome;
use crate::pure::rejected::Rejected;
use crate::pure::sre_breaker::{Config, ConfigError, Snapshot, SreBreakerConfig};
use crate::pure::sre_decision::{Verdict, pass_mark};
use crate::sync::word::Word;

/// Keeps calls from a backend that fails them: refuses the share of calls that would fail anyway.
///
/// What is refused follows what the window of the last seconds holds; under every preset some calls get
/// through even then, so a backend that recovers is seen to. Ask before each call, and settle the [`Permit`] with
/// what became of it; [`run`](Self::run) does both. [`SreBreakerConfig`] says which laws there are.
///
/// Threads share it by reference, and nothing ever waits. An outcome counts in the bucket of the instant it
/// is settled at. An earlier `now` than one already seen never grants what the latest would have refused;
/// while all is well an ask reads no clock and sees none. A forked child has a copy of its own and other
/// draws. 640 bytes, and for each bucket, their number rounded up to a power of two, 16 (24 where refusals
/// are counted apart). Not for signal handlers.
///
/// ```
/// use resil_core::{SreBreaker, SreBreakerConfig};
///
/// let breaker = SreBreaker::new(SreBreakerConfig::go_zero_1_3())?;
/// match breaker.try_acquire() {
///     Ok(permit) => {
///         // make the call, then say how it went
///         permit.success();
///     }
///     Err(rejected) => println!("not now: {rejected}"),
/// }
/// # Ok::<(), resil_core::sre_breaker::ConfigError>(())
/// ```
///
/// Source: Beyer et al., "Site Reliability Engineering" (2016), Handling Overload.
pub struct SreBreaker<C = CoarseClock> {
    config: Config,
    clock: C,
    /// Where chances come from, if not from [`ThreadDraw`]; asked in trouble only.
    draw: Option<Box<dyn Draw>>,
    outcomes: Lanes<2>,
    /// There if refusals are counted apart.
    refusals: Option<Lanes<1>>,
    live: CachePadded<Live>,
    trouble: CachePadded<Trouble>,
}

/// What every call looks at, and what is written once per bucket at most.
#[derive(Debug)]
struct Live {
    gate: Word,
    newest: Newest,
}

/// What is written in trouble only.
#[derive(Debug)]
struct Trouble {
    last_pass: Word,
    drops: Word,
    would_reject: Word,
}

impl SreBreaker {
    /// A breaker as `config` says, on the coarse clock.
    ///
    /// # Errors
    /// [`ConfigError`] names the field; buckets narrower than 100 ms need
    /// [`with_clock`](Self::with_clock) and [`MonotonicClock`](crate::MonotonicClock).
    pub fn new(config: SreBreakerConfig) -> Result<Self, ConfigError> {
        SreBreaker::with_clock(config, CoarseClock)
    }
}

impl Default for SreBreaker {
    /// The breaker of [`SreBreakerConfig::default`].
    fn default() -> Self {
        SreBreaker::new(SreBreakerConfig::default()).expect("the default is checked by a test")
    }
}

impl<C: Clock> SreBreaker<C> {
    /// As [`new`](SreBreaker::new), on another clock.
    ///
    /// # Errors
    /// [`ConfigError`] names the field.
    ///
    /// ```
    /// use resil_core::{MonotonicClock, SreBreaker, SreBreakerConfig};
    /// use std::time::Duration;
    ///
    /// let config = SreBreakerConfig::sre_book().with_window(Duration::from_millis(50), 20);
    /// assert!(SreBreaker::new(config).is_err());
    /// assert!(SreBreaker::with_clock(config, MonotonicClock).is_ok());
    /// ```
    pub fn with_clock(config: SreBreakerConfig, clock: C) -> Result<Self, ConfigError> {
        let config = config.build()?;
        check_clock(config.grid().bucket_width(), &clock).map_err(ConfigError::Window)?;
        let apart = config.has_refusals_apart();
        Ok(Self {
            config,
            clock,
            draw: None,
            outcomes: Lanes::new(config.grid()),
            refusals: apart.then(|| Lanes::new(config.grid())),
            live: CachePadded::new(Live {
                gate: Word::new(Gate::default().0),
                newest: Newest::new(),
            }),
            trouble: CachePadded::new(Trouble {
                last_pass: Word::new(0),
                drops: Word::new(0),
                would_reject: Word::new(0),
            }),
        })
    }

    /// The same breaker, with its chances from `draw` in place of [`ThreadDraw`].
    ///
    /// ```
    /// use resil_core::{ScriptedDraw, SreBreaker};
    /// let breaker = SreBreaker::default().with_draw(ScriptedDraw::new([0.25, 0.75]));
    /// ```
    #[must_use]
    pub fn with_draw(self, draw: impl Draw + 'static) -> Self {
        Self { draw: Some(Box::new(draw)), ..self }
    }

    /// What it was made of.
    #[must_use]
    pub fn config(&self) -> SreBreakerConfig {
        self.config.recipe()
    }

    /// The clock it reads.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Asks whether a call may be made. Never waits.
    ///
    /// A draw is used up only if the share to refuse is above 0 and no pass is forced.
    ///
    /// # Errors
    /// [`Rejected`]: do not make the call.
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// let breaker = SreBreaker::default();
    /// let permit = breaker.try_acquire()?;
    /// permit.failure();
    /// assert_eq!(breaker.snapshot().requests, 1);
    /// # Ok::<(), resil_core::sre_breaker::Rejected>(())
    /// ```
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_, C>, Rejected> {
        let gate = Gate(self.live.gate.load());
        if !gate.is_clear() {
            self.decide(gate, || self.clock.now(), || self.drawn())?;
        }
        Ok(Permit::new(self))
    }

    /// As [`try_acquire`](Self::try_acquire), at an instant that the caller has read already and with a draw
    /// of the caller's: the call is refused iff it is less than the share to refuse (not a number never is).
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// use resil_core::{Instant, SreBreaker};
    ///
    /// let breaker = SreBreaker::default();
    /// let now = Instant::ZERO;
    /// for _ in 0..6 {
    ///     breaker.try_acquire_at(now, 0.9)?.failure_at(now);
    /// }
    /// // (6 - 5) / (6 + 1) of the calls are refused now.
    /// assert!(breaker.try_acquire_at(now, 0.14).is_err());
    /// assert!(breaker.try_acquire_at(now, 0.15).is_ok());
    /// # Ok::<(), resil_core::sre_breaker::Rejected>(())
    /// ```
    #[inline]
    pub fn try_acquire_at(&self, now: Instant, draw: f64) -> Result<Permit<'_, C>, Rejected> {
        let gate = Gate(self.live.gate.load());
        if !gate.is_clear() {
            self.decide(gate, || now, || draw)?;
        }
        Ok(Permit::new(self))
    }

    /// Tells what a call came to, now. For those who hold no [`Permit`].
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// use resil_core::sre_breaker::Outcome;
    /// let breaker = SreBreaker::default();
    /// breaker.record(Outcome::Success);
    /// assert_eq!(breaker.snapshot().accepts, 1);
    /// ```
    #[inline]
    pub fn record(&self, outcome: Outcome) {
        if let Some(lane) = Config::outcome_lane(outcome) {
            self.count_outcome(self.clock.now(), lane);
        }
    }

    /// As [`record`](Self::record), at an instant that the caller has read already. If its bucket has left
    /// the window the outcome is not counted.
    #[inline]
    pub fn record_at(&self, now: Instant, outcome: Outcome) {
        if let Some(lane) = Config::outcome_lane(outcome) {
            self.count_outcome(now, lane);
        }
    }

    /// Changes what the breaker does with its decisions. Permits out settle in every mode.
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// use resil_core::sre_breaker::Mode;
    /// let breaker = SreBreaker::default();
    /// breaker.set_mode(Mode::ForcedOpen);
    /// assert!(breaker.try_acquire().is_err());
    /// ```
    pub fn set_mode(&self, mode: Mode) {
        self.live.gate.update(|gate| Some(Gate(gate).with_mode(mode).0));
    }

    /// What the breaker looks like now, for monitoring.
    ///
    /// ```
    /// use resil_core::SreBreaker;
    /// assert_eq!(SreBreaker::default().snapshot().drop_ratio, 0.0);
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> Snapshot {
        let newest = self.live.newest.latest(self.config.grid(), now);
        let seen = self.evidence(now, newest);
        let mode = Gate(self.live.gate.load()).mode();
        let Trouble { drops, would_reject, .. } = &*self.trouble;
        Snapshot::new(&self.config, &seen, mode, drops.load(), would_reject.load())
    }

    /// Decides where the gate does not.
    #[cold]
    #[inline(never)]
    fn decide(
        &self,
        gate: Gate,
        now: impl FnOnce() -> Instant,
        draw: impl Fn() -> f64,
    ) -> Result<(), Rejected> {
        match gate.mode() {
            Mode::Disabled => return Ok(()),
            Mode::ForcedOpen => {
                self.trouble.drops.add(1);
                return Err(Rejected { drop_ratio: 1.0, forced_open: true });
            }
            Mode::Enabled | Mode::DryRun => {}
        }
        let now = now();
        let newest = self.live.newest.advance(self.config.grid(), now);
        if !gate.is_troubled(newest) {
            // If a newer failure has raised it meanwhile, it stays.
            self.live.gate.replace(gate.0, gate.cleared().0);
            return Ok(());
        }
        let ratio = self.config.ratio(&self.evidence(now, newest));
        loop {
            let last_pass = self.trouble.last_pass.load();
            match self.config.decide(ratio, now, last_pass, &draw) {
                Verdict::Pass => return Ok(()),
                Verdict::LuckyPass => {
                    if self.config.notes_passes() {
                        self.trouble.last_pass.raise(pass_mark(now));
                    }
                    return Ok(());
                }
                Verdict::ForcedPass => {
                    // One call takes it; to the others it is the last pass.
                    if self.trouble.last_pass.replace(last_pass, pass_mark(now)) {
                        return Ok(());
                    }
                }
                Verdict::Refuse(_) if gate.mode() == Mode::DryRun => {
                    self.trouble.would_reject.add(1);
                    return Ok(());
                }
                Verdict::Refuse(drop_ratio) => {
                    self.trouble.drops.add(1);
                    if let Some(lane) = self.config.refusal_lane() {
                        self.count_trouble(now, lane);
                    }
                    return Err(Rejected { drop_ratio, forced_open: false });
                }
            }
        }
    }

    fn drawn(&self) -> f64 {
        match &self.draw {
            None => ThreadDraw.draw(),
            Some(draw) => draw.draw(),
        }
    }

    /// Counts one settled call, in the bucket of `now`.
    // Always inline: a success is all that a healthy path does, and what it is part of knows that it is one.
    #[inline(always)]
    fn count_outcome(&self, now: Instant, lane: usize) {
        if lane != SUCCESSES {
            return self.count_trouble(now, lane);
        }
        let grid = self.config.grid();
        if let Some(bucket) = self.live.newest.enter(grid, now) {
            self.outcomes.add(grid, SUCCESSES, bucket, 1);
        }
    }

    /// Counts one in a lane other than that of the successes, and sees to it that asks look for it.
    #[inline(never)]
    fn count_trouble(&self, now: Instant, lane: usize) {
        let grid = self.config.grid();
        let Some(bucket) = self.live.newest.enter(grid, now) else { return };
        match &self.refusals {
            Some(refusals) if lane == REFUSALS => refusals.add(grid, 0, bucket, 1),
            _ => self.outcomes.add(grid, lane, bucket, 1),
        };
        // Not settled before both are done; in which order they are seen until then does not matter.
        let until = grid.leaves(bucket);
        if Gate(self.live.gate.load()).raised(until).is_some() {
            self.live.gate.update(|gate| Gate(gate).raised(until).map(|raised| raised.0));
        }
    }

    fn evidence(&self, now: Instant, newest: u64) -> Evidence {
        if self.config.looks_at_totals_only() {
            let grid = self.config.grid();
            let buckets = grid.bucket_count();
            return Evidence::in_all(self.outcomes.sums(grid, &self.live.newest, newest, buckets));
        }
        let outcomes = |slots| self.outcomes.words(slots);
        let refusals = self.refusals.as_ref().map(|lanes| |slots| lanes.words(slots));
        self.config.evidence(now, newest, outcomes, refusals)
    }
}

impl<C> fmt::Debug for SreBreaker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SreBreaker")
            .field("config", &self.config.recipe())
            .field("mode", &Gate(self.live.gate.load()).mode())
            .finish_non_exhaustive()
    }
}
