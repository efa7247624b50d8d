//! Coroutines that a call answers where a value was wanted: they have not run.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Whether `value` is a coroutine.
#[inline]
pub(crate) fn is_coroutine(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static COROUTINE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    Ok(value.get_type_ptr().cast()
        == COROUTINE.import(value.py(), "types", "CoroutineType")?.as_ptr())
}

/// Closes it, and says what to do instead.
#[cold]
pub(crate) fn refuse(coroutine: &Bound<'_, PyAny>, instead: &str) -> PyErr {
    match coroutine.call_method0("close") {
        Ok(_) => PyTypeError::new_err(format!("the call answered a coroutine: {instead}")),
        Err(error) => error,
    }
}
