//! `resil.MonotonicClock`, `CoarseClock`, `QuantaClock`, `UnixClock`, `ManualClock`: where the time comes from.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use resil_core::{Clock as _, Instant};

use crate::{duration, errors, instant};

/// A class for one of the machine's clocks: from Python they differ in what they read only.
macro_rules! machine_clock {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        $(#[doc = $doc])+
        #[pyclass(frozen, eq, hash, module = "resil")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) struct $name;

        #[pymethods]
        impl $name {
            #[new]
            fn new() -> Self {
                Self
            }

            /// Nanoseconds since the clock's zero.
            fn now_ns(&self) -> u64 {
                resil_core::$name::default().now().as_nanos()
            }

            /// The step in which readings move, at most, in seconds.
            #[getter]
            fn resolution(&self) -> f64 {
                resil_core::$name::default().resolution().as_secs_f64()
            }

            fn __repr__(&self) -> &'static str {
                concat!(stringify!($name), "()")
            }

            fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, ()) {
                (py.get_type::<Self>(), ())
            }
        }
    };
}

machine_clock! {
    /// The steady clock of the machine, to the nanosecond; equals time.monotonic_ns() on Unix.
    ///
    /// Time that the machine is suspended does not count.
    MonotonicClock
}

machine_clock! {
    /// The steady clock at the kernel's last tick, a few milliseconds old, and several times cheaper to read.
    ///
    /// Counts from the same zero as MonotonicClock; the same clock where the system has no coarse one. Not for
    /// rates above some hundred permits per second with a small burst.
    CoarseClock
}

machine_clock! {
    /// The processor's time-stamp counter, in nanoseconds since its first use in this process.
    ///
    /// A reading costs some 15 ns less than MonotonicClock's. The first use calibrates it (0.5 to 200 ms). It drifts
    /// against the kernel's clocks by tens of millionths: never mix its instants with theirs. Where the processor
    /// has no steady counter it is the kernel's clock.
    QuantaClock
}

machine_clock! {
    /// The wall clock, in nanoseconds since 1970-01-01 00:00 UTC; equals time.time_ns().
    ///
    /// It may be set, forwards and back, so nothing but PeriodLimiter.aligned() should run on it. Instants
    /// before 1970 read as 0.
    UnixClock
}

/// A clock for tests: it stands still until it is moved, by hand or by waiting on it.
///
/// What waits on this clock does not sleep in acquire() or acquire_async(): it advances the clock by the wait.
/// The clock can be set back. Threads may share it.
#[pyclass(frozen, module = "resil")]
#[derive(Clone, Debug)]
pub(crate) struct ManualClock(Arc<resil_core::ManualClock>);

#[pymethods]
impl ManualClock {
    #[new]
    #[pyo3(signature = (start_ns=Instant::ZERO), text_signature = "(start_ns=0)")]
    fn new(#[pyo3(from_py_with = instant::start)] start_ns: Instant) -> Self {
        Self(Arc::new(resil_core::ManualClock::new(start_ns)))
    }

    /// Nanoseconds since the clock's zero.
    fn now_ns(&self) -> u64 {
        self.0.now().as_nanos()
    }

    /// Moves the clock on by seconds or a timedelta, at most to the end of its range (2**63 - 1 ns).
    fn advance(&self, #[pyo3(from_py_with = duration::by)] by: Duration) {
        self.0.advance(by);
    }

    /// Moves the clock on by whole nanoseconds, at most to the end of its range (2**63 - 1 ns).
    fn advance_ns(&self, #[pyo3(from_py_with = duration::by_ns)] by_ns: Duration) {
        self.0.advance(by_ns);
    }

    /// Sets the clock to an instant in nanoseconds, forwards or back.
    fn set_ns(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) {
        self.0.set(now_ns);
    }

    /// The step in which readings move, at most, in seconds.
    #[getter]
    fn resolution(&self) -> f64 {
        self.0.resolution().as_secs_f64()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| Arc::ptr_eq(&self.0, &other.get().0))
    }

    fn __hash__(&self) -> u64 {
        // Allocations are aligned: the low bits say nothing.
        (Arc::as_ptr(&self.0).addr() >> 4) as u64
    }

    fn __repr__(&self) -> String {
        format!("ManualClock({})", self.now_ns())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::no_pickle("ManualClock", "what holds it shares its time"))
    }
}

/// The clock of a primitive, which Python chose and can have back.
///
/// A manual clock stands behind an `Arc` of its own, by which it is recognised.
#[derive(Clone, Debug)]
pub(crate) enum ChosenClock {
    Monotonic,
    Coarse,
    Unix,
    Quanta(resil_core::QuantaClock),
    Manual(Arc<resil_core::ManualClock>),
}

/// The argument `clock`; `None` is the machine's steady clock.
pub(crate) fn clock(value: &Bound<'_, PyAny>) -> PyResult<ChosenClock> {
    if value.is_none() { Ok(ChosenClock::Monotonic) } else { chosen(value) }
}

/// The argument `clock`; `None` is the coarse clock.
pub(crate) fn coarse_unless_told(value: &Bound<'_, PyAny>) -> PyResult<ChosenClock> {
    if value.is_none() { Ok(ChosenClock::Coarse) } else { chosen(value) }
}

/// The argument `clock` of what follows the calendar; `None` is the wall clock.
pub(crate) fn unix_unless_told(value: &Bound<'_, PyAny>) -> PyResult<ChosenClock> {
    if value.is_none() {
        return Ok(ChosenClock::Unix);
    }
    match chosen(value)? {
        // They count from the machine's start, and know no calendar.
        ChosenClock::Monotonic | ChosenClock::Coarse | ChosenClock::Quanta(_) => {
            Err(errors::config(
                "clock must be a UnixClock or a ManualClock here: a steady clock knows no calendar",
            ))
        }
        clock => Ok(clock),
    }
}

fn chosen(value: &Bound<'_, PyAny>) -> PyResult<ChosenClock> {
    if value.is_instance_of::<MonotonicClock>() {
        Ok(ChosenClock::Monotonic)
    } else if value.is_instance_of::<CoarseClock>() {
        Ok(ChosenClock::Coarse)
    } else if value.is_instance_of::<UnixClock>() {
        Ok(ChosenClock::Unix)
    } else if value.is_instance_of::<QuantaClock>() {
        Ok(ChosenClock::Quanta(resil_core::QuantaClock::new()))
    } else if let Ok(manual) = value.cast::<ManualClock>() {
        Ok(ChosenClock::Manual(Arc::clone(&manual.get().0)))
    } else {
        let clocks = "a MonotonicClock, CoarseClock, QuantaClock, UnixClock or ManualClock";
        Err(errors::wrong_type("clock", clocks, value))
    }
}

impl ChosenClock {
    /// The clock as an object of Python.
    pub(crate) fn to_python<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::Monotonic => Bound::new(py, MonotonicClock)?.into_any(),
            Self::Coarse => Bound::new(py, CoarseClock)?.into_any(),
            Self::Unix => Bound::new(py, UnixClock)?.into_any(),
            Self::Quanta(_) => Bound::new(py, QuantaClock)?.into_any(),
            Self::Manual(clock) => Bound::new(py, ManualClock(Arc::clone(clock)))?.into_any(),
        })
    }
}

impl resil_core::Clock for ChosenClock {
    #[inline]
    fn now(&self) -> Instant {
        match self {
            Self::Monotonic => resil_core::MonotonicClock.now(),
            Self::Coarse => resil_core::CoarseClock.now(),
            Self::Unix => resil_core::UnixClock.now(),
            Self::Quanta(clock) => clock.now(),
            Self::Manual(clock) => clock.now(),
        }
    }

    fn resolution(&self) -> Duration {
        match self {
            Self::Monotonic => resil_core::MonotonicClock.resolution(),
            Self::Coarse => resil_core::CoarseClock.resolution(),
            Self::Unix => resil_core::UnixClock.resolution(),
            Self::Quanta(clock) => clock.resolution(),
            Self::Manual(clock) => clock.resolution(),
        }
    }
    fn narrowest_bucket(&self) -> Duration {
        match self {
            Self::Monotonic => resil_core::MonotonicClock.narrowest_bucket(),
            Self::Coarse => resil_core::CoarseClock.narrowest_bucket(),
            Self::Unix => resil_core::UnixClock.narrowest_bucket(),
            Self::Quanta(clock) => clock.narrowest_bucket(),
            Self::Manual(clock) => clock.narrowest_bucket(),
        }
    }
}
