//! What went wrong in the last call that failed on this thread.
//!
//! A fixed buffer per thread: recording allocates nothing, and the text stays readable while the thread ends.
//! Longer messages are cut between two characters.

use std::cell::RefCell;
use std::ffi::c_char;
use std::fmt::{self, Write};

use crate::guard::guard;

/// Bytes of a message with its NUL; the longest of our own has 150.
const CAPACITY: usize = 256;

thread_local! {
    static MESSAGE: RefCell<[u8; CAPACITY]> = const { RefCell::new([0; CAPACITY]) };
}

/// What went wrong in the last call on this thread that returned a status of 64 or more: a sentence that names
/// the function and the argument or field, as UTF-8. "" if no call has failed on this thread.
///
/// Never NULL, never to be freed; valid until the next failing call on this thread, or its end. Calls that
/// succeed, and refusals (8 to 63), leave it as it is.
#[unsafe(no_mangle)]
pub extern "C" fn resil_last_error_message() -> *const c_char {
    guard("resil_last_error_message", c"".as_ptr(), || {
        MESSAGE.with(|message| message.as_ptr().cast_const().cast())
    })
}

/// Keeps `function: reason` as this thread's last error.
pub(crate) fn record(function: &'static str, reason: fmt::Arguments<'_>) {
    MESSAGE.with(|message| {
        // Borrowed already only if formatting `reason` fails itself: then the outer message stands.
        if let Ok(mut bytes) = message.try_borrow_mut() {
            let mut text = Text { bytes: &mut bytes, len: 0 };
            // An error says that the text was cut.
            let _ = write!(text, "{function}: {reason}");
            let end = text.len;
            bytes[end] = 0;
        }
    });
}

/// Text that is written into a buffer, and leaves room for the NUL.
struct Text<'a> {
    bytes: &'a mut [u8; CAPACITY],
    len: usize,
}

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|char| self.write_char(char))
    }

    fn write_char(&mut self, char: char) -> fmt::Result {
        // A NUL inside would end the text early for its reader.
        let char = if char == '\0' { '\u{FFFD}' } else { char };
        let end = self.len + char.len_utf8();
        if end >= CAPACITY {
            return Err(fmt::Error);
        }
        char.encode_utf8(&mut self.bytes[self.len..end]);
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::ffi::CStr;

    /// The last error of this thread.
    pub(crate) fn message() -> String {
        // SAFETY: the pointer is to a NUL-terminated text of this thread, which nothing changes meanwhile.
        let text = unsafe { CStr::from_ptr(resil_last_error_message()) };
        text.to_str().expect("messages are UTF-8").to_owned()
    }

    #[test]
    fn a_thread_that_saw_no_error_reads_an_empty_message() {
        record("resil_f", format_args!("of this thread only"));
        assert_eq!(std::thread::spawn(message).join().unwrap(), "");
        assert_eq!(message(), "resil_f: of this thread only");
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_between_characters() {
        record("resil_f", format_args!("{}", "é".repeat(CAPACITY)));
        // "resil_f: " is 9 bytes; 123 characters of two bytes reach 255, which leaves room for the NUL.
        assert_eq!(message(), format!("resil_f: {}", "é".repeat(123)));
        record("resil_f", format_args!("short"));
        assert_eq!(message(), "resil_f: short");
    }

    #[test]
    fn a_nul_inside_a_message_does_not_end_it() {
        record("resil_f", format_args!("a\0b"));
        assert_eq!(message(), "resil_f: a\u{FFFD}b");
    }
}
