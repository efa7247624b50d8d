//! The SRE breaker: made, told its mode.

// In the order in which the header shows them.
mod config;

mod presets;

mod options;

mod permit;

mod record;

mod run;

mod snapshot;

use resil_core::sre_breaker::Mode;
use resil_core::{AnyClock, CoarseClock, SreBreaker, SreBreakerConfig};

use self::config::{refused, resil_sre_breaker_config_t};
use self::options::resil_sre_breaker_options_t;
use crate::argument::{Call, Failed};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Keeps calls from a backend that fails them: refuses the share of calls that would fail anyway.
///
/// What is refused follows what the window of the last seconds holds; under every preset some calls get
/// through even then, so a backend that recovers is seen to. There is no open state to wait out. Ask before
/// each call (try_acquire), and settle the permit with what became of it (success, failure, ignore);
/// resil_sre_breaker_run does both. While all is well, asking is one load: no clock, no draw, no write.
///
/// An outcome counts in the bucket of the instant it is settled at. An earlier now_ns than one already seen
/// never grants what the latest would have refused; while all is well an ask sees none.
///
/// Any number of threads may use one breaker at once, but for resil_sre_breaker_free; none ever waits. A
/// forked child draws other numbers than its parent. About 700 bytes, and 16 for each bucket (24 where
/// refusals are counted apart), their number rounded up to a power of two; nothing is allocated after
/// resil_sre_breaker_new.
///
/// Source: Beyer et al., "Site Reliability Engineering" (2016), Handling Overload.
pub struct resil_sre_breaker_t(SreBreaker<AnyClock>);

const _: () = shared_between_threads::<resil_sre_breaker_t>();

/// What a breaker does with what it decides. Functions take and structs show it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_mode_t {
    /// Refuses as it decides.
    RESIL_MODE_ENABLED = 0,
    /// Decides nothing and lets everything through; outcomes are recorded.
    RESIL_MODE_DISABLED = 1,
    /// Refuses everything, without a draw. Its refusals are in the snapshot, never in the window; calls that
    /// were let through before still settle.
    RESIL_MODE_FORCED_OPEN = 2,
    /// Decides, and lets everything through: would-be refusals are in the snapshot only, and the window sees
    /// what the calls really came to.
    RESIL_MODE_DRY_RUN = 3,
}

/// Makes a breaker as `config` says, NULL for RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3. NULL `options`: on the
/// coarse clock, with draws of its own. Free it with resil_sre_breaker_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); STRUCT_SIZE (config, options); BUCKET_WIDTH_TOO_SHORT,
/// BUCKET_COUNT_IS_ZERO, BUCKET_COUNT_TOO_HIGH, WINDOW_SPAN_TOO_LONG, BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK,
/// MULTIPLIER_OUT_OF_RANGE, SUCCESS_RATIO_OUT_OF_RANGE, MIN_MULTIPLIER_OUT_OF_RANGE,
/// MIN_MULTIPLIER_WITH_SUCCESS_RATIO, PADDING_OUT_OF_RANGE, AGGRESSION_OUT_OF_RANGE,
/// MAX_DROP_RATIO_OUT_OF_RANGE (config); UNKNOWN_VALUE (config->refusals, options->clock, a flag that is
/// neither 0 nor 1, a field that is set but that no flag asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_sre_breaker_new(
    config: *const resil_sre_breaker_config_t,
    options: *const resil_sre_breaker_options_t,
    out: *mut *mut resil_sre_breaker_t,
) -> resil_status_t {
    answer("resil_sre_breaker_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        let recipe = if config.is_null() {
            SreBreakerConfig::go_zero_1_3()
        } else {
            // SAFETY: as above, and not NULL.
            unsafe { call.sized(config, "config") }?.recipe(call)?
        };
        let made =
            |clock| SreBreaker::with_clock(recipe, clock).map_err(|error| refused(call, error));
        let breaker = if options.is_null() {
            made(AnyClock::from(CoarseClock))?
        } else {
            // SAFETY: as above, and not NULL.
            let (clock, draw) = unsafe { options::checked(call, options) }?;
            let breaker = made(clock)?;
            match draw {
                Some(draw) => breaker.with_draw(draw),
                None => breaker,
            }
        };
        out.give(resil_sre_breaker_t(breaker));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the breaker. NULL is fine. No other thread may be using it; permits of it mean nothing afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_free(breaker: *mut resil_sre_breaker_t) {
    guard("resil_sre_breaker_free", (), || {
        // SAFETY: it came from `resil_sre_breaker_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(breaker) };
    });
}

/// Changes what the breaker does with its decisions, to `mode` (RESIL_MODE_...). Permits out settle in every
/// mode.
///
/// Errors: NULL_ARGUMENT (breaker); UNKNOWN_VALUE (mode). The mode stays then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_sre_breaker_set_mode(
    breaker: *const resil_sre_breaker_t,
    mode: i32,
) -> resil_status_t {
    answer("resil_sre_breaker_set_mode", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let breaker = unsafe { call.handle(breaker, "breaker") }?;
        breaker.0.set_mode(chosen_mode(call, mode)?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The mode that a number chooses.
fn chosen_mode(call: Call, number: i32) -> Result<Mode, Failed> {
    let all = [Mode::Enabled, Mode::Disabled, Mode::ForcedOpen, Mode::DryRun];
    all.into_iter().find(|mode| resil_mode_t::from(*mode) as i32 == number).ok_or_else(|| {
        call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("mode must be one of RESIL_MODE_..., not {number}"),
        )
    })
}

impl From<Mode> for resil_mode_t {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Enabled => Self::RESIL_MODE_ENABLED,
            Mode::Disabled => Self::RESIL_MODE_DISABLED,
            Mode::ForcedOpen => Self::RESIL_MODE_FORCED_OPEN,
            Mode::DryRun => Self::RESIL_MODE_DRY_RUN,
        }
    }
}
