//! What a call came to, held by everyone who asked for it.

use std::ffi::c_void;

use resil_core::single_flight::Shared;

use crate::guard::guard;
use crate::status::resil_status_t;

/// What a call came to, and whose it was. Each caller of resil_single_flight_run gets a handle of its own; all
/// handles of one call lead to one value, which is destroyed with the last of them. A handle may be read by
/// several threads at once, and freed by any one.
pub struct resil_shared_value_t(pub(super) Shared<Loaded>);

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<resil_shared_value_t>();
};

/// How values are destroyed.
#[derive(Clone, Copy)]
pub(super) struct Destroy(pub(super) Option<unsafe extern "C-unwind" fn(value: *mut c_void)>);

/// What a call came to, destroyed when it is dropped.
pub(super) struct Loaded {
    value: *mut c_void,
    status: i32,
    destroy: Destroy,
}

// SAFETY: the value belongs to whoever holds this, and the caller's loader says that any thread may read and
// destroy it (resil.h, resil_load_t).
unsafe impl Send for Loaded {}
// SAFETY: as above; what is here is read only.
unsafe impl Sync for Loaded {}

impl Loaded {
    pub(super) fn new(value: *mut c_void, status: i32, destroy: Destroy) -> Self {
        Self { value, status, destroy }
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let (Some(destroy), false) = (self.destroy.0, self.value.is_null()) {
            // SAFETY: the caller's function takes what the caller's loader made (resil.h, Callbacks); nobody
            // else holds it any more, and it is dropped once.
            unsafe { destroy(self.value) };
        }
    }
}

/// The value that the call made, NULL if it made none or if `shared` is NULL. It is good until the handle is
/// freed, and others may be reading it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_shared_value_get(
    shared: *const resil_shared_value_t,
) -> *mut c_void {
    guard("resil_shared_value_get", std::ptr::null_mut(), || {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { shared.as_ref() }.map_or(std::ptr::null_mut(), |shared| shared.0.value)
    })
}

/// What the call returned: the caller's own number, 0 if all was well. RESIL_STATUS_NULL_ARGUMENT if `shared` is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_shared_value_status(shared: *const resil_shared_value_t) -> i32 {
    guard("resil_shared_value_status", resil_status_t::RESIL_STATUS_PANIC as i32, || {
        let missing = resil_status_t::RESIL_STATUS_NULL_ARGUMENT as i32;
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { shared.as_ref() }.map_or(missing, |shared| shared.0.status)
    })
}

/// Whether the caller that got this handle made the call itself. False for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_shared_value_led(shared: *const resil_shared_value_t) -> bool {
    guard("resil_shared_value_led", false, || {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { shared.as_ref() }.is_some_and(|shared| shared.0.led())
    })
}

/// Whether other callers got the value too. False for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_shared_value_is_shared(shared: *const resil_shared_value_t) -> bool {
    guard("resil_shared_value_is_shared", false, || {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { shared.as_ref() }.is_some_and(|shared| shared.0.is_shared())
    })
}

/// Lets go of the value, and destroys it if nobody else holds it. NULL is fine. The single flight may be freed
/// already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_shared_value_free(shared: *mut resil_shared_value_t) {
    guard("resil_shared_value_free", (), || {
        if !shared.is_null() {
            // SAFETY: it came from `resil_single_flight_run` and is not freed yet (resil.h, Ownership).
            drop(unsafe { Box::from_raw(shared) });
        }
    });
}
