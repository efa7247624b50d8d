//! The keys of a single flight: text or bytes, which are different keys.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::errors;

/// A key, out of Python's reach: it is compared while a lock is held.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// As UTF-8; surrogates, which that has not, in their own three bytes.
    Text(Box<[u8]>),
    Bytes(Box<[u8]>),
}

/// The argument `key`.
pub(crate) fn key(value: &Bound<'_, PyAny>) -> PyResult<Key> {
    if let Ok(text) = value.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(Key::Text(text.as_bytes().into())),
            Err(_) => with_surrogates(text),
        };
    }
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(Key::Bytes(bytes.as_bytes().into())),
        Err(_) => Err(errors::wrong_type("key", "str or bytes", value)),
    }
}

#[cold]
fn with_surrogates(text: &Bound<'_, PyString>) -> PyResult<Key> {
    let encoded = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    Ok(Key::Text(encoded.cast::<PyBytes>()?.as_bytes().into()))
}
