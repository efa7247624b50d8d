//! What stands in for the store: a limiter in this process for each subject that was asked about while it was away.
//!
//! At most 65 536, in two generations: when the younger is full it becomes the older, and what was older goes. One
//! that is asked about is young again.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::excluding::Mutex;
use crate::per_process::PerProcess;

/// Subjects in one of the two generations, at most.
const GENERATION: usize = 32_768;

struct Generations<T> {
    /// The number of members that the shares are of.
    members: NonZeroU32,
    young: HashMap<Box<str>, Arc<T>>,
    old: HashMap<Box<str>, Arc<T>>,
}

pub(crate) struct Twins<T> {
    generations: PerProcess<Mutex<Generations<T>>>,
}

impl<T> Twins<T> {
    pub(crate) fn new() -> Self {
        Self { generations: PerProcess::new(Self::none()) }
    }

    fn none() -> Mutex<Generations<T>> {
        let (young, old) = (HashMap::new(), HashMap::new());
        Mutex::new(Generations { members: NonZeroU32::MIN, young, old })
    }

    /// The one for `subject`, new where there is none; all are new once the number of members changed.
    pub(crate) fn get(
        &self,
        subject: &str,
        members: NonZeroU32,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let mut twins = self.generations.get(Self::none).lock();
        if twins.members != members {
            (twins.young, twins.old) = (HashMap::new(), HashMap::new());
            twins.members = members;
        }
        if let Some(twin) = twins.young.get(subject) {
            return Arc::clone(twin);
        }
        let (subject, twin) = match twins.old.remove_entry(subject) {
            Some(known) => known,
            None => (subject.into(), Arc::new(make())),
        };
        if twins.young.len() == GENERATION {
            twins.old = std::mem::take(&mut twins.young);
        }
        twins.young.insert(subject, Arc::clone(&twin));
        twin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    #[test]
    fn a_subject_keeps_its_twin_until_so_many_others_were_asked_about() {
        let twins = Twins::new();
        let first = twins.get("first", ONE, || 1);
        let again = |twins: &Twins<i32>| twins.get("first", ONE, || 2);
        assert!(Arc::ptr_eq(&first, &again(&twins)));
        for round in 0..3 {
            for subject in 0..GENERATION - 1 {
                twins.get(&format!("{round}-{subject}"), ONE, || 0);
            }
            assert_eq!(*again(&twins), 1, "asked about once a generation, it stays");
        }
        for subject in 0..3 * GENERATION {
            twins.get(&format!("other-{subject}"), ONE, || 0);
        }
        let known = twins.generations.get(Twins::none).lock();
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
        drop(known);
        assert_eq!(*again(&twins), 2);
    }

    #[test]
    fn another_number_of_members_makes_all_shares_anew() {
        let twins = Twins::new();
        twins.get("a", ONE, || 1);
        assert_eq!(*twins.get("a", NonZeroU32::new(2).unwrap(), || 2), 2);
    }
}
