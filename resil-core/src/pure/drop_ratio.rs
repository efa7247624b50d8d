//! The law of the breaker: from what the window holds to the share of calls to refuse.
//!
//! ```text
//! weight    = max(K - ((K - K_min) * failing) / buckets, K_min)   if failing runs count, else K
//! ratio     = ((requests - protection) - weight * accepts) / (requests + padding)
//! ratio     = min(ratio ^ (1 / aggression), max_drop_ratio)
//! ratio     = ratio * ((buckets - working) / buckets)             if working runs count
//! ```
//!
//! in this order of evaluation, in doubles, so that each preset equals its origin to the last bit. 0 stands
//! for every ratio that is not above 0. A preset by success ratio divides: `accepts / success_ratio`.
//! Source: Beyer et al., "Site Reliability Engineering" (2016), Handling Overload, equation 21-1.

use core::ops::Range;

use super::grid::Grid;
use super::instant::Instant;

/// How much the accepted calls weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Weight {
    /// Each stands for so many requests.
    Multiplier(f64),
    /// They should be this share of all.
    SuccessRatio(f64),
}

/// The constants of the law, checked: see `sre_config.rs` for what each means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Law {
    pub(crate) weight: Weight,
    pub(crate) min_multiplier: Option<f64>,
    pub(crate) protection: u64,
    pub(crate) padding: f64,
    pub(crate) min_requests: u64,
    pub(crate) min_rps: u32,
    pub(crate) aggression: f64,
    pub(crate) max_drop_ratio: f64,
    pub(crate) recovery: bool,
}

/// What a window shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Calls that succeeded.
    pub(crate) accepts: u64,
    /// Calls that count: settled ones, and refusals if they are counted.
    pub(crate) requests: u64,
    /// The newest buckets with failures and no success; empty ones between them do not count or end it.
    pub(crate) failing: u32,
    /// The newest buckets with successes and no failure; empty ones between them do not count or end it.
    pub(crate) working: u32,
    /// Nanoseconds since the oldest bucket that holds anything began.
    pub(crate) age_ns: u64,
}

pub(crate) const SUCCESSES: usize = 0;
pub(crate) const FAILURES: usize = 1;
/// Refusals, where they are told from failures.
pub(crate) const REFUSALS: usize = 2;

impl Evidence {
    /// What all buckets together show.
    pub(crate) fn in_all([successes, failures]: [u64; 2]) -> Self {
        Self { accepts: successes, requests: successes + failures, ..Self::default() }
    }

    /// Looks at each bucket by itself; `words` reads successes, failures and refusals of a run of slots.
    pub(crate) fn by_bucket<W: Iterator<Item = [u64; 3]>>(
        grid: &Grid,
        now: Instant,
        newest: u64,
        words: impl Fn(Range<usize>) -> W,
    ) -> Self {
        let buckets = grid.bucket_count();
        let mut empty = 0;
        let mut seen = grid.fold(newest, buckets, words, Self::default(), |mut seen, lanes| {
            seen.push(lanes);
            empty += u64::from(seen.requests == 0);
            seen
        });
        if seen.requests > 0 {
            // Nothing is recorded before the clock's zero.
            let oldest = newest.saturating_sub(u64::from(buckets) - 1 - empty);
            let now = now.max(grid.start(newest));
            seen.age_ns = now.as_nanos() - grid.start(oldest).as_nanos();
        }
        seen
    }

    /// Adds the next bucket. Without branches: what the buckets hold is nothing that can be predicted.
    fn push(&mut self, [successes, failures, refusals]: [u64; 3]) {
        self.accepts += successes;
        self.requests += successes + failures + refusals;
        self.working = (self.working + u32::from(successes > 0)) * u32::from(failures == 0);
        self.failing = (self.failing + u32::from(failures > 0)) * u32::from(successes == 0);
    }
}

/// The share to refuse: before and after what a working run takes off it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ratio {
    /// Above 0: the window speaks for refusing.
    pub(crate) raw: f64,
    /// What a draw is compared with.
    pub(crate) eased: f64,
}

impl Law {
    /// Whether it asks for more than what the window holds in all.
    pub(crate) const fn looks_at_buckets(&self) -> bool {
        self.min_multiplier.is_some() || self.recovery || self.min_rps > 0
    }

    /// What `seen`, of a window of `buckets` buckets, comes to; 0 if nothing is to be refused.
    pub(crate) fn ratio(&self, seen: &Evidence, buckets: u32) -> Ratio {
        const NONE: Ratio = Ratio { raw: 0.0, eased: 0.0 };
        if seen.requests == 0 || seen.requests < self.min_requests || self.is_quiet(seen) {
            return NONE;
        }
        let buckets = f64::from(buckets);
        let accepts = seen.accepts as f64;
        let weighted = match self.weight {
            Weight::SuccessRatio(ratio) => accepts / ratio,
            Weight::Multiplier(multiplier) => match self.min_multiplier {
                None => multiplier * accepts,
                Some(least) => {
                    let failing = f64::from(seen.failing);
                    let eased = multiplier - ((multiplier - least) * failing) / buckets;
                    eased.max(least) * accepts
                }
            },
        };
        // Subtracted as whole numbers; below the protection nothing is refused, whatever is missing to it.
        let excess = seen.requests.saturating_sub(self.protection) as f64 - weighted;
        let plain = excess / (seen.requests as f64 + self.padding);
        if plain.is_nan() || plain <= 0.0 {
            return NONE;
        }
        // Only then: the origin leaves the ratio alone at 1, and so do we, whatever `powf(1)` makes of it.
        let bent = if self.aggression == 1.0 { plain } else { plain.powf(1.0 / self.aggression) };
        let raw = bent.min(self.max_drop_ratio);
        let working = f64::from(seen.working);
        let eased = if self.recovery { raw * ((buckets - working) / buckets) } else { raw };
        Ratio { raw, eased }
    }

    /// Fewer requests a second than the law is for, since the oldest that counts; in whole seconds, at least 1.
    fn is_quiet(&self, seen: &Evidence) -> bool {
        let seconds = (seen.age_ns / 1_000_000_000).max(1);
        self.min_rps > 0 && seen.requests / seconds < u64::from(self.min_rps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::lanes::Lanes;
    use core::time::Duration;

    const V131: Law = Law {
        weight: Weight::Multiplier(1.5),
        min_multiplier: None,
        protection: 5,
        padding: 1.0,
        min_requests: 0,
        min_rps: 0,
        aggression: 1.0,
        max_drop_ratio: 1.0,
        recovery: false,
    };
    const HEAD: Law = Law { min_multiplier: Some(1.1), recovery: true, ..V131 };
    const ENVOY: Law =
        Law { weight: Weight::SuccessRatio(0.95), protection: 0, max_drop_ratio: 0.8, ..V131 };

    fn ratio(law: &Law, requests: u64, accepts: u64, failing: u32, working: u32) -> f64 {
        law.ratio(&Evidence { accepts, requests, failing, working, age_ns: 0 }, 40).eased
    }

    #[test]
    fn go_zero_s_golden_values_come_out() {
        for (requests, accepts, failing, working, old, new) in [
            (4, 0, 1, 0, "0.000000", "0.000000"),
            (6, 0, 1, 0, "0.142857", "0.142857"),
            (10, 0, 2, 0, "0.454545", "0.454545"),
            (15, 10, 0, 0, "0.000000", "0.000000"),
            (16, 7, 0, 0, "0.029412", "0.029412"),
            (100, 50, 0, 0, "0.198020", "0.198020"),
            (100, 50, 20, 0, "0.198020", "0.297030"),
            (100, 50, 0, 20, "0.198020", "0.099010"),
            (100, 60, 40, 0, "0.049505", "0.287129"),
            (1000, 0, 40, 0, "0.994006", "0.994006"),
            (1000, 0, 0, 40, "0.994006", "0.000000"),
        ] {
            let show = |law| format!("{:.6}", ratio(law, requests, accepts, failing, working));
            assert_eq!(show(&V131), old, "{requests} {accepts} {failing} {working}");
            assert_eq!(show(&HEAD), new, "{requests} {accepts} {failing} {working}");
        }
    }

    #[test]
    fn the_book_s_and_envoy_s_values_come_out() {
        let book = Law { weight: Weight::Multiplier(2.0), protection: 0, ..V131 };
        for (law, requests, accepts, expected) in [
            (book, 100, 40, "0.198020"),
            (book, 1000, 100, "0.799201"),
            (book, 10, 0, "0.909091"),
            (ENVOY, 1000, 500, "0.473211"),
            (Law { aggression: 2.0, ..ENVOY }, 1000, 500, "0.687903"),
            (ENVOY, 100, 90, "0.052110"),
            (ENVOY, 1000, 0, "0.800000"),
        ] {
            assert_eq!(format!("{:.6}", ratio(&law, requests, accepts, 0, 0)), expected);
        }
    }

    #[test]
    fn successes_alone_never_lead_to_a_refusal() {
        let lowest = Law { weight: Weight::Multiplier(1.0), protection: 0, padding: 0.0, ..V131 };
        let strict = Law { weight: Weight::SuccessRatio(1.0), ..lowest };
        for law in [lowest, strict, HEAD, ENVOY, Law { aggression: 3.0, ..ENVOY }] {
            for n in [0, 1, 2, 5, 1_000, (1 << 53) + 1, u64::MAX / 2] {
                assert_eq!(ratio(&law, n, n, 0, 40), 0.0, "{law:?} {n}");
            }
        }
    }

    #[test]
    fn too_few_requests_or_too_seldom_ones_are_not_judged() {
        let seen = Evidence { requests: 99, age_ns: 3_999_999_999, ..Evidence::default() };
        let judged = |law: Law| law.ratio(&seen, 40).raw > 0.0;
        assert!(judged(V131));
        assert!(!judged(Law { min_requests: 100, ..V131 }));
        assert!(judged(Law { min_requests: 99, ..V131 }));
        assert!(judged(Law { min_rps: 33, ..V131 }), "99 in 3 whole seconds");
        assert!(!judged(Law { min_rps: 34, ..V131 }));
    }

    #[test]
    fn runs_are_counted_from_the_newest_bucket_and_empty_buckets_do_not_end_them() {
        let mut seen = Evidence::default();
        for (s, f, r) in [(9, 0, 0), (0, 1, 0), (0, 0, 0), (0, 0, 5), (0, 2, 7), (0, 3, 0)] {
            seen.push([s, f, r]);
        }
        assert_eq!((seen.failing, seen.working), (3, 0));
        assert_eq!((seen.accepts, seen.requests), (9, 27));
        for (s, f, r) in [(1, 0, 0), (0, 0, 3), (1, 0, 0)] {
            seen.push([s, f, r]);
        }
        assert_eq!((seen.failing, seen.working), (0, 2));
        seen.push([1, 1, 0]);
        assert_eq!((seen.failing, seen.working), (0, 0));
    }

    #[test]
    fn the_age_is_that_of_the_oldest_bucket_that_holds_anything() {
        const S: u64 = 1_000_000_000;
        let at = |nanos| Instant::from_nanos(nanos).unwrap();
        let grid = Grid::new(Duration::from_secs(1), 4).unwrap();
        // The buckets with a call, the reading's instant in half seconds, and the age in the same.
        for (filled, now, age) in [
            (&[][..], 15, 0),
            (&[7], 15, 1),
            (&[5, 7], 15, 5),
            (&[4], 15, 7),
            (&[0], 1, 1),
            (&[0, 1], 3, 3),
            (&[1], 3, 1),
            (&[7], 13, 0),
        ] {
            let mut lanes = Lanes::<3>::new(&grid);
            for bucket in filled {
                lanes.enter(&grid, grid.start(*bucket));
                lanes.add(&grid, FAILURES, *bucket, 1);
            }
            let now = at(now * S / 2);
            let newest = lanes.latest(&grid, now);
            let seen = Evidence::by_bucket(&grid, now, newest, |slots| lanes.words(slots));
            assert_eq!((seen.age_ns, seen.requests), (age * S / 2, filled.len() as u64));
        }
    }

    #[test]
    fn a_law_looks_at_each_bucket_only_where_one_of_its_terms_needs_it() {
        assert!(!V131.looks_at_buckets());
        assert!(Law { min_multiplier: Some(1.1), ..V131 }.looks_at_buckets());
        assert!(Law { recovery: true, ..V131 }.looks_at_buckets());
        assert!(Law { min_rps: 1, ..V131 }.looks_at_buckets());
    }
}
