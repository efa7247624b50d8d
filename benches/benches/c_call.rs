//! What the C border costs: the same operation called in Rust and through the shared library, in one process.
//!
//! `RESIL_LIBRARY` names the library; without it there is nothing to measure. `ci/bench` sets it.

use std::ffi::{CString, c_void};
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use resil_core::{Instant, Quota, TokenBucket};

#[repr(C)]
struct CQuota {
    permits: u32,
    burst: u32,
    period_ns: u64,
}

type New = unsafe extern "C" fn(*const CQuota, *const c_void, *mut *mut c_void) -> i32;
type Ask = unsafe extern "C" fn(*const c_void, u64, u32, *mut u64) -> i32;
type IsGranted = unsafe extern "C" fn(i32) -> bool;

/// The address of a function of the library.
fn symbol(library: *mut c_void, name: &str) -> *mut c_void {
    let name = CString::new(name).unwrap();
    // SAFETY: `library` is an open library, `name` a string that ends in NUL.
    let address = unsafe { libc::dlsym(library, name.as_ptr()) };
    assert!(!address.is_null(), "{name:?} is not in the library");
    address
}

fn c_call(c: &mut Criterion) {
    let Some(path) = std::env::var_os("RESIL_LIBRARY") else {
        eprintln!("c_call skipped: RESIL_LIBRARY names no library");
        return;
    };
    let path = CString::new(path.as_bytes()).unwrap();
    // SAFETY: `path` ends in NUL; the library runs no code when it is loaded.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null(), "{path:?} cannot be loaded");
    // SAFETY: the header says that the functions of these names have these types.
    let (new, ask, is_granted) = unsafe {
        (
            std::mem::transmute::<*mut c_void, New>(symbol(library, "resil_token_bucket_new")),
            std::mem::transmute::<*mut c_void, Ask>(symbol(
                library,
                "resil_token_bucket_try_acquire_at",
            )),
            std::mem::transmute::<*mut c_void, IsGranted>(symbol(
                library,
                "resil_status_is_granted",
            )),
        )
    };

    let mut group = c.benchmark_group("token_bucket_c_call");
    // SAFETY: takes a number.
    group.bench_function("nothing/c_border", |b| b.iter(|| unsafe { is_granted(black_box(0)) }));
    for (case, permits, period_ns, burst) in [
        ("allow_given", 1_000_000_000, 1_000_000_000, u32::MAX),
        ("deny_given", 1, 3_600_000_000_000, 1),
    ] {
        let quota = Quota::new(permits, Duration::from_nanos(period_ns), burst).unwrap();
        let ours = TokenBucket::new(quota);
        let _ = ours.try_acquire_at(Instant::ZERO, 1);
        let mut now = 1_u64;
        group.bench_function(format!("{case}/resil"), |b| {
            b.iter(|| {
                now += 1;
                ours.try_acquire_at(Instant::saturating_from_nanos(now), black_box(1)).is_ok()
            })
        });

        let quota = CQuota { permits, burst, period_ns };
        let mut bucket = std::ptr::null_mut();
        // SAFETY: a valid quota, no options, and a place for the handle. It lives as long as the process.
        assert_eq!(unsafe { new(&raw const quota, std::ptr::null(), &raw mut bucket) }, 0);
        // SAFETY: `bucket` is a live handle; no place for the wait.
        let _ = unsafe { ask(bucket, 0, 1, std::ptr::null_mut()) };
        let mut now = 1_u64;
        group.bench_function(format!("{case}/c_library"), |b| {
            b.iter(|| {
                now += 1;
                // SAFETY: as above.
                unsafe { ask(bucket, now, black_box(1), std::ptr::null_mut()) == 0 }
            })
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = c_call
}
criterion_main!(benches);
