//! What an exception says about whoever was called.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use resil_core::sre_breaker::Outcome;

use crate::errors;

/// The outcome of a guarded call that raised `error`.
///
/// Ignored: what is no `Exception` (interrupts, cancellation, exits), and refusals of this library, raised
/// further in or the cause of what was raised. All else is a failure, unless `failure` says no: then it is
/// ignored.
///
/// # Errors
/// What `failure` raises that is no `Exception`. What it raises else is reported as Python reports what it
/// cannot raise, and the call counts as failed: the caller's own exception goes first.
#[cold]
pub(crate) fn outcome(
    py: Python<'_>,
    error: &PyErr,
    failure: Option<&Py<PyAny>>,
) -> PyResult<Outcome> {
    let exception = error.value(py).as_any();
    if !exception.is_instance_of::<PyException>() || was_refused(exception) {
        return Ok(Outcome::Ignored);
    }
    let Some(failure) = failure else { return Ok(Outcome::Failure) };
    match failure.bind(py).call1((exception,)).and_then(|answer| answer.is_truthy()) {
        Ok(true) => Ok(Outcome::Failure),
        Ok(false) => Ok(Outcome::Ignored),
        Err(raised) if raised.is_instance_of::<PyException>(py) => {
            raised.write_unraisable(py, Some(failure.bind(py)));
            Ok(Outcome::Failure)
        }
        Err(raised) => Err(raised),
    }
}

/// Looks along `__cause__`, which may be a ring: the one behind moves at half the pace and is met then.
fn was_refused(exception: &Bound<'_, PyAny>) -> bool {
    let mut ahead = exception.clone();
    let mut behind = exception.clone();
    let mut odd = false;
    loop {
        if errors::is_refusal(&ahead) {
            return true;
        }
        let Some(next) = cause(&ahead) else { return false };
        ahead = next;
        if odd {
            behind = cause(&behind).unwrap_or(behind);
        }
        odd = !odd;
        if ahead.is(&behind) {
            return false;
        }
    }
}

fn cause<'py>(exception: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = exception.py();
    let cause = PyErr::from_value(exception.clone()).cause(py)?;
    Some(cause.into_value(py).into_bound(py).into_any())
}
