//! How far what was admitted ever went beyond burst + rate × interval, in one pass over all of it.

#![allow(dead_code, reason = "each test uses its part")]

use resil_core::Quota;

/// What intervals were granted beyond `burst + rate * interval`, in one pass over what was granted in order of
/// time: permits pile up and drain at the rate, nobody is refused, and the highest pile is the excess of the worst
/// interval.
///
/// In units of `1/permits` ns, in which a permit is worth `period` and everything is a whole number.
#[derive(Clone, Debug)]
pub struct Excess {
    permits: u128,
    period: u128,
    /// What `burst` permits are worth.
    span: u128,
    pile: u128,
    latest: u64,
    worst: u128,
}

impl Excess {
    /// Nothing was granted yet.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        let (permits, period) = (u128::from(quota.permits()), quota.period().as_nanos());
        let span = u128::from(quota.burst()) * period;
        Self { permits, period, span, pile: 0, latest: 0, worst: 0 }
    }

    /// `n` permits were granted at `now`, no earlier than the last.
    #[inline]
    pub fn grant(&mut self, now: u64, n: u32) {
        self.pile = self.pile.saturating_sub(u128::from(now - self.latest) * self.permits);
        self.pile += u128::from(n) * self.period;
        self.latest = now;
        self.worst = self.worst.max(self.pile.saturating_sub(self.span));
    }

    /// The excess of the worst interval, in units of `1/permits` ns.
    #[must_use]
    pub fn worst(&self) -> u128 {
        self.worst
    }

    /// Whether some interval that ends with the latest grant was granted at least all there was for it.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.pile >= self.span
    }

    /// Whether some interval was granted exactly all there was for it, and none more.
    #[must_use]
    pub fn is_exactly_met(&self) -> bool {
        self.is_met() && self.worst == 0
    }

    /// Whether the worst excess is at most so many ticks, of which `per_permit` make a permit, and so many
    /// nanoseconds.
    #[must_use]
    pub fn is_within(&self, ticks: u128, per_permit: u128, nanos: u128) -> bool {
        let beyond = self.worst.saturating_sub(nanos * self.permits);
        beyond.checked_mul(per_permit).is_some_and(|it| it <= ticks * self.period)
    }
}

/// So many permits, to be used at that nanosecond.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// The nanosecond.
    pub at: u64,
    /// How many.
    pub permits: u32,
}

/// Holds uses, in any order, to the bound. Answers whether the bound without ticks was met.
///
/// `late`, in nanoseconds: by how much a use may be told too late, rounded up to whole nanoseconds.
///
/// # Panics
/// If more was admitted, over any interval, than burst + rate × (interval + 2 ticks + `late`), a tick being 1 ns at
/// most.
#[must_use]
pub fn assert_bounded(quota: Quota, mut uses: Vec<Use>, late: u64) -> bool {
    uses.sort_by_key(|it| it.at);
    let (mut excess, mut met) = (Excess::new(quota), false);
    for Use { at, permits } in uses {
        excess.grant(at, permits);
        assert!(excess.is_within(0, 1, u128::from(2 + late)), "at {at}: {excess:?}, {quota:?}");
        met |= excess.is_met();
    }
    met
}
