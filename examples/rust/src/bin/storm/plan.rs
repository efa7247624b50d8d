//! What happens when: the service's illness, and what the seed draws for each call.

use std::time::{Duration, Instant};

/// How the service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Healthy,
    Slow,
    HalfFailing,
    Down,
    Recovered,
}

impl Phase {
    /// In the order in which they come.
    pub const ALL: [Self; 5] =
        [Self::Healthy, Self::Slow, Self::HalfFailing, Self::Down, Self::Recovered];

    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Slow => "slow",
            Self::HalfFailing => "half failing",
            Self::Down => "down",
            Self::Recovered => "recovered",
        }
    }

    /// How long a call of average effort keeps a worker.
    pub fn work(self) -> Duration {
        Duration::from_millis(match self {
            Self::Healthy | Self::Recovered => 20,
            // With eight workers 100 calls per second: half of what the load asks for unless told otherwise.
            Self::Slow | Self::HalfFailing => 80,
            // Whatever the service needs does not answer; it waits that long before it says so.
            Self::Down => 1000,
        })
    }

    /// The share of the calls that the service answers with an error.
    pub fn failing(self) -> f64 {
        match self {
            Self::Healthy | Self::Slow | Self::Recovered => 0.0,
            Self::HalfFailing => 0.5,
            Self::Down => 1.0,
        }
    }
}

/// When each phase is.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub start: Instant,
    /// How long each phase lasts; the last one also holds for ever after.
    pub phase: Duration,
}

impl Script {
    /// The phase of the instant `at` after the start.
    pub fn phase_of(&self, at: Duration) -> Phase {
        let index = (at.as_nanos() / self.phase.as_nanos()) as usize;
        Phase::ALL[index.min(Phase::ALL.len() - 1)]
    }

    pub fn phase_now(&self) -> Phase {
        self.phase_of(self.start.elapsed())
    }

    pub fn length(&self) -> Duration {
        self.phase * Phase::ALL.len() as u32
    }
}

/// One call, the same for both services.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// When it is meant to leave, from the start on.
    pub at: Duration,
    /// The work it is, as a multiple of the average; 0.5 to 1.5.
    pub effort: f64,
    /// It fails where less than this share would pass; 0 to 1.
    pub luck: f64,
}

#[derive(Debug)]
pub struct Plan {
    pub script: Script,
    pub calls: Vec<Call>,
}

impl Plan {
    /// Draws the calls of a storm: a Poisson process of `rate` per second.
    pub fn drawn(random: &mut fastrand::Rng, rate: u32, script: Script) -> Self {
        let mut calls = Vec::new();
        let mut at = 0.0;
        loop {
            at -= (1.0 - random.f64()).ln() / f64::from(rate);
            let due = Duration::from_secs_f64(at);
            if due >= script.length() {
                return Self { script, calls };
            }
            calls.push(Call { at: due, effort: 0.5 + random.f64(), luck: random.f64() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        Script { start: Instant::now(), phase: Duration::from_secs(2) }
    }

    fn drawn(seed: u64) -> Vec<Call> {
        Plan::drawn(&mut fastrand::Rng::with_seed(seed), 500, script()).calls
    }

    #[test]
    fn a_seed_always_draws_the_same_calls_and_another_one_others() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn calls_come_in_order_at_the_rate_until_the_end() {
        let calls = drawn(1);
        assert!(calls.is_sorted_by_key(|call| call.at));
        assert!(calls.iter().all(|call| call.at < script().length()));
        // 5000 on average; 350 are five standard deviations.
        assert!(calls.len().abs_diff(5000) < 350, "{}", calls.len());
    }

    #[test]
    fn phases_follow_one_another_and_the_last_one_stays() {
        let phases = [0, 1, 2, 5, 6, 8, 9, 100];
        let phases = phases.map(|second| script().phase_of(Duration::from_secs(second)));
        use Phase::{Down, HalfFailing, Healthy, Recovered, Slow};
        assert_eq!(
            phases,
            [Healthy, Healthy, Slow, HalfFailing, Down, Recovered, Recovered, Recovered]
        );
    }
}
