//! `resil.TokenBucket`: what decides and sleeps; Python adds asyncio, `with` and the decorator.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use resil_core::{Carry, Denied, Instant};

use crate::clock::{ChosenClock, clock};
use crate::peek::Peek;
use crate::quota::{Quota, quota};
use crate::reservation::Reservation;
use crate::snapshot::TokenBucketSnapshot;
use crate::verdict::{Verdict, verdict};
use crate::waiting::wait;
use crate::{count, duration, errors, instant};

/// Limits a rate: permits come back steadily, up to a burst, and are taken when they are there.
///
/// ``TokenBucket(quota, *, initial=None, clock=None)`` holds ``initial`` permits (None: full) at its first
/// instant, and reads ``clock`` (None: the machine's steady clock; ManualClock in tests).
///
/// Over every interval it grants at most ``burst + rate * interval``, without drift; what is due at an exact
/// instant is granted at that instant. An earlier ``now_ns`` than one already seen may refuse more, never
/// grant more. Ask with try_acquire(), be promised with reserve(), wait with acquire() or acquire_async(), or
/// wrap: ``with bucket:``, ``async with bucket:``, ``@bucket.limit``. Promises are kept in order of arrival:
/// while one is outstanding, try_acquire() is refused.
///
/// Threads and tasks share it, of several event loops too; each operation is atomic. A forked child has a
/// copy of its own. To subclass it with other arguments, override ``__new__``.
///
/// >>> from resil import Quota, TokenBucket
/// >>> bucket = TokenBucket(Quota.per_minute(2))
/// >>> [bool(bucket.try_acquire()) for _ in range(3)]
/// [True, True, False]
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct TokenBucket(Arc<resil_core::TokenBucket<ChosenClock>>);

impl TokenBucket {
    fn reserved(
        &self,
        made: Result<resil_core::Reservation<'_, ChosenClock>, Denied>,
    ) -> PyResult<Reservation> {
        made.map(|made| Reservation::new(&self.0, made)).map_err(errors::denied)
    }
}

fn carry(code: &str) -> PyResult<Carry> {
    match code {
        "reset" => Ok(Carry::Reset),
        "as_is" => Ok(Carry::AsIs),
        "proportional" => Ok(Carry::Proportional),
        "additive" => Ok(Carry::Additive),
        _ => Err(PyValueError::new_err("carry is none of reset, as_is, proportional, additive")),
    }
}

#[pymethods]
impl TokenBucket {
    #[new]
    #[pyo3(
        signature = (quota, *, initial=None, clock=ChosenClock::Monotonic),
        text_signature = "(quota, *, initial=None, clock=None)"
    )]
    fn new(
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = count::initial)] initial: Option<u32>,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> PyResult<Self> {
        let mut bucket = resil_core::TokenBucket::new(quota);
        if let Some(initial) = initial {
            bucket = bucket.with_initial(initial).map_err(errors::config)?;
        }
        Ok(Self(Arc::new(bucket.with_clock(clock))))
    }

    /// Takes permits if they are there; never waits. 0 permits are always granted.
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

    /// Takes permits now, for use after the reservation's `ready_after`.
    ///
    /// Others queue behind it. Give it back with its cancel(); dropping it keeps it. Raises Denied if
    /// `permits` is more than the burst, or the bucket is promised away for years already.
    #[pyo3(signature = (permits=1))]
    fn reserve(
        &self,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Reservation> {
        self.reserved(self.0.reserve(permits))
    }

    /// As reserve(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1))]
    fn reserve_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Reservation> {
        self.reserved(self.0.reserve_at(now_ns, permits))
    }

    /// As reserve(), unless the wait would exceed the timeout: then raises Denied and takes nothing.
    ///
    /// The timeout is in seconds or a timedelta; None is as long as it takes.
    #[pyo3(signature = (permits=1, timeout=None))]
    fn reserve_within(
        &self,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Reservation> {
        self.reserved(self.0.reserve_within(permits, timeout))
    }

    /// As reserve_within(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1, timeout=None))]
    fn reserve_within_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Reservation> {
        self.reserved(self.0.reserve_within_at(now_ns, permits, timeout))
    }

    /// Waits until permits are there and takes them, in order of arrival; at most `timeout`.
    ///
    /// The timeout is in seconds or a timedelta; None waits as long as it takes. If the wait would exceed it,
    /// the verdict is a refusal, at once, and nothing is taken. Sleeps in time.sleep(); whatever that raises
    /// (KeyboardInterrupt, say) gives the permits back and goes on. On a ManualClock it does not sleep but
    /// advances the clock.
    #[pyo3(signature = (permits=1, timeout=None))]
    fn acquire<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, Verdict>> {
        let reservation = match self.0.reserve_within(permits, timeout) {
            Ok(reservation) => reservation,
            Err(why) => return verdict(py, Err(why)),
        };
        if let Err(error) = wait(py, self.0.clock(), reservation.ready_after()) {
            let _ = reservation.cancel();
            return Err(error);
        }
        verdict(py, Ok(()))
    }

    /// The verdict of acquire() if there is no need to wait for it, else the reservation to wait for.
    fn _begin_acquire<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.0.reserve_within(permits, timeout) {
            Ok(made) if made.ready_after().is_zero() => Ok(verdict(py, Ok(()))?.into_any()),
            Ok(made) => Ok(Bound::new(py, Reservation::new(&self.0, made))?.into_any()),
            Err(why) => Ok(verdict(py, Err(why))?.into_any()),
        }
    }

    /// set_quota() with the carry-over by its code.
    fn _set_quota(
        &self,
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        carry_code: &str,
    ) -> PyResult<()> {
        self.0.set_quota(quota, carry(carry_code)?);
        Ok(())
    }

    /// set_quota_at() with the carry-over by its code.
    fn _set_quota_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        carry_code: &str,
    ) -> PyResult<()> {
        self.0.set_quota_at(now_ns, quota, carry(carry_code)?);
        Ok(())
    }

    /// What the bucket looks like now, for monitoring.
    fn snapshot(&self) -> TokenBucketSnapshot {
        self.0.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
    ) -> TokenBucketSnapshot {
        self.0.snapshot_at(now_ns).into()
    }

    /// The quota in force.
    #[getter]
    fn quota(&self) -> Quota {
        self.0.quota().into()
    }

    /// The clock the bucket reads.
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
