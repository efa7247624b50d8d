//! `resil._resil._Protected`: a function that a breaker guards; `protected.py` makes it look like the function.

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::sre_breaker::{SreBreaker, failure};

static METHOD: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn method(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    METHOD.import(py, "types", "MethodType")
}

/// Looks the type of methods up; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    method(py).map(|_| ())
}

/// A function whose calls a breaker guards.
#[pyclass(frozen, subclass, name = "_Protected", module = "resil._resil")]
#[derive(Debug)]
pub(crate) struct Protected {
    breaker: Py<SreBreaker>,
    function: Py<PyAny>,
    failure: Option<Py<PyAny>>,
}

#[pymethods]
impl Protected {
    #[new]
    fn new(
        breaker: Bound<'_, SreBreaker>,
        function: Bound<'_, PyAny>,
        #[pyo3(from_py_with = failure)] failure: Option<Py<PyAny>>,
    ) -> Self {
        Self { breaker: breaker.unbind(), function: function.unbind(), failure }
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        let function = self.function.bind(py);
        let call = || match kwargs {
            None if args.is_empty() => function.call0(),
            kwargs => function.call(args, kwargs),
        };
        self.breaker.get().guarded(call, py, self.failure.as_ref())
    }

    /// A method, as a function in a class is one.
    fn __get__<'py>(
        slf: Bound<'py, Self>,
        object: &Bound<'py, PyAny>,
        owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = owner;
        if object.is_none() {
            return Ok(slf.into_any());
        }
        method(slf.py())?.call1((slf, object))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // No `__clear__`: see `sre_breaker.rs`.
        visit.call(&self.breaker)?;
        visit.call(&self.function)?;
        visit.call(&self.failure)
    }
}
