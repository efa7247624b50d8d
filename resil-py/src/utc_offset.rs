//! Offsets from UTC between Python and the core: seconds or a `timedelta`, either way.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDeltaAccess, PyString};

use crate::errors;

/// The argument `utc_offset`, in whole seconds; one that is too large stays so.
pub(crate) fn utc_offset(value: &Bound<'_, PyAny>) -> PyResult<i32> {
    if let Ok(delta) = value.cast::<PyDelta>() {
        if delta.get_microseconds() != 0 {
            return Err(no_whole_number());
        }
        let seconds = i64::from(delta.get_days()) * 86_400 + i64::from(delta.get_seconds());
        return Ok(saturated(seconds as f64));
    }
    let wrong_type = || errors::wrong_type("utc_offset", "seconds or a timedelta", value);
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyString>() {
        return Err(wrong_type());
    }
    let py = value.py();
    match value.extract::<f64>() {
        Ok(seconds) if seconds.is_infinite() || seconds.fract() == 0.0 => Ok(saturated(seconds)),
        Ok(_) => Err(no_whole_number()),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => Err(wrong_type()),
        // An int that no float holds, and a Decimal that is no number.
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(i32::MAX),
        Err(error) if error.is_instance_of::<PyValueError>(py) => Err(no_whole_number()),
        Err(error) => Err(error),
    }
}

/// The argument `utc_offset`; `None` is none.
pub(crate) fn utc_offset_if_aligned(value: &Bound<'_, PyAny>) -> PyResult<Option<i32>> {
    if value.is_none() { Ok(None) } else { utc_offset(value).map(Some) }
}

/// The core refuses what is beyond a day; what is beyond its integers is beyond that too.
fn saturated(seconds: f64) -> i32 {
    seconds as i32
}

#[cold]
fn no_whole_number() -> PyErr {
    errors::config("utc_offset must be a whole number of seconds")
}
