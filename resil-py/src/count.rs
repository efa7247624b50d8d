//! Whole numbers from Python: permits and bursts.

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

#[inline]
fn count(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let number = match whole(name, value)? {
        Whole::Fits(number) => number,
        Whole::TooLong => return Err(out_of_range(name, "a number of more than 64 bits")),
    };
    u32::try_from(number).map_err(|_| out_of_range(name, &number.to_string()))
}

#[cold]
fn out_of_range(name: &str, found: &str) -> PyErr {
    errors::config(format_args!("{name} must be 0 to {}, not {found}", u32::MAX))
}

/// The argument `permits`.
#[inline]
pub(crate) fn permits(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("permits", value)
}

/// The argument `burst`.
pub(crate) fn burst(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("burst", value)
}

/// The argument `initial`; `None` is a full bucket.
pub(crate) fn initial(value: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
    if value.is_none() { Ok(None) } else { count("initial", value).map(Some) }
}

/// The argument `remaining`.
pub(crate) fn remaining(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    count("remaining", value)
}
