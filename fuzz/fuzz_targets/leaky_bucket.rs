//! Any script of calls with times: pure row, shared meter and queue, and slow models give every answer alike.
//!
//! `tests/src/leaky_bucket_script.rs` runs the bytes; the random tests of `tests/leaky_bucket_model.rs` draw
//! from the same, so a crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::leaky_bucket_script::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
