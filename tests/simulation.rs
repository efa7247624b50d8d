//! Worlds in virtual time, each of a seed: everything used together, and an oracle at every step.
//!
//!     RESIL_SEED=17 cargo test -p resil-tests --test simulation            # the worlds from seed 17 on
//!     RESIL_SIMULATION_SECONDS=3600 RESIL_SEED=random cargo test --release -p resil-tests --test simulation

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use resil_tests::branches::Branches;
use resil_tests::seed::seed;
use resil_tests::world::{BRANCHES, bend, run};

/// Worlds of every run: so many that each branch is come to often.
const WORLDS: u64 = 400;

/// Worlds that once went wrong, and why.
const WENT_WRONG: &[u64] = &[
    // A reservation of more than the new burst gave back, after the change, what the change had taken away.
    4_804_933_622_755_749_953,
];

#[test]
fn worlds_that_once_went_wrong_stay_right() {
    for seed in WENT_WRONG {
        run(*seed, None);
    }
}

#[test]
fn everything_together_keeps_its_word_in_every_world() {
    let seconds = std::env::var("RESIL_SIMULATION_SECONDS").ok();
    let seconds = seconds.map(|text| text.parse().expect("RESIL_SIMULATION_SECONDS is a number"));
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let first = seed(1);
    let mut reached = Branches::default();
    let mut worlds = 0;
    while worlds < WORLDS || Instant::now() < end {
        let seed = first.wrapping_add(worlds);
        match catch_unwind(AssertUnwindSafe(|| run(seed, None))) {
            Ok(branches) => reached.add(&branches),
            Err(panic) => {
                let again = "cargo test -p resil-tests --test simulation";
                eprintln!("the world of seed {seed} went wrong; again: RESIL_SEED={seed} {again}");
                std::panic::resume_unwind(panic);
            }
        }
        worlds += 1;
    }
    println!("{worlds} worlds from seed {first} on: {reached:?}");
    reached.assert_reached(BRANCHES, 10);
}

#[test]
fn every_planted_defect_is_seen_in_a_world_that_is_right_without_it() {
    for bend in bend::ALL {
        let goes_wrong =
            |seed: &u64| catch_unwind(AssertUnwindSafe(|| run(*seed, Some(*bend)))).is_err();
        let seed = (0..100).find(goes_wrong);
        run(seed.unwrap_or_else(|| panic!("{bend:?} was not seen in 100 worlds")), None);
    }
}
