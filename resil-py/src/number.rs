//! Real numbers and truths from Python: ratios, factors, draws, switches.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::errors;

/// `value` as a float; what is too long for one is infinite, as it is in arithmetic.
fn real(name: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyString>() {
        return Err(errors::wrong_type(name, "a number", value));
    }
    match value.extract() {
        Ok(number) => Ok(number),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
            Err(errors::wrong_type(name, "a number", value))
        }
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Ok(if value.lt(0)? { f64::NEG_INFINITY } else { f64::INFINITY })
        }
        Err(error) => Err(error),
    }
}

/// A draw, as an argument or an answer.
pub(crate) fn draw(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let draw = real("draw", value)?;
    if (0.0..1.0).contains(&draw) { Ok(draw) } else { Err(no_draw(draw)) }
}

#[cold]
fn no_draw(found: f64) -> PyErr {
    errors::config(format_args!("draw must be at least 0 and below 1, not {found}"))
}

/// The argument `epsilon`.
pub(crate) fn epsilon(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("epsilon", value)
}

/// The argument `multiplier`.
pub(crate) fn multiplier(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("multiplier", value)
}

/// The argument `success_ratio`.
pub(crate) fn success_ratio(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("success_ratio", value)
}

/// The argument `min_multiplier`; `None` is none.
pub(crate) fn min_multiplier(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if value.is_none() { Ok(None) } else { real("min_multiplier", value).map(Some) }
}

/// The argument `padding`.
pub(crate) fn padding(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("padding", value)
}

/// The argument `aggression`.
pub(crate) fn aggression(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("aggression", value)
}

/// The argument `max_drop_ratio`.
pub(crate) fn max_drop_ratio(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("max_drop_ratio", value)
}

/// The argument `drop_ratio`.
pub(crate) fn drop_ratio(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let ratio = real("drop_ratio", value)?;
    if (0.0..=1.0).contains(&ratio) {
        // Adding 0 makes -0 a 0, so that equal ratios are equal bits.
        Ok(ratio + 0.0)
    } else {
        Err(errors::config(format_args!("drop_ratio must be from 0 to 1, not {ratio}")))
    }
}

/// The argument `alpha`; `None` is not given.
pub(crate) fn alpha(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if value.is_none() { Ok(None) } else { real("alpha", value).map(Some) }
}

/// The argument `age`; `None` is not given.
pub(crate) fn age(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if value.is_none() { Ok(None) } else { real("age", value).map(Some) }
}

/// The argument `x`.
#[inline]
pub(crate) fn x(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    real("x", value)
}

/// The argument `value` where it is an average; `None` is none.
pub(crate) fn average(value: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if value.is_none() {
        return Ok(None);
    }
    let average = real("value", value)?;
    if average.is_finite() {
        Ok(Some(average))
    } else {
        Err(errors::config(format_args!("value must be finite, not {average}")))
    }
}

fn truth(name: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    match value.cast::<PyBool>() {
        Ok(truth) => Ok(truth.is_true()),
        Err(_) => Err(errors::wrong_type(name, "a bool", value)),
    }
}

/// The argument `leave_out_current`.
pub(crate) fn leave_out_current(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    truth("leave_out_current", value)
}

/// The argument `recovery`.
pub(crate) fn recovery(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    truth("recovery", value)
}
