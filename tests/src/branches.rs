//! Which branches a random run came to: a test that never reaches one says nothing about it.

use std::collections::BTreeMap;

/// Branches by name, and how often each was reached.
#[derive(Clone, Debug, Default)]
pub struct Branches(BTreeMap<&'static str, u32>);

impl Branches {
    /// Counts `branch` if it was reached.
    pub fn reach(&mut self, branch: &'static str, reached: bool) {
        *self.0.entry(branch).or_default() += u32::from(reached);
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (branch, count) in &other.0 {
            *self.0.entry(branch).or_default() += count;
        }
    }

    /// Checks that each of `expected`, and nothing else, was looked for, and reached at least so often.
    ///
    /// # Panics
    /// Naming a branch for which that is not so.
    pub fn assert_reached(&self, expected: &[&str], at_least: u32) {
        let mut names: Vec<_> = self.0.keys().copied().collect();
        let mut expected = expected.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "the branches looked for (left), the list (right)");
        for (branch, count) in &self.0 {
            assert!(*count >= at_least, "{branch} was reached {count} times: {self:?}");
        }
    }
}
