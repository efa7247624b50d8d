//! A client of the caller's own: a function that carries out one command.

use std::ffi::{c_char, c_void};
use std::slice;
use std::sync::Arc;

use resil_core::pure::store_gate::Fault;
use resil_core::remote::fault::fault_of;
use resil_redis::{Answer, Asking, Begun};

use super::answer::resil_redis_fault_t;
use super::answer::resil_redis_fault_t::*;
use crate::guard::guard;
use crate::single_flight::options::resil_destroy_t;

/// The most numbers that a script answers with.
pub const RESIL_REDIS_MOST_NUMBERS: usize = 16;

/// Carries out one command with a client of the caller's own, once: an EVALSHA, or where the server did not know that
/// script an EVAL. Its `argc` words are `argv[i]`, of `argv_lens[i]` bytes each, and end with no NUL.
///
/// If the server answered with an array of integers, puts them into `numbers`, which has room for
/// RESIL_REDIS_MOST_NUMBERS, and how many there are into `*count`, and returns RESIL_REDIS_FAULT_NONE. If it answered
/// with an error, returns what resil_redis_fault_of says of that. Else TIMEOUT or DISCONNECTED, and CALL for an answer of
/// any other form. It bounds its own waiting: callers wait as long as it does. It never repeats a command whose answer
/// was lost, for the script may have run.
///
/// Several threads may be in it at once.
pub type resil_redis_evaluate_t = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        argc: usize,
        argv: *const *const c_char,
        argv_lens: *const usize,
        numbers: *mut i64,
        count: *mut usize,
    ) -> i32,
>;

type Evaluate = unsafe extern "C" fn(
    *mut c_void,
    usize,
    *const *const c_char,
    *const usize,
    *mut i64,
    *mut usize,
) -> i32;

/// What an error of the server tells: RESIL_REDIS_FAULT_..., by the first word of its text, the `error_len` bytes at
/// `error`. What has no meaning of its own here is CALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_fault_of(error: *const c_char, error_len: usize) -> i32 {
    guard("resil_redis_fault_of", RESIL_REDIS_FAULT_CALL as i32, || {
        if error.is_null() || error_len == 0 {
            return RESIL_REDIS_FAULT_CALL as i32;
        }
        // SAFETY: not NULL, so the caller says that it is valid (resil.h, Pointers).
        let text = unsafe { slice::from_raw_parts(error.cast::<u8>(), error_len) };
        let text = String::from_utf8_lossy(text);
        let fault = match text.split_ascii_whitespace().next() {
            Some("NOSCRIPT") => RESIL_REDIS_FAULT_UNKNOWN_SCRIPT,
            _ => fault_of(&text).into(),
        };
        fault as i32
    })
}

/// The caller's function with the caller's data, which is destroyed with the last limiter that asks by it.
pub(super) struct Client {
    evaluate: Evaluate,
    user_data: *mut c_void,
    destroy: resil_destroy_t,
}

// SAFETY: whoever makes one says that any thread may call the function with the data, several at once, and that any may
// destroy it (resil.h, resil_redis_evaluate_t).
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    pub(super) fn new(
        evaluate: Evaluate,
        user_data: *mut c_void,
        destroy: resil_destroy_t,
    ) -> Self {
        Self { evaluate, user_data, destroy }
    }

    /// Carries out one script call: by digest, and where the server does not know that by text.
    fn evaluate<T>(&self, asking: &Asking<T>) -> Result<Vec<i64>, Fault> {
        let mut words = vec!["EVALSHA", asking.sha1(), "1"];
        words.extend(asking.keys());
        if words.len() == 5 {
            words[2] = "2";
        }
        words.extend(asking.arguments());
        match self.carry_out(&words) {
            Err(RESIL_REDIS_FAULT_UNKNOWN_SCRIPT) => {
                words[..2].copy_from_slice(&["EVAL", asking.script()]);
                self.carry_out(&words).map_err(fault)
            }
            answered => answered.map_err(fault),
        }
    }

    fn carry_out(&self, words: &[&str]) -> Result<Vec<i64>, resil_redis_fault_t> {
        let argv: Vec<*const c_char> = words.iter().map(|word| word.as_ptr().cast()).collect();
        let lens: Vec<usize> = words.iter().map(|word| word.len()).collect();
        let mut numbers = vec![0; RESIL_REDIS_MOST_NUMBERS];
        let mut count = 0;
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks); the rest is as it is told.
        let code = unsafe {
            (self.evaluate)(
                self.user_data,
                words.len(),
                argv.as_ptr(),
                lens.as_ptr(),
                numbers.as_mut_ptr(),
                &raw mut count,
            )
        };
        let known = [
            RESIL_REDIS_FAULT_TIMEOUT,
            RESIL_REDIS_FAULT_DISCONNECTED,
            RESIL_REDIS_FAULT_UNABLE,
            RESIL_REDIS_FAULT_REFUSED,
            RESIL_REDIS_FAULT_UNKNOWN_SCRIPT,
        ];
        if code == RESIL_REDIS_FAULT_NONE as i32 && count <= RESIL_REDIS_MOST_NUMBERS {
            numbers.truncate(count);
            return Ok(numbers);
        }
        // A number that means nothing concerns this call alone.
        let fault = known.into_iter().find(|fault| *fault as i32 == code);
        Err(fault.unwrap_or(RESIL_REDIS_FAULT_CALL))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the caller's function takes the caller's own data, once: nobody asks by it any more.
            unsafe { destroy(self.user_data) };
        }
    }
}

fn fault(fault: resil_redis_fault_t) -> Fault {
    match fault {
        RESIL_REDIS_FAULT_TIMEOUT => Fault::Timeout,
        RESIL_REDIS_FAULT_DISCONNECTED => Fault::Disconnected,
        RESIL_REDIS_FAULT_UNABLE => Fault::Unable,
        RESIL_REDIS_FAULT_REFUSED => Fault::Refused,
        RESIL_REDIS_FAULT_NONE | RESIL_REDIS_FAULT_CALL | RESIL_REDIS_FAULT_UNKNOWN_SCRIPT => {
            Fault::Call
        }
    }
}

/// A limiter, and what it asks by: the store's own connection, or the caller's client.
pub(super) struct Over<L> {
    pub(super) limiter: L,
    pub(super) client: Option<Arc<Client>>,
}

impl<L> Over<L> {
    /// The answer of what was begun.
    pub(super) fn answer<T>(&self, begun: Begun<T>) -> Answer<T> {
        answer(self.client.as_deref(), begun)
    }
}

/// The answer of what was begun. A store that connects itself has decided already.
pub(super) fn answer<T>(client: Option<&Client>, begun: Begun<T>) -> Answer<T> {
    begun.with(|asking| match client {
        Some(client) => client.evaluate(asking),
        None => Err(Fault::Disconnected),
    })
}
