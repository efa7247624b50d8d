//! What the fuzz target `c_border` is made of. The others are in `tests/src`, where random tests share them.

pub mod border;

mod answers;
mod arguments;
mod callbacks;
mod header;
mod numbers;
mod structs;
