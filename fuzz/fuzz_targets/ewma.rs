//! Any script of samples with times: pure row and shared average tell the same, as near the slow model as
//! roundings explain.
//!
//! `tests/src/ewma_script.rs` runs the bytes; the random tests of `tests/ewma_model.rs` draw from the same, so a
//! crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::ewma_script::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
