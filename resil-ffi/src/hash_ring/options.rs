//! What a ring is made with.

use resil_core::HashRing;
use resil_core::hash_ring::Mode;

use super::refused;
use crate::argument::{BeginsWithSize, Call, Failed};
use crate::status::resil_status_t::*;

/// Whose layout a ring has.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum resil_hash_ring_mode_t {
    /// resil's own, the same in every language.
    RESIL_HASH_RING_MODE_DEFAULT = 0,
    /// go-zero's ConsistentHash with its 100 replicas: a weight is a percentage, and counts as 100 above that.
    RESIL_HASH_RING_MODE_GO_ZERO = 1,
    /// libketama: every update moves the number of others' points too; weight 0 is refused.
    RESIL_HASH_RING_MODE_KETAMA = 2,
}

use resil_hash_ring_mode_t::*;

impl From<Option<Mode>> for resil_hash_ring_mode_t {
    fn from(mode: Option<Mode>) -> Self {
        match mode {
            Some(Mode::GoZero) => RESIL_HASH_RING_MODE_GO_ZERO,
            Some(Mode::Ketama) => RESIL_HASH_RING_MODE_KETAMA,
            // A mode of the core that has no number here yet cannot be chosen here either.
            _ => RESIL_HASH_RING_MODE_DEFAULT,
        }
    }
}

/// What a ring is made with. Start from RESIL_HASH_RING_OPTIONS_INIT, then change fields: later versions may add
/// some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_hash_ring_options_t {
    /// sizeof(resil_hash_ring_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// Points for each unit of weight in the default layout, 1 to 2^24; 0 is 160. In another mode 0, as it has
    /// numbers of its own.
    pub virtual_nodes: u32,
    /// Whose layout the ring has: RESIL_HASH_RING_MODE_...
    pub mode: i32,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_hash_ring_options_t {}

/// The ring that `options` describe.
///
/// # Safety
/// `options` is NULL, or points to as many bytes as its `struct_size` says.
pub(super) unsafe fn made(
    call: Call,
    options: *const resil_hash_ring_options_t,
) -> Result<HashRing, Failed> {
    if options.is_null() {
        return Ok(HashRing::new());
    }
    // SAFETY: passed on.
    let options = unsafe { call.sized(options, "options") }?;
    let compatible = |mode| match options.virtual_nodes {
        0 => Ok(HashRing::compatible(mode)),
        virtual_nodes => Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("options->virtual_nodes must be 0 in this mode, not {virtual_nodes}"),
        )),
    };
    match options.mode {
        mode if mode == RESIL_HASH_RING_MODE_DEFAULT as i32 => match options.virtual_nodes {
            0 => Ok(HashRing::new()),
            virtual_nodes => {
                HashRing::with_virtual_nodes(virtual_nodes).map_err(|error| refused(call, error))
            }
        },
        mode if mode == RESIL_HASH_RING_MODE_GO_ZERO as i32 => compatible(Mode::GoZero),
        mode if mode == RESIL_HASH_RING_MODE_KETAMA as i32 => compatible(Mode::Ketama),
        mode => Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!("options->mode must be RESIL_HASH_RING_MODE_..., not {mode}"),
        )),
    }
}
