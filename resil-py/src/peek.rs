//! `resil.Peek`: what a limiter would say.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::{period_limiter, token_bucket};

use crate::verdict::{self, Answer, Verdict};
use crate::{count, duration};

/// What a limiter would answer, and how full it is, without taking anything.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peek {
    answer: Answer,
    remaining: u32,
    reset_after: Duration,
}

impl From<token_bucket::Peek> for Peek {
    fn from(peek: token_bucket::Peek) -> Self {
        let token_bucket::Peek { answer, remaining, reset_after } = peek;
        Self { answer: verdict::never_last(answer), remaining, reset_after }
    }
}

impl From<period_limiter::Peek> for Peek {
    fn from(peek: period_limiter::Peek) -> Self {
        let period_limiter::Peek { answer, remaining, reset_after } = peek;
        Self { answer, remaining, reset_after }
    }
}

#[pymethods]
impl Peek {
    #[new]
    fn new(
        #[pyo3(from_py_with = verdict::answer)] answer: Answer,
        #[pyo3(from_py_with = count::remaining)] remaining: u32,
        #[pyo3(from_py_with = duration::reset_after_ns)] reset_after_ns: Duration,
    ) -> Self {
        Self { answer, remaining, reset_after: reset_after_ns }
    }

    /// The verdict that try_acquire() would give.
    #[getter]
    fn answer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Verdict>> {
        verdict::verdict_or_last(py, self.answer)
    }

    /// Permits that could be taken at once; 0 in debt.
    #[getter]
    fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Seconds until a token bucket is full or a leaky one empty, if nobody takes any; for a period limiter to
    /// the end of its window, and 0.0 before its first use.
    #[getter]
    fn reset_after(&self) -> f64 {
        self.reset_after.as_secs_f64()
    }

    /// The exact twin of `reset_after`, in nanoseconds.
    #[getter]
    fn reset_after_ns(&self) -> u64 {
        duration::nanos(self.reset_after)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let answer = self.answer(py)?.get().__repr__();
        let (remaining, reset_after_ns) = (self.remaining, self.reset_after_ns());
        Ok(format!("Peek(answer={answer}, remaining={remaining}, reset_after_ns={reset_after_ns})"))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (Verdict, u32, u64)) {
        let fields = (Verdict::from(self.answer), self.remaining, self.reset_after_ns());
        (py.get_type::<Self>(), fields)
    }
}
