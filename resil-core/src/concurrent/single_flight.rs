//! One call per key at a time: who asks while it runs waits for it and shares what comes of it.
//!
//! Keys are hashed once and spread over shards, each a lock around its flights (`sync::flights`), held for a
//! look-up and never while a call runs. A caller that leads holds a [`Leading`], one that waits a
//! [`Following`]; dropping either, by a panic or a cancelled task, puts everything in order.

pub mod part;
pub mod shared;

mod awaited;

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::time::Duration;

use crossbeam::utils::CachePadded;

use self::part::{Arrived, Caller, Following, Leading, Part};
use self::shared::{FlightError, Shared};
use crate::pure::keyed_hash::KeyedHash;
use crate::sync::flights::{Admission, Flight, Flights, Leader, Outcome};
use crate::sync::polled::is_polled_here;
use crate::sync::primitive::{Mutex, MutexGuard, ThreadMark};
use crate::sync::waiters::{Deadline, Waiter};

/// So many that threads on different keys rarely meet: 8 KiB in all. Few in models, where each lock counts.
const SHARDS: usize = if cfg!(any(resil_loom, resil_shuttle)) { 2 } else { 64 };

/// Spreads any hash over the shards by its top bits: 2^64 divided by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes one call per key at a time, for all who ask meanwhile.
///
/// The first to ask for a key *leads*: it makes the call. Who asks for the same key before the call is over
/// *follows*: it waits, and shares the value, behind one pointer, never copied. Nothing is kept: the next to
/// ask makes a new call. Different keys never wait for one another. Results are values like others, so a
/// failed call's `Err` is shared by those who waited for it, and not cached.
///
/// | when | then |
/// | --- | --- |
/// | the leader's call panics | the panic goes on in the leader; followers get [`FlightError::LeaderFailed`]; the key is free at once |
/// | the leader's task is cancelled ([`run_async`](Self::run_async)) | a follower makes the call instead |
/// | a follower's time is up, or its task is cancelled | it leaves; leader and other followers notice nothing |
/// | a thread, or the call of a task, asks for the key whose call it is making | [`FlightError::Reentered`] |
///
/// Keys are hashed by [`KeyedHash`], under a secret of the object's own, so keys prepared to collide do not; only the
/// calls under way at once could collide at all. Who must withstand more than blindly chosen keys takes std's
/// `RandomState` by [`with_hasher`](Self::with_hasher), at some 8 ns a call.
///
/// Threads and tasks may share a key. Keys are compared under the shard's lock, so `Eq` should be quick, and
/// must not use this object. A call alone allocates nothing; the first follower brings a record that all
/// followers share. All followers are woken at once.
///
/// **Waiting in a ring is not noticed**: call A, made by one thread, asks for B, while call B, made by another,
/// asks for A: both wait for ever. [`run_timeout`](Self::run_timeout) bounds it.
///
/// Threads share it by reference. 8 KiB in one allocation, plus what is under way. A forked child must not use
/// one that was in use during the fork. Not for signal handlers.
///
/// ```
/// use resil_core::SingleFlight;
///
/// let profiles: SingleFlight<u64, Result<String, std::io::Error>> = SingleFlight::new();
/// let profile = profiles.run(17, || std::fs::read_to_string("/etc/hostname"));
/// match profile.as_deref() {
///     Ok(Ok(name)) => println!("{name}"),
///     Ok(Err(error)) => println!("the call failed, for all who waited for it: {error}"),
///     Err(error) => println!("no call was made or it panicked: {error}"),
/// }
/// assert!(profiles.is_empty());
/// ```
///
/// Source: after `singleflight` of Go's x/sync, where re-entry waits for ever and no leader can be cancelled.
pub struct SingleFlight<K, V, S = KeyedHash> {
    /// Shared with the parts that keep them by themselves.
    shards: Arc<[Shard<K, V>]>,
    hasher: S,
}

type Shard<K, V> = CachePadded<Mutex<Flights<K, V>>>;

/// How much is under way: for a human to read. Shards are counted one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Calls under way, the forgotten ones included.
    pub flights: usize,
    /// Callers waiting for them.
    pub followers: usize,
}

/// Where one shard is: behind a reference, or in an allocation that is kept.
enum Place<'a, K, V> {
    There(&'a Mutex<Flights<K, V>>),
    Kept(Arc<[Shard<K, V>]>, usize),
}

impl<K, V> Place<'_, K, V> {
    fn lock(&self) -> MutexGuard<'_, Flights<K, V>> {
        match self {
            Self::There(shard) => shard.lock(),
            Self::Kept(shards, index) => shards[*index].lock(),
        }
    }

    /// Tells the shard from all others.
    fn address(&self) -> usize {
        std::ptr::from_ref::<Mutex<_>>(match self {
            Self::There(shard) => shard,
            Self::Kept(shards, index) => &shards[*index],
        })
        .addr()
    }
}

impl<K, V> SingleFlight<K, V> {
    /// Nothing under way; keys are hashed under a secret of this object's.
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(KeyedHash::new())
    }
}

impl<K, V, S: Default> Default for SingleFlight<K, V, S> {
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K, V, S> SingleFlight<K, V, S> {
    /// Nothing under way; keys are hashed with `hasher`.
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        let shard = |_| CachePadded::new(Mutex::new(Flights::new()));
        Self { shards: (0..SHARDS).map(shard).collect(), hasher }
    }

    /// The calls under way, the forgotten ones included. Counts shard after shard.
    #[must_use]
    pub fn len(&self) -> usize {
        self.snapshot().flights
    }

    /// Whether no call is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is under way just now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut all = Snapshot { flights: 0, followers: 0 };
        for shard in &*self.shards {
            let (flights, followers) = shard.lock().count();
            all.flights += flights;
            all.followers += followers;
        }
        all
    }

    /// Ends every call under way for those who follow it, and frees every key.
    ///
    /// Followers get [`FlightError::LeaderFailed`]; leaders finish their calls and get their own values. For a
    /// shutdown that must not wait, and for a forked child, where the leaders are no more.
    ///
    /// ```
    /// let flights = resil_core::SingleFlight::<u8, u8>::new();
    /// let led = flights.run(1, || {
    ///     flights.abandon();
    ///     assert!(flights.is_empty());
    ///     7
    /// });
    /// assert_eq!(*led.unwrap(), 7);
    /// ```
    pub fn abandon(&self) {
        for shard in &*self.shards {
            let abandoned = shard.lock().abandon();
            abandoned.into_iter().for_each(Flight::dismiss);
        }
    }

    fn index(hash: u64) -> usize {
        (hash.wrapping_mul(SPREAD) >> (u64::BITS - SHARDS.trailing_zeros())) as usize
    }

    fn place(&self, hash: u64) -> Place<'_, K, V> {
        Place::There(&self.shards[Self::index(hash)])
    }

    fn kept_place(&self, hash: u64) -> Place<'static, K, V>
    where
        K: 'static,
        V: 'static,
    {
        Place::Kept(self.shards.clone(), Self::index(hash))
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> SingleFlight<K, V, S> {
    /// The value of `key`: of the call under way if there is one, else of `f`.
    ///
    /// Waits for a call under way however long it takes. Who waits may have to make the call after all, when
    /// a task that led is cancelled.
    ///
    /// # Errors
    /// [`FlightError::LeaderFailed`], [`FlightError::Reentered`].
    ///
    /// # Panics
    /// As `f` does, if this caller leads.
    ///
    /// ```
    /// use resil_core::SingleFlight;
    /// use resil_core::single_flight::FlightError;
    ///
    /// let flights = SingleFlight::<&str, u32>::new();
    /// let two = flights.run("a", || {
    ///     assert_eq!(flights.run("a", || 0).unwrap_err(), FlightError::Reentered);
    ///     *flights.run("b", || 1).unwrap() + 1
    /// });
    /// assert_eq!(*two.unwrap(), 2);
    /// ```
    pub fn run(&self, key: K, f: impl FnOnce() -> V) -> Result<Shared<V>, FlightError> {
        self.run_within(key, None, f)
    }

    /// As [`run`](Self::run), but waits for another's call no longer than `timeout`; zero never waits.
    /// A call that this caller makes itself takes the time it takes.
    ///
    /// # Errors
    /// [`FlightError::TimedOut`], and as [`run`](Self::run).
    ///
    /// # Panics
    /// As [`run`](Self::run).
    ///
    /// ```
    /// use resil_core::SingleFlight;
    /// use resil_core::single_flight::FlightError;
    /// use std::time::Duration;
    ///
    /// let flights = SingleFlight::new();
    /// let led = flights.run((), || {
    ///     std::thread::scope(|scope| {
    ///         let follower = scope.spawn(|| flights.run_timeout((), Duration::ZERO, || ()).err());
    ///         assert_eq!(follower.join().unwrap(), Some(FlightError::TimedOut));
    ///     });
    /// });
    /// assert!(led.is_ok());
    /// ```
    pub fn run_timeout(
        &self,
        key: K,
        timeout: Duration,
        f: impl FnOnce() -> V,
    ) -> Result<Shared<V>, FlightError> {
        self.run_within(key, Some(timeout), f)
    }

    /// Lets the next to ask for `key` make a new call, whatever is under way. Whether anything was.
    ///
    /// The call under way goes on, for its leader and for those who follow it already.
    ///
    /// ```
    /// let flights = resil_core::SingleFlight::<String, u32>::new();
    /// let value = flights.run("a".to_owned(), || {
    ///     assert!(flights.forget("a"), "this very call");
    ///     assert!(!flights.forget("a"), "forgotten already");
    ///     7
    /// });
    /// assert_eq!(*value.unwrap(), 7);
    /// ```
    pub fn forget<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        self.place(hash).lock().forget(hash, |held| held.borrow() == key)
    }

    /// Takes part in the flight of `key` by hand, for a caller that cannot hand its call over as a closure:
    /// another language, a state machine. [`Part`] says what to do.
    ///
    /// # Errors
    /// [`FlightError::Reentered`], told by `caller`.
    ///
    /// ```
    /// use resil_core::SingleFlight;
    /// use resil_core::single_flight::{Arrived, Caller, FlightError, Part};
    ///
    /// fn run(flights: &SingleFlight<u8, String>) -> Result<String, FlightError> {
    ///     let leading = match flights.enter(1, Caller::this_thread())? {
    ///         Part::Lead(leading) => leading,
    ///         Part::Follow(following) => match following.wait(None)? {
    ///             Arrived::Value(value) => return Ok(value.to_string()),
    ///             Arrived::Lead(leading) => leading,
    ///         },
    ///     };
    ///     Ok(leading.land("made".to_owned()).into_value())
    /// }
    /// assert_eq!(run(&SingleFlight::new()).unwrap(), "made");
    /// ```
    pub fn enter(&self, key: K, caller: Caller) -> Result<Part<'_, K, V>, FlightError> {
        let hash = self.hasher.hash_one(&key);
        admit(self.place(hash), hash, key, caller.leader(), || None)
    }

    /// As [`enter`](Self::enter), for a part that outlives this reference: it keeps what it needs.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    ///
    /// ```
    /// use resil_core::SingleFlight;
    /// use resil_core::single_flight::{Caller, Part};
    ///
    /// let flights = SingleFlight::new();
    /// let Ok(Part::Lead(leading)) = flights.enter_kept("key", Caller::named(1, 17)) else { panic!() };
    /// drop(flights);
    /// assert_eq!(*leading.land(5), 5);
    /// ```
    pub fn enter_kept(&self, key: K, caller: Caller) -> Result<Part<'static, K, V>, FlightError>
    where
        K: 'static,
        V: 'static,
    {
        let hash = self.hasher.hash_one(&key);
        admit(self.kept_place(hash), hash, key, caller.leader(), || None)
    }

    fn run_within(
        &self,
        key: K,
        timeout: Option<Duration>,
        f: impl FnOnce() -> V,
    ) -> Result<Shared<V>, FlightError> {
        let me = Leader::Thread(ThreadMark::current());
        let hash = self.hasher.hash_one(&key);
        let seated = || Some(Waiter::this_thread());
        let leading = match admit(self.place(hash), hash, key, me, seated)? {
            Part::Lead(leading) => leading,
            Part::Follow(following) => match following.sleep(Deadline::after(timeout))? {
                Arrived::Lead(leading) => leading,
                Arrived::Value(value) => return Ok(Shared::Theirs(value)),
            },
        };
        // A panic drops `leading`, which tells the followers.
        let value = f();
        Ok(leading.land(value))
    }
}

fn admit<K: Eq, V>(
    place: Place<'_, K, V>,
    hash: u64,
    key: K,
    me: Leader,
    waiter: impl FnOnce() -> Option<Waiter>,
) -> Result<Part<'_, K, V>, FlightError> {
    // A key that is not kept is dropped at the end, when the lock is released.
    let is_mine = |number| is_polled_here((place.address(), number));
    let admission = place.lock().admit(hash, key, me, is_mine, waiter);
    match admission {
        Admission::Lead { number, unused: _unused } => {
            Ok(Part::Lead(Leading::new(place, hash, number)))
        }
        Admission::Follow { number, seat, record, unused: _unused } => {
            Ok(Part::Follow(Following::new(place, hash, number, seat, record, me)))
        }
        Admission::Reentered { unused: _unused } => Err(FlightError::Reentered),
    }
}

impl<K, V, S> fmt::Debug for SingleFlight<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot { flights, followers } = self.snapshot();
        f.debug_struct("SingleFlight")
            .field("flights", &flights)
            .field("followers", &followers)
            .finish_non_exhaustive()
    }
}

fn value_of<V>(outcome: Outcome<V>) -> Result<Arc<V>, FlightError> {
    match outcome {
        Outcome::Landed(value) => Ok(value),
        Outcome::Failed => Err(FlightError::LeaderFailed),
    }
}
