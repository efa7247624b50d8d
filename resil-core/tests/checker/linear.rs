//! Whether what threads were answered is what one of them alone could have been answered, in some order.
//!
//! An operation that returned before another was called comes before it; of those that overlap, any may be first.
//! The search tries them depth first and remembers where it has been (Wing and Gong, with Lowe's memory).
//! Stamps are numbers of a plain counter: right under shuttle, which runs one thread at a time.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was called and answered, from when to when.
#[derive(Clone, Debug)]
pub struct Seen<O, A> {
    operation: O,
    answer: A,
    called: u64,
    returned: u64,
}

/// What threads called and were answered.
#[derive(Debug)]
pub struct History<O, A> {
    clock: AtomicU64,
    seen: Mutex<Vec<Seen<O, A>>>,
}

impl<O: Debug, A: Debug + PartialEq> History<O, A> {
    pub fn new() -> Self {
        Self { clock: AtomicU64::new(0), seen: Mutex::new(Vec::new()) }
    }

    /// Calls `run` with `operation` and writes down what it answers.
    pub fn call(&self, operation: O, run: impl FnOnce(&O) -> A) {
        let called = self.clock.fetch_add(1, Ordering::SeqCst);
        let answer = run(&operation);
        let returned = self.clock.fetch_add(1, Ordering::SeqCst);
        self.seen.lock().unwrap().push(Seen { operation, answer, called, returned });
    }

    /// Panics with the history unless one owner of `start`, asked through `step`, could have answered so.
    pub fn assert_has_an_order<S>(&self, start: S, step: impl Fn(&mut S, &O) -> A)
    where
        S: Clone + PartialEq,
    {
        let seen = self.seen.lock().unwrap();
        assert!(seen.len() <= 64, "a bit each");
        let mut been = HashMap::<u64, Vec<S>>::new();
        assert!(search(&seen, 0, start, &step, &mut been), "no order explains {seen:#?}");
    }
}

/// Whether those that are not yet `done` can follow on `state`.
fn search<O, A: PartialEq, S: Clone + PartialEq>(
    seen: &[Seen<O, A>],
    done: u64,
    state: S,
    step: &impl Fn(&mut S, &O) -> A,
    been: &mut HashMap<u64, Vec<S>>,
) -> bool {
    let open = |index: &usize| done & (1 << index) == 0;
    let Some(first_return) = (0..seen.len()).filter(open).map(|index| seen[index].returned).min()
    else {
        return true;
    };
    let states = been.entry(done).or_default();
    if states.contains(&state) {
        return false;
    }
    states.push(state.clone());
    (0..seen.len()).filter(open).any(|index| {
        let next = &seen[index];
        let mut after = state.clone();
        next.called < first_return
            && step(&mut after, &next.operation) == next.answer
            && search(seen, done | 1 << index, after, step, been)
    })
}
