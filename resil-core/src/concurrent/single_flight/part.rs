//! A caller's part in a flight, leading or following. Dropped before its end, either leaves nothing behind.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::shared::{FlightError, Shared};
use super::{Place, value_of};
use crate::sync::flights::{Claim, Leader, Record, Vacated};
use crate::sync::polled::Polled;
use crate::sync::primitive::ThreadMark;
use crate::sync::waiters::{Deadline, Seat, Waiter, wake_all};

/// A caller's part in the flight of its key.
#[derive(Debug)]
pub enum Part<'a, K, V> {
    /// Make the call, and [`land`](Leading::land) what it comes to.
    Lead(Leading<'a, K, V>),
    /// Wait for another's call.
    Follow(Following<'a, K, V>),
}

/// How following ends, if well.
#[derive(Debug)]
pub enum Arrived<'a, K, V> {
    /// The value of the call that was waited for.
    Value(Arc<V>),
    /// Its leader was cancelled: make the call.
    Lead(Leading<'a, K, V>),
}

/// Who asks, for re-entry to be told.
#[derive(Clone, Copy, Debug)]
pub struct Caller(Leader);

impl Caller {
    /// The thread that runs.
    #[must_use]
    pub fn this_thread() -> Self {
        Self(Leader::Thread(ThreadMark::current()))
    }

    /// A thread and a task by the numbers that their runtime gives them; `task` 0: no task, the thread blocks.
    ///
    /// Re-entry is: the same thread and task, or the same thread if one of the two is no task. Numbers are
    /// compared while both callers take part; callers that are named and others never meet in re-entry.
    #[must_use]
    pub fn named(thread: u64, task: u64) -> Self {
        Self(Leader::Named { thread, task })
    }

    pub(super) fn leader(self) -> Leader {
        self.0
    }
}

/// The part of the caller that makes the call.
///
/// Dropped, it fails: followers get [`FlightError::LeaderFailed`].
#[must_use = "dropped, it fails its followers"]
pub struct Leading<'a, K, V> {
    place: Place<'a, K, V>,
    hash: u64,
    number: u64,
    /// Dropped now, it would not be a cancellation but a panic in the caller's code.
    in_call: bool,
    landed: bool,
}

impl<'a, K, V> Leading<'a, K, V> {
    pub(super) fn new(place: Place<'a, K, V>, hash: u64, number: u64) -> Self {
        Self { place, hash, number, in_call: true, landed: false }
    }

    /// Runs the caller's code. In between it does not run: dropped then, the call was cancelled, and a follower
    /// takes over. Dropped inside, it panicked.
    pub(super) fn inside<T>(&mut self, code: impl FnOnce() -> T) -> T {
        self.in_call = true;
        let inside = Polled::begin((self.place.address(), self.number));
        let value = code();
        drop(inside);
        self.in_call = false;
        value
    }

    /// Ends the flight with `value`: every follower is woken and shares it, and the key is free.
    pub fn land(mut self, value: V) -> Shared<V> {
        let (value, flight) = self.place.lock().land(self.hash, self.number, value);
        self.landed = true;
        if let Some(flight) = flight {
            flight.dismiss();
        }
        match value {
            Ok(value) => Shared::Mine(value),
            Err(value) => Shared::Ours(value),
        }
    }

    /// Leaves the call to a follower or a newcomer; if nobody follows, the key is free.
    ///
    /// ```
    /// use resil_core::SingleFlight;
    /// use resil_core::single_flight::{Arrived, Caller, Part};
    ///
    /// let flights = SingleFlight::<u8, u8>::new();
    /// // Two threads of another runtime, by its numbers.
    /// let Ok(Part::Lead(first)) = flights.enter(1, Caller::named(1, 0)) else { panic!() };
    /// let Ok(Part::Follow(second)) = flights.enter(1, Caller::named(2, 0)) else { panic!() };
    /// first.hand_over();
    /// let Ok(Arrived::Lead(second)) = second.wait(None) else { panic!() };
    /// assert_eq!(*second.land(7), 7);
    /// ```
    pub fn hand_over(mut self) {
        self.in_call = false;
    }
}

impl<K, V> Drop for Leading<'_, K, V> {
    #[inline]
    fn drop(&mut self) {
        if !self.landed {
            self.leave();
        }
    }
}

impl<K, V> Leading<'_, K, V> {
    #[cold]
    fn leave(&mut self) {
        if self.in_call {
            let failed = self.place.lock().fail(self.hash, self.number);
            if let Some(flight) = failed {
                flight.dismiss();
            }
            return;
        }
        let vacated = self.place.lock().vacate(self.hash, self.number);
        match vacated {
            Vacated::Ended(flight) => flight.dismiss(),
            Vacated::Open(waiters) => wake_all(waiters),
            Vacated::Nothing => {}
        }
    }
}

/// The part of a caller that waits for another's call.
///
/// Dropped, it leaves; nobody else notices.
#[must_use = "dropped, it leaves"]
pub struct Following<'a, K, V> {
    /// None when it has become another's: that of who leads.
    place: Option<Place<'a, K, V>>,
    hash: u64,
    number: u64,
    record: Arc<Record<V>>,
    /// None when there is nothing to leave any more.
    seat: Option<Seat>,
    me: Leader,
}

/// How waiting ends: with another's value, or in the lead.
pub(super) type Arrival<'a, K, V> = Result<Arrived<'a, K, V>, FlightError>;

impl<'a, K, V> Following<'a, K, V> {
    pub(super) fn new(
        place: Place<'a, K, V>,
        hash: u64,
        number: u64,
        seat: Seat,
        record: Arc<Record<V>>,
        me: Leader,
    ) -> Self {
        Self { place: Some(place), hash, number, record, seat: Some(seat), me }
    }

    /// Waits asleep, no longer than `timeout`; `None` is for ever.
    ///
    /// # Errors
    /// [`FlightError::LeaderFailed`], [`FlightError::TimedOut`].
    pub fn wait(mut self, timeout: Option<Duration>) -> Result<Arrived<'a, K, V>, FlightError> {
        let deadline = Deadline::after(timeout);
        match self.look(Waiter::this_thread) {
            Some(arrival) => arrival,
            None => self.sleep(deadline),
        }
    }

    /// Whether waiting is over; if not, the waker is woken when it may be. Once over, it is not asked again.
    ///
    /// # Errors
    /// [`FlightError::LeaderFailed`].
    pub fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<Arrived<'a, K, V>, FlightError>> {
        match self.look(|| Waiter::Task(cx.waker().clone())) {
            Some(arrival) => Poll::Ready(arrival),
            None => Poll::Pending,
        }
    }

    /// Waits asleep, as the thread that sits already.
    pub(super) fn sleep(mut self, deadline: Deadline) -> Arrival<'a, K, V> {
        loop {
            let late = deadline.sleep();
            if let Some(arrival) = self.look(Waiter::this_thread) {
                return arrival;
            }
            if late {
                return Err(FlightError::TimedOut);
            }
        }
    }

    /// Whether waiting is over. If not, whoever ends it will wake what `waiter` makes.
    fn look(&mut self, waiter: impl FnOnce() -> Waiter) -> Option<Arrival<'a, K, V>> {
        if let Some(outcome) = self.record.outcome() {
            self.seat = None;
            return Some(value_of(outcome).map(Arrived::Value));
        }
        let (seat, place) = (self.seat?, self.place.as_ref()?);
        // Made, and dropped if it is not kept, while the lock is free: a waker is foreign code.
        let waiter = waiter();
        let claim = place.lock().claim(self.hash, self.number, seat, self.me, waiter);
        match claim {
            Claim::Wait(_replaced) => None,
            Claim::Lead(_leftover) => {
                self.seat = None;
                let place = self.place.take()?;
                Some(Ok(Arrived::Lead(Leading::new(place, self.hash, self.number))))
            }
            Claim::Over(_unused) => {
                self.seat = None;
                self.record.outcome().map(|outcome| value_of(outcome).map(Arrived::Value))
            }
        }
    }
}

impl<K, V> Drop for Following<'_, K, V> {
    fn drop(&mut self) {
        if let (Some(seat), Some(place)) = (self.seat, &self.place) {
            // Bound to a name, so that the lock is released before it is dropped.
            let _left = place.lock().leave(self.hash, self.number, seat);
        }
    }
}

/// Says nothing of keys and values, which need not be `Debug`.
impl<K, V> fmt::Debug for Leading<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leading").finish_non_exhaustive()
    }
}

/// Says nothing of keys and values, which need not be `Debug`.
impl<K, V> fmt::Debug for Following<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").finish_non_exhaustive()
    }
}
