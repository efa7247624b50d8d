//! The library's clocks, and one that a test moves.

use std::time::Duration;

use resil_core::{
    AnyClock, Clock, CoarseClock, Instant, ManualClock, MonotonicClock, QuantaClock, UnixClock,
};

use crate::argument::{BeginsWithSize, Call, Failed};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// The last instant there is: 2^63 - 1 ns, 292 years after the clock's zero.
pub const RESIL_INSTANT_MAX: u64 = u64::MAX / 2;

/// The timeout of a caller who waits as long as it takes.
pub const RESIL_NO_TIMEOUT: u64 = u64::MAX;

/// The clock that an object reads. Options take it as an int32_t.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_clock_t {
    /// The steady clock, to the nanosecond: CLOCK_MONOTONIC on unix. One reading costs a few tens of ns.
    RESIL_CLOCK_MONOTONIC = 0,
    /// The steady clock at the kernel's last tick, mostly 1 to 4 ms old: CLOCK_MONOTONIC_COARSE on Linux, elsewhere
    /// the same as RESIL_CLOCK_MONOTONIC. One reading costs a few ns.
    RESIL_CLOCK_COARSE = 1,
    /// A clock that moves only when told to, for tests: a resil_manual_clock_t.
    RESIL_CLOCK_MANUAL = 2,
    /// The wall clock: nanoseconds since 1970-01-01 00:00 UTC, for periods that follow the calendar. It may be
    /// set, forwards and back, so nothing but an aligned period limiter should read it.
    RESIL_CLOCK_UNIX = 3,
    /// The processor's time-stamp counter, scaled to nanoseconds: about 10 ns a reading. It counts from its first
    /// use in the process, which calibrates it (0.5 to 200 ms), and drifts against the steady clock by tens of
    /// millionths: never mix readings of the two. Where the processor has no steady counter it is the kernel's clock.
    RESIL_CLOCK_QUANTA = 4,
}

/// A clock that stands still until it is moved, by hand or by waiting on it. Any number of threads and objects
/// may use it at once.
///
/// Objects made with it share its time and keep it alive: it may be freed before or after them.
pub struct resil_manual_clock_t(ManualClock);

const _: () = shared_between_threads::<resil_manual_clock_t>();
const _: () = assert!(RESIL_INSTANT_MAX == Instant::MAX.as_nanos());

/// The steady clock's reading in ns: what RESIL_CLOCK_MONOTONIC reads, and equal to
/// clock_gettime(CLOCK_MONOTONIC) on unix.
#[unsafe(no_mangle)]
pub extern "C" fn resil_monotonic_clock_now() -> u64 {
    guard("resil_monotonic_clock_now", 0, || MonotonicClock.now().as_nanos())
}

/// The step in which the steady clock moves, at most, in ns.
#[unsafe(no_mangle)]
pub extern "C" fn resil_monotonic_clock_resolution_ns() -> u64 {
    guard("resil_monotonic_clock_resolution_ns", 0, || nanos(MonotonicClock.resolution()))
}

/// The coarse clock's reading in ns: what RESIL_CLOCK_COARSE reads. It counts from the same zero as the steady
/// clock and never leads it.
#[unsafe(no_mangle)]
pub extern "C" fn resil_coarse_clock_now() -> u64 {
    guard("resil_coarse_clock_now", 0, || CoarseClock.now().as_nanos())
}

/// The step in which the coarse clock moves, at most, in ns.
#[unsafe(no_mangle)]
pub extern "C" fn resil_coarse_clock_resolution_ns() -> u64 {
    guard("resil_coarse_clock_resolution_ns", 0, || nanos(CoarseClock.resolution()))
}

/// The wall clock's reading in ns: what RESIL_CLOCK_UNIX reads, and equal to clock_gettime(CLOCK_REALTIME) on
/// unix. 0 before 1970.
#[unsafe(no_mangle)]
pub extern "C" fn resil_unix_clock_now() -> u64 {
    guard("resil_unix_clock_now", 0, || UnixClock.now().as_nanos())
}

/// The step in which the wall clock moves, at most, in ns; but for being set.
#[unsafe(no_mangle)]
pub extern "C" fn resil_unix_clock_resolution_ns() -> u64 {
    guard("resil_unix_clock_resolution_ns", 0, || nanos(UnixClock.resolution()))
}

/// The counter's reading in ns: what RESIL_CLOCK_QUANTA reads. The first in a process calibrates it.
#[unsafe(no_mangle)]
pub extern "C" fn resil_quanta_clock_now() -> u64 {
    guard("resil_quanta_clock_now", 0, || QuantaClock::new().now().as_nanos())
}

/// The step in which the counter moves, at most, in ns.
#[unsafe(no_mangle)]
pub extern "C" fn resil_quanta_clock_resolution_ns() -> u64 {
    guard("resil_quanta_clock_resolution_ns", 0, || nanos(QuantaClock::new().resolution()))
}

/// Makes a clock that shows `start_ns`. Free it with resil_manual_clock_free.
///
/// Errors: NULL_ARGUMENT (out); NOW_OUT_OF_RANGE (start_ns). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_manual_clock_new(
    start_ns: u64,
    out: *mut *mut resil_manual_clock_t,
) -> resil_status_t {
    answer("resil_manual_clock_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        let clock = ManualClock::new(call.instant(start_ns, "start_ns")?);
        out.give(resil_manual_clock_t(clock));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the handle. NULL is fine. Objects that read the clock keep its time, which nobody can then move but
/// by waiting on them. No other thread may be using the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_manual_clock_free(clock: *mut resil_manual_clock_t) {
    guard("resil_manual_clock_free", (), || {
        // SAFETY: it came from `resil_manual_clock_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(clock) };
    });
}

/// Moves the clock on by `by_ns`; at most to RESIL_INSTANT_MAX, where it stays.
///
/// Errors: NULL_ARGUMENT (clock).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_manual_clock_advance(
    clock: *const resil_manual_clock_t,
    by_ns: u64,
) -> resil_status_t {
    answer("resil_manual_clock_advance", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let clock = unsafe { call.handle(clock, "clock") }?;
        clock.0.advance(Duration::from_nanos(by_ns));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Sets the clock to `to_ns`, forwards or back.
///
/// Errors: NULL_ARGUMENT (clock); NOW_OUT_OF_RANGE (to_ns): then it shows what it showed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_manual_clock_set(
    clock: *const resil_manual_clock_t,
    to_ns: u64,
) -> resil_status_t {
    answer("resil_manual_clock_set", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let clock = unsafe { call.handle(clock, "clock") }?;
        clock.0.set(call.instant(to_ns, "to_ns")?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes the clock's reading in ns to `*out`.
///
/// Errors: NULL_ARGUMENT (clock, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_manual_clock_now(
    clock: *const resil_manual_clock_t,
    out: *mut u64,
) -> resil_status_t {
    answer("resil_manual_clock_now", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (clock, out) = unsafe { (call.handle(clock, "clock")?, call.out(out, "out")?) };
        out.set(clock.0.now().as_nanos());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Options that choose a clock, and nothing else.
pub(crate) trait ChoosesClock: BeginsWithSize {
    /// The clock's number, and the manual one beside it.
    fn clock(&self) -> (i32, *const resil_manual_clock_t);
}

/// The clock that `options` choose; `unsaid` if they are NULL.
///
/// # Safety
/// `options` is NULL, or points to as many bytes as its `struct_size` says; its manual clock is NULL or a live
/// handle.
pub(crate) unsafe fn chosen_by<O: ChoosesClock>(
    call: Call,
    options: *const O,
    unsaid: AnyClock,
) -> Result<AnyClock, Failed> {
    if options.is_null() {
        return Ok(unsaid);
    }
    // SAFETY: passed on.
    let (clock, manual) = unsafe { call.sized(options, "options") }?.clock();
    // SAFETY: passed on.
    unsafe { chosen(call, clock, manual) }
}

/// The clock that options choose by number, with a manual one beside it.
///
/// # Safety
/// `manual` is NULL or a live handle.
pub(crate) unsafe fn chosen(
    call: Call,
    clock: i32,
    manual: *const resil_manual_clock_t,
) -> Result<AnyClock, Failed> {
    if clock == resil_clock_t::RESIL_CLOCK_MANUAL as i32 {
        // SAFETY: passed on.
        let manual = unsafe { call.handle(manual, "options->manual_clock") }?;
        return Ok(AnyClock::from(manual.0.clone()));
    }
    let chosen = if clock == resil_clock_t::RESIL_CLOCK_MONOTONIC as i32 {
        AnyClock::from(MonotonicClock)
    } else if clock == resil_clock_t::RESIL_CLOCK_COARSE as i32 {
        AnyClock::from(CoarseClock)
    } else if clock == resil_clock_t::RESIL_CLOCK_UNIX as i32 {
        AnyClock::from(UnixClock)
    } else if clock == resil_clock_t::RESIL_CLOCK_QUANTA as i32 {
        AnyClock::from(QuantaClock::new())
    } else {
        return Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("options->clock must be one of RESIL_CLOCK_..., not {clock}"),
        ));
    };
    if !manual.is_null() {
        return Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!(
                "options->manual_clock must be NULL unless options->clock is RESIL_CLOCK_MANUAL"
            ),
        ));
    }
    Ok(chosen)
}

/// Nanoseconds of a duration; `u64::MAX` from 584 years on.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The wait that a timeout of `nanos` allows; `None` for [`RESIL_NO_TIMEOUT`].
#[inline]
pub(crate) fn timeout(nanos: u64) -> Option<Duration> {
    (nanos != RESIL_NO_TIMEOUT).then(|| Duration::from_nanos(nanos))
}
