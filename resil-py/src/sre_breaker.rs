//! `resil.SreBreaker`: what decides, guards and calls; `sre_breaker.py` adds asyncio and the decorator.
//!
//! The garbage collector sees the callable that a breaker draws from. There is no `__clear__`: like a tuple,
//! the object never changes, so each ring through it has a later, changeable member at which it is broken.

use std::ffi::CStr;
use std::sync::Arc;

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use resil_core::Instant;
use resil_core::sre_breaker::{Mode, Outcome, Rejected};

use crate::clock::{ChosenClock, coarse_unless_told};
use crate::coroutine::is_coroutine;
use crate::given::{Given, Method};
use crate::permit::{Guard, Permit};
use crate::python_draw::{PythonDraw, drawing_from};
use crate::sre_breaker_config::{SreBreakerConfig, config};
use crate::sre_breaker_snapshot::SreBreakerSnapshot;
use crate::{classify, coroutine, errors, instant, members, number};

/// Keeps calls from a backend that fails them: refuses the share of calls that would fail anyway.
///
/// ``SreBreaker(config=None, *, clock=None, draw=None)``: ``config`` None is SreBreakerConfig.go_zero_1_3();
/// ``clock`` None is CoarseClock, on which a bucket is at least 100 ms wide; ``draw`` is what chances come
/// from, in tests: a callable that answers a number of at least 0 and below 1. It is called only where a
/// chance decides; what it raises goes through, and nothing is counted.
///
/// What is refused follows what the window of the last seconds holds; some calls get through even then, so a
/// backend that recovers is seen to. Guard a call with run(), run_async(), ``with breaker.guard():`` or
/// ``@breaker.protect``, or ask with try_acquire() and settle the permit. A refusal raises Rejected.
///
/// Threads and tasks share it; nothing waits, and no lock is held while your code runs. A forked child has a
/// copy of its own, and other draws. To subclass it with other arguments, override ``__new__``.
///
/// >>> from resil import SreBreaker
/// >>> breaker = SreBreaker()
/// >>> breaker.run(int, "17")
/// 17
/// >>> breaker.snapshot().accepts
/// 1
#[pyclass(frozen, subclass, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct SreBreaker {
    core: Arc<resil_core::SreBreaker<ChosenClock>>,
    config: SreBreakerConfig,
    draw: Option<Py<PyAny>>,
}

/// The argument `draw`; `None` is the library's own.
fn drawn_from(value: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    callable_or_none("draw", value)
}

/// The argument `failure`; `None` takes every exception for one.
pub(crate) fn failure(value: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    callable_or_none("failure", value)
}

/// What is no call of anybody's counts as none.
#[inline]
fn callable(name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    if value.is_callable() { Ok(()) } else { Err(errors::wrong_type(name, "callable", value)) }
}

fn callable_or_none(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    match value {
        none if none.is_none() => Ok(None),
        callable if callable.is_callable() => Ok(Some(callable.clone().unbind())),
        other => Err(errors::wrong_type(name, "callable", other)),
    }
}

impl SreBreaker {
    /// Asks; from the answer on the call may be made.
    #[inline]
    fn ask(&self, py: Python<'_>) -> PyResult<Result<(), Rejected>> {
        let answer = match &self.draw {
            None => self.core.try_acquire(),
            Some(draw) => drawing_from(draw, py, || self.core.try_acquire())?,
        };
        // Dropped, it counts as nothing: what became of the call is recorded by itself.
        Ok(answer.map(drop))
    }

    /// A permit, unasked for.
    #[inline]
    pub(crate) fn permit(&self) -> Permit {
        Permit::new(&self.core)
    }

    /// Asks; raises a refusal.
    #[inline]
    pub(crate) fn admit(&self, py: Python<'_>) -> PyResult<()> {
        self.ask(py)?.map_err(errors::rejected)
    }

    #[cold]
    fn failed<T>(&self, py: Python<'_>, error: PyErr, failure: Option<&Py<PyAny>>) -> PyResult<T> {
        self.core.record(classify::outcome(py, &error, failure)?);
        Err(error)
    }

    /// Makes the call if it may be made, and counts it.
    #[inline]
    pub(crate) fn guarded<'py>(
        &self,
        call: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
        py: Python<'py>,
        failure: Option<&Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.admit(py)?;
        match call() {
            // It has not run: to count it as a success would be wrong.
            Ok(answer) if is_coroutine(&answer)? => {
                Err(coroutine::refuse(&answer, "guard it with run_async()"))
            }
            Ok(answer) => {
                self.core.record(Outcome::Success);
                Ok(answer)
            }
            Err(error) => self.failed(py, error, failure),
        }
    }
}

/// `run()`.
pub(crate) struct Run;

impl Method for Run {
    type Class = SreBreaker;
    const NAME: &'static CStr = c"run";
    const DOC: &'static CStr = c"run($self, function, /, *args, **kwargs)
--

Calls ``function(*args, **kwargs)`` if it may be called, and answers what it answers.

Returning counts as a success and an Exception as a failure; as neither count what is no Exception
(KeyboardInterrupt, CancelledError, GeneratorExit, SystemExit), and a refusal of this library further in,
Denied or Rejected, also as the ``__cause__`` of what was raised. Exceptions go through as they are.
Raises Rejected, without calling, if the call may not be made. A coroutine is refused: see run_async().";

    fn call<'py>(
        slf: Borrowed<'_, 'py, SreBreaker>,
        given: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let missing = "run() missing 1 required positional argument";
        let [function] = given.first(["function"], missing)?;
        callable("function", &function)?;
        slf.get().guarded(|| given.call(&function, 1), given.py(), None)
    }
}

#[pymethods]
impl SreBreaker {
    #[new]
    #[pyo3(
        signature = (config=None, *, clock=ChosenClock::Coarse, draw=None),
        text_signature = "(config=None, *, clock=None, draw=None)"
    )]
    fn new(
        #[pyo3(from_py_with = config)] config: Option<SreBreakerConfig>,
        #[pyo3(from_py_with = coarse_unless_told)] clock: ChosenClock,
        #[pyo3(from_py_with = drawn_from)] draw: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let config = config.unwrap_or_default();
        let mut core =
            resil_core::SreBreaker::with_clock(config.recipe(), clock).map_err(errors::config)?;
        if draw.is_some() {
            core = core.with_draw(PythonDraw);
        }
        Ok(Self { core: Arc::new(core), config, draw })
    }

    /// Asks whether a call may be made; never waits. Settle the permit with what became of it.
    ///
    /// Raises Rejected if it may not.
    fn try_acquire(&self, py: Python<'_>) -> PyResult<Permit> {
        self.admit(py)?;
        Ok(self.permit())
    }

    /// As try_acquire(), at an instant that the caller has read already and with a draw of the caller's.
    ///
    /// The draw is a number of at least 0 and below 1: the call is refused if it is less than the share to
    /// refuse.
    fn try_acquire_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = number::draw)] draw: f64,
    ) -> PyResult<Permit> {
        self.core.try_acquire_at(now_ns, draw).map(drop).map_err(errors::rejected)?;
        Ok(self.permit())
    }

    /// Makes a ``with`` block whose outcome is counted: ``with breaker.guard() as permit:``.
    ///
    /// Entering raises Rejected if the block may not run. Leaving settles the permit, unless that was done by
    /// hand, as run() counts. Also in coroutines: nothing waits.
    fn guard(slf: &Bound<'_, Self>) -> PyResult<Guard> {
        Guard::new(slf)
    }

    /// Calls ``function()`` if it may be called, and counts its answer as ``classify(answer)`` says: an Outcome.
    ///
    /// If the call may not be made, answers ``fallback(rejected)`` instead, which is told why by the Rejected
    /// exception. What `function` or `classify` raises counts as in run(), and goes through.
    fn run_with<'py>(
        &self,
        function: &Bound<'py, PyAny>,
        classify: &Bound<'py, PyAny>,
        fallback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        callable("function", function)?;
        callable("classify", classify)?;
        callable("fallback", fallback)?;
        let py = function.py();
        if let Err(why) = self.ask(py)? {
            return fallback.call1((errors::rejected(why).into_value(py),));
        }
        let answer = match function.call0() {
            Ok(answer) if is_coroutine(&answer)? => {
                return Err(coroutine::refuse(&answer, "guard it with run_async()"));
            }
            Ok(answer) => answer,
            Err(error) => return self.failed(py, error, None),
        };
        match classify.call1((&answer,)).and_then(|outcome| members::classified(&outcome)) {
            Ok(outcome) => {
                self.core.record(outcome);
                Ok(answer)
            }
            Err(error) => self.failed(py, error, None),
        }
    }

    /// Tells what a call came to, now; for those who hold no permit.
    fn record(&self, #[pyo3(from_py_with = members::outcome)] outcome: Outcome) {
        self.core.record(outcome);
    }

    /// As record(), at an instant that the caller has read already.
    ///
    /// If its bucket has left the window the outcome is not counted.
    fn record_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = members::outcome)] outcome: Outcome,
    ) {
        self.core.record_at(now_ns, outcome);
    }

    /// Changes what the breaker does with its decisions. Permits out settle in every mode.
    fn set_mode(&self, #[pyo3(from_py_with = members::mode)] mode: Mode) {
        self.core.set_mode(mode);
    }

    /// What the breaker looks like now, for monitoring.
    fn snapshot(&self) -> SreBreakerSnapshot {
        self.core.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
    ) -> SreBreakerSnapshot {
        self.core.snapshot_at(now_ns).into()
    }

    /// What it was made of.
    #[getter]
    fn config(&self) -> SreBreakerConfig {
        self.config.clone()
    }

    /// The clock it reads.
    #[getter]
    fn clock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.core.clock().to_python(py)
    }

    /// Asks as try_acquire() does, without making a permit.
    fn _admit(&self, py: Python<'_>) -> PyResult<()> {
        self.admit(py)
    }

    /// Counts a call as a success.
    fn _succeeded(&self) {
        self.core.record(Outcome::Success);
    }

    /// Counts a call as what it raised says, or as a success if it raised nothing.
    fn _settle(
        &self,
        py: Python<'_>,
        raised: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = failure)] failure: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let outcome = if raised.is_none() {
            Outcome::Success
        } else {
            classify::outcome(py, &PyErr::from_value(raised.clone()), failure.as_ref())?
        };
        self.core.record(outcome);
        Ok(())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let config = slf.get().config.written(slf.py())?;
        Ok(format!("<{} {config}>", slf.get_type().qualname()?))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        Err(errors::shared(slf, "its config and make another"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.draw)
    }
}
