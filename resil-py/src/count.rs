//! Whole numbers from Python: permits, bursts, buckets, and what is counted in them.

use std::ops::RangeInclusive;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors;

/// What an `int` says.
pub(crate) enum Whole {
    /// It fits.
    Fits(i64),
    /// It is beyond 64 bits.
    TooLong,
}

/// `value` as a whole number. Takes what has `__index__`, but no `bool`: a truth is no amount.
#[inline]
pub(crate) fn whole(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Whole> {
    if value.is_instance_of::<PyBool>() {
        return Err(errors::wrong_type(name, "an int", value));
    }
    match value.extract() {
        Ok(number) => Ok(Whole::Fits(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(Whole::TooLong),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            Err(errors::wrong_type(name, "an int", value))
        }
        Err(error) => Err(error),
    }
}

/// A `u32`; `bounds` are the argument's own, which the core checks where the number fits.
#[inline]
fn count(name: &str, bounds: RangeInclusive<u32>, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let number = match whole(name, value)? {
        Whole::Fits(number) => number,
        Whole::TooLong => return Err(out_of_range(name, bounds, "a number of more than 64 bits")),
    };
    u32::try_from(number).map_err(|_| out_of_range(name, bounds, &number.to_string()))
}

#[cold]
fn out_of_range(name: &str, bounds: RangeInclusive<u32>, found: &str) -> PyErr {
    let (least, most) = bounds.into_inner();
    errors::config(format_args!("{name} must be {least} to {most}, not {found}"))
}

const ANY: RangeInclusive<u32> = 0..=u32::MAX;
const SOME: RangeInclusive<u32> = 1..=u32::MAX;

/// The argument `permits` of a call.
#[inline]
pub(crate) fn permits(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("permits", ANY, value)
}

/// The argument `permits` of a quota.
pub(crate) fn quota_permits(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("permits", SOME, value)
}

/// The argument `burst`.
pub(crate) fn burst(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("burst", SOME, value)
}

/// The argument `initial`; `None` is a full bucket.
pub(crate) fn initial(value: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
    if value.is_none() { Ok(None) } else { count("initial", ANY, value).map(Some) }
}

/// The argument `remaining`.
pub(crate) fn remaining(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("remaining", ANY, value)
}

/// The argument `remaining`; `None` is not known.
#[cfg(feature = "redis")]
pub(crate) fn remaining_if_known(value: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
    if value.is_none() { Ok(None) } else { remaining(value).map(Some) }
}

/// The argument `members`.
#[cfg(feature = "redis")]
pub(crate) fn members(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("members", SOME, value)
}

/// The argument `outages`.
#[cfg(feature = "redis")]
pub(crate) fn outages(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("outages", value)
}

/// The argument `limit`.
pub(crate) fn limit(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("limit", SOME, value)
}

/// The argument `taken`.
pub(crate) fn taken(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("taken", ANY, value)
}

/// The argument `taken_before`.
pub(crate) fn taken_before(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("taken_before", ANY, value)
}

/// The argument `bucket_count`.
pub(crate) fn bucket_count(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("bucket_count", 1..=65_536, value)
}

/// The argument `warm_up`.
pub(crate) fn warm_up(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("warm_up", ANY, value)
}

/// The argument `missing`.
pub(crate) fn missing(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("missing", ANY, value)
}

/// The argument `virtual_nodes`.
pub(crate) fn virtual_nodes(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("virtual_nodes", 1..=1 << 24, value)
}

/// The argument `weight`.
pub(crate) fn weight(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("weight", 0..=65_535, value)
}

/// The argument `nodes`, as a number.
pub(crate) fn nodes(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("nodes", 0..=65_535, value)
}

/// The argument `n`.
pub(crate) fn n(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("n", ANY, value)
}

/// The argument `min_rps`.
pub(crate) fn min_rps(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("min_rps", ANY, value)
}

/// `value` as a whole number of up to 64 bits.
#[inline]
pub(crate) fn long(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    if value.is_instance_of::<PyBool>() {
        return Err(errors::wrong_type(name, "an int", value));
    }
    value.extract().map_err(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(value.py()) {
            errors::config(format_args!("{name} must be 0 to 2**64 - 1"))
        } else if error.is_instance_of::<PyTypeError>(value.py()) {
            errors::wrong_type(name, "an int", value)
        } else {
            error
        }
    })
}

/// The argument `value`.
#[inline]
pub(crate) fn value(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("value", value)
}

/// The argument `amount`.
#[inline]
pub(crate) fn amount(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("amount", value)
}

/// The argument `sum`.
pub(crate) fn sum(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("sum", value)
}

/// The argument `count`.
pub(crate) fn number(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("count", value)
}

/// The argument `total`.
pub(crate) fn total(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("total", value)
}

/// The argument `flights`.
pub(crate) fn flights(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("flights", value)
}

/// The argument `followers`.
pub(crate) fn followers(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("followers", value)
}

/// The argument `protection`.
pub(crate) fn protection(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("protection", value)
}

/// The argument `min_requests`.
pub(crate) fn min_requests(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("min_requests", value)
}

/// The argument `requests`.
pub(crate) fn requests(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("requests", value)
}

/// The argument `accepts`.
pub(crate) fn accepts(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("accepts", value)
}

/// The argument `drops`.
pub(crate) fn drops(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("drops", value)
}

/// The argument `would_reject`.
pub(crate) fn would_reject(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("would_reject", value)
}

/// The argument `in_flight`.
pub(crate) fn in_flight(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("in_flight", value)
}

/// The argument `total_weight`.
pub(crate) fn total_weight(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("total_weight", value)
}

/// The argument `points`.
pub(crate) fn points(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    long("points", value)
}
