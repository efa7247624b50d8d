//! `resil.SingleFlightSnapshot`: how much is under way in a single flight.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::count;

/// How much is under way in a single flight, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SingleFlightSnapshot {
    flights: u64,
    followers: u64,
}

impl From<resil_core::single_flight::Snapshot> for SingleFlightSnapshot {
    fn from(snapshot: resil_core::single_flight::Snapshot) -> Self {
        Self { flights: snapshot.flights as u64, followers: snapshot.followers as u64 }
    }
}

#[pymethods]
impl SingleFlightSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = count::flights)] flights: u64,
        #[pyo3(from_py_with = count::followers)] followers: u64,
    ) -> Self {
        Self { flights, followers }
    }

    /// Calls under way, the forgotten ones included.
    #[getter]
    fn flights(&self) -> u64 {
        self.flights
    }

    /// Callers that wait for them.
    #[getter]
    fn followers(&self) -> u64 {
        self.followers
    }

    fn __repr__(&self) -> String {
        format!("SingleFlightSnapshot(flights={}, followers={})", self.flights, self.followers)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (u64, u64)) {
        (py.get_type::<Self>(), (self.flights, self.followers))
    }
}
