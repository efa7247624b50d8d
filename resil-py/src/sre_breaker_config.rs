//! `resil.SreBreakerConfig`: a preset and what is changed in it.
//!
//! Kept beside the core's recipe as preset and changes, which is how it prints and pickles.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::sre_breaker_change::Change;
use crate::{count, duration, errors, members, number};

/// The recipe of an SreBreaker: a preset, and what is changed in it.
///
/// A call counts when it is settled; calls in flight count nowhere, ignored ones never. ``R`` is the number of
/// calls that count in the window, ``A`` that of the successes among them; a call is refused if its draw, at
/// least 0 and below 1, is less than ``(R - protection - K * A) / (R + padding)``.
///
/// Nothing but the type and the range of a number is checked before SreBreaker() is called: that raises
/// ConfigError, naming the field. Immutable; compares, hashes and pickles by value.
///
/// >>> from resil import SreBreaker, SreBreakerConfig
/// >>> config = SreBreakerConfig.go_zero_1_3().with_window(0.1, 20).with_multiplier(2.0)
/// >>> breaker = SreBreaker(config)
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Debug)]
pub(crate) struct SreBreakerConfig {
    preset: &'static str,
    changes: Vec<Change>,
    recipe: resil_core::SreBreakerConfig,
}

/// The argument `config`; `None` is the default.
pub(crate) fn config(value: &Bound<'_, PyAny>) -> PyResult<Option<SreBreakerConfig>> {
    if value.is_none() {
        return Ok(None);
    }
    match value.cast::<SreBreakerConfig>() {
        Ok(config) => Ok(Some(config.get().clone())),
        Err(_) => Err(errors::wrong_type("config", "a resil.SreBreakerConfig", value)),
    }
}

impl SreBreakerConfig {
    fn preset(preset: &'static str, recipe: resil_core::SreBreakerConfig) -> Self {
        Self { preset, changes: Vec::new(), recipe }
    }

    /// A copy with one thing changed; what it overrules is forgotten.
    fn with(&self, change: Change) -> Self {
        let mut changes = self.changes.clone();
        changes.retain(|earlier| !change.overrules(earlier));
        changes.push(change);
        Self { preset: self.preset, changes, recipe: change.apply(self.recipe) }
    }

    pub(crate) fn recipe(&self) -> resil_core::SreBreakerConfig {
        self.recipe
    }

    /// What makes it, in Python.
    pub(crate) fn written(&self, py: Python<'_>) -> PyResult<String> {
        let mut written = format!("SreBreakerConfig.{}()", self.preset);
        for change in &self.changes {
            written += &format!(".{}({})", change.method(), change.written(py)?);
        }
        Ok(written)
    }
}

impl Default for SreBreakerConfig {
    fn default() -> Self {
        Self::preset("go_zero_1_3", resil_core::SreBreakerConfig::go_zero_1_3())
    }
}

impl PartialEq for SreBreakerConfig {
    fn eq(&self, other: &Self) -> bool {
        self.recipe == other.recipe
    }
}

impl Hash for SreBreakerConfig {
    /// By the window alone: the other fields are floats, or hidden.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.recipe.bucket_width(), self.recipe.bucket_count()).hash(state);
    }
}

/// What makes a configuration again: its preset, and each change as a method and its arguments.
type Making<'py> = (String, Vec<(&'static str, Bound<'py, PyAny>)>);

#[pymethods]
impl SreBreakerConfig {
    /// The law as the SRE book has it: K = 2, refusals count as failures; 2 min in 120 buckets.
    #[classmethod]
    fn sre_book(_cls: &Bound<'_, PyType>) -> Self {
        Self::preset("sre_book", resil_core::SreBreakerConfig::sre_book())
    }

    /// go-zero up to v1.6.2: K = 1.5, five failures are forgiven, refusals count nowhere; 10 s in 40 buckets.
    ///
    /// Admits in proportion to what the backend accepts. The default.
    #[classmethod]
    fn go_zero_1_3(_cls: &Bound<'_, PyType>) -> Self {
        Self::preset("go_zero_1_3", resil_core::SreBreakerConfig::go_zero_1_3())
    }

    /// go-zero from v1.6.6 on: as before, with refusals counted, K falling to 1.1, and recovery.
    ///
    /// Buckets with nothing but failures lower K, buckets with nothing but successes take up to all of the ratio
    /// off, and a call passes whenever the last pass in trouble is more than 1 s ago. Strict in an outage, but no
    /// throttle: above 1/3 of failures it lets through a handful of calls in 10 s whatever the load.
    #[classmethod]
    fn go_zero(_cls: &Bound<'_, PyType>) -> Self {
        Self::preset("go_zero", resil_core::SreBreakerConfig::go_zero())
    }

    /// gRPC's route lookup service: K = 2, padding 8, refusals count as failures; 30 s in 100 buckets.
    #[classmethod]
    fn grpc_rls(_cls: &Bound<'_, PyType>) -> Self {
        Self::preset("grpc_rls", resil_core::SreBreakerConfig::grpc_rls())
    }

    /// kratos (aegis): K = 1/0.6, nothing refused below 100 requests, refusals count as failures; 3 s in 10.
    #[classmethod]
    fn kratos(_cls: &Bound<'_, PyType>) -> Self {
        Self::preset("kratos", resil_core::SreBreakerConfig::kratos())
    }

    /// Envoy's admission control: success ratio 0.95, at most 0.8 refused, refusals count nowhere; 30 s in 30.
    #[classmethod]
    fn envoy(_cls: &Bound<'_, PyType>) -> Self {
        Self::preset("envoy", resil_core::SreBreakerConfig::envoy())
    }

    /// The window: `bucket_count` buckets, each `bucket_width` wide, in seconds or a timedelta.
    ///
    /// As in a RollingWindow: at least 1 us, 1 to 65 536 buckets; on CoarseClock at least 100 ms.
    fn with_window(
        &self,
        #[pyo3(from_py_with = duration::bucket_width)] bucket_width: Duration,
        #[pyo3(from_py_with = count::bucket_count)] bucket_count: u32,
    ) -> Self {
        self.with(Change::Window(bucket_width, bucket_count))
    }

    /// K: refusing begins where less than one in K calls succeeds. Finite, at least 1. Smaller refuses more.
    fn with_multiplier(&self, #[pyo3(from_py_with = number::multiplier)] multiplier: f64) -> Self {
        self.with(Change::Multiplier(multiplier))
    }

    /// In place of K: refusing begins where less than this share succeeds. Above 0, at most 1.
    fn with_success_ratio(
        &self,
        #[pyo3(from_py_with = number::success_ratio)] success_ratio: f64,
    ) -> Self {
        self.with(Change::SuccessRatio(success_ratio))
    }

    /// What K falls to as the newest buckets hold failures and no success, in equal steps. None: K stays.
    ///
    /// At least 1, at most K.
    fn with_min_multiplier(
        &self,
        #[pyo3(from_py_with = number::min_multiplier)] min_multiplier: Option<f64>,
    ) -> Self {
        self.with(Change::MinMultiplier(min_multiplier))
    }

    /// How many requests are taken off R before it is compared: so many failures are forgiven.
    fn with_protection(&self, #[pyo3(from_py_with = count::protection)] protection: u64) -> Self {
        self.with(Change::Protection(protection))
    }

    /// What is added to R below the line: damps the ratio while there are few requests. Finite, at least 0.
    ///
    /// With 0, where refusals count and nothing is forgiven or capped, a window without a success refuses every
    /// call, and its own refusals keep it so while calls keep coming.
    fn with_padding(&self, #[pyo3(from_py_with = number::padding)] padding: f64) -> Self {
        self.with(Change::Padding(padding))
    }

    /// Nothing is refused with fewer requests than this in the window.
    fn with_min_requests(
        &self,
        #[pyo3(from_py_with = count::min_requests)] min_requests: u64,
    ) -> Self {
        self.with(Change::MinRequests(min_requests))
    }

    /// Nothing is refused at fewer requests a second than this, since the oldest bucket that holds any began.
    ///
    /// In whole seconds, at least one.
    fn with_min_rps(&self, #[pyo3(from_py_with = count::min_rps)] min_rps: u32) -> Self {
        self.with(Change::MinRps(min_rps))
    }

    /// The ratio is raised to the power of ``1 / aggression``: more refuses more. Finite, at least 1.
    fn with_aggression(&self, #[pyo3(from_py_with = number::aggression)] aggression: f64) -> Self {
        self.with(Change::Aggression(aggression))
    }

    /// The greatest share refused. From 0 to 1.
    fn with_max_drop_ratio(
        &self,
        #[pyo3(from_py_with = number::max_drop_ratio)] max_drop_ratio: f64,
    ) -> Self {
        self.with(Change::MaxDropRatio(max_drop_ratio))
    }

    /// Whether the newest buckets with successes and no failure take their share of the window off the ratio.
    fn with_recovery(&self, #[pyo3(from_py_with = number::recovery)] recovery: bool) -> Self {
        self.with(Change::Recovery(recovery))
    }

    /// Whether refusals count, and as what.
    fn with_refusals(
        &self,
        #[pyo3(from_py_with = members::refusals)] refusals: resil_core::sre_breaker::Refusals,
    ) -> Self {
        self.with(Change::Refusals(refusals))
    }

    /// A call passes without a draw if the last one that passed in trouble did so longer ago than this.
    ///
    /// In seconds or a timedelta. In trouble: while the ratio was above 0; before such a pass none is forced.
    /// None: never.
    fn with_forced_pass_after(
        &self,
        #[pyo3(from_py_with = duration::forced_pass_after)] forced_pass_after: Option<Duration>,
    ) -> Self {
        self.with(Change::ForcedPassAfter(forced_pass_after))
    }

    /// The width of a bucket in seconds, to the nearest float.
    #[getter]
    fn bucket_width(&self) -> f64 {
        self.recipe.bucket_width().as_secs_f64()
    }

    /// The width of a bucket in nanoseconds, exactly.
    #[getter]
    fn bucket_width_ns(&self) -> u64 {
        duration::nanos(self.recipe.bucket_width())
    }

    /// How many buckets the window has.
    #[getter]
    fn bucket_count(&self) -> u32 {
        self.recipe.bucket_count()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.written(py)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Making<'py>)> {
        let changes: PyResult<Vec<_>> = self
            .changes
            .iter()
            .map(|change| Ok((change.method(), change.arguments(py)?)))
            .collect();
        let again = py.import("resil.sre_breaker_config")?.getattr("made_again")?;
        Ok((again, (self.preset.to_owned(), changes?)))
    }
}
