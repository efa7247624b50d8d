//! A period limiter that threads share.
//!
//! `pure::period_limiter` decides. The kinds that count one window keep its index and count in one word; the
//! sliding one keeps two counts and an index behind a sequence number. A refusal writes nothing.

mod snapshot;

use std::fmt;
use std::time::Duration;

use crossbeam::utils::CachePadded;

pub use self::snapshot::Snapshot;
use crate::input::{Clock, MonotonicClock, UnixClock};
use crate::pure::denied::Denied;
use crate::pure::instant::Instant;
use crate::pure::period_limiter::{Config, ConfigError, Granted, Kind, Peek};
use crate::pure::period_shortfall::Shortfall;
use crate::pure::period_windows::Counts;
use crate::sync::sequenced::Sequenced;
use crate::sync::word::Word;

/// The windows have no origin yet. No instant, and before every origin of the other kinds, which lie less
/// than a period before zero.
const UNUSED: u64 = 1 << 63;

/// Limits permits per period: so many in each window, then none until the next.
///
/// | windows begin | | for |
/// | --- | --- | --- |
/// | with the first use | [`new`](Self::new) | "100 an hour", from when somebody starts |
/// | on the wall clock | [`aligned`](Self::aligned) | "1 000 a day", at midnight in Paris |
/// | at multiples of the period | [`sliding`](Self::sliding) | smoother: what the last window took still weighs |
///
/// Windows are half-open: the instant `start + period` belongs to the next. No window grants more than the
/// limit; but two windows meet, so the first two kinds can grant twice the limit within a moment around a
/// boundary. Sliding grants at most `limit * (1 + d / period)` over every interval of `d` up to a period. Who
/// needs a bound on every interval takes a [`TokenBucket`](crate::TokenBucket).
///
/// A `now` in an earlier window than one already seen is decided in, and counted into, the newest. So a wall
/// clock that was set forward by mistake and back again leaves the limiter in the later window until its time
/// comes.
///
/// Not offered: a log of every request's instant (its memory grows with the limit), and reserving from windows
/// to come.
///
/// Threads share it by reference. Every operation is atomic; lock-free from first use and aligned, while
/// sliding a thread may spin for the few stores of another. 128 bytes, no allocation. A forked child has a
/// copy of its own. Not for signal handlers.
///
/// ```
/// use resil_core::period_limiter::Granted;
/// use resil_core::{Denied, Instant, PeriodLimiter};
/// use std::time::Duration;
///
/// let limiter = PeriodLimiter::new(2, Duration::from_secs(60))?;
/// let at = |secs: u64| Instant::ZERO.saturating_add(Duration::from_secs(secs));
/// assert_eq!(limiter.try_acquire_at(at(7), 1), Ok(Granted::Granted));
/// assert_eq!(limiter.try_acquire_at(at(8), 1), Ok(Granted::GrantedLast));
/// let retry = Denied::RetryAfter(Duration::from_secs(58));
/// assert_eq!(limiter.try_acquire_at(at(9), 1), Err(retry));
/// assert!(limiter.try_acquire_at(at(67), 1).is_ok());
/// # Ok::<(), resil_core::period_limiter::ConfigError>(())
/// ```
///
/// Source: fixed windows as everywhere; the sliding estimate after Cloudflare's rate limiting.
pub struct PeriodLimiter<C = MonotonicClock> {
    shared: CachePadded<Shared>,
    clock: C,
}

/// On one line: whoever reads the configuration is about to write the counts.
#[derive(Debug)]
struct Shared {
    config: Config,
    counted: Counted,
}

#[derive(Debug)]
enum Counted {
    /// Index and count of the newest window; and where windows count from: set once, by the first use, where
    /// that is the rule.
    OneWindow { origin: Word, counts: Word },
    /// Index, count, and the count of the window before.
    TwoWindows(Sequenced<3>),
}

impl PeriodLimiter {
    /// At most `limit` permits in each `period`, the first of which begins with the first permit ever taken
    /// and each where the one before ends. Of threads that ask first at once it is the instant of one, even if
    /// that one is then refused.
    ///
    /// # Errors
    /// [`ConfigError`] names the field: nothing may be zero, the period is at most 2^63 - 1 ns (292 years),
    /// the limit at most one permit per 2 ns of it.
    pub fn new(limit: u32, period: Duration) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::new(limit, period, Kind::FromFirstUse)?, MonotonicClock))
    }

    /// At most `limit` permits by an estimate that slides: those of the window that runs, and of the one
    /// before the share that one period back from now still covers, as an exact fraction.
    ///
    /// Windows begin at multiples of the period from the clock's zero. The estimate takes what the window
    /// before granted as spread evenly; where that came late in it, an interval of `d` up to a period can
    /// see `limit * (1 + d / period)` permits, and never more.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// ```
    /// use resil_core::{Denied, Instant, PeriodLimiter};
    /// use std::time::Duration;
    ///
    /// let limiter = PeriodLimiter::sliding(10, Duration::from_secs(10))?;
    /// let at = |secs: u64| Instant::ZERO.saturating_add(Duration::from_secs(secs));
    /// assert!(limiter.try_acquire_at(at(9), 10).is_ok());
    /// // A second into the next window, nine tenths of them still count.
    /// assert_eq!(limiter.peek_at(at(11), 1).remaining, 1);
    /// let retry = Denied::RetryAfter(Duration::from_secs(1));
    /// assert_eq!(limiter.try_acquire_at(at(11), 2), Err(retry));
    /// # Ok::<(), resil_core::period_limiter::ConfigError>(())
    /// ```
    pub fn sliding(limit: u32, period: Duration) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::new(limit, period, Kind::Sliding)?, MonotonicClock))
    }

    /// At most `limit` permits in each `period` of the wall clock, `utc_offset_secs` ahead of UTC: with a
    /// period of a day, windows begin at that clock's midnight.
    ///
    /// Windows lie at multiples of the period from 1970-01-01 00:00 of that wall clock, so weeks begin on
    /// Thursdays. The offset is fixed: where summer time matters, make a new limiter when it changes. Days
    /// have 86 400 seconds, as Unix time has them.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`ConfigError::UtcOffsetTooLarge`] from 24 hours on, either way.
    ///
    /// ```
    /// use resil_core::{Instant, PeriodLimiter};
    /// use std::time::Duration;
    ///
    /// let day = Duration::from_secs(86_400);
    /// let limiter = PeriodLimiter::aligned(1, day, 3_600)?; // an hour ahead of UTC
    /// let unix = |secs: u64| Instant::ZERO.saturating_add(Duration::from_secs(secs));
    /// assert!(limiter.try_acquire_at(unix(20 * 86_400), 1).is_ok());
    /// assert!(limiter.try_acquire_at(unix(20 * 86_400 + 23 * 3_600 - 1), 1).is_err());
    /// assert!(limiter.try_acquire_at(unix(20 * 86_400 + 23 * 3_600), 1).is_ok()); // 23:00 UTC
    /// # Ok::<(), resil_core::period_limiter::ConfigError>(())
    /// ```
    pub fn aligned(
        limit: u32,
        period: Duration,
        utc_offset_secs: i32,
    ) -> Result<PeriodLimiter<UnixClock>, ConfigError> {
        let config = Config::new(limit, period, Kind::Aligned { utc_offset_secs })?;
        Ok(PeriodLimiter::made(config, UnixClock))
    }
}

impl<C> PeriodLimiter<C> {
    fn made(config: Config, clock: C) -> Self {
        let counted = match config.kind() {
            Kind::Sliding => Counted::TwoWindows(Sequenced::new([0; 3])),
            Kind::FromFirstUse => {
                Counted::OneWindow { origin: Word::new(UNUSED), counts: Word::new(0) }
            }
            Kind::Aligned { .. } => Counted::OneWindow {
                origin: Word::new(config.origin() as u64),
                counts: Word::new(0),
            },
        };
        Self { shared: CachePadded::new(Shared { config, counted }), clock }
    }

    /// The same limiter as newly made, on another clock. An aligned one needs a clock of Unix time.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> PeriodLimiter<D> {
        PeriodLimiter::made(self.shared.config, clock)
    }

    /// The most permits of one window.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.shared.config.limit()
    }

    /// The length of a window.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.shared.config.period()
    }

    /// Where windows begin.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.shared.config.kind()
    }

    /// The clock it reads.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.clock
    }
}

impl<C: Clock> PeriodLimiter<C> {
    /// Takes `permits` if so many are left. Never waits. No permits are always granted.
    ///
    /// `GrantedLast` says that the limit is reached now: not one permit more fits.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if too few are left: the time to the end of the window, or, sliding, until
    /// enough has slid out; [`Denied::ExceedsLimit`] if `permits` is more than the limit. A refusal changes
    /// nothing.
    ///
    /// ```
    /// use resil_core::period_limiter::Granted;
    /// use resil_core::{Denied, PeriodLimiter};
    /// use std::time::Duration;
    ///
    /// let limiter = PeriodLimiter::new(3, Duration::from_secs(3_600))?;
    /// assert_eq!(limiter.try_acquire(4), Err(Denied::ExceedsLimit));
    /// assert_eq!(limiter.try_acquire(2), Ok(Granted::Granted));
    /// assert_eq!(limiter.try_acquire(1), Ok(Granted::GrantedLast));
    /// assert!(limiter.try_acquire(1).is_err());
    /// # Ok::<(), resil_core::period_limiter::ConfigError>(())
    /// ```
    // Always inline: a caller who does not read the wait then does not pay for it.
    #[inline(always)]
    pub fn try_acquire(&self, permits: u32) -> Result<Granted, Denied> {
        self.try_acquire_at(self.clock.now(), permits)
    }

    /// As [`try_acquire`](Self::try_acquire), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    // Always inline: a caller who does not read the wait then does not pay for it.
    #[inline(always)]
    pub fn try_acquire_at(&self, now: Instant, permits: u32) -> Result<Granted, Denied> {
        if permits == 0 {
            return Ok(Granted::Granted);
        }
        self.take(now, permits).map_err(Shortfall::denied)
    }

    #[inline(always)]
    fn take(&self, now: Instant, permits: u32) -> Result<Granted, Shortfall> {
        let Shared { config, counted } = &*self.shared;
        match counted {
            Counted::OneWindow { origin, counts } => {
                // One attempt here, in registers; everything out of the ordinary elsewhere.
                let (from, word) = (origin.load(), counts.load());
                if from != UNUSED {
                    match config.take_in_window(from as i64, word, now, permits) {
                        Some(Ok((next, granted))) if counts.replace(word, next) => {
                            return Ok(granted);
                        }
                        Some(Err(shortfall)) => return Err(shortfall),
                        Some(Ok(_)) | None => {}
                    }
                }
                Self::take_in_any_window(config, origin, counts, now, permits)
            }
            Counted::TwoWindows(counts) => {
                let seen = counts.read();
                match config.take_in_sliding_window(from_words(seen.words), now, permits) {
                    Some(Ok((current, granted))) => {
                        let [index, _, previous] = seen.words;
                        if counts.replace(seen, [index, current.into(), previous]) {
                            return Ok(granted);
                        }
                    }
                    Some(Err(shortfall)) => return Err(shortfall),
                    None => {}
                }
                Self::take_in_any_sliding_window(config, counts, now, permits)
            }
        }
    }

    /// Takes from one window, whichever `now` lies in, until nothing came between.
    #[cold]
    #[inline(never)]
    fn take_in_any_window(
        config: &Config,
        origin: &Word,
        counts: &Word,
        now: Instant,
        permits: u32,
    ) -> Result<Granted, Shortfall> {
        if permits > config.limit() {
            return Err(Shortfall::Never);
        }
        let origin = Self::first_use(origin, now);
        loop {
            let word = counts.load();
            let (next, granted) = config.take(origin, config.unpack(word), now, permits)?;
            if counts.replace(word, config.pack(next)) {
                return Ok(granted);
            }
        }
    }

    /// As `take_in_any_window`, sliding.
    #[cold]
    #[inline(never)]
    fn take_in_any_sliding_window(
        config: &Config,
        counts: &Sequenced<3>,
        now: Instant,
        permits: u32,
    ) -> Result<Granted, Shortfall> {
        loop {
            let seen = counts.read();
            let (next, granted) =
                config.take(config.origin(), from_words(seen.words), now, permits)?;
            if counts.replace(seen, to_words(next)) {
                return Ok(granted);
            }
        }
    }

    /// What `try_acquire` would answer, and how much is left. Takes nothing, and is no first use.
    ///
    /// ```
    /// use resil_core::{ManualClock, PeriodLimiter};
    /// use std::time::Duration;
    ///
    /// let minute = Duration::from_secs(60);
    /// let limiter = PeriodLimiter::new(3, minute)?.with_clock(ManualClock::default());
    /// assert_eq!((limiter.peek(1).remaining, limiter.peek(1).reset_after), (3, Duration::ZERO));
    /// assert!(limiter.try_acquire(2).is_ok());
    /// assert_eq!((limiter.peek(1).remaining, limiter.peek(1).reset_after), (1, minute));
    /// # Ok::<(), resil_core::period_limiter::ConfigError>(())
    /// ```
    #[must_use]
    pub fn peek(&self, permits: u32) -> Peek {
        self.peek_at(self.clock.now(), permits)
    }

    /// As [`peek`](Self::peek), at an instant that the caller has read already.
    #[must_use]
    pub fn peek_at(&self, now: Instant, permits: u32) -> Peek {
        let config = &self.shared.config;
        match self.seen() {
            Some((origin, counts)) => config.peek(origin, counts, now, permits),
            None => config.peek_unused(permits),
        }
    }

    /// The origin and the counts; `None` before first use where that sets the origin.
    fn seen(&self) -> Option<(i64, Counts)> {
        let Shared { config, counted } = &*self.shared;
        Some(match counted {
            Counted::TwoWindows(counts) => (config.origin(), from_words(counts.read().words)),
            Counted::OneWindow { origin, counts } => {
                let origin = match origin.load() {
                    UNUSED => return None,
                    origin => origin as i64,
                };
                (origin, config.unpack(counts.load()))
            }
        })
    }

    /// Where windows count from: from the first use, which this one may be.
    fn first_use(origin: &Word, now: Instant) -> i64 {
        match origin.load() {
            UNUSED => {
                // Whoever comes second takes the first one's.
                origin.replace(UNUSED, now.as_nanos());
                origin.load() as i64
            }
            origin => origin as i64,
        }
    }
}

fn to_words(counts: Counts) -> [u64; 3] {
    [counts.index, counts.current.into(), counts.previous.into()]
}

fn from_words([index, current, previous]: [u64; 3]) -> Counts {
    Counts { index, current: current as u32, previous: previous as u32 }
}

impl<C> fmt::Debug for PeriodLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodLimiter")
            .field("limit", &self.limit())
            .field("period", &self.period())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}
