//! Any script of calls with times: pure row, shared bucket and slow model give every answer alike.
//!
//! `tests/src/token_bucket_script.rs` reads the bytes; the random tests of `tests/token_bucket_model.rs` draw
//! from the same, so a crashing input fails there too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_tests::token_bucket_script::{Calls, run};

fuzz_target!(|bytes: &[u8]| {
    run(bytes, Calls::All);
});
