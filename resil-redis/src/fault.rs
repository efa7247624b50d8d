//! What an error of the client tells of the store.

use redis::{ErrorKind, RedisError, ServerError};
use resil_core::pure::store_gate::Fault;
use resil_core::remote::fault::fault_of;

/// A call that never came to an answer, or whose connection greeted and was turned away.
pub(crate) fn of_error(error: &RedisError) -> Fault {
    match error.code() {
        Some(code) => fault_of(code),
        None if error.kind() == ErrorKind::AuthenticationFailed => Fault::Refused,
        None if error.is_timeout() => Fault::Timeout,
        None => Fault::Disconnected,
    }
}

/// An answer that is an error.
pub(crate) fn of_server(error: &ServerError) -> Fault {
    match fault_of(error.code()) {
        // What the code does not tell, the words may.
        Fault::Call => error.details().map_or(Fault::Call, fault_of),
        fault => fault,
    }
}

/// The store does not know the script; so it did not run it.
pub(crate) fn is_unknown_script(error: &ServerError) -> bool {
    error.code() == "NOSCRIPT"
}
