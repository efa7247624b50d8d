//! `resil.Slot`: when a request that a queue admitted may go.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::Instant;

use crate::{count, duration, instant};

/// When a request that a queue admitted may go. The place is taken: it cannot be given back.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    permits: u32,
    ready_after: Duration,
    ready_at: Instant,
}

impl From<resil_core::leaky_bucket::Slot> for Slot {
    fn from(slot: resil_core::leaky_bucket::Slot) -> Self {
        Self { permits: slot.permits(), ready_after: slot.ready_after(), ready_at: slot.ready_at() }
    }
}

#[pymethods]
impl Slot {
    #[new]
    fn new(
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::ready_after_ns)] ready_after_ns: Duration,
        #[pyo3(from_py_with = instant::ready_at)] ready_at_ns: Instant,
    ) -> Self {
        Self { permits, ready_after: ready_after_ns, ready_at: ready_at_ns }
    }

    /// The permits that go then, at once.
    #[getter]
    fn permits(&self) -> u32 {
        self.permits
    }

    /// Seconds from asking until they may go; 0.0 if at once.
    #[getter]
    fn ready_after(&self) -> f64 {
        self.ready_after.as_secs_f64()
    }

    /// The exact twin of `ready_after`, in nanoseconds.
    #[getter]
    fn ready_after_ns(&self) -> u64 {
        duration::nanos(self.ready_after)
    }

    /// The instant at which they may go, in nanoseconds of the queue's clock.
    #[getter]
    fn ready_at_ns(&self) -> u64 {
        self.ready_at.as_nanos()
    }

    fn __repr__(&self) -> String {
        let (permits, after, at) = self.fields();
        format!("Slot(permits={permits}, ready_after_ns={after}, ready_at_ns={at})")
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (u32, u64, u64)) {
        (py.get_type::<Self>(), self.fields())
    }
}

impl Slot {
    fn fields(&self) -> (u32, u64, u64) {
        (self.permits, self.ready_after_ns(), self.ready_at_ns())
    }
}
