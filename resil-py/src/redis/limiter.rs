//! A limiter on a store, for `resil.redis` to ask in any of its ways.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use resil_core::period_limiter::Kind;
use resil_core::pure::period_limiter::Config;
use resil_redis::{LeakyMeter, LeakyQueue, PeriodLimiter, Policy, TokenBucket};

use super::answer::Answer;
use super::asking::_StoreAsking;
use super::came::{Came, Next};
use super::store::Store;
use super::wakes::_StoreWakes;
use crate::period_limiter::{offset, wrong};
use crate::quota::{Quota, quota};
use crate::utc_offset::utc_offset;
use crate::{count, duration, errors, members, redis};

#[derive(Debug)]
enum Row {
    Bucket(TokenBucket),
    Meter(LeakyMeter),
    Queue(LeakyQueue),
    Period(PeriodLimiter),
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
enum Question {
    Acquire,
    Peek,
    Reserve(Option<Duration>),
}

impl Question {
    fn named(word: &str, timeout: Option<Duration>) -> PyResult<Self> {
        match word {
            "acquire" => Ok(Self::Acquire),
            "peek" => Ok(Self::Peek),
            "reserve" => Ok(Self::Reserve(timeout)),
            _ => Err(unknown()),
        }
    }
}

#[cold]
pub(crate) fn unknown() -> PyErr {
    PyValueError::new_err("this limiter is not asked that")
}

/// What `$row` is asked by the three methods of one way, each answer read by `$way`; `None` where it is not asked that.
macro_rules! asked {
    ($row:expr, $key:expr, $permits:expr, $question:expr,
     [$acquire:ident, $peek:ident, $reserve:ident, $join:ident], $way:ident) => {
        match ($row, $question) {
            (Row::Bucket(row), Question::Acquire) => {
                $way!(row.$acquire($key, $permits), |answer| Came::Answer(Answer::acquired(answer)))
            }
            (Row::Bucket(row), Question::Peek) => {
                $way!(row.$peek($key, $permits), |answer| Came::Answer(Answer::peeked(answer)))
            }
            (Row::Bucket(row), Question::Reserve(timeout)) => {
                $way!(row.$reserve($key, $permits, timeout), Came::reserved)
            }
            (Row::Meter(row), Question::Acquire) => {
                $way!(row.$acquire($key, $permits), |answer| Came::Answer(Answer::acquired(answer)))
            }
            (Row::Meter(row), Question::Peek) => {
                $way!(row.$peek($key, $permits), |answer| Came::Answer(Answer::peeked(answer)))
            }
            (Row::Queue(row), Question::Reserve(timeout)) => {
                $way!(row.$join($key, $permits, timeout), |answer| {
                    Came::Answer(Answer::queued(answer))
                })
            }
            (Row::Queue(row), Question::Peek) => {
                $way!(row.$peek($key, $permits), |answer| {
                    Came::Answer(Answer::peeked_at_queue(answer))
                })
            }
            (Row::Period(row), Question::Acquire) => {
                $way!(row.$acquire($key, $permits), |answer| Came::Answer(Answer::counted(answer)))
            }
            (Row::Period(row), Question::Peek) => {
                $way!(row.$peek($key, $permits), |answer| {
                    Came::Answer(Answer::peeked_at_period(answer))
                })
            }
            (Row::Meter(_) | Row::Period(_), Question::Reserve(_))
            | (Row::Queue(_), Question::Acquire) => None,
        }
    };
}

impl Row {
    fn ask(&self, key: &str, permits: u32, question: Question) -> Option<Came> {
        macro_rules! way {
            ($asked:expr, $came:expr) => {
                Some($came($asked))
            };
        }
        asked!(self, key, permits, question, [try_acquire, peek, reserve, try_reserve], way)
    }

    async fn ask_async(&self, key: &str, permits: u32, question: Question) -> Option<Came> {
        macro_rules! way {
            ($asked:expr, $came:expr) => {
                Some($came($asked.await))
            };
        }
        asked!(
            self,
            key,
            permits,
            question,
            [try_acquire_async, peek_async, reserve_async, try_reserve_async],
            way
        )
    }

    fn begin(&self, key: &str, permits: u32, question: Question) -> Option<Next> {
        macro_rules! way {
            ($asked:expr, $came:expr) => {
                Some(Next::of($asked, $came))
            };
        }
        asked!(
            self,
            key,
            permits,
            question,
            [begin_try_acquire, begin_peek, begin_reserve, begin_try_reserve],
            way
        )
    }
}

/// A limiter on a store, and what it is asked: a word, a key, permits, and the timeout of a reservation.
#[pyclass(frozen, module = "resil._resil")]
#[derive(Debug)]
pub(crate) struct _StoreLimiter(Arc<Row>);

impl _StoreLimiter {
    fn on(row: Row) -> Self {
        Self(Arc::new(row))
    }

    fn config(&self) -> PyResult<Config> {
        match &*self.0 {
            Row::Period(row) => Ok(row.config()),
            _ => Err(unknown()),
        }
    }
}

#[pymethods]
impl _StoreLimiter {
    /// A token bucket.
    #[staticmethod]
    fn token_bucket(
        store: &Bound<'_, Store>,
        name: &str,
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = duration::max_wait)] max_wait: Duration,
        #[pyo3(from_py_with = redis::members::policy)] policy: Policy,
    ) -> PyResult<Self> {
        TokenBucket::new(store.get().inner(), name, quota)
            .and_then(|row| row.with_max_wait(max_wait))
            .map(|row| Self::on(Row::Bucket(row.with_policy(policy))))
            .map_err(errors::config)
    }

    /// A leaky bucket as a meter.
    #[staticmethod]
    fn leaky_meter(
        store: &Bound<'_, Store>,
        name: &str,
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = redis::members::policy)] policy: Policy,
    ) -> PyResult<Self> {
        LeakyMeter::new(store.get().inner(), name, quota)
            .map(|row| Self::on(Row::Meter(row.with_policy(policy))))
            .map_err(errors::config)
    }

    /// A leaky bucket as a queue.
    #[staticmethod]
    fn leaky_queue(
        store: &Bound<'_, Store>,
        name: &str,
        #[pyo3(from_py_with = quota)] quota: resil_core::Quota,
        #[pyo3(from_py_with = redis::members::policy)] policy: Policy,
    ) -> PyResult<Self> {
        LeakyQueue::new(store.get().inner(), name, quota)
            .map(|row| Self::on(Row::Queue(row.with_policy(policy))))
            .map_err(errors::config)
    }

    /// A period limiter; the offset is an aligned one's.
    #[staticmethod]
    fn period_limiter(
        store: &Bound<'_, Store>,
        name: &str,
        #[pyo3(from_py_with = count::limit)] limit: u32,
        #[pyo3(from_py_with = duration::period)] period: Duration,
        #[pyo3(from_py_with = members::kind)] kind: Kind,
        #[pyo3(from_py_with = utc_offset)] utc_offset: i32,
        #[pyo3(from_py_with = redis::members::policy)] policy: Policy,
    ) -> PyResult<Self> {
        let kind = match kind {
            Kind::Aligned { .. } => Kind::Aligned { utc_offset_secs: utc_offset },
            other => other,
        };
        let config = Config::new(limit, period, kind).map_err(wrong)?;
        PeriodLimiter::new(store.get().inner(), name, config)
            .map(|row| Self::on(Row::Period(row.with_policy(policy))))
            .map_err(errors::config)
    }

    /// The quota of one that has one.
    #[getter]
    fn quota(&self) -> PyResult<Quota> {
        match &*self.0 {
            Row::Bucket(row) => Ok(row.quota().into()),
            Row::Meter(row) => Ok(row.quota().into()),
            Row::Queue(row) => Ok(row.quota().into()),
            Row::Period(_) => Err(unknown()),
        }
    }

    /// Limit, period in nanoseconds, kind and offset of a period limiter.
    #[getter]
    fn windows<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(u32, u64, Bound<'py, PyAny>, Option<f64>)> {
        let config = self.config()?;
        let kind = members::kind_member(py, config.kind())?;
        Ok((config.limit(), duration::nanos(config.period()), kind, offset(config.kind())))
    }

    /// Asks over the store's own connection, detached from the interpreter.
    #[pyo3(signature = (question, key, permits, timeout=None))]
    fn ask<'py>(
        &self,
        py: Python<'py>,
        question: &str,
        key: &str,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let question = Question::named(question, timeout)?;
        let came = py.detach(|| self.0.ask(key, permits, question));
        came.ok_or_else(unknown)?.into_python(py)
    }

    /// As ask(), from a task: the answer, or the call to wait for.
    #[pyo3(signature = (wakes, call, question, key, permits, timeout=None))]
    fn ask_async<'py>(
        &self,
        wakes: &Bound<'py, _StoreWakes>,
        call: u64,
        question: &str,
        key: &str,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let question = Question::named(question, timeout)?;
        let (row, key) = (Arc::clone(&self.0), key.to_owned());
        let coming = Box::pin(async move { row.ask_async(&key, permits, question).await });
        _StoreAsking::begin(wakes.py(), coming, wakes.get().waker(call))
    }

    /// As ask(), by a client of Python's: the answer, or its first step.
    #[pyo3(signature = (question, key, permits, timeout=None))]
    fn begin<'py>(
        &self,
        py: Python<'py>,
        question: &str,
        key: &str,
        #[pyo3(from_py_with = count::permits)] permits: u32,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let question = Question::named(question, timeout)?;
        self.0.begin(key, permits, question).ok_or_else(unknown)?.into_python(py)
    }
}
