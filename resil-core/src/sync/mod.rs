//! Excludes: every atomic, cell, lock and thread of the core is chosen here, and only here.

pub(crate) mod by_hash;
pub(crate) mod flight;
pub(crate) mod flights;
pub(crate) mod parking;
pub(crate) mod polled;
pub(crate) mod primitive;
pub(crate) mod raw_spin_lock;
pub(crate) mod ring;
pub(crate) mod ring_lines;
pub(crate) mod sequenced;
pub(crate) mod versioned;
pub(crate) mod waiters;
pub(crate) mod word;
