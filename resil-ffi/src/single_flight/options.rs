//! What a single flight is made with.

use std::ffi::c_void;

use crate::argument::BeginsWithSize;

/// Destroys a value that a call has made, once, when nobody holds it any more. free() will do. Must return (see
/// Callbacks above); called by whoever lets go of the value last, on that thread, with nothing locked.
pub type resil_destroy_t = Option<unsafe extern "C-unwind" fn(value: *mut c_void)>;

/// What a single flight is made with. Start from RESIL_SINGLE_FLIGHT_OPTIONS_INIT, then change fields: later
/// versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_single_flight_options_t {
    /// sizeof(resil_single_flight_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// Destroys the values, or NULL: they are the caller's to deal with. It may be called as long as a value of
    /// this single flight is held.
    pub destroy: resil_destroy_t,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_single_flight_options_t {}
