//! The single flight: made, run, forgotten, counted.

// In the order in which the header shows them.
mod shared_value;

pub(crate) mod options;

mod run;

use std::ffi::c_void;
use std::{ptr, slice};

use resil_core::SingleFlight;

use self::options::resil_single_flight_options_t;
use self::shared_value::{Destroy, Loaded};
use crate::argument::{Call, Failed, Out};
use crate::guard::{answer, guard};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Makes one call per key at a time, for all who ask meanwhile.
///
/// The first to ask for a key leads: it makes the call, on its own thread. Who asks for the same key before
/// that call is over follows: it waits, asleep, and shares what comes of it, never a copy. Nothing is kept: the
/// next to ask makes a new call. Keys are bytes; different keys never wait for one another. An error that the
/// call reports is shared like a value, with those who wait for it, and not cached.
///
/// Waiting in a ring is not noticed: call A, made by one thread, asks for B, while call B, made by another,
/// asks for A. Both wait for ever; a timeout bounds it.
///
/// Any number of threads may use one at once, but for resil_single_flight_free. 8 KiB, plus what is under way;
/// a call that nobody follows allocates its key and its handle, and the first follower a record that all
/// share.
pub struct resil_single_flight_t {
    flights: SingleFlight<Box<[u8]>, Loaded>,
    destroy: Destroy,
}

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<resil_single_flight_t>();
};

/// How much is under way in a single flight, counted part after part.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_single_flight_snapshot_t {
    /// Calls under way, the forgotten ones included.
    pub flights: usize,
    /// Callers that wait for them.
    pub followers: usize,
}

/// Makes a single flight with nothing under way. NULL `options`: values are not destroyed. Free it with
/// resil_single_flight_free.
///
/// Errors: NULL_ARGUMENT (out); STRUCT_SIZE (options). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_single_flight_new(
    options: *const resil_single_flight_options_t,
    out: *mut *mut resil_single_flight_t,
) -> resil_status_t {
    answer("resil_single_flight_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.out(out, "out") }?;
        out.set(ptr::null_mut());
        // SAFETY: as above.
        let destroy = Destroy(match unsafe { options.as_ref() } {
            None => None,
            // SAFETY: as above, and not NULL.
            Some(_) => unsafe { call.sized(options, "options") }?.destroy,
        });
        let flight = resil_single_flight_t { flights: SingleFlight::new(), destroy };
        out.set(Box::into_raw(Box::new(flight)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the single flight. NULL is fine. No call may be under way; values that were handed out stay good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_single_flight_free(flight: *mut resil_single_flight_t) {
    guard("resil_single_flight_free", (), || {
        if !flight.is_null() {
            // SAFETY: it came from `resil_single_flight_new` and is not freed yet (resil.h, Ownership).
            drop(unsafe { Box::from_raw(flight) });
        }
    });
}

/// Lets the next to ask for the key make a new call, whatever is under way. Says in `*forgot`, if that is not
/// NULL, whether a call was. That call goes on, for its leader and for those who follow it already.
///
/// Errors: NULL_ARGUMENT (flight, key).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_single_flight_forget(
    flight: *const resil_single_flight_t,
    key: *const c_void,
    key_len: usize,
    forgot: *mut bool,
) -> resil_status_t {
    answer("resil_single_flight_forget", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (flight, key) =
            unsafe { (call.handle(flight, "flight")?, key_of(call, key, key_len)?) };
        let was_under_way = flight.flights.forget(key);
        // SAFETY: as above.
        if let Some(forgot) = unsafe { Out::optional(forgot) } {
            forgot.set(was_under_way);
        }
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` how many calls are under way, the forgotten ones included.
///
/// Errors: NULL_ARGUMENT (flight, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_single_flight_len(
    flight: *const resil_single_flight_t,
    out: *mut usize,
) -> resil_status_t {
    answer("resil_single_flight_len", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (flight, out) = unsafe { (call.handle(flight, "flight")?, call.out(out, "out")?) };
        out.set(flight.flights.len());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what is under way, for monitoring.
///
/// Errors: NULL_ARGUMENT (flight, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_single_flight_snapshot(
    flight: *const resil_single_flight_t,
    out: *mut resil_single_flight_snapshot_t,
) -> resil_status_t {
    answer("resil_single_flight_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (flight, out) = unsafe { (call.handle(flight, "flight")?, call.out(out, "out")?) };
        let seen = flight.flights.snapshot();
        out.set(resil_single_flight_snapshot_t {
            flights: seen.flights,
            followers: seen.followers,
        });
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The bytes of a key; NULL is the empty one.
///
/// # Safety
/// `key` is valid for reads of `len` bytes for all of `'a`, or NULL.
unsafe fn key_of<'a>(call: Call, key: *const c_void, len: usize) -> Result<&'a [u8], Failed> {
    if key.is_null() && len == 0 {
        return Ok(&[]);
    }
    // SAFETY: passed on; one byte stands for all.
    let first: &u8 = unsafe { call.handle(key.cast(), "key") }?;
    // SAFETY: not NULL, so the caller says that `len` bytes are valid for 'a.
    Ok(unsafe { slice::from_raw_parts(first, len) })
}
