//! What the module looks up or makes once, all of it while the package is imported.
//!
//! A `PyOnceLock` lets go of the interpreter when it begins, so another thread can fork in the middle. In the child it
//! would be begun for ever, by a thread that is not there, and whoever needs it would wait. After the import none begins.

use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyMapping, PyTuple};

use crate::{
    coroutine, duration, errors, members, protected, single_flight, single_flight_wait, verdict,
};

/// Looks up and makes all of it; the package's last step when it is imported.
#[pyfunction]
pub(crate) fn _prepare(py: Python<'_>) -> PyResult<()> {
    verdict::prepare(py)?;
    members::prepare(py)?;
    #[cfg(feature = "redis")]
    crate::redis::members::prepare(py)?;
    errors::prepare(py);
    coroutine::prepare(py)?;
    protected::prepare(py)?;
    single_flight::prepare(py)?;
    single_flight_wait::prepare(py)?;
    // The stable interface has no way of its own to these: the type and its fields, and the abstract class.
    duration::from_delta("nothing", &PyDelta::new(py, 0, 0, 0, false)?)?;
    let _ = PyTuple::empty(py).cast::<PyMapping>();
    Ok(())
}
