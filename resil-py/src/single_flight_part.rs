//! `resil._resil._FlightPart`: a task's part in a flight; `single_flight.py` awaits around it.
//!
//! The part is taken out of its lock while it is used, so that nothing of Python runs or is dropped under it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::PyTraverseError;
use pyo3::exceptions::PyBaseException;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use resil_core::single_flight::{Arrived, Part};

use crate::errors;
use crate::shared::Shared;
use crate::single_flight::{Landed, landed};
use crate::single_flight_key::Key;
use crate::single_flight_wait::Wakes;

/// A task's part in a flight: it leads, follows, or is done.
#[pyclass(frozen, name = "_FlightPart", module = "resil._resil")]
#[derive(Debug)]
pub(crate) struct FlightPart(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    part: Option<Part<'static, Key, Landed>>,
    /// What wakes it, for the garbage collector: a waiting task and its future form a ring through here.
    wakes: Option<Arc<Wakes>>,
}

impl FlightPart {
    pub(crate) fn new(part: Part<'static, Key, Landed>) -> Self {
        Self(Mutex::new(Held { part: Some(part), wakes: None }))
    }

    fn swap(&self, held: Held) -> Held {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), held)
    }

    fn take(&self) -> Option<Part<'static, Key, Landed>> {
        self.swap(Held::default()).part
    }
}

#[pymethods]
impl FlightPart {
    /// Whether it leads: then make the call, and end it with land(), fail() or hand_over().
    #[getter]
    fn leads(&self) -> bool {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(held.part, Some(Part::Lead(_)))
    }

    /// Looks whether waiting is over: answers the value, raises, or answers None if it leads now, or must wait
    /// until `wake` is called.
    fn look(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<Option<Shared>> {
        let wakes = Arc::new(Wakes(wake));
        let Some(Part::Follow(mut following)) = self.take() else {
            return Err(errors::misuse("this part of a flight does not follow"));
        };
        let waker = Waker::from(Arc::clone(&wakes));
        let part = match following.poll(&Context::from_waker(&waker)) {
            Poll::Pending => Part::Follow(following),
            Poll::Ready(Ok(Arrived::Lead(leading))) => Part::Lead(leading),
            Poll::Ready(Ok(Arrived::Value(value))) => return landed(py, &value).map(Some),
            Poll::Ready(Err(error)) => return Err(errors::flight(error)),
        };
        drop(self.swap(Held { part: Some(part), wakes: Some(wakes) }));
        Ok(None)
    }

    /// Ends the flight with what the call returned.
    fn land(&self, py: Python<'_>, value: Py<PyAny>) -> PyResult<Shared> {
        let Some(Part::Lead(leading)) = self.take() else {
            return Err(errors::misuse("this part of a flight does not lead"));
        };
        let is_shared = leading.land(Landed::Returned(value.clone_ref(py))).is_shared();
        Ok(Shared::new(value, true, is_shared))
    }

    /// Ends the flight with what the call raised.
    fn land_raised(&self, raised: Py<PyBaseException>) {
        if let Some(Part::Lead(leading)) = self.take() {
            drop(leading.land(Landed::Raised(raised)));
        }
    }

    /// Leaves: a call that it leads goes to a follower, or ends if nobody follows.
    fn leave(&self) {
        if let Some(Part::Lead(leading)) = self.take() {
            leading.hand_over();
        }
    }

    /// Leaves, and fails those who follow.
    fn fail(&self) {
        drop(self.take());
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Used just now, it is not garbage. No `__clear__`: the task and its future have theirs.
        match self.0.try_lock() {
            Ok(held) => held.wakes.as_ref().map_or(Ok(()), |wakes| visit.call(&wakes.0)),
            Err(_) => Ok(()),
        }
    }
}
