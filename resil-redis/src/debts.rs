//! What twins granted, charged to the store when it is back: else an emptied server would grant it all again.
//!
//! Charged is what a twin granted since it was last asked, but no more than has not come back to it by itself since;
//! once, for a call whose answer is lost may have run.

use std::sync::{Arc, Weak};
use std::time::Duration;

use resil_core::Quota;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::When;
use resil_core::remote::script::Script;

use crate::call::Call;
use crate::twins::{Twin, Twins};

/// How a limiter's twin is charged for: the permits that have not come back to it, and the call's arguments.
pub(crate) struct Charge<T> {
    pub(crate) script: Script,
    pub(crate) missing: Box<dyn Fn(&T) -> u32 + Send + Sync>,
    pub(crate) arguments: Box<dyn Fn(u32, When) -> Arguments + Send + Sync>,
}

impl<T> Charge<T> {
    /// The call that charges for `twin`, if there is something to charge.
    pub(crate) fn call(&self, key: &Arc<str>, twin: &Twin<Option<T>>, when: When) -> Option<Call> {
        let untold = twin.take_untold();
        let missing = (self.missing)(twin.limiter.as_ref()?);
        let permits = u32::try_from(untold).map_or(missing, |untold| untold.min(missing));
        let (script, key) = (self.script, Arc::clone(key));
        (permits > 0).then(|| Call {
            script,
            key,
            beside: None,
            arguments: (self.arguments)(permits, when),
        })
    }
}

/// The permits that flow back to a bucket of `quota` in `reset_after`, rounded up.
pub(crate) fn flowing(quota: &Quota, reset_after: Duration) -> u32 {
    let permits = reset_after.as_nanos().saturating_mul(quota.permits().into());
    permits.div_ceil(quota.period().as_nanos()).try_into().unwrap_or(u32::MAX)
}

/// One limiter's debts.
pub(crate) trait Debts: Send + Sync {
    /// Whether the limiter is still there.
    fn are_owed(&self) -> bool;

    /// The calls that charge for them, at most so many.
    fn calls(&self, most: usize, when: When) -> Vec<Call>;
}

/// Those of a limiter that lives elsewhere.
pub(crate) struct DebtsOf<T> {
    pub(crate) twins: Weak<Twins<Option<T>>>,
    pub(crate) charge: Charge<T>,
}

impl<T: Send + Sync> Debts for DebtsOf<T> {
    fn are_owed(&self) -> bool {
        self.twins.strong_count() > 0
    }

    fn calls(&self, most: usize, when: When) -> Vec<Call> {
        let untold = self.twins.upgrade().map(|twins| twins.untold(most)).unwrap_or_default();
        untold.iter().filter_map(|(key, twin)| self.charge.call(key, twin, when)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flows_back_is_rounded_up_and_never_overflows() {
        let quota = Quota::per_second(3).unwrap();
        let flowing = |nanos| flowing(&quota, Duration::from_nanos(nanos));
        assert_eq!([0, 1, 333_333_333, 333_333_334].map(flowing), [0, 1, 1, 2]);
        assert_eq!(super::flowing(&quota, Duration::MAX), u32::MAX);
    }
}
