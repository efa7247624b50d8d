//! The spin lock: four bytes of the caller's.

use lock_api::RawMutex;
use resil_core::spin_lock::RawSpinLock;

use crate::argument::{Call, Failed};
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A lock of four bytes, held for a few instructions at a time. The caller owns it: a struct begins with it,
/// say, and the fields it guards follow. Initialise it with RESIL_SPIN_LOCK_INIT, or with zeros, which are the
/// same; there is nothing to free.
///
/// Taking it while it is free is one locked instruction, giving it back a plain store. Whoever finds it held
/// spins with growing pauses, then yields, then sleeps until an unlock wakes it; a wake can be missed, and then
/// the sleeper looks again after at most 1 ms. Nobody queues: who comes first takes it. What a holder wrote is
/// seen by the next one.
///
/// Do not hold it while the thread may block, allocate much or call code it does not know: take a
/// pthread_mutex_t there. Locking it again on the thread that holds it never returns. It must not be copied or
/// moved while it is held or waited for, nor lie in memory that processes share. A child that was forked while
/// another thread held it finds it held for ever.
#[repr(C)]
#[derive(Debug)]
pub struct resil_spin_lock_t {
    /// The library's own.
    pub opaque: u32,
}

/// What a lock looked like for an instant: for a human to read, not to act on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_spin_lock_snapshot_t {
    /// 1: some thread held it. 0: it was free.
    pub locked: u32,
}

const _: () = assert!(
    size_of::<resil_spin_lock_t>() == size_of::<RawSpinLock>()
        && align_of::<resil_spin_lock_t>() == align_of::<RawSpinLock>()
);

/// Takes the lock, waiting for it if need be: spinning, then yielding, then asleep.
///
/// Errors: NULL_ARGUMENT (lock).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_spin_lock_lock(lock: *mut resil_spin_lock_t) -> resil_status_t {
    answer("resil_spin_lock_lock", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { raw(call, lock) }?.lock();
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Takes the lock if it is free. Never waits.
///
/// Answers GRANTED: the caller holds it now; HELD if a thread holds it, the caller's own too.
///
/// Errors: NULL_ARGUMENT (lock).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_spin_lock_try_lock(lock: *mut resil_spin_lock_t) -> resil_status_t {
    answer("resil_spin_lock_try_lock", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let lock = unsafe { raw(call, lock) }?;
        Ok(if lock.try_lock() { RESIL_STATUS_GRANTED } else { RESIL_STATUS_HELD })
    })
}

/// Gives back the lock, which this thread holds, and wakes one sleeper.
///
/// Errors: NULL_ARGUMENT (lock); NOT_HELD if nobody holds it: then it stays free. Giving back a lock that
/// another thread holds is not noticed, and lets a third in beside it: do not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_spin_lock_unlock(lock: *mut resil_spin_lock_t) -> resil_status_t {
    answer("resil_spin_lock_unlock", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let lock = unsafe { raw(call, lock) }?;
        // Only a mistake that any load shows is looked for; who holds it is not known to four bytes.
        if !lock.is_locked() {
            let text = RESIL_STATUS_NOT_HELD.text();
            return Err(call.fail(RESIL_STATUS_NOT_HELD, format_args!("lock is free: {text}")));
        }
        // SAFETY: held, and by the caller, who promises that (above).
        unsafe { lock.unlock() };
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the lock looks like just now, for a human to read.
///
/// Errors: NULL_ARGUMENT (lock, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_spin_lock_snapshot(
    lock: *const resil_spin_lock_t,
    out: *mut resil_spin_lock_snapshot_t,
) -> resil_status_t {
    answer("resil_spin_lock_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (lock, out) = unsafe { (raw(call, lock)?, call.out(out, "out")?) };
        out.set(resil_spin_lock_snapshot_t { locked: lock.is_locked().into() });
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The lock in the caller's four bytes.
///
/// # Safety
/// `lock` is NULL, or points to a lock that was initialised and stays where it is for all of `'a`.
unsafe fn raw<'a>(call: Call, lock: *const resil_spin_lock_t) -> Result<&'a RawSpinLock, Failed> {
    // SAFETY: passed on. Zeros are a free lock (size and alignment: above), and whoever else has a pointer to
    // it only hands it to functions of this file, which touch it by atomics.
    unsafe { call.handle(lock.cast::<RawSpinLock>(), "lock") }
}
