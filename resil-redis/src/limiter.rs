//! What the limiters have in common: a name, keys, a policy and the twins that stand in.

use std::sync::Arc;

use resil_core::Denied;
use resil_core::pure::store_gate::Fault;
use resil_core::remote::arguments::Arguments;
use resil_core::remote::config_error::ConfigError;
use resil_core::remote::key::{KeyKind, Keys};
use resil_core::remote::reply::When;
use resil_core::remote::script::Script;

use crate::answer::{Answer, Policy, Refusal, Source, Unavailable};
use crate::call::Call;
use crate::store::Store;
use crate::twins::Twins;

/// `T` is the limiter in this process that stands in for the store; `None` where the share is nothing.
pub(crate) struct Limiter<T> {
    pub(crate) store: Store,
    pub(crate) script: Script,
    keys: Keys,
    pub(crate) policy: Policy,
    pub(crate) twins: Arc<Twins<Option<T>>>,
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
        let twins = Arc::default();
        Ok(Arc::new(Self { store, script, keys, policy: Policy::default(), twins }))
    }

    /// Where the state of `subject` lies.
    pub(crate) fn key(&self, subject: &str) -> Arc<str> {
        self.keys.of(subject).into()
    }

    pub(crate) fn call(&self, key: &Arc<str>, arguments: Arguments) -> Call {
        Call { script: self.script, key: Arc::clone(key), beside: None, arguments }
    }

    /// By which clock the store decides, now.
    pub(crate) fn when(&self) -> When {
        self.store.when()
    }

    /// What the policy decides by itself, or `None` where it is for the twin to decide: `open` is what it grants unseen.
    pub(crate) fn by_policy<U>(&self, fault: Fault, open: impl FnOnce() -> U) -> Option<Answer<U>> {
        let result = match self.policy {
            Policy::Rescue => return None,
            Policy::Open => Ok(open()),
            Policy::Closed => Err(self.later().into()),
            Policy::Unavailable => Err(Refusal::Unavailable(Unavailable { fault })),
        };
        Some(Answer::by(Source::Policy, result))
    }

    /// What a twin decided, or where the share is nothing no twin, as an answer.
    pub(crate) fn by_twin<U>(&self, decided: Option<Result<U, Denied>>) -> Answer<U> {
        let decided = decided.unwrap_or(Err(Denied::ExceedsLimit));
        // More than the share, not than the limit: the store may grant it when it is back.
        let decided = decided.map_err(|denied| match denied {
            Denied::ExceedsLimit => self.later(),
            denied => denied,
        });
        Answer::by(Source::Rescue, decided.map_err(Refusal::Denied))
    }

    fn later(&self) -> Denied {
        Denied::RetryAfter(self.store.pause())
    }
}
