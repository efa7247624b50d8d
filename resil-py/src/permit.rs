//! `resil.Permit`: a call that a breaker let through. `resil.Guard`: the same as a `with` block.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use resil_core::Instant;
use resil_core::sre_breaker::Outcome;

use crate::clock::ChosenClock;
use crate::sre_breaker::SreBreaker;
use crate::{classify, errors, instant, members};

type Breaker = resil_core::SreBreaker<ChosenClock>;

/// A call that a breaker let through. Settle it, once, with what became of it.
///
/// Settling it again raises ResilError. Dropped unsettled it counts as nothing, so a call that is given up
/// speaks neither way. Another thread may settle it.
#[pyclass(frozen, module = "resil")]
#[derive(Debug)]
pub(crate) struct Permit {
    breaker: Arc<Breaker>,
    settled: AtomicBool,
}

impl Permit {
    pub(crate) fn new(breaker: &Arc<Breaker>) -> Self {
        Self { breaker: Arc::clone(breaker), settled: AtomicBool::new(false) }
    }

    /// Whether nobody has settled it before; from now on it is settled.
    fn claim(&self) -> bool {
        // ORDERING: Relaxed. Nothing but this flag tells who came first.
        !self.settled.swap(true, Ordering::Relaxed)
    }

    fn claim_or_raise(&self) -> PyResult<&Breaker> {
        if self.claim() { Ok(&self.breaker) } else { Err(errors::misuse("the permit is settled")) }
    }
}

#[pymethods]
impl Permit {
    /// The call went well.
    fn success(&self) -> PyResult<()> {
        self.settle(Outcome::Success)
    }

    /// As success(), at an instant that the caller has read already.
    fn success_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> PyResult<()> {
        self.settle_at(now_ns, Outcome::Success)
    }

    /// The call failed.
    fn failure(&self) -> PyResult<()> {
        self.settle(Outcome::Failure)
    }

    /// As failure(), at an instant that the caller has read already.
    fn failure_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> PyResult<()> {
        self.settle_at(now_ns, Outcome::Failure)
    }

    /// The call says nothing about whoever was called.
    fn ignore(&self) -> PyResult<()> {
        self.settle(Outcome::Ignored)
    }

    /// The call came to an outcome.
    fn settle(&self, #[pyo3(from_py_with = members::outcome)] outcome: Outcome) -> PyResult<()> {
        self.claim_or_raise()?.record(outcome);
        Ok(())
    }

    /// As settle(), at an instant that the caller has read already.
    fn settle_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = members::outcome)] outcome: Outcome,
    ) -> PyResult<()> {
        self.claim_or_raise()?.record_at(now_ns, outcome);
        Ok(())
    }

    fn __repr__(&self) -> &'static str {
        // ORDERING: Relaxed, as in `claim`.
        if self.settled.load(Ordering::Relaxed) { "<Permit settled>" } else { "<Permit>" }
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::no_pickle("Permit", "only its own breaker can count it"))
    }
}

/// One guarded ``with`` block: ``with breaker.guard() as permit:``.
///
/// Entering raises Rejected, and the block does not run, if the breaker refuses. Leaving settles the permit,
/// unless that was done by hand: as a success; by an Exception as a failure; as nothing if it is a refusal of
/// this library further in (also as its ``__cause__``), or no Exception (KeyboardInterrupt, CancelledError,
/// GeneratorExit, SystemExit). No exception is held back or replaced. For one block each.
#[pyclass(frozen, module = "resil")]
#[derive(Debug)]
pub(crate) struct Guard {
    breaker: Py<SreBreaker>,
    /// Made with the guard: to put it here on entering would take a lock of its own.
    permit: Py<Permit>,
    entered: AtomicBool,
}

impl Guard {
    pub(crate) fn new(breaker: &Bound<'_, SreBreaker>) -> PyResult<Self> {
        let permit = Py::new(breaker.py(), breaker.get().permit())?;
        Ok(Self { breaker: breaker.clone().unbind(), permit, entered: AtomicBool::new(false) })
    }
}

#[pymethods]
impl Guard {
    fn __enter__(&self, py: Python<'_>) -> PyResult<Py<Permit>> {
        let entered = || errors::misuse("a guard is entered once; ask for another with guard()");
        // ORDERING: Relaxed, here and below. Nothing but this flag tells who came first.
        if self.entered.load(Ordering::Relaxed) {
            return Err(entered());
        }
        self.breaker.get().admit(py)?;
        // What a refusal leaves can be entered again, so this is told only now; another may have been faster.
        if self.entered.swap(true, Ordering::Relaxed) {
            return Err(entered());
        }
        Ok(self.permit.clone_ref(py))
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        exc_type: &Bound<'_, PyAny>,
        exc: &Bound<'_, PyAny>,
        traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let _ = (exc_type, traceback);
        if !self.entered.load(Ordering::Relaxed) {
            return Err(errors::misuse("the guard was not entered"));
        }
        let permit = self.permit.get();
        if permit.claim() {
            let outcome = if exc.is_none() {
                Outcome::Success
            } else {
                classify::outcome(py, &PyErr::from_value(exc.clone()), None)?
            };
            permit.breaker.record(outcome);
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // No `__clear__`: see `sre_breaker.rs`.
        visit.call(&self.breaker)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::no_pickle("Guard", "it belongs to one block"))
    }
}
