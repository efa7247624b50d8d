//! Which branches a random test came to: one that it never comes to, it says nothing about.

use std::collections::BTreeMap;

/// How often each branch was reached.
#[derive(Clone, Debug, Default)]
pub struct Reached(BTreeMap<&'static str, u32>);

impl Reached {
    /// Counts `branch`.
    pub fn note(&mut self, branch: &'static str) {
        *self.0.entry(branch).or_default() += 1;
    }

    /// Counts `branch` if it `is` so.
    pub fn note_if(&mut self, is: bool, branch: &'static str) {
        if is {
            self.note(branch);
        }
    }

    /// Counts what another run reached.
    pub fn add(&mut self, other: &Self) {
        for (branch, count) in &other.0 {
            *self.0.entry(branch).or_default() += count;
        }
    }

    /// Checks that each of `branches` was reached so often, and nothing that is not among them.
    ///
    /// # Panics
    /// Names the first that was not.
    pub fn assert_each(&self, branches: &[&str], at_least: u32) {
        for branch in branches {
            let count = self.0.get(branch).copied().unwrap_or(0);
            assert!(count >= at_least, "{branch}: reached {count} times only");
        }
        for branch in self.0.keys() {
            assert!(branches.contains(branch), "{branch} is not among the branches");
        }
    }
}
