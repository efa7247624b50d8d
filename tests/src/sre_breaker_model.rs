//! The SRE breaker, slow and obvious: a list of everything that counted, and the law in whole numbers.
//!
//! It follows the documentation and nothing of the library's code: no lanes, no laps, no floating point. Its
//! constants are quarters and eighths, so that the law's own doubles are exact but for the last division.

use resil_core::sre_breaker::{Mode, Outcome, Refusals, SreBreakerConfig};
use std::time::Duration;

/// The constants of a breaker.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// The width of a bucket.
    pub width_ns: u64,
    /// How many buckets; a power of two if `least` or `recovery` is in use.
    pub buckets: u32,
    /// K in quarters, at least 4.
    pub multiplier: u32,
    /// K is told as a success ratio, its inverse: a power of two then.
    pub by_success_ratio: bool,
    /// What K falls to, in quarters.
    pub least: Option<u32>,
    /// Requests taken off.
    pub protection: u32,
    /// Requests added below the line.
    pub padding: u32,
    /// Requests below which nothing is refused.
    pub min_requests: u32,
    /// Requests a second below which nothing is refused.
    pub min_rps: u32,
    /// The greatest share refused, in eighths.
    pub most: u32,
    /// Whether a working run takes its share off.
    pub recovery: bool,
    /// Whether refusals count.
    pub refusals: Refusals,
    /// After what time a pass is forced.
    pub forced_pass_after_ns: Option<u64>,
}

impl Law {
    /// The recipe of the breaker to compare with.
    #[must_use]
    pub fn recipe(&self) -> SreBreakerConfig {
        let multiplier = f64::from(self.multiplier) / 4.0;
        let recipe = SreBreakerConfig::sre_book()
            .with_window(Duration::from_nanos(self.width_ns), self.buckets)
            .with_multiplier(multiplier)
            .with_min_multiplier(self.least.map(|least| f64::from(least) / 4.0))
            .with_protection(self.protection.into())
            .with_padding(self.padding.into())
            .with_min_requests(self.min_requests.into())
            .with_min_rps(self.min_rps)
            .with_max_drop_ratio(f64::from(self.most) / 8.0)
            .with_recovery(self.recovery)
            .with_refusals(self.refusals)
            .with_forced_pass_after(self.forced_pass_after_ns.map(Duration::from_nanos));
        if self.by_success_ratio { recipe.with_success_ratio(1.0 / multiplier) } else { recipe }
    }
}

/// What can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Success,
    Failure,
    Refusal,
}

/// A fraction of at least 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Above the line.
    pub part: i128,
    /// Below the line, above 0.
    pub whole: i128,
}

impl Share {
    const NONE: Self = Self { part: 0, whole: 1 };

    /// As the nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.part as f64 / self.whole as f64
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Let through without a look at the draw.
    Passed,
    /// Let through because none was for so long.
    ForcedThrough,
    /// Let through by its draw.
    Lucky,
    /// Let through, and would have been refused but for the mode.
    WouldBeRefused,
    /// Refused by its draw.
    Refused(Share),
    /// Refused by the mode.
    ForcedOpen,
}

/// What the window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Calls that count.
    pub requests: i128,
    /// Successes.
    pub accepts: i128,
}

/// The breaker.
#[derive(Clone, Debug)]
pub struct Model {
    law: Law,
    /// The newest bucket of which it was told.
    newest: u64,
    counted: Vec<(u64, Counted)>,
    /// Failures or refusals were counted since an ask last found the window free of them: asks look at the
    /// clock. Otherwise they see none.
    alert: bool,
    /// The latest call that passed while the window spoke for refusing.
    last_pass_ns: Option<u64>,
    /// What it does with its decisions.
    pub mode: Mode,
    /// Calls refused.
    pub drops: u64,
    /// Calls that would have been.
    pub would_reject: u64,
}

impl Model {
    /// A breaker that has seen nothing.
    #[must_use]
    pub const fn new(law: Law) -> Self {
        Self {
            law,
            newest: 0,
            counted: Vec::new(),
            alert: false,
            last_pass_ns: None,
            mode: Mode::Enabled,
            drops: 0,
            would_reject: 0,
        }
    }

    /// Settles a call; says whether it counts.
    pub fn settle(&mut self, now_ns: u64, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Success => self.count(now_ns, Counted::Success),
            Outcome::Failure => self.count(now_ns, Counted::Failure),
            Outcome::Ignored => false,
        }
    }

    fn count(&mut self, now_ns: u64, what: Counted) -> bool {
        let bucket = now_ns / self.law.width_ns;
        self.newest = self.newest.max(bucket);
        let counts = bucket + u64::from(self.law.buckets) > self.newest;
        if counts {
            self.counted.push((bucket, what));
            self.alert |= what != Counted::Success;
        }
        counts
    }

    /// What is in the window whose newest bucket is `newest`, oldest bucket first.
    fn window(&self, newest: u64) -> impl Iterator<Item = &(u64, Counted)> {
        let buckets = u64::from(self.law.buckets);
        self.counted.iter().filter(move |(bucket, _)| bucket + buckets > newest)
    }

    fn latest(&self, now_ns: u64) -> u64 {
        self.newest.max(now_ns / self.law.width_ns)
    }

    /// What a reading at `now_ns` sees.
    #[must_use]
    pub fn seen(&self, now_ns: u64) -> Seen {
        let window = || self.window(self.latest(now_ns));
        let accepts = window().filter(|(_, what)| *what == Counted::Success).count();
        Seen { requests: window().count() as i128, accepts: accepts as i128 }
    }

    /// How many of the newest buckets hold some of `good` and none of `bad`; others between do not count.
    fn run_of(&self, newest: u64, good: Counted, bad: Counted) -> i128 {
        let mut run = 0;
        for age in 0..u64::from(self.law.buckets).min(newest + 1) {
            let holds = |what| self.counted.contains(&(newest - age, what));
            if holds(bad) {
                break;
            }
            run += i128::from(holds(good));
        }
        run
    }

    /// The share to refuse at `now_ns`: before and after what a working run takes off it.
    #[must_use]
    pub fn shares(&self, now_ns: u64) -> (Share, Share) {
        let (law, newest) = (&self.law, self.latest(now_ns));
        let Seen { requests, accepts } = self.seen(now_ns);
        let none = (Share::NONE, Share::NONE);
        if requests == 0 || requests < law.min_requests.into() {
            return none;
        }
        let oldest = self.window(newest).map(|(bucket, _)| bucket).min().unwrap_or(&newest);
        let age_ns = now_ns.max(newest * law.width_ns) - oldest * law.width_ns;
        let seconds = i128::from(age_ns / 1_000_000_000).max(1);
        if requests / seconds < law.min_rps.into() {
            return none;
        }
        let buckets = i128::from(law.buckets);
        // K in parts of `4 * buckets`.
        let k = i128::from(law.multiplier) * buckets;
        let weight = law.least.map_or(k, |least| {
            let least = i128::from(least) * buckets;
            let failing = self.run_of(newest, Counted::Failure, Counted::Success);
            (k - (k - least) / buckets * failing).max(least)
        });
        let excess = 4 * buckets * (requests - i128::from(law.protection)) - weight * accepts;
        if excess <= 0 || law.most == 0 {
            return none;
        }
        let mut raw =
            Share { part: excess, whole: 4 * buckets * (requests + i128::from(law.padding)) };
        if raw.part * 8 > i128::from(law.most) * raw.whole {
            raw = Share { part: law.most.into(), whole: 8 };
        }
        let mut eased = raw;
        if law.recovery {
            let working = self.run_of(newest, Counted::Success, Counted::Failure);
            eased = Share { part: raw.part * (buckets - working), whole: raw.whole * buckets };
        }
        (raw, eased)
    }

    /// Whether the share that a call at `now_ns` would be refused by is so rounded that a draw of that very
    /// number of 1024ths might go either way.
    #[must_use]
    pub fn is_on_edge(&self, now_ns: u64, draw: u32) -> bool {
        let (raw, eased) = self.shares(now_ns);
        raw != eased && eased.part * 1_024 == i128::from(draw) * eased.whole
    }

    /// Asks, with a draw of so many 1024ths.
    pub fn ask(&mut self, now_ns: u64, draw: u32) -> Verdict {
        match self.mode {
            Mode::Disabled => return Verdict::Passed,
            Mode::ForcedOpen => {
                self.drops += 1;
                return Verdict::ForcedOpen;
            }
            // A dry run looks at the clock every time.
            Mode::Enabled if !self.alert => return Verdict::Passed,
            Mode::Enabled | Mode::DryRun => {}
        }
        self.newest = self.latest(now_ns);
        let alert = self.window(self.newest).any(|(_, what)| *what != Counted::Success);
        self.alert = alert;
        let (raw, eased) = self.shares(now_ns);
        if raw.part == 0 {
            return Verdict::Passed;
        }
        let after = self.law.forced_pass_after_ns;
        let overdue = |(last, after)| now_ns.saturating_sub(last) > after;
        if self.last_pass_ns.zip(after).is_some_and(overdue) {
            self.last_pass_ns = Some(now_ns);
            return Verdict::ForcedThrough;
        }
        if i128::from(draw) * eased.whole >= eased.part * 1_024 {
            self.last_pass_ns = self.last_pass_ns.max(Some(now_ns));
            return Verdict::Lucky;
        }
        if self.mode == Mode::DryRun {
            self.would_reject += 1;
            return Verdict::WouldBeRefused;
        }
        self.drops += 1;
        if self.law.refusals != Refusals::Uncounted {
            let apart = self.law.refusals == Refusals::Apart;
            self.count(now_ns, if apart { Counted::Refusal } else { Counted::Failure });
        }
        Verdict::Refused(eased)
    }
}
