//! Draws from a callable of Python's, for breakers in tests.
//!
//! The core decides whether a draw is needed, and its `Draw` cannot fail; a callable can. So the core unwinds
//! to the border there (where it changes nothing before it has its draw), with the exception as the payload.
//! The callable is handed through a thread-local for the length of one question, in which no Python runs
//! before it is taken: greenlets and nested questions see none but their own. The core itself thus holds no
//! Python object that the garbage collector would have to know.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pyo3::prelude::*;
use resil_core::{Draw, ThreadDraw};

use crate::number;

thread_local! {
    static CALLABLE: Cell<Option<Py<PyAny>>> = const { Cell::new(None) };
}

/// The draw of a breaker that was given a callable; asks the one of the question under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PythonDraw;

/// What the callable raised.
struct Raised(PyErr);

impl Draw for PythonDraw {
    fn draw(&self) -> f64 {
        let Some(callable) = CALLABLE.take() else { return ThreadDraw.draw() };
        let drawn = Python::attach(|py| number::draw(&callable.bind(py).call0()?));
        drawn.unwrap_or_else(|error| resume_unwind(Box::new(Raised(error))))
    }
}

/// What `question` answers, which may draw from `callable` once.
///
/// # Errors
/// What the callable raises, or that it drew nonsense; then nothing has changed.
pub(crate) fn drawing_from<T>(
    callable: &Py<PyAny>,
    py: Python<'_>,
    question: impl FnOnce() -> T,
) -> PyResult<T> {
    CALLABLE.set(Some(callable.clone_ref(py)));
    let answer = catch_unwind(AssertUnwindSafe(question));
    drop(CALLABLE.take());
    answer.map_err(|payload| match payload.downcast::<Raised>() {
        Ok(raised) => raised.0,
        Err(panic) => resume_unwind(panic),
    })
}
