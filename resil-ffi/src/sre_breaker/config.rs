//! What an SRE breaker is made of: every constant by name, as a struct of the caller's.

use std::time::Duration;

use resil_core::SreBreakerConfig;
use resil_core::sre_breaker::{ConfigError, Refusals};

use crate::argument::{BeginsWithSize, Call, Failed};
use crate::rolling_window;
use crate::status::resil_status_t::*;

/// Whether a refused call counts as one that was tried. The configuration takes it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_refusals_t {
    /// No: the window holds what the backend answered, and nothing else.
    RESIL_REFUSALS_UNCOUNTED = 0,
    /// Yes, as a failure.
    RESIL_REFUSALS_AS_FAILURES = 1,
    /// Yes, but not as a failure: a bucket of refusals alone is no failing bucket.
    RESIL_REFUSALS_APART = 2,
}

/// Every constant of an SRE breaker. Fill it with resil_sre_breaker_config_init, then change fields: later
/// versions may add some. A field of which the one before it says that it does not count must be 0.
///
/// With R the calls that count in the window and A the successes among them, a call is refused with the
/// chance
///
///   ratio = ((R - protection) - K * A) / (R + padding)    (1 / success_ratio in place of K, if that is set)
///   ratio = min(ratio ^ (1 / aggression), max_drop_ratio)
///
/// in which K is the multiplier. Nothing is checked before resil_sre_breaker_new.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_sre_breaker_config_t {
    /// sizeof(resil_sre_breaker_config_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// The width of a bucket of the window, at least 1000; on the coarse clock at least 100000000.
    pub bucket_width_ns: u64,
    /// How many buckets the window has, 1 to 65536; together at most 2^63 - 1 ns.
    pub bucket_count: u32,
    /// Whether refusals count: RESIL_REFUSALS_...
    pub refusals: i32,
    /// 1: success_ratio counts in place of the multiplier, which must be 0. 0: the multiplier does.
    pub has_success_ratio: u32,
    /// 1: min_multiplier counts. 0: the multiplier stays what it is.
    pub has_min_multiplier: u32,
    /// K: refusing begins where less than one in K calls succeeds. Finite, at least 1. Smaller refuses more.
    pub multiplier: f64,
    /// Refusing begins where less than this share succeeds. Above 0, at most 1.
    pub success_ratio: f64,
    /// What K falls to as the newest buckets hold failures and no success: in equal steps, one a bucket, as
    /// if the whole window did. At least 1, at most the multiplier.
    pub min_multiplier: f64,
    /// How many requests are taken off R before it is compared: so many failures are forgiven.
    pub protection: u64,
    /// What is added to R below the line: damps the ratio while there are few requests. Finite, at least 0.
    /// With 0, where refusals count and nothing is forgiven or capped, a window without a success refuses
    /// every call, and its own refusals keep it so while calls keep coming.
    pub padding: f64,
    /// Nothing is refused with fewer requests than this in the window.
    pub min_requests: u64,
    /// Nothing is refused at fewer requests a second than this, since the oldest bucket that holds any began;
    /// in whole seconds, at least one.
    pub min_rps: u32,
    /// 1: the newest buckets with successes and no failure take their share of the window off the ratio.
    pub recovery: u32,
    /// The ratio is raised to the power of 1 / aggression: more refuses more. Finite, at least 1.
    pub aggression: f64,
    /// The greatest share refused. From 0 to 1.
    pub max_drop_ratio: f64,
    /// A call passes without a draw if the last one that passed while the ratio was above 0 did so longer ago
    /// than this. Before there is such a one, none is forced.
    pub forced_pass_after_ns: u64,
    /// 1: forced_pass_after_ns counts. 0: no pass is forced.
    pub has_forced_pass_after: u32,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_sre_breaker_config_t {}

impl resil_sre_breaker_config_t {
    /// The recipe that this says; what the core checks is left to it.
    pub(super) fn recipe(&self, call: Call) -> Result<SreBreakerConfig, Failed> {
        let ratio = Optional { flag: self.has_success_ratio, value: self.success_ratio };
        let least = Optional { flag: self.has_min_multiplier, value: self.min_multiplier };
        let forced =
            Optional { flag: self.has_forced_pass_after, value: self.forced_pass_after_ns };
        let forced =
            forced.checked(call, "config->has_forced_pass_after", "forced_pass_after_ns")?;
        let recipe = SreBreakerConfig::default()
            .with_window(Duration::from_nanos(self.bucket_width_ns), self.bucket_count)
            .with_refusals(refusals(call, self.refusals)?)
            .with_min_multiplier(least.checked(
                call,
                "config->has_min_multiplier",
                "min_multiplier",
            )?)
            .with_protection(self.protection)
            .with_padding(self.padding)
            .with_min_requests(self.min_requests)
            .with_min_rps(self.min_rps)
            .with_recovery(call.flag(self.recovery, "config->recovery")?)
            .with_aggression(self.aggression)
            .with_max_drop_ratio(self.max_drop_ratio)
            .with_forced_pass_after(forced.map(Duration::from_nanos));
        match ratio.checked(call, "config->has_success_ratio", "success_ratio")? {
            None => Ok(recipe.with_multiplier(self.multiplier)),
            Some(ratio) if self.multiplier == 0.0 => Ok(recipe.with_success_ratio(ratio)),
            Some(_) => Err(call.fail(
                RESIL_STATUS_UNKNOWN_VALUE,
                format_args!(
                    "config->multiplier must be 0 if config->has_success_ratio is 1, not {}",
                    self.multiplier
                ),
            )),
        }
    }
}

/// A field that counts if the one before it says so.
struct Optional<T> {
    flag: u32,
    value: T,
}

impl<T: PartialEq + Default + std::fmt::Display> Optional<T> {
    /// The value, if it counts. One that was set and does not count was meant to.
    fn checked(self, call: Call, flag: &'static str, field: &str) -> Result<Option<T>, Failed> {
        match call.flag(self.flag, flag)? {
            true => Ok(Some(self.value)),
            false if self.value == T::default() => Ok(None),
            false => Err(call.fail(
                RESIL_STATUS_UNKNOWN_VALUE,
                format_args!("{flag} must be 1 for a {field} of {} to count, not 0", self.value),
            )),
        }
    }
}

/// Whether refusals count, as a number chooses.
fn refusals(call: Call, number: i32) -> Result<Refusals, Failed> {
    let known = [
        (resil_refusals_t::RESIL_REFUSALS_UNCOUNTED, Refusals::Uncounted),
        (resil_refusals_t::RESIL_REFUSALS_AS_FAILURES, Refusals::AsFailures),
        (resil_refusals_t::RESIL_REFUSALS_APART, Refusals::Apart),
    ];
    let chosen = known.into_iter().find(|(code, _)| *code as i32 == number);
    chosen.map(|(_, refusals)| refusals).ok_or_else(|| {
        call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("config->refusals must be one of RESIL_REFUSALS_..., not {number}"),
        )
    })
}

/// Says why the core makes no such breaker.
pub(super) fn refused(call: Call, error: ConfigError) -> Failed {
    let status = match error {
        ConfigError::Window(error) => return rolling_window::refused(call, "config->", error),
        ConfigError::MultiplierOutOfRange => RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE,
        ConfigError::SuccessRatioOutOfRange => RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE,
        ConfigError::MinMultiplierOutOfRange => RESIL_STATUS_MIN_MULTIPLIER_OUT_OF_RANGE,
        ConfigError::MinMultiplierWithSuccessRatio => {
            RESIL_STATUS_MIN_MULTIPLIER_WITH_SUCCESS_RATIO
        }
        ConfigError::PaddingOutOfRange => RESIL_STATUS_PADDING_OUT_OF_RANGE,
        ConfigError::AggressionOutOfRange => RESIL_STATUS_AGGRESSION_OUT_OF_RANGE,
        ConfigError::MaxDropRatioOutOfRange => RESIL_STATUS_MAX_DROP_RATIO_OUT_OF_RANGE,
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("config: {error}")),
    };
    call.fail(status, format_args!("config->{}", status.text()))
}
