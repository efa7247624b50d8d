//! How the store is charged for what a twin granted: else an emptied server would grant it all again.
//!
//! Charged is what a twin granted since it was last asked, but no more than has not come back to it by itself since;
//! once, for a call whose answer is lost may have run.

use std::sync::Arc;
use std::time::Duration;

use resil_core::Quota;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::reply::When;
use resil_core::remote::script::Script;

use crate::call::Call;
use crate::twins::Twin;

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
