//! What an SRE breaker asks: its clock, and where its chances come from.

use std::ffi::c_void;

use resil_core::{AnyClock, Draw};

use crate::argument::{BeginsWithSize, Call, Failed};
use crate::clock::{chosen, resil_manual_clock_t};
use crate::guard::stop;
use crate::status::resil_status_t::*;

/// Draws a number of at least 0 and below 1, evenly spread. Must return (see Callbacks above); any thread that
/// asks the breaker calls it, several at once.
pub type resil_draw_t = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void) -> f64>;

/// What an SRE breaker is made with, beyond its constants. Start from RESIL_SRE_BREAKER_OPTIONS_INIT, then
/// change fields: later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_sre_breaker_options_t {
    /// sizeof(resil_sre_breaker_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// The clock it reads: RESIL_CLOCK_...
    pub clock: i32,
    /// The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    /// time after the breaker was made.
    pub manual_clock: *const resil_manual_clock_t,
    /// Where the breaker's chances come from, for tests; NULL: a generator in each thread. Called only if the
    /// share to refuse is above 0 and no pass is forced, and as long as the breaker is not freed.
    pub draw: resil_draw_t,
    /// What is handed on to `draw`; must be NULL if that is. It must outlive the breaker.
    pub draw_user_data: *mut c_void,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_sre_breaker_options_t {}

/// The clock and the draw that `options` choose.
///
/// # Safety
/// `options` points to as many bytes as its `struct_size` says; its `manual_clock` is NULL or a live handle,
/// and its `draw` may be called with its `draw_user_data` by any thread while there is a [`CallersDraw`].
pub(super) unsafe fn checked(
    call: Call,
    options: *const resil_sre_breaker_options_t,
) -> Result<(AnyClock, Option<CallersDraw>), Failed> {
    // SAFETY: passed on.
    let options = unsafe { call.sized(options, "options") }?;
    // SAFETY: passed on.
    let clock = unsafe { chosen(call, options.clock, options.manual_clock) }?;
    let user_data = options.draw_user_data;
    match options.draw {
        Some(draw) => Ok((clock, Some(CallersDraw { draw, user_data }))),
        None if user_data.is_null() => Ok((clock, None)),
        None => Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("options->draw_user_data must be NULL unless options->draw is set"),
        )),
    }
}

/// Chances from the caller's function.
pub(super) struct CallersDraw {
    draw: unsafe extern "C-unwind" fn(user_data: *mut c_void) -> f64,
    user_data: *mut c_void,
}

// SAFETY: whoever fills the options says that any thread may call `draw` with `draw_user_data`.
unsafe impl Send for CallersDraw {}
// SAFETY: as above, several at once.
unsafe impl Sync for CallersDraw {}

impl Draw for CallersDraw {
    fn draw(&self) -> f64 {
        // SAFETY: `checked` was told that it may be called, with this, by any thread.
        let drawn = unsafe { (self.draw)(self.user_data) };
        if !is_draw(drawn) {
            // The core draws before it changes anything: an ask that ends here was none.
            stop(
                RESIL_STATUS_DRAW_OUT_OF_RANGE,
                format!("options->draw must return at least 0 and below 1, not {drawn}"),
            );
        }
        drawn
    }
}

/// Whether a number can be a draw.
#[inline]
pub(super) fn is_draw(number: f64) -> bool {
    (0.0..1.0).contains(&number)
}
