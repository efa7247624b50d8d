//! Coroutines that a call answers where a value was wanted: they have not run.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

static COROUTINE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn coroutine(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    COROUTINE.import(py, "types", "CoroutineType")
}

/// Looks the type up; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    coroutine(py).map(|_| ())
}

/// Whether `value` is a coroutine.
#[inline]
pub(crate) fn is_coroutine(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(value.get_type_ptr().cast() == coroutine(value.py())?.as_ptr())
}

/// Closes it, and says what to do instead.
#[cold]
pub(crate) fn refuse(coroutine: &Bound<'_, PyAny>, instead: &str) -> PyErr {
    match coroutine.call_method0("close") {
        Ok(_) => PyTypeError::new_err(format!("the call answered a coroutine: {instead}")),
        Err(error) => error,
    }
}
