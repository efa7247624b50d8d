//! Token bucket: permits come back at a steady rate, up to a burst, and are taken when they are there.
//!
//! The whole bucket is one number, `tat`, the tick at which it is full again (`gcra.rs`), read in a frame
//! (`frame.rs`). Requests may also be promised for later (`reserve`), which lets `tat` run ahead of the
//! burst: a debt, in which `try_acquire` is refused, so the order of arrival holds.
//! Invariant: over every interval, granted <= burst + rate * (interval + 2 ticks).
//! Units: nanoseconds outside, ticks inside. Source: GCRA (ITU-T I.371); reservations after golang x/time.

use core::fmt;
use core::time::Duration;

use super::change::{Carry, Change};
use super::denied::Denied;
use super::frame::Frame;
use super::gcra::Gcra;
use super::instant::Instant;
use super::quota::Quota;

/// What a token bucket is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    quota: Quota,
    initial: u32,
}

impl Config {
    /// A bucket of `quota` that holds `initial` permits at the first instant it is told.
    ///
    /// # Errors
    /// [`ConfigError::InitialExceedsBurst`].
    pub const fn new(quota: Quota, initial: u32) -> Result<Self, ConfigError> {
        if initial > quota.burst() {
            return Err(ConfigError::InitialExceedsBurst);
        }
        Ok(Self { quota, initial })
    }

    /// A bucket of `quota` that is full at first.
    #[must_use]
    pub const fn full(quota: Quota) -> Self {
        Self { quota, initial: quota.burst() }
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The permits there are at the first instant.
    #[must_use]
    pub const fn initial(&self) -> u32 {
        self.initial
    }

    /// What a frame does not tell of it, as words.
    pub(crate) const fn to_words(self) -> [u64; 2] {
        let Self { quota, initial } = self;
        [(quota.permits() as u64) << 32 | initial as u64, quota.period().as_nanos() as u64]
    }

    /// What these words say, with the burst that the frame tells.
    pub(crate) const fn from_words([counts, period_ns]: [u64; 2], burst: u32) -> Self {
        Self {
            quota: Quota::from_parts((counts >> 32) as u32, period_ns, burst),
            initial: counts as u32,
        }
    }
}

/// What is wrong with a token bucket's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `initial` is more than the burst.
    InitialExceedsBurst,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InitialExceedsBurst => f.write_str("initial must be at most the burst"),
        }
    }
}

impl core::error::Error for ConfigError {}

/// A promise that was given: enough to give it back. Without the bucket it means nothing.
///
/// Not `Clone`: what is given back is given back once. Dropping it keeps the promise.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the permits are taken already; act at `ready_at`, or give the ticket back"]
pub struct Ticket {
    permits: u32,
    ready_at: Instant,
    level: u64,
    frame: u64,
}

impl Ticket {
    /// The ticket for `permits` that moved `tat` to `level` in the frame numbered `frame`.
    pub(crate) const fn new(permits: u32, ready_at: Instant, level: u64, frame: u64) -> Self {
        Self { permits, ready_at, level, frame }
    }

    /// A ticket from its words, as [`Ticket::to_words`] gave them; for bindings.
    pub const fn from_words(words: [u64; 4]) -> Self {
        let [permits, ready_at, level, frame] = words;
        Self {
            permits: permits as u32,
            ready_at: Instant::saturating_from_nanos(ready_at),
            level,
            frame,
        }
    }

    /// The ticket as words; for bindings that cannot hold it otherwise.
    #[must_use]
    pub const fn to_words(&self) -> [u64; 4] {
        [self.permits as u64, self.ready_at.as_nanos(), self.level, self.frame]
    }

    /// The permits promised.
    #[must_use]
    pub const fn permits(&self) -> u32 {
        self.permits
    }

    /// The instant at which they are there.
    #[must_use]
    pub const fn ready_at(&self) -> Instant {
        self.ready_at
    }

    /// `tat` with what is left of this promise given back at `now`, if anything is.
    ///
    /// `frame` numbers the bucket's frame, `last` is the change that led to it.
    pub(crate) const fn give_back(
        &self,
        now: Instant,
        tat: u64,
        current: &Frame,
        frame: u64,
        last: Option<&Change>,
    ) -> Option<u64> {
        if now.as_nanos() > self.ready_at.as_nanos() {
            return None;
        }
        let (level, promised) = match last {
            _ if self.frame == frame => (self.level, current.gcra().ticks(self.permits)),
            Some(change) if self.frame == frame.wrapping_sub(1) && change.keeps_reservations() => {
                change.carried_promise(self.level, self.permits)
            }
            _ => return None,
        };
        Gcra::give_back(tat, level, promised)
    }
}

/// What became of a ticket that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancelled {
    /// The permits that nobody took since are back in the bucket.
    GaveBack,
    /// Nothing was left to give: too late, all taken since, no permits, or the quota changed too much.
    GaveNothing,
}

/// What a bucket would say, without taking anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The answer that `try_acquire` would give.
    pub answer: Result<(), Denied>,
    /// Permits that could be taken at once; 0 in debt.
    pub remaining: u32,
    /// Time until the bucket is full, if nobody takes any.
    pub reset_after: Duration,
}

impl Peek {
    /// What a bucket at `tat` says about `permits` at `now`, whose tick is `tick`.
    pub(crate) const fn new(
        frame: &Frame,
        tat: u64,
        now: Instant,
        tick: u64,
        permits: u32,
    ) -> Self {
        let answer = match frame.gcra().grant(tat, tick, permits) {
            Err(shortfall) if permits > 0 => {
                Err(frame.denied(now, shortfall, Some(Duration::ZERO)))
            }
            _ => Ok(()),
        };
        let reset_after = if tat > tick { frame.wait(now, tat) } else { Duration::ZERO };
        Self { answer, remaining: frame.gcra().remaining(tat, tick), reset_after }
    }
}

/// A token bucket for one owner. The one to share is [`TokenBucket`](crate::TokenBucket).
///
/// ```
/// use resil_core::pure::token_bucket::{Config, State};
/// use resil_core::{Instant, Quota};
///
/// let mut state = State::new(&Config::full(Quota::per_second(10)?.with_burst(1)?));
/// assert!(state.try_acquire(Instant::ZERO, 1).is_ok());
/// assert!(state.try_acquire(Instant::ZERO, 1).is_err());
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    frame: Frame,
    tat: u64,
    initial: u32,
    /// How often the frame changed; names it in tickets.
    number: u64,
    last: Option<Change>,
}

impl State {
    /// The bucket at first.
    #[must_use]
    pub const fn new(config: &Config) -> Self {
        Self {
            frame: Frame::new(&config.quota),
            tat: 0,
            initial: config.initial,
            number: 0,
            last: None,
        }
    }

    /// Takes `permits` at `now`, or leaves the bucket as it was.
    ///
    /// No permits are granted and change nothing. An earlier `now` than one already seen may refuse more,
    /// never grant more.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if too empty, [`Denied::ExceedsLimit`] if no wait helps.
    pub const fn try_acquire(&mut self, now: Instant, permits: u32) -> Result<(), Denied> {
        if permits == 0 {
            return Ok(());
        }
        let tick = self.tick(now);
        match self.frame.gcra().grant(self.tat, tick, permits) {
            Ok(tat) => {
                self.tat = tat;
                Ok(())
            }
            Err(shortfall) => Err(self.frame.denied(now, shortfall, Some(Duration::ZERO))),
        }
    }

    /// What `try_acquire` would answer at `now`, and how full the bucket is. Takes nothing.
    #[must_use]
    pub const fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        let tick = self.tick(now);
        Peek::new(&self.frame, self.tat, now, tick, permits)
    }

    /// Takes `permits` now, for use after the wait that is answered, if that is at most `timeout`.
    ///
    /// # Errors
    /// [`Denied::ExceedsLimit`] if `permits` is more than the burst; [`Denied::RetryAfter`] if the wait would
    /// exceed the timeout, or 2^59 ticks.
    pub const fn reserve(
        &mut self,
        now: Instant,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Result<(Duration, Ticket), Denied> {
        if permits == 0 {
            return Ok((Duration::ZERO, Ticket::new(0, now, 0, self.number)));
        }
        let tick = self.tick(now);
        let deadline = self.frame.deadline(now, timeout);
        match self.frame.gcra().reserve(self.tat, tick, deadline, permits) {
            Ok(taken) => {
                self.tat = taken;
                let wait = self.frame.wait(now, self.frame.gcra().ready(taken));
                Ok((wait, Ticket::new(permits, now.saturating_add(wait), taken, self.number)))
            }
            Err(shortfall) => Err(self.frame.denied(now, shortfall, timeout)),
        }
    }

    /// Gives back what nobody took since: at most what was promised, up to and including its instant.
    pub const fn cancel(&mut self, now: Instant, ticket: Ticket) -> Cancelled {
        match ticket.give_back(now, self.tat, &self.frame, self.number, self.last.as_ref()) {
            Some(tat) => {
                self.tat = tat;
                Cancelled::GaveBack
            }
            None => Cancelled::GaveNothing,
        }
    }

    /// Changes the quota at `now`; `carry` says what becomes of the permits in the bucket.
    pub const fn set_quota(&mut self, now: Instant, quota: &Quota, carry: Carry) {
        let _ = self.tick(now);
        let (frame, change) = Change::for_quota(&self.frame, now, quota, carry);
        self.enter(frame, change);
    }

    /// The tick at `now`, in a later frame if that is what it takes.
    const fn tick(&mut self, now: Instant) -> u64 {
        if let Some((frame, change)) = Change::for_instant(&self.frame, now, self.initial) {
            self.enter(frame, change);
        }
        self.frame.tick_saturating(now)
    }

    const fn enter(&mut self, frame: Frame, change: Change) {
        self.tat = change.carried(self.tat);
        self.frame = frame;
        self.number += 1;
        self.last = Some(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_ms(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000).unwrap()
    }

    fn bucket(permits: u32, burst: u32) -> State {
        State::new(&Config::full(Quota::new(permits, Duration::from_secs(1), burst).unwrap()))
    }

    #[test]
    fn denied_request_leaves_the_bucket_unchanged() {
        let mut state = bucket(10, 3);
        assert_eq!(state.try_acquire(at_ms(0), 3), Ok(()));
        let before = state;
        let retry = Denied::RetryAfter(Duration::from_millis(50));
        assert_eq!(state.try_acquire(at_ms(50), 1), Err(retry));
        assert_eq!(state.try_acquire(at_ms(50), 4), Err(Denied::ExceedsLimit));
        assert_eq!(state, before);
    }

    #[test]
    fn no_permits_are_granted_even_in_debt_and_change_nothing() {
        let mut state = bucket(10, 2);
        let _ = state.reserve(at_ms(0), 2, None);
        let _ = state.reserve(at_ms(0), 2, None);
        let before = state;
        assert_eq!(state.try_acquire(at_ms(0), 0), Ok(()));
        assert_eq!(state.peek(at_ms(0), 0).answer, Ok(()));
        assert_eq!(state, before);
    }

    #[test]
    fn initial_permits_are_there_at_the_first_instant_not_at_construction() {
        let config = Config::new(Quota::per_second(10).unwrap(), 0).unwrap();
        let mut state = State::new(&config);
        let retry = Denied::RetryAfter(Duration::from_millis(100));
        assert_eq!(state.try_acquire(at_ms(5_000), 1), Err(retry));
        assert_eq!(state.try_acquire(at_ms(5_100), 1), Ok(()));
        assert_eq!(Config::new(Quota::per_second(10).unwrap(), 7).unwrap().initial(), 7);
    }

    #[test]
    fn an_initial_fill_above_the_burst_is_refused() {
        let quota = Quota::per_second(10).unwrap();
        assert_eq!(Config::new(quota, 11), Err(ConfigError::InitialExceedsBurst));
        assert!(ConfigError::InitialExceedsBurst.to_string().starts_with("initial "));
    }

    #[test]
    fn a_ticket_survives_its_words() {
        let ticket = Ticket::new(3, at_ms(7), 99, 2);
        assert_eq!(Ticket::from_words(ticket.to_words()), ticket);
    }

    #[test]
    fn a_promise_is_given_back_up_to_its_instant() {
        use Cancelled::{GaveBack, GaveNothing};
        let late = at_ms(200).saturating_add(Duration::from_nanos(1));
        for (now, cancelled) in [(at_ms(0), GaveBack), (at_ms(200), GaveBack), (late, GaveNothing)]
        {
            let mut state = bucket(10, 2);
            assert_eq!(state.try_acquire(at_ms(0), 2), Ok(()));
            let (wait, ticket) = state.reserve(at_ms(0), 2, None).unwrap();
            assert_eq!((wait, ticket.permits()), (Duration::from_millis(200), 2));
            assert_eq!(ticket.ready_at(), at_ms(200));
            assert_eq!(state.cancel(now, ticket), cancelled, "{now:?}");
            let full_at = at_ms(if cancelled == GaveBack { 200 } else { 400 });
            assert_eq!(state.peek(now, 1).reset_after, full_at.saturating_since(now));
        }
    }
}
