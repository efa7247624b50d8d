//! The sweep over token bucket, leaky meter and leaky queue.

use resil_core::{
    Instant, LeakyBucket, LeakyMeter, LeakyQueue, ManualClock, Quota, TokenBucket, quota,
};
use std::time::Duration;

use super::{
    BURSTS, Effort, FLOWS, Flow, LAST_INSTANT, RATES, Report, STEPS, Tally, nanos, origin,
};
use crate::admission::Excess;
use crate::exact_bucket::ExactBucket;
use crate::seed::Random;
use crate::token_bucket_front::Front;
use crate::token_bucket_model::Model;

/// A quota that counts in fractions of a nanosecond is run for so long, 2.3 years, and then begun afresh: it
/// may be rounded anew where its origin moves, after 4.5 years at the least.
const LONGEST_ROUNDED_RUN: u64 = 1 << 56;

/// What is asked.
pub trait Limiter {
    /// Its name in the report.
    const NAME: &'static str;
    /// Whether what is granted goes later.
    const QUEUES: bool;
    /// As new.
    fn new(quota: Quota) -> Self;
    /// When the permits may go, if they are granted.
    fn ask(&self, now: Instant, permits: u32) -> Option<u64>;
}

impl Limiter for TokenBucket<ManualClock> {
    const NAME: &'static str = "token bucket";
    const QUEUES: bool = false;
    fn new(quota: Quota) -> Self {
        TokenBucket::new(quota).with_clock(ManualClock::default())
    }
    #[inline]
    fn ask(&self, now: Instant, permits: u32) -> Option<u64> {
        self.try_acquire_at(now, permits).is_ok().then_some(now.as_nanos())
    }
}

impl Limiter for LeakyMeter<ManualClock> {
    const NAME: &'static str = "leaky meter";
    const QUEUES: bool = false;
    fn new(quota: Quota) -> Self {
        LeakyBucket::meter(quota).with_clock(ManualClock::default())
    }
    #[inline]
    fn ask(&self, now: Instant, permits: u32) -> Option<u64> {
        self.try_acquire_at(now, permits).is_ok().then_some(now.as_nanos())
    }
}

impl Limiter for LeakyQueue<ManualClock> {
    const NAME: &'static str = "leaky queue";
    const QUEUES: bool = true;
    fn new(quota: Quota) -> Self {
        LeakyBucket::queue(quota).with_clock(ManualClock::default())
    }
    #[inline]
    fn ask(&self, now: Instant, permits: u32) -> Option<u64> {
        self.try_reserve_at(now, permits).ok().map(|slot| slot.ready_at().as_nanos())
    }
}

/// Every cell of a limiter.
pub fn sweep<L: Limiter>(effort: Effort, seed: u64) -> Report {
    let mut report = Report::default();
    for (index, &(permits, period)) in RATES.iter().enumerate() {
        for &burst in BURSTS {
            match checked(permits, period, burst) {
                Err(why) => {
                    *report.refused.entry(why.to_string()).or_default() += STEPS.len() as u64;
                }
                Ok(quota) => report.cells.extend(STEPS.iter().map(|&step| {
                    let random =
                        Random::new(seed ^ (index as u64) << 48 ^ step << 32 ^ u64::from(burst));
                    Cell::<L>::new(quota, step, random).run(effort)
                })),
            }
        }
    }
    report
}

/// The quota, or the refusal, which is the one that the contract names.
fn checked(permits: u32, period: u64, burst: u32) -> Result<Quota, quota::ConfigError> {
    let made = Quota::new(permits, Duration::from_nanos(period), burst);
    let is_too_long =
        u128::from(burst) * u128::from(period) > u128::from(permits) * ((1 << 52) * 1_000);
    let is_too_fast = u128::from(permits) > u128::from(period) * 4;
    let expected = match made {
        Ok(_) => !is_too_long && !is_too_fast,
        Err(quota::ConfigError::SpanTooLong) => is_too_long,
        Err(quota::ConfigError::RateTooHigh) => is_too_fast,
        Err(_) => false,
    };
    assert!(expected, "{permits} in {period} ns, burst {burst}: {made:?}");
    made
}

struct Cell<L> {
    quota: Quota,
    step: u64,
    ticks_per_permit: u128,
    is_exact: bool,
    random: Random,
    tally: Tally,
    limiter: L,
    exact: ExactBucket,
    excess: Excess,
    /// Grants that a time stepping back might still go before.
    pending: Vec<(u64, u32)>,
    latest: u64,
}

impl<L: Limiter> Cell<L> {
    fn new(quota: Quota, step: u64, random: Random) -> Self {
        let model = Model::new(quota, None);
        let period = nanos(quota.period().as_nanos() as u64);
        let name = format!(
            "{}, {} in {period}, burst {}, polled each {}",
            L::NAME,
            quota.permits(),
            quota.burst(),
            nanos(step)
        );
        Self {
            quota,
            step,
            ticks_per_permit: model.ticks_per_permit() as u128,
            is_exact: model.is_exact(),
            random,
            tally: Tally { name, ..Tally::default() },
            limiter: L::new(quota),
            exact: ExactBucket::new(quota),
            excess: Excess::new(quota),
            pending: Vec::new(),
            latest: 0,
        }
    }

    fn run(mut self, effort: Effort) -> Tally {
        let polls = effort.polls(self.nanos_of(1), self.step);
        for flow in FLOWS {
            self.poll(flow, polls.div_ceil(3));
        }
        let mut left = effort.instants();
        while left > 0 {
            left = self.jump(left);
        }
        self.begin_afresh();
        self.tally
    }

    /// A new bucket; what the one before was granted is judged.
    fn begin_afresh(&mut self) {
        self.settle(0);
        let allowed = if self.is_exact { 0 } else { 2 };
        if !self.excess.is_within(allowed, self.ticks_per_permit, 0) {
            self.tally.beyond_the_bound += 1;
        }
        let milliticks = (self.excess.worst() * 1_000).saturating_mul(self.ticks_per_permit)
            / self.quota.period().as_nanos();
        self.tally.worst_milliticks = self.tally.worst_milliticks.max(milliticks as u64);
        self.limiter = L::new(self.quota);
        self.exact = ExactBucket::new(self.quota);
        self.excess = Excess::new(self.quota);
        self.latest = 0;
    }

    /// Grants go into the books in order of time, all but the newest `keep`.
    fn settle(&mut self, keep: usize) {
        self.pending.sort_by_key(|grant| grant.0);
        let count = self.pending.len().saturating_sub(keep);
        for (at, permits) in self.pending.drain(..count) {
            self.excess.grant(at, permits);
        }
    }

    /// Nanoseconds in which `permits` come back, rounded up.
    fn nanos_of(&self, permits: u32) -> u64 {
        let nanos = self.quota.period().as_nanos() * u128::from(permits);
        nanos.div_ceil(self.quota.permits().into()) as u64
    }

    /// Empties a new bucket at an instant after which `room` ns are left; the instant.
    fn drain(&mut self, room: u64) -> u64 {
        self.begin_afresh();
        let now = origin(&mut self.random, room.min(LAST_INSTANT));
        self.ask(now, self.quota.burst());
        self.ask(now, 1);
        now
    }

    /// Asks at each step for what the step brings, and for one less if that is too much.
    fn poll(&mut self, flow: Flow, polls: u64) {
        let (permits, period) = (u128::from(self.quota.permits()), self.quota.period().as_nanos());
        let due = (u128::from(self.step) * permits).div_ceil(period);
        let each = due.clamp(1, u128::from(self.quota.burst())) as u32;
        let duration = self.step * polls;
        // Where a permit takes longer than all polls, its instant lies between them.
        let ahead = self.nanos_of(1).saturating_sub(duration / 2);
        let mut now = self.drain(ahead + duration) + ahead;
        for number in 0..polls {
            let at = flow.instant(now, number, self.step);
            if !self.ask(at, each) && each > 1 {
                self.ask(at, each - 1);
            }
            now += self.step;
        }
    }

    /// Asks at exact instants and a nanosecond to either side, up to the end of this bucket's run.
    fn jump(&mut self, left: u64) -> u64 {
        let longest = if self.is_exact { LAST_INSTANT } else { LONGEST_ROUNDED_RUN };
        let burst = self.quota.burst();
        let small = burst.min(7);
        let began = self.drain(self.nanos_of(small) + 1);
        let end = began.saturating_add(longest).min(LAST_INSTANT);
        let mut now = began;
        let mut left = left;
        // Many short runs rather than one: each has another origin.
        for turn in 0..1_000 {
            let whole = self.nanos_of(burst) < end - now && turn % 64 == 63;
            let n = if whole { burst } else { 1 + self.random.below(small.into()) as u32 };
            let due = u128::from(now) + self.exact.wait(now, n);
            if left == 0 || due >= u128::from(end) {
                break;
            }
            now = due as u64;
            if now > self.latest && self.random.once_in(2) {
                self.ask(now - 1, n);
            }
            let is_due_now = self.exact.wait(now, n) == 0 && self.exact.wait(now - 1, n) == 1;
            let got = self.ask(now, n);
            self.tally.on_the_dot += u64::from(is_due_now && got);
            self.ask(now, 1);
            self.ask(now + 1, 1);
            left -= 1;
        }
        if now == began { left - 1 } else { left }
    }

    /// Asks and compares with the exact fraction.
    #[inline]
    fn ask(&mut self, now: u64, permits: u32) -> bool {
        self.tally.asked += 1;
        let is_due = self.exact.grants(now, permits);
        let answer = self.limiter.ask(Instant::from_nanos(now).expect("an instant"), permits);
        let Some(ready_at) = answer else {
            // A reading before the latest one may come out a tick apart from it.
            self.tally.refused_though_due +=
                u64::from(is_due && (self.is_exact || now >= self.latest));
            self.latest = self.latest.max(now);
            return false;
        };
        self.tally.early += u64::from(!is_due);
        self.tally.beyond_the_bound += u64::from(!self.is_in_time(now, ready_at));
        self.exact.take(now, permits);
        if self.pending.len() >= 16 {
            self.settle(8);
        }
        self.pending.push((now, permits));
        self.latest = self.latest.max(now);
        true
    }

    /// Whether what may go at `ready_at` may go no later than it is due, nor two ticks earlier.
    fn is_in_time(&self, now: u64, ready_at: u64) -> bool {
        if !L::QUEUES {
            return ready_at == now;
        }
        // What is due after the last instant is answered with that.
        let due = self.exact.empty_at(now).min(LAST_INSTANT.into()) as u64;
        // A tick is at most 16 ns.
        let slack = if self.is_exact { 0 } else { 32 };
        let is_late = ready_at > due && now >= self.latest;
        !is_late && ready_at + slack >= due
    }
}
