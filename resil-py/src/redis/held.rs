//! What keeps a promise of a store, until it is given back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use resil_redis::Reservation;

use super::asking::_StoreAsking;
use super::came::{Came, Next};
use super::wakes::_StoreWakes;
use crate::duration;

/// Permits that are promised for later; asked for, it gives them back, once.
#[pyclass(frozen, module = "resil._resil")]
#[derive(Debug)]
pub(crate) struct _StoreHeld {
    ready_after: Duration,
    held: Mutex<Option<Reservation>>,
}

impl _StoreHeld {
    pub(crate) fn new(reservation: Reservation) -> Self {
        Self { ready_after: reservation.ready_after(), held: Mutex::new(Some(reservation)) }
    }

    fn take(&self) -> Option<Reservation> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[pymethods]
impl _StoreHeld {
    /// Nanoseconds from reserving until the permits are there.
    #[getter]
    fn ready_after_ns(&self) -> u64 {
        duration::nanos(self.ready_after)
    }

    /// Gives them back, over the store's own connection.
    fn ask<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let cancel = |held: Reservation| Came::cancelled(held.cancel());
        let came = py.detach(|| self.take().map_or(Came::Cancelled(false), cancel));
        came.into_python(py)
    }

    /// As ask(), from a task: the answer, or the call to wait for.
    fn ask_async<'py>(
        &self,
        py: Python<'py>,
        wakes: &Bound<'py, _StoreWakes>,
        call: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let held = self.take();
        let coming = Box::pin(async move {
            match held {
                Some(held) => Some(Came::cancelled(held.cancel_async().await)),
                None => Some(Came::Cancelled(false)),
            }
        });
        _StoreAsking::begin(py, coming, wakes.get().waker(call))
    }

    /// As ask(), by a client of Python's: the answer, or its first step.
    fn begin<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.take() {
            Some(held) => Next::of(held.begin_cancel(), Came::cancelled),
            None => Next::Came(Came::Cancelled(false)),
        }
        .into_python(py)
    }
}
