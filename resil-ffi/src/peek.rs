//! What limiters say: an answer as a status with its wait, and a look that takes nothing.

use std::time::Duration;

use resil_core::border::Ask;
use resil_core::token_bucket::Peek;
use resil_core::{Denied, Instant};

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

/// What a limiter answers, as a status; the wait goes to whoever wants it.
///
/// Asked without a look at the wait, so that grants, and refusals whose wait nobody wants, neither divide nor
/// keep registers for it. A refusal changes nothing: where the wait is wanted, asking again at the same instant
/// is asking once, and that answer stands.
#[inline(always)]
pub(crate) fn asked(
    limiter: &impl Ask,
    now: Instant,
    permits: u32,
    retry_after: Option<Out<u64>>,
) -> resil_status_t {
    match (limiter.ask_at(now, permits), retry_after) {
        (Ok(()), _) => RESIL_STATUS_GRANTED,
        (Err(refusal), _) if refusal.is_for_ever() => RESIL_STATUS_EXCEEDS_LIMIT,
        (Err(_), None) => RESIL_STATUS_RETRY_AFTER,
        (Err(_), Some(retry_after)) => asked_with_wait(limiter, now, permits, retry_after),
    }
}

#[cold]
#[inline(never)]
fn asked_with_wait(
    limiter: &impl Ask,
    now: Instant,
    permits: u32,
    retry_after: Out<u64>,
) -> resil_status_t {
    match limiter.ask_at(now, permits) {
        Ok(()) => RESIL_STATUS_GRANTED,
        Err(refusal) if refusal.is_for_ever() => RESIL_STATUS_EXCEEDS_LIMIT,
        Err(refusal) => {
            retry_after.set(refusal.retry_after_nanos());
            RESIL_STATUS_RETRY_AFTER
        }
    }
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
