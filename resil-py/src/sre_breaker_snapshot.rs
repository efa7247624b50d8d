//! `resil.SreBreakerSnapshot`: an SRE breaker at one instant.

use std::hash::{Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::sre_breaker::Mode;

use crate::{count, members, number};

/// An SRE breaker at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SreBreakerSnapshot {
    requests: u64,
    accepts: u64,
    drop_ratio: f64,
    mode: Mode,
    drops: u64,
    would_reject: u64,
}

impl From<resil_core::sre_breaker::Snapshot> for SreBreakerSnapshot {
    fn from(seen: resil_core::sre_breaker::Snapshot) -> Self {
        Self {
            requests: seen.requests,
            accepts: seen.accepts,
            // Adding 0 makes -0 a 0, so that equal ratios are equal bits.
            drop_ratio: seen.drop_ratio + 0.0,
            mode: seen.mode,
            drops: seen.drops,
            would_reject: seen.would_reject,
        }
    }
}

impl Hash for SreBreakerSnapshot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { requests, accepts, drop_ratio, mode, drops, would_reject } = self;
        (requests, accepts, drop_ratio.to_bits(), mode, drops, would_reject).hash(state);
    }
}

type Fields<'py> = (u64, u64, f64, Bound<'py, PyAny>, u64, u64);

#[pymethods]
impl SreBreakerSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = count::requests)] requests: u64,
        #[pyo3(from_py_with = count::accepts)] accepts: u64,
        #[pyo3(from_py_with = number::drop_ratio)] drop_ratio: f64,
        #[pyo3(from_py_with = members::mode)] mode: Mode,
        #[pyo3(from_py_with = count::drops)] drops: u64,
        #[pyo3(from_py_with = count::would_reject)] would_reject: u64,
    ) -> Self {
        Self { requests, accepts, drop_ratio, mode, drops, would_reject }
    }

    /// Calls that count in the window: settled ones, and refusals if the configuration counts them.
    #[getter]
    fn requests(&self) -> u64 {
        self.requests
    }

    /// Successes among them.
    #[getter]
    fn accepts(&self) -> u64 {
        self.accepts
    }

    /// The share of calls that the law would refuse now, from 0 to 1; whatever the mode.
    #[getter]
    fn drop_ratio(&self) -> f64 {
        self.drop_ratio
    }

    /// What the breaker does with it.
    #[getter]
    fn mode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        members::mode_member(py, self.mode)
    }

    /// Calls refused since the breaker was made, by chance or forced.
    #[getter]
    fn drops(&self) -> u64 {
        self.drops
    }

    /// Calls that DRY_RUN let through and ENABLED would have refused, since the breaker was made.
    #[getter]
    fn would_reject(&self) -> u64 {
        self.would_reject
    }

    fn __repr__(&self) -> String {
        let Self { requests, accepts, drop_ratio, mode, drops, would_reject } = self;
        let mode = members::mode_name(*mode);
        format!(
            "SreBreakerSnapshot(requests={requests}, accepts={accepts}, drop_ratio={drop_ratio:?}, \
             mode={mode}, drops={drops}, would_reject={would_reject})"
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Fields<'py>)> {
        let Self { requests, accepts, drop_ratio, drops, would_reject, .. } = *self;
        let fields = (requests, accepts, drop_ratio, self.mode(py)?, drops, would_reject);
        Ok((py.get_type::<Self>(), fields))
    }
}
