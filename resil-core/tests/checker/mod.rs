//! What models are written with, whichever checker runs them.
//!
//! loom explores every interleaving of a few threads, and every value that a weakly ordered load may see, up to
//! a bound of preemptions. shuttle runs random schedules of more threads, all of it sequentially consistent.
//! Models state their threads by [`OTHERS`], so that each checker gets as many as it can take.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test uses its part")]

use std::sync::Arc as StdArc;

#[cfg(resil_loom)]
pub use loom::{cell::UnsafeCell, sync::Arc, sync::atomic, thread};
#[cfg(resil_shuttle)]
pub use shuttle::{sync::Arc, sync::atomic, thread};

#[cfg(resil_shuttle)]
mod cell;
#[cfg(resil_shuttle)]
pub use cell::UnsafeCell;

/// The threads of a model beside its first: loom takes three in all, shuttle any number.
pub const OTHERS: usize = if cfg!(resil_loom) { 2 } else { 6 };

/// Explores `model`: to the bound of preemptions that the environment sets, or by random schedules.
pub fn check(model: impl Fn() + Send + Sync + 'static) {
    explore(|bound| bound, model);
}

/// As [`check`], for a model that is so large that loom gets one preemption less, and one at least.
pub fn check_large(model: impl Fn() + Send + Sync + 'static) {
    explore(|bound| bound.saturating_sub(1).max(1), model);
}

/// As [`check`], for a model that loom is not done with in a quarter of an hour with more than `most` preemptions.
pub fn check_up_to(most: usize, model: impl Fn() + Send + Sync + 'static) {
    explore(|bound| bound.min(most), model);
}

#[cfg(resil_loom)]
fn explore(bound: impl Fn(usize) -> usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.map(bound);
    builder.check(model);
}

/// Half of the schedules are uniformly random, half have three changes of priority at random places (PCT).
///
/// `RESIL_SCHEDULES` says how many; `RESIL_SEED`, a number or `random`, where they begin; `RESIL_REPLAY` runs
/// the one that a failure printed instead.
#[cfg(resil_shuttle)]
fn explore(_bound: impl Fn(usize) -> usize, model: impl Fn() + Send + Sync + 'static) {
    use shuttle::Runner;
    use shuttle::scheduler::{PctScheduler, RandomScheduler};

    if let Ok(schedule) = std::env::var("RESIL_REPLAY") {
        return shuttle::replay(model, &schedule);
    }
    let schedules = std::env::var("RESIL_SCHEDULES")
        .map_or(300, |text| text.parse().expect("RESIL_SCHEDULES must be a number"));
    let seed = match std::env::var("RESIL_SEED") {
        Err(_) => 1,
        Ok(text) if text == "random" => shuttle_seed(),
        Ok(text) => text.parse().expect("RESIL_SEED must be a number or `random`"),
    };
    let mut config = shuttle::Config::new();
    // That it takes every ordering for sequentially consistent: the orderings are loom's part.
    config.silence_warnings = true;
    let model = StdArc::new(model);
    let again = model.clone();
    let uniform = RandomScheduler::new_from_seed(seed, schedules - schedules / 2);
    Runner::new(uniform, config.clone()).run(move || model());
    let by_priority = PctScheduler::new_from_seed(seed, 3, schedules / 2);
    Runner::new(by_priority, config).run(move || again());
}

#[cfg(resil_shuttle)]
fn shuttle_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    let seed = RandomState::new().hash_one(0);
    eprintln!("RESIL_SEED={seed}");
    seed
}

/// Runs `run` on so many threads, each told its number from 0 and what they share.
pub fn spawn_each<S, R>(
    count: usize,
    shared: &Arc<S>,
    run: impl Fn(usize, &S) -> R + Copy + Send + 'static,
) -> Vec<thread::JoinHandle<R>>
where
    S: Send + Sync + 'static,
    R: Send + 'static,
{
    (0..count)
        .map(|number| {
            let shared = shared.clone();
            thread::spawn(move || run(number, &shared))
        })
        .collect()
}

/// What each of them came to, in the order in which they were spawned.
pub fn join_all<R>(threads: Vec<thread::JoinHandle<R>>) -> Vec<R> {
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// What each of [`OTHERS`] and this thread come to by the same `run`.
pub fn each_and_here<S, R>(
    shared: &Arc<S>,
    run: impl Fn(usize, &S) -> R + Copy + Send + 'static,
) -> Vec<R>
where
    S: Send + Sync + 'static,
    R: Send + 'static,
{
    let threads = spawn_each(OTHERS, shared, run);
    let here = run(OTHERS, shared);
    let mut all = join_all(threads);
    all.push(here);
    all
}
