//! Permits promised for later, and how they come back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resil_core::pure::store_gate::Fault;
use resil_core::remote::{key, token_bucket as remote};
use resil_core::token_bucket::Cancelled;

use crate::answer::{Answer, Source};
use crate::by_hand::{Begun, Reads};
use crate::call::Call;
use crate::store::Store;
use crate::token_bucket::TokenBucket;

/// Whoever keeps the promise.
enum Held {
    /// The call that gives it back, and what reads its answer.
    Store(Store, remote::TokenBucket, Box<Call>),
    Twin(Arc<resil_core::TokenBucket>, resil_core::token_bucket::Ticket),
    Nothing,
}

/// Permits that are promised for later, by the store, or by what stands in. Dropping it keeps the promise.
///
/// ```
/// use resil_core::Quota;
/// use resil_core::pure::store_gate::Fault;
/// use resil_core::token_bucket::Cancelled;
/// use resil_redis::{Options, Source, Store, TokenBucket};
///
/// let store = Store::by_hand(Options::default())?;
/// let bucket = TokenBucket::new(&store, "mails", Quota::per_minute(6)?.with_burst(1)?)?;
/// // A client that does not get through: this process alone promises, its share.
/// let now = bucket.begin_reserve("relay-1", 1, None).with(|_| Err(Fault::Disconnected)).result?;
/// assert!(now.ready_after().is_zero());
/// let later = bucket.begin_reserve("relay-1", 1, None).with(|_| Err(Fault::Disconnected)).result?;
/// assert!(!later.ready_after().is_zero());
/// let cancelled = later.begin_cancel().with(|_| Err(Fault::Disconnected));
/// assert_eq!((cancelled.source, cancelled.result), (Source::Rescue, Ok(Cancelled::GaveBack)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "act once `ready_after` has passed, or cancel"]
pub struct Reservation {
    ready_after: Duration,
    held: Held,
}

impl Reservation {
    pub(crate) const fn of_nothing() -> Self {
        Self { ready_after: Duration::ZERO, held: Held::Nothing }
    }

    pub(crate) fn of_twin(
        twin: &Arc<resil_core::TokenBucket>,
        ready_after: Duration,
        ticket: resil_core::token_bucket::Ticket,
    ) -> Self {
        Self { ready_after, held: Held::Twin(Arc::clone(twin), ticket) }
    }

    pub(crate) fn of_store(row: &TokenBucket, key: &Arc<str>, ticket: &remote::Ticket) -> Self {
        let (limiter, bucket) = (&row.limiter, row.bucket);
        let call = limiter.call(key, bucket.cancel(ticket, limiter.when()));
        let beside = Some(key::cancelled(key, limiter.store.process().reservation()));
        let call = Box::new(Call { beside, ..call });
        let held = Held::Store(limiter.store.clone(), bucket, call);
        Self { ready_after: ticket.ready_after(), held }
    }

    /// How long after reserving the permits are there; zero if at once.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Gives back the permits that nobody took since, up to and including the instant they are promised for; once,
    /// also where the answer to a cancelling was lost. Where the store is away nothing comes back.
    #[cfg(feature = "client")]
    pub fn cancel(self) -> Answer<Cancelled> {
        match self.held {
            Held::Store(store, bucket, call) => {
                let asked = store.process().ask(*call);
                cancelled(bucket, asked.as_deref().map_err(|fault| *fault))
            }
            held => without_store(held),
        }
    }

    /// As [`cancel`](Self::cancel), under any runtime.
    #[cfg(feature = "client")]
    pub async fn cancel_async(self) -> Answer<Cancelled> {
        match self.held {
            Held::Store(store, bucket, call) => {
                let asked = store.process().ask_async(*call).await;
                cancelled(bucket, asked.as_deref().map_err(|fault| *fault))
            }
            held => without_store(held),
        }
    }

    /// As [`cancel`](Self::cancel), for a client of one's own.
    #[must_use = "nothing was given back yet"]
    pub fn begin_cancel(self) -> Begun<Cancelled> {
        match self.held {
            #[cfg(feature = "client")]
            Held::Store(ref store, ..) if store.process().has_client() => {
                Begun::Decided(self.cancel())
            }
            Held::Store(store, bucket, call) => Begun::next(store, call, Box::new(Cancels(bucket))),
            held => Begun::Decided(without_store(held)),
        }
    }

    /// Gives back without waiting for the answer.
    #[cfg(feature = "client")]
    pub(crate) fn cancel_unheard(self) {
        match self.held {
            Held::Store(store, _, call) => store.process().tell(*call),
            held => drop(without_store(held)),
        }
    }
}

/// Reads the answer to a cancelling by hand.
struct Cancels(remote::TokenBucket);

impl Reads<Cancelled> for Cancels {
    fn debt(&self) -> Option<Call> {
        None
    }

    fn read(self: Box<Self>, outcome: Result<&[i64], Fault>) -> Answer<Cancelled> {
        cancelled(self.0, outcome)
    }
}

fn cancelled(bucket: remote::TokenBucket, outcome: Result<&[i64], Fault>) -> Answer<Cancelled> {
    match outcome.ok().and_then(|numbers| bucket.cancelled(numbers).ok()) {
        Some(cancelled) => Answer::by(Source::Store, Ok(cancelled)),
        None => Answer::by(Source::Policy, Ok(Cancelled::GaveNothing)),
    }
}

fn without_store(held: Held) -> Answer<Cancelled> {
    match held {
        Held::Twin(twin, ticket) => Answer::by(Source::Rescue, Ok(twin.cancel(ticket))),
        Held::Store(..) | Held::Nothing => Answer::by(Source::Policy, Ok(Cancelled::GaveNothing)),
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("ready_after", &self.ready_after)
            .finish_non_exhaustive()
    }
}

/// Gives a reservation back unless its wait came to an end.
#[cfg(feature = "client")]
pub(crate) struct CancelOnDrop(pub(crate) Option<Reservation>);

#[cfg(feature = "client")]
impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(reservation) = self.0.take() {
            reservation.cancel_unheard();
        }
    }
}
