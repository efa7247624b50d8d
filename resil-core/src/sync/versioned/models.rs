//! Requests against changes of the configuration: every interleaving, or random ones.

use super::*;
use crate::checker::{Arc, OTHERS, check, check_large, join_all, spawn_each, thread};

/// Each word of the configuration is its number, and the content is its number times 100 plus what was
/// added: whoever sees a mixture sees it in the numbers.
fn tagged<const N: usize>() -> Arc<Versioned<N, 0, ()>> {
    Arc::new(Versioned::new([0; N], 0, [], ()))
}

fn step<const N: usize>(versioned: &Versioned<N, 0, ()>, number: u64) {
    versioned.write().commit([number; N], |content| content % 100 + number * 100);
}

fn add<const N: usize>(versioned: &Versioned<N, 0, ()>) {
    let mut view = versioned.view(|config| config);
    loop {
        let number = view.content / 100;
        assert_eq!(view.prepared, [number; N], "configuration and content of different versions");
        assert_eq!(view.number, number);
        let content = view.content + 1;
        view = match versioned.replace(view, content) {
            Ok(_) => return,
            Err(Some(newer)) => newer,
            Err(None) => versioned.view(|config| config),
        };
    }
}

/// Invariant: no addition is decided by half a configuration, and none is lost, across a change.
#[test]
fn a_change_against_an_addition_is_never_seen_half() {
    check(|| {
        let versioned = tagged::<2>();
        let other = versioned.clone();
        let thread = thread::spawn(move || step(&other, 1));
        add(&versioned);
        thread.join().unwrap();
        assert_eq!(versioned.view(|config| config).content, 101);
    });
}

/// Invariant: no addition is decided by a configuration other than that of the content it is added to,
/// and none is lost, across two changes, so that both places of the configuration are written twice.
#[test]
fn two_changes_against_an_addition_are_never_mixed() {
    check(|| {
        let versioned = tagged::<1>();
        let other = versioned.clone();
        let thread = thread::spawn(move || {
            step(&other, 1);
            step(&other, 2);
        });
        add(&versioned);
        thread.join().unwrap();
        assert_eq!(versioned.view(|config| config).content, 201);
    });
}

/// Invariant: the same with more threads adding, one change between them. One word of configuration: three
/// threads multiply.
#[test]
fn a_change_against_many_additions_loses_none() {
    check_large(|| {
        let versioned = tagged::<1>();
        let threads = spawn_each(OTHERS, &versioned, |_, versioned| add(versioned));
        step(&versioned, 1);
        join_all(threads);
        assert_eq!(versioned.view(|config| config).content, 100 + OTHERS as u64);
    });
}

/// Invariant: changes are one after the other, whoever makes them.
#[test]
fn two_writers_take_turns() {
    check(|| {
        let versioned = tagged::<2>();
        let other = versioned.clone();
        let raise = |v: &Versioned<2, 0, ()>| {
            let mut writing = v.write();
            let next = writing.number() + 1;
            assert_eq!(writing.config(), [next - 1, next - 1]);
            writing.commit([next, next], |content| content + 100);
        };
        let thread = thread::spawn(move || raise(&other));
        raise(&versioned);
        thread.join().unwrap();
        let view = versioned.view(|config| config);
        assert_eq!((view.prepared, view.content, view.number), ([2, 2], 200, 2));
    });
}

/// Invariant: whoever looks while the versions go round more than once never takes one turn for another: the
/// configuration, its number and the content are of one version.
#[test]
fn a_view_across_a_whole_turn_of_the_versions_is_of_one() {
    check_large(|| {
        let versioned = tagged::<1>();
        let other = versioned.clone();
        let thread = thread::spawn(move || (1..=3).for_each(|number| step(&other, number)));
        let look = |versioned: &Versioned<1, 0, ()>| {
            let view = versioned.view(|config| config);
            let number = view.content / 100;
            assert_eq!((view.prepared, view.number), ([number], number));
        };
        let others = spawn_each(OTHERS - 2, &versioned, move |_, versioned| look(versioned));
        look(&versioned);
        thread.join().unwrap();
        join_all(others);
    });
}
