//! Those who wait for one thing: threads asleep and tasks with a waker, side by side.
//!
//! A waiter sits in a slot until it leaves. Waking takes it out of the slot and leaves the slot taken: who was
//! woken in vain puts itself in again. Wakers are foreign code, so none is woken or dropped in here: each is
//! handed out, to be dealt with when no lock is held.

use std::task::Waker;
use std::time::{Duration, Instant};

use super::primitive::{Thread, current_thread, park, park_timeout};

/// How to wake one that waits.
#[derive(Debug)]
pub(crate) enum Waiter {
    Thread(Thread),
    Task(Waker),
}

impl Waiter {
    pub(crate) fn this_thread() -> Self {
        Self::Thread(current_thread())
    }

    fn wake(self) {
        match self {
            Self::Thread(thread) => thread.unpark(),
            Self::Task(waker) => waker.wake(),
        }
    }
}

/// Wakes everyone, even if a waker panics: that is foreign code, and the others wait.
pub(crate) fn wake_all(waiters: Vec<Waiter>) {
    struct Rest(std::vec::IntoIter<Waiter>);
    impl Drop for Rest {
        fn drop(&mut self) {
            self.0.by_ref().for_each(Waiter::wake);
        }
    }
    let mut rest = Rest(waiters.into_iter());
    rest.0.by_ref().for_each(Waiter::wake);
}

/// Until when a thread waits: `None` is for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// That much from now; one beyond what the clock can say is none.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// Sleeps until this thread is woken, perhaps for nothing. Whether the time is up.
    pub(crate) fn sleep(self) -> bool {
        let Some(deadline) = self.0 else {
            park();
            return false;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            park_timeout(left);
        }
        Instant::now() >= deadline
    }
}

/// The slots. Empty ones are used again, so coming and going does not grow it.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    slots: Vec<Option<Waiter>>,
    free: Vec<usize>,
}

/// A taken slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat(usize);

impl Waiters {
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Takes a slot; without a waiter, for one that is not asleep yet and will sit again to be woken.
    pub(crate) fn sit_down(&mut self, waiter: Option<Waiter>) -> Seat {
        if let Some(slot) = self.free.pop() {
            self.slots[slot] = waiter;
            return Seat(slot);
        }
        self.slots.push(waiter);
        Seat(self.slots.len() - 1)
    }

    /// Puts `waiter` where another, or the same before it was woken, sat.
    pub(crate) fn sit_again(&mut self, seat: Seat, waiter: Waiter) -> Option<Waiter> {
        self.slots[seat.0].replace(waiter)
    }

    pub(crate) fn leave(&mut self, seat: Seat) -> Option<Waiter> {
        self.free.push(seat.0);
        self.slots[seat.0].take()
    }

    /// Everyone who is to be woken; the slots stay taken.
    pub(crate) fn call_all(&mut self) -> Vec<Waiter> {
        self.slots.iter_mut().filter_map(Option::take).collect()
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn seats_are_used_again_and_a_called_waiter_keeps_its_seat() {
        let mut waiters = Waiters::default();
        let first = waiters.sit_down(Some(Waiter::this_thread()));
        let second = waiters.sit_down(Some(Waiter::this_thread()));
        assert_eq!(waiters.len(), 2);
        assert!(waiters.leave(first).is_some());
        assert_eq!(waiters.call_all().len(), 1);
        assert_eq!(waiters.len(), 1, "called, not gone");
        assert!(waiters.sit_again(second, Waiter::this_thread()).is_none());
        let third = waiters.sit_down(Some(Waiter::this_thread()));
        assert_eq!(third.0, first.0);
        assert_eq!(waiters.slots.len(), 2);
    }

    #[test]
    fn a_waker_that_panics_keeps_nobody_from_being_woken() {
        struct Panics;
        impl std::task::Wake for Panics {
            fn wake(self: std::sync::Arc<Self>) {
                std::panic::resume_unwind(Box::new(()));
            }
        }
        let panics = Waiter::Task(std::sync::Arc::new(Panics).into());
        let woken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wake_all(vec![panics, Waiter::this_thread()]);
        }));
        assert!(woken.is_err());
        // Returns at once, as this thread was woken.
        park();
    }

    #[test]
    fn a_deadline_that_has_passed_does_not_sleep() {
        assert!(Deadline::after(Some(Duration::ZERO)).sleep());
    }

    #[test]
    fn a_deadline_beyond_the_clock_is_none() {
        assert!(Deadline::after(Some(Duration::MAX)).0.is_none());
    }
}
