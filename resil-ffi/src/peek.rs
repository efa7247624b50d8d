//! What limiters say: an answer as a status with its wait, and a look that takes nothing.

use std::time::Duration;

use resil_core::token_bucket::Peek;
use resil_core::{AnyClock, Denied, Instant, LeakyMeter, TokenBucket};

use crate::argument::Out;
use crate::clock::nanos;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// How much a limiter has left, and when the same request could be granted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_peek_t {
    /// Permits that could be taken at once; 0 in debt.
    pub remaining: u32,
    /// Time until the limiter is as if unused, if nobody takes any: a token bucket full, a leaky one empty, a
    /// period limiter's window over.
    pub reset_after_ns: u64,
    /// What try_acquire would tell if the answer is RESIL_STATUS_RETRY_AFTER; 0 with any other answer.
    pub retry_after_ns: u64,
}

impl resil_peek_t {
    /// What a limiter says that would refuse with `denied`, or grant.
    pub(crate) fn new(denied: Option<Denied>, remaining: u32, reset_after: Duration) -> Self {
        Self {
            remaining,
            reset_after_ns: nanos(reset_after),
            retry_after_ns: nanos(denied.and_then(Denied::retry_after).unwrap_or_default()),
        }
    }
}

/// A bucket's look as a status, the rest of it to `out`.
pub(crate) fn peeked(peek: &Peek, out: &Out<resil_peek_t>) -> resil_status_t {
    out.set(resil_peek_t::new(peek.answer.err(), peek.remaining, peek.reset_after));
    answered(peek.answer, None)
}

/// A limiter that grants or refuses on the spot, working out the wait of a refusal only where it is read.
pub(crate) trait Asked {
    /// Its `try_acquire_at`.
    fn ask(&self, now: Instant, permits: u32) -> Result<(), Denied>;
}

impl Asked for TokenBucket<AnyClock> {
    #[inline(always)]
    fn ask(&self, now: Instant, permits: u32) -> Result<(), Denied> {
        self.try_acquire_at(now, permits)
    }
}

impl Asked for LeakyMeter<AnyClock> {
    #[inline(always)]
    fn ask(&self, now: Instant, permits: u32) -> Result<(), Denied> {
        self.try_acquire_at(now, permits)
    }
}

/// What a limiter answers, as a status; the wait goes to whoever wants it.
///
/// Asked without a look at the wait, so that grants, and refusals whose wait nobody wants, neither divide nor
/// keep registers for it. A refusal changes nothing: where the wait is wanted, asking again at the same instant
/// is asking once, and that answer stands.
#[inline(always)]
pub(crate) fn asked(
    limiter: &impl Asked,
    now: Instant,
    permits: u32,
    retry_after: Option<Out<u64>>,
) -> resil_status_t {
    match (limiter.ask(now, permits), retry_after) {
        (Err(Denied::RetryAfter(_)), Some(retry_after)) => {
            asked_with_wait(limiter, now, permits, retry_after)
        }
        (answer, _) => answered(answer, None),
    }
}

#[cold]
#[inline(never)]
fn asked_with_wait(
    limiter: &impl Asked,
    now: Instant,
    permits: u32,
    retry_after: Out<u64>,
) -> resil_status_t {
    answered(limiter.ask(now, permits), Some(retry_after))
}

/// An answer as a status; the wait goes to whoever wants it.
#[inline(always)]
pub(crate) fn answered(
    answer: Result<(), Denied>,
    retry_after: Option<Out<u64>>,
) -> resil_status_t {
    match answer {
        Ok(()) => RESIL_STATUS_GRANTED,
        Err(denied) => refused(denied, retry_after),
    }
}

/// A refusal as a status; the wait as in [`answered`].
#[inline(always)]
pub(crate) fn refused(denied: Denied, retry_after: Option<Out<u64>>) -> resil_status_t {
    match denied {
        Denied::ExceedsLimit => RESIL_STATUS_EXCEEDS_LIMIT,
        Denied::RetryAfter(wait) => {
            if let Some(retry_after) = retry_after {
                retry_after.set(nanos(wait));
            }
            RESIL_STATUS_RETRY_AFTER
        }
    }
}
