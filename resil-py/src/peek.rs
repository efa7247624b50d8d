//! `resil.Peek`: what a limiter would say.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::Denied;

use crate::verdict::{self, Verdict};
use crate::{count, duration};

/// What a limiter would answer, and how full it is, without taking anything.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peek {
    answer: Result<(), Denied>,
    remaining: u32,
    reset_after: Duration,
}

impl From<resil_core::token_bucket::Peek> for Peek {
    fn from(peek: resil_core::token_bucket::Peek) -> Self {
        Self { answer: peek.answer, remaining: peek.remaining, reset_after: peek.reset_after }
    }
}

#[pymethods]
impl Peek {
    #[new]
    fn new(
        #[pyo3(from_py_with = verdict::answer)] answer: Result<(), Denied>,
        #[pyo3(from_py_with = count::remaining)] remaining: u32,
        #[pyo3(from_py_with = duration::reset_after_ns)] reset_after_ns: Duration,
    ) -> Self {
        Self { answer, remaining, reset_after: reset_after_ns }
    }

    /// The verdict that try_acquire() would give.
    #[getter]
    fn answer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Verdict>> {
        verdict::verdict(py, self.answer)
    }

    /// Permits that could be taken at once; 0 in debt.
    #[getter]
    fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Seconds until the bucket is full, if nobody takes any.
    #[getter]
    fn reset_after(&self) -> f64 {
        self.reset_after.as_secs_f64()
    }

    /// Nanoseconds until the bucket is full, if nobody takes any.
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
