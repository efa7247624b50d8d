//! Something that each process has for itself: a forked child makes its own and never touches its parent's.

use std::sync::OnceLock;

/// A value, and what children after a fork have instead.
///
/// The parent's stays where it is in the child, neither used nor dropped: its locks may be held by threads that do
/// not exist there, and its sockets are the parent's.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    process: u32,
    /// There until it is dropped.
    value: Option<T>,
    child: OnceLock<Box<PerProcess<T>>>,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { process: std::process::id(), value: Some(value), child: OnceLock::new() }
    }

    /// This process's.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &T {
        let process = std::process::id();
        let mut at = self;
        while at.process != process {
            at = at.child.get_or_init(|| Box::new(Self::new(make())));
        }
        at.value.as_ref().expect("only dropping takes it")
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let value = self.value.take();
        if self.process != std::process::id() {
            std::mem::forget(value);
        }
    }
}
