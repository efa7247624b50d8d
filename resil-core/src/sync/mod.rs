//! Excludes: every atomic, cell, lock and thread of the core is chosen here, and only here.

pub(crate) mod primitive;
pub(crate) mod ring;
pub(crate) mod sequenced;
pub(crate) mod versioned;
pub(crate) mod word;
