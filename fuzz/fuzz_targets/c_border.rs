//! Any sequence of calls of the C library, with any arguments that its header allows, and it answers as the
//! header says.
//!
//! The calls are made of `include/resil.h` (`build.rs`); `src/border.rs` says what is checked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resil_fuzz::border::run;

fuzz_target!(|bytes: &[u8]| {
    run(bytes);
});
