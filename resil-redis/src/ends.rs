//! Until when somebody waits.

use std::time::{Duration, Instant};

/// Longer than any wait.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// `wait` from now; a hundred years from now where that is beyond the end of the clock.
pub(crate) fn after(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or_else(|| now + CENTURY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_without_end_ends_in_a_hundred_years() {
        let day = Duration::from_secs(24 * 3600);
        let now = Instant::now();
        assert!(after(day) >= now + day && after(day) < now + 2 * day);
        assert!(
            after(Duration::MAX) >= now + CENTURY && after(Duration::MAX) < now + CENTURY + day
        );
    }
}
