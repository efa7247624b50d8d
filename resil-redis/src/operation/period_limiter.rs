//! What is asked of a period limiter.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use resil_core::period_limiter::{Granted, Kind, Peek};
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::{Malformed, Reply};
use resil_core::remote::share::limit_share;
use resil_core::{AnyClock, Denied};

use super::{Operation, Row, looked};
use crate::charge::Charge;
use crate::limiter::Limiter;
use crate::period_limiter::PeriodLimiter;

type Twin = resil_core::PeriodLimiter<AnyClock>;

impl Row for PeriodLimiter {
    type Twin = Twin;

    fn limiter(&self) -> &Limiter<Twin> {
        &self.limiter
    }

    fn twin(&self, members: NonZeroU32) -> Option<Twin> {
        let share = limit_share(&self.config(), members);
        let (limit, period) = (share.limit(), share.period());
        // None of the errors: the share is a config already.
        match share.kind() {
            Kind::Aligned { utc_offset_secs } => {
                let aligned = resil_core::PeriodLimiter::aligned(limit, period, utc_offset_secs);
                aligned.ok().map(|it| it.with_clock(AnyClock::Unix))
            }
            Kind::Sliding => {
                let sliding = resil_core::PeriodLimiter::sliding(limit, period);
                sliding.ok().map(|it| it.with_clock(AnyClock::Unix))
            }
            _ => {
                let first = resil_core::PeriodLimiter::new(limit, period);
                first.ok().map(|it| it.with_clock(AnyClock::default()))
            }
        }
    }

    fn charge(&self) -> Charge<Twin> {
        let remote = self.remote;
        Charge {
            script: self.limiter.script,
            // What was taken in the window that runs.
            missing: Box::new(|twin| twin.limit() - twin.peek(0).remaining),
            arguments: Box::new(move |permits, when| remote.charge(permits, when)),
        }
    }
}

/// So many permits of the window.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u32);

impl Operation for Count {
    type Row = PeriodLimiter;
    type Granted = Granted;

    fn decided(&self, row: &PeriodLimiter) -> Option<Result<Granted, Denied>> {
        row.remote.decided(self.0)
    }

    fn arguments(&self, row: &PeriodLimiter) -> Arguments {
        row.remote.try_acquire(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &PeriodLimiter,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Granted>, Malformed> {
        row.remote.acquired(numbers)
    }

    fn takes(&self) -> u32 {
        self.0
    }

    fn open(&self, _: &PeriodLimiter) -> Granted {
        Granted::Granted
    }

    fn rescue(&self, twin: &Twin) -> Result<Granted, Denied> {
        twin.try_acquire(self.0)
    }
}

/// What so many permits would be told.
#[derive(Clone, Copy)]
pub(crate) struct CountPeek(pub(crate) u32);

impl Operation for CountPeek {
    type Row = PeriodLimiter;
    type Granted = Peek;

    fn arguments(&self, row: &PeriodLimiter) -> Arguments {
        row.remote.peek(self.0, row.limiter.when())
    }

    fn read(
        &self,
        row: &PeriodLimiter,
        _: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Peek>, Malformed> {
        let peek = |answer, remaining, reset_after| Peek { answer, remaining, reset_after };
        Ok(looked(row.remote.peeked(self.0, numbers)?, peek))
    }

    fn open(&self, row: &PeriodLimiter) -> Peek {
        let remaining = row.config().limit();
        Peek { answer: Ok(Granted::Granted), remaining, reset_after: Duration::ZERO }
    }

    fn rescue(&self, twin: &Twin) -> Result<Peek, Denied> {
        Ok(twin.peek(self.0))
    }
}
