//! A caller's part in a flight, leading or following. Dropped before its end, either leaves nothing behind.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::shared::{FlightError, Shared};
use super::value_of;
use crate::sync::flights::{Claim, Flights, Leader, Record, Vacated};
use crate::sync::primitive::Mutex;
use crate::sync::waiters::{Deadline, Seat, Waiter, wake_all};

/// One of two ways to go on.
pub(super) enum Admitted<L, F> {
    Lead(L),
    Follow(F),
}

/// The part of the caller that makes the call.
pub(super) struct Leading<'a, K, V> {
    shard: &'a Mutex<Flights<K, V>>,
    hash: u64,
    number: u64,
    /// Dropped now, it would not be a cancellation but a panic in the caller's code.
    in_call: bool,
    landed: bool,
}

impl<'a, K, V> Leading<'a, K, V> {
    pub(super) fn new(shard: &'a Mutex<Flights<K, V>>, hash: u64, number: u64) -> Self {
        Self { shard, hash, number, in_call: true, landed: false }
    }

    /// Says whether the caller's code runs just now.
    pub(super) fn set_in_call(&mut self, in_call: bool) {
        self.in_call = in_call;
    }

    /// Ends the flight with `value`.
    pub(super) fn land(mut self, value: V) -> Shared<V> {
        let (value, flight) = self.shard.lock().land(self.hash, self.number, value);
        self.landed = true;
        if let Some(flight) = flight {
            flight.dismiss();
        }
        match value {
            Ok(value) => Shared::Mine(value),
            Err(value) => Shared::Ours(value),
        }
    }
}

impl<K, V> Drop for Leading<'_, K, V> {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        if self.in_call {
            let failed = self.shard.lock().fail(self.hash, self.number);
            if let Some(flight) = failed {
                flight.dismiss();
            }
            return;
        }
        let vacated = self.shard.lock().vacate(self.hash, self.number);
        match vacated {
            Vacated::Ended(flight) => flight.dismiss(),
            Vacated::Open(waiters) => wake_all(waiters),
            Vacated::Nothing => {}
        }
    }
}

/// The part of a caller that waits for another's call.
pub(super) struct Following<'a, K, V> {
    shard: &'a Mutex<Flights<K, V>>,
    hash: u64,
    number: u64,
    record: Arc<Record<V>>,
    /// None when there is nothing to leave any more.
    seat: Option<Seat>,
}

/// How waiting ends: with another's value, or in the lead.
pub(super) type Arrival<'a, K, V> = Result<Admitted<Leading<'a, K, V>, Arc<V>>, FlightError>;

impl<'a, K, V> Following<'a, K, V> {
    pub(super) fn new(
        shard: &'a Mutex<Flights<K, V>>,
        hash: u64,
        number: u64,
        seat: Seat,
        record: Arc<Record<V>>,
    ) -> Self {
        Self { shard, hash, number, record, seat: Some(seat) }
    }

    /// Waits, asleep.
    pub(super) fn wait(mut self, me: Leader, deadline: Deadline) -> Arrival<'a, K, V> {
        loop {
            let late = deadline.sleep();
            if let Some(arrival) = self.look(me, Waiter::this_thread) {
                return arrival;
            }
            if late {
                return Err(FlightError::TimedOut);
            }
        }
    }

    /// Waits, as a task does.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Arrival<'a, K, V>> {
        match self.look(Leader::Task, || Waiter::Task(cx.waker().clone())) {
            Some(arrival) => Poll::Ready(arrival),
            None => Poll::Pending,
        }
    }

    /// Whether waiting is over. If not, whoever ends it will wake what `waiter` makes.
    fn look(&mut self, me: Leader, waiter: impl FnOnce() -> Waiter) -> Option<Arrival<'a, K, V>> {
        if let Some(outcome) = self.record.outcome() {
            self.seat = None;
            return Some(value_of(outcome).map(Admitted::Follow));
        }
        let seat = self.seat?;
        // Made, and dropped if it is not kept, while the lock is free: a waker is foreign code.
        let waiter = waiter();
        let claim = self.shard.lock().claim(self.hash, self.number, seat, me, waiter);
        match claim {
            Claim::Wait(_replaced) => None,
            Claim::Lead(_leftover) => {
                self.seat = None;
                Some(Ok(Admitted::Lead(Leading::new(self.shard, self.hash, self.number))))
            }
            Claim::Over(_unused) => {
                self.seat = None;
                self.record.outcome().map(|outcome| value_of(outcome).map(Admitted::Follow))
            }
        }
    }
}

impl<K, V> Drop for Following<'_, K, V> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat {
            // Bound to a name, so that the lock is released before it is dropped.
            let _left = self.shard.lock().leave(self.hash, self.number, seat);
        }
    }
}
