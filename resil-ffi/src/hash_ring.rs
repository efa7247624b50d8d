//! The hash ring: made, updated. `lookup.rs` asks it, `reading.rs` shows what it holds.

// In the order in which the header shows them.
mod options;

mod lookup;

mod reading;

use std::ffi::c_void;
use std::ptr;

use resil_core::HashRing;
use resil_core::hash_ring::{ConfigError, Inserted, NodeId};

use self::options::{made, resil_hash_ring_options_t};
use crate::argument::{Call, Failed};
use crate::guard::{answer, guard};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Which node a key belongs to, so that a node that comes or goes moves few keys.
///
/// Nodes and keys are bytes. A node has points on a ring of hash values, by default 160 for each unit of its
/// weight; a key belongs to the node of the first point at or after its own hash. Equal rings, made in whatever
/// order, place every key alike, in every process and language, for ever: the default layout (XXH3-64, upper 32
/// bits) is a contract, and RESIL_HASH_RING_MODE_... has those of others. At most 65535 nodes, weights of 0 to
/// 65535, 2^24 points in all.
///
/// Any number of threads may use one ring at once, but for resil_hash_ring_free. Lookups never wait, write or
/// allocate; updates are live, whole, and one at a time, in time proportional to all points. Memory grows with
/// the most points there ever were, 22 to 182 bytes each, and is freed with the ring.
pub struct resil_hash_ring_t(HashRing);

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<resil_hash_ring_t>();
};

/// A node of a ring, as lookups answer; never 0. It goes stale when its node is taken out, and is never used
/// again in that ring. Its low 16 bits, below 65535, are the node's slot, which another node may have later: an
/// index for what is kept beside a ring.
pub type resil_node_id_t = u64;

/// Makes an empty ring. NULL `options`: the default layout. Free it with resil_hash_ring_free.
///
/// Errors: NULL_ARGUMENT (out); STRUCT_SIZE; UNKNOWN_VALUE (options->mode; options->virtual_nodes beside another
/// mode than the default); VIRTUAL_NODES_TOO_MANY. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_new(
    options: *const resil_hash_ring_options_t,
    out: *mut *mut resil_hash_ring_t,
) -> resil_status_t {
    answer("resil_hash_ring_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.out(out, "out") }?;
        out.set(ptr::null_mut());
        // SAFETY: as above.
        let ring = unsafe { made(call, options) }?;
        out.set(Box::into_raw(Box::new(resil_hash_ring_t(ring))));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the ring. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_hash_ring_free(ring: *mut resil_hash_ring_t) {
    guard("resil_hash_ring_free", (), || {
        if !ring.is_null() {
            // SAFETY: it came from `resil_hash_ring_new` and is not freed yet (resil.h, Ownership).
            drop(unsafe { Box::from_raw(ring) });
        }
    });
}

/// Adds the node of these bytes, or gives it another weight; 0 keeps it without keys. The ring has a copy of the
/// bytes. NULL is fine for 0 bytes.
///
/// Answers GRANTED if the node is new, REPLACED if it was there and has the new weight; its id stays.
///
/// Errors: NULL_ARGUMENT (ring, node); WEIGHT_TOO_HIGH; WEIGHT_IS_ZERO (in RESIL_HASH_RING_MODE_KETAMA);
/// TOO_MANY_NODES; TOO_MANY_POINTS; NODE_TOO_LONG.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_insert(
    ring: *const resil_hash_ring_t,
    node: *const c_void,
    node_len: usize,
    weight: u32,
) -> resil_status_t {
    answer("resil_hash_ring_insert", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, node) =
            unsafe { (call.handle(ring, "ring")?, call.bytes(node, node_len, "node")?) };
        match ring.0.insert(node, weight).map_err(|error| refused(call, error))? {
            Inserted::New(_) => Ok(RESIL_STATUS_GRANTED),
            Inserted::Reweighted(_) => Ok(RESIL_STATUS_REPLACED),
        }
    })
}

/// Takes the node of these bytes out: its own keys move, and no others (RESIL_HASH_RING_MODE_KETAMA excepted).
/// A lookup that began before may still answer with it.
///
/// Answers GRANTED, or ABSENT if there is no such node.
///
/// Errors: NULL_ARGUMENT (ring, node).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_hash_ring_remove(
    ring: *const resil_hash_ring_t,
    node: *const c_void,
    node_len: usize,
) -> resil_status_t {
    answer("resil_hash_ring_remove", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, node) =
            unsafe { (call.handle(ring, "ring")?, call.bytes(node, node_len, "node")?) };
        Ok(if ring.0.remove(node) { RESIL_STATUS_GRANTED } else { RESIL_STATUS_ABSENT })
    })
}

/// An id as C has it.
fn number(id: NodeId) -> resil_node_id_t {
    id.to_bits()
}

/// Says why the core refuses; its texts begin with the field.
fn refused(call: Call, error: ConfigError) -> Failed {
    let status = match error {
        ConfigError::VirtualNodesTooMany => RESIL_STATUS_VIRTUAL_NODES_TOO_MANY,
        ConfigError::NodeTooLong => RESIL_STATUS_NODE_TOO_LONG,
        ConfigError::WeightTooHigh => RESIL_STATUS_WEIGHT_TOO_HIGH,
        ConfigError::WeightIsZero => RESIL_STATUS_WEIGHT_IS_ZERO,
        ConfigError::WeightAboveTotal => RESIL_STATUS_WEIGHT_ABOVE_TOTAL,
        ConfigError::TooManyNodes => RESIL_STATUS_TOO_MANY_NODES,
        ConfigError::TooManyPoints => RESIL_STATUS_TOO_MANY_POINTS,
        ConfigError::EpsilonOutOfRange => RESIL_STATUS_EPSILON_OUT_OF_RANGE,
        ConfigError::TotalWeightIsZero => RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO,
        // A rule of the core that has no number here yet.
        _ => RESIL_STATUS_UNKNOWN_VALUE,
    };
    call.fail(status, format_args!("{error}"))
}
