//! What a function answers, held against its comment.

use std::ffi::{CStr, c_char};

use crate::border::Frame;
use crate::header::{RESIL_STATUS_NULL_ARGUMENT, resil_last_error_message, resil_status_string};

impl Frame<'_> {
    /// Before the call, with all arguments drawn.
    pub(crate) fn begin(&self) {
        *self.message_before.borrow_mut() = last_error();
        self.calls_before.set(self.border.calls.get());
    }

    pub(crate) fn answered_status(&self, status: i32) {
        let name = self.function.name;
        assert!(known(status), "{name} answered {status}, which is no status");
        let error = status >= 64;
        let message = last_error();
        if error {
            let begins = message.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
            assert!(
                begins.is_some_and(|reason| !reason.is_empty()),
                "{name} answered {status}, and the message is {message:?}"
            );
        } else if self.border.calls.get() == self.calls_before.get() {
            let before = self.message_before.borrow();
            assert_eq!(message, *before, "{name} answered {status} and left another message");
        }
        assert!(
            self.function.may_answer.contains(&status),
            "{name} answered {status}, which its comment does not name: {message}"
        );
        assert!(error || !self.null.get(), "{name} answered {status} to a NULL that must not be");
        assert!(
            status != RESIL_STATUS_NULL_ARGUMENT || self.null.get(),
            "{name} found a NULL where there was none: {message}"
        );
        for check in self.checks.take() {
            check(status);
        }
    }

    pub(crate) fn answered_text(&self, text: *const c_char) {
        assert!(!text.is_null(), "{} answered NULL", self.function.name);
        // SAFETY: not NULL; the header says that it is a text.
        let text = unsafe { CStr::from_ptr(text) };
        assert!(text.to_str().is_ok(), "{} answered {text:?}", self.function.name);
    }

    pub(crate) fn answered_bool(&self, byte: u8) {
        assert!(byte < 2, "{} answered {byte}, which is no truth value", self.function.name);
    }

    #[allow(clippy::unused_self, reason = "called as the others are")]
    pub(crate) fn answered_otherwise<T>(&self, _answer: T) {}
}

fn last_error() -> String {
    // SAFETY: the header says that it is a text, good until the next failing call.
    let message = unsafe { CStr::from_ptr(resil_last_error_message()) };
    message.to_str().expect("messages are UTF-8").to_owned()
}

fn known(status: i32) -> bool {
    // SAFETY: any number will do, and what comes back is a static text.
    let text = unsafe { CStr::from_ptr(resil_status_string(status)) };
    text != c"unknown status"
}
