//! A script call that a client of Python's carries out.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyList, PyString, PyTuple};
use resil_core::pure::store_gate::Fault;
use resil_core::remote::fault::fault_of;

use super::came::Step;
use crate::{errors, redis};

type Kept = Mutex<Option<Box<dyn Step>>>;

/// A script call to carry out: EVALSHA, or EVAL where the server does not know the script. Dropped, it counts as given
/// up.
#[pyclass(frozen, module = "resil._resil")]
pub(crate) struct _StoreStep(Kept);

impl fmt::Debug for _StoreStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("_StoreStep").finish_non_exhaustive()
    }
}

impl _StoreStep {
    pub(crate) const fn new(kept: Kept) -> Self {
        Self(kept)
    }

    fn look<T>(&self, look: impl FnOnce(&dyn Step) -> PyResult<T>) -> PyResult<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(kept.as_deref().ok_or_else(finished)?)
    }

    fn go_on<'py>(
        &self,
        py: Python<'py>,
        outcome: Result<&[i64], Fault>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let step = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        step.ok_or_else(finished)?.finish(outcome).into_python(py)
    }
}

#[cold]
fn finished() -> PyErr {
    errors::misuse("this call was finished already")
}

#[pymethods]
impl _StoreStep {
    /// The script's text.
    #[getter]
    fn script<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.look(|step| Ok(PyString::new(py, step.script())))
    }

    /// The script's digest, in hexadecimal digits.
    #[getter]
    fn sha1<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.look(|step| Ok(PyString::new(py, step.sha1())))
    }

    /// How many keys there are.
    #[getter]
    fn keys(&self) -> PyResult<usize> {
        self.look(|step| Ok(step.keys()))
    }

    /// The keys, then the arguments.
    #[getter]
    fn words<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.look(|step| PyTuple::new(py, step.words()))
    }

    /// Goes on with what the script answered; what it never answers is a fault of the call.
    fn finish<'py>(&self, numbers: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let read = |list: &Bound<'py, PyList>| list.extract::<Vec<i64>>().ok();
        let numbers_found = numbers.cast::<PyList>().ok().and_then(read);
        self.go_on(numbers.py(), numbers_found.as_deref().ok_or(Fault::Call))
    }

    /// Goes on without an answer.
    fn fail<'py>(
        &self,
        py: Python<'py>,
        #[pyo3(from_py_with = redis::members::fault)] fault: Fault,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.go_on(py, Err(fault))
    }

    /// Goes on with an error that the server answered.
    fn fail_as<'py>(&self, py: Python<'py>, error: &str) -> PyResult<Bound<'py, PyAny>> {
        self.go_on(py, Err(fault_of(error)))
    }
}
