//! The members of `resil.redis`'s enumerations.

use pyo3::prelude::*;
use resil_core::pure::store_gate::Fault;
use resil_redis::{Policy, Source};

use crate::members::Enumeration;

static FAULT: Enumeration<Fault> = Enumeration::new(
    "resil.store_fault",
    "Fault",
    &[
        ("TIMEOUT", Fault::Timeout),
        ("DISCONNECTED", Fault::Disconnected),
        ("UNABLE", Fault::Unable),
        ("REFUSED", Fault::Refused),
        ("CALL", Fault::Call),
    ],
);

static POLICY: Enumeration<Policy> = Enumeration::new(
    "resil.store_policy",
    "Policy",
    &[
        ("RESCUE", Policy::Rescue),
        ("OPEN", Policy::Open),
        ("CLOSED", Policy::Closed),
        ("UNAVAILABLE", Policy::Unavailable),
    ],
);

static SOURCE: Enumeration<Source> = Enumeration::new(
    "resil.store_source",
    "Source",
    &[
        ("STORE", Source::Store),
        ("RESCUE", Source::Rescue),
        ("POLICY", Source::Policy),
        ("LIMIT", Source::Limit),
    ],
);

/// Looks all of them up; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    FAULT.members(py)?;
    POLICY.members(py)?;
    SOURCE.members(py)?;
    Ok(())
}

/// The argument `fault`.
pub(crate) fn fault(value: &Bound<'_, PyAny>) -> PyResult<Fault> {
    FAULT.value("fault", value)
}

/// The argument `fault`; `None` is none.
pub(crate) fn fault_if_any(value: &Bound<'_, PyAny>) -> PyResult<Option<Fault>> {
    if value.is_none() { Ok(None) } else { fault(value).map(Some) }
}

/// The argument `last_fault`.
pub(crate) fn last_fault(value: &Bound<'_, PyAny>) -> PyResult<Fault> {
    FAULT.value("last_fault", value)
}

/// The member for what is wrong with a store.
pub(crate) fn fault_member<'py>(py: Python<'py>, which: Fault) -> PyResult<Bound<'py, PyAny>> {
    FAULT.member(py, which)
}

/// What is wrong with a store, as it is written in Python.
pub(crate) fn fault_name(which: Fault) -> String {
    FAULT.name(which)
}

/// The argument `policy`.
pub(crate) fn policy(value: &Bound<'_, PyAny>) -> PyResult<Policy> {
    POLICY.value("policy", value)
}

/// The argument `source`.
pub(crate) fn source(value: &Bound<'_, PyAny>) -> PyResult<Source> {
    SOURCE.value("source", value)
}

/// The member for who decided.
pub(crate) fn source_member<'py>(py: Python<'py>, which: Source) -> PyResult<Bound<'py, PyAny>> {
    SOURCE.member(py, which)
}

/// Who decided, as it is written in Python.
pub(crate) fn source_name(which: Source) -> String {
    SOURCE.name(which)
}
