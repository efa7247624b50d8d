//! `resil.PeriodLimiterSnapshot`: a period limiter at one instant.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::period_limiter::Kind;
use resil_core::pure::period_limiter::Config;

use crate::period_limiter::{offset, wrong};
use crate::utc_offset::utc_offset_if_aligned;
use crate::{count, duration, errors, members};

/// A period limiter at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeriodLimiterSnapshot {
    limit: u32,
    period: Duration,
    kind: Kind,
    taken: u32,
    taken_before: u32,
    remaining: u32,
    reset_after: Duration,
}

impl From<resil_core::period_limiter::Snapshot> for PeriodLimiterSnapshot {
    fn from(seen: resil_core::period_limiter::Snapshot) -> Self {
        Self {
            limit: seen.limit,
            period: seen.period,
            kind: seen.kind,
            taken: seen.taken,
            taken_before: seen.taken_before,
            remaining: seen.remaining,
            reset_after: seen.reset_after,
        }
    }
}

type Fields<'py> = (u32, u64, Bound<'py, PyAny>, Option<f64>, u32, u32, u32, u64);

#[pymethods]
impl PeriodLimiterSnapshot {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "a value has its fields")]
    fn new(
        #[pyo3(from_py_with = count::limit)] limit: u32,
        #[pyo3(from_py_with = duration::period_ns)] period_ns: Duration,
        #[pyo3(from_py_with = members::kind)] kind: Kind,
        #[pyo3(from_py_with = utc_offset_if_aligned)] utc_offset: Option<i32>,
        #[pyo3(from_py_with = count::taken)] taken: u32,
        #[pyo3(from_py_with = count::taken_before)] taken_before: u32,
        #[pyo3(from_py_with = count::remaining)] remaining: u32,
        #[pyo3(from_py_with = duration::reset_after_ns)] reset_after_ns: Duration,
    ) -> PyResult<Self> {
        let kind = match (kind, utc_offset) {
            (Kind::Aligned { .. }, Some(utc_offset_secs)) => Kind::Aligned { utc_offset_secs },
            (Kind::Aligned { .. }, None) | (_, Some(_)) => {
                return Err(errors::config(
                    "utc_offset must be given where kind is ALIGNED, and be None elsewhere",
                ));
            }
            (kind, None) => kind,
        };
        let config = Config::new(limit, period_ns, kind).map_err(wrong)?;
        let (limit, period, kind) = (config.limit(), config.period(), config.kind());
        Ok(Self {
            limit,
            period,
            kind,
            taken,
            taken_before,
            remaining,
            reset_after: reset_after_ns,
        })
    }

    /// The most permits of one window.
    #[getter]
    fn limit(&self) -> u32 {
        self.limit
    }

    /// The length of a window in seconds, to the nearest float.
    #[getter]
    fn period(&self) -> f64 {
        self.period.as_secs_f64()
    }

    /// The length of a window in nanoseconds, exactly.
    #[getter]
    fn period_ns(&self) -> u64 {
        duration::nanos(self.period)
    }

    /// Where windows begin.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        members::kind_member(py, self.kind)
    }

    /// Seconds that an aligned limiter's wall clock is ahead of UTC; None for the other kinds.
    #[getter]
    fn utc_offset(&self) -> Option<f64> {
        offset(self.kind)
    }

    /// Permits taken in the window.
    #[getter]
    fn taken(&self) -> u32 {
        self.taken
    }

    /// Sliding, permits taken in the window before; else 0.
    #[getter]
    fn taken_before(&self) -> u32 {
        self.taken_before
    }

    /// Permits that could be taken at once.
    #[getter]
    fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Seconds to the end of the window; 0.0 before first use.
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
        let Self { limit, taken, taken_before, remaining, .. } = self;
        let (period_ns, reset_after_ns) = (self.period_ns(), self.reset_after_ns());
        let kind = members::kind_name(self.kind);
        let utc_offset = self.utc_offset().map_or("None".to_owned(), |secs| format!("{secs:?}"));
        format!(
            "PeriodLimiterSnapshot(limit={limit}, period_ns={period_ns}, kind={kind}, \
             utc_offset={utc_offset}, taken={taken}, taken_before={taken_before}, \
             remaining={remaining}, reset_after_ns={reset_after_ns})"
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, Fields<'py>)> {
        let Self { limit, taken, taken_before, remaining, .. } = *self;
        let fields = (
            limit,
            self.period_ns(),
            self.kind(py)?,
            self.utc_offset(),
            taken,
            taken_before,
            remaining,
            self.reset_after_ns(),
        );
        Ok((py.get_type::<Self>(), fields))
    }
}
