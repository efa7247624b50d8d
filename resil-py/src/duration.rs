//! Durations between Python and the core: seconds or a `timedelta` in, seconds or whole nanoseconds out.
//!
//! A float, `Decimal` or `Fraction` is rounded to the nearest nanosecond; an `int` of seconds and a
//! `timedelta` are exact.
//! Range: 0 to 2^63 - 1 ns (292 years); what the core answered may be longer.

use std::time::Duration;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDeltaAccess, PyFloat, PyInt};

use crate::count::{Whole, long, whole};
use crate::errors;

const MAX: Duration = Duration::from_nanos(i64::MAX as u64);

/// Whole nanoseconds of a duration that the core answered.
///
/// Saturates: no instant comes 2^64 ns late. A sliding limiter whose period is a century can answer that.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The argument `period`.
pub(crate) fn period(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("period", value)
}

/// The argument `by`.
pub(crate) fn by(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("by", value)
}

/// The argument `timeout`; `None` waits as long as it takes.
pub(crate) fn timeout(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { duration("timeout", value).map(Some) }
}

/// The argument `deadline`.
#[cfg(feature = "redis")]
pub(crate) fn deadline(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("deadline", value)
}

/// The argument `connect_timeout`.
#[cfg(feature = "redis")]
pub(crate) fn connect_timeout(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("connect_timeout", value)
}

/// The argument `max_wait`.
#[cfg(feature = "redis")]
pub(crate) fn max_wait(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("max_wait", value)
}

/// The argument `bucket_width`.
pub(crate) fn bucket_width(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("bucket_width", value)
}

/// The argument `time_constant`.
pub(crate) fn time_constant(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("time_constant", value)
}

/// The argument `elapsed`.
pub(crate) fn elapsed(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    duration("elapsed", value)
}

/// The argument `forced_pass_after`; `None` forces none.
pub(crate) fn forced_pass_after(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { duration("forced_pass_after", value).map(Some) }
}

/// The argument `period_ns`.
pub(crate) fn period_ns(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    whole_nanos("period_ns", value)
}

/// The argument `by_ns`.
pub(crate) fn by_ns(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    whole_nanos("by_ns", value)
}

/// The argument `bucket_width_ns`.
pub(crate) fn bucket_width_ns(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    whole_nanos("bucket_width_ns", value)
}

/// The argument `time_constant_ns`; `None` is none.
pub(crate) fn time_constant_ns(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { whole_nanos("time_constant_ns", value).map(Some) }
}

/// The argument `idle_for_ns`; `None` is none.
pub(crate) fn idle_for_ns(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { whole_nanos("idle_for_ns", value).map(Some) }
}

/// The argument `reset_after_ns`.
pub(crate) fn reset_after_ns(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    answered("reset_after_ns", value)
}

/// The argument `reset_after_ns`; `None` is not known.
#[cfg(feature = "redis")]
pub(crate) fn reset_after_ns_if_known(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { reset_after_ns(value).map(Some) }
}

/// The argument `retry_after_ns`; `None` is no wait.
pub(crate) fn retry_after_ns(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { answered("retry_after_ns", value).map(Some) }
}

/// The argument `ready_after_ns`.
pub(crate) fn ready_after_ns(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    answered("ready_after_ns", value)
}

/// The argument `ready_after_ns`; `None` is a refusal.
pub(crate) fn ready_after_ns_if_granted(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    if value.is_none() { Ok(None) } else { ready_after_ns(value).map(Some) }
}

/// A duration that the core answered, as `nanos` gave it to Python.
fn answered(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    long(name, value).map(Duration::from_nanos)
}

fn whole_nanos(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    match whole(name, value)? {
        Whole::Fits(number) => match u64::try_from(number) {
            Ok(nanos) => Ok(Duration::from_nanos(nanos)),
            Err(_) => Err(errors::config(format_args!("{name} must not be negative"))),
        },
        Whole::TooLong => {
            Err(errors::config(format_args!("{name} must be 0 to 2**63 - 1 nanoseconds")))
        }
    }
}

fn duration(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    if let Ok(float) = value.cast::<PyFloat>() {
        return from_seconds(name, float.extract()?);
    }
    if value.is_instance_of::<PyBool>() {
        return Err(errors::wrong_type(name, "seconds or a timedelta", value));
    }
    if value.is_instance_of::<PyInt>() {
        return from_whole_seconds(name, value);
    }
    if let Ok(delta) = value.cast::<PyDelta>() {
        return from_delta(name, delta);
    }
    if let Some(as_ratio) = value.getattr_opt("as_integer_ratio")? {
        return from_ratio(name, &as_ratio);
    }
    // Other numbers: numpy's integers.
    match value.extract::<f64>() {
        Ok(seconds) => from_seconds(name, seconds),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            Err(errors::wrong_type(name, "seconds or a timedelta", value))
        }
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Err(too_long(name)),
        Err(error) => Err(error),
    }
}

fn from_seconds(name: &str, seconds: f64) -> PyResult<Duration> {
    if seconds.is_nan() {
        return Err(not_a_number(name));
    }
    if seconds < 0.0 {
        return Err(negative(name));
    }
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| *duration <= MAX)
        .ok_or_else(|| too_long(name))
}

fn from_whole_seconds(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    match whole(name, value)? {
        Whole::Fits(seconds) => match u64::try_from(seconds).map(Duration::from_secs) {
            Ok(duration) if duration <= MAX => Ok(duration),
            Ok(_) => Err(too_long(name)),
            Err(_) => Err(negative(name)),
        },
        Whole::TooLong if value.lt(0)? => Err(negative(name)),
        Whole::TooLong => Err(too_long(name)),
    }
}

/// A Fraction or a Decimal, to the nearest nanosecond.
fn from_ratio(name: &str, as_ratio: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let py = as_ratio.py();
    let (numerator, denominator): (Bound<'_, PyAny>, Bound<'_, PyAny>) = match as_ratio.call0() {
        Ok(ratio) => ratio.extract()?,
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => return Err(too_long(name)),
        Err(error) if error.is_instance_of::<PyValueError>(py) => return Err(not_a_number(name)),
        Err(error) => return Err(error),
    };
    let nanos = numerator.mul(2_000_000_000)?.add(&denominator)?.floor_div(denominator.mul(2)?)?;
    match whole(name, &nanos)? {
        Whole::Fits(nanos) => {
            u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| negative(name))
        }
        Whole::TooLong if nanos.lt(0)? => Err(negative(name)),
        Whole::TooLong => Err(too_long(name)),
    }
}

pub(crate) fn from_delta(name: &str, delta: &Bound<'_, PyDelta>) -> PyResult<Duration> {
    // Python normalises: only the days carry the sign.
    let Ok(days) = u64::try_from(delta.get_days()) else {
        return Err(negative(name));
    };
    let seconds = days * 86_400 + u64::from(delta.get_seconds().unsigned_abs());
    let duration = Duration::from_secs(seconds)
        + Duration::from_micros(u64::from(delta.get_microseconds().unsigned_abs()));
    if duration <= MAX { Ok(duration) } else { Err(too_long(name)) }
}

#[cold]
fn not_a_number(name: &str) -> PyErr {
    errors::config(format_args!("{name} must be a number of seconds, not NaN"))
}

#[cold]
fn negative(name: &str) -> PyErr {
    errors::config(format_args!("{name} must not be negative"))
}

#[cold]
fn too_long(name: &str) -> PyErr {
    errors::config(format_args!("{name} must be finite and at most 2**63 - 1 ns (292 years)"))
}
