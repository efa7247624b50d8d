//! `resil.PeriodLimiter`: so many permits per period.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use resil_core::Instant;
use resil_core::period_limiter::{ConfigError, Kind};

use crate::clock::{ChosenClock, clock, unix_unless_told};
use crate::peek::Peek;
use crate::period_limiter_snapshot::PeriodLimiterSnapshot;
use crate::utc_offset::utc_offset;
use crate::verdict::{Verdict, verdict_or_last};
use crate::{count, duration, errors, instant, members};

/// Limits permits per period: so many in each window, then none until the next.
///
/// ``PeriodLimiter(limit, period, *, clock=None)``: the first window begins with the first permit ever taken,
/// and each where the one before ends. ``PeriodLimiter.aligned(limit, period, utc_offset)``: windows of a wall
/// clock, such as calendar days. ``PeriodLimiter.sliding(limit, period)``: windows at multiples of the period,
/// where the last window's permits still weigh. The period is in seconds or a timedelta. ``clock`` None is the
/// machine's steady clock; ManualClock in tests.
///
/// Windows are half-open: the instant a window ends belongs to the next. No window grants more than the limit;
/// but two windows meet, so the first two kinds can grant twice the limit within a moment around a boundary.
/// Sliding grants at most ``limit * (1 + d / period)`` over every interval of ``d`` up to a period. For a
/// bound on every interval take a TokenBucket. An earlier ``now_ns`` than one already seen is decided in, and
/// counted into, the newest window.
///
/// Threads and tasks share it; each operation is atomic, and nothing waits. A forked child has a copy of its
/// own. To subclass it with other arguments, override ``__new__``; ``aligned`` and ``sliding`` make plain ones.
///
/// >>> from resil import PeriodLimiter
/// >>> limiter = PeriodLimiter(2, 3600)
/// >>> [limiter.try_acquire().granted for _ in range(3)]
/// [True, True, False]
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct PeriodLimiter(Arc<resil_core::PeriodLimiter<ChosenClock>>);

impl PeriodLimiter {
    fn on<C>(
        made: Result<resil_core::PeriodLimiter<C>, ConfigError>,
        clock: ChosenClock,
    ) -> PyResult<Self> {
        made.map(|made| Self(Arc::new(made.with_clock(clock)))).map_err(wrong)
    }
}

/// The fault, by the name that the argument has in Python.
pub(crate) fn wrong(fault: ConfigError) -> PyErr {
    match fault {
        ConfigError::UtcOffsetTooLarge => {
            errors::config("utc_offset must be less than 24 hours either way")
        }
        other => errors::config(other),
    }
}

/// The offset of an aligned kind, in seconds.
pub(crate) fn offset(kind: Kind) -> Option<f64> {
    match kind {
        Kind::Aligned { utc_offset_secs } => Some(utc_offset_secs.into()),
        _ => None,
    }
}

#[pymethods]
impl PeriodLimiter {
    #[new]
    #[pyo3(
        signature = (limit, period, *, clock=ChosenClock::Monotonic),
        text_signature = "(limit, period, *, clock=None)"
    )]
    fn new(
        #[pyo3(from_py_with = count::limit)] limit: u32,
        #[pyo3(from_py_with = duration::period)] period: Duration,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> PyResult<Self> {
        Self::on(resil_core::PeriodLimiter::new(limit, period), clock)
    }

    /// At most `limit` permits in each `period` of the wall clock, `utc_offset` ahead of UTC.
    ///
    /// With a period of a day, windows begin at that clock's midnight: ``PeriodLimiter.aligned(1000,
    /// timedelta(days=1), timedelta(hours=1))``. Windows lie at multiples of the period from 1970-01-01 00:00
    /// there, so weeks begin on Thursdays. The offset is whole seconds or a timedelta, less than 24 hours
    /// either way, and fixed: where summer time matters, make a new limiter when it changes. ``clock`` None is
    /// UnixClock; a ManualClock must tell Unix time, too, and the steady clocks, which know no calendar, are refused.
    #[staticmethod]
    #[pyo3(
        signature = (limit, period, utc_offset=0, *, clock=ChosenClock::Unix),
        text_signature = "(limit, period, utc_offset=0, *, clock=None)"
    )]
    fn aligned(
        #[pyo3(from_py_with = count::limit)] limit: u32,
        #[pyo3(from_py_with = duration::period)] period: Duration,
        #[pyo3(from_py_with = utc_offset)] utc_offset: i32,
        #[pyo3(from_py_with = unix_unless_told)] clock: ChosenClock,
    ) -> PyResult<Self> {
        Self::on(resil_core::PeriodLimiter::aligned(limit, period, utc_offset), clock)
    }

    /// At most `limit` permits by an estimate that slides.
    ///
    /// It counts those of the window that runs, and of the one before the share that one period back from now
    /// still covers, as an exact fraction. Windows begin at multiples of the period from the clock's zero.
    #[staticmethod]
    #[pyo3(
        signature = (limit, period, *, clock=ChosenClock::Monotonic),
        text_signature = "(limit, period, *, clock=None)"
    )]
    fn sliding(
        #[pyo3(from_py_with = count::limit)] limit: u32,
        #[pyo3(from_py_with = duration::period)] period: Duration,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> PyResult<Self> {
        Self::on(resil_core::PeriodLimiter::sliding(limit, period), clock)
    }

    /// Takes permits if so many are left; never waits. 0 permits are always granted.
    ///
    /// The verdict is true if they were granted; its ``last`` says that the limit is reached now. A refusal
    /// changes nothing.
    #[pyo3(signature = (permits=1))]
    fn try_acquire<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Bound<'py, Verdict>> {
        verdict_or_last(py, self.0.try_acquire(permits))
    }

    /// As try_acquire(), at an instant that the caller has read already.
    #[pyo3(signature = (now_ns, permits=1))]
    fn try_acquire_at<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = count::permits)] permits: u32,
    ) -> PyResult<Bound<'py, Verdict>> {
        verdict_or_last(py, self.0.try_acquire_at(now_ns, permits))
    }

    /// What try_acquire() would answer, and how much is left. Takes nothing, and is no first use.
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

    /// What the limiter looks like now, for monitoring.
    fn snapshot(&self) -> PeriodLimiterSnapshot {
        self.0.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
    ) -> PeriodLimiterSnapshot {
        self.0.snapshot_at(now_ns).into()
    }

    /// The most permits of one window.
    #[getter]
    fn limit(&self) -> u32 {
        self.0.limit()
    }

    /// The length of a window in seconds, to the nearest float.
    #[getter]
    fn period(&self) -> f64 {
        self.0.period().as_secs_f64()
    }

    /// The length of a window in nanoseconds, exactly.
    #[getter]
    fn period_ns(&self) -> u64 {
        duration::nanos(self.0.period())
    }

    /// Where windows begin.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        members::kind_member(py, self.0.kind())
    }

    /// Seconds that an aligned limiter's wall clock is ahead of UTC; None for the other kinds.
    #[getter]
    fn utc_offset(&self) -> Option<f64> {
        offset(self.0.kind())
    }

    /// The clock it reads.
    #[getter]
    fn clock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.clock().to_python(py)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (name, this) = (slf.get_type().qualname()?, slf.get());
        let (limit, period) = (this.limit(), this.period());
        let kind = members::kind_name(this.0.kind());
        let ahead = this.utc_offset().map_or(String::new(), |secs| format!(" utc_offset={secs:?}"));
        Ok(format!("<{name} limit={limit} period={period:?} kind={kind}{ahead}>"))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(errors::shared(slf, "its limit and period and make another"))
    }
}
