//! How a caller in Python follows another's call: asleep in a lock of `threading`, or a task in its future.
//!
//! Python waits, not this code: a lock's wait is broken off by a signal, known to debuggers, and replaced by
//! gevent with its own. Wakers are called and dropped by the core when nothing is locked, always attached.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyException, PyKeyboardInterrupt};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyModule};
use resil_core::single_flight::{Arrived, FlightError, Following};

use crate::errors;
use crate::single_flight::Landed;
use crate::single_flight_key::Key;

/// What every platform's locks can wait at once.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// A signal strikes once; more only if it comes again meanwhile.
const ATTEMPTS: usize = 8;

/// Wakes by calling what Python gave.
#[derive(Debug)]
pub(crate) struct Wakes(pub(crate) Py<PyAny>);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        Python::attach(|py| {
            // A signal may strike in there, and must neither get lost nor leave somebody asleep.
            let mut struck = None;
            for _ in 0..ATTEMPTS {
                match self.0.call0(py) {
                    Err(error) if !error.is_instance_of::<PyException>(py) => struck = Some(error),
                    // An error is a lock that is open already, or a loop that is closed: nobody sleeps there.
                    _ => break,
                }
            }
            if let Some(error) = struck {
                strike_again(py, error);
            }
        });
    }
}

/// Puts off what struck in a waker.
#[cold]
fn strike_again(py: Python<'_>, error: PyErr) {
    let again = || py.import("_thread")?.call_method0("interrupt_main");
    if !error.is_instance_of::<PyKeyboardInterrupt>(py) || again().is_err() {
        error.write_unraisable(py, None);
    }
}

/// Looks the module up, and its function's name; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    builtin(py)?;
    this_thread(py).map(|_| ())
}

/// The interpreter's own `get_ident`, or None where another took its place before this was imported.
fn builtin(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    static BUILTIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    BUILTIN.get_or_try_init(py, || {
        let found = py.import("_thread")?.getattr("get_ident")?;
        let is_own = found.is_instance_of::<PyCFunction>()
            && found.getattr("__module__")?.extract::<&str>().is_ok_and(|name| name == "_thread");
        Ok(if is_own { found.unbind() } else { py.None() })
    })
}

/// An address that no two running threads share: as good as what the interpreter's own `get_ident` answers, which takes
/// a call and a number made and taken apart.
fn this_native_thread() -> u64 {
    thread_local!(static MARK: u8 = const { 0 });
    MARK.with(|mark| std::ptr::from_ref(mark).addr() as u64)
}

fn threading(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static THREADING: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module =
        THREADING.get_or_try_init(py, || Ok::<_, PyErr>(py.import("threading")?.unbind()))?;
    Ok(module.bind(py))
}

/// Tells the running thread, or whatever `threading` says that threads are, from all others.
pub(crate) fn this_thread(py: Python<'_>) -> PyResult<u64> {
    let (threading, name) = (threading(py)?, intern!(py, "get_ident"));
    let found = match threading.dict().get_item(name)? {
        Some(found) => found,
        None => threading.getattr(name)?,
    };
    if found.is(builtin(py)?) { Ok(this_native_thread()) } else { found.call0()?.extract() }
}

/// Waits for the call that `following` follows, no longer than `timeout`.
pub(crate) fn wait<'a>(
    py: Python<'_>,
    mut following: Following<'a, Key, Landed>,
    timeout: Option<Duration>,
) -> PyResult<Arrived<'a, Key, Landed>> {
    let lock = threading(py)?.call_method0("Lock")?;
    let acquire = lock.getattr("acquire")?;
    acquire.call0()?;
    let waker = Waker::from(Arc::new(Wakes(lock.getattr("release")?.unbind())));
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        if let Poll::Ready(arrival) = following.poll(&Context::from_waker(&waker)) {
            return arrival.map_err(errors::flight);
        }
        let Some(deadline) = deadline else {
            acquire.call0()?;
            continue;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let woken: bool = acquire.call1((true, left.min(LONGEST_WAIT).as_secs_f64()))?.extract()?;
        if !woken && Instant::now() >= deadline {
            return match following.poll(&Context::from_waker(Waker::noop())) {
                Poll::Ready(arrival) => arrival.map_err(errors::flight),
                Poll::Pending => Err(errors::flight(FlightError::TimedOut)),
            };
        }
    }
}
