//! `resil.redis.StoreSnapshot`: a store at one instant.

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::pure::store_gate::{Fault, Mode};
use resil_redis::Snapshot;

use crate::{count, redis};

/// A store at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil.redis")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreSnapshot {
    up: bool,
    members: u32,
    outages: u64,
    last_fault: Fault,
}

impl From<Snapshot> for StoreSnapshot {
    fn from(seen: Snapshot) -> Self {
        Self {
            up: seen.mode == Mode::Up,
            members: seen.members.get(),
            outages: seen.outages,
            last_fault: seen.last_fault,
        }
    }
}

impl StoreSnapshot {
    pub(crate) fn shown(&self) -> String {
        format!(
            "up={} members={} outages={} last_fault={}",
            if self.up { "True" } else { "False" },
            self.members,
            self.outages,
            redis::members::fault_name(self.last_fault)
        )
    }
}

type Fields<'py> = (bool, u32, u64, Bound<'py, PyAny>);

#[pymethods]
impl StoreSnapshot {
    #[new]
    fn new(
        up: bool,
        #[pyo3(from_py_with = count::members)] members: u32,
        #[pyo3(from_py_with = count::outages)] outages: u64,
        #[pyo3(from_py_with = redis::members::last_fault)] last_fault: Fault,
    ) -> Self {
        Self { up, members, outages, last_fault }
    }

    /// Whether callers ask the store; else policies decide.
    #[getter]
    fn up(&self) -> bool {
        self.up
    }

    /// How many processes share the limits, as last known.
    #[getter]
    fn members(&self) -> u32 {
        self.members
    }

    /// How often the store went away since it was opened, in this process.
    #[getter]
    fn outages(&self) -> u64 {
        self.outages
    }

    /// Why it was last away; before the first connection, Fault.DISCONNECTED.
    #[getter]
    fn last_fault<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        redis::members::fault_member(py, self.last_fault)
    }

    fn __repr__(&self) -> String {
        format!("StoreSnapshot({})", self.shown().replace(' ', ", "))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Fields<'py>)> {
        let fields = (self.up, self.members, self.outages, self.last_fault(py)?);
        Ok((py.get_type::<Self>(), fields))
    }
}
