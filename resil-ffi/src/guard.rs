//! Keeps panics on this side of the border.
//!
//! The body of every exported function runs in [`guard`], or in [`answer`] if it returns a status, or in
//! [`answer_around`] if its callback may throw. The normal
//! path does not test for a panic: unwinding goes by table.

use std::any::Any;
use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::argument::{Call, Failed};
use crate::last_error;
use crate::status::resil_status_t;

/// What `body` returns; if it panics, `on_panic`, and the last error says why.
#[inline]
pub(crate) fn guard<T>(function: &'static str, on_panic: T, body: impl FnOnce() -> T) -> T {
    // Unwind safe: the core changes its words in single steps and its locks know no poison, so a panic leaves
    // nothing half done that a later call could see.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(payload) => {
            report(function, payload);
            on_panic
        }
    }
}

/// A guard for the functions that return a status.
#[inline]
pub(crate) fn answer(
    function: &'static str,
    body: impl FnOnce(Call) -> Result<resil_status_t, Failed>,
) -> resil_status_t {
    // Unwind safe: as in `guard`.
    match catch_unwind(AssertUnwindSafe(|| body(Call::new(function)))) {
        Ok(Ok(status)) => status,
        Ok(Err(failed)) => failed.status(),
        Err(payload) => ended(function, payload),
    }
}

/// As [`answer`], around a callback whose exceptions go through, out of an `extern "C-unwind"` function.
///
/// `before` gets ready or has the answer already, `after` answers; both are guarded. What unwinds out of
/// `callback` drops what `before` made, and is not stopped: it is not ours, and no foreign exception could be.
#[inline]
pub(crate) fn answer_around<T, U>(
    function: &'static str,
    before: impl FnOnce(Call) -> Result<ControlFlow<resil_status_t, T>, Failed>,
    callback: impl FnOnce(T) -> U,
    after: impl FnOnce(U) -> resil_status_t,
) -> resil_status_t {
    // Unwind safe: as in `guard`, here and below.
    let ready = match catch_unwind(AssertUnwindSafe(|| before(Call::new(function)))) {
        Ok(Ok(ControlFlow::Continue(ready))) => ready,
        Ok(Ok(ControlFlow::Break(status))) => return status,
        Ok(Err(failed)) => return failed.status(),
        Err(payload) => return ended(function, payload),
    };
    let called = callback(ready);
    catch_unwind(AssertUnwindSafe(|| after(called)))
        .unwrap_or_else(|payload| ended(function, payload))
}

/// Ends the running call with an error, out of a callback of the core that has no way to answer one.
///
/// Unwinds to the [`answer`] around it; nothing is printed. Only where the core has changed nothing yet.
#[cold]
#[inline(never)]
pub(crate) fn stop(status: resil_status_t, reason: String) -> ! {
    resume_unwind(Box::new(Stopped { status, reason }))
}

/// What [`stop`] unwinds with.
struct Stopped {
    status: resil_status_t,
    reason: String,
}

#[cold]
#[inline(never)]
fn ended(function: &'static str, payload: Box<dyn Any + Send>) -> resil_status_t {
    match payload.downcast::<Stopped>() {
        Ok(stopped) => {
            last_error::record(function, format_args!("{}", stopped.reason));
            stopped.status
        }
        Err(payload) => {
            report(function, payload);
            resil_status_t::RESIL_STATUS_PANIC
        }
    }
}

#[cold]
#[inline(never)]
fn report(function: &'static str, payload: Box<dyn Any + Send>) {
    let reason = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "no message",
    };
    last_error::record(function, format_args!("panicked, please report it: {reason}"));
    // A payload may panic as it is dropped; what that one carries is leaked, so that this comes to an end.
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::last_error::tests::message;
    use std::panic::panic_any;

    #[test]
    fn a_panic_becomes_a_status_and_leaves_a_message() {
        let status = answer("resil_some_function", |_| panic!("burst of {} lost", 7));
        assert_eq!(status, resil_status_t::RESIL_STATUS_PANIC);
        assert_eq!(message(), "resil_some_function: panicked, please report it: burst of 7 lost");
    }

    #[test]
    fn a_panic_in_a_function_without_status_becomes_its_fallback_value() {
        assert_eq!(guard("resil_other_function", 3, || panic!("static text")), 3);
        assert_eq!(message(), "resil_other_function: panicked, please report it: static text");
    }

    #[test]
    fn a_payload_that_panics_as_it_is_dropped_does_not_get_through() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic_any(Fuse);
            }
        }
        struct Fuse;
        impl Drop for Fuse {
            fn drop(&mut self) {
                panic!("dropped what must be leaked");
            }
        }
        let status = answer("resil_some_function", |_| panic_any(Bomb));
        assert_eq!(status, resil_status_t::RESIL_STATUS_PANIC);
        assert_eq!(message(), "resil_some_function: panicked, please report it: no message");
    }

    #[test]
    fn a_callback_that_cannot_go_on_ends_the_call_with_its_own_status() {
        let unknown = resil_status_t::RESIL_STATUS_UNKNOWN_VALUE;
        let status = answer("resil_some_function", |_| stop(unknown, format!("no such {}", 7)));
        assert_eq!(status, unknown);
        assert_eq!(message(), "resil_some_function: no such 7");
    }

    #[test]
    fn what_does_not_panic_passes_through() {
        assert_eq!(guard("resil_some_function", 0, || 5), 5);
        let status = answer("resil_some_function", |_| Ok(resil_status_t::RESIL_STATUS_GRANTED));
        assert_eq!(status, resil_status_t::RESIL_STATUS_GRANTED);
    }
}
