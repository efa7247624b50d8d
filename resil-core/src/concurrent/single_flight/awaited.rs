//! Single flights of calls that are awaited, under any runtime.

use std::future::poll_fn;
use std::hash::{BuildHasher, Hash};
use std::pin::pin;
use std::task::Poll;

use super::part::{Arrived, Part};
use super::shared::{FlightError, Shared};
use super::{SingleFlight, admit};
use crate::sync::flights::Leader;
use crate::sync::waiters::Waiter;

impl<K: Hash + Eq, V, S: BuildHasher> SingleFlight<K, V, S> {
    /// As [`run`](Self::run), for a call that is awaited: under any runtime, needing none.
    ///
    /// `make_future` is called by the caller that leads, when it leads. Nothing happens before the first poll.
    /// If the leader's future is dropped before it is done, its call is dropped and a follower makes its own
    /// instead; with no follower left, the key is free. Dropping a follower's future is how to time out.
    ///
    /// A leader that is kept but not polled keeps its followers waiting, as long as it is kept. So does one whose
    /// call waits for another task that asks for the same key: without the runtime's help one task is not known
    /// to wait for another.
    ///
    /// # Errors
    /// [`FlightError::LeaderFailed`] if the call that this one waited for panicked; [`FlightError::Reentered`] if
    /// the call asks, awaiting or blocking, for its own key.
    ///
    /// # Panics
    /// As `make_future` and its future do, if this caller leads.
    ///
    /// ```
    /// use resil_core::SingleFlight;
    ///
    /// async fn fetch(id: u64) -> String {
    ///     format!("profile {id}")
    /// }
    /// async fn profile(flights: &SingleFlight<u64, String>, id: u64) -> String {
    ///     match flights.run_async(id, || fetch(id)).await {
    ///         Ok(profile) => profile.into_value(),
    ///         Err(error) => error.to_string(),
    ///     }
    /// }
    /// ```
    pub async fn run_async<F: Future<Output = V>>(
        &self,
        key: K,
        make_future: impl FnOnce() -> F,
    ) -> Result<Shared<V>, FlightError> {
        let mut key = Some(key);
        let admitted = poll_fn(|cx| {
            let key = key.take().expect("polled once: it is always ready");
            let hash = self.hasher.hash_one(&key);
            let seated = || Some(Waiter::Task(cx.waker().clone()));
            Poll::Ready(admit(self.place(hash), hash, key, Leader::Task, seated))
        })
        .await?;
        let mut leading = match admitted {
            Part::Lead(leading) => leading,
            Part::Follow(mut following) => match poll_fn(|cx| following.poll(cx)).await? {
                Arrived::Lead(leading) => leading,
                Arrived::Value(value) => return Ok(Shared::Theirs(value)),
            },
        };
        let mut call = pin!(leading.inside(make_future));
        let value = poll_fn(|cx| leading.inside(|| call.as_mut().poll(cx))).await;
        Ok(leading.land(value))
    }
}
