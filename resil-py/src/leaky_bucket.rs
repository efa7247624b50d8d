//! `resil.LeakyBucket`, which names the meter and the queue; `resil.LeakyBucketSnapshot`, of either.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::clock::{ChosenClock, clock};
use crate::leaky_meter::LeakyMeter;
use crate::leaky_queue::LeakyQueue;
use crate::quota::{Quota, quota};
use crate::{count, duration};

/// What is poured in leaves at a steady rate, and what does not fit is refused: as a meter, or as a queue.
///
/// ``LeakyBucket.meter(quota)`` polices: may this go now? ``LeakyBucket.queue(quota)`` shapes: when may this
/// go? Both accept exactly the same requests. This class only names the two; it has no objects.
#[pyclass(frozen, module = "resil")]
#[derive(Debug)]
pub(crate) struct LeakyBucket;

#[pymethods]
impl LeakyBucket {
    /// A meter of the quota: ``LeakyMeter(quota, clock=clock)``.
    #[staticmethod]
    #[pyo3(
        signature = (quota, *, clock=ChosenClock::Monotonic),
        text_signature = "(quota, *, clock=None)"
    )]
    fn meter(
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> LeakyMeter {
        LeakyMeter::of(quota, clock)
    }

    /// A queue of the quota: ``LeakyQueue(quota, clock=clock)``.
    #[staticmethod]
    #[pyo3(
        signature = (quota, *, clock=ChosenClock::Monotonic),
        text_signature = "(quota, *, clock=None)"
    )]
    fn queue(
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> LeakyQueue {
        LeakyQueue::of(quota, clock)
    }
}

/// A leaky bucket at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LeakyBucketSnapshot {
    quota: Quota,
    remaining: u32,
    reset_after: Duration,
}

impl From<resil_core::leaky_bucket::Snapshot> for LeakyBucketSnapshot {
    fn from(snapshot: resil_core::leaky_bucket::Snapshot) -> Self {
        Self {
            quota: snapshot.quota.into(),
            remaining: snapshot.remaining,
            reset_after: snapshot.reset_after,
        }
    }
}

#[pymethods]
impl LeakyBucketSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = count::remaining)] remaining: u32,
        #[pyo3(from_py_with = duration::reset_after_ns)] reset_after_ns: Duration,
    ) -> Self {
        Self { quota: quota.into(), remaining, reset_after: reset_after_ns }
    }

    /// The quota.
    #[getter]
    fn quota(&self) -> Quota {
        self.quota
    }

    /// Permits for which there is room.
    #[getter]
    fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Seconds until the bucket is empty, or the queue idle, if nobody asks.
    #[getter]
    fn reset_after(&self) -> f64 {
        self.reset_after.as_secs_f64()
    }

    /// The exact twin of `reset_after`, in nanoseconds.
    #[getter]
    fn reset_after_ns(&self) -> u64 {
        duration::nanos(self.reset_after)
    }

    fn __repr__(&self) -> String {
        let (quota, remaining) = (self.quota.__repr__(), self.remaining);
        let reset_after_ns = self.reset_after_ns();
        format!(
            "LeakyBucketSnapshot(quota={quota}, remaining={remaining}, reset_after_ns={reset_after_ns})"
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (Quota, u32, u64)) {
        (py.get_type::<Self>(), (self.quota, self.remaining, self.reset_after_ns()))
    }
}
