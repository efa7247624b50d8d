//! What the limiters have in common: a name, keys, a policy and the twins that stand in.

use std::num::NonZeroU32;

use resil_core::Denied;
use resil_core::pure::store_gate::Fault;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::{KeyKind, Keys};
use resil_core::remote::reply::{Malformed, Reply};

use crate::answer::{Answer, Policy, Refusal, Source, Unavailable};
use crate::call::{Call, Script};
use crate::store::Store;
use crate::twins::Twins;
use crate::wire::Outcome;

/// `T` is the limiter in this process that stands in for the store; `None` where the share is nothing.
pub(crate) struct Limiter<T> {
    pub(crate) store: Store,
    script: Script,
    keys: Keys,
    pub(crate) policy: Policy,
    twins: Twins<Option<T>>,
}

impl<T> Limiter<T> {
    pub(crate) fn new(
        store: &Store,
        script: Script,
        kind: KeyKind,
        name: &str,
    ) -> Result<Self, ConfigError> {
        let (store, keys) = (store.clone(), Keys::new(kind, name)?);
        Ok(Self { store, script, keys, policy: Policy::default(), twins: Twins::new() })
    }

    pub(crate) fn call(&self, subject: &str, arguments: Arguments) -> Call {
        Call { script: self.script, key: self.keys.of(subject), beside: None, arguments }
    }

    pub(crate) fn ask(&self, subject: &str, arguments: Arguments) -> Outcome {
        self.store.process().lane.ask(self.call(subject, arguments))
    }

    pub(crate) async fn ask_async(&self, subject: &str, arguments: Arguments) -> Outcome {
        let asking = self.store.process().lane.ask_async(self.call(subject, arguments));
        asking.await
    }

    /// The answer of the store, or why there is none.
    pub(crate) fn read<U>(
        outcome: Outcome,
        read: impl FnOnce(&[i64]) -> Result<Reply<U>, Malformed>,
    ) -> Result<Answer<U>, Fault> {
        let reply = read(&outcome?).map_err(|Malformed| Fault::Call)?;
        Ok(Answer {
            result: reply.answer.map_err(Refusal::Denied),
            source: Source::Store,
            remaining: Some(reply.remaining),
            reset_after: Some(reply.reset_after),
        })
    }

    /// What the policy decides: `open` is what it grants unseen, `rescue` asks the twin.
    pub(crate) fn instead<U>(
        &self,
        subject: &str,
        fault: Fault,
        open: U,
        twin: impl FnOnce(NonZeroU32) -> Option<T>,
        rescue: impl FnOnce(&T) -> Result<U, Denied>,
    ) -> Answer<U> {
        let later = Denied::RetryAfter(self.store.pause());
        match self.policy {
            Policy::Open => Answer::by(Source::Policy, Ok(open)),
            Policy::Closed => Answer::by(Source::Policy, Err(later.into())),
            Policy::Unavailable => {
                Answer::by(Source::Policy, Err(Refusal::Unavailable(Unavailable { fault })))
            }
            Policy::Rescue => {
                let members = self.store.process().members();
                let twin = self.twins.get(subject, members, || twin(members));
                let decided = twin.as_ref().as_ref().map_or(Err(later), rescue);
                // More than the share, not than the limit: the store may grant it when it is back.
                let decided = decided.map_err(|denied| match denied {
                    Denied::ExceedsLimit => later,
                    denied => denied,
                });
                Answer::by(Source::Rescue, decided.map_err(Refusal::Denied))
            }
        }
    }
}

/// What the limit decides by itself.
pub(crate) fn by_limit<U>(decided: Result<U, Denied>) -> Answer<U> {
    Answer::by(Source::Limit, decided.map_err(Refusal::Denied))
}
