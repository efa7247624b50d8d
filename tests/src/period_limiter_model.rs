//! The period limiter, slow and obvious: the oracle of the random tests and of the fuzzer.
//!
//! It keeps every grant there ever was with its window, adds them up for each question, and *searches* for the
//! first time, or the largest number, at which the answer changes.

use resil_core::period_limiter::Kind;

use crate::token_bucket_model::first;

/// What `try_acquire` is answered. `Display` writes it as the timelines do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There are more.
    Granted,
    /// There are none left.
    GrantedLast,
    /// Later, in so many nanoseconds.
    RetryAfter(u128),
    /// Never.
    ExceedsLimit,
}

/// The limiter.
#[derive(Clone, Debug)]
pub struct Model {
    limit: u32,
    period: i128,
    slides: bool,
    /// Where a window begins, once that is known.
    origin: Option<i128>,
    /// Every grant: its window and its permits.
    grants: Vec<(i128, u32)>,
}

impl Model {
    /// A limiter that was not used yet.
    #[must_use]
    pub fn new(limit: u32, period_ns: u64, kind: Kind) -> Self {
        let origin = match kind {
            Kind::FromFirstUse => None,
            Kind::Aligned { utc_offset_secs } => Some(i128::from(utc_offset_secs) * -1_000_000_000),
            _ => Some(0),
        };
        let slides = kind == Kind::Sliding;
        Self { limit, period: period_ns.into(), slides, origin, grants: Vec::new() }
    }

    /// The window of `now` with its begin: the newest that anything was granted in, or a later one.
    fn window(&self, now: u128) -> (i128, i128) {
        let origin = self.origin.unwrap_or(now as i128);
        let own = (now as i128 - origin).div_euclid(self.period);
        let window = self.grants.iter().map(|grant| grant.0).fold(own, i128::max);
        (window, origin + window * self.period)
    }

    fn taken(&self, window: i128) -> i128 {
        let grants = self.grants.iter().filter(|grant| grant.0 == window);
        grants.map(|grant| i128::from(grant.1)).sum()
    }

    /// Whether `permits` fit at `now`.
    #[must_use]
    pub fn fits(&self, now: u128, permits: u128) -> bool {
        let (window, begin) = self.window(now);
        let elapsed = (now as i128 - begin).max(0);
        // In units of 1/period permits.
        let mut used = self.taken(window) * self.period;
        if self.slides {
            used += self.taken(window - 1) * (self.period - elapsed);
        }
        used + permits as i128 * self.period <= i128::from(self.limit) * self.period
    }

    /// What `try_acquire` would be answered.
    #[must_use]
    pub fn ask(&self, now_ns: u64, permits: u32) -> Answer {
        let now = u128::from(now_ns);
        if permits == 0 {
            Answer::Granted
        } else if permits > self.limit {
            Answer::ExceedsLimit
        } else if !self.fits(now, permits.into()) {
            Answer::RetryAfter(first(|wait| self.fits(now + wait, permits.into())))
        } else if self.fits(now, u128::from(permits) + 1) {
            Answer::Granted
        } else {
            Answer::GrantedLast
        }
    }

    /// What `try_acquire` is answered.
    pub fn try_acquire(&mut self, now_ns: u64, permits: u32) -> Answer {
        let answer = self.ask(now_ns, permits);
        if permits > 0 && matches!(answer, Answer::Granted | Answer::GrantedLast) {
            self.origin.get_or_insert(now_ns.into());
            self.grants.push((self.window(now_ns.into()).0, permits));
        }
        answer
    }

    /// Whether `now_ns` lies in an earlier window than something that was granted.
    #[must_use]
    pub fn is_late(&self, now_ns: u64) -> bool {
        (i128::from(now_ns)) < self.window(now_ns.into()).1
    }

    /// Whether what was granted in the window before still counts.
    #[must_use]
    pub fn slides_out(&self, now_ns: u64) -> bool {
        self.slides && self.taken(self.window(now_ns.into()).0 - 1) > 0
    }

    /// The permits that are left, and the time to the end of the window.
    #[must_use]
    pub fn left(&self, now_ns: u64) -> (u32, u128) {
        let now = u128::from(now_ns);
        // No more than any limit, so that products fit.
        let too_many = first(|permits| !self.fits(now, permits.min(1 << 33)));
        let window = self.window(now).0;
        let to_end = match self.origin {
            None => 0,
            Some(_) => first(|wait| self.window(now + wait).0 > window),
        };
        // Seen from an earlier instant of the window more may be in use than the limit.
        (too_many.saturating_sub(1) as u32, to_end)
    }
}
