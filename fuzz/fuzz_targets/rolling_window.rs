//! Any script of records and readings with times: every form of window and counter, and slow model, alike.
//!
//! `tests/src/rolling_window_script.rs` reads the bytes; the random tests of `tests/rolling_window_model.rs` draw from the same, so
//! a crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::rolling_window_script::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
