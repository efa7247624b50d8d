//! What stands in for the store: a limiter in this process for each subject that was asked about while it was away.
//!
//! At most 65 536, in two generations: when the younger is full it becomes the older, and what was older goes. One
//! that is asked about is young again. Each knows what it granted since the store was last told of it.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::excluding::Mutex;
use crate::per_process::PerProcess;

/// Subjects in one of the two generations, at most.
const GENERATION: usize = 32_768;

/// One that stands in, by the key of its subject.
#[derive(Debug)]
pub(crate) struct Twin<T> {
    pub(crate) limiter: T,
    /// Permits that the store was not told of.
    untold: AtomicU64,
}

impl<T> Twin<T> {
    /// It granted so many.
    pub(crate) fn granted(&self, permits: u32) {
        // ORDERING: Relaxed. A number that guards nothing; whoever takes it takes what is there.
        self.untold.fetch_add(permits.into(), Ordering::Relaxed);
    }

    /// What it granted since this was last asked.
    pub(crate) fn take_untold(&self) -> u64 {
        // ORDERING: Relaxed, as above. Not written where it is 0 already.
        match self.untold.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.untold.swap(0, Ordering::Relaxed),
        }
    }
}

struct Generations<T> {
    /// The number of members that the shares are of.
    members: NonZeroU32,
    young: HashMap<Arc<str>, Arc<Twin<T>>>,
    old: HashMap<Arc<str>, Arc<Twin<T>>>,
}

struct All<T> {
    /// There were any, ever.
    are_used: AtomicBool,
    generations: Mutex<Generations<T>>,
}

pub(crate) struct Twins<T> {
    all: PerProcess<All<T>>,
}

impl<T> Default for Twins<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Twins<T> {
    pub(crate) fn new() -> Self {
        Self { all: PerProcess::new(Self::none()) }
    }

    fn none() -> All<T> {
        let (young, old) = (HashMap::new(), HashMap::new());
        let generations = Mutex::new(Generations { members: NonZeroU32::MIN, young, old });
        All { are_used: AtomicBool::new(false), generations }
    }

    /// The one for `key`, new where there is none; all are new once the number of members changed. `first` is
    /// called with the first one of this process.
    pub(crate) fn get(
        &self,
        key: &Arc<str>,
        members: NonZeroU32,
        make: impl FnOnce() -> T,
        first: impl FnOnce(),
    ) -> Arc<Twin<T>> {
        let all = self.all.get(Self::none);
        // ORDERING: Relaxed. Only whether somebody was first matters; the lock guards the rest.
        if !all.are_used.swap(true, Ordering::Relaxed) {
            first();
        }
        let mut twins = all.generations.lock();
        if twins.members != members {
            (twins.young, twins.old) = (HashMap::new(), HashMap::new());
            twins.members = members;
        }
        if let Some(twin) = twins.young.get(key) {
            return Arc::clone(twin);
        }
        let (key, twin) = match twins.old.remove_entry(key) {
            Some(known) => known,
            None => {
                let twin = Twin { limiter: make(), untold: AtomicU64::new(0) };
                (Arc::clone(key), Arc::new(twin))
            }
        };
        if twins.young.len() == GENERATION {
            twins.old = std::mem::take(&mut twins.young);
        }
        twins.young.insert(key, Arc::clone(&twin));
        twin
    }

    /// The one for `key`, if there is one.
    pub(crate) fn find(&self, key: &str) -> Option<Arc<Twin<T>>> {
        let all = self.all.get(Self::none);
        // ORDERING: Relaxed. Who sees it late asks the store before it is told, as if a moment earlier.
        if !all.are_used.load(Ordering::Relaxed) {
            return None;
        }
        let twins = all.generations.lock();
        twins.young.get(key).or_else(|| twins.old.get(key)).cloned()
    }

    /// Those that granted something the store was not told of, at most so many, the younger first.
    #[cfg(any(all(test, not(resil_loom)), feature = "client"))]
    pub(crate) fn untold(&self, most: usize) -> Vec<(Arc<str>, Arc<Twin<T>>)> {
        let twins = self.all.get(Self::none).generations.lock();
        let all = twins.young.iter().chain(&twins.old);
        // ORDERING: Relaxed, as in `granted`.
        let untold = all.filter(|(_, twin)| twin.untold.load(Ordering::Relaxed) > 0);
        untold.take(most).map(|(key, twin)| (Arc::clone(key), Arc::clone(twin))).collect()
    }
}

#[cfg(all(test, not(resil_loom)))]
mod tests {
    use super::*;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn get(twins: &Twins<i32>, key: &str, members: NonZeroU32, make: i32) -> Arc<Twin<i32>> {
        twins.get(&key.into(), members, || make, || {})
    }

    #[test]
    fn a_subject_keeps_its_twin_until_so_many_others_were_asked_about() {
        let twins = Twins::new();
        let first = get(&twins, "first", ONE, 1);
        let again = |twins: &Twins<i32>| get(twins, "first", ONE, 2);
        assert!(Arc::ptr_eq(&first, &again(&twins)));
        for round in 0..3 {
            for subject in 0..GENERATION - 1 {
                get(&twins, &format!("{round}-{subject}"), ONE, 0);
            }
            assert_eq!(again(&twins).limiter, 1, "asked about once a generation, it stays");
        }
        for subject in 0..3 * GENERATION {
            get(&twins, &format!("other-{subject}"), ONE, 0);
        }
        let known = twins.all.get(Twins::none).generations.lock();
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
        drop(known);
        assert_eq!(again(&twins).limiter, 2);
    }

    #[test]
    fn another_number_of_members_makes_all_shares_anew() {
        let twins = Twins::new();
        get(&twins, "a", ONE, 1);
        assert_eq!(get(&twins, "a", NonZeroU32::new(2).unwrap(), 2).limiter, 2);
    }

    #[test]
    fn what_was_granted_is_told_once() {
        let twins = Twins::new();
        assert!(twins.find("a").is_none());
        let mut firsts = 0;
        for key in ["a", "a", "b"] {
            twins.get(&key.into(), ONE, || 0, || firsts += 1).granted(2);
        }
        assert_eq!(firsts, 1);
        assert_eq!(twins.untold(9).len(), 2);
        assert_eq!(twins.untold(1).len(), 1);
        let a = twins.find("a").unwrap();
        assert_eq!([a.take_untold(), a.take_untold()], [4, 0]);
        assert_eq!(twins.untold(9).len(), 1);
    }
}
