//! One script call: the script, the keys, the arguments; and how the protocol writes it.

use std::sync::Arc;

#[cfg(any(feature = "client", all(test, resil_loom)))]
use resil_core::pure::store_gate::Fault;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::script::Script;

/// What became of one call: the script's numbers, or what the server said instead.
#[cfg(any(feature = "client", all(test, resil_loom)))]
pub(crate) type Outcome = Result<Vec<i64>, Fault>;

/// What is asked of the store.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) script: Script,
    pub(crate) key: Arc<str>,
    /// The second key, which only a cancelling has.
    pub(crate) beside: Option<String>,
    pub(crate) arguments: Arguments,
}

#[cfg(feature = "client")]
impl Call {
    /// Appends the command to `to`: by the script's digest, or with its text.
    pub(crate) fn pack(&self, by_digest: bool, to: &mut Vec<u8>) {
        use std::io::Write;

        let keys = if self.beside.is_some() { "2" } else { "1" };
        let (command, script) = match by_digest {
            true => ("EVALSHA", self.script.sha1()),
            false => ("EVAL", self.script.text()),
        };
        let head = [command, script, keys, &self.key];
        let count = head.len() + usize::from(self.beside.is_some()) + self.arguments.len();
        // Writing to a vector does not fail.
        let _ = write!(to, "*{count}\r\n");
        let words = head.into_iter().chain(self.beside.as_deref()).chain(self.arguments.iter());
        for word in words {
            let _ = write!(to, "${}\r\n", word.len());
            to.extend_from_slice(word.as_bytes());
            to.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;
    use resil_core::remote::members;
    use resil_core::remote::reply::When;
    use std::time::Duration;

    #[test]
    fn a_call_is_written_as_the_protocol_has_it() {
        let arguments = members::here(1, Duration::from_secs(6), When::Server);
        let call = Call { script: Script::Members, key: "é".into(), beside: None, arguments };
        let mut packed = b"before".to_vec();
        call.pack(true, &mut packed);
        let digest = redis::Script::new(members::SCRIPT).get_hash().to_owned();
        let expected = format!(
            "before*7\r\n$7\r\nEVALSHA\r\n$40\r\n{digest}\r\n$1\r\n1\r\n$2\r\né\r\n\
             $16\r\n0000000000000001\r\n$4\r\n6000\r\n$0\r\n\r\n"
        );
        assert_eq!(String::from_utf8(packed).unwrap(), expected);
        let call = Call { beside: Some("b".into()), ..call };
        let mut packed = Vec::new();
        call.pack(false, &mut packed);
        let text = String::from_utf8(packed).unwrap();
        assert!(
            text.starts_with("*8\r\n$4\r\nEVAL\r\n")
                && text.contains("\r\n2\r\n$2\r\né\r\n$1\r\nb\r\n")
        );
    }

    #[test]
    fn a_server_and_this_library_name_a_script_alike() {
        for script in [Script::Bucket, Script::Period, Script::Members] {
            assert_eq!(script.sha1(), redis::Script::new(script.text()).get_hash());
        }
    }
}
