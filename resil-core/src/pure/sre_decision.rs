//! One decision of the SRE breaker: what the window shows, what the law makes of it, and the draw.

use core::ops::Range;

use super::drop_ratio::{Evidence, FAILURES, Law, REFUSALS, Ratio, SUCCESSES};
use super::grid::Grid;
use super::instant::Instant;
use super::outcome::Outcome;
use super::sre_config::{Refusals, SreBreakerConfig};

/// A breaker's configuration, checked: what [`SreBreakerConfig::build`] makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    recipe: SreBreakerConfig,
    grid: Grid,
    law: Law,
    refusals: Refusals,
    forced_pass_after_ns: Option<u64>,
}

/// What becomes of a call that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing speaks for refusing.
    Pass,
    /// It passes because none did for so long, and is noted as the last pass.
    ForcedPass,
    /// It passes by chance, and is noted as the last pass.
    LuckyPass,
    /// Refused, with this ratio.
    Refuse(f64),
}

impl Config {
    pub(crate) const fn checked(
        recipe: SreBreakerConfig,
        grid: Grid,
        law: Law,
        refusals: Refusals,
        forced_pass_after_ns: Option<u64>,
    ) -> Self {
        Self { recipe, grid, law, refusals, forced_pass_after_ns }
    }

    /// What it was made of.
    #[must_use]
    pub const fn recipe(&self) -> SreBreakerConfig {
        self.recipe
    }

    pub(crate) const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The lane that a refusal counts in, if it counts.
    pub(crate) const fn refusal_lane(&self) -> Option<usize> {
        match self.refusals {
            Refusals::Uncounted => None,
            Refusals::AsFailures => Some(FAILURES),
            Refusals::Apart => Some(REFUSALS),
        }
    }

    /// The lane that an outcome counts in, if it counts.
    #[inline]
    pub(crate) const fn outcome_lane(outcome: Outcome) -> Option<usize> {
        match outcome {
            Outcome::Success => Some(SUCCESSES),
            Outcome::Failure => Some(FAILURES),
            Outcome::Ignored => None,
        }
    }

    /// Whether passes in trouble are noted.
    pub(crate) const fn notes_passes(&self) -> bool {
        self.forced_pass_after_ns.is_some()
    }

    /// Whether refusals have a lane of their own.
    pub(crate) const fn has_refusals_apart(&self) -> bool {
        matches!(self.refusals, Refusals::Apart)
    }

    /// What the window at `now`, whose newest bucket is `newest`, shows. `outcomes` reads successes and
    /// failures of a run of slots, `refusals` the refusals where they are apart.
    pub(crate) fn evidence<O, R>(
        &self,
        now: Instant,
        newest: u64,
        outcomes: impl Fn(Range<usize>) -> O,
        refusals: Option<impl Fn(Range<usize>) -> R>,
    ) -> Evidence
    where
        O: Iterator<Item = [u64; 2]>,
        R: Iterator<Item = [u64; 1]>,
    {
        let (grid, buckets) = (&self.grid, self.grid.bucket_count());
        if let Some(refusals) = refusals {
            let all = |slots: Range<usize>| {
                let both = outcomes(slots.clone()).zip(refusals(slots));
                both.map(|([successes, failures], [refusals])| [successes, failures, refusals])
            };
            return Evidence::by_bucket(grid, now, newest, all);
        }
        if self.law.looks_at_buckets() {
            let all = |slots| outcomes(slots).map(|[successes, failures]| [successes, failures, 0]);
            return Evidence::by_bucket(grid, now, newest, all);
        }
        Evidence::in_all(grid.fold(newest, buckets, outcomes, [0; 2], |seen, bucket| {
            [seen[SUCCESSES] + bucket[SUCCESSES], seen[FAILURES] + bucket[FAILURES]]
        }))
    }

    /// Whether [`Evidence::in_all`] is all that is looked at.
    pub(crate) const fn looks_at_totals_only(&self) -> bool {
        !self.has_refusals_apart() && !self.law.looks_at_buckets()
    }

    /// The share to refuse of calls made in view of `seen`.
    pub(crate) fn ratio(&self, seen: &Evidence) -> Ratio {
        self.law.ratio(seen, self.grid.bucket_count())
    }

    /// Decides on one call. `last_pass` is what `pass_mark` made of the last noted pass, 0 if there is none.
    pub(crate) fn decide(
        &self,
        ratio: Ratio,
        now: Instant,
        last_pass: u64,
        draw: impl FnOnce() -> f64,
    ) -> Verdict {
        if ratio.raw <= 0.0 {
            return Verdict::Pass;
        }
        if let Some(after) = self.forced_pass_after_ns {
            // The mark is one above the time, so this is `now - last > after`.
            if last_pass != 0 && pass_mark(now).saturating_sub(last_pass) > after {
                return Verdict::ForcedPass;
            }
        }
        if ratio.eased > 0.0 && draw() < ratio.eased {
            Verdict::Refuse(ratio.eased)
        } else {
            Verdict::LuckyPass
        }
    }
}

/// How a pass at `now` is noted: never 0, which means none.
pub(crate) const fn pass_mark(now: Instant) -> u64 {
    now.as_nanos() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_besides_outcomes_is_what_the_recipe_asks_for() {
        for (recipe, notes_passes, apart, lane) in [
            (SreBreakerConfig::sre_book(), false, false, Some(FAILURES)),
            (SreBreakerConfig::go_zero_1_3(), false, false, None),
            (SreBreakerConfig::go_zero(), true, true, Some(REFUSALS)),
        ] {
            let config = recipe.build().unwrap();
            assert_eq!(config.recipe(), recipe);
            assert_eq!(config.notes_passes(), notes_passes, "{recipe:?}");
            assert_eq!(config.has_refusals_apart(), apart, "{recipe:?}");
            assert_eq!(config.refusal_lane(), lane, "{recipe:?}");
        }
    }

    #[test]
    fn a_ratio_eased_to_nothing_passes_without_a_draw_and_is_noted() {
        let config = SreBreakerConfig::go_zero().build().unwrap();
        let decide = |raw, eased| {
            let draw = || unreachable!("no draw is used up");
            config.decide(Ratio { raw, eased }, Instant::ZERO, 0, draw)
        };
        assert_eq!(decide(0.3, 0.0), Verdict::LuckyPass);
        assert_eq!(decide(0.0, 0.0), Verdict::Pass);
    }

    #[test]
    fn a_pass_at_the_clock_s_zero_is_one_that_was_noted() {
        let config = SreBreakerConfig::go_zero().build().unwrap();
        let mark = pass_mark(Instant::ZERO);
        let refused = Ratio { raw: 0.5, eased: 0.5 };
        let at = |nanos| config.decide(refused, Instant::from_nanos(nanos).unwrap(), mark, || 0.0);
        assert_eq!(at(1_000_000_000), Verdict::Refuse(0.5));
        assert_eq!(at(1_000_000_001), Verdict::ForcedPass);
    }
}
