//! What limiters on Redis answer: a status, and who decided it.

use std::time::Duration;

use resil_core::Denied;
use resil_core::pure::store_gate::Fault;
use resil_core::token_bucket::Peek;
use resil_redis::{Answer, Refusal, Source};

use crate::argument::Out;
use crate::clock::nanos;
use crate::peek::refused;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Who decided. Answers show it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_redis_source_t {
    /// The store, for all processes.
    RESIL_REDIS_SOURCE_STORE = 0,
    /// This process, with its share of the limit.
    RESIL_REDIS_SOURCE_RESCUE = 1,
    /// The limiter's policy, which looks at nothing.
    RESIL_REDIS_SOURCE_POLICY = 2,
    /// The limit by itself: no permits, or more than it ever grants. Nobody was asked.
    RESIL_REDIS_SOURCE_LIMIT = 3,
}

/// Why the store did not decide. Answers and snapshots show it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_redis_fault_t {
    /// It did, or a policy decided in its place.
    RESIL_REDIS_FAULT_NONE = 0,
    /// No answer in time. The call may count on the server all the same.
    RESIL_REDIS_FAULT_TIMEOUT = 1,
    /// No connection, or it broke.
    RESIL_REDIS_FAULT_DISCONNECTED = 2,
    /// The server answers, and does not do it: read-only, out of memory, loading, busy, too few replicas.
    RESIL_REDIS_FAULT_UNABLE = 3,
    /// The server does not let this client do it: password, rights.
    RESIL_REDIS_FAULT_REFUSED = 4,
    /// This call alone went wrong: something else lies at its key.
    RESIL_REDIS_FAULT_CALL = 5,
    /// The server does not know the script, and did not run it. Of clients of the caller's own; no answer shows it.
    RESIL_REDIS_FAULT_UNKNOWN_SCRIPT = 6,
}

/// What stands beside the status of an answer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_redis_answer_t {
    /// Who decided: RESIL_REDIS_SOURCE_... Any but the store is this process alone.
    pub source: i32,
    /// With UNAVAILABLE, why: RESIL_REDIS_FAULT_...; else NONE.
    pub fault: i32,
    /// Whether `remaining` was told.
    pub has_remaining: bool,
    /// Whether `reset_after_ns` was told.
    pub has_reset_after: bool,
    /// Permits that could be taken at once.
    pub remaining: u32,
    /// With RETRY_AFTER, the time after which the same request could be granted: whole microseconds, rounded up,
    /// from a store. Else 0.
    pub retry_after_ns: u64,
    /// Time until the limit is as new, or to the end of the window.
    pub reset_after_ns: u64,
}

use resil_redis_fault_t::*;
use resil_redis_source_t::*;

impl From<Source> for resil_redis_source_t {
    fn from(source: Source) -> Self {
        match source {
            Source::Store => RESIL_REDIS_SOURCE_STORE,
            Source::Rescue => RESIL_REDIS_SOURCE_RESCUE,
            Source::Policy => RESIL_REDIS_SOURCE_POLICY,
            Source::Limit => RESIL_REDIS_SOURCE_LIMIT,
            source => unreachable!("{source:?} has no number here"),
        }
    }
}

impl From<Fault> for resil_redis_fault_t {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Timeout => RESIL_REDIS_FAULT_TIMEOUT,
            Fault::Disconnected => RESIL_REDIS_FAULT_DISCONNECTED,
            Fault::Unable => RESIL_REDIS_FAULT_UNABLE,
            Fault::Refused => RESIL_REDIS_FAULT_REFUSED,
            Fault::Call => RESIL_REDIS_FAULT_CALL,
        }
    }
}

/// An answer as a status, what stands beside it to whoever wants it; `granted` is told what was granted.
pub(super) fn answered<T>(
    answer: Answer<T>,
    out: Option<Out<resil_redis_answer_t>>,
    granted: impl FnOnce(T) -> resil_status_t,
) -> resil_status_t {
    let Answer { result, source, remaining, reset_after, .. } = answer;
    said(result.map(granted), source, remaining, reset_after, out)
}

/// A look as a status: what was asked for, granted or not. `seen` tells the verdict, what remains and the time until
/// the limit is as new.
pub(super) fn looked<T>(
    answer: Answer<T>,
    out: Out<resil_redis_answer_t>,
    seen: impl FnOnce(T) -> (Result<resil_status_t, Denied>, u32, Duration),
) -> resil_status_t {
    let (result, remaining, reset_after) = match answer.result.map(seen) {
        Ok((verdict, remaining, reset_after)) => {
            (verdict.map_err(Refusal::Denied), Some(remaining), Some(reset_after))
        }
        Err(refusal) => (Err(refusal), answer.remaining, answer.reset_after),
    };
    said(result, answer.source, remaining, reset_after, Some(out))
}

/// The look of a bucket or meter.
pub(super) fn peeked(answer: Answer<Peek>, out: Out<resil_redis_answer_t>) -> resil_status_t {
    looked(answer, out, |Peek { answer, remaining, reset_after }| {
        (answer.map(|()| RESIL_STATUS_GRANTED), remaining, reset_after)
    })
}

/// A verdict as a status, and all that is known beside it to `out`.
fn said(
    result: Result<resil_status_t, Refusal>,
    source: Source,
    remaining: Option<u32>,
    reset_after: Option<Duration>,
    out: Option<Out<resil_redis_answer_t>>,
) -> resil_status_t {
    let (status, fault, retry_after) = match result {
        Ok(status) => (status, RESIL_REDIS_FAULT_NONE, None),
        Err(Refusal::Denied(denied)) => {
            (refused(denied, None), RESIL_REDIS_FAULT_NONE, denied.retry_after())
        }
        Err(Refusal::Unavailable(why)) => (RESIL_STATUS_UNAVAILABLE, why.fault.into(), None),
    };
    if let Some(out) = out {
        out.set(resil_redis_answer_t {
            source: resil_redis_source_t::from(source) as i32,
            fault: fault as i32,
            has_remaining: remaining.is_some(),
            has_reset_after: reset_after.is_some(),
            remaining: remaining.unwrap_or(0),
            retry_after_ns: nanos(retry_after.unwrap_or_default()),
            reset_after_ns: nanos(reset_after.unwrap_or_default()),
        });
    }
    status
}
