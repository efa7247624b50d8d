//! `resil.LeakyMeter`: a leaky bucket that grants or refuses.

use std::sync::Arc;

use pyo3::prelude::*;
use resil_core::Instant;

use crate::clock::{ChosenClock, clock};
use crate::leaky_bucket::LeakyBucketSnapshot;
use crate::peek::Peek;
use crate::quota::{Quota, quota};
use crate::verdict::{Verdict, verdict};
use crate::{count, errors, instant};

/// A leaky bucket as a meter: grants what fits, refuses the rest, never waits.
///
/// ``LeakyMeter(quota, *, clock=None)`` is empty at first, and reads ``clock`` (None: the machine's steady
/// clock; ManualClock in tests).
///
/// Over every interval it grants at most ``burst + rate * interval``, without drift; what is due at an exact
/// instant is granted at that instant. An earlier ``now_ns`` than one already seen may refuse more, never
/// grant more. It grants exactly what a TokenBucket of the same quota does that nobody reserves from; take
/// that one to wait, to reserve, or to change the quota live.
///
/// Threads and tasks share it; each operation is atomic. A forked child has a copy of its own. To subclass it
/// with other arguments, override ``__new__``.
///
/// >>> from resil import LeakyMeter, Quota
/// >>> meter = LeakyMeter(Quota.per_minute(2))
/// >>> [bool(meter.try_acquire()) for _ in range(3)]
/// [True, True, False]
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct LeakyMeter(Arc<resil_core::LeakyMeter<ChosenClock>>);

impl LeakyMeter {
    pub(crate) fn of(quota: resil_core::Quota, clock: ChosenClock) -> Self {
        Self(Arc::new(resil_core::LeakyBucket::meter(quota).with_clock(clock)))
    }
}

#[pymethods]
impl LeakyMeter {
    #[new]
    #[pyo3(
        signature = (quota, *, clock=ChosenClock::Monotonic),
        text_signature = "(quota, *, clock=None)"
    )]
    fn new(
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> Self {
        Self::of(quota, clock)
    }

    /// Pours permits in if they fit; never waits. 0 permits are always granted.
    ///
    /// The verdict is true if they were granted. A refusal changes nothing.
    #[pyo3(signature = (permits=1))]
    fn try_acquire<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Bound<'py, Verdict>> {
        verdict(py, self.0.try_acquire(permits))
    }

    /// As try_acquire(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1))]
    fn try_acquire_at<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Bound<'py, Verdict>> {
        verdict(py, self.0.try_acquire_at(now_ns, permits))
    }

    /// What try_acquire() would answer, and how full the bucket is. Takes nothing.
    #[pyo3(signature = (permits=1))]
    fn peek(&self, #[pyo3(from_py_with = count::permits)] permits: u32) -> Peek {
        self.0.peek(permits).into()
    }

    /// As peek(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1))]
    fn peek_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> Peek {
        self.0.peek_at(now_ns, permits).into()
    }

    /// What the meter looks like now, for monitoring.
    fn snapshot(&self) -> LeakyBucketSnapshot {
        self.0.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
    ) -> LeakyBucketSnapshot {
        self.0.snapshot_at(now_ns).into()
    }

    /// The quota.
    #[getter]
    fn quota(&self) -> Quota {
        self.0.quota().into()
    }

    /// The clock it reads.
    #[getter]
    fn clock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.clock().to_python(py)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.get().quota().shown_of(slf)
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(errors::shared(slf, "its quota and make another"))
    }
}
