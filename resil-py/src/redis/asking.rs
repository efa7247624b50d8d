//! A call of a task: polled by its event loop, woken by `wakes.rs`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;

use super::came::Came;
use super::limiter::unknown;

/// What the call comes to; `None` where the limiter is not asked that.
type Coming = Pin<Box<dyn Future<Output = Option<Came>> + Send>>;

/// A call under way. Dropped, a call that was not sent yet never is.
#[pyclass(frozen, module = "resil._resil")]
pub(crate) struct _StoreAsking {
    coming: Mutex<Option<Coming>>,
    waker: Waker,
    process: u32,
}

impl fmt::Debug for _StoreAsking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("_StoreAsking").finish_non_exhaustive()
    }
}

impl _StoreAsking {
    /// Begins: what was decided at once, or the call to poll when it is woken.
    pub(crate) fn begin(
        py: Python<'_>,
        mut coming: Coming,
        waker: Waker,
    ) -> PyResult<Bound<'_, PyAny>> {
        match coming.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(came) => came.ok_or_else(unknown)?.into_python(py),
            Poll::Pending => {
                let process = std::process::id();
                let asking = Self { coming: Mutex::new(Some(coming)), waker, process };
                Ok(Bound::new(py, asking)?.into_any())
            }
        }
    }
}

impl Drop for _StoreAsking {
    fn drop(&mut self) {
        // A child after a fork must not meet the locks of its parent's lane.
        if self.process != std::process::id() {
            let coming = self.coming.get_mut().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(coming.take());
        }
    }
}

#[pymethods]
impl _StoreAsking {
    /// The answer, if it has come; once.
    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(polled) = coming.as_mut() else { return Ok(None) };
        match polled.as_mut().poll(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(came) => {
                *coming = None;
                drop(coming);
                came.ok_or_else(unknown)?.into_python(py).map(Some)
            }
            Poll::Pending => Ok(None),
        }
    }

    /// Gives the call up.
    fn abandon(&self) {
        drop(self.coming.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
