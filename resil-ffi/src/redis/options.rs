//! What limiters on Redis are made with.

use std::ffi::c_char;

use resil_core::Quota;
use resil_core::remote::config_error::ConfigError;
use resil_redis::Policy;

use super::store::resil_redis_store_t;
use super::text::text;
use crate::argument::{BeginsWithSize, Call, Failed};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t::*;

/// Who decides while the store does not. Options take it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_redis_policy_t {
    /// This process by itself, with its share: the limit divided by the members that were last counted.
    RESIL_REDIS_POLICY_RESCUE = 0,
    /// Everything is granted: where refusing costs more than the limit protects.
    RESIL_REDIS_POLICY_OPEN = 1,
    /// Everything is refused for a moment, RETRY_AFTER: logins, payments.
    RESIL_REDIS_POLICY_CLOSED = 2,
    /// The caller, who is told why: UNAVAILABLE, with a fault.
    RESIL_REDIS_POLICY_UNAVAILABLE = 3,
}

/// What a limiter on Redis is made with, beyond its limit. Start from RESIL_REDIS_LIMITER_OPTIONS_INIT, then change
/// fields: later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_redis_limiter_options_t {
    /// sizeof(resil_redis_limiter_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// Who decides while the store does not: RESIL_REDIS_POLICY_...
    pub policy: i32,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_redis_limiter_options_t {}

/// Where a limiter asks, what it is called, and its quota.
///
/// # Safety
/// Pointers are NULL or valid: `store` a live handle for all of `'a`, `name` a text that nobody changes during it.
pub(super) unsafe fn limit_of_quota<'a>(
    call: Call,
    store: *const resil_redis_store_t,
    name: *const c_char,
    quota: *const resil_quota_t,
) -> Result<(&'a resil_redis_store_t, &'a str, Quota), Failed> {
    // SAFETY: passed on.
    let (store, name) = unsafe { (call.handle(store, "store")?, text(call, name, "name")?) };
    // SAFETY: passed on.
    let quota = unsafe { call.copy(quota, "quota") }?.checked(call)?;
    Ok((store, name, quota))
}

/// The policy that options choose; rescue if they are NULL.
///
/// # Safety
/// `options` is NULL, or points to as many bytes as its `struct_size` says.
pub(super) unsafe fn policy_of(
    call: Call,
    options: *const resil_redis_limiter_options_t,
) -> Result<Policy, Failed> {
    if options.is_null() {
        return Ok(Policy::default());
    }
    // SAFETY: passed on.
    policy(call, unsafe { call.sized(options, "options") }?.policy)
}

/// The policy that a number chooses.
pub(super) fn policy(call: Call, number: i32) -> Result<Policy, Failed> {
    let known = [
        (resil_redis_policy_t::RESIL_REDIS_POLICY_RESCUE, Policy::Rescue),
        (resil_redis_policy_t::RESIL_REDIS_POLICY_OPEN, Policy::Open),
        (resil_redis_policy_t::RESIL_REDIS_POLICY_CLOSED, Policy::Closed),
        (resil_redis_policy_t::RESIL_REDIS_POLICY_UNAVAILABLE, Policy::Unavailable),
    ];
    let chosen = known.into_iter().find(|(code, _)| *code as i32 == number);
    chosen.map(|(_, policy)| policy).ok_or_else(|| {
        call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("options->policy must be one of RESIL_REDIS_POLICY_..., not {number}"),
        )
    })
}

/// Says what a store does not take of a limiter that a process would.
#[cold]
pub(super) fn refused_by_store(call: Call, error: ConfigError) -> Failed {
    let (status, field) = match error {
        ConfigError::QuotaTooFine => (RESIL_STATUS_QUOTA_TOO_FINE, "quota: "),
        ConfigError::MaxWaitTooLong => (RESIL_STATUS_MAX_WAIT_TOO_LONG, "options->"),
        ConfigError::PeriodNotWholeMicros => (RESIL_STATUS_PERIOD_NOT_WHOLE_MICROS, ""),
        ConfigError::PeriodTooLong => (RESIL_STATUS_PERIOD_TOO_LONG_FOR_STORE, ""),
        ConfigError::NameNotPlain => (RESIL_STATUS_NAME_NOT_PLAIN, "name: "),
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("{error}")),
    };
    call.fail(status, format_args!("{field}{}", status.text()))
}
