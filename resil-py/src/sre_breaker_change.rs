//! One change to a preset of the SRE breaker.

use std::mem::discriminant;
use std::time::Duration;

use pyo3::prelude::*;
use resil_core::SreBreakerConfig;
use resil_core::sre_breaker::Refusals;

use crate::{duration, members};

/// A `with_…` method and its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Window(Duration, u32),
    Multiplier(f64),
    SuccessRatio(f64),
    MinMultiplier(Option<f64>),
    Protection(u64),
    Padding(f64),
    MinRequests(u64),
    MinRps(u32),
    Aggression(f64),
    MaxDropRatio(f64),
    Recovery(bool),
    Refusals(Refusals),
    ForcedPassAfter(Option<Duration>),
}

impl Change {
    pub(crate) fn apply(self, config: SreBreakerConfig) -> SreBreakerConfig {
        match self {
            Self::Window(bucket_width, bucket_count) => {
                config.with_window(bucket_width, bucket_count)
            }
            Self::Multiplier(multiplier) => config.with_multiplier(multiplier),
            Self::SuccessRatio(success_ratio) => config.with_success_ratio(success_ratio),
            Self::MinMultiplier(min_multiplier) => config.with_min_multiplier(min_multiplier),
            Self::Protection(protection) => config.with_protection(protection),
            Self::Padding(padding) => config.with_padding(padding),
            Self::MinRequests(min_requests) => config.with_min_requests(min_requests),
            Self::MinRps(min_rps) => config.with_min_rps(min_rps),
            Self::Aggression(aggression) => config.with_aggression(aggression),
            Self::MaxDropRatio(max_drop_ratio) => config.with_max_drop_ratio(max_drop_ratio),
            Self::Recovery(recovery) => config.with_recovery(recovery),
            Self::Refusals(refusals) => config.with_refusals(refusals),
            Self::ForcedPassAfter(forced_pass_after) => {
                config.with_forced_pass_after(forced_pass_after)
            }
        }
    }

    /// Whether `earlier` says nothing any more once this is applied.
    pub(crate) fn overrules(&self, earlier: &Self) -> bool {
        // A multiplier and a success ratio stand in one another's place.
        let weighs = |change: &Self| matches!(change, Self::Multiplier(_) | Self::SuccessRatio(_));
        discriminant(self) == discriminant(earlier) || (weighs(self) && weighs(earlier))
    }

    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Window(..) => "with_window",
            Self::Multiplier(..) => "with_multiplier",
            Self::SuccessRatio(..) => "with_success_ratio",
            Self::MinMultiplier(..) => "with_min_multiplier",
            Self::Protection(..) => "with_protection",
            Self::Padding(..) => "with_padding",
            Self::MinRequests(..) => "with_min_requests",
            Self::MinRps(..) => "with_min_rps",
            Self::Aggression(..) => "with_aggression",
            Self::MaxDropRatio(..) => "with_max_drop_ratio",
            Self::Recovery(..) => "with_recovery",
            Self::Refusals(..) => "with_refusals",
            Self::ForcedPassAfter(..) => "with_forced_pass_after",
        }
    }

    /// The arguments, as a tuple of Python's.
    pub(crate) fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match *self {
            Self::Window(width, count) => (seconds(py, width)?, count).into_pyobject(py)?,
            Self::Multiplier(x)
            | Self::SuccessRatio(x)
            | Self::Padding(x)
            | Self::Aggression(x)
            | Self::MaxDropRatio(x) => (x,).into_pyobject(py)?,
            Self::MinMultiplier(x) => (x,).into_pyobject(py)?,
            Self::Protection(n) | Self::MinRequests(n) => (n,).into_pyobject(py)?,
            Self::MinRps(n) => (n,).into_pyobject(py)?,
            Self::Recovery(yes) => (yes,).into_pyobject(py)?,
            Self::Refusals(which) => (members::refusals_member(py, which)?,).into_pyobject(py)?,
            Self::ForcedPassAfter(after) => {
                (after.map(|after| seconds(py, after)).transpose()?,).into_pyobject(py)?
            }
        }
        .into_any())
    }

    /// The arguments, as they are written in Python.
    pub(crate) fn written(&self, py: Python<'_>) -> PyResult<String> {
        if let Self::Refusals(which) = *self {
            return Ok(members::refusals_name(which));
        }
        let arguments = self.arguments(py)?;
        let shown: PyResult<Vec<String>> =
            arguments.try_iter()?.map(|one| Ok(one?.repr()?.to_string())).collect();
        Ok(shown?.join(", "))
    }
}

/// Seconds as a float, or as a Fraction where a float would not be exact.
fn seconds<'py>(py: Python<'py>, duration: Duration) -> PyResult<Bound<'py, PyAny>> {
    let float = duration.as_secs_f64();
    if Duration::try_from_secs_f64(float) == Ok(duration) {
        return Ok(float.into_pyobject(py)?.into_any());
    }
    let nanos = duration::nanos(duration);
    py.import("fractions")?.getattr("Fraction")?.call1((nanos, 1_000_000_000))
}
