//! Instants from Python: whole nanoseconds of a clock, as `time.monotonic_ns()` gives them.

use pyo3::prelude::*;
use resil_core::Instant;

use crate::count::{Whole, whole};
use crate::errors;

fn instant(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Instant> {
    let nanos = match whole(name, value)? {
        Whole::Fits(number) => u64::try_from(number).ok().and_then(Instant::from_nanos),
        Whole::TooLong => None,
    };
    nanos.ok_or_else(|| {
        errors::config(format_args!("{name} must be 0 to 2**63 - 1 nanoseconds of a clock"))
    })
}

/// The argument `now_ns`.
pub(crate) fn now(value: &Bound<'_, PyAny>) -> PyResult<Instant> {
    instant("now_ns", value)
}

/// The argument `start_ns`.
pub(crate) fn start(value: &Bound<'_, PyAny>) -> PyResult<Instant> {
    instant("start_ns", value)
}

/// The argument `ready_at_ns`.
pub(crate) fn ready_at(value: &Bound<'_, PyAny>) -> PyResult<Instant> {
    instant("ready_at_ns", value)
}
