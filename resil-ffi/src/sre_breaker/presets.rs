//! The SRE breaker as others have it, written into the caller's struct.

use super::config::resil_refusals_t::*;
use super::config::resil_sre_breaker_config_t;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// An SRE breaker as others have it, to the last bit of the ratio. Functions take it as an int32_t.
///
/// "Strict": refusals count against the backend, so that more than a third of failures cuts traffic to a
/// handful of calls per window. The others refuse in proportion to what fails.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_sre_breaker_preset_t {
    /// The law as the book has it: (R - 2 A) / (R + 1), refusals count as failures, 2 min in 120 buckets.
    RESIL_SRE_BREAKER_PRESET_SRE_BOOK = 0,
    /// go-zero up to v1.6.2, and what NULL means: (R - 5 - 1.5 A) / (R + 1), refusals do not count, 10 s in 40.
    RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3 = 1,
    /// go-zero from v1.6.6 on: K falls from 1.5 to 1.1, refusals count apart, successes ease the ratio, a pass
    /// is forced 1 s after the last. Strict.
    RESIL_SRE_BREAKER_PRESET_GO_ZERO = 2,
    /// gRPC's route lookup service: (R - 2 A) / (R + 8), refusals count as failures, 30 s in 100.
    RESIL_SRE_BREAKER_PRESET_GRPC_RLS = 3,
    /// kratos (aegis): (R - A / 0.6) / (R + 1) from 100 requests on, refusals count as failures, 3 s in 10.
    RESIL_SRE_BREAKER_PRESET_KRATOS = 4,
    /// Envoy's admission control: (R - A / 0.95) / (R + 1), at most 0.8, refusals do not count, 30 s in 30.
    RESIL_SRE_BREAKER_PRESET_ENVOY = 5,
}

use resil_sre_breaker_preset_t::*;

const MS: u64 = 1_000_000;

const SRE_BOOK: resil_sre_breaker_config_t = resil_sre_breaker_config_t {
    struct_size: size_of::<resil_sre_breaker_config_t>(),
    bucket_width_ns: 1_000 * MS,
    bucket_count: 120,
    refusals: RESIL_REFUSALS_AS_FAILURES as i32,
    has_success_ratio: 0,
    has_min_multiplier: 0,
    multiplier: 2.0,
    success_ratio: 0.0,
    min_multiplier: 0.0,
    protection: 0,
    padding: 1.0,
    min_requests: 0,
    min_rps: 0,
    recovery: 0,
    aggression: 1.0,
    max_drop_ratio: 1.0,
    forced_pass_after_ns: 0,
    has_forced_pass_after: 0,
};

const GO_ZERO_1_3: resil_sre_breaker_config_t = resil_sre_breaker_config_t {
    bucket_width_ns: 250 * MS,
    bucket_count: 40,
    refusals: RESIL_REFUSALS_UNCOUNTED as i32,
    multiplier: 1.5,
    protection: 5,
    ..SRE_BOOK
};

/// Every preset with its constants, which a test compares with the core's.
const ALL: [(resil_sre_breaker_preset_t, resil_sre_breaker_config_t); 6] = [
    (RESIL_SRE_BREAKER_PRESET_SRE_BOOK, SRE_BOOK),
    (RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3, GO_ZERO_1_3),
    (
        RESIL_SRE_BREAKER_PRESET_GO_ZERO,
        resil_sre_breaker_config_t {
            refusals: RESIL_REFUSALS_APART as i32,
            has_min_multiplier: 1,
            min_multiplier: 1.1,
            recovery: 1,
            has_forced_pass_after: 1,
            forced_pass_after_ns: 1_000 * MS,
            ..GO_ZERO_1_3
        },
    ),
    (
        RESIL_SRE_BREAKER_PRESET_GRPC_RLS,
        resil_sre_breaker_config_t {
            bucket_width_ns: 300 * MS,
            bucket_count: 100,
            padding: 8.0,
            ..SRE_BOOK
        },
    ),
    (
        RESIL_SRE_BREAKER_PRESET_KRATOS,
        resil_sre_breaker_config_t {
            bucket_width_ns: 300 * MS,
            bucket_count: 10,
            multiplier: 1.0 / 0.6,
            min_requests: 100,
            ..SRE_BOOK
        },
    ),
    (
        RESIL_SRE_BREAKER_PRESET_ENVOY,
        resil_sre_breaker_config_t {
            bucket_count: 30,
            refusals: RESIL_REFUSALS_UNCOUNTED as i32,
            has_success_ratio: 1,
            multiplier: 0.0,
            success_ratio: 0.95,
            max_drop_ratio: 0.8,
            ..SRE_BOOK
        },
    ),
];

/// Fills `*config` with the constants of `preset` (RESIL_SRE_BREAKER_PRESET_...), struct_size included.
///
/// Errors: NULL_ARGUMENT (config); UNKNOWN_VALUE (preset): then `*config` is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_config_init(
    config: *mut resil_sre_breaker_config_t,
    preset: i32,
) -> resil_status_t {
    answer("resil_sre_breaker_config_init", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let config = unsafe { call.out(config, "config") }?;
        let chosen = ALL.iter().find(|(code, _)| *code as i32 == preset).ok_or_else(|| {
            call.fail(
                RESIL_STATUS_UNKNOWN_VALUE,
                format_args!("preset must be one of RESIL_SRE_BREAKER_PRESET_..., not {preset}"),
            )
        })?;
        config.set(chosen.1);
        Ok(RESIL_STATUS_GRANTED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::argument::Call;
    use resil_core::SreBreakerConfig;

    #[test]
    fn every_preset_is_the_cores_to_the_last_bit() {
        let cores = [
            SreBreakerConfig::sre_book(),
            SreBreakerConfig::go_zero_1_3(),
            SreBreakerConfig::go_zero(),
            SreBreakerConfig::grpc_rls(),
            SreBreakerConfig::kratos(),
            SreBreakerConfig::envoy(),
        ];
        for ((preset, config), core) in ALL.into_iter().zip(cores) {
            let recipe = config.recipe(Call::new("resil_test")).ok();
            assert_eq!(recipe, Some(core), "{preset:?}: change it here as in the core");
        }
    }

    #[test]
    fn presets_are_found_by_their_numbers_and_in_order() {
        let numbers: Vec<i32> = ALL.iter().map(|(preset, _)| *preset as i32).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    }
}
