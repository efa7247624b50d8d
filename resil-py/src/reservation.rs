//! `resil.Reservation`: permits that are promised for later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use resil_core::Instant;
use resil_core::token_bucket::{Cancelled, Ticket};

use crate::clock::ChosenClock;
use crate::{duration, errors, instant};

type Bucket = resil_core::TokenBucket<ChosenClock>;

/// Permits that are promised for later: act once `ready_after` has passed, or cancel.
///
/// Dropping it keeps the promise. Threads may share it.
#[pyclass(frozen, module = "resil")]
#[derive(Debug)]
pub(crate) struct Reservation {
    bucket: Arc<Bucket>,
    ready_after: Duration,
    ticket: [u64; 4],
    given_back: AtomicBool,
}

impl Reservation {
    pub(crate) fn new(
        bucket: &Arc<Bucket>,
        made: resil_core::Reservation<'_, ChosenClock>,
    ) -> Self {
        Self {
            bucket: Arc::clone(bucket),
            ready_after: made.ready_after(),
            ticket: made.into_ticket().to_words(),
            given_back: AtomicBool::new(false),
        }
    }

    /// The ticket, to whoever asks first.
    fn take_ticket(&self) -> Option<Ticket> {
        // ORDERING: Relaxed. Nothing but this flag tells who came first, and the ticket never changes.
        let taken = self.given_back.swap(true, Ordering::Relaxed);
        (!taken).then(|| Ticket::from_words(self.ticket))
    }
}

#[pymethods]
impl Reservation {
    /// Seconds from reserving until the permits are there; 0.0 if at once.
    #[getter]
    fn ready_after(&self) -> f64 {
        self.ready_after.as_secs_f64()
    }

    /// Nanoseconds from reserving until the permits are there; 0 if at once.
    #[getter]
    fn ready_after_ns(&self) -> u64 {
        duration::nanos(self.ready_after)
    }

    /// The instant at which the permits are there, in nanoseconds of the bucket's clock.
    #[getter]
    fn ready_at_ns(&self) -> u64 {
        Ticket::from_words(self.ticket).ready_at().as_nanos()
    }

    /// The permits promised.
    #[getter]
    fn permits(&self) -> u32 {
        Ticket::from_words(self.ticket).permits()
    }

    /// Gives back the permits that nobody took since; True if there were any.
    ///
    /// Up to and including the instant they are promised for. False if nothing was left to give: too late,
    /// all taken since, cancelled before, or the quota changed too much.
    fn cancel(&self) -> bool {
        self.take_ticket().is_some_and(|ticket| self.bucket.cancel(ticket) == Cancelled::GaveBack)
    }

    /// As cancel(), at an instant that the caller has read already.
    fn cancel_at(&self, #[pyo3(from_py_with = instant::now)] now_ns: Instant) -> bool {
        self.take_ticket()
            .is_some_and(|ticket| self.bucket.cancel_at(now_ns, ticket) == Cancelled::GaveBack)
    }

    fn __repr__(&self) -> String {
        format!(
            "<Reservation permits={} ready_at_ns={} ready_after_ns={}>",
            self.permits(),
            self.ready_at_ns(),
            self.ready_after_ns()
        )
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::no_pickle("Reservation", "only its own bucket can take it back"))
    }
}
