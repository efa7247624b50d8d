//! Whose calls this thread polls just now, the outermost first.
//!
//! A task has no mark of its own, but while its call is polled the thread is inside it: whoever asks for the same
//! flight from there is that call itself, awaiting or blocking, and would wait for its own end.

use std::cell::RefCell;

use super::primitive::thread_local;

/// A flight: the address of its shard, and its number there.
pub(crate) type Flight = (usize, u64);

thread_local! {
    #[allow(clippy::missing_const_for_thread_local, reason = "a model's cannot be made const")]
    static POLLED: RefCell<Vec<Flight>> = RefCell::new(Vec::new());
}

/// Says, as long as it is there, that this thread polls a flight's call.
pub(crate) struct Polled(());

impl Polled {
    pub(crate) fn begin(flight: Flight) -> Self {
        POLLED.with(|polled| polled.borrow_mut().push(flight));
        Self(())
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        // Polls end in the order in which they are nested.
        POLLED.with(|polled| polled.borrow_mut().pop());
    }
}

/// Whether this thread polls that flight's call.
pub(crate) fn is_polled_here(flight: Flight) -> bool {
    POLLED.with(|polled| polled.borrow().contains(&flight))
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_flight_is_polled_from_begin_to_drop_on_this_thread_alone() {
        let outer = Polled::begin((1, 7));
        let inner = Polled::begin((2, 7));
        assert!(is_polled_here((1, 7)) && is_polled_here((2, 7)));
        assert!(!is_polled_here((1, 2)) && !is_polled_here((7, 1)));
        assert!(!std::thread::spawn(|| is_polled_here((1, 7))).join().unwrap());
        drop(inner);
        assert!(is_polled_here((1, 7)) && !is_polled_here((2, 7)));
        drop(outer);
        assert!(!is_polled_here((1, 7)));
    }
}
