//! The period limiter of a world, beside its slow model.

use resil_core::period_limiter::Granted;
use resil_core::{Denied, ManualClock, PeriodLimiter};

use super::bend::Bend;
use super::{MS, SECOND, at, ns};
use crate::period_limiter_model::{Answer, Model};
use crate::seed::{Choices, Random};

/// Any limiter.
pub fn any(random: &mut Random, clock: &ManualClock) -> PeriodLimiter<ManualClock> {
    let limit = *random.one_of(&[1, 3, 20, 1_000]);
    let period = ns(*random.one_of(&[100 * MS, 10 * SECOND, 3_600 * SECOND]));
    match random.pick(3) {
        0 => PeriodLimiter::new(limit, period).expect("accepted").with_clock(clock.clone()),
        1 => PeriodLimiter::aligned(limit, period, 3_600)
            .expect("accepted")
            .with_clock(clock.clone()),
        _ => PeriodLimiter::sliding(limit, period).expect("accepted").with_clock(clock.clone()),
    }
}

/// The limiter and its model.
#[derive(Debug)]
pub struct Period<'a> {
    limiter: &'a PeriodLimiter<ManualClock>,
    bend: Option<Bend>,
    model: Model,
    state: u64,
}

impl<'a> Period<'a> {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(limiter: &'a PeriodLimiter<ManualClock>, bend: Option<Bend>) -> Self {
        let period = limiter.period().as_nanos() as u64;
        let model = Model::new(limiter.limit(), period, limiter.kind());
        Self { limiter, bend, model, state: 0 }
    }

    /// Another number after every grant.
    #[must_use]
    pub const fn state(&self) -> u64 {
        self.state
    }

    /// Permits, more than the limit among them.
    pub fn any_permits(&self, random: &mut Random) -> u32 {
        let limit = self.limiter.limit();
        *random.one_of(&[1, 1, 2, limit.div_ceil(3), limit, limit + 1])
    }

    /// Asks at `read`: whether it was the last, or the wait, if one helps.
    ///
    /// # Errors
    /// The refusal.
    ///
    /// # Panics
    /// If the limiter does not answer as the model.
    pub fn ask(&mut self, read: u64, permits: u32) -> Result<bool, Option<u64>> {
        let mut answer = self.limiter.try_acquire_at(at(read), permits);
        match (self.bend, answer) {
            (Some(Bend::PeriodGrantsMore), Err(Denied::RetryAfter(_))) => {
                answer = Ok(Granted::Granted);
            }
            (Some(Bend::PeriodHidesTheLast), Ok(_)) => answer = Ok(Granted::Granted),
            _ => {}
        }
        let expected = self.model.try_acquire(read, permits);
        let told = match answer {
            Ok(Granted::Granted) => Answer::Granted,
            Ok(Granted::GrantedLast) => Answer::GrantedLast,
            Err(Denied::RetryAfter(wait)) => Answer::RetryAfter(wait.as_nanos()),
            Err(Denied::ExceedsLimit) => Answer::ExceedsLimit,
        };
        assert_eq!(told, expected, "{permits} permits at {read} of {:?}", self.limiter);
        self.state += u64::from(answer.is_ok());
        match answer {
            Ok(granted) => Ok(granted.is_last()),
            Err(Denied::RetryAfter(wait)) => Err(u64::try_from(wait.as_nanos()).ok()),
            Err(Denied::ExceedsLimit) => Err(None),
        }
    }
}
