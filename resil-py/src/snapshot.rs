//! `resil.TokenBucketSnapshot`: a token bucket at one instant.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::count::Whole;
use crate::quota::{Quota, quota};
use crate::{count, duration, errors};

/// A token bucket at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenBucketSnapshot {
    quota: Quota,
    remaining: u32,
    owed: u64,
    reset_after: Duration,
}

impl From<resil_core::token_bucket::Snapshot> for TokenBucketSnapshot {
    fn from(snapshot: resil_core::token_bucket::Snapshot) -> Self {
        Self {
            quota: snapshot.quota.into(),
            remaining: snapshot.remaining,
            owed: snapshot.owed,
            reset_after: snapshot.reset_after,
        }
    }
}

fn owed(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    match count::whole("owed", value)? {
        Whole::Fits(number) => u64::try_from(number).ok(),
        Whole::TooLong => None,
    }
    .ok_or_else(|| errors::config("owed must be 0 to 2**63 - 1"))
}

#[pymethods]
impl TokenBucketSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = count::remaining)] remaining: u32,
        #[pyo3(from_py_with = owed)] owed: u64,
        #[pyo3(from_py_with = duration::reset_after_ns)] reset_after_ns: Duration,
    ) -> Self {
        Self { quota: quota.into(), remaining, owed, reset_after: reset_after_ns }
    }

    /// The quota in force.
    #[getter]
    fn quota(&self) -> Quota {
        self.quota
    }

    /// Permits that could be taken at once.
    #[getter]
    fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Permits promised beyond an empty bucket; 0 unless someone waits.
    #[getter]
    fn owed(&self) -> u64 {
        self.owed
    }

    /// Seconds until the bucket is full, if nobody takes any.
    #[getter]
    fn reset_after(&self) -> f64 {
        self.reset_after.as_secs_f64()
    }

    /// Nanoseconds until the bucket is full, if nobody takes any.
    #[getter]
    fn reset_after_ns(&self) -> u64 {
        duration::nanos(self.reset_after)
    }

    fn __repr__(&self) -> String {
        let Self { quota, remaining, owed, .. } = self;
        format!(
            "TokenBucketSnapshot(quota={}, remaining={remaining}, owed={owed}, reset_after_ns={})",
            quota.__repr__(),
            self.reset_after_ns()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (Quota, u32, u64, u64)) {
        let fields = (self.quota, self.remaining, self.owed, self.reset_after_ns());
        (py.get_type::<Self>(), fields)
    }
}
