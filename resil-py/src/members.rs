//! The members of Python's enumerations, between them and the core's.
//!
//! The classes are Python's own (`enum.Enum` pickles, lists and prints); their members are looked up once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use resil_core::hash_ring::Mode as HashRingMode;
use resil_core::period_limiter::Kind;
use resil_core::rolling_window::Recorded;
use resil_core::sre_breaker::{Mode, Outcome, Refusals};

use crate::errors;

/// An enumeration of the package, whose members stand for the core's in this order.
pub(crate) struct Enumeration<T: 'static> {
    module: &'static str,
    class: &'static str,
    names: &'static [(&'static str, T)],
    members: PyOnceLock<Vec<Py<PyAny>>>,
}

impl<T: Copy + PartialEq> Enumeration<T> {
    pub(crate) const fn new(
        module: &'static str,
        class: &'static str,
        names: &'static [(&'static str, T)],
    ) -> Self {
        Self { module, class, names, members: PyOnceLock::new() }
    }

    pub(crate) fn members(&self, py: Python<'_>) -> PyResult<&[Py<PyAny>]> {
        let looked_up = self.members.get_or_try_init(py, || {
            let class = py.import(self.module)?.getattr(self.class)?;
            self.names.iter().map(|(name, _)| Ok(class.getattr(*name)?.unbind())).collect()
        });
        looked_up.map(Vec::as_slice)
    }

    #[inline]
    pub(crate) fn member<'py>(&self, py: Python<'py>, which: T) -> PyResult<Bound<'py, PyAny>> {
        let index = self.names.iter().position(|(_, one)| *one == which);
        Ok(self.members(py)?[index.expect("every variant is listed")].bind(py).clone())
    }

    pub(crate) fn value(&self, name: &str, member: &Bound<'_, PyAny>) -> PyResult<T> {
        let members = self.members(member.py())?;
        match members.iter().position(|one| one.is(member)) {
            Some(index) => Ok(self.names[index].1),
            None => Err(errors::wrong_type(
                name,
                &format!("a {}.{}", self.offered_by(), self.class),
                member,
            )),
        }
    }

    /// The module from which users have it.
    fn offered_by(&self) -> &'static str {
        if self.module.starts_with("resil.store_") { "resil.redis" } else { "resil" }
    }

    pub(crate) fn name(&self, which: T) -> String {
        let listed = self.names.iter().find(|(_, one)| *one == which);
        format!("{}.{}", self.class, listed.expect("every variant is listed").0)
    }
}

static RECORDED: Enumeration<Recorded> = Enumeration::new(
    "resil.recorded",
    "Recorded",
    &[("KEPT", Recorded::Kept), ("SATURATED", Recorded::Saturated), ("LATE", Recorded::Late)],
);

static OUTCOME: Enumeration<Outcome> = Enumeration::new(
    "resil.outcome",
    "Outcome",
    &[("SUCCESS", Outcome::Success), ("FAILURE", Outcome::Failure), ("IGNORED", Outcome::Ignored)],
);

static MODE: Enumeration<Mode> = Enumeration::new(
    "resil.mode",
    "Mode",
    &[
        ("ENABLED", Mode::Enabled),
        ("DISABLED", Mode::Disabled),
        ("FORCED_OPEN", Mode::ForcedOpen),
        ("DRY_RUN", Mode::DryRun),
    ],
);

static HASH_RING_MODE: Enumeration<HashRingMode> = Enumeration::new(
    "resil.hash_ring_mode",
    "HashRingMode",
    &[("GO_ZERO", HashRingMode::GoZero), ("KETAMA", HashRingMode::Ketama)],
);

static REFUSALS: Enumeration<Refusals> = Enumeration::new(
    "resil.refusals",
    "Refusals",
    &[
        ("UNCOUNTED", Refusals::Uncounted),
        ("AS_FAILURES", Refusals::AsFailures),
        ("APART", Refusals::Apart),
    ],
);

/// The offset of an aligned limiter stands beside the member, not in it.
static PERIOD_LIMITER_KIND: Enumeration<Kind> = Enumeration::new(
    "resil.period_limiter_kind",
    "PeriodLimiterKind",
    &[
        ("FROM_FIRST_USE", Kind::FromFirstUse),
        ("ALIGNED", Kind::Aligned { utc_offset_secs: 0 }),
        ("SLIDING", Kind::Sliding),
    ],
);

fn without_offset(kind: Kind) -> Kind {
    match kind {
        Kind::Aligned { .. } => Kind::Aligned { utc_offset_secs: 0 },
        other => other,
    }
}

/// Looks all of them up; see `prepare.rs`.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    RECORDED.members(py)?;
    OUTCOME.members(py)?;
    MODE.members(py)?;
    HASH_RING_MODE.members(py)?;
    REFUSALS.members(py)?;
    PERIOD_LIMITER_KIND.members(py)?;
    Ok(())
}

/// The member for what became of a sample.
#[inline]
pub(crate) fn recorded<'py>(py: Python<'py>, which: Recorded) -> PyResult<Bound<'py, PyAny>> {
    RECORDED.member(py, which)
}

/// The argument `outcome`.
#[inline]
pub(crate) fn outcome(value: &Bound<'_, PyAny>) -> PyResult<Outcome> {
    OUTCOME.value("outcome", value)
}

/// What `classify` answered.
#[inline]
pub(crate) fn classified(answer: &Bound<'_, PyAny>) -> PyResult<Outcome> {
    OUTCOME.value("what classify answers", answer)
}

/// The argument `mode`.
pub(crate) fn mode(value: &Bound<'_, PyAny>) -> PyResult<Mode> {
    MODE.value("mode", value)
}

/// The member for a mode.
pub(crate) fn mode_member<'py>(py: Python<'py>, which: Mode) -> PyResult<Bound<'py, PyAny>> {
    MODE.member(py, which)
}

/// A mode as it is written in Python.
pub(crate) fn mode_name(which: Mode) -> String {
    MODE.name(which)
}

/// The argument `mode` of a hash ring.
pub(crate) fn hash_ring_mode(value: &Bound<'_, PyAny>) -> PyResult<HashRingMode> {
    HASH_RING_MODE.value("mode", value)
}

/// The member for a hash ring's mode.
pub(crate) fn hash_ring_mode_member<'py>(
    py: Python<'py>,
    which: HashRingMode,
) -> PyResult<Bound<'py, PyAny>> {
    HASH_RING_MODE.member(py, which)
}

/// A hash ring's mode as it is written in Python.
pub(crate) fn hash_ring_mode_name(which: HashRingMode) -> String {
    HASH_RING_MODE.name(which)
}

/// The argument `refusals`.
pub(crate) fn refusals(value: &Bound<'_, PyAny>) -> PyResult<Refusals> {
    REFUSALS.value("refusals", value)
}

/// The member for how refusals count.
pub(crate) fn refusals_member<'py>(
    py: Python<'py>,
    which: Refusals,
) -> PyResult<Bound<'py, PyAny>> {
    REFUSALS.member(py, which)
}

/// How refusals count, as it is written in Python.
pub(crate) fn refusals_name(which: Refusals) -> String {
    REFUSALS.name(which)
}

/// The argument `kind`, at no offset from UTC.
pub(crate) fn kind(value: &Bound<'_, PyAny>) -> PyResult<Kind> {
    PERIOD_LIMITER_KIND.value("kind", value)
}

/// The member for a kind of windows.
pub(crate) fn kind_member<'py>(py: Python<'py>, which: Kind) -> PyResult<Bound<'py, PyAny>> {
    PERIOD_LIMITER_KIND.member(py, without_offset(which))
}

/// A kind of windows as it is written in Python.
pub(crate) fn kind_name(which: Kind) -> String {
    PERIOD_LIMITER_KIND.name(without_offset(which))
}
