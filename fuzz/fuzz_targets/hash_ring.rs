//! Any script of updates and lookups: ring and slow model give every answer alike.
//!
//! `tests/src/hash_ring_random.rs` runs the bytes; the random tests of `tests/hash_ring_model.rs` draw from the
//! same, so a crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::hash_ring_random::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
