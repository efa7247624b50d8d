//! Calls under way, by key: who leads each, who follows it, and what came of it.
//!
//! Everything here happens under one lock and runs no foreign code but the keys' `eq` and the `clone` of a
//! waker; what must be woken or dropped is handed out. A flight that nobody follows is its key and a few words; the
//! first follower brings the audience: a record of the outcome, and the followers' seats.
//!
//! Invariants:
//! - of the flights of one key, at most one is not forgotten;
//! - a flight has an audience if and only if somebody follows it;
//! - a flight without a leader has an audience (else it is taken out);
//! - a flight that had followers is taken out in the same step that puts its outcome into their record.

use std::fmt;
use std::sync::Arc;

use super::by_hash::ByHash;
pub(crate) use super::flight::{Flight, Leader, Leftover, Outcome, Record};
use super::waiters::{Seat, Waiter};

/// The value, shared if anybody follows, and the flight to be dismissed.
pub(crate) type Landed<K, V> = (Result<V, Arc<V>>, Option<Flight<K, V>>);

/// What asking for a key comes to. A key that is not kept comes back.
pub(crate) enum Admission<K, V> {
    /// Make the call.
    Lead { number: u64, unused: Option<K> },
    /// Wait for the flight's outcome.
    Follow { number: u64, seat: Seat, record: Arc<Record<V>>, unused: K },
    /// The caller leads this very flight: waiting for it would never end.
    Reentered { unused: K },
}

/// What a follower that has not found an outcome is told.
pub(crate) enum Claim<V> {
    /// Make the call yourself: its leader left.
    Lead(Leftover<V>),
    /// Somebody is at it. Seated again.
    Wait(Option<Waiter>),
    /// The outcome is in the record.
    Over(Waiter),
}

/// What a leader that left behind its flight leaves to do.
pub(crate) enum Vacated<K, V> {
    /// Nobody followed.
    Ended(Flight<K, V>),
    /// These followers are to be woken, for one of them to take over.
    Open(Vec<Waiter>),
    /// No such flight.
    Nothing,
}

/// The flights of one shard.
pub(crate) struct Flights<K, V> {
    under_way: ByHash<Flight<K, V>>,
    next_number: u64,
}

impl<K, V> Flights<K, V> {
    pub(crate) fn new() -> Self {
        Self { under_way: ByHash::new(), next_number: 0 }
    }

    /// Flights under way and their followers, the forgotten ones included.
    pub(crate) fn count(&self) -> (usize, usize) {
        let followers = |flight: &Flight<K, V>| {
            flight.audience.as_ref().map_or(0, |audience| audience.waiters.len())
        };
        self.under_way
            .values()
            .fold((0, 0), |(flights, waiting), flight| (flights + 1, waiting + followers(flight)))
    }

    /// Asks to make the call of `key`, or else to follow it. `is_mine` says whether the caller is inside the call
    /// of the flight with that number; `waiter` is asked for only to follow.
    pub(crate) fn admit(
        &mut self,
        hash: u64,
        key: K,
        me: Leader,
        is_mine: impl Fn(u64) -> bool,
        waiter: impl FnOnce() -> Option<Waiter>,
    ) -> Admission<K, V>
    where
        K: Eq,
    {
        if let Some(flight) = self.seek(hash, |held| *held == key) {
            return flight.join(key, me, is_mine, waiter);
        }
        let number = self.next_number;
        self.next_number += 1;
        let flight = Flight { number, key, leader: Some(me), forgotten: false, audience: None };
        self.under_way.insert(hash, flight);
        Admission::Lead { number, unused: None }
    }

    /// The flight of a key that is not forgotten.
    fn seek(&mut self, hash: u64, is_key: impl Fn(&K) -> bool) -> Option<&mut Flight<K, V>> {
        self.under_way.find(hash, |flight| !flight.forgotten && is_key(&flight.key))
    }

    /// Whoever asks for `key` from now on does not follow the flight under way. Whether there was one.
    pub(crate) fn forget(&mut self, hash: u64, is_key: impl Fn(&K) -> bool) -> bool {
        match self.seek(hash, is_key) {
            Some(flight) => {
                flight.forgotten = true;
                true
            }
            None => false,
        }
    }

    /// Ends a flight well.
    pub(crate) fn land(&mut self, hash: u64, number: u64, value: V) -> Landed<K, V> {
        let flight = self.take_out(hash, number);
        match &flight {
            Some(followed) if followed.audience.is_some() => {
                let value = Arc::new(value);
                followed.tell(Outcome::Landed(value.clone()));
                (Err(value), flight)
            }
            _ => (Ok(value), flight),
        }
    }

    /// Ends a flight whose leader panicked; it is to be dismissed.
    pub(crate) fn fail(&mut self, hash: u64, number: u64) -> Option<Flight<K, V>> {
        let flight = self.take_out(hash, number)?;
        flight.tell(Outcome::Failed);
        Some(flight)
    }

    /// Takes every flight out, those who follow told that it failed; each is to be dismissed.
    pub(crate) fn abandon(&mut self) -> Vec<Flight<K, V>> {
        let all = self.under_way.drain();
        all.iter().for_each(|flight| flight.tell(Outcome::Failed));
        all
    }

    /// The leader leaves without an outcome.
    pub(crate) fn vacate(&mut self, hash: u64, number: u64) -> Vacated<K, V> {
        let Some(flight) = self.find(hash, number) else { return Vacated::Nothing };
        if let Some(audience) = &mut flight.audience {
            flight.leader = None;
            return Vacated::Open(audience.waiters.call_all());
        }
        self.take_out(hash, number).map_or(Vacated::Nothing, Vacated::Ended)
    }

    /// A follower that found no outcome asks what to do.
    pub(crate) fn claim(
        &mut self,
        hash: u64,
        number: u64,
        seat: Seat,
        me: Leader,
        waiter: Waiter,
    ) -> Claim<V> {
        let Some(flight) = self.find(hash, number) else { return Claim::Over(waiter) };
        if flight.leader.is_none() {
            flight.leader = Some(me);
            return Claim::Lead(flight.let_go(seat));
        }
        let audience = flight.audience.as_mut();
        Claim::Wait(audience.and_then(|audience| audience.waiters.sit_again(seat, waiter)))
    }

    /// A follower leaves. What comes back is to be dropped outside the lock.
    pub(crate) fn leave(
        &mut self,
        hash: u64,
        number: u64,
        seat: Seat,
    ) -> (Option<Leftover<V>>, Option<Flight<K, V>>) {
        let Some(flight) = self.find(hash, number) else { return (None, None) };
        let leftover = flight.let_go(seat);
        let deserted = flight.leader.is_none() && flight.audience.is_none();
        let ended = if deserted { self.take_out(hash, number) } else { None };
        (Some(leftover), ended)
    }

    fn find(&mut self, hash: u64, number: u64) -> Option<&mut Flight<K, V>> {
        self.under_way.find(hash, |flight| flight.number == number)
    }

    fn take_out(&mut self, hash: u64, number: u64) -> Option<Flight<K, V>> {
        self.under_way.remove(hash, |flight| flight.number == number)
    }
}

/// Says nothing of keys and values, which need not be `Debug`.
impl<K, V> fmt::Debug for Flights<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (flights, followers) = self.count();
        f.debug_struct("Flights").field("flights", &flights).field("followers", &followers).finish()
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::super::by_hash::FEW;
    use super::*;
    use std::sync::Weak;

    type Few = Flights<&'static str, u32>;

    fn lead(flights: &mut Few, hash: u64, key: &'static str) -> u64 {
        match flights.admit(hash, key, Leader::Task, |_| false, || None) {
            Admission::Lead { number, .. } => number,
            _ => panic!("{key} is under way"),
        }
    }

    fn follow(flights: &mut Few, hash: u64, key: &'static str) -> (u64, Seat, Weak<Record<u32>>) {
        match flights.admit(hash, key, Leader::Task, |_| false, || Some(Waiter::this_thread())) {
            Admission::Follow { number, seat, record, .. } => {
                (number, seat, Arc::downgrade(&record))
            }
            _ => panic!("{key} is not under way"),
        }
    }

    /// Runs a test where flights are few, and where so many are under way that its own are kept by hash.
    fn wherever_kept(test: impl Fn(Few, usize)) {
        for others in [0, FEW] {
            let mut flights = Few::new();
            for other in 0..others {
                lead(&mut flights, 1_000 + other as u64, "another");
            }
            test(flights, others);
        }
    }

    fn nothing_left(flights: &Few, others: usize, record: &Weak<Record<u32>>) {
        assert_eq!(flights.count(), (others, 0));
        assert_eq!(record.strong_count(), 0, "a record outlives its flight");
    }

    #[test]
    fn keys_with_the_same_hash_are_flights_apart() {
        wherever_kept(|mut flights, others| {
            let numbers = ["a", "b", "c"].map(|key| lead(&mut flights, 7, key));
            assert_eq!(flights.count(), (others + 3, 0));
            // The first of the chain, then the last, then the one that took its place.
            for number in [numbers[0], numbers[2], numbers[1]] {
                let (value, flight) = flights.land(7, number, 1);
                assert_eq!(value, Ok(1));
                assert_eq!(flight.unwrap().number, number);
            }
        });
    }

    #[test]
    fn a_flight_kept_by_hash_is_found_when_flights_are_few_again() {
        let mut flights = Few::new();
        let others: Vec<u64> = (0..FEW as u64).map(|hash| lead(&mut flights, hash, "b")).collect();
        let number = lead(&mut flights, 77, "a");
        for (hash, number) in others.into_iter().enumerate() {
            assert!(flights.land(hash as u64, number, 0).1.is_some());
        }
        let (followed, seat, record) = follow(&mut flights, 77, "a");
        assert_eq!(followed, number);
        drop(flights.leave(77, number, seat));
        assert!(flights.forget(77, |key| *key == "a"));
        assert!(flights.land(77, number, 1).1.is_some());
        nothing_left(&flights, 0, &record);
    }

    #[test]
    fn abandoning_takes_every_flight_out_wherever_it_is_kept() {
        wherever_kept(|mut flights, others| {
            lead(&mut flights, 7, "a");
            assert_eq!(flights.abandon().len(), others + 1);
            assert_eq!(flights.count(), (0, 0));
        });
    }

    #[test]
    fn a_leader_of_a_forgotten_flight_does_not_end_the_newer_one() {
        wherever_kept(|mut flights, others| {
            let old = lead(&mut flights, 7, "a");
            assert!(flights.forget(7, |key| *key == "a"));
            let new = lead(&mut flights, 7, "a");
            assert_ne!(old, new);
            assert!(flights.land(7, old, 1).1.is_some());
            let (number, seat, record) = follow(&mut flights, 7, "a");
            assert_eq!(number, new);
            drop(flights.leave(7, number, seat));
            assert!(flights.land(7, new, 2).1.is_some());
            nothing_left(&flights, others, &record);
        });
    }

    #[test]
    fn a_record_is_gone_with_the_last_follower_while_the_call_goes_on() {
        wherever_kept(|mut flights, others| {
            let number = lead(&mut flights, 7, "a");
            let (_, first, record) = follow(&mut flights, 7, "a");
            let (_, second, _) = follow(&mut flights, 7, "a");
            drop(flights.leave(7, number, first));
            assert_eq!(record.strong_count(), 1);
            drop(flights.leave(7, number, second));
            assert_eq!(record.strong_count(), 0);
            assert_eq!(flights.count(), (others + 1, 0));
            assert_eq!(flights.land(7, number, 5).0, Ok(5), "alone again");
            nothing_left(&flights, others, &record);
        });
    }

    #[test]
    fn landing_failing_and_vacating_leave_no_record_behind() {
        for end in 0..3 {
            wherever_kept(|mut flights, others| {
                let number = lead(&mut flights, 7, "a");
                let (_, seat, record) = follow(&mut flights, 7, "a");
                match end {
                    0 => assert_eq!(flights.land(7, number, 5).0.unwrap_err().as_ref(), &5),
                    1 => drop(flights.fail(7, number)),
                    _ => {
                        assert!(matches!(flights.vacate(7, number), Vacated::Open(_)));
                        assert_eq!(flights.count(), (others + 1, 1), "the follower keeps it");
                        drop(flights.leave(7, number, seat));
                    }
                }
                nothing_left(&flights, others, &record);
            });
        }
    }

    #[test]
    fn a_vacant_flight_is_led_by_whoever_asks_first() {
        wherever_kept(|mut flights, others| {
            let number = lead(&mut flights, 7, "a");
            let (_, seat, record) = follow(&mut flights, 7, "a");
            assert!(matches!(flights.vacate(7, number), Vacated::Open(woken) if woken.len() == 1));
            assert_eq!(lead(&mut flights, 7, "a"), number, "a newcomer");
            let claim = flights.claim(7, number, seat, Leader::Task, Waiter::this_thread());
            assert!(matches!(claim, Claim::Wait(None)), "seated again");
            assert!(matches!(flights.vacate(7, number), Vacated::Open(woken) if woken.len() == 1));
            let claim = flights.claim(7, number, seat, Leader::Task, Waiter::this_thread());
            assert!(matches!(claim, Claim::Lead(_)));
            drop(claim);
            assert!(matches!(flights.vacate(7, number), Vacated::Ended(_)), "nobody else");
            nothing_left(&flights, others, &record);
        });
    }
}
