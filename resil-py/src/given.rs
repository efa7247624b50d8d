//! Methods with `*args, **kwargs` that are given what the interpreter has: values side by side, of which no tuple is
//! made.
//!
//! The macro makes a method of the older convention of them, for which each call makes a tuple and drops it: 25 to 50
//! ns. All else is as it does it: its own trampoline counts the thread as attached, catches panics and raises errors.
//! This is the only file of the crate that may be unsafe (`tests/architecture.rs`).

use std::ffi::CStr;
use std::marker::PhantomData;
use std::slice;

use pyo3::exceptions::PyTypeError;
use pyo3::impl_::trampoline::{MethodDef, fastcall_cfunction_with_keywords};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyClass, ffi};

/// A method that takes what it is given.
pub(crate) trait Method {
    type Class: PyClass;
    const NAME: &'static CStr;
    /// The signature and the docstring, as the interpreter tells them apart.
    const DOC: &'static CStr;

    fn call<'py>(
        slf: Borrowed<'_, 'py, Self::Class>,
        given: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// Puts a method onto its class.
pub(crate) fn put_on_class<M: Method>(py: Python<'_>) -> PyResult<()> {
    let class = py.get_type::<M::Class>();
    let definition = std::ptr::from_ref(Entry::<M>::DEFINITION).cast_mut();
    // SAFETY: `class` is a type; the definition is a constant, which outlives it and is only read, its strings end in
    // NUL, and its function is of the kind that its flags say. The answer is a new reference, or null and an error.
    let method = unsafe {
        let made = ffi::PyDescr_NewMethod(class.as_type_ptr(), definition);
        Bound::from_owned_ptr_or_err(py, made)?
    };
    class.setattr(method.getattr("__name__")?.cast_into()?, method)
}

/// What a call of a method came with.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a, 'py> {
    py: Python<'py>,
    /// Those without a name, and after them those with one; each an object that lives for `'a`.
    values: &'a [*mut ffi::PyObject],
    /// The names of the last ones.
    names: Option<Borrowed<'a, 'py, PyTuple>>,
    unnamed: usize,
}

impl<'a, 'py> Given<'a, 'py> {
    fn value(&self, index: usize) -> Borrowed<'a, 'py, PyAny> {
        // SAFETY: it is one of `values`, which are objects that live for `'a`.
        unsafe { Borrowed::from_ptr(self.py, self.values[index]) }
    }

    pub(crate) fn py(&self) -> Python<'py> {
        self.py
    }

    /// The values of the parameters of these names, which stand before `*args`; if one is missing, a `TypeError` that
    /// says `fault` and its name.
    #[inline]
    pub(crate) fn first<const N: usize>(
        &self,
        names: [&str; N],
        fault: &str,
    ) -> PyResult<[Borrowed<'a, 'py, PyAny>; N]> {
        match names.get(self.unnamed) {
            None => Ok(std::array::from_fn(|index| self.value(index))),
            Some(missing) => Err(PyTypeError::new_err(format!("{fault}: '{missing}'"))),
        }
    }

    /// Calls `function` with all but the first so many that have no name.
    #[inline]
    pub(crate) fn call(
        &self,
        function: &Bound<'py, PyAny>,
        first: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.values.len() == first {
            return function.call0();
        }
        let rest = PyTuple::new(self.py, (first..self.unnamed).map(|index| self.value(index)))?;
        let Some(names) = self.names else { return function.call1(rest) };
        let named = PyDict::new(self.py);
        for (name, index) in names.iter_borrowed().zip(self.unnamed..) {
            named.set_item(name, self.value(index))?;
        }
        function.call(rest, Some(&named))
    }
}

/// What the interpreter is told of a method.
struct Entry<M>(PhantomData<M>);

impl<M: Method> Entry<M> {
    const DEFINITION: &'static ffi::PyMethodDef = &ffi::PyMethodDef {
        ml_name: M::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: fastcall_cfunction_with_keywords::<Self>,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: M::DOC.as_ptr(),
    };
}

impl<M: Method> MethodDef<fastcall_cfunction_with_keywords::Func> for Entry<M> {
    const METH: fastcall_cfunction_with_keywords::Func = entered::<M>;
}

/// # Safety
/// `slf`, the `count` values and those of `names` after them are objects that live while this runs; `names` is a tuple
/// of text, or null.
unsafe fn entered<M: Method>(
    py: Python<'_>,
    slf: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    // SAFETY: the caller's promise, which is what the interpreter promises of METH_FASTCALL | METH_KEYWORDS.
    let (slf, names) =
        unsafe { (Borrowed::from_ptr(py, slf), Borrowed::from_ptr_or_opt(py, names)) };
    let names = names.map(|names| names.cast::<PyTuple>()).transpose()?;
    let unnamed = usize::try_from(count)?;
    let all = unnamed + names.map_or(0, |names| names.len());
    let values = if all == 0 {
        &[]
    } else {
        // SAFETY: as above; where there are values, `values` points to them.
        unsafe { slice::from_raw_parts(values, all) }
    };
    M::call(slf.cast()?, Given { py, values, names, unnamed }).map(Bound::into_ptr)
}
