//! Single flight beside singleflight-async, and the caches that most people take for it: a call that nobody shares.
//!
//! A cache keeps what was loaded, so its miss is a key that it has not seen; it holds 10 000 values.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resil_benches::row::Row;
use resil_core::SingleFlight;
use singleflight_async::SingleFlight as Theirs;

use crate::{KEYS, key};

const OPERATION: &str = "single flight";
const KEPT: usize = 10_000;

/// The value of a future that never waits.
fn value<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nobody else leads"),
    }
}

fn miss() -> Row<'static> {
    let theirs = Theirs::<u64, u64>::new();
    let quick = quick_cache::sync::Cache::<u64, u64>::new(KEPT);
    let moka = moka::sync::Cache::<u64, u64>::new(KEPT as u64);
    let ours = SingleFlight::<u64, u64>::new();
    let awaited = SingleFlight::<u64, u64>::new();
    Row::new(OPERATION, "miss")
        .on_threads_too()
        .case("singleflight-async", "none", move |call| {
            value(theirs.work(key(call), || async { 1 }))
        })
        .case("quick_cache", "none", move |call| {
            quick.get_or_insert_with(&key(call), || Ok::<_, ()>(1))
        })
        .case("moka", "counter", move |call| moka.get_with(key(call), || 1))
        .case("resil", "none", move |call| ours.run(key(call), || 1).map(|value| *value))
        .case("resil, awaited", "none", move |call| {
            value(awaited.run_async(key(call), || async { 1 })).map(|value| *value)
        })
}

fn text_keys() -> Row<'static> {
    let keys = || (0..KEYS).map(|n| format!("{:016x}", key(n))).collect::<Vec<_>>();
    let (our_keys, their_keys) = (keys(), keys());
    let at = |call: u64| (call % KEYS) as usize;
    let theirs = Theirs::<String, u64>::new();
    let ours = SingleFlight::<String, u64>::new();
    Row::new(OPERATION, "miss, 16 letters")
        .case("singleflight-async", "none", move |call| {
            value(theirs.work(their_keys[at(call)].clone(), || async { 1 }))
        })
        .case("resil", "none", move |call| {
            ours.run(our_keys[at(call)].clone(), || 1).map(|value| *value)
        })
}

pub fn rows() -> Vec<Row<'static>> {
    vec![miss(), text_keys()]
}
