//! What the limiters have in common: a name, keys, a policy and the twins that stand in.

use std::num::NonZeroU32;
use std::sync::Arc;

use resil_core::Denied;
use resil_core::pure::store_gate::Fault;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::{KeyKind, Keys};
use resil_core::remote::script::Script;

use crate::answer::{Answer, Policy, Refusal, Source, Unavailable};
use crate::call::Call;
use crate::store::Store;
use crate::twins::Twins;

/// `T` is the limiter in this process that stands in for the store; `None` where the share is nothing.
pub(crate) struct Limiter<T> {
    pub(crate) store: Store,
    script: Script,
    keys: Keys,
    pub(crate) policy: Policy,
    twins: Arc<Twins<Option<T>>>,
}

impl<T> Clone for Limiter<T> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            script: self.script,
            keys: self.keys.clone(),
            policy: self.policy,
            twins: Arc::clone(&self.twins),
        }
    }
}

impl<T> Limiter<T> {
    pub(crate) fn new(
        store: &Store,
        script: Script,
        kind: KeyKind,
        name: &str,
    ) -> Result<Arc<Self>, ConfigError> {
        let (store, keys) = (store.clone(), Keys::new(kind, name)?);
        let twins = Arc::new(Twins::new());
        Ok(Arc::new(Self { store, script, keys, policy: Policy::default(), twins }))
    }

    /// Where the state of `subject` lies.
    pub(crate) fn key(&self, subject: &str) -> Arc<str> {
        self.keys.of(subject).into()
    }

    pub(crate) fn call(&self, key: &Arc<str>, arguments: Arguments) -> Call {
        Call { script: self.script, key: Arc::clone(key), beside: None, arguments }
    }

    /// What the policy decides: `open` is what it grants unseen, `rescue` asks the twin.
    pub(crate) fn instead<U>(
        &self,
        key: &str,
        fault: Fault,
        open: impl FnOnce() -> U,
        twin: impl FnOnce(NonZeroU32) -> Option<T>,
        rescue: impl FnOnce(&T) -> Result<U, Denied>,
    ) -> Answer<U> {
        let later = Denied::RetryAfter(self.store.pause());
        match self.policy {
            Policy::Open => Answer::by(Source::Policy, Ok(open())),
            Policy::Closed => Answer::by(Source::Policy, Err(later.into())),
            Policy::Unavailable => {
                Answer::by(Source::Policy, Err(Refusal::Unavailable(Unavailable { fault })))
            }
            Policy::Rescue => {
                let members = self.store.process().members();
                let twin = self.twins.get(key, members, || twin(members));
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
