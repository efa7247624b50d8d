//! A bucket's level that threads share: `tat` in one word, and the frame in which it is read.
//!
//! What the token bucket and the leaky bucket are made of. Both decide with `pure::gcra`; here is how such a
//! decision is read, stored and, if something came between, made again.

use std::time::Duration;

use crate::pure::change::Change;
use crate::pure::denied::Denied;
use crate::pure::frame::{Frame, Words};
use crate::pure::gcra::Shortfall;
use crate::pure::instant::Instant;
use crate::pure::quota::Quota;
use crate::pure::token_bucket::Peek;
use crate::sync::versioned::{Versioned, View};

/// `tat`, with the frame as its configuration.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) versioned: Versioned<5, Writer>,
}

/// What only a change or a cancellation looks at.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) quota: Quota,
    pub(crate) initial: u32,
    pub(crate) last: Option<Change>,
}

/// What a frame makes of one `now`.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) frame: Frame,
    pub(crate) tick: Option<u64>,
}

impl Reading {
    #[inline]
    fn new(words: Words, now: Instant) -> Self {
        let frame = Frame::from_words(words);
        Self { frame, tick: frame.tick(now) }
    }

    /// The time from `now` until `tick` runs; zero if it does. Divides only to tell a wait.
    #[inline]
    pub(crate) fn wait(&self, now: Instant, tick: u64) -> Duration {
        match self.tick {
            Some(running) if tick <= running => Duration::ZERO,
            _ => self.frame.wait(now, tick),
        }
    }
}

/// A decision that was not stored, and what it was made with.
pub(crate) type Refused = (View<Reading>, Shortfall);

/// The shortfall at `now` as a refusal in time, for a caller who would wait for `timeout`.
// Always inline: where nobody reads the wait, the division behind it is left out.
#[inline(always)]
pub(crate) fn denied(now: Instant, refused: Refused, timeout: Option<Duration>) -> Denied {
    let (view, shortfall) = refused;
    view.prepared.frame.denied(now, shortfall, timeout)
}

/// A refusal whose wait is not worked out yet: for the C library, where only the caller knows whether it is wanted,
/// and wants nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    frame: Frame,
    now: Instant,
    shortfall: Shortfall,
}

impl Refusal {
    /// The refusal with its wait.
    // Always inline, as `denied`.
    #[inline(always)]
    pub(crate) fn denied(&self) -> Denied {
        self.frame.denied(self.now, self.shortfall, Some(Duration::ZERO))
    }

    /// Whether no wait helps.
    #[inline(always)]
    #[must_use]
    pub fn is_for_ever(&self) -> bool {
        matches!(self.shortfall, Shortfall::Never)
    }

    /// The wait in nanoseconds, as [`Denied::RetryAfter`] has it; 0 if no wait helps.
    #[inline(always)]
    #[must_use]
    pub fn retry_after_nanos(&self) -> u64 {
        self.frame.retry_after_nanos(self.now, self.shortfall)
    }
}

/// A limiter that answers without working out a wait.
pub trait Ask {
    /// As its `try_acquire_at`.
    ///
    /// # Errors
    /// [`Refusal`], which works out the wait when asked for it.
    fn ask_at(&self, now: Instant, permits: u32) -> Result<(), Refusal>;
}

impl Level {
    /// The level of a bucket that was told no instant yet and holds `initial` permits at its first.
    pub(crate) fn new(quota: Quota, initial: u32) -> Self {
        let writer = Writer { quota, initial, last: None };
        Self { versioned: Versioned::new(Frame::new(&quota).to_words(), 0, writer) }
    }

    /// The quota in force.
    pub(crate) fn quota(&self) -> Quota {
        self.versioned.write().writer.quota
    }

    /// What a request for `permits` would be answered at `now`, and how full it is.
    pub(crate) fn peek(&self, now: Instant, permits: u32) -> Peek {
        let (view, tick) = self.view(now);
        Peek::new(&view.prepared.frame, view.content(), now, tick, permits)
    }

    /// Takes `permits` if they are there at `now`; none are always.
    #[inline(always)]
    pub(crate) fn ask(&self, now: Instant, permits: u32) -> Result<(), Refusal> {
        if permits == 0 {
            return Ok(());
        }
        let grant = |reading: &Reading, tat, tick| reading.frame.gcra().grant(tat, tick, permits);
        match self.take(now, grant) {
            Ok(_) => Ok(()),
            Err((view, shortfall)) => Err(Refusal { frame: view.prepared.frame, now, shortfall }),
        }
    }

    /// Decides and stores. One attempt here, in registers; everything out of the ordinary elsewhere.
    #[inline(always)]
    pub(crate) fn take(
        &self,
        now: Instant,
        decide: impl Fn(&Reading, u64, u64) -> Result<u64, Shortfall>,
    ) -> Result<(View<Reading>, u64), Refused> {
        let view = self.versioned.view_settled(|words| Reading::new(words, now));
        if let Some((view, tick)) = view.and_then(|view| Some((view, view.prepared.tick?))) {
            match decide(&view.prepared, view.content(), tick) {
                Err(shortfall) => return Err((view, shortfall)),
                Ok(taken) => {
                    if let Ok(view) = self.versioned.replace(view, taken) {
                        return Ok((view, taken));
                    }
                }
            }
        }
        self.take_contended(now, decide)
    }

    /// Decides and stores, until nothing came between.
    #[cold]
    #[inline(never)]
    fn take_contended(
        &self,
        now: Instant,
        decide: impl Fn(&Reading, u64, u64) -> Result<u64, Shortfall>,
    ) -> Result<(View<Reading>, u64), Refused> {
        let mut view = None;
        loop {
            let (seen, tick) =
                match view.and_then(|seen: View<Reading>| Some((seen, seen.prepared.tick?))) {
                    Some(seen) => seen,
                    None => self.view(now),
                };
            match decide(&seen.prepared, seen.content(), tick) {
                Err(shortfall) => return Err((seen, shortfall)),
                Ok(taken) => match self.versioned.replace(seen, taken) {
                    Ok(view) => return Ok((view, taken)),
                    Err(newer) => view = newer,
                },
            }
        }
    }

    /// What is there at `now`, and the tick of `now`.
    pub(crate) fn view(&self, now: Instant) -> (View<Reading>, u64) {
        loop {
            let view = self.versioned.view(|words| Reading::new(words, now));
            if let Some(tick) = view.prepared.tick {
                return (view, tick);
            }
            self.move_frame(now);
        }
    }

    /// Gives `now` a tick: the first instant ever, or one beyond the horizon.
    #[cold]
    #[inline(never)]
    fn move_frame(&self, now: Instant) {
        let mut writing = self.versioned.write();
        let frame = Frame::from_words(writing.config());
        if let Some((next, change)) = Change::for_instant(&frame, now, writing.writer.initial) {
            writing.commit(next.to_words(), |tat| change.carried(tat));
            writing.writer.last = Some(change);
        }
    }
}
