//! What an operation on a store comes to, of any kind, and what it asks on its way.

use std::sync::Mutex;

use pyo3::prelude::*;
use resil_core::pure::store_gate::Fault;
use resil_core::token_bucket::Cancelled;
use resil_redis::{Asking, Begun, Reservation};

use super::answer::Answer;
use super::held::_StoreHeld;
use super::step::_StoreStep;

/// The end of an operation.
pub(crate) enum Came {
    Answer(Answer),
    Reserved(Answer, Option<Box<Reservation>>),
    Cancelled(bool),
}

impl Came {
    pub(crate) fn reserved(answer: resil_redis::Answer<Reservation>) -> Self {
        let mut held = None;
        let answer = Answer::of(answer, |reservation| {
            held = Some(Box::new(reservation));
            Ok((resil_core::period_limiter::Granted::Granted, None))
        });
        Self::Reserved(answer, held)
    }

    pub(crate) fn cancelled(answer: resil_redis::Answer<Cancelled>) -> Self {
        Self::Cancelled(answer.result == Ok(Cancelled::GaveBack))
    }

    /// An answer, an answer with what is held, or whether anything came back.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Answer(answer) => Ok(Bound::new(py, answer)?.into_any()),
            Self::Reserved(answer, held) => {
                let held = held.map(|held| _StoreHeld::new(*held));
                Ok((answer, held).into_pyobject(py)?.into_any())
            }
            Self::Cancelled(gave_back) => Ok(gave_back.into_pyobject(py)?.to_owned().into_any()),
        }
    }
}

/// A call that a client of Python's is to carry out, of an operation of any kind.
pub(crate) trait Step: Send {
    fn script(&self) -> &'static str;
    fn sha1(&self) -> &'static str;
    fn keys(&self) -> usize;
    /// Keys, then arguments.
    fn words(&self) -> Vec<&str>;
    fn finish(self: Box<Self>, outcome: Result<&[i64], Fault>) -> Next;
}

/// What is next.
pub(crate) enum Next {
    Came(Came),
    Ask(Box<dyn Step>),
}

struct Erased<T> {
    asking: Asking<T>,
    came: fn(resil_redis::Answer<T>) -> Came,
}

impl<T: 'static> Step for Erased<T> {
    fn script(&self) -> &'static str {
        self.asking.script()
    }

    fn sha1(&self) -> &'static str {
        self.asking.sha1()
    }

    fn keys(&self) -> usize {
        self.asking.keys().count()
    }

    fn words(&self) -> Vec<&str> {
        self.asking.keys().chain(self.asking.arguments()).collect()
    }

    fn finish(self: Box<Self>, outcome: Result<&[i64], Fault>) -> Next {
        Next::of(self.asking.finish(outcome), self.came)
    }
}

impl Next {
    pub(crate) fn of<T: 'static>(
        begun: Begun<T>,
        came: fn(resil_redis::Answer<T>) -> Came,
    ) -> Self {
        match begun {
            Begun::Decided(answer) => Self::Came(came(answer)),
            Begun::Ask(asking) => Self::Ask(Box::new(Erased { asking, came })),
        }
    }

    /// As [`Came::into_python`], or the step.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Came(came) => came.into_python(py),
            Self::Ask(step) => {
                let step = _StoreStep::new(Mutex::new(Some(step)));
                Ok(Bound::new(py, step)?.into_any())
            }
        }
    }
}
