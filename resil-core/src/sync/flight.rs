//! One call under way: who leads it, who follows it, and what they are told.

use std::sync::Arc;

use super::flights::Admission;
use super::primitive::{Mutex, ThreadMark};
use super::waiters::{Seat, Waiter, Waiters, wake_all};

/// Who runs a flight.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leader {
    Thread(ThreadMark),
    /// A task may run on any thread.
    Task,
    /// By the numbers that another runtime gives its threads and tasks; task 0 is none.
    Named {
        thread: u64,
        task: u64,
    },
}

impl Leader {
    /// Whether this one, if it waits, keeps `leader` from ever ending its call.
    fn waits_for_itself(self, leader: Self) -> bool {
        match (self, leader) {
            (Self::Thread(mine), Self::Thread(leading)) => mine == leading,
            // Whoever is no task blocks its thread, and with it every task there.
            (
                Self::Named { thread, task },
                Self::Named { thread: leading_thread, task: leading_task },
            ) => {
                thread == leading_thread && (task == leading_task || task == 0 || leading_task == 0)
            }
            _ => false,
        }
    }
}

/// What came of a flight, for those who followed it.
pub(crate) enum Outcome<V> {
    Landed(Arc<V>),
    Failed,
}

impl<V> Clone for Outcome<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Landed(value) => Self::Landed(value.clone()),
            Self::Failed => Self::Failed,
        }
    }
}

/// Where followers find the outcome when the flight itself is gone: their key's lock is then left alone.
pub(crate) struct Record<V> {
    outcome: Mutex<Option<Outcome<V>>>,
}

impl<V> Record<V> {
    pub(crate) fn outcome(&self) -> Option<Outcome<V>> {
        self.outcome.lock().clone()
    }
}

pub(super) struct Audience<V> {
    record: Arc<Record<V>>,
    pub(super) waiters: Waiters,
}

/// One call under way.
pub(crate) struct Flight<K, V> {
    pub(super) number: u64,
    pub(super) key: K,
    /// None while the last leader left and no follower has taken over yet.
    pub(super) leader: Option<Leader>,
    pub(super) forgotten: bool,
    pub(super) audience: Option<Box<Audience<V>>>,
}

impl<K, V> Flight<K, V> {
    /// Wakes whoever followed, and drops the rest. Not to be called under the lock.
    pub(crate) fn dismiss(mut self) {
        if let Some(audience) = &mut self.audience {
            wake_all(audience.waiters.call_all());
        }
    }

    pub(super) fn tell(&self, outcome: Outcome<V>) {
        if let Some(audience) = &self.audience {
            *audience.record.outcome.lock() = Some(outcome);
        }
    }

    /// Takes one follower out. What comes back is to be dropped when the lock is released.
    pub(super) fn let_go(&mut self, seat: Seat) -> Leftover<V> {
        let Some(audience) = &mut self.audience else { return Leftover(None, None) };
        let waiter = audience.waiters.leave(seat);
        let emptied = audience.waiters.len() == 0;
        Leftover(waiter, if emptied { self.audience.take() } else { None })
    }

    /// Lets `me` lead where nobody does, else follow.
    pub(super) fn join(
        &mut self,
        key: K,
        me: Leader,
        is_mine: impl Fn(u64) -> bool,
        waiter: impl FnOnce() -> Option<Waiter>,
    ) -> Admission<K, V> {
        let number = self.number;
        match self.leader {
            None => {
                self.leader = Some(me);
                return Admission::Lead { number, unused: Some(key) };
            }
            Some(leader) if me.waits_for_itself(leader) || is_mine(number) => {
                return Admission::Reentered { unused: key };
            }
            Some(_) => {}
        }
        // First of all, as it is foreign code: should it panic, nothing has changed.
        let waiter = waiter();
        let audience = self.audience.get_or_insert_with(|| {
            let record = Arc::new(Record { outcome: Mutex::new(None) });
            Box::new(Audience { record, waiters: Waiters::default() })
        });
        let seat = audience.waiters.sit_down(waiter);
        Admission::Follow { number, seat, record: audience.record.clone(), unused: key }
    }
}

/// What is to be dropped outside the lock.
pub(crate) struct Leftover<V>(
    #[allow(dead_code, reason = "dropped, that is all")] Option<Waiter>,
    #[allow(dead_code, reason = "dropped, that is all")] Option<Box<Audience<V>>>,
);
