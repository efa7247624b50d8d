//! The single flight against a list of who leads and who follows: every part, value and waker, for any script.

mod random_bytes;

use std::cell::RefCell;

use random_bytes::on_random_bytes;
use resil_tests::branches::Branches;
use resil_tests::single_flight_model::{BRANCHES, run};

#[test]
fn everybody_is_told_what_became_of_their_flight_for_any_script() {
    let reached = RefCell::new(Branches::default());
    on_random_bytes("single_flight_model", 2_000, 400, |bytes| {
        reached.borrow_mut().add(&run(bytes))
    });
    reached.borrow().assert_reached(BRANCHES, 5);
}
