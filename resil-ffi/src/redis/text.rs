//! Names and subjects, which are text: UTF-8.

use std::ffi::{CStr, c_char};

use crate::argument::{Call, Failed};
use crate::status::resil_status_t::*;

/// A text of the caller's that ends with a NUL.
///
/// # Safety
/// `pointer` is NULL, or points to a text that ends with a NUL and that nobody changes during `'a`.
pub(super) unsafe fn text<'a>(
    call: Call,
    pointer: *const c_char,
    argument: &'static str,
) -> Result<&'a str, Failed> {
    // SAFETY: the first byte of a text is there to be read, if it is only the NUL.
    let _ = unsafe { call.copy(pointer, argument) }?;
    // SAFETY: not NULL, for it was read; passed on.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map_err(|_| not_utf8(call, argument))
}

/// Whom a limiter limits.
///
/// # Safety
/// `pointer` is NULL, or valid for reads of `len` bytes for all of `'a`.
pub(super) unsafe fn subject<'a>(
    call: Call,
    pointer: *const c_char,
    len: usize,
) -> Result<&'a str, Failed> {
    // SAFETY: passed on.
    let bytes = unsafe { call.bytes(pointer.cast(), len, "subject") }?;
    std::str::from_utf8(bytes).map_err(|_| not_utf8(call, "subject"))
}

#[cold]
fn not_utf8(call: Call, argument: &'static str) -> Failed {
    call.fail(RESIL_STATUS_NOT_UTF8, format_args!("{argument} must be UTF-8"))
}
