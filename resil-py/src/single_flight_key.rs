//! The keys of a single flight: text or bytes, which are different keys.

use std::hash::{Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::errors;

/// A key, out of Python's reach: it is compared while a lock is held.
///
/// Few octets are in place: to allocate and free costs more than to copy them.
#[derive(Debug)]
pub(crate) enum Key {
    Few(Kind, u8, [u8; FEW]),
    Many(Kind, Box<[u8]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// As UTF-8; surrogates, which that has not, in their own three bytes.
    Text,
    Bytes,
}

/// As many as make a key no larger than one that points to them.
const FEW: usize = 21;

const _: () = assert!(size_of::<Key>() == 24);

impl Key {
    #[inline]
    fn new(kind: Kind, octets: &[u8]) -> Self {
        match u8::try_from(octets.len()) {
            Ok(count) if octets.len() <= FEW => {
                let mut few = [0; FEW];
                few[..octets.len()].copy_from_slice(octets);
                Self::Few(kind, count, few)
            }
            _ => Self::Many(kind, octets.into()),
        }
    }

    #[inline]
    fn parts(&self) -> (Kind, &[u8]) {
        match self {
            Self::Few(kind, count, few) => (*kind, &few[..usize::from(*count)]),
            Self::Many(kind, many) => (*kind, many),
        }
    }
}

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// The argument `key`.
pub(crate) fn key(value: &Bound<'_, PyAny>) -> PyResult<Key> {
    if let Ok(text) = value.cast::<PyString>() {
        return match text.to_str() {
            Ok(text) => Ok(Key::new(Kind::Text, text.as_bytes())),
            Err(_) => with_surrogates(text),
        };
    }
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(Key::new(Kind::Bytes, bytes.as_bytes())),
        Err(_) => Err(errors::wrong_type("key", "str or bytes", value)),
    }
}

#[cold]
fn with_surrogates(text: &Bound<'_, PyString>) -> PyResult<Key> {
    let encoded = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    Ok(Key::new(Kind::Text, encoded.cast::<PyBytes>()?.as_bytes()))
}
