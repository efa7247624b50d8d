//! How far what was admitted ever went beyond burst + rate × interval, in one pass over all of it.

#![allow(dead_code, reason = "each test uses its part")]

use resil_core::Quota;

/// So many permits, to be used at that nanosecond.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    pub at: u64,
    pub permits: u32,
}

/// What is in use after each of `uses`, and when: a bucket without ticks that each use fills, that drains at the
/// quota's rate, and that nobody is refused from. The most by which it ever stands above `burst × period` is the
/// excess of the worst of all intervals.
///
/// In units in which a permit is worth the period's nanoseconds, and a nanosecond drains the quota's permits.
pub fn in_use(quota: Quota, mut uses: Vec<Use>) -> impl Iterator<Item = (u64, u128)> {
    uses.sort_by_key(|it| it.at);
    let (permits, period) = (u128::from(quota.permits()), quota.period().as_nanos());
    let (mut used, mut before) = (0_u128, 0);
    uses.into_iter().map(move |Use { at, permits: n }| {
        used = used.saturating_sub(u128::from(at - before) * permits) + u128::from(n) * period;
        before = at;
        (at, used)
    })
}

/// Panics if more was admitted, over any interval, than burst + rate × (interval + 2 ticks + `late`), a tick being
/// 1 ns at most. Answers whether the bound without ticks was met exactly.
///
/// `late`, in nanoseconds: by how much a use may be told too late, rounded up to whole nanoseconds.
pub fn assert_bounded(quota: Quota, uses: Vec<Use>, late: u64) -> bool {
    let full = u128::from(quota.burst()) * quota.period().as_nanos();
    let slack = u128::from(quota.permits()) * (2 + u128::from(late));
    let mut met = false;
    for (at, used) in in_use(quota, uses) {
        assert!(used <= full + slack, "{used} in use at {at}, of {full}: {quota:?}");
        met |= used >= full;
    }
    met
}
