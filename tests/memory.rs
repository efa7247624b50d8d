//! Asking, settling and refusing allocate nothing. Alone in its file: it counts every allocation.
#![cfg(not(resil_loom))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use resil_core::sre_breaker::Outcome;
use resil_core::{Draw, SreBreaker, SreBreakerConfig, ThreadDraw};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: hands every request on to `System` as it came; counting touches no allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps `alloc`'s contract, and `System` has the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` by `alloc` above, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

#[test]
fn asking_settling_and_refusing_allocate_nothing() {
    let _ = ThreadDraw.draw(); // seeds this thread's generator
    for recipe in [SreBreakerConfig::go_zero_1_3(), SreBreakerConfig::go_zero()] {
        let breaker = SreBreaker::new(recipe).unwrap();
        let before = ALLOCATIONS.with(Cell::get);
        breaker.try_acquire().unwrap().success();
        for _ in 0..100 {
            breaker.record(Outcome::Failure);
        }
        let mut refused = 0;
        for _ in 0..1_000 {
            refused += u32::from(breaker.try_acquire().is_err());
        }
        let after = ALLOCATIONS.with(Cell::get);
        assert!(refused > 500, "{refused}");
        assert_eq!(after, before);
    }
}
