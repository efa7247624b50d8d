//! What all twins granted, charged to the store when it is back, by a store that asks by itself.

use std::sync::Weak;

use resil_core::remote::reply::When;

use crate::call::Call;
use crate::charge::Charge;
use crate::twins::Twins;

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
