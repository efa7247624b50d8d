//! What became of a call that was let through.

/// What became of a call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It went well.
    Success,
    /// It failed, in a way that speaks against whoever was called.
    Failure,
    /// It says nothing about whoever was called: given up, refused further in, a caller's own mistake.
    Ignored,
}
