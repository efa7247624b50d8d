//! How much is allowed, and what a change of it carries over.

use std::time::Duration;

use resil_core::quota::ConfigError;
use resil_core::{Carry, Quota};

use crate::argument::{Call, Failed};
use crate::clock::nanos;
use crate::status::resil_status_t::*;

/// How much is allowed: `permits` in each `period_ns`, at most `burst` of them at one instant.
///
/// None may be 0; the rate is at most 4 permits per nanosecond; `burst * period_ns / permits`, the time from
/// empty to full, at most 2^52 us (142 years); `period_ns` at most 2^63 - 1 (292 years). The rate is the exact
/// ratio, never a truncated interval. For "100 per second": permits 100, burst 100, period_ns 1000000000.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_quota_t {
    /// Permits in each period.
    pub permits: u32,
    /// The most permits one instant can grant.
    pub burst: u32,
    /// The period in which `permits` come back, in ns.
    pub period_ns: u64,
}

/// What becomes of the permits in a bucket when its quota changes. Functions take it as an int32_t.
///
/// With `o` and `n` the old and the new burst, and `t` permits in the bucket. A debt (`t` below 0: permits
/// reserved but not yet there) stays the same number of permits, except under RESET.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_carry_t {
    /// As newly made: full, and debts are forgotten.
    RESIL_CARRY_RESET = 0,
    /// The permits that are there, as far as they fit: min(t, n).
    RESIL_CARRY_AS_IS = 1,
    /// Filled to the same ratio: t * n / o.
    RESIL_CARRY_PROPORTIONAL = 2,
    /// The permits that are there, and what the burst grew by: min(t, n) + max(0, n - o).
    RESIL_CARRY_ADDITIVE = 3,
}

impl resil_quota_t {
    /// The quota that this says, if it is one.
    pub(crate) fn checked(self, call: Call) -> Result<Quota, Failed> {
        let period = Duration::from_nanos(self.period_ns);
        Quota::new(self.permits, period, self.burst).map_err(|error| {
            let (status, field) = match error {
                ConfigError::PermitsIsZero => (RESIL_STATUS_PERMITS_IS_ZERO, "permits"),
                ConfigError::PeriodIsZero => (RESIL_STATUS_PERIOD_IS_ZERO, "period_ns"),
                ConfigError::BurstIsZero => (RESIL_STATUS_BURST_IS_ZERO, "burst"),
                ConfigError::PeriodTooLong => (RESIL_STATUS_PERIOD_TOO_LONG, "period_ns"),
                ConfigError::RateTooHigh => (RESIL_STATUS_RATE_TOO_HIGH, "permits"),
                ConfigError::SpanTooLong => (RESIL_STATUS_SPAN_TOO_LONG, "burst"),
                // A rule of the core that has no number here yet.
                error => {
                    return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("quota: {error}"));
                }
            };
            call.fail(status, format_args!("quota->{field}: {}", status.text()))
        })
    }
}

impl From<Quota> for resil_quota_t {
    fn from(quota: Quota) -> Self {
        Self { permits: quota.permits(), burst: quota.burst(), period_ns: nanos(quota.period()) }
    }
}

/// The carry-over that a number chooses.
pub(crate) fn carry(call: Call, number: i32) -> Result<Carry, Failed> {
    let known = [
        (resil_carry_t::RESIL_CARRY_RESET, Carry::Reset),
        (resil_carry_t::RESIL_CARRY_AS_IS, Carry::AsIs),
        (resil_carry_t::RESIL_CARRY_PROPORTIONAL, Carry::Proportional),
        (resil_carry_t::RESIL_CARRY_ADDITIVE, Carry::Additive),
    ];
    let chosen = known.into_iter().find(|(code, _)| *code as i32 == number);
    chosen.map(|(_, carry)| carry).ok_or_else(|| {
        call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("carry must be one of RESIL_CARRY_..., not {number}"),
        )
    })
}
