//! The breaker against a slow model: every decision, draw and count, for any constants and any script.

mod random_bytes;

use std::cell::RefCell;

use random_bytes::on_random_bytes;
use resil_tests::corpus::corpus;
use resil_tests::reached::Reached;
use resil_tests::sre_breaker_script::{BRANCHES, run};

#[test]
fn both_forms_decide_as_the_slow_model_for_any_script() {
    let reached = RefCell::new(Reached::default());
    on_random_bytes("sre_breaker_model", 3_000, 400, |bytes| reached.borrow_mut().add(&run(bytes)));
    reached.borrow().assert_each(BRANCHES, 100);
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    let mut reached = Reached::default();
    for seed in corpus("sre_breaker") {
        reached.add(&run(&seed));
    }
    reached.assert_each(BRANCHES, 1);
}
