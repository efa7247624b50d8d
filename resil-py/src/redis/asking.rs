//! A call of a task: polled by its event loop, woken by `wakes.rs`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;

use super::came::Came;
use super::limiter::unknown;

/// What the call comes to; `None` where the limiter is not asked that.
type Coming = Pin<Box<dyn Future<Output = Option<Came>> + Send>>;

/// A call, which only the process that began it may drop.
struct Kept {
    /// There until it is dropped.
    coming: Option<Coming>,
    process: u32,
}

impl Drop for Kept {
    fn drop(&mut self) {
        // A child after a fork must not meet the locks of its parent's lane.
        if self.process != std::process::id() {
            std::mem::forget(self.coming.take());
        }
    }
}

/// A call under way. Dropped, a call that was not sent yet never is.
#[pyclass(frozen, module = "resil._resil")]
pub(crate) struct _StoreAsking {
    kept: Mutex<Option<Kept>>,
    waker: Waker,
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
                let kept = Kept { coming: Some(coming), process: std::process::id() };
                let asking = Self { kept: Mutex::new(Some(kept)), waker };
                Ok(Bound::new(py, asking)?.into_any())
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        // What panics while it is locked leaves nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl _StoreAsking {
    /// The answer, if it has come; once.
    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut kept = self.kept();
        let Some(coming) = kept.as_mut().and_then(|kept| kept.coming.as_mut()) else {
            return Ok(None);
        };
        match coming.as_mut().poll(&mut Context::from_waker(&self.waker)) {
            Poll::Ready(came) => {
                *kept = None;
                drop(kept);
                came.ok_or_else(unknown)?.into_python(py).map(Some)
            }
            Poll::Pending => Ok(None),
        }
    }

    /// Gives the call up.
    fn abandon(&self) {
        let given_up = self.kept().take();
        drop(given_up);
    }
}
