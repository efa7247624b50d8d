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
use crate::pure::token_bucket::{Config, Peek};
use crate::sync::versioned::{Versioned, View, Writing};

/// `tat`, with the frame as its configuration; under the writers' lock what they keep of a change.
#[derive(Debug)]
pub(crate) struct Level<K = ()> {
    pub(crate) versioned: Versioned<5, 2, K>,
}

/// All other writers kept out.
pub(crate) type Writer<'a, K> = Writing<'a, 5, 2, K>;

/// What is kept of the last change.
pub(crate) trait Keep: Default {
    /// Keeps how it mapped levels.
    fn keep(&mut self, change: Change);
}

/// Nothing, where nothing is ever cancelled.
impl Keep for () {
    fn keep(&mut self, _: Change) {}
}

/// All, for a cancellation; in a place that was made with the bucket, for no request may allocate.
impl Keep for Box<Option<Change>> {
    fn keep(&mut self, change: Change) {
        **self = Some(change);
    }
}

/// What a frame makes of one `now`.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) frame: Frame,
    pub(crate) tick: u64,
}

impl Reading {
    /// Nothing if the frame must move first.
    #[inline]
    fn new(words: Words, now: Instant) -> Option<Self> {
        let frame = Frame::from_words(words);
        frame.tick(now).map(|tick| Self { frame, tick })
    }

    /// The time from `now` until `tick` runs; zero if it does. Divides only to tell a wait.
    #[inline]
    pub(crate) fn wait(&self, now: Instant, tick: u64) -> Duration {
        if tick <= self.tick { Duration::ZERO } else { self.frame.wait(now, tick) }
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

impl<K: Keep> Level<K> {
    /// The level of a bucket that was told no instant yet.
    pub(crate) fn new(config: &Config) -> Self {
        let words = Frame::new(&config.quota()).to_words();
        Self { versioned: Versioned::new(words, 0, config.to_words(), K::default()) }
    }

    /// The quota in force, and the permits at the first instant.
    pub(crate) fn config(&self) -> Config {
        config_of(&self.versioned.write())
    }

    /// The quota in force.
    pub(crate) fn quota(&self) -> Quota {
        self.config().quota()
    }

    /// What a request for `permits` would be answered at `now`, and how full it is.
    pub(crate) fn peek(&self, now: Instant, permits: u32) -> Peek {
        let view = self.view(now);
        let Reading { frame, tick } = view.prepared;
        Peek::new(&frame, view.content, now, tick, permits)
    }

    /// Takes `permits` if they are there at `now`; none are always.
    #[inline(always)]
    pub(crate) fn ask(&self, now: Instant, permits: u32) -> Result<(), Refusal> {
        if permits == 0 {
            return Ok(());
        }
        let grant = |reading: &Reading, tat| reading.frame.gcra().grant(tat, reading.tick, permits);
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
        decide: impl Fn(&Reading, u64) -> Result<u64, Shortfall>,
    ) -> Result<(View<Reading>, u64), Refused> {
        if let Some(view) = self.versioned.view_settled(|words| Reading::new(words, now)) {
            match decide(&view.prepared, view.content) {
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
        decide: impl Fn(&Reading, u64) -> Result<u64, Shortfall>,
    ) -> Result<(View<Reading>, u64), Refused> {
        let mut view = None;
        loop {
            let seen = view.unwrap_or_else(|| self.view(now));
            match decide(&seen.prepared, seen.content) {
                Err(shortfall) => return Err((seen, shortfall)),
                Ok(taken) => match self.versioned.replace(seen, taken) {
                    Ok(view) => return Ok((view, taken)),
                    Err(newer) => view = newer,
                },
            }
        }
    }

    /// What is there at `now`.
    pub(crate) fn view(&self, now: Instant) -> View<Reading> {
        loop {
            let view = self.versioned.view(|words| Reading::new(words, now));
            if let Some(view) = view.transpose() {
                return view;
            }
            self.move_frame(now);
        }
    }

    #[cold]
    #[inline(never)]
    fn move_frame(&self, now: Instant) {
        frame_at(&mut self.versioned.write(), now);
    }
}

/// The quota in force, and the permits at the first instant.
pub(crate) fn config_of<K>(writing: &Writer<'_, K>) -> Config {
    let (burst, ..) = Frame::from_words(writing.config()).gcra().parts();
    Config::from_words(writing.aside(), burst)
}

/// The frame in force, once it has a tick for `now`: the first instant ever, or one beyond the horizon, moves it.
pub(crate) fn frame_at<K: Keep>(writing: &mut Writer<'_, K>, now: Instant) -> Frame {
    let frame = Frame::from_words(writing.config());
    let initial = config_of(writing).initial();
    let Some((next, change)) = Change::for_instant(&frame, now, initial) else {
        return frame;
    };
    writing.commit(next.to_words(), |tat| change.carried(tat));
    // Nothing was promised before the first instant.
    if frame.is_anchored() {
        writing.writer.keep(change);
    }
    next
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn what_a_bucket_was_made_for_comes_back_from_its_words() {
        let longest = Duration::from_nanos(i64::MAX as u64);
        for (quota, initial) in [
            (Quota::new(u32::MAX, Duration::from_secs(2), u32::MAX).unwrap(), u32::MAX),
            (Quota::new(u32::MAX, longest, 1 << 21).unwrap(), 0),
            (Quota::new(1, Duration::from_nanos(1), 7).unwrap(), 5),
        ] {
            let config = Config::new(quota, initial).unwrap();
            assert_eq!(Level::<()>::new(&config).config(), config);
        }
    }

    #[test]
    fn only_a_change_after_the_first_instant_is_kept_for_cancellations() {
        let config = Config::full(Quota::per_second(1).unwrap());
        let level = Level::<Box<Option<Change>>>::new(&config);
        let mut writing = level.versioned.write();
        let frame = frame_at(&mut writing, Instant::ZERO);
        assert!(frame.is_anchored() && writing.writer.is_none());
        assert_eq!(frame_at(&mut writing, Instant::MAX).tick(Instant::ZERO), Some(0));
        assert!(writing.writer.as_ref().is_some_and(|moved| moved.keeps_reservations()));
    }
}
