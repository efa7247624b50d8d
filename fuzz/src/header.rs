//! What `include/resil.h` declares: written by `build.rs`.
#![allow(non_camel_case_types, dead_code, reason = "the header's spelling, and all of it")]

use crate::border::Frame;
use std::ffi::{c_char, c_void};

/// A function of the header.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The statuses that its comment names, or the comment of a function that it refers to.
    pub may_answer: &'static [i32],
    /// The arguments that must not be NULL, found the same way.
    pub required: &'static [&'static str],
    /// The type of handle that it makes.
    pub makes: Option<&'static str>,
    /// Calls it with arguments that the frame draws.
    pub call: fn(&Frame<'_>),
}

/// A type behind a handle.
pub trait Handle: 'static {
    /// Its name.
    const NAME: &'static str;

    /// Frees it.
    ///
    /// # Safety
    /// The handle is not freed yet.
    unsafe fn free(handle: *mut Self);
}

include!(concat!(env!("OUT_DIR"), "/header.rs"));
