//! The window against a slow model: every answer, for any shape and any script.

mod random_bytes;

use std::cell::RefCell;
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::Instant;
use resil_core::pure::rolling_window::{Config, State};
use resil_core::rolling_window::Recorded;
use resil_tests::bytes::Bytes;
use resil_tests::corpus::corpus;
use resil_tests::reached::Reached;
use resil_tests::rolling_window_script::{BRANCHES, run};

const MODEL: &str = "rolling_window_model";

#[test]
fn every_form_of_window_and_counter_answers_as_the_slow_model_for_any_script() {
    let reached = RefCell::new(Reached::default());
    on_random_bytes(MODEL, 3_000, 300, |bytes| reached.borrow_mut().add(&run(bytes)));
    reached.borrow().assert_each(BRANCHES, 100);
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    let mut reached = Reached::default();
    for seed in corpus("rolling_window") {
        reached.add(&run(&seed));
    }
    reached.assert_each(BRANCHES, 1);
}

/// Seen through the window: a sample is in the bucket that begins at the greatest multiple of the width.
#[test]
fn a_bucket_is_the_exact_quotient_of_any_instant_and_width() {
    on_random_bytes(MODEL, 5_000, 17, |bytes| {
        let mut bytes = Bytes(bytes);
        let last = Instant::MAX.as_nanos();
        let exponent = 10 + bytes.pick(52);
        let width = ((1 << exponent) | (bytes.number(8) & ((1 << exponent) - 1))).min(last / 2);
        let now = bytes.number(8) & last;
        let at = |nanos: u64| Instant::from_nanos(nanos.min(last)).unwrap();
        let config = Config::new(Duration::from_nanos(width), 1).unwrap();
        let mut state = State::new(&config);
        let start = now / width * width;
        state.record(&config, at(now), 1);
        let end = start.saturating_add(width - 1);
        assert_eq!(state.totals(&config, at(end)).count, 1, "{now} / {width}");
        assert_eq!(state.totals(&config, at(start)).count, 1, "{now} / {width}");
        if let Some(next) = Instant::from_nanos(start + width) {
            assert_eq!(state.totals(&config, next).count, 0, "{now} / {width}");
            assert_eq!(state.record(&config, next, 1), Recorded::Kept, "{now} / {width}");
            assert_eq!(state.record(&config, at(end), 1), Recorded::Late, "{now} / {width}");
        }
    });
}
