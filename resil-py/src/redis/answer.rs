//! `resil.redis.Answer`: what was decided, by whom, and what is left.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::period_limiter::{self, Granted};
use resil_core::pure::store_gate::Fault;
use resil_core::{Denied, leaky_bucket, token_bucket};
use resil_redis::{Refusal, Source};

use crate::verdict::{Verdict, verdict_or_last};
use crate::{count, duration, errors, redis};

/// Why it was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Refused {
    Denied(Denied),
    Unavailable(Fault),
}

/// What a limiter on a store answers: true if it was granted, else with the reason; by whom, and what is left.
///
/// A refusal is the limit's, with `retry_after` or `exceeds_limit`; or, under Policy.UNAVAILABLE, it is nobody's,
/// and `fault` says what is wrong with the store. Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil.redis")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Answer {
    result: Result<Granted, Refused>,
    source: Source,
    remaining: Option<u32>,
    reset_after: Option<Duration>,
    ready_after: Option<Duration>,
}

/// What was granted, and the wait before it where there is a queue.
type Grant = (Granted, Option<Duration>);

impl Answer {
    pub(crate) fn of<T>(
        answer: resil_redis::Answer<T>,
        grant: impl FnOnce(T) -> Result<Grant, Denied>,
    ) -> Self {
        let resil_redis::Answer { source, remaining, reset_after, .. } = answer;
        let granted = match answer.result {
            Ok(granted) => grant(granted).map_err(Refused::Denied),
            Err(Refusal::Denied(denied)) => Err(Refused::Denied(denied)),
            Err(Refusal::Unavailable(why)) => Err(Refused::Unavailable(why.fault)),
        };
        let ready_after = granted.ok().and_then(|(_, ready_after)| ready_after);
        let result = granted.map(|(granted, _)| granted);
        Self { result, source, remaining, reset_after, ready_after }
    }

    pub(crate) fn acquired(answer: resil_redis::Answer<()>) -> Self {
        Self::of(answer, |()| Ok((Granted::Granted, None)))
    }

    pub(crate) fn counted(answer: resil_redis::Answer<Granted>) -> Self {
        Self::of(answer, |granted| Ok((granted, None)))
    }

    pub(crate) fn queued(answer: resil_redis::Answer<Duration>) -> Self {
        Self::of(answer, |wait| Ok((Granted::Granted, Some(wait))))
    }

    fn looked<T>(
        answer: resil_redis::Answer<T>,
        left: impl FnOnce(&T) -> (u32, Duration),
        grant: impl FnOnce(T) -> Result<Grant, Denied>,
    ) -> Self {
        let left = answer.result.as_ref().ok().map(left);
        let (remaining, reset_after) = left.unzip();
        Self { remaining, reset_after, ..Self::of(answer, grant) }
    }

    pub(crate) fn peeked(answer: resil_redis::Answer<token_bucket::Peek>) -> Self {
        let left = |peek: &token_bucket::Peek| (peek.remaining, peek.reset_after);
        Self::looked(answer, left, |peek| peek.answer.map(|()| (Granted::Granted, None)))
    }

    pub(crate) fn peeked_at_queue(answer: resil_redis::Answer<leaky_bucket::QueuePeek>) -> Self {
        let left = |peek: &leaky_bucket::QueuePeek| (peek.remaining, peek.reset_after);
        Self::looked(answer, left, |peek| peek.answer.map(|wait| (Granted::Granted, Some(wait))))
    }

    pub(crate) fn peeked_at_period(answer: resil_redis::Answer<period_limiter::Peek>) -> Self {
        let left = |peek: &period_limiter::Peek| (peek.remaining, peek.reset_after);
        Self::looked(answer, left, |peek| peek.answer.map(|granted| (granted, None)))
    }

    fn refused(&self) -> Option<Refused> {
        self.result.err()
    }

    fn denied(&self) -> Option<Denied> {
        match self.refused() {
            Some(Refused::Denied(denied)) => Some(denied),
            _ => None,
        }
    }
}

type Fields<'py> = (
    Bound<'py, PyAny>,
    Option<Bound<'py, Verdict>>,
    Option<Bound<'py, PyAny>>,
    Option<u32>,
    Option<u64>,
    Option<u64>,
);

#[pymethods]
impl Answer {
    #[new]
    #[pyo3(signature = (
        source, verdict=None, fault=None, remaining=None, reset_after_ns=None, ready_after_ns=None
    ))]
    fn new(
        #[pyo3(from_py_with = redis::members::source)] source: Source,
        verdict: Option<Bound<'_, Verdict>>,
        #[pyo3(from_py_with = redis::members::fault_if_any)] fault: Option<Fault>,
        #[pyo3(from_py_with = count::remaining_if_known)] remaining: Option<u32>,
        #[pyo3(from_py_with = duration::reset_after_ns_if_known)] reset_after_ns: Option<Duration>,
        #[pyo3(from_py_with = duration::ready_after_ns_if_granted)] ready_after_ns: Option<
            Duration,
        >,
    ) -> PyResult<Self> {
        let result = match (verdict, fault) {
            (Some(verdict), None) => verdict.get().to_answer().map_err(Refused::Denied),
            (None, Some(fault)) => Err(Refused::Unavailable(fault)),
            _ => {
                return Err(errors::config("verdict or fault must be given, and not both"));
            }
        };
        if result.is_err() && ready_after_ns.is_some() {
            return Err(errors::config("ready_after_ns must be None in a refusal"));
        }
        let (reset_after, ready_after) = (reset_after_ns, ready_after_ns);
        Ok(Self { result, source, remaining, reset_after, ready_after })
    }

    /// Whether the request was granted, by whomever; what `bool(answer)` says.
    #[getter]
    fn granted(&self) -> bool {
        self.result.is_ok()
    }

    /// Who decided.
    #[getter]
    fn source<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        redis::members::source_member(py, self.source)
    }

    /// The decision by itself, as a limiter in the process gives it; None where nobody decided.
    #[getter]
    fn verdict<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, Verdict>>> {
        match self.result {
            Ok(granted) => verdict_or_last(py, Ok(granted)).map(Some),
            Err(Refused::Denied(denied)) => verdict_or_last(py, Err(denied)).map(Some),
            Err(Refused::Unavailable(_)) => Ok(None),
        }
    }

    /// The refusal as the exception that raise_if_denied() would raise; None if it was granted.
    #[getter]
    fn refusal<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let error = match self.refused() {
            None => return Ok(None),
            Some(Refused::Denied(denied)) => errors::denied(denied),
            Some(Refused::Unavailable(fault)) => errors::unavailable(py, fault)?,
        };
        Ok(Some(error.into_value(py).into_bound(py).into_any()))
    }

    /// What is wrong with the store, where Policy.UNAVAILABLE left the decision to the caller; else None.
    #[getter]
    fn fault<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.refused() {
            Some(Refused::Unavailable(fault)) => redis::members::fault_member(py, fault).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether this grant reached a period limiter's limit: not one permit more fits now.
    #[getter]
    fn last(&self) -> bool {
        self.result == Ok(Granted::GrantedLast)
    }

    /// Seconds after which to ask again; None if it was granted, or no wait helps, or nobody decided.
    #[getter]
    fn retry_after(&self) -> Option<f64> {
        self.denied()?.retry_after().map(|wait| wait.as_secs_f64())
    }

    /// The exact twin of `retry_after`, in nanoseconds; the store counts whole microseconds.
    #[getter]
    fn retry_after_ns(&self) -> Option<u64> {
        self.denied()?.retry_after().map(duration::nanos)
    }

    /// Whether the request is more than can ever be granted at once: no wait helps.
    #[getter]
    fn exceeds_limit(&self) -> bool {
        self.denied() == Some(Denied::ExceedsLimit)
    }

    /// Permits that could be taken at once, where that was told.
    #[getter]
    fn remaining(&self) -> Option<u32> {
        self.remaining
    }

    /// Seconds until the limit is as new, or to the end of the window, where that was told.
    #[getter]
    fn reset_after(&self) -> Option<f64> {
        self.reset_after.map(|wait| wait.as_secs_f64())
    }

    /// The exact twin of `reset_after`, in nanoseconds.
    #[getter]
    fn reset_after_ns(&self) -> Option<u64> {
        self.reset_after.map(duration::nanos)
    }

    /// Seconds before the slot in a queue; None for other limiters, and in a refusal.
    #[getter]
    fn ready_after(&self) -> Option<f64> {
        self.ready_after.map(|wait| wait.as_secs_f64())
    }

    /// The exact twin of `ready_after`, in nanoseconds.
    #[getter]
    fn ready_after_ns(&self) -> Option<u64> {
        self.ready_after.map(duration::nanos)
    }

    /// Raises Denied or Unavailable unless the request was granted.
    fn raise_if_denied(&self, py: Python<'_>) -> PyResult<()> {
        match self.refused() {
            None => Ok(()),
            Some(Refused::Denied(denied)) => Err(errors::denied(denied)),
            Some(Refused::Unavailable(fault)) => Err(errors::unavailable(py, fault)?),
        }
    }

    fn __bool__(&self) -> bool {
        self.granted()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut shown = format!("Answer({}", redis::members::source_name(self.source));
        if let Some(verdict) = self.verdict(py)? {
            shown += &format!(", {}", verdict.get().__repr__());
        }
        if let Some(Refused::Unavailable(fault)) = self.refused() {
            shown += &format!(", fault={}", redis::members::fault_name(fault));
        }
        let numbers = [
            ("remaining", self.remaining.map(u64::from)),
            ("reset_after_ns", self.reset_after_ns()),
            ("ready_after_ns", self.ready_after_ns()),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                shown += &format!(", {name}={number}");
            }
        }
        Ok(shown + ")")
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Fields<'py>)> {
        let (verdict, fault) = (self.verdict(py)?, self.fault(py)?);
        let (reset, ready) = (self.reset_after_ns(), self.ready_after_ns());
        let fields = (self.source(py)?, verdict, fault, self.remaining, reset, ready);
        Ok((py.get_type::<Self>(), fields))
    }
}
