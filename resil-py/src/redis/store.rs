//! `resil.redis.Store`: a Redis or Valkey server, and the one connection to it.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyString;
use resil_redis::{Members, Options};

use super::store_snapshot::StoreSnapshot;
use crate::{count, duration, errors};

/// Between two looks for a signal.
const LOOK: Duration = Duration::from_millis(50);

/// A Redis (5.0 or newer) or Valkey server, and the one connection that all threads and tasks of a process share.
///
/// ``Store(url, *, deadline=0.02, connect_timeout=0.1, members="default")``: the URL is
/// ``redis://[user][:password@]host[:port][/database]``, ``rediss://…`` for TLS, or ``unix:///path``. No call waits
/// longer for the store than the deadline; connecting, which no caller waits for, may take the connect timeout.
/// ``members`` says how many processes share the limits, for the share that each has while the store is away: a
/// number, or the name of the group under which they are counted. Both times are seconds or a timedelta.
///
/// Opening never waits and never fails for a server that is away: a thread of its own connects, and until it has, the
/// limiters' policies decide; wait_until_up() waits for that. Calls that threads and tasks make at once share round
/// trips. A forked child connects by itself, at its first call. The thread ends with the last limiter and the store,
/// which waits for that: usually microseconds, a second at most, after which one that is connecting ends by itself.
#[pyclass(frozen, weakref, module = "resil.redis")]
#[derive(Debug)]
pub(crate) struct Store(resil_redis::Store);

impl Store {
    pub(crate) const fn inner(&self) -> &resil_redis::Store {
        &self.0
    }
}

/// The argument `members`.
fn members(value: &Bound<'_, PyAny>) -> PyResult<Members> {
    if let Ok(group) = value.cast::<PyString>() {
        return Ok(Members::Counted(group.to_str()?.to_owned()));
    }
    let number = count::members(value)?;
    NonZeroU32::new(number)
        .map(Members::Fixed)
        .ok_or_else(|| errors::config("members must be at least 1, not 0"))
}

fn options(deadline: Duration, connect_timeout: Duration, members: Members) -> Options {
    Options::default()
        .with_deadline(deadline)
        .with_connect_timeout(connect_timeout)
        .with_members(members)
}

#[pymethods]
impl Store {
    #[new]
    #[pyo3(
        signature = (
            url, *, deadline=Duration::from_millis(20), connect_timeout=Duration::from_millis(100),
            members=Members::Counted("default".into())
        ),
        text_signature = "(url, *, deadline=0.02, connect_timeout=0.1, members='default')"
    )]
    fn new(
        py: Python<'_>,
        url: &str,
        #[pyo3(from_py_with = duration::deadline)] deadline: Duration,
        #[pyo3(from_py_with = duration::connect_timeout)] connect_timeout: Duration,
        #[pyo3(from_py_with = members)] members: Members,
    ) -> PyResult<Self> {
        let options = options(deadline, connect_timeout, members);
        // It starts a thread, which the operating system may take its time for.
        py.detach(|| resil_redis::Store::open_with(url, options)).map(Self).map_err(errors::config)
    }

    /// A store whose callers bring a client of Python's.
    #[staticmethod]
    fn _by_hand(
        #[pyo3(from_py_with = duration::deadline)] deadline: Duration,
        #[pyo3(from_py_with = duration::connect_timeout)] connect_timeout: Duration,
        #[pyo3(from_py_with = members)] members: Members,
    ) -> PyResult<Self> {
        let options = options(deadline, connect_timeout, members);
        resil_redis::Store::by_hand(options).map(Self).map_err(errors::config)
    }

    /// Waits until the store is asked, at most `timeout` (None: as long as it takes); whether it is.
    ///
    /// For programs that would rather begin with the limit than with its policy. A signal breaks it off. In a task:
    /// ``await asyncio.to_thread(store.wait_until_up, 1)``.
    #[pyo3(signature = (timeout=None))]
    fn wait_until_up(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = duration::timeout)] timeout: Option<Duration>,
    ) -> PyResult<bool> {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = end.map_or(LOOK, |end| end.saturating_duration_since(Instant::now()));
            if py.detach(|| self.0.wait_until_up(left.min(LOOK))) {
                return Ok(true);
            }
            py.check_signals()?;
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(false);
            }
        }
    }

    /// What there is to monitor.
    fn snapshot(&self) -> StoreSnapshot {
        self.0.snapshot().into()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        // Not the URL: it knows the password.
        let (name, seen) = (slf.get_type().qualname()?, slf.get().snapshot());
        Ok(format!("<{name} {}>", seen.shown()))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::no_pickle("Store", "it is a connection; hand on its URL and open another"))
    }
}
