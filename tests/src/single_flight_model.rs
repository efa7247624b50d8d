//! The single flight taken part in by many callers at once, and what each of them has to be told.
//!
//! All callers are of one thread, named by number: who leads and who follows is then an exact list, and every
//! waker is looked at. Threads that really meet are for the loom models.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use resil_core::SingleFlight;
use resil_core::single_flight::{Arrived, Caller, FlightError, Following, Leading, Part, Shared};

use crate::branches::Branches;
use crate::bytes::Bytes;
use crate::seed::Choices;

/// What a run may come to, each of which a random test has to.
pub const BRANCHES: &[&str] = &[
    "abandoned with followers",
    "failed its followers",
    "followed a flight that was forgotten",
    "followed and got the value",
    "followed and took over",
    "forgot a flight",
    "forgot nothing",
    "handed over to followers",
    "handed over to nobody",
    "landed after it was abandoned",
    "landed alone",
    "landed for others",
    "led",
    "left a flight without a leader, the last",
    "left, others stay",
    "newcomer took over",
    "polled and waits",
    "polled in vain after a newcomer took over",
    "refused re-entry",
];

/// Keys are few, so that callers meet.
const KEYS: u64 = 3;
/// Calls in one script, at most.
const MOST_CALLS: usize = 80;

/// A waker that counts.
#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A flight under way.
#[derive(Debug)]
struct Flight {
    id: u64,
    key: u8,
    forgotten: bool,
    /// The thread and task that lead; none while it waits for somebody to take over.
    leader: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Leads<'a> {
    flight: u64,
    part: Leading<'a, u8, u64>,
}

#[derive(Debug)]
struct Follows<'a> {
    flight: u64,
    me: (u64, u64),
    part: Following<'a, u8, u64>,
    woken: Arc<Woken>,
    /// It left a waker, and how often that was woken then.
    waits_since: Option<usize>,
    /// It has something to look at, so its waker must have been woken.
    is_due: bool,
    /// Somebody else took over after it was woken.
    beaten: bool,
    forgotten: bool,
}

/// Everybody who takes part.
#[derive(Debug)]
pub struct Callers<'a> {
    flights: &'a SingleFlight<u8, u64>,
    under_way: Vec<Flight>,
    leading: Vec<Leads<'a>>,
    following: Vec<Follows<'a>>,
    /// What became of flights: their value, or none.
    outcomes: BTreeMap<u64, Option<u64>>,
    next: u64,
    /// What was come to.
    pub branches: Branches,
}

impl<'a> Callers<'a> {
    /// Nobody takes part in `flights` yet.
    #[must_use]
    pub fn new(flights: &'a SingleFlight<u8, u64>) -> Self {
        let mut branches = Branches::default();
        for branch in BRANCHES {
            branches.reach(branch, false);
        }
        Self {
            flights,
            under_way: Vec::new(),
            leading: Vec::new(),
            following: Vec::new(),
            outcomes: BTreeMap::new(),
            next: 0,
            branches,
        }
    }

    /// One step of one caller, and a look at everybody after it.
    ///
    /// # Panics
    /// Where somebody is told anything but what follows from the steps before.
    pub fn step(&mut self, choices: &mut impl Choices) {
        match choices.pick(16) {
            0..=5 => {
                let key = choices.pick(KEYS) as u8;
                let me = (1 + choices.pick(3), choices.pick(4));
                self.enter(key, me, choices.pick(4) > 0);
            }
            6..=8 if !self.following.is_empty() => {
                let index = choices.pick(self.following.len().min(256) as u64) as usize;
                self.poll(index);
            }
            9 if !self.following.is_empty() => {
                let index = choices.pick(self.following.len().min(256) as u64) as usize;
                self.leave(index);
            }
            10..=12 if !self.leading.is_empty() => {
                let index = choices.pick(self.leading.len().min(256) as u64) as usize;
                match choices.pick(4) {
                    0 => self.fail(index),
                    1 | 2 => self.hand_over(index),
                    _ => self.land(index),
                }
            }
            13 | 14 => self.forget(choices.pick(KEYS) as u8),
            15 if choices.pick(4) == 0 => self.abandon(),
            _ => {}
        }
        self.look();
    }

    /// Everybody ends what they do, and nothing is left.
    ///
    /// # Panics
    /// If a follower is not told, or anything stays under way.
    pub fn end(mut self) -> Branches {
        while !self.following.is_empty() || !self.leading.is_empty() {
            while !self.leading.is_empty() {
                self.land(0);
            }
            // Who finds no leader leads, and lands in the next round.
            while !self.following.is_empty() {
                let before = self.following.len();
                self.poll(0);
                if self.following.len() == before {
                    assert!(!self.leading.is_empty(), "a follower waits for a leader that is gone");
                    break;
                }
            }
        }
        self.look();
        assert!(self.flights.is_empty(), "flights that nobody takes part in");
        self.branches
    }

    fn reach(&mut self, branch: &'static str, reached: bool) {
        self.branches.reach(branch, reached);
    }

    fn current(&mut self, key: u8) -> Option<&mut Flight> {
        self.under_way.iter_mut().find(|flight| flight.key == key && !flight.forgotten)
    }

    fn followers_of(&self, flight: u64) -> usize {
        self.following.iter().filter(|follows| follows.flight == flight).count()
    }

    fn enter(&mut self, key: u8, me: (u64, u64), polls: bool) {
        let id = self.next;
        let (expected, flight) = match self.current(key) {
            None => ("leads", id),
            Some(flight) => match flight.leader {
                None => ("takes over", flight.id),
                Some((thread, task)) if thread == me.0 && (task == me.1 || task * me.1 == 0) => {
                    ("re-enters", flight.id)
                }
                Some(_) => ("follows", flight.id),
            },
        };
        match (self.flights.enter(key, Caller::named(me.0, me.1)), expected) {
            (Ok(Part::Lead(part)), "leads" | "takes over") => {
                self.reach("led", true);
                self.reach("newcomer took over", expected == "takes over");
                self.next += 1;
                if expected == "leads" {
                    self.under_way.push(Flight { id, key, forgotten: false, leader: None });
                }
                self.lead(flight, me, part);
            }
            (Ok(Part::Follow(part)), "follows") => {
                let woken = Arc::default();
                self.following.push(Follows {
                    flight,
                    me,
                    part,
                    woken,
                    waits_since: None,
                    is_due: false,
                    beaten: false,
                    forgotten: false,
                });
                if polls {
                    self.poll(self.following.len() - 1);
                }
            }
            (Err(FlightError::Reentered), "re-enters") => self.reach("refused re-entry", true),
            (got, _) => {
                panic!("{me:?} {expected} flight {flight} of key {key}, but is told {got:?}")
            }
        }
    }

    fn lead(&mut self, id: u64, me: (u64, u64), part: Leading<'a, u8, u64>) {
        let flight = self.under_way.iter_mut().find(|flight| flight.id == id).expect("under way");
        assert!(flight.leader.is_none(), "two lead flight {id}");
        flight.leader = Some(me);
        self.leading.push(Leads { flight: id, part });
        for follows in self.following.iter_mut().filter(|follows| follows.flight == id) {
            follows.beaten = follows.is_due;
        }
    }

    fn poll(&mut self, index: usize) {
        let mut follows = self.following.swap_remove(index);
        let id = follows.flight;
        let leaderless =
            self.under_way.iter().any(|flight| flight.id == id && flight.leader.is_none());
        let answer = follows.part.poll(&Context::from_waker(&follows.woken.clone().into()));
        match (answer, self.outcomes.get(&id).copied()) {
            (Poll::Ready(Ok(Arrived::Value(value))), Some(Some(expected))) => {
                assert_eq!(*value, expected, "a follower of flight {id} has another's value");
                self.reach("followed and got the value", true);
                self.reach("followed a flight that was forgotten", follows.forgotten);
            }
            (Poll::Ready(Err(FlightError::LeaderFailed)), Some(None)) => {}
            (Poll::Ready(Ok(Arrived::Lead(part))), None) if leaderless => {
                self.reach("followed and took over", true);
                self.lead(id, follows.me, part);
            }
            (Poll::Pending, None) if !leaderless => {
                self.reach("polled and waits", true);
                self.reach("polled in vain after a newcomer took over", follows.beaten);
                follows.waits_since = Some(follows.woken.0.load(Ordering::Relaxed));
                (follows.is_due, follows.beaten) = (false, false);
                self.following.push(follows);
            }
            (got, outcome) => {
                panic!("follower of flight {id}: {got:?}, though its outcome is {outcome:?}")
            }
        }
    }

    fn leave(&mut self, index: usize) {
        let follows = self.following.swap_remove(index);
        let id = follows.flight;
        drop(follows);
        let others = self.followers_of(id) > 0;
        let leaderless =
            self.under_way.iter().any(|flight| flight.id == id && flight.leader.is_none());
        self.reach("left, others stay", others);
        self.reach("left a flight without a leader, the last", !others && leaderless);
        if leaderless && !others {
            self.under_way.retain(|flight| flight.id != id);
        }
    }

    /// The flight is over, and its followers have something to look at.
    fn over(&mut self, id: u64, outcome: Option<u64>) {
        self.under_way.retain(|flight| flight.id != id);
        self.outcomes.insert(id, outcome);
        self.due(id);
    }

    fn due(&mut self, id: u64) {
        for follows in self.following.iter_mut().filter(|follows| follows.flight == id) {
            follows.is_due = true;
        }
    }

    fn land(&mut self, index: usize) {
        let Leads { flight: id, part } = self.leading.swap_remove(index);
        self.next += 1;
        let value = self.next;
        let abandoned = !self.under_way.iter().any(|flight| flight.id == id);
        let alone = abandoned || self.followers_of(id) == 0;
        match part.land(value) {
            Shared::Mine(own) => assert!(own == value && alone, "flight {id} was followed"),
            Shared::Ours(own) => assert!(*own == value && !alone, "nobody followed flight {id}"),
            Shared::Theirs(_) => panic!("a leader got another's value"),
        }
        self.reach("landed after it was abandoned", abandoned);
        self.reach("landed alone", alone && !abandoned);
        self.reach("landed for others", !alone);
        if !abandoned {
            self.over(id, Some(value));
        }
    }

    fn fail(&mut self, index: usize) {
        let Leads { flight: id, part } = self.leading.swap_remove(index);
        drop(part);
        self.reach("failed its followers", self.followers_of(id) > 0);
        if self.under_way.iter().any(|flight| flight.id == id) {
            self.over(id, None);
        }
    }

    fn hand_over(&mut self, index: usize) {
        let Leads { flight: id, part } = self.leading.swap_remove(index);
        part.hand_over();
        let followed = self.followers_of(id) > 0;
        let Some(flight) = self.under_way.iter_mut().find(|flight| flight.id == id) else { return };
        flight.leader = None;
        self.reach("handed over to followers", followed);
        self.reach("handed over to nobody", !followed);
        if followed {
            self.due(id);
        } else {
            self.under_way.retain(|flight| flight.id != id);
        }
    }

    fn forget(&mut self, key: u8) {
        let expected = self.current(key).map(|flight| {
            flight.forgotten = true;
            flight.id
        });
        assert_eq!(self.flights.forget(&key), expected.is_some(), "forgetting key {key}");
        self.reach("forgot a flight", expected.is_some());
        self.reach("forgot nothing", expected.is_none());
        for follows in &mut self.following {
            follows.forgotten |= Some(follows.flight) == expected;
        }
    }

    fn abandon(&mut self) {
        self.flights.abandon();
        self.reach("abandoned with followers", !self.following.is_empty());
        for id in self.under_way.iter().map(|flight| flight.id).collect::<Vec<_>>() {
            self.over(id, None);
        }
    }

    /// No key has two leaders, nobody waits unwoken for what has happened, and the counts are right.
    fn look(&self) {
        for follows in self.following.iter().filter(|follows| follows.is_due) {
            let woken = follows.woken.0.load(Ordering::Relaxed);
            assert!(
                follows.waits_since.is_none_or(|before| woken > before),
                "a follower of flight {} was not woken",
                follows.flight
            );
        }
        let seen = self.flights.snapshot();
        let under_way = |id| self.under_way.iter().any(|flight| flight.id == id);
        let followers = self.following.iter().filter(|follows| under_way(follows.flight)).count();
        assert_eq!((seen.flights, seen.followers), (self.under_way.len(), followers));
    }
}

/// Runs the script that `bytes` spell.
///
/// # Panics
/// Where somebody is told anything but what follows from the steps before.
pub fn run(bytes: &[u8]) -> Branches {
    let flights = SingleFlight::new();
    let mut callers = Callers::new(&flights);
    let mut bytes = Bytes(bytes);
    for _ in 0..MOST_CALLS {
        if bytes.is_empty() {
            break;
        }
        callers.step(&mut bytes);
    }
    callers.end()
}
