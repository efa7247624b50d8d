//! A limit for each of a million keys. The Rust library has no limiter of many keys: ours are token buckets in the map
//! that governor's keyed limiter is made of (dashmap), hashed by `KeyedHash`. Neither forgets a key.
//!
//! pingora's `Rate` has no entry for a key: it estimates from a sketch.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use governor::RateLimiter;
use governor::clock::QuantaClock as GovernorQuanta;
use pingora_limits::rate::Rate;
use resil_benches::row::Row;
use resil_core::single_flight::KeyedHash;
use resil_core::{QuantaClock, TokenBucket};

use crate::token_bucket::their_plenty;
use crate::{mixed, plenty};

const OPERATION: &str = "limit for each key";
const LIVE: u64 = 1 << 20;
const INTERVAL: Duration = Duration::from_secs(1);

type Buckets<K> = DashMap<K, TokenBucket<QuantaClock>, KeyedHash>;

/// Asks the bucket of a key, which is made when it is first asked.
fn is_granted<K: Clone + Eq + Hash>(buckets: &Buckets<K>, key: &K) -> bool {
    if let Some(bucket) = buckets.get(key) {
        return bucket.try_acquire(1).is_ok();
    }
    let bucket = buckets
        .entry(key.clone())
        .or_insert_with(|| TokenBucket::new(plenty()).with_clock(QuantaClock::new()));
    bucket.try_acquire(1).is_ok()
}

/// Keys in no order of memory, read one after another: what is cold is the maps alone.
fn row<K: Clone + Eq + Hash + Send + Sync + 'static>(
    what: &'static str,
    key: impl Fn(u64) -> K,
) -> Row<'static> {
    let keys: Arc<[K]> = (0..LIVE).map(|number| key(mixed(number))).collect();
    let theirs = RateLimiter::dashmap_with_clock(their_plenty(), GovernorQuanta::default());
    let ours = Buckets::with_hasher(KeyedHash::new());
    let sketch = Rate::new(INTERVAL);
    for key in &*keys {
        let _ = theirs.check_key(key);
        is_granted(&ours, key);
    }
    let asked = move |call: u64, ask: &dyn Fn(&K) -> bool| ask(&keys[(call % LIVE) as usize]);
    let (first, second, third) = (asked.clone(), asked.clone(), asked);
    Row::new(OPERATION, what)
        .on_threads_too()
        .case("governor", "counter", move |call| first(call, &|key| theirs.check_key(key).is_ok()))
        .case("pingora-limits, a sketch", "kernel", move |call| {
            second(call, &|key| sketch.observe(key, 1) > 0)
        })
        .case("resil in a dashmap", "counter", move |call| {
            third(call, &|key| is_granted(&ours, key))
        })
}

pub fn rows() -> Vec<Row<'static>> {
    vec![
        row("1048576 numbers", |number| number),
        row("1048576 names", |number| format!("{number:016x}")),
    ]
}
