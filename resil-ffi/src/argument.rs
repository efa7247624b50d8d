//! Checks what C hands in, and names it when it is wrong.
//!
//! A pointer is checked for NULL here and for nothing else: that it points to what its type says is the
//! caller's promise (resil.h, "Pointers").

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use resil_core::Instant;

use crate::last_error;
use crate::status::resil_status_t;

/// The exported function that is running, for its error messages.
#[derive(Clone, Copy)]
pub(crate) struct Call(&'static str);

/// An error whose message is recorded already.
#[derive(Clone, Copy)]
pub(crate) struct Failed(resil_status_t);

impl Failed {
    #[inline]
    pub(crate) fn status(self) -> resil_status_t {
        self.0
    }
}

/// A struct of the header whose first field is `struct_size`.
///
/// # Safety
/// It is `repr(C)`, and its first field is a `usize`.
pub(crate) unsafe trait BeginsWithSize: Copy {}

impl Call {
    #[inline]
    pub(crate) fn new(function: &'static str) -> Self {
        Self(function)
    }

    /// Records what is wrong: `reason` begins with the argument's name.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(self, status: resil_status_t, reason: fmt::Arguments<'_>) -> Failed {
        last_error::record(self.0, reason);
        Failed(status)
    }

    #[cold]
    #[inline(never)]
    fn null(self, argument: &'static str) -> Failed {
        self.fail(
            resil_status_t::RESIL_STATUS_NULL_ARGUMENT,
            format_args!("{argument} must not be NULL"),
        )
    }

    #[cold]
    #[inline(never)]
    fn out_of_range(self, nanos: u64, argument: &'static str) -> Failed {
        self.fail(
            resil_status_t::RESIL_STATUS_NOW_OUT_OF_RANGE,
            format_args!("{argument} must be at most 2^63 - 1, not {nanos}"),
        )
    }

    /// What a handle points to.
    ///
    /// # Safety
    /// `handle` is NULL, or valid for reads for all of `'a`.
    #[inline]
    pub(crate) unsafe fn handle<'a, T: Sync>(
        self,
        handle: *const T,
        argument: &'static str,
    ) -> Result<&'a T, Failed> {
        // SAFETY: not NULL here, so the caller says that it is valid for 'a.
        unsafe { handle.as_ref() }.ok_or_else(|| self.null(argument))
    }

    /// A copy of what a pointer points to.
    ///
    /// # Safety
    /// `pointer` is NULL, or valid for reads.
    #[inline]
    pub(crate) unsafe fn copy<T: Copy>(
        self,
        pointer: *const T,
        argument: &'static str,
    ) -> Result<T, Failed> {
        // SAFETY: not NULL here, so the caller says that it is valid.
        if pointer.is_null() { Err(self.null(argument)) } else { Ok(unsafe { pointer.read() }) }
    }

    /// A copy of a struct that begins with its size.
    ///
    /// # Safety
    /// `pointer` is NULL, or valid for reads of as many bytes as the size there says, and of that.
    #[inline]
    pub(crate) unsafe fn sized<T: BeginsWithSize>(
        self,
        pointer: *const T,
        argument: &'static str,
    ) -> Result<T, Failed> {
        // SAFETY: the size comes first in every version of the struct; nothing else is read before it is known.
        let size = unsafe { self.copy(pointer.cast::<usize>(), argument) }?;
        if size == size_of::<T>() {
            // SAFETY: not NULL, and as long as this struct.
            Ok(unsafe { pointer.read() })
        } else {
            Err(self.fail(
                resil_status_t::RESIL_STATUS_STRUCT_SIZE,
                format_args!("{argument}->struct_size must be {}, not {size}", size_of::<T>()),
            ))
        }
    }

    /// So many bytes of the caller's; NULL is fine for none.
    ///
    /// # Safety
    /// `pointer` is NULL, or valid for reads of `len` bytes for all of `'a`.
    #[inline]
    pub(crate) unsafe fn bytes<'a>(
        self,
        pointer: *const c_void,
        len: usize,
        argument: &'static str,
    ) -> Result<&'a [u8], Failed> {
        match (pointer.is_null(), len) {
            (_, 0) => Ok(&[]),
            (true, _) => Err(self.null(argument)),
            // SAFETY: not NULL here, so the caller says that they are valid for 'a.
            (false, _) => Ok(unsafe { std::slice::from_raw_parts(pointer.cast(), len) }),
        }
    }

    /// A yes or no of a struct's, as an integer; `field` names both.
    pub(crate) fn flag(self, value: u32, field: &'static str) -> Result<bool, Failed> {
        match value {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.fail(
                resil_status_t::RESIL_STATUS_UNKNOWN_VALUE,
                format_args!("{field} must be 0 or 1, not {value}"),
            )),
        }
    }

    /// The caller's function.
    #[inline]
    pub(crate) fn callback<F>(
        self,
        callback: Option<F>,
        argument: &'static str,
    ) -> Result<F, Failed> {
        callback.ok_or_else(|| self.null(argument))
    }

    /// Where an answer goes that must be wanted.
    ///
    /// # Safety
    /// As [`Out::optional`].
    #[inline]
    pub(crate) unsafe fn out<T>(
        self,
        pointer: *mut T,
        argument: &'static str,
    ) -> Result<Out<T>, Failed> {
        // SAFETY: passed on.
        unsafe { Out::optional(pointer) }.ok_or_else(|| self.null(argument))
    }

    /// An instant that the caller has read.
    #[inline]
    pub(crate) fn instant(self, nanos: u64, argument: &'static str) -> Result<Instant, Failed> {
        Instant::from_nanos(nanos).ok_or_else(|| self.out_of_range(nanos, argument))
    }
}

/// Where an answer goes.
///
/// Not a reference: what it points to may be uninitialised, and the caller may pass one place twice.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `pointer` is NULL, or valid for writes as long as this value is used.
    #[inline]
    pub(crate) unsafe fn optional(pointer: *mut T) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }

    #[inline]
    pub(crate) fn set(&self, value: T) {
        // SAFETY: whoever made this value vouched for the pointer.
        unsafe { self.0.write(value) }
    }
}
