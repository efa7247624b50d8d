//! Any script of asks and outcomes with times: pure row, shared breaker and slow model decide alike.
//!
//! `tests/src/sre_breaker_script.rs` reads the bytes; the random tests of `tests/sre_breaker_model.rs` draw from the same, so
//! a crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::sre_breaker_script::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
