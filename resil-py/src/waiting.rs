//! Waiting: the core says how long, and Python waits.

use std::time::Duration;

use pyo3::prelude::*;

use crate::clock::ChosenClock;
use crate::{count, duration};

/// The longest single sleep: what every platform's sleep can do.
const LONGEST_SLEEP: Duration = Duration::from_secs(86_400);

/// Waits for `wait` of `clock`, as Python waits, so that signals, gevent and a patched `time.sleep` work.
///
/// A manual clock is moved on instead. What the sleep raises, this raises.
pub(crate) fn wait(py: Python<'_>, clock: &ChosenClock, mut wait: Duration) -> PyResult<()> {
    if let ChosenClock::Manual(clock) = clock {
        clock.advance(wait);
        return Ok(());
    }
    if wait.is_zero() {
        return Ok(());
    }
    let time = py.import("time")?;
    while !wait.is_zero() {
        let now = wait.min(LONGEST_SLEEP);
        // Below 2^53 ns a float of seconds is right to a fraction of a nanosecond, and sleep rounds up.
        time.call_method1("sleep", (now.as_secs_f64(),))?;
        wait -= now;
    }
    Ok(())
}

/// Raises what acquire() would raise about these arguments.
#[pyfunction]
pub(crate) fn _check_acquire(
    #[pyo3(from_py_with = count::permits)] permits: u32,
    #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
) {
    let _ = (permits, timeout);
}

/// The seconds that a timeout means; None is None.
#[pyfunction]
pub(crate) fn _seconds(
    #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
) -> Option<f64> {
    timeout.map(|timeout| timeout.as_secs_f64())
}
