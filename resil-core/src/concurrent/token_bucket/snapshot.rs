//! What a token bucket tells of itself.

use std::time::Duration;

use super::TokenBucket;
use crate::concurrent::level::config_of;
use crate::input::Clock;
use crate::pure::frame::Frame;
use crate::pure::instant::Instant;
use crate::pure::quota::Quota;
use crate::pure::token_bucket::Peek;

/// A token bucket at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The quota in force.
    pub quota: Quota,
    /// Permits that could be taken at once.
    pub remaining: u32,
    /// Permits promised beyond an empty bucket; 0 unless someone waits.
    pub owed: u64,
    /// Time until the bucket is full, if nobody takes any.
    pub reset_after: Duration,
}

impl<C: Clock> TokenBucket<C> {
    /// What the bucket looks like now, for monitoring.
    ///
    /// ```
    /// use resil_core::{Quota, TokenBucket};
    /// let bucket = TokenBucket::new(Quota::per_minute(60)?);
    /// assert_eq!(bucket.snapshot().remaining, 60);
    /// # Ok::<(), resil_core::quota::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> Snapshot {
        let _ = self.level.view(now); // gives `now` a tick
        let writing = self.level.versioned.write();
        let frame = Frame::from_words(writing.config());
        let (tat, tick) = (self.level.versioned.view(|_| ()).content, frame.tick_saturating(now));
        let peek = Peek::new(&frame, tat, now, tick, 0);
        Snapshot {
            quota: config_of(&writing).quota(),
            remaining: peek.remaining,
            owed: frame.gcra().owed(tat, tick),
            reset_after: peek.reset_after,
        }
    }
}
