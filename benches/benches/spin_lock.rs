//! Spin lock beside spin's, spinning_top's, parking_lot's and std's: alone, threads, and more threads than processors.

use std::hint::black_box;

use resil_benches::row::Row;
use resil_core::SpinLock;

/// The same data on every side: the guarded number, made opaque to the optimiser in one place.
fn row() -> Row<'static> {
    let spin = spin::Mutex::<u64>::new(0);
    let ticket = spin::mutex::TicketMutex::<u64>::new(0);
    let spinning_top = spinning_top::Spinlock::new(0_u64);
    let parking_lot = parking_lot::Mutex::new(0_u64);
    let std = std::sync::Mutex::new(0_u64);
    let ours = SpinLock::new(0_u64);
    Row::new("spin lock", "lock and unlock")
        .on_threads_too()
        .case("spin", "none", move |_| *black_box(&spin).lock() += 1)
        // Its turn may be that of a thread that does not run: with more of them than processors it stands still.
        .own("spin, ticket", "none", move |_| *black_box(&ticket).lock() += 1)
        .case("spinning_top", "none", move |_| *black_box(&spinning_top).lock() += 1)
        .case("parking_lot", "none", move |_| *black_box(&parking_lot).lock() += 1)
        .case("std", "none", move |_| *black_box(&std).lock().unwrap() += 1)
        .case("resil", "none", move |_| *black_box(&ours).lock() += 1)
}

pub fn rows() -> Vec<Row<'static>> {
    vec![row()]
}
