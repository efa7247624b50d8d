//! One request through everything, and what its call does on the way: come back, panic, or use it all again.

use std::panic::AssertUnwindSafe;

use super::{Due, MS, SECOND, World};
use crate::seed::Choices;

impl World<'_> {
    /// One request through everything.
    pub(super) fn request(&mut self, read: u64) {
        // Some come in by another door, or a strict limit would spare the breaker everything.
        let is_limited = self.random.pick(3) == 0;
        if is_limited
            && (self.period.ask(read, 1).is_err()
                || self.bucket.ask(read, 1).is_some()
                || self.queue.join(read, 1).is_none())
        {
            return;
        }
        let (ratio, draw) = (self.guard.ratio(read), self.random.fraction());
        // At the edge as often as not.
        let draw = *self.random.one_of(&[0.0, draw, ratio.min(0.999)]);
        let forced_before = self.guard.forced();
        let Some(call) = self.guard.ask(read, draw) else {
            self.branches.reach("breaker: refused", true);
            return;
        };
        self.branches.reach("breaker: forced a pass", self.guard.forced() > forced_before);
        self.branches.reach(
            "breaker: admitted again after a window without failures",
            self.guard.has_recovered(),
        );
        let fails = self.failing > 0 && self.random.once_in(self.failing);
        let key = self.random.pick(4) as u8;
        match self.random.pick(6) {
            0 => {
                self.panicking_call(key, call, read);
                self.branches.reach("call panicked", true);
            }
            1 => {
                self.re_entering_call(key, call, read);
                self.branches.reach("call re-entered", true);
            }
            _ => {
                let latency = 1 + self.random.below(if fails { 3 * SECOND } else { 100 * MS });
                self.guard.comes_to(call, !fails);
                self.enter(self.now + latency, Due::Settle(call));
                self.recorded.record(read, latency / MS);
            }
        }
    }

    /// The call panics inside the flight, with its permit in hand.
    fn panicking_call(&mut self, key: u8, call: u64, read: u64) {
        let permit = self.guard.take_along(call, read);
        let call = || {
            let _permit = permit;
            // A panic that was thrown already: nothing is printed.
            std::panic::resume_unwind(Box::new("intended"))
        };
        let flights = self.flights;
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| flights.run(key, call)));
        assert!(result.is_err(), "a panic goes on in its leader");
        let next = flights.run(key, || 7).expect("the key is free at once");
        assert!(next.led() && !next.is_shared());
    }

    /// The call uses everything again from inside, its own key included.
    fn re_entering_call(&mut self, key: u8, call: u64, read: u64) {
        let outer = self.flights;
        let value = outer
            .run(key, || {
                let inner = outer.run(key, || 0);
                assert!(inner.is_err(), "a call that waits for itself");
                self.recorded.record(read, 1);
                self.bucket.ask(read, 1);
                let other = outer.run(key + 4, || read).expect("another key");
                self.guard.comes_to(call, true);
                self.guard.settle(call, read);
                *other
            })
            .expect("it leads");
        assert!(*value == read && value.led());
    }
}
