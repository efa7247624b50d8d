//! Limiters over a client of the caller's own: this library says what to call, and is told what came back.
//!
//! An operation begins; where the store is to be asked it names a script call, which the caller's client carries
//! out, and the outcome leads on, to the answer or to another call. Nothing here waits, and there is no thread. So
//! callers do on their way what the thread of a store that connects itself does: while the store is away, one caller
//! at a time, when a try is due, tries it with a call that writes before its own; and where members are counted, one
//! caller every 2 s says that this process is there; and who first asks about a subject again charges the store with
//! what this process granted in its stead.

use std::fmt;
use std::time::Instant;

use resil_core::pure::store_gate::{Change, Fault, Mode, State};
use resil_core::{Clock, Draw, MonotonicClock, ThreadDraw};

use crate::answer::Answer;
use crate::call::Call;
use crate::excluding::Mutex;
use crate::options::{Members, Options};
use crate::store::Store;
use crate::upkeep;

/// An operation under way, over a client of the caller's own.
///
/// ```
/// use resil_core::Quota;
/// use resil_core::pure::store_gate::Fault;
/// use resil_redis::{Asking, Begun, Options, Source, Store, TokenBucket};
///
/// // `EVALSHA` with the digest, and where the server answers `NOSCRIPT`, `EVAL` with the text.
/// fn evaluate<T>(asking: &Asking<T>) -> Result<Vec<i64>, Fault> {
///     let (_digest, _text) = (asking.sha1(), asking.script());
///     let (_keys, _arguments) = (asking.keys(), asking.arguments());
///     Err(Fault::Disconnected)
/// }
///
/// let store = Store::by_hand(Options::default())?;
/// let bucket = TokenBucket::new(&store, "api", Quota::per_second(100)?)?;
/// let mut begun = bucket.begin_try_acquire("user-42", 1);
/// let answer = loop {
///     match begun {
///         Begun::Decided(answer) => break answer,
///         Begun::Ask(asking) => {
///             let outcome = evaluate(&asking); // or await it
///             begun = asking.finish(outcome.as_deref().map_err(|fault| *fault));
///         }
///     }
/// };
/// assert_eq!(answer.source, Source::Rescue); // for there was no server
/// assert_eq!(bucket.begin_try_acquire("user-42", 1).with(evaluate).source, Source::Rescue);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is decided until it is gone on with"]
pub enum Begun<T> {
    /// The answer.
    Decided(Answer<T>),
    /// The store is to be asked.
    Ask(Asking<T>),
}

/// Reads the outcome of an operation's own call.
pub(crate) trait Reads<T>: Send + Sync {
    /// What the store is to be charged with before, once.
    fn debt(&self) -> Option<Call>;

    fn read(self: Box<Self>, outcome: Result<&[i64], Fault>) -> Answer<T>;
}

impl<T> Begun<T> {
    /// What is next for an operation that asks `own`, whose outcome `reads` reads.
    pub(crate) fn next(store: Store, own: Box<Call>, reads: Box<dyn Reads<T>>) -> Self {
        let process = store.process();
        let (turn, other) = match process.hand().turn(&process.options) {
            Next::Nobody(fault) => return Self::Decided(reads.read(Err(fault))),
            Next::Own(epoch) => match reads.debt() {
                Some(debt) => (Turn::Charge(epoch), Some(Box::new(debt))),
                None => (Turn::Own(epoch), None),
            },
            Next::Try => {
                let trying = Trying { store: store.clone(), is_told: false };
                (
                    Turn::Try(trying),
                    Some(Box::new(upkeep::trial(process.instance, process.options.when()))),
                )
            }
            Next::Here(epoch, group) => (
                Turn::Here(epoch),
                Some(Box::new(upkeep::here(group, process.instance, process.options.when()))),
            ),
        };
        Self::Ask(Asking { store, turn, other, own, reads })
    }

    /// Goes on to the answer: `evaluate` carries out one script call, and says how that went.
    pub fn with(
        self,
        mut evaluate: impl FnMut(&Asking<T>) -> Result<Vec<i64>, Fault>,
    ) -> Answer<T> {
        let mut begun = self;
        loop {
            match begun {
                Self::Decided(answer) => return answer,
                Self::Ask(asking) => {
                    let outcome = evaluate(&asking);
                    begun = asking.finish(outcome.as_deref().map_err(|fault| *fault));
                }
            }
        }
    }
}

/// A script call that the caller's client is to carry out: `EVALSHA`, or `EVAL` where the server does not know the
/// script (`NOSCRIPT`, which says that nothing ran).
///
/// Never twice otherwise, for a call whose answer was lost may have run. It may be the operation's own, or one that
/// keeps the store's state; both are gone on with alike. Dropped, the call counts as given up, of which the gate
/// learns nothing, except where it was to try the store: then the try failed.
#[must_use = "call it, and finish with the outcome"]
pub struct Asking<T> {
    store: Store,
    turn: Turn,
    /// Before the operation's own.
    other: Option<Box<Call>>,
    own: Box<Call>,
    reads: Box<dyn Reads<T>>,
}

impl<T> Asking<T> {
    fn call(&self) -> &Call {
        self.other.as_ref().unwrap_or(&self.own)
    }

    /// The script's text.
    #[must_use]
    pub fn script(&self) -> &'static str {
        self.call().script.text()
    }

    /// The script's digest, 40 hexadecimal digits in lower case.
    #[must_use]
    pub fn sha1(&self) -> &'static str {
        self.call().script.sha1()
    }

    /// Its keys (`KEYS`): one or two.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let Call { key, beside, .. } = self.call();
        std::iter::once(&**key).chain(beside.as_deref())
    }

    /// Its arguments (`ARGV`): short text, mostly decimal numbers.
    pub fn arguments(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.call().arguments.iter()
    }

    /// Goes on with the array of integers that the script answered, or what went wrong;
    /// [`fault_of`](resil_core::remote::fault::fault_of) reads an error of the server.
    pub fn finish(self, outcome: Result<&[i64], Fault>) -> Begun<T> {
        let Self { store, turn, own, reads, .. } = self;
        let process = store.process();
        match turn {
            Turn::Own(epoch) => {
                process.hand().heard(&process.options, epoch, outcome.err());
                return Begun::Decided(reads.read(outcome));
            }
            Turn::Try(trying) => {
                let tried = outcome.and_then(upkeep::tried);
                trying.told(tried);
                // One that fails is this caller's last, however soon the next is due.
                if let Err(fault) = tried {
                    return Begun::Decided(reads.read(Err(fault)));
                }
            }
            Turn::Charge(epoch) => process.hand().heard(&process.options, epoch, outcome.err()),
            Turn::Here(epoch) => {
                process.hand().heard(&process.options, epoch, outcome.err());
                if let Some(count) = outcome.ok().and_then(upkeep::counted) {
                    process.set_members(count);
                }
            }
        }
        Begun::next(store, own, reads)
    }
}

impl<T> fmt::Debug for Asking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("call", self.call()).finish_non_exhaustive()
    }
}

/// What a call is for; the numbers are the gate's epochs.
enum Turn {
    Own(u64),
    Try(Trying),
    Here(u64),
    /// For what was granted in the store's stead.
    Charge(u64),
}

/// A try that runs; the gate waits for its end, so it always comes to one.
struct Trying {
    store: Store,
    is_told: bool,
}

impl Trying {
    fn told(mut self, outcome: Result<(), Fault>) {
        self.is_told = true;
        let process = self.store.process();
        process.hand().tried(&process.options, outcome);
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        if !self.is_told {
            let process = self.store.process();
            process.hand().tried(&process.options, Err(Fault::Timeout));
        }
    }
}

enum Next<'a> {
    /// Nobody asks; why the store is away.
    Nobody(Fault),
    Own(u64),
    Try,
    Here(u64, &'a str),
}

/// What is known of a store whose callers bring the client.
pub(crate) struct Hand(Mutex<Known>);

struct Known {
    gate: State,
    here_next: Instant,
    last_fault: Fault,
    outages: u64,
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Known {
            // The first caller finds out whether it is there.
            gate: State::opened(MonotonicClock.now()),
            here_next: Instant::now(),
            last_fault: Fault::Disconnected,
            outages: 0,
        }))
    }

    fn turn<'a>(&self, options: &'a Options) -> Next<'a> {
        let mut known = self.0.lock();
        if known.gate.mode() != Mode::Up {
            let is_due = known.gate.try_probe(MonotonicClock.now());
            return if is_due { Next::Try } else { Next::Nobody(known.last_fault) };
        }
        let epoch = known.gate.epoch();
        match &options.members {
            Members::Counted(group) if Instant::now() >= known.here_next => {
                known.here_next = Instant::now() + upkeep::HERE_EVERY;
                Next::Here(epoch, group)
            }
            _ => Next::Own(epoch),
        }
    }

    fn heard(&self, options: &Options, epoch: u64, fault: Option<Fault>) {
        let mut known = self.0.lock();
        let Some(fault) = fault else { return known.gate.on_success(epoch) };
        let now = MonotonicClock.now();
        if known.gate.on_fault(&options.gate, now, epoch, fault) == Some(Change::WentDown) {
            known.last_fault = fault;
            known.outages += 1;
        }
    }

    fn tried(&self, options: &Options, outcome: Result<(), Fault>) {
        let (now, draw) = (MonotonicClock.now(), ThreadDraw.draw());
        let mut known = self.0.lock();
        if let Err(fault) = outcome {
            known.last_fault = fault;
        }
        known.gate.on_probe(&options.gate, now, draw, outcome);
    }

    /// Whether callers ask, how often they stopped, and why they last did.
    pub(crate) fn snapshot(&self) -> (bool, u64, Fault) {
        let known = self.0.lock();
        (known.gate.mode() == Mode::Up, known.outages, known.last_fault)
    }
}
