//! `resil.Shared`: what a single flight answers.

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// What a call came to, for one of those who asked for it.
///
/// `value` is what the call returned, the same object for all who shared it; `led` says whether this caller
/// made the call, `shared` whether others got the value too. Immutable.
#[pyclass(frozen, generic, module = "resil")]
#[derive(Debug)]
pub(crate) struct Shared {
    value: Py<PyAny>,
    led: bool,
    shared: bool,
}

#[pymethods]
impl Shared {
    #[new]
    #[pyo3(signature = (value, *, led=true, shared=false))]
    pub(crate) fn new(value: Py<PyAny>, led: bool, shared: bool) -> Self {
        Self { value, led, shared }
    }

    /// What the call returned.
    #[getter]
    fn value(&self, py: Python<'_>) -> Py<PyAny> {
        self.value.clone_ref(py)
    }

    /// Whether this caller made the call.
    #[getter]
    fn led(&self) -> bool {
        self.led
    }

    /// Whether other callers got the value too.
    #[getter]
    fn shared(&self) -> bool {
        self.shared
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let value = self.value.bind(py).repr()?;
        let said = |flag| if flag { "True" } else { "False" };
        Ok(format!("Shared({value}, led={}, shared={})", said(self.led), said(self.shared)))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let partial = py.import("functools")?.getattr("partial")?;
        let named = PyDict::new(py);
        named.set_item("led", self.led)?;
        named.set_item("shared", self.shared)?;
        let make = partial.call((py.get_type::<Self>().cast::<PyType>()?,), Some(&named))?;
        (make, (self.value.clone_ref(py),)).into_pyobject(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // No `__clear__`: see `sre_breaker.rs`.
        visit.call(&self.value)
    }
}
