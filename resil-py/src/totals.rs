//! `resil.Totals`: what a rolling window, or one bucket of it, holds.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::{count, errors};

/// The sum and the count of what was recorded in a window, or in one bucket of it.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Totals(resil_core::rolling_window::Totals);

impl From<resil_core::rolling_window::Totals> for Totals {
    fn from(totals: resil_core::rolling_window::Totals) -> Self {
        Self(totals)
    }
}

/// The argument `totals`.
pub(crate) fn totals(value: &Bound<'_, PyAny>) -> PyResult<Totals> {
    match value.cast::<Totals>() {
        Ok(totals) => Ok(*totals.get()),
        Err(_) => Err(errors::wrong_type("totals", "a resil.Totals", value)),
    }
}

#[pymethods]
impl Totals {
    #[new]
    fn new(
        #[pyo3(from_py_with = count::sum)] sum: u64,
        #[pyo3(from_py_with = count::number)] count: u64,
    ) -> Self {
        Self(resil_core::rolling_window::Totals { sum, count })
    }

    /// The sum of the values recorded.
    #[getter]
    fn sum(&self) -> u64 {
        self.0.sum
    }

    /// How many values were recorded.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count
    }

    /// The mean of the values recorded; None if there are none.
    #[getter]
    fn mean(&self) -> Option<f64> {
        self.0.mean()
    }

    pub(crate) fn __repr__(&self) -> String {
        format!("Totals(sum={}, count={})", self.0.sum, self.0.count)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (u64, u64)) {
        (py.get_type::<Self>(), (self.0.sum, self.0.count))
    }
}
