//! loom's cell for shuttle: an access that meets another one is reported, and others get to run meanwhile.

use std::sync::atomic::{AtomicI64, Ordering};

use shuttle::thread::yield_now;

/// A value whose accesses are checked: many at once may read, one alone may write.
#[derive(Debug)]
pub struct UnsafeCell<T> {
    value: std::cell::UnsafeCell<T>,
    /// How many read just now, or −1 while one writes. std's: it is no part of the model.
    accesses: AtomicI64,
}

// SAFETY: as for std's cell in a lock: whoever calls `with` and `with_mut` says that no access meets another, and
// is told if that was wrong.
unsafe impl<T: Send> Sync for UnsafeCell<T> {}

impl<T> UnsafeCell<T> {
    pub fn new(value: T) -> Self {
        Self { value: std::cell::UnsafeCell::new(value), accesses: AtomicI64::new(0) }
    }

    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        let before = self.accesses.fetch_add(1, Ordering::Relaxed);
        assert!(before >= 0, "read while another writes");
        yield_now();
        let answer = read(self.value.get());
        self.accesses.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        let before = self.accesses.swap(-1, Ordering::Relaxed);
        assert!(before == 0, "written while another reads or writes");
        yield_now();
        let answer = write(self.value.get());
        self.accesses.store(0, Ordering::Relaxed);
        answer
    }
}
