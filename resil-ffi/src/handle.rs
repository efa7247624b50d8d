//! Objects behind handles: handed out by a `_new` once, taken back by a `_free` once.

use std::ptr;

use crate::argument::{Call, Failed, Out};

/// Asked for of every type behind a handle, at compile time: any thread may use any handle.
pub(crate) const fn shared_between_threads<T: Send + Sync>() {}

impl Call {
    /// Where a new handle goes; NULL until it is given one.
    ///
    /// # Safety
    /// As [`Out::optional`].
    pub(crate) unsafe fn handle_out<T>(self, pointer: *mut *mut T) -> Result<Out<*mut T>, Failed> {
        // SAFETY: passed on.
        let out = unsafe { self.out(pointer, "out") }?;
        out.set(ptr::null_mut());
        Ok(out)
    }
}

impl<T> Out<*mut T> {
    /// Hands `object` to the caller, who frees it.
    pub(crate) fn give(&self, object: T) {
        self.set(Box::into_raw(Box::new(object)));
    }
}

/// Takes back what [`Out::give`] handed out. NULL is fine.
///
/// # Safety
/// `handle` is NULL, or came from the `_new` of its type, is not freed yet and in nobody's use (resil.h,
/// Ownership).
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: the caller's promise: it is a `Box` that nobody else has.
        drop(unsafe { Box::from_raw(handle) });
    }
}
