//! `resil.SingleFlight`: one call per key at a time; `single_flight.py` adds asyncio and the decorator.
//!
//! The core holds no Python objects but wakers, while somebody waits; its locks are taken attached and let go
//! before anything of Python runs, so that with the GIL a forked child finds none of them locked. There is
//! nothing for the garbage collector to see here: what is under way is on a stack, or in a `_FlightPart`.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pyo3::exceptions::{PyBaseException, PyException};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use resil_core::single_flight::{Arrived, Caller, Part};

use crate::given::{Given, Method};
use crate::shared::Shared;
use crate::single_flight_key::{Key, key};
use crate::single_flight_part::FlightPart;
use crate::single_flight_snapshot::SingleFlightSnapshot;
use crate::single_flight_wait::{this_thread, wait};
use crate::{coroutine, duration, errors};

/// What a call came to.
#[derive(Debug)]
pub(crate) enum Landed {
    Returned(Py<PyAny>),
    Raised(Py<PyBaseException>),
}

static OWN_COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn own_copy(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    OWN_COPY.import(py, "resil.copies", "own_copy")
}

/// Looks the copier of exceptions up; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    own_copy(py).map(|_| ())
}

/// What a follower gets: the value, or an exception of its own.
pub(crate) fn landed(py: Python<'_>, value: &Landed) -> PyResult<Shared> {
    match value {
        Landed::Returned(value) => Ok(Shared::new(value.clone_ref(py), false, true)),
        Landed::Raised(raised) => Err(PyErr::from_value(own_copy(py)?.call1((raised,))?)),
    }
}

/// How often this process was forked, children counted.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Tells that this process is a forked child.
#[pyfunction]
pub(crate) fn _forked() {
    // ORDERING: Relaxed. The child has one thread yet, and those it makes see what it did before.
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Makes one call per key at a time, for all who ask meanwhile.
///
/// The first to ask for a key leads: it makes the call. Who asks for the same key before the call is over
/// follows: it waits, and shares what comes of it. Nothing is kept: the next to ask makes a new call. Different
/// keys never wait for one another. A key is a str or bytes, and belongs to the object, not to the function:
/// two functions that share one object need different keys.
///
/// Call with run() or run_timeout(), await with run_async(), or decorate with ``@flight.share(key=...)``.
/// Threads and tasks, of one event loop or several, may share a key. ``len(flight)`` counts the calls under
/// way; the object is true even with none.
///
/// What the call raises, an Exception, goes on in the leader; each follower gets an exception of its own, of the
/// same type and with the same arguments, whose ``__cause__`` is the leader's. What is no Exception
/// (KeyboardInterrupt, SystemExit) goes on in the leader, and followers get LeaderFailed. A leader's task that
/// is cancelled leaves the call to a follower, which makes its own. Who asks for the key whose call it is making
/// gets Reentered. The key is free at once, whatever happens.
///
/// A forked child forgets the calls of its parent: those who led them are not there.
///
/// >>> from resil import SingleFlight
/// >>> flight = SingleFlight()
/// >>> flight.run("user:17", dict, name="Ada")
/// Shared({'name': 'Ada'}, led=True, shared=False)
/// >>> len(flight)
/// 0
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct SingleFlight {
    core: resil_core::SingleFlight<Key, Landed>,
    forks: AtomicU64,
}

impl SingleFlight {
    /// The flights; those of a parent process are given up.
    #[inline]
    fn core(&self) -> &resil_core::SingleFlight<Key, Landed> {
        // ORDERING: Relaxed, both. Who finds the numbers equal finds nothing else changed: giving up is done
        // by one, and another that is not told yet adds to what is under way, as it may.
        let forks = FORKS.load(Ordering::Relaxed);
        if self.forks.load(Ordering::Relaxed) != forks
            && self.forks.swap(forks, Ordering::Relaxed) != forks
        {
            self.core.abandon();
        }
        &self.core
    }

    fn run_within<'py>(
        &self,
        py: Python<'py>,
        key: Key,
        timeout: Option<Duration>,
        call: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Shared> {
        let caller = Caller::named(this_thread(py)?, 0);
        let leading = match self.core().enter(key, caller).map_err(errors::flight)? {
            Part::Lead(leading) => leading,
            Part::Follow(following) => match wait(py, following, timeout)? {
                Arrived::Lead(leading) => leading,
                Arrived::Value(value) => return landed(py, &value),
            },
        };
        match call().and_then(refuse_coroutine) {
            Ok(value) => {
                let value = value.unbind();
                let is_shared = leading.land(Landed::Returned(value.clone_ref(py))).is_shared();
                Ok(Shared::new(value, true, is_shared))
            }
            Err(error) => {
                // What is no exception of the call's own drops `leading`, which fails the followers.
                if error.is_instance_of::<PyException>(py) {
                    let raised = error.value(py).clone().unbind();
                    drop(leading.land(Landed::Raised(raised)));
                }
                Err(error)
            }
        }
    }
}

fn refuse_coroutine(answer: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    if coroutine::is_coroutine(&answer)? {
        return Err(coroutine::refuse(&answer, "share it with run_async()"));
    }
    Ok(answer)
}

/// `run()`.
pub(crate) struct Run;

impl Method for Run {
    type Class = SingleFlight;
    const NAME: &'static CStr = c"run";
    const DOC: &'static CStr = c"run($self, key, function, /, *args, **kwargs)
--

What ``function(*args, **kwargs)`` comes to: of the call under way for `key` if there is one, however long
it takes, else of this one.

Who waits can be interrupted (KeyboardInterrupt); it may have to make the call after all, when a task that
led is cancelled. Raises what the call raises, LeaderFailed, or Reentered. Not in coroutines: a thread that
waits holds up its event loop. A coroutine is refused: see run_async().";

    fn call<'py>(
        slf: Borrowed<'_, 'py, SingleFlight>,
        given: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let missing = "run() missing required positional argument";
        let [wanted, function] = given.first(["key", "function"], missing)?;
        let call = || given.call(&function, 2);
        let shared = slf.get().run_within(given.py(), key(&wanted)?, None, call)?;
        Ok(Bound::new(given.py(), shared)?.into_any())
    }
}

/// `run_timeout()`.
pub(crate) struct RunTimeout;

impl Method for RunTimeout {
    type Class = SingleFlight;
    const NAME: &'static CStr = c"run_timeout";
    const DOC: &'static CStr = c"run_timeout($self, key, timeout, function, /, *args, **kwargs)
--

As run(), but waits for another's call no longer than `timeout`; zero never waits, None as long as it takes.
A call that this caller makes itself takes the time it takes.

Raises TimedOut, a TimeoutError, when the time is up: that call goes on.";

    fn call<'py>(
        slf: Borrowed<'_, 'py, SingleFlight>,
        given: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let missing = "run_timeout() missing required positional argument";
        let [wanted, timeout, function] = given.first(["key", "timeout", "function"], missing)?;
        let call = || given.call(&function, 3);
        let (key, timeout) = (key(&wanted)?, duration::timeout(&timeout)?);
        let shared = slf.get().run_within(given.py(), key, timeout, call)?;
        Ok(Bound::new(given.py(), shared)?.into_any())
    }
}

#[pymethods]
impl SingleFlight {
    #[new]
    fn new() -> Self {
        let forks = FORKS.load(Ordering::Relaxed);
        Self { core: resil_core::SingleFlight::new(), forks: AtomicU64::new(forks) }
    }

    /// Lets the next to ask for `key` make a new call, whatever is under way. Answers whether anything was.
    ///
    /// The call under way goes on, for its leader and for those who follow it already.
    #[pyo3(signature = (key, /))]
    fn forget(&self, #[pyo3(from_py_with = key)] key: Key) -> bool {
        self.core().forget(&key)
    }

    /// What is under way just now, for monitoring.
    fn snapshot(&self) -> SingleFlightSnapshot {
        self.core().snapshot().into()
    }

    /// A task's part in the flight of `key`; `task`, or None, tells it from the other tasks of its thread.
    fn _enter(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = key)] key: Key,
        task: &Bound<'_, PyAny>,
    ) -> PyResult<FlightPart> {
        // No two objects that live have one address.
        let task = if task.is_none() { 0 } else { task.as_ptr().addr() as u64 };
        let caller = Caller::named(this_thread(py)?, task);
        self.core().enter_kept(key, caller).map(FlightPart::new).map_err(errors::flight)
    }

    fn __len__(&self) -> usize {
        self.core().len()
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (name, seen) = (slf.get_type().qualname()?, slf.get().core().snapshot());
        Ok(format!("<{name} flights={} followers={}>", seen.flights, seen.followers))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        let name = slf.get_type().qualname()?.to_string();
        Err(errors::no_pickle(&name, "its calls are made in this process"))
    }
}
