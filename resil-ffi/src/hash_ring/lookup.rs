//! Which node a key belongs to.

use std::ffi::c_void;

use resil_core::HashRing;
use resil_core::hash_ring::NodeId;

use super::{number, refused, resil_hash_ring_t, resil_node_id_t};
use crate::argument::Out;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Whether a node will do: its id is one of the ring's, or was one a moment ago. Must return (see Callbacks
/// above), and must not update the ring.
pub type resil_hash_ring_accepts_t =
    Option<unsafe extern "C-unwind" fn(user_data: *mut c_void, id: resil_node_id_t) -> bool>;

/// Writes to `*out` the id of the node that the key belongs to. NULL is fine for a key of 0 bytes.
///
/// Answers GRANTED, or ABSENT if no node has a point: then `*out` is as it was.
///
/// Errors: NULL_ARGUMENT (ring, key, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_lookup(
    ring: *const resil_hash_ring_t,
    key: *const c_void,
    key_len: usize,
    out: *mut resil_node_id_t,
) -> resil_status_t {
    answer("resil_hash_ring_lookup", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, key) = unsafe { (call.handle(ring, "ring")?, call.bytes(key, key_len, "key")?) };
        // SAFETY: as above.
        let out = unsafe { call.out(out, "out") }?;
        Ok(found(ring.0.lookup(key), &out))
    })
}

/// Writes to `ids[0]`, `ids[1]` … the first `n` distinct nodes from the key on, and to `*found` how many they
/// are: the one it belongs to, then each that it would belong to if those before were not there; all that have
/// points if they are fewer. All of one state of the ring. `ids` may be NULL if `n` is 0.
///
/// Answers GRANTED, or ABSENT if nobody was found: then `*found` is 0.
///
/// Errors: NULL_ARGUMENT (ring, key, ids, found).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_lookup_n(
    ring: *const resil_hash_ring_t,
    key: *const c_void,
    key_len: usize,
    n: usize,
    ids: *mut resil_node_id_t,
    found: *mut usize,
) -> resil_status_t {
    answer("resil_hash_ring_lookup_n", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, key) = unsafe { (call.handle(ring, "ring")?, call.bytes(key, key_len, "key")?) };
        if n > 0 {
            // SAFETY: as above.
            unsafe { call.out(ids, "ids") }?;
        }
        // SAFETY: as above.
        let count = unsafe { call.out(found, "found") }?;
        let nodes = ring.0.lookup_n(key, n);
        for (place, id) in nodes.iter().enumerate() {
            // SAFETY: the caller has room for `n` ids there, and they are at most so many.
            unsafe { ids.add(place).write(number(*id)) };
        }
        count.set(nodes.len());
        Ok(if nodes.is_empty() { RESIL_STATUS_ABSENT } else { RESIL_STATUS_GRANTED })
    })
}

/// Writes to `*out` the id of the first distinct node from the key on that `accepts` says yes to, being asked
/// with `user_data`: for bounded load, or for nodes that are ill. It may be asked again about a node when updates
/// race.
///
/// Answers GRANTED, or ABSENT if it accepts none: then `*out` is as it was.
///
/// Errors: NULL_ARGUMENT (ring, key, accepts, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_lookup_where(
    ring: *const resil_hash_ring_t,
    key: *const c_void,
    key_len: usize,
    accepts: resil_hash_ring_accepts_t,
    user_data: *mut c_void,
    out: *mut resil_node_id_t,
) -> resil_status_t {
    answer("resil_hash_ring_lookup_where", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, key) = unsafe { (call.handle(ring, "ring")?, call.bytes(key, key_len, "key")?) };
        let accepts = call.callback(accepts, "accepts")?;
        // SAFETY: as above.
        let out = unsafe { call.out(out, "out") }?;
        // SAFETY: the caller's function takes the caller's own data (resil.h, Callbacks).
        let node = ring.0.lookup_where(key, |id| unsafe { accepts(user_data, number(id)) });
        Ok(found(node, &out))
    })
}

/// Writes to `*out` how many requests a node may have in flight, the next one included, so that none is far above
/// its share: (1 + epsilon) * ((in_flight + 1) * weight / total_weight), rounded up. `in_flight` are those of all
/// nodes, without the next one; 0.25 is a usual epsilon.
///
/// Errors: NULL_ARGUMENT (out); EPSILON_OUT_OF_RANGE; TOTAL_WEIGHT_IS_ZERO; WEIGHT_ABOVE_TOTAL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_bounded_load_limit(
    in_flight: u64,
    weight: u32,
    total_weight: u64,
    epsilon: f64,
    out: *mut u64,
) -> resil_status_t {
    answer("resil_hash_ring_bounded_load_limit", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.out(out, "out") }?;
        let limit = HashRing::bounded_load_limit(in_flight, weight, total_weight, epsilon);
        out.set(limit.map_err(|error| refused(call, error))?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// A node, or that there is none.
pub(super) fn found(id: Option<NodeId>, out: &Out<resil_node_id_t>) -> resil_status_t {
    match id {
        Some(id) => {
            out.set(number(id));
            RESIL_STATUS_GRANTED
        }
        None => RESIL_STATUS_ABSENT,
    }
}
