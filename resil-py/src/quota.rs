//! `resil.Quota`: how much is allowed.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::{count, duration, errors};

/// How much is allowed: `permits` in each `period`, at most `burst` of them at one instant.
///
/// The period is in seconds or a timedelta; a float is rounded to the nearest nanosecond. The rate is the
/// exact ratio `permits / period`. Immutable; compares, hashes and pickles by value.
///
/// Raises ConfigError, naming the field, if one is zero or out of range, the rate is above 4 permits per
/// nanosecond, or filling the bucket would take longer than 142 years.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Quota(resil_core::Quota);

impl From<resil_core::Quota> for Quota {
    fn from(quota: resil_core::Quota) -> Self {
        Self(quota)
    }
}

impl Quota {
    /// A limiter of this quota, as it prints.
    pub(crate) fn shown_of<T>(self, limiter: &Bound<'_, T>) -> PyResult<String> {
        Ok(format!("<{} {}>", limiter.as_any().get_type().qualname()?, self.__repr__()))
    }
}

/// The argument `quota`.
pub(crate) fn quota(value: &Bound<'_, PyAny>) -> PyResult<resil_core::Quota> {
    match value.cast::<Quota>() {
        Ok(quota) => Ok(quota.get().0),
        Err(_) => Err(errors::wrong_type("quota", "a resil.Quota", value)),
    }
}

fn checked(quota: Result<resil_core::Quota, resil_core::quota::ConfigError>) -> PyResult<Quota> {
    quota.map(Quota).map_err(errors::config)
}

#[pymethods]
impl Quota {
    #[new]
    fn new(
        #[pyo3(from_py_with = count::quota_permits)] permits: u32,
        #[pyo3(from_py_with = duration::period)] period: Duration,
        #[pyo3(from_py_with = count::burst)] burst: u32,
    ) -> PyResult<Self> {
        checked(resil_core::Quota::new(permits, period, burst))
    }

    /// The quota whose period is given in whole nanoseconds.
    ///
    /// Raises ConfigError as Quota does.
    #[classmethod]
    fn from_ns(
        _cls: &Bound<'_, PyType>,
        #[pyo3(from_py_with = count::quota_permits)] permits: u32,
        #[pyo3(from_py_with = duration::period_ns)] period_ns: Duration,
        #[pyo3(from_py_with = count::burst)] burst: u32,
    ) -> PyResult<Self> {
        checked(resil_core::Quota::new(permits, period_ns, burst))
    }

    /// `permits` each second, with a burst of as many.
    #[staticmethod]
    fn per_second(#[pyo3(from_py_with = count::quota_permits)] permits: u32) -> PyResult<Self> {
        checked(resil_core::Quota::per_second(permits))
    }

    /// `permits` each minute, with a burst of as many.
    #[staticmethod]
    fn per_minute(#[pyo3(from_py_with = count::quota_permits)] permits: u32) -> PyResult<Self> {
        checked(resil_core::Quota::per_minute(permits))
    }

    /// `permits` each hour, with a burst of as many.
    #[staticmethod]
    fn per_hour(#[pyo3(from_py_with = count::quota_permits)] permits: u32) -> PyResult<Self> {
        checked(resil_core::Quota::per_hour(permits))
    }

    /// `permits` each day of 24 hours, with a burst of as many.
    #[staticmethod]
    fn per_day(#[pyo3(from_py_with = count::quota_permits)] permits: u32) -> PyResult<Self> {
        checked(resil_core::Quota::per_day(permits))
    }

    /// The same rate with another burst.
    fn with_burst(&self, #[pyo3(from_py_with = count::burst)] burst: u32) -> PyResult<Self> {
        checked(self.0.with_burst(burst))
    }

    /// Permits in each period.
    #[getter]
    fn permits(&self) -> u32 {
        self.0.permits()
    }

    /// The most permits one instant can grant.
    #[getter]
    fn burst(&self) -> u32 {
        self.0.burst()
    }

    /// The period in seconds, to the nearest float.
    #[getter]
    fn period(&self) -> f64 {
        self.0.period().as_secs_f64()
    }

    /// The period in nanoseconds, exactly.
    #[getter]
    fn period_ns(&self) -> u64 {
        duration::nanos(self.0.period())
    }

    /// Permits per second, to the nearest float; decisions use the exact ratio.
    #[getter]
    fn rate(&self) -> f64 {
        self.0.rate()
    }

    pub(crate) fn __repr__(&self) -> String {
        let (permits, period, burst) = (self.0.permits(), self.0.period(), self.0.burst());
        let seconds = period.as_secs_f64();
        if Duration::try_from_secs_f64(seconds) == Ok(period) {
            format!("Quota(permits={permits}, period={seconds:?}, burst={burst})")
        } else {
            let period_ns = self.period_ns();
            format!("Quota.from_ns(permits={permits}, period_ns={period_ns}, burst={burst})")
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (u32, u64, u32))> {
        let make = py.get_type::<Self>().getattr("from_ns")?;
        Ok((make, (self.permits(), self.period_ns(), self.burst())))
    }
}
