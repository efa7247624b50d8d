//! One connection for many callers, by flat combining: who finds it free carries everybody's calls.
//!
//! A caller queues its call. If nobody leads, it leads: it takes the connection, sends what is queued as one batch,
//! hands out the answers, and passes the lead to the first thread that still waits, or to the keeper for those that
//! do not wait on a thread. Who waits has a deadline of its own. A leader whose connection fails hands that to
//! everybody who is queued: nobody waits for a connection.
//! Invariant: the connection is in the lane or with the one leader; a call is in the queue, in the leader's batch,
//! or settled. Lock order: lane, then call.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use resil_core::pure::store_gate::{Change, Config, Fault, State};
use resil_core::{Clock, MonotonicClock};

use crate::call::{Call, Outcome};
use crate::ends;
use crate::excluding::{Condvar, Mutex, MutexGuard};

/// Calls in one batch, at most: a batch's answers are about 5 us apart, so the last is not late.
pub(crate) const BATCH: usize = 64;

/// What carries a batch of calls.
pub(crate) trait Carries {
    /// Has the store answer `calls` until `end`, which is `usual` from now or sooner; each answer goes to `told`.
    ///
    /// # Errors
    /// The connection is of no use any more. Calls that were not told about may or may not have run: nobody may
    /// try them again.
    fn exchange(
        &mut self,
        calls: &[&Call],
        usual: Duration,
        end: Instant,
        told: impl FnMut(usize, Outcome),
    ) -> Result<(), Fault>;
}

/// A call under way, and where its answer goes.
pub(crate) struct Pending {
    call: Call,
    /// A thread waits for it, and can lead.
    leads: bool,
    stage: Mutex<Stage>,
    told: Condvar,
}

enum Stage {
    /// In the queue or in a leader's batch; the task to wake, if a task asks.
    Waiting(Option<Waker>),
    /// The one who waits is to lead.
    Lead,
    Settled(Outcome),
}

impl Pending {
    fn new(call: Call, leads: bool) -> Arc<Self> {
        Arc::new(Self {
            call,
            leads,
            stage: Mutex::new(Stage::Waiting(None)),
            told: Condvar::new(),
        })
    }

    fn settle(&self, outcome: Outcome) {
        let before = std::mem::replace(&mut *self.stage.lock(), Stage::Settled(outcome));
        self.told.notify_one();
        if let Stage::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }

    fn settled(&self) -> Option<Outcome> {
        let mut stage = self.stage.lock();
        match &mut *stage {
            Stage::Settled(outcome) => Some(std::mem::replace(outcome, Err(Fault::Timeout))),
            _ => None,
        }
    }
}

pub(crate) struct Traffic<W> {
    pub(crate) gate: State,
    /// The connection, unless a leader has it.
    pub(crate) wire: Option<Box<W>>,
    /// There is a connection, here or with the leader, and the gate is up.
    pub(crate) ready: bool,
    leading: bool,
    queue: VecDeque<Arc<Pending>>,
    /// The store is gone: the keeper ends.
    #[cfg(feature = "client")]
    pub(crate) closed: bool,
    /// Why the store was last away.
    pub(crate) last_fault: Fault,
    /// How often it went away.
    pub(crate) outages: u64,
}

impl<W> Traffic<W> {
    /// Something is queued, and nobody carries it: threads would.
    pub(crate) fn has_tasks(&self) -> bool {
        self.ready && !self.leading && !self.queue.is_empty()
    }
}

pub(crate) struct Lane<W> {
    traffic: Mutex<Traffic<W>>,
    /// Wakes the keeper.
    work: Condvar,
    /// Wakes who waits for the store.
    up: Condvar,
    deadline: Duration,
    gate: Config,
}

impl<W: Carries> Lane<W> {
    pub(crate) fn new(deadline: Duration, gate: Config) -> Self {
        let traffic = Traffic {
            gate: State::new(MonotonicClock.now()),
            wire: None,
            ready: false,
            leading: false,
            queue: VecDeque::new(),
            #[cfg(feature = "client")]
            closed: false,
            last_fault: Fault::Disconnected,
            outages: 0,
        };
        Self {
            traffic: Mutex::new(traffic),
            work: Condvar::new(),
            up: Condvar::new(),
            deadline,
            gate,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Traffic<W>> {
        self.traffic.lock()
    }

    /// Callers may ask, over `wire`.
    pub(crate) fn open(&self, traffic: &mut Traffic<W>, wire: W) {
        traffic.wire = Some(Box::new(wire));
        traffic.ready = true;
        self.up.notify_all();
    }

    /// What the store answers, at most one deadline from now.
    pub(crate) fn ask(&self, call: Call) -> Outcome {
        self.ask_until(call, ends::after(self.deadline))
    }

    pub(crate) fn ask_until(&self, call: Call, end: Instant) -> Outcome {
        let mut traffic = self.lock();
        if !traffic.ready {
            return Err(traffic.last_fault);
        }
        let pending = Pending::new(call, true);
        if !traffic.leading {
            traffic.leading = true;
            self.lead(traffic, Some(&pending), end);
            return pending.settled().unwrap_or(Err(Fault::Timeout));
        }
        traffic.queue.push_back(Arc::clone(&pending));
        drop(traffic);
        let mut stage = pending.stage.lock();
        while matches!(*stage, Stage::Waiting(_)) && Instant::now() < end {
            stage = pending.told.wait(stage, Some(end));
        }
        drop(stage);
        // Under the lane's lock nobody changes who leads, and nothing is sent.
        let mut traffic = self.lock();
        let leads = matches!(*pending.stage.lock(), Stage::Lead);
        take_out(&mut traffic.queue, &pending);
        if leads && Instant::now() < end {
            self.lead(traffic, Some(&pending), end);
        } else if leads {
            self.pass_on(&mut traffic);
        }
        // Out of time, if nothing was told. Where it was not sent yet, it never is.
        pending.settled().unwrap_or(Err(Fault::Timeout))
    }

    /// Asks without a thread that waits: the keeper, or whoever leads, carries it.
    pub(crate) fn ask_async(self: &Arc<Self>, call: Call) -> Asking<W> {
        Asking { lane: Arc::clone(self), pending: self.tell(call) }
    }

    /// As [`ask_async`](Self::ask_async), for those who do not wait for the answer.
    pub(crate) fn tell(&self, call: Call) -> Arc<Pending> {
        let pending = Pending::new(call, false);
        let mut traffic = self.lock();
        if traffic.ready {
            traffic.queue.push_back(Arc::clone(&pending));
            if !traffic.leading {
                self.work.notify_one();
            }
        } else {
            pending.settle(Err(traffic.last_fault));
        }
        pending
    }

    /// Leads for those who do not wait on a thread, if there are any; whether there were.
    pub(crate) fn lead_for_tasks(&self) -> bool {
        let mut traffic = self.lock();
        if !traffic.has_tasks() {
            return false;
        }
        traffic.leading = true;
        self.lead(traffic, None, ends::after(self.deadline));
        true
    }

    /// One batch with `own` at its head, then the lead goes on. Whoever comes here has set `leading`.
    fn lead(
        &self,
        mut traffic: MutexGuard<'_, Traffic<W>>,
        own: Option<&Arc<Pending>>,
        end: Instant,
    ) {
        let Some(mut wire) = traffic.wire.take() else {
            // It failed with the leader before, who told everybody else.
            let fault = traffic.last_fault;
            self.pass_on(&mut traffic);
            drop(traffic);
            if let Some(own) = own {
                own.settle(Err(fault));
            }
            return;
        };
        let mut batch: Vec<Arc<Pending>> = own.into_iter().cloned().collect();
        let more = traffic.queue.len().min(BATCH - batch.len());
        batch.extend(traffic.queue.drain(..more));
        let epoch = traffic.gate.epoch();
        drop(traffic);

        let calls: Vec<_> = batch.iter().map(|pending| &pending.call).collect();
        let mut heard = None;
        // Whoever began late in its time says little about the store by being out of it.
        let fair = end.saturating_duration_since(Instant::now()) >= self.deadline / 2;
        let exchanged = wire.exchange(&calls, self.deadline, end, |at, outcome| {
            if let Err(fault) = outcome {
                // One call that is wrong says less than anything else.
                heard = heard.filter(|&before| before != Fault::Call).or(Some(fault));
            }
            batch[at].settle(outcome);
        });

        let now = MonotonicClock.now();
        let mut traffic = self.lock();
        let change = match (exchanged, heard) {
            (Err(Fault::Timeout), _) if !fair => None,
            (Err(fault), _) | (Ok(()), Some(fault)) => {
                traffic.gate.on_fault(&self.gate, now, epoch, fault)
            }
            (Ok(()), None) => {
                traffic.gate.on_success(epoch);
                None
            }
        };
        if change == Some(Change::WentDown) {
            traffic.outages += 1;
        }
        let lost = match (exchanged, change) {
            (Err(fault), _) => fault,
            (Ok(()), Some(Change::WentDown)) => heard.unwrap_or(Fault::Disconnected),
            _ => {
                traffic.wire = Some(wire);
                self.pass_on(&mut traffic);
                return;
            }
        };
        // A reply that comes late must not meet another call: the connection goes with it.
        traffic.ready = false;
        traffic.last_fault = lost;
        traffic.leading = false;
        let failed: Vec<_> = traffic.queue.drain(..).collect();
        self.work.notify_one();
        drop(traffic);
        drop(wire);
        for pending in batch.iter().chain(&failed) {
            let is_settled = matches!(*pending.stage.lock(), Stage::Settled(_));
            if !is_settled {
                pending.settle(Err(lost));
            }
        }
    }

    /// The lead goes to the first thread that waits, else to nobody, and the keeper is told of what is left.
    fn pass_on(&self, traffic: &mut Traffic<W>) {
        if let Some(pending) = traffic.queue.iter().find(|pending| pending.leads) {
            *pending.stage.lock() = Stage::Lead;
            pending.told.notify_one();
            return;
        }
        traffic.leading = false;
        if !traffic.queue.is_empty() {
            self.work.notify_one();
        }
    }
}

/// Between a store and its keeper. The models have neither.
#[cfg(feature = "client")]
impl<W: Carries> Lane<W> {
    /// The keeper's pause: until `at`, or until there is work.
    pub(crate) fn pause<'a>(
        &self,
        traffic: MutexGuard<'a, Traffic<W>>,
        at: Option<Instant>,
    ) -> MutexGuard<'a, Traffic<W>> {
        self.work.wait(traffic, at)
    }

    /// Waits until callers may ask; whether they may.
    pub(crate) fn wait_until_up(&self, end: Instant) -> bool {
        let mut traffic = self.lock();
        while !traffic.ready && Instant::now() < end {
            traffic = self.up.wait(traffic, Some(end));
        }
        traffic.ready
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_one();
    }
}

fn take_out(queue: &mut VecDeque<Arc<Pending>>, pending: &Arc<Pending>) {
    if let Some(at) = queue.iter().position(|queued| Arc::ptr_eq(queued, pending)) {
        queue.remove(at);
    }
}

/// An answer to come. Dropped, a call that was not sent yet never is.
pub(crate) struct Asking<W: Carries> {
    lane: Arc<Lane<W>>,
    pending: Arc<Pending>,
}

impl<W: Carries> Future for Asking<W> {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut stage = self.pending.stage.lock();
        match &mut *stage {
            Stage::Settled(outcome) => Poll::Ready(std::mem::replace(outcome, Err(Fault::Timeout))),
            Stage::Waiting(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            // Only a thread is told to lead.
            Stage::Lead => Poll::Ready(Err(Fault::Timeout)),
        }
    }
}

impl<W: Carries> Drop for Asking<W> {
    fn drop(&mut self) {
        let mut traffic = self.lane.lock();
        take_out(&mut traffic.queue, &self.pending);
    }
}
