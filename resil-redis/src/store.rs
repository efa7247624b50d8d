//! A store: what limiters ask, shared by all threads and tasks of a process.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

#[cfg(feature = "client")]
use redis::io::tcp::TcpSettings;
#[cfg(feature = "client")]
use redis::{Client, ConnectionInfo, IntoConnectionInfo};
use resil_core::pure::store_gate::{Fault, Mode};
use resil_core::remote::reply::When;
use resil_core::{Draw, ThreadDraw};

use crate::by_hand::Hand;
#[cfg(feature = "client")]
use crate::call::{Call, Outcome};
#[cfg(feature = "client")]
use crate::debts::Debts;
#[cfg(feature = "client")]
use crate::excluding::Mutex;
#[cfg(feature = "client")]
use crate::lane::Lane;
use crate::options::{Members, OpenError, Options};
use crate::per_process::PerProcess;
#[cfg(feature = "client")]
use crate::wire::Wire;
#[cfg(feature = "client")]
use crate::{ends, keeper};

/// A Redis or Valkey server, and the one connection to it, or none where callers bring theirs
/// ([`by_hand`](Self::by_hand)).
///
/// Opening it never waits: a thread of its own connects, and until it has, the limiters' policies decide. Calls of
/// many threads and tasks at once share round trips. Clones, and limiters on it, are the same store; the last
/// one dropped waits for its thread to end, usually microseconds, a second at most: one that is connecting then ends by
/// itself. A forked child connects by itself, at its first call.
///
/// ```no_run
/// use resil_redis::{Options, Store};
/// use std::time::Duration;
///
/// let options = Options::default().with_deadline(Duration::from_millis(10));
/// let store = Store::open_with("redis://:secret@limits.internal:6379/0", options)?;
/// assert!(store.wait_until_up(Duration::from_secs(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    reached: Reached,
    options: Options,
    process: PerProcess<Kept>,
}

/// What each process makes its connection with.
enum Reached {
    #[cfg(feature = "client")]
    By(Box<Client>),
    ByHand,
}

/// How a process asks.
enum Via {
    #[cfg(feature = "client")]
    Lane(Arc<Lane<Wire>>),
    Hand(Hand),
}

/// What a process has for itself.
pub(crate) struct Process {
    via: Via,
    pub(crate) options: Options,
    /// Tells this process from all others of the store.
    pub(crate) instance: u64,
    members: AtomicU32,
    reservations: AtomicU64,
    /// Of limiters that ever stood in for the store.
    #[cfg(feature = "client")]
    debts: Mutex<Vec<Box<dyn Debts>>>,
}

/// A process's part, and the thread that keeps it.
struct Kept {
    process: Arc<Process>,
    #[cfg(feature = "client")]
    keeper: Option<keeper::Running>,
}

impl Kept {
    fn begin(reached: &Reached, options: &Options) -> Self {
        let process = Process::begin(reached, options);
        #[cfg(feature = "client")]
        let keeper = match (&process.via, reached) {
            (Via::Lane(lane), Reached::By(client)) => keeper::begin(&process, lane, client),
            _ => None,
        };
        Self {
            process,
            #[cfg(feature = "client")]
            keeper,
        }
    }
}

#[cfg(feature = "client")]
impl Drop for Kept {
    fn drop(&mut self) {
        if let Via::Lane(lane) = &self.process.via {
            lane.close();
        }
        if let Some(keeper) = self.keeper.take() {
            keeper.end();
        }
    }
}

impl Process {
    fn begin(reached: &Reached, options: &Options) -> Arc<Self> {
        let members = match options.members {
            Members::Fixed(members) => members,
            Members::Counted(_) => NonZeroU32::MIN,
        };
        // 53 bits of chance each; the process id beside them costs nothing.
        let draw = || (ThreadDraw.draw() * (1_u64 << 53) as f64) as u64;
        let instance = draw() << 11 ^ draw() ^ u64::from(std::process::id()) << 32;
        let via = match reached {
            #[cfg(feature = "client")]
            Reached::By(_) => Via::Lane(Arc::new(Lane::new(options.deadline, options.gate))),
            Reached::ByHand => Via::Hand(Hand::new()),
        };
        Arc::new(Self {
            via,
            options: options.clone(),
            instance,
            members: AtomicU32::new(members.get()),
            reservations: AtomicU64::new(0),
            #[cfg(feature = "client")]
            debts: Mutex::new(Vec::new()),
        })
    }

    /// Whether the store asks by itself.
    #[cfg(feature = "client")]
    pub(crate) const fn has_client(&self) -> bool {
        matches!(self.via, Via::Lane(_))
    }

    /// What callers who bring the client know together. Only where they do.
    pub(crate) fn hand(&self) -> &Hand {
        match &self.via {
            Via::Hand(hand) => hand,
            #[cfg(feature = "client")]
            Via::Lane(_) => unreachable!("the store asks by itself"),
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn ask(&self, call: Call) -> Outcome {
        match &self.via {
            Via::Lane(lane) => lane.ask(call),
            Via::Hand(_) => Err(Fault::Disconnected),
        }
    }

    #[cfg(feature = "client")]
    pub(crate) async fn ask_async(&self, call: Call) -> Outcome {
        match &self.via {
            Via::Lane(lane) => lane.ask_async(call).await,
            Via::Hand(_) => Err(Fault::Disconnected),
        }
    }

    /// Asks, and does not wait for the answer.
    #[cfg(feature = "client")]
    pub(crate) fn tell(&self, call: Call) {
        if let Via::Lane(lane) = &self.via {
            lane.tell(call);
        }
    }

    pub(crate) fn members(&self) -> NonZeroU32 {
        // ORDERING: Relaxed. The number is all there is to know.
        NonZeroU32::new(self.members.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN)
    }

    pub(crate) fn set_members(&self, members: NonZeroU32) {
        // ORDERING: Relaxed, as above.
        self.members.store(members.get(), Ordering::Relaxed);
    }

    /// A limiter that stands in for the store owes it what it grants.
    #[cfg(feature = "client")]
    pub(crate) fn owes(&self, debts: Box<dyn Debts>) {
        let mut all = self.debts.lock();
        all.retain(|debts| debts.are_owed());
        all.push(debts);
    }

    /// The calls that charge for what was granted in the store's stead, at most so many.
    #[cfg(feature = "client")]
    pub(crate) fn charges(&self, most: usize) -> Vec<Call> {
        let mut calls = Vec::new();
        for debts in &*self.debts.lock() {
            calls.extend(debts.calls(most - calls.len(), self.options.when()));
        }
        calls
    }

    /// What tells a reservation from every other one.
    pub(crate) fn reservation(&self) -> u64 {
        // ORDERING: Relaxed. Only that no two are the same matters.
        let number = self.reservations.fetch_add(1, Ordering::Relaxed);
        self.instance.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

impl Store {
    fn reached(by: Reached, options: Options) -> Self {
        let process = PerProcess::new(Kept::begin(&by, &options));
        Self { shared: Arc::new(Shared { reached: by, options, process }) }
    }

    /// The store that a client of the caller's own reaches: limiters say what to call, by their `begin_` forms, and
    /// [`Asking::finish`](crate::Asking::finish) is told what came back. No thread, and no connection.
    ///
    /// It counts as there until a call finds that it is not. Of `options` the deadlines are the client's affair.
    ///
    /// # Errors
    /// [`OpenError`] names the field.
    pub fn by_hand(options: Options) -> Result<Self, OpenError> {
        options.check()?;
        Ok(Self::reached(Reached::ByHand, options))
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        let Shared { reached, options, process } = &*self.shared;
        &process.get(|| Kept::begin(reached, options)).process
    }

    /// By which clock scripts decide, now.
    pub(crate) fn when(&self) -> When {
        self.shared.options.when()
    }

    /// The longest pause between two tries while the store is away: when it may be worth asking again.
    pub(crate) fn pause(&self) -> Duration {
        self.shared.options.gate.longest_pause
    }

    /// What there is to monitor.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let process = self.process();
        let (is_up, outages, last_fault) = match &process.via {
            #[cfg(feature = "client")]
            Via::Lane(lane) => {
                let traffic = lane.lock();
                (traffic.ready, traffic.outages, traffic.last_fault)
            }
            Via::Hand(hand) => hand.snapshot(),
        };
        let mode = if is_up { Mode::Up } else { Mode::Down };
        Snapshot { mode, members: process.members(), outages, last_fault }
    }
}

#[cfg(feature = "client")]
impl Store {
    /// The store at `url`: `redis://[user][:password@]host[:port][/database]`, `unix:///path`, or with the feature
    /// `tls` `rediss://…`.
    ///
    /// # Errors
    /// [`OpenError::Url`]. A server that is away is no error.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, Options::default())
    }

    /// As [`open`](Self::open), with options.
    ///
    /// # Errors
    /// [`OpenError`] names the field.
    pub fn open_with(url: &str, options: Options) -> Result<Self, OpenError> {
        options.check()?;
        let info: ConnectionInfo = url.into_connection_info().map_err(OpenError::Url)?;
        // A small packet held back for the next one costs a round trip of 40 ms.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Self::with_client(Client::open(info).map_err(OpenError::Url)?, options)
    }

    /// The store that `client` reaches: for certificates of one's own. It is taken as it is, so turn its
    /// `TCP_NODELAY` on.
    ///
    /// # Errors
    /// [`OpenError`] names the field.
    pub fn with_client(client: Client, options: Options) -> Result<Self, OpenError> {
        options.check()?;
        // Where the program has chosen its cryptography already, that stays.
        #[cfg(feature = "tls")]
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self::reached(Reached::By(Box::new(client)), options))
    }

    /// Waits until the store is asked, at most `timeout`; whether it is. For programs that would rather begin with
    /// the limit than with its policy. Where callers bring the client, nobody would end the wait: it tells at once.
    #[must_use]
    pub fn wait_until_up(&self, timeout: Duration) -> bool {
        match &self.process().via {
            Via::Lane(lane) => lane.wait_until_up(ends::after(timeout)),
            Via::Hand(hand) => hand.snapshot().0,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the client: it knows the password.
        f.debug_struct("Store").field("snapshot", &self.snapshot()).finish_non_exhaustive()
    }
}

/// A store at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Up: callers ask. Down: policies decide.
    pub mode: Mode,
    /// How many processes share the limits, as last known.
    pub members: NonZeroU32,
    /// How often the store went away since it was opened, here.
    pub outages: u64,
    /// Why it was last away; before the first connection, `Disconnected`.
    pub last_fault: Fault,
}
