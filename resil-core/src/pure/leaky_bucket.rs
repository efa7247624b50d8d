//! Leaky bucket: what is poured in leaves at a steady rate; what does not fit is refused.
//!
//! As a *meter* it answers whether a request conforms; as a *queue* it admits the same requests and says when
//! each may go, one interval after another. The whole bucket is one number, `tat`, the tick at which it is
//! empty again: the token bucket's arithmetic (`gcra.rs`) in its frame (`frame.rs`), with no debt.
//! Invariant: `tat` is never more than `burst` permits ahead of the latest `now`; no two requests of a queue
//! start closer together than the permits of the first take at the rate.
//! Units: nanoseconds outside, ticks inside. Source: ITU-T I.371, leaky bucket and virtual scheduling.

use core::time::Duration;

use super::change::Change;
use super::denied::Denied;
use super::frame::Frame;
use super::instant::Instant;
use super::quota::Quota;
pub use super::token_bucket::Peek;

/// When a request that a queue admitted may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the place is taken already; act at `ready_at`"]
pub struct Slot {
    permits: u32,
    ready_after: Duration,
    ready_at: Instant,
}

impl Slot {
    /// The slot of `permits` asked for at `now`, which may go after `ready_after`.
    pub(crate) const fn new(permits: u32, now: Instant, ready_after: Duration) -> Self {
        Self { permits, ready_after, ready_at: now.saturating_add(ready_after) }
    }

    /// How long after asking it may go; zero if at once.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The instant at which it may go.
    #[must_use]
    pub const fn ready_at(&self) -> Instant {
        self.ready_at
    }

    /// The permits that go then, at once.
    #[must_use]
    pub const fn permits(&self) -> u32 {
        self.permits
    }
}

/// What a queue would say, without taking a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePeek {
    /// The answer that `try_reserve` would give: the wait before its slot, or the refusal.
    pub answer: Result<Duration, Denied>,
    /// Permits for which there is room.
    pub remaining: u32,
    /// Time until the queue is empty, if nobody joins.
    pub reset_after: Duration,
}

impl QueuePeek {
    /// A queue that looks like `peek` as a meter.
    pub(crate) const fn new(peek: &Peek, permits: u32) -> Self {
        let answer = match peek.answer {
            Err(denied) => Err(denied),
            Ok(()) if permits == 0 => Ok(Duration::ZERO),
            // Empty is when the last of those before it has left.
            Ok(()) => Ok(peek.reset_after),
        };
        Self { answer, remaining: peek.remaining, reset_after: peek.reset_after }
    }
}

/// A leaky bucket for one owner, as meter or as queue. To share it: [`LeakyMeter`](crate::LeakyMeter),
/// [`LeakyQueue`](crate::LeakyQueue).
///
/// One state answers to one of the two: what a meter granted goes at once, so a queue's order is kept only
/// where everybody asks [`try_reserve`](Self::try_reserve).
///
/// ```
/// use resil_core::pure::leaky_bucket::State;
/// use resil_core::{Instant, Quota};
/// use std::time::Duration;
///
/// let mut queue = State::new(&Quota::per_second(10)?.with_burst(2)?);
/// let wait = |slot: resil_core::leaky_bucket::Slot| slot.ready_after();
/// assert_eq!(queue.try_reserve(Instant::ZERO, 1, None).map(wait), Ok(Duration::ZERO));
/// assert_eq!(queue.try_reserve(Instant::ZERO, 1, None).map(wait), Ok(Duration::from_millis(100)));
/// assert!(queue.try_reserve(Instant::ZERO, 1, None).is_err());
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    frame: Frame,
    tat: u64,
    burst: u32,
}

impl State {
    /// An empty bucket of `quota`.
    #[must_use]
    pub const fn new(quota: &Quota) -> Self {
        Self { frame: Frame::new(quota), tat: 0, burst: quota.burst() }
    }

    /// Pours `permits` in at `now`, or leaves the bucket as it was.
    ///
    /// No permits are granted and change nothing. An earlier `now` than one already seen may refuse more,
    /// never grant more.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if too full, [`Denied::ExceedsLimit`] if `permits` is more than the burst.
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

    /// Joins the queue with `permits`, which go together at the slot that is answered, if the wait before it
    /// is at most `timeout`. Admits what [`try_acquire`](Self::try_acquire) would grant.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if the queue is full, or the wait would exceed the timeout;
    /// [`Denied::ExceedsLimit`] if `permits` is more than the burst.
    pub const fn try_reserve(
        &mut self,
        now: Instant,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Result<Slot, Denied> {
        if permits == 0 {
            return Ok(Slot::new(0, now, Duration::ZERO));
        }
        let tick = self.tick(now);
        let deadline = self.frame.deadline(now, timeout);
        match self.frame.gcra().enqueue(self.tat, tick, deadline, permits) {
            Ok(tat) => {
                self.tat = tat;
                let start = self.frame.gcra().start(tat, permits);
                Ok(Slot::new(permits, now, self.frame.wait(now, start)))
            }
            Err(shortfall) => Err(self.frame.denied(now, shortfall, timeout)),
        }
    }

    /// What `try_acquire` would answer at `now`, and how full the bucket is. Takes nothing.
    #[must_use]
    pub const fn peek(&mut self, now: Instant, permits: u32) -> Peek {
        let tick = self.tick(now);
        Peek::new(&self.frame, self.tat, now, tick, permits)
    }

    /// What `try_reserve` would answer at `now`, and how full the queue is. Takes nothing.
    #[must_use]
    pub const fn peek_queue(&mut self, now: Instant, permits: u32) -> QueuePeek {
        let peek = self.peek(now, permits);
        QueuePeek::new(&peek, permits)
    }

    /// The tick at `now`, in a later frame if that is what it takes.
    const fn tick(&mut self, now: Instant) -> u64 {
        if let Some((frame, change)) = Change::for_instant(&self.frame, now, self.burst) {
            self.tat = change.carried(self.tat);
            self.frame = frame;
        }
        self.frame.tick_saturating(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_ms(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000).unwrap()
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Ten a second: a slot every 100 ms.
    fn bucket(burst: u32) -> State {
        State::new(&Quota::per_second(10).unwrap().with_burst(burst).unwrap())
    }

    fn wait(answer: Result<Slot, Denied>) -> Result<Duration, Denied> {
        answer.map(|slot| slot.ready_after())
    }

    #[test]
    fn an_idle_queue_takes_a_burst_at_one_instant_and_sends_them_one_by_one() {
        let mut queue = bucket(3);
        let waits = [(); 4].map(|()| wait(queue.try_reserve(at_ms(7), 1, None)));
        let full = Err(Denied::RetryAfter(ms(100)));
        assert_eq!(waits, [Ok(ms(0)), Ok(ms(100)), Ok(ms(200)), full]);
    }

    #[test]
    fn slots_count_from_the_request_not_from_multiples_of_the_interval() {
        let mut queue = bucket(3);
        let slot = queue.try_reserve(at_ms(130), 1, None).unwrap();
        assert_eq!((slot.ready_at(), slot.permits()), (at_ms(130), 1));
        let slot = queue.try_reserve(at_ms(170), 1, None).unwrap();
        assert_eq!(slot.ready_at(), at_ms(230));
        let slot = queue.try_reserve(at_ms(331), 1, None).unwrap();
        assert_eq!(slot.ready_at(), at_ms(331));
    }

    #[test]
    fn several_at_once_go_together_and_occupy_as_many_intervals_after() {
        let mut queue = bucket(4);
        let slot = queue.try_reserve(at_ms(0), 3, None).unwrap();
        assert_eq!((slot.ready_after(), slot.permits()), (ms(0), 3));
        assert_eq!(wait(queue.try_reserve(at_ms(0), 1, None)), Ok(ms(300)));
        assert_eq!(wait(queue.try_reserve(at_ms(0), 5, None)), Err(Denied::ExceedsLimit));
    }

    #[test]
    fn a_wait_beyond_the_timeout_is_refused_with_the_time_after_which_it_fits_both() {
        let mut queue = bucket(3);
        let _ = queue.try_reserve(at_ms(0), 2, None).unwrap();
        let before = queue;
        let late = Err(Denied::RetryAfter(ms(50)));
        assert_eq!(wait(queue.try_reserve(at_ms(0), 1, Some(ms(150)))), late);
        // No room before 100 ms have passed, however patient; from 50 ms on the wait alone would do.
        let full = Err(Denied::RetryAfter(ms(100)));
        assert_eq!(wait(queue.try_reserve(at_ms(0), 2, Some(ms(150)))), full);
        assert_eq!(queue, before);
        assert_eq!(wait(queue.try_reserve(at_ms(50), 1, Some(ms(150)))), Ok(ms(150)));
    }

    #[test]
    fn a_meter_grants_what_a_queue_admits() {
        let (mut meter, mut queue) = (bucket(3), bucket(3));
        for (at, permits) in [(0, 2), (0, 2), (50, 1), (99, 1), (100, 1), (400, 3), (401, 1)] {
            let granted = meter.try_acquire(at_ms(at), permits);
            let admitted = queue.try_reserve(at_ms(at), permits, None);
            assert_eq!(granted.err(), admitted.err(), "{permits} at {at}");
            assert_eq!(meter, queue);
        }
    }

    #[test]
    fn peeking_shows_the_wait_and_the_room_and_takes_no_place() {
        let mut queue = bucket(3);
        let _ = queue.try_reserve(at_ms(0), 2, None).unwrap();
        let peek = QueuePeek { answer: Ok(ms(180)), remaining: 1, reset_after: ms(180) };
        assert_eq!(queue.peek_queue(at_ms(20), 1), peek);
        assert_eq!(queue.peek_queue(at_ms(20), 0).answer, Ok(ms(0)));
        assert_eq!(queue.peek_queue(at_ms(20), 2).answer, Err(Denied::RetryAfter(ms(80))));
        assert_eq!(queue.peek(at_ms(20), 1).answer, Ok(()));
        assert_eq!(wait(queue.try_reserve(at_ms(20), 1, None)), Ok(ms(180)));
    }

    #[test]
    fn no_permits_are_admitted_at_once_even_by_a_full_queue_and_change_nothing() {
        let mut queue = bucket(1);
        let _ = queue.try_reserve(at_ms(0), 1, None).unwrap();
        let before = queue;
        assert_eq!(wait(queue.try_reserve(at_ms(0), 0, Some(ms(0)))), Ok(ms(0)));
        assert_eq!(queue.try_acquire(at_ms(0), 0), Ok(()));
        assert_eq!(queue, before);
    }
}
