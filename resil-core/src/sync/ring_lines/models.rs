//! Readers of lines, points and ids while both sides are filled again: every interleaving, or random ones.

use super::*;
use crate::checker::{Arc, OTHERS, check, join_all, spawn_each, thread};

type Lines = RingLines<1, ()>;

/// Replaces everything by numbers that tell `state`: whoever sees a mixture sees it in the numbers.
fn publish(ring: &Lines, state: u16, given: Option<(u16, u64)>, points: usize, bits: u32) {
    let points = vec![(u64::from(state), state); points];
    let line = ([u32::from(state)], [state], u32::from(state));
    let lines = std::iter::repeat_n(line, 1 << bits);
    ring.write().publish(given, (&points, usize::from(state)), bits, lines);
}

/// Lets readers look while `write` publishes.
fn against_readers(ring: Lines, write: fn(&Lines), look: fn(&Lines)) {
    let ring = Arc::new(ring);
    let writer = ring.clone();
    let writer = thread::spawn(move || write(&writer));
    let others = spawn_each(OTHERS - 2, &ring, move |_, ring| look(ring));
    look(&ring);
    writer.join().unwrap();
    join_all(others);
}

fn look_at_line(ring: &Lines) {
    let seen = ring.read(|reading| {
        let line = reading.line(0);
        [line.upper_half(0), line.slot(0).into(), line.first() as u32]
    });
    assert_eq!(seen, [seen[0]; 3], "of two states");
}

/// Invariant: what is read of a line is of one state, while both sides are filled again.
#[test]
fn a_line_is_never_seen_half() {
    check(|| {
        let write = |ring: &Lines| [1, 2].iter().for_each(|it| publish(ring, *it, None, 0, 0));
        against_readers(Lines::new(([0], [0], 0), ()), write, look_at_line);
    });
}

/// Invariant: the same where both sides get more lines than there was room for: nothing is read before it is
/// initialised.
#[test]
fn lines_that_grow_are_never_seen_half() {
    check(|| {
        let write = |ring: &Lines| [1, 2].iter().for_each(|it| publish(ring, *it, None, 0, 1));
        against_readers(Lines::new(([0], [0], 0), ()), write, look_at_line);
    });
}

/// Position and slot of the first point, how many there are, and the number of nodes.
type SeenPoints = (u64, u16, usize, usize);

fn points(ring: &Lines) -> SeenPoints {
    ring.read(|reading| {
        let points = reading.points();
        // An older count may come with fewer points, until `read` looks again.
        let count = points.count();
        let (position, slot) = if count == 0 { (0, 0) } else { points.get(0) };
        (position, slot, count, points.nodes())
    })
}

/// Invariant: what is read of the points is of one state, while both sides are filled again.
#[test]
fn points_are_never_seen_half() {
    check(|| {
        let ring = Lines::new(([0], [0], 0), ());
        [1, 2].iter().for_each(|it| publish(&ring, *it, None, 2, 0));
        let write = |ring: &Lines| [3, 4].iter().for_each(|it| publish(ring, *it, None, 1, 0));
        against_readers(ring, write, |ring| {
            let seen = points(ring);
            assert!([(2, 2, 2, 2), (3, 3, 1, 3), (4, 4, 1, 4)].contains(&seen), "{seen:?}");
        });
    });
}

/// Invariant: the same where both sides get more points than there was room for: nothing is read before it is
/// initialised.
#[test]
fn points_that_grow_are_never_seen_half() {
    check(|| {
        let write = |ring: &Lines| [1, 2].iter().for_each(|it| publish(ring, *it, None, 1, 0));
        against_readers(Lines::new(([0], [0], 0), ()), write, |ring| {
            let seen = points(ring);
            assert!([(0, 0, 0, 0), (1, 1, 1, 1), (2, 2, 1, 2)].contains(&seen), "{seen:?}");
        });
    });
}

/// Invariant: where a slot is taken from one and given to another, an id is that of the state it was read in.
#[test]
fn the_id_of_a_slot_is_of_the_state_that_it_was_read_in() {
    check(|| {
        let ring = Lines::new(([0], [0], 0), ());
        publish(&ring, 1, Some((0, 10)), 0, 0);
        let write = |ring: &Lines| {
            publish(ring, 2, None, 0, 0);
            publish(ring, 3, Some((0, 30)), 0, 0);
        };
        against_readers(ring, write, |ring| {
            let seen = ring.read(|reading| {
                let state = reading.line(0).first();
                // In state 2 nobody has the slot, so nobody asks whose it is.
                (state, if state == 2 { None } else { reading.id(0) })
            });
            assert!([(1, Some(10)), (2, None), (3, Some(30))].contains(&seen), "{seen:?}");
        });
    });
}

/// Invariant: an id is there, and the same, while the table of ids grows.
#[test]
fn a_table_of_ids_that_grows_keeps_its_ids() {
    check(|| {
        let ring = Lines::new(([0], [0], 0), ());
        publish(&ring, 1, Some((0, 10)), 0, 0);
        let write = |ring: &Lines| publish(ring, 2, Some((1, 20)), 0, 0);
        against_readers(ring, write, |ring| {
            let seen = ring.read(|reading| (reading.line(0).first(), reading.id(0)));
            assert!([(1, Some(10)), (2, Some(10))].contains(&seen), "{seen:?}");
        });
    });
}
