//! A call per key, made by the first who asks.

use std::ffi::c_void;
use std::ops::ControlFlow;
use std::ptr;
use std::time::Duration;

use resil_core::single_flight::{Arrived, Caller, FlightError, Leading, Part, Shared};

use super::shared_value::{Destroy, Loaded, resil_shared_value_t};
use super::{key_of, resil_single_flight_t};
use crate::argument::{Call, Failed, Out};
use crate::clock::timeout;
use crate::guard::answer_around;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A call to make once for all who ask: puts what it makes into `*value`, which is NULL before, and returns 0 or
/// an error number of the caller's own. Whoever followed gets both. Any thread may read and destroy the value.
///
/// It may throw, if it is C++: the exception goes on in the caller that leads, and followers get LEADER_FAILED;
/// what it had made is then its own to destroy. It must not longjmp out or end its thread.
pub type resil_load_t =
    Option<unsafe extern "C-unwind" fn(user_data: *mut c_void, value: *mut *mut c_void) -> i32>;

type Load = unsafe extern "C-unwind" fn(user_data: *mut c_void, value: *mut *mut c_void) -> i32;

/// What came of the `key_len` bytes at `key` (NULL if there are none): of the call under way if there is one,
/// however long it takes, else of `load(user_data, &value)`, which this thread calls.
///
/// Answers GRANTED if there was a call, whatever it returned, and puts a handle to that into `*out`: free it with
/// resil_shared_value_free. NULL `out`: the caller does not want it. The key is copied.
///
/// Errors: NULL_ARGUMENT (flight, key, load); LEADER_FAILED: the call that this one waited for threw; REENTERED:
/// this thread makes the call of this key already. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C-unwind" fn resil_single_flight_run(
    flight: *const resil_single_flight_t,
    key: *const c_void,
    key_len: usize,
    load: resil_load_t,
    user_data: *mut c_void,
    out: *mut *mut resil_shared_value_t,
) -> resil_status_t {
    answer_around(
        "resil_single_flight_run",
        |call| {
            // SAFETY: the caller's promise (resil.h, Pointers).
            unsafe { Run::begin(call, flight, key, key_len, None, load, out) }
        },
        |run| run.call(user_data),
        Landing::land,
    )
}

/// As resil_single_flight_run, but waits for another's call no longer than `timeout_ns` (0: not at all;
/// RESIL_NO_TIMEOUT: as long as it takes). A call that this thread makes itself takes the time it takes.
///
/// Answers TIMED_OUT, a refusal, when the time is up: that call goes on, for its leader and those who still wait.
/// `*out` is then NULL.
///
/// Errors: as resil_single_flight_run.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C-unwind" fn resil_single_flight_run_timeout(
    flight: *const resil_single_flight_t,
    key: *const c_void,
    key_len: usize,
    timeout_ns: u64,
    load: resil_load_t,
    user_data: *mut c_void,
    out: *mut *mut resil_shared_value_t,
) -> resil_status_t {
    answer_around(
        "resil_single_flight_run_timeout",
        |call| {
            // SAFETY: the caller's promise (resil.h, Pointers).
            unsafe { Run::begin(call, flight, key, key_len, timeout(timeout_ns), load, out) }
        },
        |run| run.call(user_data),
        Landing::land,
    )
}

/// A call that this caller is to make. Dropped by an exception, it fails the followers.
struct Run<'a> {
    leading: Leading<'a, Box<[u8]>, Loaded>,
    load: Load,
    destroy: Destroy,
    out: Option<Out<*mut resil_shared_value_t>>,
}

impl<'a> Run<'a> {
    /// Checks, and waits if there is a call to wait for: then all is done, and the answer comes back.
    ///
    /// # Safety
    /// `flight` is NULL or live for all of `'a`, `key` NULL or valid for reads of `key_len` bytes, `load` the
    /// caller's function, and `out` NULL or valid for writes as long as this value is used.
    unsafe fn begin(
        call: Call,
        flight: *const resil_single_flight_t,
        key: *const c_void,
        key_len: usize,
        timeout: Option<Duration>,
        load: resil_load_t,
        out: *mut *mut resil_shared_value_t,
    ) -> Result<ControlFlow<resil_status_t, Self>, Failed> {
        // SAFETY: passed on.
        let out = unsafe { Out::optional(out) };
        if let Some(out) = &out {
            out.set(ptr::null_mut());
        }
        // SAFETY: passed on.
        let flight: &'a _ = unsafe { call.handle(flight, "flight") }?;
        // SAFETY: passed on.
        let key = unsafe { key_of(call, key, key_len) }?;
        let load = call.callback(load, "load")?;
        let arrived = match flight.flights.enter(key.into(), Caller::this_thread()) {
            Ok(Part::Lead(leading)) => Ok(Arrived::Lead(leading)),
            Ok(Part::Follow(following)) => following.wait(timeout),
            Err(error) => Err(error),
        };
        match arrived {
            Ok(Arrived::Lead(leading)) => {
                Ok(ControlFlow::Continue(Self { leading, load, destroy: flight.destroy, out }))
            }
            Ok(Arrived::Value(value)) => {
                hand_out(out, Shared::Theirs(value));
                Ok(ControlFlow::Break(RESIL_STATUS_GRANTED))
            }
            Err(FlightError::TimedOut) => Ok(ControlFlow::Break(RESIL_STATUS_TIMED_OUT)),
            Err(FlightError::Reentered) => {
                Err(call
                    .fail(RESIL_STATUS_REENTERED, format_args!("key: {}", FlightError::Reentered)))
            }
            Err(error) => Err(call.fail(RESIL_STATUS_LEADER_FAILED, format_args!("key: {error}"))),
        }
    }

    /// Makes the call; what it throws goes through.
    fn call(self, user_data: *mut c_void) -> Landing<'a> {
        let mut value = ptr::null_mut();
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        let status = unsafe { (self.load)(user_data, &raw mut value) };
        Landing {
            loaded: Loaded::new(value, status, self.destroy),
            leading: self.leading,
            out: self.out,
        }
    }
}

/// A call that was made.
struct Landing<'a> {
    leading: Leading<'a, Box<[u8]>, Loaded>,
    loaded: Loaded,
    out: Option<Out<*mut resil_shared_value_t>>,
}

impl Landing<'_> {
    fn land(self) -> resil_status_t {
        hand_out(self.out, self.leading.land(self.loaded));
        RESIL_STATUS_GRANTED
    }
}

/// Gives the caller a handle of its own; who wants none lets go at once.
fn hand_out(out: Option<Out<*mut resil_shared_value_t>>, shared: Shared<Loaded>) {
    if let Some(out) = out {
        out.set(Box::into_raw(Box::new(resil_shared_value_t(shared))));
    }
}
