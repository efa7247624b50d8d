//! `resil.EwmaSnapshot`: an average at one instant.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::ewma::{ConfigError, Ewma, Kind};

use crate::{count, duration, errors, number};

/// A double that is no NaN, so that equal ones have equal bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Bits(u64);

impl Bits {
    fn of(number: f64) -> Self {
        // Adding 0 makes -0 a 0.
        Self((number + 0.0).to_bits())
    }

    fn number(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// An average at one instant, for monitoring.
///
/// Immutable; compares, hashes and pickles by value.
#[pyclass(frozen, eq, hash, module = "resil")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EwmaSnapshot {
    kind: &'static str,
    alpha: Option<Bits>,
    warm_up: u32,
    time_constant: Option<Duration>,
    value: Option<Bits>,
    missing: u32,
    idle_for: Option<Duration>,
}

/// A kind's name in Python, and by count its weight and warm-up, else its time constant.
fn parts(kind: Kind) -> (&'static str, Option<f64>, u32, Option<Duration>) {
    match kind {
        Kind::ByCount { alpha, warm_up } => ("by_count", Some(alpha), warm_up, None),
        Kind::ByTime { time_constant } => ("by_time", None, 0, Some(time_constant)),
        Kind::SampleWeighted { time_constant } => ("sample_weighted", None, 0, Some(time_constant)),
        Kind::Peak { time_constant } => ("peak", None, 0, Some(time_constant)),
        // A kind of the core that has no name here yet, and that nothing here makes.
        _ => ("unknown", None, 0, None),
    }
}

/// How an average forgets, by its name.
pub(crate) fn name(kind: Kind) -> &'static str {
    parts(kind).0
}

/// How an average forgets, with its numbers.
pub(crate) fn described(kind: Kind) -> String {
    let (name, alpha, warm_up, time_constant) = parts(kind);
    let warm_up = if warm_up > 1 { format!(" warm_up={warm_up}") } else { String::new() };
    let alpha = alpha.map_or(String::new(), |alpha| format!(" alpha={alpha:?}"));
    let constant = time_constant
        .map_or(String::new(), |constant| format!(" time_constant={:?}", constant.as_secs_f64()));
    format!("{name}{alpha}{warm_up}{constant}")
}

impl From<resil_core::ewma::Snapshot> for EwmaSnapshot {
    fn from(snapshot: resil_core::ewma::Snapshot) -> Self {
        let (kind, alpha, warm_up, time_constant) = parts(snapshot.kind);
        Self {
            kind,
            alpha: alpha.map(Bits::of),
            warm_up,
            time_constant,
            value: snapshot.value.map(Bits::of),
            missing: snapshot.missing,
            idle_for: snapshot.idle_for,
        }
    }
}

/// The argument `kind`.
fn kind(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.extract().map_err(|_| errors::wrong_type("kind", "a str", value))
}

/// The kind that a name and numbers make, if an average can have it.
fn checked(
    name: &str,
    alpha: Option<f64>,
    warm_up: u32,
    time_constant: Option<Duration>,
) -> PyResult<Kind> {
    let by_time = |make: fn(Duration) -> Result<Ewma, ConfigError>| match (alpha, time_constant) {
        (None, Some(time_constant)) => {
            let ewma = make(time_constant).map_err(errors::config)?;
            if warm_up == 0 { Ok(ewma) } else { ewma.with_warm_up(warm_up).map_err(errors::config) }
        }
        (Some(_), _) => Err(errors::config("alpha must be None unless the kind is 'by_count'")),
        (_, None) => Err(errors::config("time_constant_ns must be given unless by count")),
    };
    let ewma = match (name, alpha, time_constant) {
        ("by_count", Some(alpha), None) => Ewma::by_count(alpha)
            .and_then(|ewma| ewma.with_warm_up(warm_up))
            .map_err(errors::config),
        ("by_count", None, _) => Err(errors::config("alpha must be given by count")),
        ("by_count", _, Some(_)) => Err(errors::config("time_constant_ns must be None by count")),
        ("by_time", ..) => by_time(Ewma::by_time),
        ("sample_weighted", ..) => by_time(Ewma::sample_weighted),
        ("peak", ..) => by_time(Ewma::peak),
        _ => Err(errors::config(format_args!("kind must be one of an Ewma's, not {name:?}"))),
    }?;
    Ok(ewma.kind())
}

#[pymethods]
impl EwmaSnapshot {
    #[new]
    fn new(
        #[pyo3(from_py_with = kind)] kind: String,
        #[pyo3(from_py_with = number::alpha)] alpha: Option<f64>,
        #[pyo3(from_py_with = count::warm_up)] warm_up: u32,
        #[pyo3(from_py_with = duration::time_constant_ns)] time_constant_ns: Option<Duration>,
        #[pyo3(from_py_with = number::average)] value: Option<f64>,
        #[pyo3(from_py_with = count::missing)] missing: u32,
        #[pyo3(from_py_with = duration::idle_for_ns)] idle_for_ns: Option<Duration>,
    ) -> PyResult<Self> {
        let (kind, alpha, warm_up, time_constant) =
            parts(checked(&kind, alpha, warm_up, time_constant_ns)?);
        if value.is_some() != (missing == 0) {
            return Err(errors::config("missing must be 0 where there is a value, and only there"));
        }
        Ok(Self {
            kind,
            alpha: alpha.map(Bits::of),
            warm_up,
            time_constant,
            value: value.map(Bits::of),
            missing,
            idle_for: idle_for_ns,
        })
    }

    /// How it forgets: 'by_count', 'by_time', 'sample_weighted' or 'peak'.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind
    }

    /// By count, the weight of a new sample; else None.
    #[getter]
    fn alpha(&self) -> Option<f64> {
        self.alpha.map(Bits::number)
    }

    /// By count, the samples that the first value is the plain mean of; else 0.
    #[getter]
    fn warm_up(&self) -> u32 {
        self.warm_up
    }

    /// Seconds in which the weight of the past falls to 1/e; None by count.
    #[getter]
    fn time_constant(&self) -> Option<f64> {
        self.time_constant.map(|constant| constant.as_secs_f64())
    }

    /// Nanoseconds in which the weight of the past falls to 1/e; None by count.
    #[getter]
    fn time_constant_ns(&self) -> Option<u64> {
        self.time_constant.map(duration::nanos)
    }

    /// The average; None while nothing, or with a warm-up too little, was recorded.
    #[getter]
    fn value(&self) -> Option<f64> {
        self.value.map(Bits::number)
    }

    /// How many samples it takes until there is a value; 0 when there is one.
    #[getter]
    fn missing(&self) -> u32 {
        self.missing
    }

    /// Seconds since the newest sample; None by count, and before the first.
    #[getter]
    fn idle_for(&self) -> Option<f64> {
        self.idle_for.map(|idle| idle.as_secs_f64())
    }

    /// Nanoseconds since the newest sample; None by count, and before the first.
    #[getter]
    fn idle_for_ns(&self) -> Option<u64> {
        self.idle_for.map(duration::nanos)
    }

    fn __repr__(&self) -> String {
        fn shown<T: std::fmt::Debug>(field: Option<T>) -> String {
            field.map_or("None".to_owned(), |field| format!("{field:?}"))
        }
        format!(
            "EwmaSnapshot(kind='{}', alpha={}, warm_up={}, time_constant_ns={}, value={}, missing={}, \
             idle_for_ns={})",
            self.kind,
            shown(self.alpha()),
            self.warm_up,
            shown(self.time_constant_ns()),
            shown(self.value()),
            self.missing,
            shown(self.idle_for_ns())
        )
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, Fields) {
        let fields = (
            self.kind,
            self.alpha(),
            self.warm_up,
            self.time_constant_ns(),
            self.value(),
            self.missing,
            self.idle_for_ns(),
        );
        (py.get_type::<Self>(), fields)
    }
}

/// What a snapshot is made of again.
type Fields = (&'static str, Option<f64>, u32, Option<u64>, Option<f64>, u32, Option<u64>);
