//! SRE breaker: refuses the share of calls that a backend would fail anyway, never all of them.
//!
//! What calls came to is counted in a rolling window; the law (`drop_ratio.rs`) makes a share of it, and a
//! call is refused iff its draw is below that share. There is no open state to get stuck in: as soon as the
//! window looks better, less is refused.
//! Where the window holds nothing but successes every law here lets everything through; the `Gate` says so
//! without a look at window, clock or draw.
//! Invariant: an ask that passes by the gate would pass by the law.
//! Units: nanoseconds. Source: the client-side throttling of the SRE book, and the variants named in
//! `sre_config.rs`.

use super::drop_ratio::{Evidence, SUCCESSES};
use super::gate::Gate;
pub use super::gate::Mode;
use super::instant::Instant;
use super::lanes::Lanes;
pub use super::outcome::Outcome;
pub use super::rejected::Rejected;
pub use super::sre_config::{ConfigError, Refusals, SreBreakerConfig};
pub use super::sre_decision::Config;
use super::sre_decision::{Verdict, pass_mark};

/// A breaker at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Calls that count in the window: settled ones, and refusals if the configuration counts them.
    pub requests: u64,
    /// Successes among them.
    pub accepts: u64,
    /// The share of calls that the law would refuse now, from 0 to 1; whatever the mode.
    pub drop_ratio: f64,
    /// What the breaker does with it.
    pub mode: Mode,
    /// Calls refused since the breaker was made, by chance or forced.
    pub drops: u64,
    /// Calls that [`Mode::DryRun`] let through and [`Mode::Enabled`] would have refused, since it was made.
    pub would_reject: u64,
}

impl Snapshot {
    pub(crate) fn new(
        config: &Config,
        seen: &Evidence,
        mode: Mode,
        drops: u64,
        would_reject: u64,
    ) -> Self {
        Self {
            requests: seen.requests,
            accepts: seen.accepts,
            drop_ratio: config.ratio(seen).eased,
            mode,
            drops,
            would_reject,
        }
    }
}

/// A breaker for one owner. The one to share is [`SreBreaker`](crate::SreBreaker).
///
/// ```
/// use resil_core::pure::sre_breaker::{Outcome, SreBreakerConfig, State};
/// use resil_core::Instant;
///
/// let config = SreBreakerConfig::go_zero_1_3().build()?;
/// let mut state = State::new(&config);
/// for _ in 0..6 {
///     state.settle(&config, Instant::ZERO, Outcome::Failure);
/// }
/// // (6 - 5) / (6 + 1) of the calls are refused now.
/// assert!(state.try_acquire(&config, Instant::ZERO, || 0.14).is_err());
/// assert!(state.try_acquire(&config, Instant::ZERO, || 0.15).is_ok());
/// # Ok::<(), resil_core::sre_breaker::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    lanes: Lanes<3>,
    gate: Gate,
    last_pass: u64,
    drops: u64,
    would_reject: u64,
}

impl State {
    /// A breaker that has seen nothing, enabled.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let lanes = Lanes::new(config.grid());
        Self { lanes, gate: Gate::default(), last_pass: 0, drops: 0, would_reject: 0 }
    }

    /// Whether a call may be made at `now`. `draw` is called only if the share to refuse is above 0 and no
    /// pass is forced; the call is refused iff it draws less than the share.
    ///
    /// # Errors
    /// [`Rejected`]: do not make the call.
    pub fn try_acquire(
        &mut self,
        config: &Config,
        now: Instant,
        draw: impl FnOnce() -> f64,
    ) -> Result<(), Rejected> {
        match self.gate.mode() {
            Mode::Disabled => return Ok(()),
            Mode::ForcedOpen => {
                self.drops += 1;
                return Err(Rejected { drop_ratio: 1.0, forced_open: true });
            }
            _ if self.gate.is_clear() => return Ok(()),
            Mode::Enabled | Mode::DryRun => {}
        }
        let newest = self.lanes.advance(config.grid(), now);
        if !self.gate.is_troubled(newest) {
            self.gate = self.gate.cleared();
            return Ok(());
        }
        let seen = self.evidence(config, now, newest);
        match config.decide(config.ratio(&seen), now, self.last_pass, draw) {
            Verdict::Pass => Ok(()),
            Verdict::ForcedPass | Verdict::LuckyPass => {
                self.last_pass = self.last_pass.max(pass_mark(now));
                Ok(())
            }
            Verdict::Refuse(_) if self.gate.mode() == Mode::DryRun => {
                self.would_reject += 1;
                Ok(())
            }
            Verdict::Refuse(drop_ratio) => {
                self.drops += 1;
                if let Some(lane) = config.refusal_lane() {
                    self.record(config, now, lane);
                }
                Err(Rejected { drop_ratio, forced_open: false })
            }
        }
    }

    /// Tells what a call came to, at `now`. An outcome whose bucket has left the window is not counted.
    pub fn settle(&mut self, config: &Config, now: Instant, outcome: Outcome) {
        if let Some(lane) = Config::outcome_lane(outcome) {
            self.record(config, now, lane);
        }
    }

    /// Changes what is done with decisions.
    pub fn set_mode(&mut self, mode: Mode) {
        self.gate = self.gate.with_mode(mode);
    }

    /// What the breaker looks like at `now`; changes nothing.
    #[must_use]
    pub fn snapshot(&self, config: &Config, now: Instant) -> Snapshot {
        let seen = self.evidence(config, now, self.lanes.latest(config.grid(), now));
        Snapshot::new(config, &seen, self.gate.mode(), self.drops, self.would_reject)
    }

    fn evidence(&self, config: &Config, now: Instant, newest: u64) -> Evidence {
        let lanes = &self.lanes;
        let outcomes =
            |slots| lanes.words(slots).map(|[successes, failures, _]| [successes, failures]);
        let refusals = |slots| lanes.words(slots).map(|[.., refusals]| [refusals]);
        let refusals = config.has_refusals_apart().then_some(refusals);
        config.evidence(now, newest, outcomes, refusals)
    }

    fn record(&mut self, config: &Config, now: Instant, lane: usize) {
        let grid = config.grid();
        let Some(bucket) = self.lanes.enter(grid, now) else { return };
        self.lanes.add(grid, lane, bucket, 1);
        if lane != SUCCESSES {
            self.gate = self.gate.raised(grid.leaves(bucket)).unwrap_or(self.gate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    const MS: u64 = 1_000_000;

    fn at_ms(ms: u64) -> Instant {
        Instant::from_nanos(ms * MS).unwrap()
    }

    fn never() -> f64 {
        unreachable!("no draw is used up")
    }

    struct Film {
        config: Config,
        state: State,
    }

    impl Film {
        fn new(recipe: SreBreakerConfig) -> Self {
            let config = recipe.build().unwrap();
            Self { config, state: State::new(&config) }
        }

        fn settle(&mut self, ms: u64, outcome: Outcome, times: u32) {
            for _ in 0..times {
                self.state.settle(&self.config, at_ms(ms), outcome);
            }
        }

        fn passes(&mut self, ms: u64, draw: f64) -> bool {
            self.state.try_acquire(&self.config, at_ms(ms), || draw).is_ok()
        }

        fn passes_undrawn(&mut self, ms: u64) -> bool {
            self.state.try_acquire(&self.config, at_ms(ms), never).is_ok()
        }

        fn seen(&self, ms: u64) -> Snapshot {
            self.state.snapshot(&self.config, at_ms(ms))
        }
    }

    #[test]
    fn a_call_is_refused_iff_its_draw_is_below_the_ratio() {
        let mut film = Film::new(SreBreakerConfig::go_zero_1_3());
        film.settle(0, Outcome::Failure, 10);
        let ratio = 5.0 / 11.0;
        assert_eq!(film.seen(0).drop_ratio, ratio);
        assert!(film.passes(0, ratio));
        assert!(!film.passes(0, f64::from_bits(ratio.to_bits() - 1)));
        assert_eq!(
            (film.seen(0).requests, film.seen(0).drops),
            (10, 1),
            "refusals are not counted"
        );
    }

    #[test]
    fn the_first_five_failures_are_forgiven_without_a_draw() {
        let mut film = Film::new(SreBreakerConfig::go_zero_1_3());
        film.settle(0, Outcome::Failure, 5);
        assert!(film.passes_undrawn(0));
    }

    #[test]
    fn trouble_ends_when_the_last_failure_leaves_the_window() {
        let mut film = Film::new(SreBreakerConfig::go_zero_1_3());
        film.settle(249, Outcome::Failure, 100);
        assert!(!film.passes(9_999, 0.5));
        assert!(film.passes_undrawn(10_000));
        assert!(film.state.gate.is_clear());
    }

    #[test]
    fn ignored_calls_leave_no_trace() {
        let mut film = Film::new(SreBreakerConfig::sre_book());
        let before = film.state.clone();
        film.settle(0, Outcome::Ignored, 9);
        assert_eq!(film.state, before);
    }

    #[test]
    fn asking_leaves_no_trace_while_nothing_but_successes_is_known() {
        let mut film = Film::new(SreBreakerConfig::sre_book());
        film.settle(0, Outcome::Success, 3);
        let before = film.state.clone();
        assert!(film.passes_undrawn(500_000));
        assert_eq!(film.state, before, "an outcome told of before still counts");
    }

    #[test]
    fn go_zero_forces_a_pass_more_than_a_second_after_the_last_one_in_trouble() {
        let mut film = Film::new(SreBreakerConfig::go_zero());
        film.settle(0, Outcome::Failure, 1_000);
        assert!(!film.passes(5_000, 0.5), "no pass was noted yet, so none is forced");
        assert!(film.passes(5_000, 0.999), "chance; noted");
        assert!(!film.passes(6_000, 0.5), "a second is not more than a second");
        assert!(film.passes_undrawn(6_001));
        assert!(!film.passes(6_001, 0.5), "one at a time");
    }

    #[test]
    fn a_working_run_takes_the_ratio_down_to_nothing_and_its_pass_is_noted_undrawn() {
        let recipe = SreBreakerConfig::go_zero().with_window(Duration::from_secs(1), 2);
        let mut film = Film::new(recipe);
        film.settle(0, Outcome::Failure, 100);
        film.settle(1_000, Outcome::Success, 1);
        assert!(film.seen(1_000).drop_ratio > 0.4, "one of two buckets works");
        // Nothing but a refusal left in the older bucket: it does not end the run.
        assert!(!film.passes(1_000, 0.0));
        film.settle(2_000, Outcome::Success, 1);
        assert!(film.passes_undrawn(2_000));
    }

    #[test]
    fn refusals_count_where_the_origin_counts_them() {
        for (recipe, counted) in [
            (SreBreakerConfig::sre_book(), true),
            (SreBreakerConfig::go_zero_1_3(), false),
            (SreBreakerConfig::go_zero(), true),
            (SreBreakerConfig::grpc_rls(), true),
            (SreBreakerConfig::kratos(), true),
            (SreBreakerConfig::envoy(), false),
        ] {
            let mut film = Film::new(recipe);
            film.settle(0, Outcome::Failure, 200);
            assert!(!film.passes(0, 0.0));
            assert_eq!(film.seen(0).requests, if counted { 201 } else { 200 }, "{recipe:?}");
            assert_eq!(film.seen(0).drops, 1);
        }
    }

    #[test]
    fn kratos_refuses_nothing_below_a_hundred_requests() {
        let mut film = Film::new(SreBreakerConfig::kratos());
        film.settle(0, Outcome::Failure, 99);
        assert!(film.passes_undrawn(0));
        film.settle(0, Outcome::Failure, 1);
        assert!(!film.passes(0, 0.99));
    }

    #[test]
    fn modes_change_what_is_done_and_not_what_is_known() {
        let mut film = Film::new(SreBreakerConfig::grpc_rls());
        film.settle(0, Outcome::Failure, 100);
        film.state.set_mode(Mode::Disabled);
        assert!(film.passes_undrawn(0));
        film.state.set_mode(Mode::DryRun);
        assert!(film.passes(0, 0.1));
        assert_eq!(film.seen(0).would_reject, 1);
        film.state.set_mode(Mode::ForcedOpen);
        assert!(!film.passes_undrawn(0));
        film.settle(0, Outcome::Success, 1);
        let seen = film.seen(0);
        assert_eq!((seen.requests, seen.accepts, seen.drops), (101, 1, 1));
        film.state.set_mode(Mode::Enabled);
        assert!(!film.passes(0, 0.1));
        assert_eq!(film.seen(0).requests, 102, "only the last refusal is in the window");
    }

    #[test]
    fn failures_under_another_mode_are_not_forgotten_by_the_gate() {
        let mut film = Film::new(SreBreakerConfig::go_zero_1_3());
        film.state.set_mode(Mode::Disabled);
        film.settle(0, Outcome::Failure, 100);
        film.state.set_mode(Mode::Enabled);
        assert!(!film.passes(0, 0.5));
    }

    #[test]
    fn an_earlier_now_never_grants_what_the_latest_reading_would_have_refused() {
        let recipe = SreBreakerConfig::go_zero_1_3().with_window(Duration::from_secs(1), 2);
        let mut film = Film::new(recipe);
        film.settle(0, Outcome::Success, 1_000);
        film.settle(1_000, Outcome::Failure, 100);
        assert!(film.passes_undrawn(1_000));
        assert!(!film.passes(2_000, 0.5), "the successes have left");
        assert!(!film.passes(1_000, 0.5), "and do not come back");
    }

    #[test]
    fn envoy_s_cap_holds_in_a_total_outage() {
        let mut film = Film::new(SreBreakerConfig::envoy());
        film.settle(0, Outcome::Failure, 1_000);
        assert!(film.passes(0, 0.8));
        assert!(!film.passes(0, 0.799));
    }
}
