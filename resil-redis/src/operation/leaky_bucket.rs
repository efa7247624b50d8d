//! What is asked of a leaky bucket, as meter and as queue.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use resil_core::Denied;
use resil_core::leaky_bucket::{Peek, QueuePeek};
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::{Malformed, Reply};
use resil_core::remote::share::quota_share;

use super::{Operation, Row, looked};
use crate::charge::{Charge, flowing};
use crate::leaky_bucket::{LeakyMeter, LeakyQueue};
use crate::limiter::Limiter;

impl Row for LeakyMeter {
    type Twin = resil_core::LeakyMeter;

    fn limiter(&self) -> &Limiter<Self::Twin> {
        &self.limiter
    }

    fn twin(&self, members: NonZeroU32) -> Option<Self::Twin> {
        quota_share(&self.quota(), members).map(resil_core::LeakyBucket::meter)
    }

    fn charge(&self) -> Charge<Self::Twin> {
        let bucket = self.bucket;
        Charge {
            script: self.limiter.script,
            missing: Box::new(|twin| flowing(&twin.quota(), twin.peek(0).reset_after)),
            arguments: Box::new(move |permits, when| bucket.charge(permits, when)),
        }
    }
}

impl Row for LeakyQueue {
    type Twin = resil_core::LeakyQueue;

    fn limiter(&self) -> &Limiter<Self::Twin> {
        &self.limiter
    }

    fn twin(&self, members: NonZeroU32) -> Option<Self::Twin> {
        quota_share(&self.quota(), members).map(resil_core::LeakyBucket::queue)
    }

    fn charge(&self) -> Charge<Self::Twin> {
        let bucket = self.bucket;
        Charge {
            script: self.limiter.script,
            missing: Box::new(|twin| flowing(&twin.quota(), twin.peek(0).reset_after)),
            arguments: Box::new(move |permits, when| bucket.charge(permits, when)),
        }
    }
}

/// So many permits poured into the meter.
#[derive(Clone, Copy)]
pub(crate) struct Meter(pub(crate) u32);

impl Operation for Meter {
    type Row = LeakyMeter;
    type Granted = ();

    fn decided(&self, row: &LeakyMeter) -> Option<Result<(), Denied>> {
        row.bucket.decided(self.0)
    }

    fn arguments(&self, row: &LeakyMeter) -> Arguments {
        row.bucket.try_acquire(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &LeakyMeter,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<()>, Malformed> {
        row.bucket.acquired(numbers)
    }

    fn takes(&self) -> u32 {
        self.0
    }

    fn open(&self, _: &LeakyMeter) {}

    fn rescue(&self, twin: &resil_core::LeakyMeter) -> Result<(), Denied> {
        twin.try_acquire(self.0)
    }
}

/// What so many permits would be told by the meter.
#[derive(Clone, Copy)]
pub(crate) struct MeterPeek(pub(crate) u32);

impl Operation for MeterPeek {
    type Row = LeakyMeter;
    type Granted = Peek;

    fn arguments(&self, row: &LeakyMeter) -> Arguments {
        row.bucket.peek(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &LeakyMeter,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Peek>, Malformed> {
        let peek = |answer, remaining, reset_after| Peek { answer, remaining, reset_after };
        Ok(looked(row.bucket.peeked(self.0, numbers)?, peek))
    }

    fn open(&self, row: &LeakyMeter) -> Peek {
        let remaining = row.quota().burst();
        Peek { answer: Ok(()), remaining, reset_after: Duration::ZERO }
    }

    fn rescue(&self, twin: &resil_core::LeakyMeter) -> Result<Peek, Denied> {
        Ok(twin.peek(self.0))
    }
}

/// A place in the queue.
#[derive(Clone, Copy)]
pub(crate) struct Join {
    pub(crate) permits: u32,
    pub(crate) timeout: Option<Duration>,
}

impl Operation for Join {
    type Row = LeakyQueue;
    type Granted = Duration;

    fn decided(&self, row: &LeakyQueue) -> Option<Result<Duration, Denied>> {
        Some(row.bucket.decided(self.permits)?.map(|()| Duration::ZERO))
    }

    fn arguments(&self, row: &LeakyQueue) -> Arguments {
        row.bucket.try_reserve(self.permits, self.timeout, row.limiter.when())
    }

    fn read(
        &self,
        row: &LeakyQueue,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Duration>, Malformed> {
        row.bucket.reserved(numbers)
    }

    fn takes(&self) -> u32 {
        self.permits
    }

    fn open(&self, _: &LeakyQueue) -> Duration {
        Duration::ZERO
    }

    fn rescue(&self, twin: &resil_core::LeakyQueue) -> Result<Duration, Denied> {
        twin.try_reserve_within(self.permits, self.timeout).map(|slot| slot.ready_after())
    }
}

/// What so many permits would be told by the queue.
#[derive(Clone, Copy)]
pub(crate) struct Look(pub(crate) u32);

impl Operation for Look {
    type Row = LeakyQueue;
    type Granted = QueuePeek;

    fn arguments(&self, row: &LeakyQueue) -> Arguments {
        row.bucket.peek(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &LeakyQueue,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<QueuePeek>, Malformed> {
        let peek = |answer, remaining, reset_after| QueuePeek { answer, remaining, reset_after };
        Ok(looked(row.bucket.queue_peeked(self.0, numbers)?, peek))
    }

    fn open(&self, row: &LeakyQueue) -> QueuePeek {
        let (remaining, reset_after) = (row.quota().burst(), Duration::ZERO);
        QueuePeek { answer: Ok(Duration::ZERO), remaining, reset_after }
    }

    fn rescue(&self, twin: &resil_core::LeakyQueue) -> Result<QueuePeek, Denied> {
        Ok(twin.peek(self.0))
    }
}
