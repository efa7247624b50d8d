//! `resil.Ewma`: averages that forget, by count or by time; and Newton cooling by itself.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use resil_core::Instant;
use resil_core::ewma::{ConfigError, RecordError};

use crate::clock::{ChosenClock, clock};
use crate::ewma_snapshot::{self, EwmaSnapshot};
use crate::{count, duration, errors, instant, number};

/// An average that forgets: the weight of a sample falls exponentially with what came after it.
///
/// - ``Ewma.by_count(alpha)``: ``value * (1 - alpha) + x * alpha``, for one number per call or round.
/// - ``Ewma.by_time(time_constant)``: ``value * w + x * (1 - w)`` with ``w = exp(-elapsed / time_constant)``, for a
///   gauge read now and then. A sample weighs the time since the last one, and one of the same instant nothing.
/// - ``Ewma.sample_weighted(time_constant)``: the mean of all samples, each weighted by
///   ``exp(-age / time_constant)``, for one number per request; several of one instant all count.
/// - ``Ewma.peak(time_constant)``: a larger sample replaces the value, a smaller one enters as by time, and silence
///   decays it to 0; for a cost to be wary of.
///
/// The first sample is the first value; 0 is a value, none at all is None. Reading never changes anything. An
/// earlier instant than one already recorded counts as that; sample-weighted, its sample enters with the smaller
/// weight of its age. Threads may share one; no sample is lost.
///
/// >>> from resil import Ewma, ManualClock
/// >>> clock = ManualClock()
/// >>> latency_ms = Ewma.sample_weighted(10, clock=clock)
/// >>> latency_ms.value() is None
/// True
/// >>> latency_ms.record(20), latency_ms.record(40)
/// (None, None)
/// >>> latency_ms.value()
/// 30.0
/// >>> clock.advance(10)  # the two weigh 1/e each by now
/// >>> latency_ms.record(90)
/// >>> round(latency_ms.value())
/// 65
#[pyclass(frozen, weakref, module = "resil")]
#[derive(Debug)]
pub(crate) struct Ewma(Arc<resil_core::Ewma<ChosenClock>>);

fn made(ewma: Result<resil_core::Ewma, ConfigError>, clock: ChosenClock) -> PyResult<Ewma> {
    Ok(Ewma(Arc::new(ewma.map_err(errors::config)?.with_clock(clock))))
}

#[inline]
fn recorded(answer: Result<(), RecordError>) -> PyResult<()> {
    answer.map_err(errors::config)
}

#[pymethods]
impl Ewma {
    /// Each sample enters with the weight `alpha`, above 0 and at most 1, or with that of an `age`.
    ///
    /// Give one of the two: an age of 1 or more is the alpha ``2 / (age + 1)``, and the samples in the value are then
    /// so many samples old, about as in a plain mean of the last `age`. With a `warm_up` of n the first value is the
    /// plain mean of n samples, and before there is none; 0 and 1 are none.
    ///
    /// >>> from resil import Ewma
    /// >>> depth = Ewma.by_count(0.5)
    /// >>> depth.record(8), depth.record(4)
    /// (None, None)
    /// >>> depth.value()
    /// 6.0
    #[staticmethod]
    #[pyo3(signature = (alpha=None, *, age=None, warm_up=0))]
    fn by_count(
        #[pyo3(from_py_with = number::alpha)] alpha: Option<f64>,
        #[pyo3(from_py_with = number::age)] age: Option<f64>,
        #[pyo3(from_py_with = count::warm_up)] warm_up: u32,
    ) -> PyResult<Self> {
        let ewma = match (alpha, age) {
            (Some(alpha), None) => resil_core::Ewma::by_count(alpha),
            (None, Some(age)) => resil_core::Ewma::by_count_with_age(age),
            (None, None) => return Err(errors::config("alpha or age must be given")),
            (Some(_), Some(_)) => {
                return Err(errors::config("alpha and age must not both be given"));
            }
        };
        made(ewma.and_then(|ewma| ewma.with_warm_up(warm_up)), ChosenClock::Monotonic)
    }

    /// A sample weighs what time passed since the last one; the past's weight falls to 1/e in `time_constant`.
    #[staticmethod]
    #[pyo3(signature = (time_constant, *, clock=ChosenClock::Monotonic),
           text_signature = "(time_constant, *, clock=None)")]
    fn by_time(
        #[pyo3(from_py_with = duration::time_constant)] time_constant: Duration,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> PyResult<Self> {
        made(resil_core::Ewma::by_time(time_constant), clock)
    }

    /// The mean of all samples, each weighted by its age: to 1/e in `time_constant`.
    #[staticmethod]
    #[pyo3(signature = (time_constant, *, clock=ChosenClock::Monotonic),
           text_signature = "(time_constant, *, clock=None)")]
    fn sample_weighted(
        #[pyo3(from_py_with = duration::time_constant)] time_constant: Duration,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> PyResult<Self> {
        made(resil_core::Ewma::sample_weighted(time_constant), clock)
    }

    /// A larger sample replaces the value, a smaller one enters as by time, silence decays it to 0.
    #[staticmethod]
    #[pyo3(signature = (time_constant, *, clock=ChosenClock::Monotonic),
           text_signature = "(time_constant, *, clock=None)")]
    fn peak(
        #[pyo3(from_py_with = duration::time_constant)] time_constant: Duration,
        #[pyo3(from_py_with = clock)] clock: ChosenClock,
    ) -> PyResult<Self> {
        made(resil_core::Ewma::peak(time_constant), clock)
    }

    /// Takes in `x`, now.
    ///
    /// Raises ConfigError, and changes nothing, if `x` is infinite or not a number; sample-weighted and while warming
    /// up also if it is so large that the sum of the samples would not be finite.
    fn record(&self, #[pyo3(from_py_with = number::x)] x: f64) -> PyResult<()> {
        recorded(self.0.record(x))
    }

    /// As record(), at an instant that the caller has read already.
    fn record_at(
        &self,
        #[pyo3(from_py_with = instant::now)] now_ns: Instant,
        #[pyo3(from_py_with = number::x)] x: f64,
    ) -> PyResult<()> {
        recorded(self.0.record_at(now_ns, x))
    }

    /// The average; None while nothing, or with a warm-up too little, was recorded. Only a peak reads the clock.
    fn value(&self) -> Option<f64> {
        self.0.value()
    }

    /// As value(), at an instant that the caller has read already.
    fn value_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> Option<f64> {
        self.0.value_at(now_ns)
    }

    /// What the average looks like now, for monitoring.
    fn snapshot(&self) -> EwmaSnapshot {
        self.0.snapshot().into()
    }

    /// As snapshot(), at an instant that the caller has read already.
    fn snapshot_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> EwmaSnapshot {
        self.0.snapshot_at(now_ns).into()
    }

    /// How it forgets: 'by_count', 'by_time', 'sample_weighted' or 'peak'.
    #[getter]
    fn kind(&self) -> &'static str {
        ewma_snapshot::name(self.0.kind())
    }

    /// The clock it reads.
    #[getter]
    fn clock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.clock().to_python(py)
    }

    fn __repr__(&self) -> String {
        format!("<Ewma {}>", ewma_snapshot::described(self.0.kind()))
    }

    fn __reduce__(&self) -> PyResult<()> {
        let why = "it is state that this process shares; hand on its snapshot";
        Err(errors::no_pickle("Ewma", why))
    }
}

/// What is left of a value after a time without samples: ``exp(-elapsed / time_constant)``.
///
/// 1.0 for no time at all, 0.0 from 746 time constants on (Newton's law of cooling).
///
/// >>> from resil import decay_factor
/// >>> round(decay_factor(0.693147, 1), 6)
/// 0.5
#[pyfunction]
pub(crate) fn decay_factor(
    #[pyo3(from_py_with = duration::elapsed)] elapsed: Duration,
    #[pyo3(from_py_with = duration::time_constant)] time_constant: Duration,
) -> PyResult<f64> {
    resil_core::ewma::decay_factor(elapsed, time_constant).map_err(errors::config)
}
