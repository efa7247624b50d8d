//! `resil.HashRingSnapshot`: what a hash ring holds.

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::hash_ring::Mode;

use crate::{count, members};

/// What a hash ring holds, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HashRingSnapshot {
    mode: Option<Mode>,
    virtual_nodes: u32,
    nodes: u32,
    total_weight: u64,
    points: u64,
}

impl From<resil_core::hash_ring::Snapshot> for HashRingSnapshot {
    fn from(seen: resil_core::hash_ring::Snapshot) -> Self {
        Self {
            mode: seen.mode,
            virtual_nodes: seen.virtual_nodes,
            // At most 65 535.
            nodes: seen.nodes as u32,
            total_weight: seen.total_weight,
            points: seen.points,
        }
    }
}

type Fields<'py> = (Option<Bound<'py, PyAny>>, u32, u32, u64, u64);

#[pymethods]
impl HashRingSnapshot {
    #[new]
    #[pyo3(signature = (mode, virtual_nodes, nodes, total_weight, points))]
    fn new(
        mode: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = count::virtual_nodes)] virtual_nodes: u32,
        #[pyo3(from_py_with = count::nodes)] nodes: u32,
        #[pyo3(from_py_with = count::total_weight)] total_weight: u64,
        #[pyo3(from_py_with = count::points)] points: u64,
    ) -> PyResult<Self> {
        let mode = mode.map(members::hash_ring_mode).transpose()?;
        Ok(Self { mode, virtual_nodes, nodes, total_weight, points })
    }

    /// Whose layout it has; None is resil's own.
    #[getter]
    fn mode<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.mode.map(|mode| members::hash_ring_mode_member(py, mode)).transpose()
    }

    /// Points for each unit of weight; with HashRingMode.GO_ZERO those of a whole node, with KETAMA those of a
    /// node of average weight.
    #[getter]
    fn virtual_nodes(&self) -> u32 {
        self.virtual_nodes
    }

    /// Nodes, those of weight 0 included.
    #[getter]
    fn nodes(&self) -> u32 {
        self.nodes
    }

    /// All weights together.
    #[getter]
    fn total_weight(&self) -> u64 {
        self.total_weight
    }

    /// Points of all nodes.
    #[getter]
    fn points(&self) -> u64 {
        self.points
    }

    fn __repr__(&self) -> String {
        let Self { mode, virtual_nodes, nodes, total_weight, points } = self;
        let mode = mode.map_or_else(|| "None".to_owned(), members::hash_ring_mode_name);
        format!(
            "HashRingSnapshot(mode={mode}, virtual_nodes={virtual_nodes}, nodes={nodes}, \
             total_weight={total_weight}, points={points})"
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Fields<'py>)> {
        let Self { virtual_nodes, nodes, total_weight, points, .. } = *self;
        let fields = (self.mode(py)?, virtual_nodes, nodes, total_weight, points);
        Ok((py.get_type::<Self>(), fields))
    }
}
