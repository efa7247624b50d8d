//! What is asked of a token bucket.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use resil_core::Denied;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::{Malformed, Reply};
use resil_core::remote::share::quota_share;
use resil_core::token_bucket::Peek as Peeked;

use super::{Operation, Row, looked};
use crate::charge::{Charge, flowing};
use crate::limiter::Limiter;
use crate::reservation::Reservation;
use crate::token_bucket::TokenBucket;

/// In this process; shared, for a promise holds on to it.
type Twin = Arc<resil_core::TokenBucket>;

impl Row for TokenBucket {
    type Twin = Twin;

    fn limiter(&self) -> &Limiter<Twin> {
        &self.limiter
    }

    fn twin(&self, members: NonZeroU32) -> Option<Twin> {
        let share = quota_share(&self.quota(), members)?;
        Some(Arc::new(resil_core::TokenBucket::new(share)))
    }

    fn charge(&self) -> Charge<Twin> {
        let bucket = self.bucket;
        Charge {
            script: self.limiter.script,
            missing: Box::new(|twin| flowing(&twin.quota(), twin.peek(0).reset_after)),
            arguments: Box::new(move |permits, when| bucket.charge(permits, when)),
        }
    }
}

/// So many permits at once.
#[derive(Clone, Copy)]
pub(crate) struct Acquire(pub(crate) u32);

impl Operation for Acquire {
    type Row = TokenBucket;
    type Granted = ();

    fn decided(&self, row: &TokenBucket) -> Option<Result<(), Denied>> {
        row.bucket.decided(self.0)
    }

    fn arguments(&self, row: &TokenBucket) -> Arguments {
        row.bucket.try_acquire(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &TokenBucket,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<()>, Malformed> {
        row.bucket.acquired(numbers)
    }

    fn takes(&self) -> u32 {
        self.0
    }

    fn open(&self, _: &TokenBucket) {}

    fn rescue(&self, twin: &Twin) -> Result<(), Denied> {
        twin.try_acquire(self.0)
    }
}

/// What so many permits would be told.
#[derive(Clone, Copy)]
pub(crate) struct Peek(pub(crate) u32);

impl Operation for Peek {
    type Row = TokenBucket;
    type Granted = Peeked;

    fn arguments(&self, row: &TokenBucket) -> Arguments {
        row.bucket.peek(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &TokenBucket,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Peeked>, Malformed> {
        let peek = |answer, remaining, reset_after| Peeked { answer, remaining, reset_after };
        Ok(looked(row.bucket.peeked(self.0, numbers)?, peek))
    }

    fn open(&self, row: &TokenBucket) -> Peeked {
        let remaining = row.quota().burst();
        Peeked { answer: Ok(()), remaining, reset_after: Duration::ZERO }
    }

    fn rescue(&self, twin: &Twin) -> Result<Peeked, Denied> {
        Ok(twin.peek(self.0))
    }
}

/// So many permits for later.
#[derive(Clone, Copy)]
pub(crate) struct Reserve {
    pub(crate) permits: u32,
    pub(crate) timeout: Option<Duration>,
}

impl Operation for Reserve {
    type Row = TokenBucket;
    type Granted = Reservation;

    fn decided(&self, row: &TokenBucket) -> Option<Result<Reservation, Denied>> {
        Some(row.bucket.decided(self.permits)?.map(|()| Reservation::of_nothing()))
    }

    fn arguments(&self, row: &TokenBucket) -> Arguments {
        row.bucket.reserve(self.permits, self.timeout, row.limiter.when())
    }

    fn read(
        &self,
        row: &TokenBucket,
        key: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Reservation>, Malformed> {
        let reply = row.bucket.reserved(self.permits, numbers)?;
        Ok(reply.map(|ticket| Reservation::of_store(row, key, &ticket)))
    }

    fn takes(&self) -> u32 {
        self.permits
    }

    fn open(&self, _: &TokenBucket) -> Reservation {
        Reservation::of_nothing()
    }

    fn rescue(&self, twin: &Twin) -> Result<Reservation, Denied> {
        let reserved = twin.reserve_within(self.permits, self.timeout)?;
        Ok(Reservation::of_twin(twin, reserved.ready_after(), reserved.into_ticket()))
    }
}
