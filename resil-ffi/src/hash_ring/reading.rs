//! What a ring holds.

use std::ffi::c_void;

use resil_core::hash_ring::{Node, NodeId, Snapshot};

use super::lookup::found;
use super::options::resil_hash_ring_mode_t;
use super::{number, resil_hash_ring_t, resil_node_id_t};
use crate::argument::Out;
use crate::guard::answer;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// What a ring holds, for monitoring.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_hash_ring_snapshot_t {
    /// Whose layout it has: RESIL_HASH_RING_MODE_...
    pub mode: i32,
    /// Points for each unit of weight; in RESIL_HASH_RING_MODE_GO_ZERO those of a whole node, in
    /// RESIL_HASH_RING_MODE_KETAMA those of a node of average weight.
    pub virtual_nodes: u32,
    /// Nodes, those of weight 0 included.
    pub nodes: usize,
    /// All weights together.
    pub total_weight: u64,
    /// Points of all nodes.
    pub points: u64,
}

/// Writes to `*out` the id of the node of these bytes.
///
/// Answers GRANTED, or ABSENT if there is no such node: then `*out` is as it was.
///
/// Errors: NULL_ARGUMENT (ring, node, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_id_of(
    ring: *const resil_hash_ring_t,
    node: *const c_void,
    node_len: usize,
    out: *mut resil_node_id_t,
) -> resil_status_t {
    answer("resil_hash_ring_id_of", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, node) =
            unsafe { (call.handle(ring, "ring")?, call.bytes(node, node_len, "node")?) };
        // SAFETY: as above.
        let out = unsafe { call.out(out, "out") }?;
        Ok(found(ring.0.id_of(node), &out))
    })
}

/// Tells what an id stands for. `*length` becomes the number of the node's bytes; they are copied to `buffer` if
/// its `capacity` is at least that, and else not at all: so ask with NULL and 0 first, or compare afterwards. No
/// NUL is added. Each of `buffer`, `length` and `weight` may be NULL.
///
/// Answers GRANTED, or ABSENT if that node was taken out since, or never was: then nothing is written.
///
/// Errors: NULL_ARGUMENT (ring; buffer, if capacity is not 0).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_hash_ring_node(
    ring: *const resil_hash_ring_t,
    id: resil_node_id_t,
    buffer: *mut c_void,
    capacity: usize,
    length: *mut usize,
    weight: *mut u32,
) -> resil_status_t {
    answer("resil_hash_ring_node", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let ring = unsafe { call.handle(ring, "ring") }?;
        if capacity > 0 {
            // SAFETY: as above.
            unsafe { call.out(buffer, "buffer") }?;
        }
        let Some(node) = NodeId::from_bits(id).and_then(|id| ring.0.node(id)) else {
            return Ok(RESIL_STATUS_ABSENT);
        };
        if !buffer.is_null() && node.name.len() <= capacity {
            // SAFETY: the buffer has room for `capacity` bytes, and the name is a copy of the ring's own.
            unsafe { buffer.cast::<u8>().copy_from(node.name.as_ptr(), node.name.len()) };
        }
        // SAFETY: as above, or NULL.
        let (length, weight) = unsafe { (Out::optional(length), Out::optional(weight)) };
        if let Some(length) = length {
            length.set(node.name.len());
        }
        if let Some(weight) = weight {
            weight.set(node.weight);
        }
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*count` how many nodes there are, those of weight 0 included, and to `ids` as many of their ids as
/// `capacity` has room for, in order of insertion. `ids` may be NULL if `capacity` is 0.
///
/// Errors: NULL_ARGUMENT (ring, ids, count).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_hash_ring_nodes(
    ring: *const resil_hash_ring_t,
    ids: *mut resil_node_id_t,
    capacity: usize,
    count: *mut usize,
) -> resil_status_t {
    answer("resil_hash_ring_nodes", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, count) = unsafe { (call.handle(ring, "ring")?, call.out(count, "count")?) };
        if capacity > 0 {
            // SAFETY: as above.
            unsafe { call.out(ids, "ids") }?;
        }
        let nodes: Vec<Node> = ring.0.nodes();
        for (place, node) in nodes.iter().take(capacity).enumerate() {
            // SAFETY: the caller has room for `capacity` ids there.
            unsafe { ids.add(place).write(number(node.id)) };
        }
        count.set(nodes.len());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the ring holds just now, for monitoring.
///
/// Errors: NULL_ARGUMENT (ring, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_hash_ring_snapshot(
    ring: *const resil_hash_ring_t,
    out: *mut resil_hash_ring_snapshot_t,
) -> resil_status_t {
    answer("resil_hash_ring_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (ring, out) = unsafe { (call.handle(ring, "ring")?, call.out(out, "out")?) };
        out.set(ring.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

impl From<Snapshot> for resil_hash_ring_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            mode: resil_hash_ring_mode_t::from(snapshot.mode) as i32,
            virtual_nodes: snapshot.virtual_nodes,
            nodes: snapshot.nodes,
            total_weight: snapshot.total_weight,
            points: snapshot.points,
        }
    }
}
