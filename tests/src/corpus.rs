//! The inputs that are kept for the fuzzer, for the tests that spell the same scripts.

use std::fs;
use std::path::Path;

/// Those of a fuzz target.
///
/// # Panics
/// Where there are none.
#[must_use]
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let kept = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
    let kept: Vec<_> = kept.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!kept.is_empty(), "{target}: nothing is kept");
    kept
}
