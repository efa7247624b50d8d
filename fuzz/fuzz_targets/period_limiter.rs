//! Any script of calls with times: pure row, shared limiter and slow model give every answer alike.
//!
//! `tests/src/period_limiter_script.rs` runs the bytes; the random tests of `tests/period_limiter_model.rs` draw
//! from the same, so a crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::period_limiter_script::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
