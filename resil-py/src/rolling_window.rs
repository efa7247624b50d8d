//! `resil.RollingWindow`: sums and counts of the last seconds, by bucket.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::Instant;

use crate::clock::{ChosenClock, coarse_unless_told};
use crate::totals::{Totals, totals};
use crate::{count, duration, errors, instant, members, number};

/// Sums and counts what was recorded in the last so many buckets of time.
///
/// ``RollingWindow(bucket_width, bucket_count, *, leave_out_current=False, clock=None)``: the width is in
/// seconds or a timedelta, at least 1 us; there are 1 to 65 536 buckets. ``leave_out_current`` reads one
/// bucket fewer, without the one that is still filling. ``clock`` None is CoarseClock, on which a bucket is at
/// least 100 ms wide; MonotonicClock serves narrower ones.
///
/// Buckets lie at multiples of the width from the clock's zero, and a boundary belongs to the bucket it
/// begins. What is too old reads as empty after any time without use. A sample counts in the bucket of its own
/// instant, late as it may come, while that is in the window; a reading at an earlier instant than one already
/// recorded is as of the latest.
///
/// Threads and tasks share it; nothing waits. A forked child has a copy of its own.
///
/// >>> from resil import RollingWindow
/// >>> latency_us = RollingWindow(0.25, 40)
/// >>> latency_us.record(1_200), latency_us.record(800)
/// (<Recorded.KEPT: 'kept'>, <Recorded.KEPT: 'kept'>)
/// >>> latency_us.totals().mean
/// 1000.0
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct RollingWindow(Arc<resil_core::RollingWindow<ChosenClock>>);

fn listed(mut buckets: Vec<Totals>, bucket: resil_core::rolling_window::Totals) -> Vec<Totals> {
    buckets.push(bucket.into());
    buckets
}

#[pymethods]
impl RollingWindow {
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
        let made = resil_core::RollingWindow::with_clock(bucket_width, bucket_count, clock)
            .map_err(errors::config)?;
        Ok(Self(Arc::new(if leave_out_current { made.with_current_left_out() } else { made })))
    }

    /// Records a value, a whole number of 0 to 2**64 - 1, now.
    ///
    /// Answers KEPT; LATE if its bucket has left the window: then it is not counted; or SATURATED if its
    /// bucket holds the most that a bucket can: then as much was counted as still fitted.
    fn record<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::value)] value: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        members::recorded(py, self.0.record(value))
    }

    /// As record(), at an instant that the caller has read already.
    fn record_at<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::value)] value: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        members::recorded(py, self.0.record_at(now_ns, value))
    }

    /// The sum, the count and the mean of what is in the window.
    fn totals(&self) -> Totals {
        self.0.totals().into()
    }

    /// As totals(), at an instant that the caller has read already.
    fn totals_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> Totals {
        self.0.totals_at(now_ns).into()
    }

    /// What is in each bucket, oldest first, empty ones as zero.
    ///
    /// `bucket_count` of them, or one fewer without the current one.
    fn buckets(&self) -> Vec<Totals> {
        self.0.fold(Vec::with_capacity(self.0.config().visited() as usize), listed)
    }

    /// As buckets(), at an instant that the caller has read already.
    fn buckets_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> Vec<Totals> {
        self.0.fold_at(now_ns, Vec::with_capacity(self.0.config().visited() as usize), listed)
    }

    /// The window's shape and totals, for monitoring.
    fn snapshot(&self) -> RollingWindowSnapshot {
        self.0.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
    ) -> RollingWindowSnapshot {
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

    /// The most that one bucket's sum, and its count, can hold; what is beyond is SATURATED.
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

/// A rolling window at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RollingWindowSnapshot {
    bucket_width: Duration,
    bucket_count: u32,
    totals: Totals,
}

impl From<resil_core::rolling_window::Snapshot> for RollingWindowSnapshot {
    fn from(snapshot: resil_core::rolling_window::Snapshot) -> Self {
        Self {
            bucket_width: snapshot.bucket_width,
            bucket_count: snapshot.bucket_count,
            totals: snapshot.totals.into(),
        }
    }
}

#[pymethods]
impl RollingWindowSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = duration::bucket_width_ns)] bucket_width_ns: Duration,
        #[pyo3(from_py_with = count::bucket_count)] bucket_count: u32,
        #[pyo3(from_py_with = totals)] totals: Totals,
    ) -> Self {
        Self { bucket_width: bucket_width_ns, bucket_count, totals }
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
    fn totals(&self) -> Totals {
        self.totals
    }

    fn __repr__(&self) -> String {
        format!(
            "RollingWindowSnapshot(bucket_width_ns={}, bucket_count={}, totals={})",
            self.bucket_width_ns(),
            self.bucket_count,
            self.totals.__repr__()
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (u64, u32, Totals)) {
        let fields = (self.bucket_width_ns(), self.bucket_count, self.totals);
        (py.get_type::<Self>(), fields)
    }
}
