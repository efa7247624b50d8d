//! What a limiter does, said once for all who carry it out: a thread, a task, or a client of the caller's own.

mod leaky_bucket;
mod period_limiter;
mod token_bucket;

pub(crate) use leaky_bucket::{Join, Look, Meter, MeterPeek};
pub(crate) use period_limiter::{Count, CountPeek};
pub(crate) use token_bucket::{Acquire, Peek, Reserve};

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use resil_core::Denied;
use resil_core::pure::store_gate::Fault;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::{Malformed, Reply};

use crate::answer::{Answer, Refusal, Source};
use crate::by_hand::{Begun, Reads};
use crate::call::Call;
use crate::charge::Charge;
#[cfg(feature = "client")]
use crate::debts::DebtsOf;
use crate::limiter::Limiter;

/// A limiter that is asked.
pub(crate) trait Row: Clone + Send + Sync + 'static {
    /// What stands in for the store.
    type Twin: Send + Sync + 'static;

    fn limiter(&self) -> &Limiter<Self::Twin>;

    /// This process's share of the limit; `None` where that is nothing.
    fn twin(&self, members: NonZeroU32) -> Option<Self::Twin>;

    /// How the store is charged for what a twin granted.
    fn charge(&self) -> Charge<Self::Twin>;
}

/// What is asked of one.
pub(crate) trait Operation: Copy + Send + Sync + 'static {
    type Row: Row;
    type Granted: 'static;

    /// What the limit decides by itself: of a look, nothing.
    fn decided(&self, _row: &Self::Row) -> Option<Result<Self::Granted, Denied>> {
        None
    }

    fn arguments(&self, row: &Self::Row) -> Arguments;

    /// What the store's answer means; `key` is where it was asked about.
    fn read(
        &self,
        row: &Self::Row,
        key: &Arc<str>,
        numbers: &[i64],
    ) -> Result<Reply<Self::Granted>, Malformed>;

    /// How many permits it takes where it is granted: a look, none.
    fn takes(&self) -> u32 {
        0
    }

    /// What is granted unseen.
    fn open(&self, row: &Self::Row) -> Self::Granted;

    /// What the twin decides.
    fn rescue(&self, twin: &<Self::Row as Row>::Twin) -> Result<Self::Granted, Denied>;
}

/// A look as what was asked for, granted or not; `peek` makes one of a verdict, what remains and the time until the
/// limit is as new.
fn looked<T, P>(
    reply: Reply<T>,
    peek: impl FnOnce(Result<T, Denied>, u32, Duration) -> P,
) -> Reply<P> {
    let Reply { answer, remaining, reset_after } = reply;
    Reply { answer: Ok(peek(answer, remaining, reset_after)), remaining, reset_after }
}

/// What became of it: by the store's numbers, or where there are none by the policy.
fn answer<O: Operation>(
    operation: O,
    row: &O::Row,
    key: &Arc<str>,
    outcome: Result<&[i64], Fault>,
) -> Answer<O::Granted> {
    let read = |numbers| operation.read(row, key, numbers).map_err(|Malformed| Fault::Call);
    match outcome.and_then(read) {
        Ok(reply) => Answer {
            result: reply.answer.map_err(Refusal::Denied),
            source: Source::Store,
            remaining: Some(reply.remaining),
            reset_after: Some(reply.reset_after),
        },
        Err(fault) => {
            let policy = row.limiter().by_policy(fault, || operation.open(row));
            policy.unwrap_or_else(|| rescued(operation, row, key))
        }
    }
}

/// What this process's share decides.
fn rescued<O: Operation>(operation: O, row: &O::Row, key: &Arc<str>) -> Answer<O::Granted> {
    let limiter = row.limiter();
    let process = limiter.store.process();
    let members = process.members();
    // Where callers bring the client, a subject is charged for when it is asked about again.
    #[cfg(not(feature = "client"))]
    let owes = || {};
    #[cfg(feature = "client")]
    let owes = || {
        let twins = Arc::downgrade(&limiter.twins);
        process.owes(Box::new(DebtsOf { twins, charge: row.charge() }));
    };
    let twin = limiter.twins.get(key, members, || row.twin(members), owes);
    let decided = twin.limiter.as_ref().map(|limiter| operation.rescue(limiter));
    if matches!(decided, Some(Ok(_))) {
        twin.granted(operation.takes());
    }
    limiter.by_twin(decided)
}

/// What the limit decides by itself.
fn by_limit<T>(decided: Result<T, Denied>) -> Answer<T> {
    Answer::by(Source::Limit, decided.map_err(Refusal::Denied))
}

/// Asks, on this thread.
#[cfg(feature = "client")]
pub(crate) fn ask<O: Operation>(row: &O::Row, subject: &str, operation: O) -> Answer<O::Granted> {
    if let Some(decided) = operation.decided(row) {
        return by_limit(decided);
    }
    let limiter = row.limiter();
    let key = limiter.key(subject);
    let asked = limiter.store.process().ask(limiter.call(&key, operation.arguments(row)));
    answer(operation, row, &key, asked.as_deref().map_err(|fault| *fault))
}

/// Asks, as a task of any runtime.
#[cfg(feature = "client")]
pub(crate) async fn ask_async<O: Operation>(
    row: &O::Row,
    subject: &str,
    operation: O,
) -> Answer<O::Granted> {
    if let Some(decided) = operation.decided(row) {
        return by_limit(decided);
    }
    let limiter = row.limiter();
    let key = limiter.key(subject);
    let call = limiter.call(&key, operation.arguments(row));
    let asked = limiter.store.process().ask_async(call).await;
    answer(operation, row, &key, asked.as_deref().map_err(|fault| *fault))
}

/// Begins what a client of the caller's own goes on with.
pub(crate) fn begin<O: Operation>(row: &O::Row, subject: &str, operation: O) -> Begun<O::Granted> {
    if let Some(decided) = operation.decided(row) {
        return Begun::Decided(by_limit(decided));
    }
    #[cfg(feature = "client")]
    if row.limiter().store.process().has_client() {
        return Begun::Decided(ask(row, subject, operation));
    }
    let key = row.limiter().key(subject);
    let call = Box::new(row.limiter().call(&key, operation.arguments(row)));
    let store = row.limiter().store.clone();
    Begun::next(store, call, Box::new(Whole { operation, row: row.clone(), key }))
}

/// An operation by hand, and what it is done to.
struct Whole<O: Operation> {
    operation: O,
    row: O::Row,
    key: Arc<str>,
}

impl<O: Operation> Reads<O::Granted> for Whole<O> {
    fn debt(&self) -> Option<Call> {
        let twin = self.row.limiter().twins.find(&self.key)?;
        self.row.charge().call(&self.key, &twin, self.row.limiter().when())
    }

    fn read(self: Box<Self>, outcome: Result<&[i64], Fault>) -> Answer<O::Granted> {
        answer(self.operation, &self.row, &self.key, outcome)
    }
}
