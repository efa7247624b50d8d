//! The thread of a store: connects, tries, counts members, and leads for tasks. Callers do none of these.

use std::cell::Cell;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use redis::Client;
use resil_core::pure::store_gate::{Change, Fault, Mode};
use resil_core::{Clock, Draw, MonotonicClock, ThreadDraw};

use crate::ends;
use crate::excluding::{Condvar, Mutex};
use crate::lane::{BATCH, Carries, Lane};
use crate::options::{Members, Options};
use crate::store::Process;
use crate::upkeep;
use crate::wire::Wire;

/// Who drops a store waits for its thread so long, at most: far longer than the usual timeouts, and not as long as a
/// connect may be allowed to take.
const LONGEST_END: Duration = Duration::from_secs(1);

/// Subjects that are charged for on return, at most: some ten ms of the server.
const CHARGES: usize = 4_096;

thread_local! {
    static IS_KEEPER: Cell<bool> = const { Cell::new(false) };
}

/// A thread that runs.
pub(crate) struct Running {
    thread: JoinHandle<()>,
    over: Arc<Over>,
}

/// Whether a thread's work is over.
struct Over {
    is_over: Mutex<bool>,
    told: Condvar,
}

/// Says that it is, at the end.
struct Tells(Arc<Over>);

impl Drop for Tells {
    fn drop(&mut self) {
        *self.0.is_over.lock() = true;
        self.0.told.notify_one();
    }
}

impl Running {
    /// Waits until the thread, told to end, is gone; where it is amid something that takes longer, it is left to it.
    pub(crate) fn end(self) {
        // A task that it wakes may be the last to hold the store.
        if IS_KEEPER.get() {
            return;
        }
        let end = ends::after(LONGEST_END);
        let mut is_over = self.over.is_over.lock();
        while !*is_over && Instant::now() < end {
            is_over = self.over.told.wait(is_over, Some(end));
        }
        if *is_over {
            drop(is_over);
            let _ = self.thread.join();
        }
    }
}

/// Begins the thread that keeps `process`, whose lane is `lane`.
pub(crate) fn begin(
    process: &Arc<Process>,
    lane: &Arc<Lane<Wire>>,
    client: &Client,
) -> Option<Running> {
    let over = Arc::new(Over { is_over: Mutex::new(false), told: Condvar::new() });
    let keeper = Keeper {
        lane: Arc::clone(lane),
        client: client.clone(),
        options: process.options.clone(),
        process: Arc::downgrade(process),
        here_next: Instant::now(),
        _tells: Tells(Arc::clone(&over)),
    };
    // Without a thread the store stays away, which every caller is told.
    let thread = thread::Builder::new().name("resil-redis".into()).spawn(|| keeper.run()).ok()?;
    Some(Running { thread, over })
}

struct Keeper {
    lane: Arc<Lane<Wire>>,
    client: Client,
    options: Options,
    process: Weak<Process>,
    here_next: Instant,
    /// Last, for fields are dropped in this order.
    _tells: Tells,
}

enum Next {
    Connect,
    Probe,
    Here,
    Tasks,
    End,
}

impl Keeper {
    fn run(mut self) {
        IS_KEEPER.set(true);
        loop {
            match self.next() {
                Next::End => return,
                Next::Connect => self.connect(),
                Next::Probe => self.probe(),
                Next::Here => self.here(),
                Next::Tasks => {}
            }
            // Whatever else there was to do, tasks wait.
            while self.lane.lead_for_tasks() {}
        }
    }

    /// Waits for what is next.
    fn next(&self) -> Next {
        let mut traffic = self.lane.lock();
        loop {
            // First: what was told before the store was closed is still sent.
            if traffic.has_tasks() {
                return Next::Tasks;
            }
            if traffic.closed {
                return Next::End;
            }
            let now = MonotonicClock.now();
            let at = match traffic.gate.mode() {
                Mode::Up if !traffic.ready => return Next::Connect,
                Mode::Up => match self.options.members {
                    Members::Fixed(_) => None,
                    Members::Counted(_) if Instant::now() >= self.here_next => return Next::Here,
                    Members::Counted(_) => Some(self.here_next),
                },
                Mode::Down | Mode::Probing => {
                    if traffic.gate.try_probe(now) {
                        return Next::Probe;
                    }
                    let due = traffic.gate.next_probe().unwrap_or(now);
                    Some(ends::after(due.saturating_since(now)))
                }
            };
            traffic = self.lane.pause(traffic, at);
        }
    }

    /// A new connection in place of one that answered too late, while the gate is still up.
    fn connect(&self) {
        self.connected(Wire::connect(&self.client, self.options.connect_timeout));
    }

    fn connected(&self, connected: Result<Wire, Fault>) {
        if self.lane.lock().closed {
            return;
        }
        let connected = connected.and_then(|mut wire| self.settle(&mut wire).map(|()| wire));
        let mut traffic = self.lane.lock();
        match connected {
            Ok(wire) => {
                self.lane.open(&mut traffic, wire);
            }
            Err(fault) => {
                let epoch = traffic.gate.epoch();
                let now = MonotonicClock.now();
                traffic.gate.on_fault(&self.options.gate, now, epoch, fault);
                traffic.last_fault = fault;
                traffic.outages += 1;
            }
        }
    }

    /// Tries the store on a fresh connection.
    fn probe(&self) {
        let instance = self.process.upgrade().map_or(0, |process| process.instance);
        let trial = upkeep::trial(instance, self.options.when());
        let timeout = self.options.connect_timeout;
        let tried = Wire::connect(&self.client, timeout).and_then(|mut wire| {
            let mut heard = Ok(());
            let end = ends::after(timeout);
            wire.exchange(&[&trial], timeout, end, |_, outcome| {
                heard = outcome.and_then(|numbers| upkeep::tried(&numbers));
            })?;
            heard.map(|()| wire)
        });
        let (now, draw) = (MonotonicClock.now(), ThreadDraw.draw());
        let mut traffic = self.lane.lock();
        let outcome = tried.as_ref().map(drop).map_err(|fault| *fault);
        if let Err(fault) = outcome {
            traffic.last_fault = fault;
        }
        let change = traffic.gate.on_probe(&self.options.gate, now, draw, outcome);
        drop(traffic);
        if let (Some(Change::WentUp), Ok(wire)) = (change, tried) {
            self.connected(Ok(wire));
        }
    }

    /// Charges the store with what was granted in its stead, before anybody asks it again. What there is no time for,
    /// or goes wrong, is not charged: nobody waits for the past, and nothing is charged twice.
    fn settle(&self, wire: &mut Wire) -> Result<(), Fault> {
        let Some(process) = self.process.upgrade() else { return Ok(()) };
        let timeout = self.options.connect_timeout;
        let end = ends::after(timeout);
        for batch in process.charges(CHARGES).chunks(BATCH) {
            if Instant::now() >= end {
                break;
            }
            wire.exchange(&batch.iter().collect::<Vec<_>>(), timeout, end, |_, _| {})?;
        }
        Ok(())
    }

    /// Says that this process is there, and learns how many are.
    fn here(&mut self) {
        self.here_next = ends::after(upkeep::HERE_EVERY);
        let (Members::Counted(group), Some(process)) =
            (&self.options.members, self.process.upgrade())
        else {
            return;
        };
        let asked = self.lane.ask(upkeep::here(group, process.instance, self.options.when()));
        if let Some(count) = asked.ok().and_then(|numbers| upkeep::counted(&numbers)) {
            process.set_members(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_server_that_is_not_there_is_a_fault_and_no_panic() {
        let client = Client::open("redis://127.0.0.1:1/").unwrap();
        let connected = Wire::connect(&client, Duration::from_millis(50));
        assert_eq!(connected.err(), Some(Fault::Disconnected));
    }
}
