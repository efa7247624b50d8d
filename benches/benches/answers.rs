//! What stands behind tower's layers: a service that answers at once.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tower::Service;

#[derive(Clone)]
pub struct Answers;

impl Service<()> for Answers {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

/// One call through a layer, from its readiness to its answer, which is there when first asked for.
pub fn call<S: Service<(), Future: Unpin>>(layer: &mut S) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    let ready = layer.poll_ready(&mut context).is_ready();
    ready && Pin::new(&mut layer.call(())).poll(&mut context).is_ready()
}
