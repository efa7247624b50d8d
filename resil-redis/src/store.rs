//! A store: what limiters ask, shared by all threads and tasks of a process.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionInfo, IntoConnectionInfo};
use resil_core::pure::store_gate::{Fault, Mode};
use resil_core::{Draw, ThreadDraw};

use crate::keeper;
use crate::lane::Lane;
use crate::options::{Members, OpenError, Options};
use crate::per_process::PerProcess;

/// A Redis or Valkey server, and the one connection to it.
///
/// Opening it never waits: a thread of its own connects, and until it has, the limiters' policies decide. Calls of
/// many threads and tasks at once share round trips. Clones are the same store; the last one dropped ends its
/// thread. A forked child connects by itself, at its first call.
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
    client: Client,
    options: Options,
    process: PerProcess<Arc<Process>>,
}

/// What a process has for itself.
pub(crate) struct Process {
    pub(crate) lane: Arc<Lane>,
    pub(crate) client: Client,
    pub(crate) options: Options,
    /// Tells this process from all others of the store.
    pub(crate) instance: u64,
    members: AtomicU32,
    reservations: AtomicU64,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.lane.close();
    }
}

impl Process {
    fn begin(client: &Client, options: &Options) -> Arc<Self> {
        let members = match options.members {
            Members::Fixed(members) => members,
            Members::Counted(_) => NonZeroU32::MIN,
        };
        // 53 bits of chance each; the process id beside them costs nothing.
        let draw = || (ThreadDraw.draw() * (1_u64 << 53) as f64) as u64;
        let instance = draw() << 11 ^ draw() ^ u64::from(std::process::id()) << 32;
        let process = Arc::new(Self {
            lane: Arc::new(Lane::new(options.deadline, options.gate)),
            client: client.clone(),
            options: options.clone(),
            instance,
            members: AtomicU32::new(members.get()),
            reservations: AtomicU64::new(0),
        });
        keeper::begin(&process);
        process
    }

    pub(crate) fn members(&self) -> NonZeroU32 {
        // ORDERING: Relaxed. The number is all there is to know.
        NonZeroU32::new(self.members.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN)
    }

    pub(crate) fn set_members(&self, members: NonZeroU32) {
        // ORDERING: Relaxed, as above.
        self.members.store(members.get(), Ordering::Relaxed);
    }

    /// What tells a reservation from every other one.
    pub(crate) fn reservation(&self) -> u64 {
        // ORDERING: Relaxed. Only that no two are the same matters.
        let number = self.reservations.fetch_add(1, Ordering::Relaxed);
        self.instance.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

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
        let process = PerProcess::new(Process::begin(&client, &options));
        Ok(Self { shared: Arc::new(Shared { client, options, process }) })
    }

    pub(crate) fn process(&self) -> &Arc<Process> {
        let Shared { client, options, process } = &*self.shared;
        process.get(|| Process::begin(client, options))
    }

    /// The longest pause between two tries while the store is away: when it may be worth asking again.
    pub(crate) fn pause(&self) -> Duration {
        self.shared.options.gate.longest_pause
    }

    /// Waits until the store is asked, at most `timeout`; whether it is. For programs that would rather begin with
    /// the limit than with its policy.
    #[must_use]
    pub fn wait_until_up(&self, timeout: Duration) -> bool {
        self.process().lane.wait_until_up(Instant::now() + timeout)
    }

    /// What there is to monitor.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let process = self.process();
        let traffic = process.lane.lock();
        Snapshot {
            mode: if traffic.ready { Mode::Up } else { Mode::Down },
            members: process.members(),
            outages: traffic.outages,
            last_fault: traffic.last_fault,
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
