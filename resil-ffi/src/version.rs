//! Which library this is.

use std::ffi::{CStr, c_char};

use crate::guard::guard;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a version has no NUL in it"),
    };

const ABI_VERSION: u32 = {
    let major = number(env!("CARGO_PKG_VERSION_MAJOR"));
    if major == 0 { number(env!("CARGO_PKG_VERSION_MINOR")) } else { major * 1_000 }
};

const fn number(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version consists of numbers"),
    }
}

/// The version of the library that runs, as "0.1.0"; the header's own is RESIL_VERSION_STRING. Static text.
#[unsafe(no_mangle)]
pub extern "C" fn resil_version() -> *const c_char {
    guard("resil_version", VERSION.as_ptr(), || VERSION.as_ptr())
}

/// The ABI version of the library that runs. A program whose header says another RESIL_ABI_VERSION must not
/// use it; the file name of the shared library on Linux (libresil.so.0.1) sees to that already.
#[unsafe(no_mangle)]
pub extern "C" fn resil_abi_version() -> u32 {
    guard("resil_abi_version", ABI_VERSION, || ABI_VERSION)
}
