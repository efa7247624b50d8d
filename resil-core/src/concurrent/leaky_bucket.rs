//! Leaky buckets that threads share: a meter that grants or refuses, and a queue that says when.
//!
//! `pure::gcra` decides; the state is one word, a [`Level`]. Asking is one clock reading and one CAS; a
//! refusal writes nothing.

mod meter;
mod queue;

use std::time::Duration;

pub use self::meter::LeakyMeter;
pub use self::queue::LeakyQueue;
use super::level::Level;
use crate::input::MonotonicClock;
use crate::pure::instant::Instant;
use crate::pure::leaky_bucket::Peek;
use crate::pure::quota::Quota;

/// What is poured in leaves at a steady rate, and what does not fit is refused: as a meter, or as a queue.
///
/// | | asks | for |
/// | --- | --- | --- |
/// | [`LeakyBucket::meter`] | may this go now? | policing: refuse what does not conform |
/// | [`LeakyBucket::queue`] | when may this go? | shaping: send at an even pace, refuse when too many wait |
///
/// Both accept exactly the same requests. This type only names the two; it has no values.
///
/// ```
/// use resil_core::{Instant, LeakyBucket, Quota};
///
/// let quota = Quota::per_second(10)?.with_burst(2)?;
/// let (meter, queue) = (LeakyBucket::meter(quota), LeakyBucket::queue(quota));
/// for permits in [2, 1] {
///     let at_once = meter.try_acquire_at(Instant::ZERO, permits).is_ok();
///     assert_eq!(at_once, queue.try_reserve_at(Instant::ZERO, permits).is_ok());
/// }
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum LeakyBucket {}

impl LeakyBucket {
    /// A meter of `quota`, empty at first, on the machine's steady clock.
    #[must_use]
    pub fn meter(quota: Quota) -> LeakyMeter {
        LeakyMeter::made(quota, MonotonicClock)
    }

    /// A queue of `quota`, empty at first, on the machine's steady clock.
    #[must_use]
    pub fn queue(quota: Quota) -> LeakyQueue {
        LeakyQueue::made(quota, MonotonicClock)
    }
}

/// A leaky bucket at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The quota.
    pub quota: Quota,
    /// Permits for which there is room.
    pub remaining: u32,
    /// Time until the bucket is empty, or the queue idle, if nobody asks.
    pub reset_after: Duration,
}

impl Snapshot {
    fn new(level: &Level, now: Instant) -> Self {
        let Peek { remaining, reset_after, .. } = level.peek(now, 0);
        Self { quota: level.quota(), remaining, reset_after }
    }
}
