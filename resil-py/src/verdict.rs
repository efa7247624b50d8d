//! `resil.Verdict`: what became of a request.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use resil_core::Denied;
use resil_core::period_limiter::Granted;

use crate::{duration, errors};

/// What became of a request: true if it was granted, else with the reason.
///
/// `Verdict()` is the granted one, of which there is a single object; so is `Verdict(last=True)`, a period
/// limiter's last grant. Refusals say when to come back (`retry_after`), or that no wait helps
/// (`exceeds_limit`). Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Verdict(Answer);

/// What a limiter answers.
pub(crate) type Answer = Result<Granted, Denied>;

static GRANTED: PyOnceLock<Py<Verdict>> = PyOnceLock::new();
static GRANTED_LAST: PyOnceLock<Py<Verdict>> = PyOnceLock::new();
static EXCEEDS_LIMIT: PyOnceLock<Py<Verdict>> = PyOnceLock::new();

/// Makes the shared ones; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    for answer in [Ok(Granted::Granted), Ok(Granted::GrantedLast), Err(Denied::ExceedsLimit)] {
        verdict_or_last(py, answer)?;
    }
    Ok(())
}

/// The answer of a limiter that knows no last grant.
#[inline]
pub(crate) fn never_last(answer: Result<(), Denied>) -> Answer {
    answer.map(|()| Granted::Granted)
}

/// The answer of a limiter that knows no last grant, as an object.
#[inline]
pub(crate) fn verdict<'py>(
    py: Python<'py>,
    answer: Result<(), Denied>,
) -> PyResult<Bound<'py, Verdict>> {
    verdict_or_last(py, never_last(answer))
}

/// The answer as an object; only a refusal with a wait makes a new one.
#[inline]
pub(crate) fn verdict_or_last<'py>(
    py: Python<'py>,
    answer: Answer,
) -> PyResult<Bound<'py, Verdict>> {
    let shared = match answer {
        Ok(Granted::Granted) => &GRANTED,
        Ok(Granted::GrantedLast) => &GRANTED_LAST,
        Err(Denied::ExceedsLimit) => &EXCEEDS_LIMIT,
        Err(Denied::RetryAfter(_)) => return Bound::new(py, Verdict(answer)),
    };
    shared.get_or_try_init(py, || Py::new(py, Verdict(answer))).map(|made| made.bind(py).clone())
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        Self(answer)
    }
}

#[cfg(feature = "redis")]
impl Verdict {
    pub(crate) const fn to_answer(self) -> Answer {
        self.0
    }
}

#[pymethods]
impl Verdict {
    #[new]
    #[pyo3(signature = (retry_after_ns=None, exceeds_limit=false, last=false))]
    fn new(
        py: Python<'_>,
        #[pyo3(from_py_with = duration::retry_after_ns)] retry_after_ns: Option<Duration>,
        exceeds_limit: bool,
        last: bool,
    ) -> PyResult<Py<Self>> {
        let answer = match (retry_after_ns, exceeds_limit, last) {
            (None, false, false) => Ok(Granted::Granted),
            (None, false, true) => Ok(Granted::GrantedLast),
            (Some(wait), false, false) => Err(Denied::RetryAfter(wait)),
            (None, true, false) => Err(Denied::ExceedsLimit),
            (_, _, true) => {
                return Err(errors::config("last must be False in a refusal: nothing was granted"));
            }
            (Some(_), true, false) => {
                return Err(errors::config(
                    "retry_after_ns must be None where exceeds_limit is True: no wait helps",
                ));
            }
        };
        verdict_or_last(py, answer).map(Bound::unbind)
    }

    /// Whether the request was granted; what `bool(verdict)` says.
    #[getter]
    fn granted(&self) -> bool {
        self.0.is_ok()
    }

    /// Whether this grant reached a period limiter's limit: not one permit more fits now.
    #[getter]
    fn last(&self) -> bool {
        self.0 == Ok(Granted::GrantedLast)
    }

    /// Seconds after which the same request can be granted; None if it was granted, or no wait helps.
    #[getter]
    fn retry_after(&self) -> Option<f64> {
        self.0.err()?.retry_after().map(|wait| wait.as_secs_f64())
    }

    /// The smallest whole number of nanoseconds after which the same request is granted; None as above.
    #[getter]
    fn retry_after_ns(&self) -> Option<u64> {
        self.0.err()?.retry_after().map(duration::nanos)
    }

    /// Whether the request is more than can ever be granted at once: no wait helps.
    #[getter]
    fn exceeds_limit(&self) -> bool {
        self.0 == Err(Denied::ExceedsLimit)
    }

    /// Raises Denied unless the request was granted.
    fn raise_if_denied(&self) -> PyResult<()> {
        self.0.map(|_| ()).map_err(errors::denied)
    }

    fn __bool__(&self) -> bool {
        self.granted()
    }

    pub(crate) fn __repr__(&self) -> String {
        match self.0 {
            Ok(Granted::Granted) => "Verdict()".to_owned(),
            Ok(Granted::GrantedLast) => "Verdict(last=True)".to_owned(),
            Err(Denied::RetryAfter(wait)) => {
                format!("Verdict(retry_after_ns={})", duration::nanos(wait))
            }
            Err(Denied::ExceedsLimit) => "Verdict(exceeds_limit=True)".to_owned(),
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (Option<u64>, bool, bool)) {
        (py.get_type::<Self>(), (self.retry_after_ns(), self.exceeds_limit(), self.last()))
    }
}

/// The argument `answer`.
pub(crate) fn answer(value: &Bound<'_, PyAny>) -> PyResult<Answer> {
    match value.cast::<Verdict>() {
        Ok(verdict) => Ok(verdict.get().0),
        Err(_) => Err(errors::wrong_type("answer", "a resil.Verdict", value)),
    }
}
