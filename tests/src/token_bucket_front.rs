//! The token bucket as each Rust column offers it, behind one question and one answer.

use std::collections::HashMap;
use std::time::Duration;

use resil_core::pure::token_bucket::{Cancelled, Config, Peek, State, Ticket};
use resil_core::{Carry, Denied, Instant, ManualClock, Quota, TokenBucket};

use crate::vectors::{self, Answer, Operation, Verdict};

/// Something that answers as a token bucket does.
pub trait Front {
    /// Its name in messages.
    const NAME: &'static str;

    /// A new bucket, with `initial` permits or full.
    fn new(quota: Quota, initial: Option<u32>) -> Self;

    /// What it answers at `now_ns`, which is an instant.
    fn answer(&mut self, now_ns: u64, operation: &Operation) -> Answer;
}

/// `pure::token_bucket`: plain values.
#[derive(Debug)]
pub struct Pure {
    /// The bucket.
    pub state: State,
    tickets: HashMap<String, Ticket>,
}

/// `TokenBucket` through its `_at` forms.
#[derive(Debug)]
pub struct At {
    bucket: TokenBucket,
    tickets: HashMap<String, Ticket>,
}

/// `TokenBucket` on a manual clock, through the plain forms.
#[derive(Debug)]
pub struct OnClock {
    bucket: TokenBucket<ManualClock>,
    clock: ManualClock,
    tickets: HashMap<String, Ticket>,
}

impl Front for Pure {
    const NAME: &'static str = "pure";

    fn new(quota: Quota, initial: Option<u32>) -> Self {
        let config = Config::new(quota, initial.unwrap_or(quota.burst())).unwrap();
        Self { state: State::new(&config), tickets: HashMap::new() }
    }

    fn answer(&mut self, now_ns: u64, operation: &Operation) -> Answer {
        let now = instant(now_ns);
        match operation {
            Operation::TryAcquire(permits) => asked(self.state.try_acquire(now, *permits)),
            Operation::Peek(permits) => peeked(self.state.peek(now, *permits)),
            Operation::Reserve { id, permits, timeout_ns } => {
                let timeout = timeout_ns.map(Duration::from_nanos);
                let reserved = self.state.reserve(now, *permits, timeout);
                promised(reserved, id, &mut self.tickets)
            }
            Operation::Cancel(id) => {
                let ticket = self.tickets.remove(id).expect("it was reserved");
                gave(self.state.cancel(now, ticket))
            }
            Operation::SetQuota { permits, period_ns, burst, carry } => {
                self.state.set_quota(now, &quota(*permits, *period_ns, *burst), way(*carry));
                Answer::Done
            }
        }
    }
}

impl Front for At {
    const NAME: &'static str = "concurrent";

    fn new(quota: Quota, initial: Option<u32>) -> Self {
        let bucket = TokenBucket::new(quota);
        let bucket = match initial {
            Some(initial) => bucket.with_initial(initial).unwrap(),
            None => bucket,
        };
        Self { bucket, tickets: HashMap::new() }
    }

    fn answer(&mut self, now_ns: u64, operation: &Operation) -> Answer {
        let now = instant(now_ns);
        match operation {
            Operation::TryAcquire(permits) => asked(self.bucket.try_acquire_at(now, *permits)),
            Operation::Peek(permits) => peeked(self.bucket.peek_at(now, *permits)),
            Operation::Reserve { id, permits, timeout_ns } => {
                let reserved = match timeout_ns.map(Duration::from_nanos) {
                    None => self.bucket.reserve_at(now, *permits),
                    timeout => self.bucket.reserve_within_at(now, *permits, timeout),
                };
                let reserved = reserved.map(|it| (it.ready_after(), it.into_ticket()));
                promised(reserved, id, &mut self.tickets)
            }
            Operation::Cancel(id) => {
                let ticket = self.tickets.remove(id).expect("it was reserved");
                gave(self.bucket.cancel_at(now, ticket))
            }
            Operation::SetQuota { permits, period_ns, burst, carry } => {
                let quota = quota(*permits, *period_ns, *burst);
                self.bucket.set_quota_at(now, quota, way(*carry));
                Answer::Done
            }
        }
    }
}

impl Front for OnClock {
    const NAME: &'static str = "manual clock";

    fn new(quota: Quota, initial: Option<u32>) -> Self {
        let clock = ManualClock::default();
        let bucket = TokenBucket::new(quota);
        let bucket = match initial {
            Some(initial) => bucket.with_initial(initial).unwrap(),
            None => bucket,
        };
        Self { bucket: bucket.with_clock(clock.clone()), clock, tickets: HashMap::new() }
    }

    fn answer(&mut self, now_ns: u64, operation: &Operation) -> Answer {
        self.clock.set(instant(now_ns));
        match operation {
            Operation::TryAcquire(permits) => asked(self.bucket.try_acquire(*permits)),
            Operation::Peek(permits) => peeked(self.bucket.peek(*permits)),
            Operation::Reserve { id, permits, timeout_ns } => {
                let reserved = match timeout_ns.map(Duration::from_nanos) {
                    None => self.bucket.reserve(*permits),
                    timeout => self.bucket.reserve_within(*permits, timeout),
                };
                let reserved = reserved.map(|it| (it.ready_after(), it.into_ticket()));
                promised(reserved, id, &mut self.tickets)
            }
            Operation::Cancel(id) => {
                let ticket = self.tickets.remove(id).expect("it was reserved");
                gave(self.bucket.cancel(ticket))
            }
            Operation::SetQuota { permits, period_ns, burst, carry } => {
                self.bucket.set_quota(quota(*permits, *period_ns, *burst), way(*carry));
                Answer::Done
            }
        }
    }
}

fn instant(nanos: u64) -> Instant {
    Instant::from_nanos(nanos).expect("steps are at instants")
}

/// The quota of these numbers, which timelines and scripts choose among those that are accepted.
#[must_use]
pub fn quota(permits: u32, period_ns: u64, burst: u32) -> Quota {
    Quota::new(permits, Duration::from_nanos(period_ns), burst).expect("the quota is accepted")
}

const fn way(carry: vectors::Carry) -> Carry {
    match carry {
        vectors::Carry::Reset => Carry::Reset,
        vectors::Carry::AsIs => Carry::AsIs,
        vectors::Carry::Proportional => Carry::Proportional,
        vectors::Carry::Additive => Carry::Additive,
    }
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos().try_into().expect("every wait fits 64 bits of nanoseconds")
}

fn verdict(answer: Result<(), Denied>) -> Verdict {
    match answer {
        Ok(()) => Verdict::Granted,
        Err(Denied::RetryAfter(wait)) => Verdict::RetryAfter(nanos(wait)),
        Err(Denied::ExceedsLimit) => Verdict::ExceedsLimit,
    }
}

fn asked(answer: Result<(), Denied>) -> Answer {
    Answer::Asked(verdict(answer))
}

fn peeked(peek: Peek) -> Answer {
    Answer::Peeked {
        verdict: verdict(peek.answer),
        remaining: peek.remaining,
        reset_after_ns: nanos(peek.reset_after),
    }
}

fn promised(
    reserved: Result<(Duration, Ticket), Denied>,
    id: &str,
    tickets: &mut HashMap<String, Ticket>,
) -> Answer {
    match reserved {
        Ok((wait, ticket)) => {
            tickets.insert(id.to_owned(), ticket);
            Answer::ReadyAfter(nanos(wait))
        }
        Err(denied) => asked(Err(denied)),
    }
}

const fn gave(cancelled: Cancelled) -> Answer {
    Answer::Gave(matches!(cancelled, Cancelled::GaveBack))
}
