//! Random strings of bytes for the tests of this folder, which keep what failed.
//!
//! Drawn from a fixed seed, so that a change is judged by the same strings as the one before it. `RESIL_SEED`
//! sets another, a number or `random`.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};
use resil_tests::seed::seed;

/// Runs `test` on so many random strings of bytes; what failed is kept under the name of `model`.
pub fn on_random_bytes(model: &str, cases: u32, longest: usize, test: impl Fn(&[u8])) {
    let kept = format!("{}/proptest-regressions/{model}.txt", env!("CARGO_MANIFEST_DIR"));
    let persistence = FileFailurePersistence::Direct(kept.leak());
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed(1)),
        failure_persistence: Some(Box::new(persistence)),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&vec(any::<u8>(), 0..longest), |bytes| {
        test(&bytes);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
