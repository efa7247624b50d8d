//! `resil.LeakyQueue`: a leaky bucket that says when; Python adds asyncio, `with` and the decorator.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use resil_core::{Denied, Instant};

use crate::clock::{ChosenClock, clock};
use crate::leaky_bucket::LeakyBucketSnapshot;
use crate::queue_peek::QueuePeek;
use crate::quota::{Quota, quota};
use crate::slot::Slot;
use crate::verdict::{Verdict, verdict};
use crate::waiting::wait;
use crate::{count, duration, errors, instant};

/// A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival.
///
/// ``LeakyQueue(quota, *, clock=None)`` is empty at first, and reads ``clock`` (None: the machine's steady
/// clock; ManualClock in tests).
///
/// Requests leave at the quota's rate: at once if the queue is idle, else at the next free instant; several
/// permits go together and keep the queue for as many intervals after it. It admits exactly what a LeakyMeter
/// of the same quota grants: at most ``burst`` permits are under way, and an idle queue takes ``burst`` at one
/// instant, the first of which goes at once. Be told when with try_reserve(), wait with acquire() or
/// acquire_async(), or wrap: ``with queue:``, ``async with queue:``, ``@queue.limit``.
///
/// A slot cannot be given back, for those behind it have theirs: who is interrupted or cancelled while waiting
/// leaves it unused. To reserve and cancel, take a TokenBucket.
///
/// Threads and tasks share it, of several event loops too; each operation is atomic. A forked child has a
/// copy of its own. To subclass it with other arguments, override ``__new__``.
///
/// >>> from resil import LeakyQueue, ManualClock, Quota
/// >>> queue = LeakyQueue(Quota(10, 1, burst=2), clock=ManualClock())
/// >>> queue.try_reserve().ready_after, queue.try_reserve().ready_after
/// (0.0, 0.1)
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct LeakyQueue(Arc<resil_core::LeakyQueue<ChosenClock>>);

impl LeakyQueue {
    pub(crate) fn of(quota: resil_core::Quota, clock: ChosenClock) -> Self {
        Self(Arc::new(resil_core::LeakyBucket::queue(quota).with_clock(clock)))
    }
}

fn admitted(slot: Result<resil_core::leaky_bucket::Slot, Denied>) -> PyResult<Slot> {
    slot.map(Slot::from).map_err(errors::denied)
}

#[pymethods]
impl LeakyQueue {
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

    /// Joins the queue with permits, which go together at the slot that is answered. Never waits itself.
    ///
    /// 0 permits may always go at once, and change nothing. Raises Denied, and changes nothing, if the queue
    /// is full or `permits` is more than the burst.
    #[pyo3(signature = (permits=1))]
    fn try_reserve(&self, #[pyo3(from_py_with = count::permits)] permits: u32) -> PyResult<Slot> {
        admitted(self.0.try_reserve(permits))
    }

    /// As try_reserve(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1))]
    fn try_reserve_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Slot> {
        admitted(self.0.try_reserve_at(now_ns, permits))
    }

    /// As try_reserve(), unless the wait would exceed the timeout: then raises Denied and takes no place.
    ///
    /// The timeout is in seconds or a timedelta; None is as long as it takes.
    #[pyo3(signature = (permits=1, timeout=None))]
    fn try_reserve_within(
        &self,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Slot> {
        admitted(self.0.try_reserve_within(permits, timeout))
    }

    /// As try_reserve_within(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1, timeout=None))]
    fn try_reserve_within_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Slot> {
        admitted(self.0.try_reserve_within_at(now_ns, permits, timeout))
    }

    /// Joins the queue with permits and waits for their slot, in order of arrival; at most `timeout`.
    ///
    /// The timeout is in seconds or a timedelta; None waits as long as the queue is. If the queue is full or
    /// the wait would exceed the timeout, the verdict is a refusal, at once, and no place is taken. Sleeps in
    /// time.sleep(); whatever that raises (KeyboardInterrupt, say) goes on, and the slot stays taken, unused.
    /// On a ManualClock it does not sleep but advances the clock.
    #[pyo3(signature = (permits=1, timeout=None))]
    fn acquire<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, Verdict>> {
        let joined = self.0.try_reserve_within(permits, timeout);
        if let Ok(slot) = joined {
            wait(py, self.0.clock(), slot.ready_after())?;
        }
        verdict(py, joined.map(|_| ()))
    }

    /// The verdict of acquire() if there is no need to wait for it, else the slot to wait for.
    fn _begin_acquire<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.0.try_reserve_within(permits, timeout) {
            Ok(slot) if !slot.ready_after().is_zero() => {
                Ok(Bound::new(py, Slot::from(slot))?.into_any())
            }
            joined => Ok(verdict(py, joined.map(|_| ()))?.into_any()),
        }
    }

    /// What try_reserve() would answer, and how full the queue is. Takes no place.
    #[pyo3(signature = (permits=1))]
    fn peek(&self, #[pyo3(from_py_with = count::permits)] permits: u32) -> QueuePeek {
        self.0.peek(permits).into()
    }

    /// As peek(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1))]
    fn peek_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> QueuePeek {
        self.0.peek_at(now_ns, permits).into()
    }

    /// What the queue looks like now, for monitoring.
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
