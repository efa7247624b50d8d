//! What an error of the client tells of the store.

use redis::{RedisError, ServerError};
use resil_core::pure::store_gate::Fault;

/// A call that never came to an answer, or whose connection greeted and was turned away.
pub(crate) fn of_error(error: &RedisError) -> Fault {
    match error.code() {
        Some(code) => of_code(code),
        None if error.is_timeout() => Fault::Timeout,
        None => Fault::Disconnected,
    }
}

/// An answer that is an error.
pub(crate) fn of_server(error: &ServerError) -> Fault {
    of_code(error.code())
}

fn of_code(code: &str) -> Fault {
    match code {
        "READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "LOADING" | "OOM" | "NOREPLICAS"
        | "MISCONF" | "BUSY" | "TRYAGAIN" | "MOVED" | "ASK" => Fault::Unable,
        "NOAUTH" | "NOPERM" | "WRONGPASS" => Fault::Refused,
        _ => Fault::Call,
    }
}

/// The store does not know the script; so it did not run it.
pub(crate) fn is_unknown_script(error: &ServerError) -> bool {
    error.code() == "NOSCRIPT"
}
