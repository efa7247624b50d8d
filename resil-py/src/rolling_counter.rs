//! `resil.RollingCounter`: counts of the last seconds, by bucket.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::Instant;

use crate::clock::{ChosenClock, coarse_unless_told};
use crate::{count, duration, errors, instant, members, number};

/// Counts what happened in the last so many buckets of time: a RollingWindow without the sums.
///
/// ``RollingCounter(bucket_width, bucket_count, *, leave_out_current=False, clock=None)``; everything is as
/// there.
///
/// >>> from resil import RollingCounter
/// >>> requests = RollingCounter(1, 60)
/// >>> requests.add(), requests.add(2)
/// (<Recorded.KEPT: 'kept'>, <Recorded.KEPT: 'kept'>)
/// >>> requests.total()
/// 3
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct RollingCounter(Arc<resil_core::RollingCounter<ChosenClock>>);

fn listed(mut buckets: Vec<u64>, bucket: u64) -> Vec<u64> {
    buckets.push(bucket);
    buckets
}

#[pymethods]
impl RollingCounter {
    #[new]
    #[pyo3(
        signature = (bucket_width, bucket_count, *, leave_out_current=false, clock=ChosenClock::Coarse),
        text_signature = "(bucket_width, bucket_count, *, leave_out_current=False, clock=None)"
    )]
    fn new(
        #[pyo3(from_py_with = duration::bucket_width)] bucket_width: Duration,
        #[pyo3(from_py_with = count::bucket_count)] bucket_count: u32,
        #[pyo3(from_py_with = number::leave_out_current)] leave_out_current: bool,
        #[pyo3(from_py_with = coarse_unless_told)] clock: ChosenClock,
    ) -> PyResult<Self> {
        let made = resil_core::RollingCounter::with_clock(bucket_width, bucket_count, clock)
            .map_err(errors::config)?;
        Ok(Self(Arc::new(if leave_out_current { made.with_current_left_out() } else { made })))
    }

    /// Adds an amount, a whole number of 0 to 2**64 - 1, now.
    ///
    /// Answers KEPT; LATE if its bucket has left the window: then it is not counted; or SATURATED if its
    /// bucket holds the most that a bucket can: then as much was counted as still fitted.
    #[pyo3(signature = (amount=1))]
    fn add<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::amount)] amount: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        members::recorded(py, self.0.add(amount))
    }

    /// As add(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, amount=1))]
    fn add_at<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::amount)] amount: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        members::recorded(py, self.0.add_at(now_ns, amount))
    }

    /// What is in the window.
    fn total(&self) -> u64 {
        self.0.total()
    }

    /// As total(), at an instant that the caller has read already.
    fn total_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> u64 {
        self.0.total_at(now_ns)
    }

    /// What is in each bucket, oldest first, empty ones as zero.
    ///
    /// `bucket_count` of them, or one fewer without the current one.
    fn buckets(&self) -> Vec<u64> {
        self.0.fold(Vec::with_capacity(self.0.config().visited() as usize), listed)
    }

    /// As buckets(), at an instant that the caller has read already.
    fn buckets_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> Vec<u64> {
        self.0.fold_at(now_ns, Vec::with_capacity(self.0.config().visited() as usize), listed)
    }

    /// The counter's shape and total, for monitoring.
    fn snapshot(&self) -> RollingCounterSnapshot {
        self.0.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
    ) -> RollingCounterSnapshot {
        self.0.snapshot_at(now_ns).into()
    }

    /// The width of a bucket in seconds, to the nearest float.
    #[getter]
    fn bucket_width(&self) -> f64 {
        self.0.config().bucket_width().as_secs_f64()
    }

    /// The width of a bucket in nanoseconds, exactly.
    #[getter]
    fn bucket_width_ns(&self) -> u64 {
        duration::nanos(self.0.config().bucket_width())
    }

    /// How many buckets the window has, the current one included.
    #[getter]
    fn bucket_count(&self) -> u32 {
        self.0.config().bucket_count()
    }

    /// Whether readings leave out the bucket that is still filling.
    #[getter]
    fn leave_out_current(&self) -> bool {
        self.0.config().leaves_out_current()
    }

    /// The most that one bucket can hold; what is beyond is SATURATED.
    ///
    /// At least half the bucket's width in nanoseconds, and half the width of all buckets together where that
    /// is below 2**62: no count of real events comes near it.
    #[getter]
    fn bucket_limit(&self) -> u64 {
        self.0.config().bucket_limit()
    }

    /// The clock it reads.
    #[getter]
    fn clock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.clock().to_python(py)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (name, this) = (slf.get_type().qualname()?, slf.get());
        let (width, count) = (this.bucket_width(), this.bucket_count());
        Ok(format!("<{name} bucket_width={width:?} bucket_count={count}>"))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(errors::shared(slf, "its snapshot"))
    }
}

/// A rolling counter at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RollingCounterSnapshot {
    bucket_width: Duration,
    bucket_count: u32,
    total: u64,
}

impl From<resil_core::rolling_window::CounterSnapshot> for RollingCounterSnapshot {
    fn from(snapshot: resil_core::rolling_window::CounterSnapshot) -> Self {
        Self {
            bucket_width: snapshot.bucket_width,
            bucket_count: snapshot.bucket_count,
            total: snapshot.total,
        }
    }
}

#[pymethods]
impl RollingCounterSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = duration::bucket_width_ns)] bucket_width_ns: Duration,
        #[pyo3(from_py_with = count::bucket_count)] bucket_count: u32,
        #[pyo3(from_py_with = count::total)] total: u64,
    ) -> Self {
        Self { bucket_width: bucket_width_ns, bucket_count, total }
    }

    /// The width of a bucket in seconds, to the nearest float.
    #[getter]
    fn bucket_width(&self) -> f64 {
        self.bucket_width.as_secs_f64()
    }

    /// The width of a bucket in nanoseconds, exactly.
    #[getter]
    fn bucket_width_ns(&self) -> u64 {
        duration::nanos(self.bucket_width)
    }

    /// How many buckets the window has.
    #[getter]
    fn bucket_count(&self) -> u32 {
        self.bucket_count
    }

    /// What is in the window.
    #[getter]
    fn total(&self) -> u64 {
        self.total
    }

    fn __repr__(&self) -> String {
        format!(
            "RollingCounterSnapshot(bucket_width_ns={}, bucket_count={}, total={})",
            self.bucket_width_ns(),
            self.bucket_count,
            self.total
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (u64, u32, u64)) {
        let fields = (self.bucket_width_ns(), self.bucket_count, self.total);
        (py.get_type::<Self>(), fields)
    }
}
