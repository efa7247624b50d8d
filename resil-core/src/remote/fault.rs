//! What a server's error tells of the store.

use crate::pure::store_gate::Fault;

/// What an error that the server answered with tells: `error` is its text, of which the first word is the code.
///
/// `NOSCRIPT` is none of these: the server did not run the script, and is to be sent its text.
///
/// ```
/// use resil_core::pure::store_gate::Fault;
/// use resil_core::remote::fault::fault_of;
///
/// assert_eq!(fault_of("READONLY You can't write against a read only replica."), Fault::Unable);
/// assert_eq!(fault_of("WRONGTYPE Operation against a key"), Fault::Call);
/// ```
#[must_use]
pub fn fault_of(error: &str) -> Fault {
    match error.split_ascii_whitespace().next().unwrap_or_default() {
        "READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "LOADING" | "OOM" | "NOREPLICAS"
        | "MISCONF" | "BUSY" | "TRYAGAIN" | "MOVED" | "ASK" => Fault::Unable,
        "NOAUTH" | "NOPERM" | "WRONGPASS" => Fault::Refused,
        // Who has not given the password yet may not even send so many words: a protocol error says so.
        _ if error.contains("unauthenticated") => Fault::Refused,
        _ => Fault::Call,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_and_an_unknown_one_is_this_call_s_affair() {
        assert_eq!(
            fault_of("OOM command not allowed when used memory > 'maxmemory'."),
            Fault::Unable
        );
        assert_eq!(fault_of("NOPERM"), Fault::Refused);
        let long = "ERR Protocol error: unauthenticated multibulk length";
        assert_eq!(fault_of(long), Fault::Refused);
        for own in ["", "ERR READONLY", "readonly", "  "] {
            assert_eq!(fault_of(own), Fault::Call, "{own}");
        }
    }
}
