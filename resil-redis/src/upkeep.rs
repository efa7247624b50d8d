//! The calls that a store makes for itself: a try, and the word that this process is there.

use std::num::NonZeroU32;
use std::time::Duration;

use resil_core::Quota;
use resil_core::pure::store_gate::Fault;
use resil_core::remote::key::{KeyKind, Keys};
use resil_core::remote::reply::When;
use resil_core::remote::script::Script;
use resil_core::remote::{members, token_bucket};

use crate::call::Call;

/// How often a member says that it is there, and for how long it is counted.
pub(crate) const HERE_EVERY: Duration = Duration::from_secs(2);
const HERE_FOR: Duration = Duration::from_secs(6);

fn probed() -> token_bucket::TokenBucket {
    let quota = Quota::per_second(1_000_000).expect("a million a second is a quota");
    token_bucket::TokenBucket::new(quota, Duration::ZERO).expect("of whole steps")
}

/// One permit of a bucket that is this process's alone: what callers ask, a script that writes. A server that only
/// answers PING may be read-only, or out of memory.
pub(crate) fn trial(instance: u64, when: When) -> Call {
    let keys = Keys::new(KeyKind::TokenBucket, "probe").expect("a plain name");
    let key = keys.of(&format!("{instance:x}")).into();
    let arguments = probed().try_acquire(1, when);
    Call { script: Script::Bucket, key, beside: None, arguments }
}

/// Whether the store did what a [`trial`] asks.
pub(crate) fn tried(numbers: &[i64]) -> Result<(), Fault> {
    probed().acquired(numbers).map(drop).map_err(|_| Fault::Call)
}

/// The word that `instance` is there, among the members of `group`.
pub(crate) fn here(group: &str, instance: u64, when: When) -> Call {
    let key = members::key(group).expect("checked when the store was opened").into();
    let arguments = members::here(instance, HERE_FOR, when);
    Call { script: Script::Members, key, beside: None, arguments }
}

/// How many there are, if the answer to [`here`] says so.
pub(crate) fn counted(numbers: &[i64]) -> Option<NonZeroU32> {
    members::counted(numbers).ok()
}
