//! The exceptions, which `errors.py` defines: Python classes have attributes, several bases and pickle.

use std::fmt::Display;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyErr, PyTypeInfo};
use resil_core::single_flight::FlightError;

mod python {
    #![allow(missing_docs, missing_debug_implementations, reason = "written by the macro")]
    pyo3::import_exception!(resil.errors, ConfigError);
    pyo3::import_exception!(resil.errors, Denied);
    pyo3::import_exception!(resil.errors, LeaderFailed);
    pyo3::import_exception!(resil.errors, Reentered);
    pyo3::import_exception!(resil.errors, Rejected);
    pyo3::import_exception!(resil.errors, ResilError);
    pyo3::import_exception!(resil.errors, TimedOut);
    #[cfg(feature = "redis")]
    pyo3::import_exception!(resil.errors, Unavailable);
}

/// Looks all of them up; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) {
    python::ConfigError::type_object(py);
    python::Denied::type_object(py);
    python::LeaderFailed::type_object(py);
    python::Reentered::type_object(py);
    python::Rejected::type_object(py);
    python::ResilError::type_object(py);
    python::TimedOut::type_object(py);
    #[cfg(feature = "redis")]
    python::Unavailable::type_object(py);
}

/// A `ConfigError` that says `fault`, which begins with the name of the argument.
#[cold]
pub(crate) fn config(fault: impl Display) -> PyErr {
    python::ConfigError::new_err(fault.to_string())
}

/// A `TypeError`: argument `name` must be `expected`, and is a `value`.
#[cold]
pub(crate) fn wrong_type(name: &str, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match value.get_type().qualname() {
        Ok(found) => PyTypeError::new_err(format!("{name} must be {expected}, not {found}")),
        Err(error) => error,
    }
}

/// The exception for a refusal.
#[cold]
pub(crate) fn denied(why: resil_core::Denied) -> PyErr {
    python::Denied::new_err(why.retry_after().map(crate::duration::nanos))
}

/// The exception for a breaker's refusal.
#[cold]
pub(crate) fn rejected(why: resil_core::sre_breaker::Rejected) -> PyErr {
    python::Rejected::new_err((why.drop_ratio, why.forced_open))
}

/// The exception for a store that did not decide, where the caller is to.
#[cfg(feature = "redis")]
#[cold]
pub(crate) fn unavailable(
    py: Python<'_>,
    fault: resil_core::pure::store_gate::Fault,
) -> PyResult<PyErr> {
    let member = crate::redis::members::fault_member(py, fault)?.unbind();
    Ok(python::Unavailable::new_err(member))
}

/// The exception for a single flight that gave no value.
#[cold]
pub(crate) fn flight(why: FlightError) -> PyErr {
    match why {
        FlightError::Reentered => {
            python::Reentered::new_err("this thread or task is making the call of this key already")
        }
        FlightError::TimedOut => python::TimedOut::new_err(why.to_string()),
        _ => python::LeaderFailed::new_err("the call that was waited for was broken off"),
    }
}

/// A `ResilError` that says `fault`: a wrong use that is no wrong argument.
#[cold]
pub(crate) fn misuse(fault: &'static str) -> PyErr {
    python::ResilError::new_err(fault)
}

/// Whether an exception is a refusal of this library.
pub(crate) fn is_refusal(exception: &Bound<'_, PyAny>) -> bool {
    exception.is_instance_of::<python::Rejected>() || exception.is_instance_of::<python::Denied>()
}

/// A `TypeError`: a `what` is neither pickled nor copied, because of `why`.
#[cold]
pub(crate) fn no_pickle(what: &str, why: &str) -> PyErr {
    PyTypeError::new_err(format!("cannot pickle or copy a {what}: {why}"))
}

/// A `TypeError`: state that this process shares is neither pickled nor copied; hand on `instead`.
#[cold]
pub(crate) fn shared<T>(state: &Bound<'_, T>, instead: &str) -> PyErr {
    match state.as_any().get_type().qualname() {
        Ok(name) => no_pickle(
            &name.to_string(),
            &format!("it is state that this process shares; hand on {instead}"),
        ),
        Err(error) => error,
    }
}
