//! The store: a server, and the one connection to it.

use std::ffi::{c_char, c_void};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use resil_core::pure::store_gate::Mode;
use resil_redis::{Members, OpenError, Options, Snapshot, Store};

use super::answer::resil_redis_fault_t;
use super::client::{Client, Over, resil_redis_evaluate_t};
use super::text::text;
use crate::argument::{BeginsWithSize, Call, Failed};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::single_flight::options::resil_destroy_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A Redis or Valkey server that limiters ask, and the one connection to it. The functions resil_redis_... are there
/// in libraries built with the feature `redis`, which `make install` builds unless told otherwise.
///
/// Opening it never waits: a thread of its own connects, and until it has, the limiters' policies decide. Calls of
/// many threads at once share round trips. A forked child connects by itself, at its first call.
pub struct resil_redis_store_t(pub(super) Over<Store>);

const _: () = shared_between_threads::<resil_redis_store_t>();

impl resil_redis_store_t {
    /// A limiter on this store, and what it asks by.
    pub(super) fn over<L>(&self, limiter: L) -> Over<L> {
        Over { limiter, client: self.0.client.clone() }
    }
}

/// How a store is reached. Start from RESIL_REDIS_STORE_OPTIONS_INIT, then change fields: later versions may add
/// some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_redis_store_options_t {
    /// sizeof(resil_redis_store_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// No call waits longer for the store. Above 0.
    pub deadline_ns: u64,
    /// The longest that connecting, and greeting the server, may take; callers never wait for it. Above 0.
    pub connect_timeout_ns: u64,
    /// So many processes share the limits, always: while the store is away, each has that part of them. 0: as many
    /// as say so to the store, every 2 s; the last count holds while it is away.
    pub members: u32,
    /// The name under which members are counted: give processes that do not share limits another. NULL: "default".
    /// NULL if `members` says how many.
    pub members_group: *const c_char,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_redis_store_options_t {}

/// A store at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_redis_store_snapshot_t {
    /// Whether callers ask it; else policies decide.
    pub is_up: bool,
    /// How many processes share the limits, as last known.
    pub members: u32,
    /// How often it went away since it was opened, here.
    pub outages: u64,
    /// Why it was last away: RESIL_REDIS_FAULT_...; before the first connection, DISCONNECTED.
    pub last_fault: i32,
}

/// Opens the store at `url`: "redis://[user][:password@]host[:port][/database]" or "unix:///path"; where the library
/// was built with the feature `redis-tls`, also "rediss://...". NULL `options`: 20 ms for a call, 100 ms for each
/// step of a connect, members counted as "default". Free it with resil_redis_store_free.
///
/// A server that is away is no error.
///
/// Errors: NULL_ARGUMENT (url, out); NOT_UTF8 (url, options->members_group); WRONG_URL; STRUCT_SIZE;
/// DEADLINE_IS_ZERO; CONNECT_TIMEOUT_IS_ZERO; NAME_NOT_PLAIN (options->members_group); UNKNOWN_VALUE (a
/// members_group that counts nobody). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_store_open(
    url: *const c_char,
    options: *const resil_redis_store_options_t,
    out: *mut *mut resil_redis_store_t,
) -> resil_status_t {
    answer("resil_redis_store_open", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let url = unsafe { text(call, url, "url") }?;
        // SAFETY: as above.
        let options = unsafe { chosen(call, options) }?;
        let store = Store::open_with(url, options).map_err(|error| not_opened(call, &error))?;
        out.give(resil_redis_store_t(Over { limiter: store, client: None }));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Makes the store that a client of the caller's own reaches: `evaluate(user_data, ...)`, inside the calls that need it.
/// No thread, and no connection of the library's. Free it with resil_redis_store_free.
///
/// It counts as up until a call finds that it is not. While it is away, callers do on their way what a thread does
/// elsewhere: one at a time, when a try is due, tries it with a call of its own before theirs; where members are counted,
/// one every 2 s says that this process is there. A forked child needs a connection of its own: see to it in `evaluate`.
///
/// NULL `options`: members counted as "default"; the times in them are the client's affair.
///
/// `destroy(user_data)` is called with the last that needs it, the store's handle, its limiters and reservations: NULL
/// does nothing. If no store is made, it is not called.
///
/// Errors: NULL_ARGUMENT (evaluate, out); as resil_redis_store_open of the options. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_store_with_client(
    evaluate: resil_redis_evaluate_t,
    user_data: *mut c_void,
    destroy: resil_destroy_t,
    options: *const resil_redis_store_options_t,
    out: *mut *mut resil_redis_store_t,
) -> resil_status_t {
    answer("resil_redis_store_with_client", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        let evaluate = call.callback(evaluate, "evaluate")?;
        // SAFETY: as above.
        let options = unsafe { chosen(call, options) }?;
        let store = Store::by_hand(options).map_err(|error| not_opened(call, &error))?;
        let client = Some(Arc::new(Client::new(evaluate, user_data, destroy)));
        out.give(resil_redis_store_t(Over { limiter: store, client }));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the handle. NULL is fine. No other thread may be using it. Limiters that were made with it keep the store;
/// to free the last of them waits for its thread to end, usually microseconds, a second at most: one that is connecting
/// then ends by itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_store_free(store: *mut resil_redis_store_t) {
    guard("resil_redis_store_free", (), || {
        // SAFETY: it came from a function above that makes one, and is not freed yet (resil.h, Ownership).
        unsafe { free(store) };
    });
}

/// Waits until the store is asked, at most `timeout_ns` (RESIL_NO_TIMEOUT: as long as it takes), and writes to `*out`
/// whether it is: for programs that would rather begin with the limit than with its policy. Over a client of the
/// caller's own it tells at once.
///
/// Errors: NULL_ARGUMENT (store, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_store_wait_until_up(
    store: *const resil_redis_store_t,
    timeout_ns: u64,
    out: *mut bool,
) -> resil_status_t {
    answer("resil_redis_store_wait_until_up", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (store, out) = unsafe { (call.handle(store, "store")?, call.out(out, "out")?) };
        out.set(store.0.limiter.wait_until_up(Duration::from_nanos(timeout_ns)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what there is to monitor.
///
/// Errors: NULL_ARGUMENT (store, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_store_snapshot(
    store: *const resil_redis_store_t,
    out: *mut resil_redis_store_snapshot_t,
) -> resil_status_t {
    answer("resil_redis_store_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (store, out) = unsafe { (call.handle(store, "store")?, call.out(out, "out")?) };
        let Snapshot { mode, members, outages, last_fault, .. } = store.0.limiter.snapshot();
        out.set(resil_redis_store_snapshot_t {
            is_up: mode == Mode::Up,
            members: members.get(),
            outages,
            last_fault: resil_redis_fault_t::from(last_fault) as i32,
        });
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// The options of the caller, or those that nobody chose.
///
/// # Safety
/// `options` is NULL, or points to as many bytes as its `struct_size` says; its `members_group` is NULL or a text.
unsafe fn chosen(
    call: Call,
    options: *const resil_redis_store_options_t,
) -> Result<Options, Failed> {
    if options.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: passed on.
    let options = unsafe { call.sized(options, "options") }?;
    let chosen = Options::default()
        .with_deadline(Duration::from_nanos(options.deadline_ns))
        .with_connect_timeout(Duration::from_nanos(options.connect_timeout_ns));
    match (NonZeroU32::new(options.members), options.members_group.is_null()) {
        (None, true) => Ok(chosen),
        (None, false) => {
            // SAFETY: passed on.
            let group = unsafe { text(call, options.members_group, "options->members_group") }?;
            Ok(chosen.with_members(Members::Counted(group.to_owned())))
        }
        (Some(members), true) => Ok(chosen.with_members(Members::Fixed(members))),
        (Some(members), false) => Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("options->members_group must be NULL where members is {members}, not 0"),
        )),
    }
}

/// Says which field the store is not opened for.
#[cold]
fn not_opened(call: Call, error: &OpenError) -> Failed {
    let (status, field) = match error {
        OpenError::DeadlineIsZero => (RESIL_STATUS_DEADLINE_IS_ZERO, "options->"),
        OpenError::ConnectTimeoutIsZero => (RESIL_STATUS_CONNECT_TIMEOUT_IS_ZERO, "options->"),
        OpenError::Members(_) => (RESIL_STATUS_NAME_NOT_PLAIN, "options->members_group: "),
        OpenError::Url(why) => {
            return call.fail(RESIL_STATUS_WRONG_URL, format_args!("url: {why}"));
        }
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("{error}")),
    };
    call.fail(status, format_args!("{field}{}", status.text()))
}
