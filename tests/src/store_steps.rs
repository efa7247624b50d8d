//! Random histories of a limiter in a store: what is asked at which time, all at once, and what came to pass.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use resil_core::Denied;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::Reply;

use crate::bytes::Bytes;
use crate::store_model::Said;

/// Keys outlive the test: its clock is not the server's.
pub const GRACE_MS: u64 = 600_000;
/// A Unix time in microseconds from which tests begin.
pub const BEGIN_US: u64 = 1_795_449_600_123_456;

/// What the random calls came to, and how many they were.
#[derive(Debug, Default)]
pub struct Seen {
    /// Steps compared so far.
    pub steps: Cell<u64>,
    cases: Cell<u64>,
    branches: RefCell<BTreeSet<&'static str>>,
}

impl Seen {
    /// Notes that something came to pass.
    pub fn saw(&self, branch: &'static str) {
        self.branches.borrow_mut().insert(branch);
    }

    /// A key for one more history.
    #[must_use]
    pub fn next_key(&self) -> String {
        self.cases.set(self.cases.get() + 1);
        format!("case:{{{}}}", self.cases.get())
    }

    /// That there were so many steps, and all of this came to pass.
    ///
    /// # Panics
    /// Where it was not so.
    pub fn assert_all(&self, steps: u64, branches: &[&'static str]) {
        let seen = self.branches.borrow();
        let missing: Vec<_> = branches.iter().filter(|branch| !seen.contains(*branch)).collect();
        assert!(missing.is_empty(), "never seen: {missing:?}");
        assert!(self.steps.get() >= steps, "{} steps", self.steps.get());
    }
}

/// One call of a script.
#[derive(Clone, Debug)]
pub struct Step {
    /// The permits asked for.
    pub permits: u32,
    /// What the script is called with.
    pub arguments: Arguments,
    /// The second key.
    pub beside: Option<String>,
}

impl Step {
    /// What the script is called with, to read.
    #[must_use]
    pub fn words(&self) -> String {
        self.arguments.iter().collect::<Vec<_>>().join(" ")
    }
}

/// The steps of the bucket at `key`, as calls.
#[must_use]
pub fn calls<'a, T>(key: &'a str, steps: &'a [(Step, T)]) -> Vec<(Vec<&'a str>, Arguments)> {
    let call = |(step, _): &'a (Step, T)| {
        let keys = std::iter::once(key).chain(step.beside.as_deref());
        (keys.collect(), step.arguments.clone())
    };
    steps.iter().map(call).collect()
}

/// A reply in the model's terms.
///
/// # Panics
/// Where no store need have been asked.
#[must_use]
pub fn said(reply: &Reply<Duration>) -> Said {
    let us = |duration: Duration| u64::try_from(duration.as_micros()).unwrap();
    let (granted, wait_us) = match reply.answer {
        Ok(wait) => (true, us(wait)),
        Err(Denied::RetryAfter(wait)) => (false, us(wait)),
        Err(Denied::ExceedsLimit) => panic!("decided without the store"),
    };
    let remaining = reply.remaining.into();
    Said { granted, remaining, wait_us, reset_us: us(reply.reset_after) }
}

/// The next instant: the same, a moment or the wait just answered later, long after, or before.
#[must_use]
pub fn moved(bytes: &mut Bytes, now_us: u64, last: &Said, interval_us: u64) -> u64 {
    let near = bytes.below(interval_us.saturating_mul(3).clamp(2, 1 << 40));
    match bytes.pick(8) {
        0 | 1 => now_us,
        2 | 3 => now_us + near,
        4 => now_us + last.wait_us,
        5 => (now_us + last.wait_us).saturating_sub(1).max(now_us),
        6 => now_us + last.reset_us + bytes.pick(2),
        _ => now_us.saturating_sub(near / 2),
    }
    .clamp(BEGIN_US - 1_000_000_000_000, BEGIN_US + (1 << 50))
}
