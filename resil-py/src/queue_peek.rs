//! `resil.QueuePeek`: what a queue would say.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::Denied;
use resil_core::period_limiter::Granted;

use crate::verdict::{self, Answer, Verdict};
use crate::{count, duration, errors};

/// What a queue would answer, and how full it is, without taking a place.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueuePeek {
    answer: Result<Duration, Denied>,
    remaining: u32,
    reset_after: Duration,
}

impl From<resil_core::leaky_bucket::QueuePeek> for QueuePeek {
    fn from(peek: resil_core::leaky_bucket::QueuePeek) -> Self {
        Self { answer: peek.answer, remaining: peek.remaining, reset_after: peek.reset_after }
    }
}

impl QueuePeek {
    fn as_answer(&self) -> Answer {
        verdict::never_last(self.answer.map(|_| ()))
    }
}

#[pymethods]
impl QueuePeek {
    #[new]
    fn new(
        #[pyo3(from_py_with = verdict::answer)] answer: Answer,
        #[pyo3(from_py_with = duration::ready_after_ns_if_granted)] ready_after_ns: Option<
            Duration,
        >,
        #[pyo3(from_py_with = count::remaining)] remaining: u32,
        #[pyo3(from_py_with = duration::reset_after_ns)] reset_after_ns: Duration,
    ) -> PyResult<Self> {
        let answer = match (answer, ready_after_ns) {
            (Ok(Granted::Granted), Some(wait)) => Ok(wait),
            (Err(denied), None) => Err(denied),
            (Ok(Granted::GrantedLast), _) => {
                return Err(errors::config("answer must not be a last grant: a queue has none"));
            }
            _ => {
                return Err(errors::config(
                    "ready_after_ns must be given with a grant, and be None with a refusal",
                ));
            }
        };
        Ok(Self { answer, remaining, reset_after: reset_after_ns })
    }

    /// Whether try_reserve() would admit it: granted, or the refusal that it would raise.
    #[getter]
    fn answer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Verdict>> {
        verdict::verdict_or_last(py, self.as_answer())
    }

    /// Seconds from now to the slot that it would get; None if it would be refused.
    #[getter]
    fn ready_after(&self) -> Option<f64> {
        self.answer.ok().map(|wait| wait.as_secs_f64())
    }

    /// The exact twin of `ready_after`, in nanoseconds.
    #[getter]
    fn ready_after_ns(&self) -> Option<u64> {
        self.answer.ok().map(duration::nanos)
    }

    /// Permits for which there is room.
    #[getter]
    fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Seconds until the queue is empty, if nobody joins.
    #[getter]
    fn reset_after(&self) -> f64 {
        self.reset_after.as_secs_f64()
    }

    /// The exact twin of `reset_after`, in nanoseconds.
    #[getter]
    fn reset_after_ns(&self) -> u64 {
        duration::nanos(self.reset_after)
    }

    fn __repr__(&self) -> String {
        let answer = Verdict::from(self.as_answer()).__repr__();
        let ready = self.ready_after_ns().map_or("None".to_owned(), |wait| wait.to_string());
        let (remaining, reset) = (self.remaining, self.reset_after_ns());
        format!(
            "QueuePeek(answer={answer}, ready_after_ns={ready}, remaining={remaining}, \
             reset_after_ns={reset})"
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, Fields) {
        let answer = Verdict::from(self.as_answer());
        let fields = (answer, self.ready_after_ns(), self.remaining, self.reset_after_ns());
        (py.get_type::<Self>(), fields)
    }
}

type Fields = (Verdict, Option<u64>, u32, u64);
