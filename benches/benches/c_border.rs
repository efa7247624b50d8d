//! What the C border costs: the same calls in Rust, and from C in the shared and in the static library.
//!
//! The C loops are `benches/c/calls.c`, built once with each library into objects that `RESIL_C_SHARED` and
//! `RESIL_C_STATIC` name; `ci/bench` does. Without them there is nothing to measure.

use std::ffi::{CString, c_void};
use std::hint::black_box;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use resil_benches::row::Row;
use resil_core::{
    Clock, CoarseClock, Instant, MonotonicClock, RollingCounter, SreBreaker, SreBreakerConfig,
};

use crate::token_bucket::asked;
use crate::{plenty, scarce};

/// A loop of calls in C, on an object that lives as long as the process.
type Loop = unsafe extern "C" fn(first: u64, last: u64) -> u64;

/// The loops of one library.
struct Library(*mut c_void);

impl Library {
    fn open(variable: &str) -> Option<Self> {
        let Some(path) = std::env::var_os(variable) else {
            eprintln!("C calls left out: {variable} names no library");
            return None;
        };
        let path = CString::new(path.as_bytes()).expect("a path holds no NUL");
        // SAFETY: `path` ends in NUL; what the library runs when it is loaded makes its objects.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        Some(Self(library))
    }

    fn calls(&self, name: &str) -> impl FnMut(Range<u64>) + use<> {
        let name = CString::new(name).expect("a name holds no NUL");
        // SAFETY: the library is open for good, and `name` ends in NUL.
        let address = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!address.is_null(), "{name:?} is not in the library");
        // SAFETY: benches/c/calls.c gives every function that is named here this type.
        let run = unsafe { std::mem::transmute::<*mut c_void, Loop>(address) };
        move |calls| {
            // SAFETY: it takes numbers, and makes its object when it is loaded.
            black_box(unsafe { run(calls.start, calls.end) });
        }
    }
}

/// Calls in Rust, and the loop of the same name in either library.
struct Border(Vec<(&'static str, Library)>);

impl Border {
    fn row<T>(
        &self,
        what: &str,
        clock: &'static str,
        name: &str,
        rust: impl Fn(u64) -> T + Sync + 'static,
    ) -> Row<'static> {
        let row = Row::new("C border", what).case("Rust", clock, rust);
        self.0.iter().fold(row, |row, (who, library)| row.looping(who, clock, library.calls(name)))
    }
}

pub fn rows() -> Vec<Row<'static>> {
    let named = [("C, shared library", "RESIL_C_SHARED"), ("C, static library", "RESIL_C_STATIC")];
    let libraries =
        named.into_iter().filter_map(|(who, variable)| Some((who, Library::open(variable)?)));
    let border = Border(libraries.collect());
    let now = MonotonicClock.now();
    let at =
        move |call: u64| Instant::saturating_from_nanos(now.as_nanos() + (call & 0xff_ffff_ffff));
    let given = asked(plenty(), MonotonicClock);
    let [refused, waited] = [scarce(), scarce()].map(|quota| asked(quota, MonotonicClock));
    let kernel = asked(plenty(), MonotonicClock);
    let coarse = asked(plenty(), CoarseClock);
    let counter = RollingCounter::new(Duration::from_secs(1), 40).unwrap();
    let breaker = SreBreaker::new(SreBreakerConfig::go_zero_1_3()).unwrap();
    vec![
        border.row("nothing", "none", "nothing", |call| call),
        border.row("grant", "given", "grant_given", move |call| {
            given.try_acquire_at(at(call), black_box(1)).is_ok()
        }),
        border.row("refusal", "given", "refusal_given", move |_| {
            refused.try_acquire_at(black_box(now), black_box(1)).is_ok()
        }),
        border.row("refusal with its wait", "given", "refusal_with_its_wait_given", move |_| {
            waited.try_acquire_at(black_box(now), black_box(1))
        }),
        border.row("grant", "kernel", "grant_kernel", move |_| {
            kernel.try_acquire(black_box(1)).is_ok()
        }),
        border.row("grant", "coarse", "grant_coarse", move |_| {
            coarse.try_acquire(black_box(1)).is_ok()
        }),
        border.row("counter, add", "coarse", "counter_add", move |_| counter.add(black_box(3))),
        border.row("breaker, ask and success", "coarse", "breaker_ask_and_success", move |_| {
            breaker.try_acquire().unwrap().success();
        }),
    ]
}
