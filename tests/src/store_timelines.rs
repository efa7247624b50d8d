//! Which of the timelines that every column replays a store can replay, and why not the others.
//!
//! A store counts whole microseconds, knows no change of quota and no fill at first, and from first use begins its
//! windows anew.

use std::collections::BTreeMap;
use std::time::Duration;

use resil_core::Denied;
use resil_core::remote::reply::Reply;
use toml::Table;

use crate::timeline::{Step, integer, steps};
use crate::vectors::{Operation, Timeline};

/// How many timelines were left out, by the reason, and how many steps were replayed.
#[derive(Debug, Default, PartialEq)]
pub struct Tally {
    /// Left out, by the reason.
    pub not_lua: BTreeMap<&'static str, usize>,
    /// Replayed.
    pub timelines: usize,
    /// Their steps.
    pub steps: usize,
}

impl Tally {
    /// Counts a timeline; whether there is a reason to leave it out.
    pub fn leaves_out(&mut self, reason: Option<&'static str>) -> bool {
        match reason {
            Some(reason) => *self.not_lua.entry(reason).or_default() += 1,
            None => self.timelines += 1,
        }
        reason.is_some()
    }

    /// Compares with what was counted when somebody judged.
    ///
    /// # Panics
    /// Where the file has changed.
    pub fn assert(&self, not_lua: &[(&'static str, usize)], timelines: usize, steps: usize) {
        let not_lua = not_lua.iter().copied().collect();
        assert_eq!(
            *self,
            Self { not_lua, timelines, steps },
            "the file changed: judge, then count"
        );
    }
}

fn micros(nanos: u64) -> Option<u64> {
    nanos.is_multiple_of(1_000).then_some(nanos / 1_000)
}

/// An answer as timelines write it; `granted` writes what was granted.
pub fn shown<T>(answer: &Result<T, Denied>, granted: impl Fn(&T) -> String) -> String {
    match answer {
        Ok(value) => granted(value),
        Err(Denied::RetryAfter(wait)) => format!("retry_after {}", wait.as_nanos()),
        Err(Denied::ExceedsLimit) => "exceeds_limit".into(),
    }
}

/// Why a timeline of the token bucket is none for a store.
#[must_use]
pub fn token_bucket_not_lua(timeline: &Timeline) -> Option<&'static str> {
    let steps = &timeline.steps;
    let whole = |nanos| micros(nanos).is_some();
    if steps.iter().any(|step| matches!(step.operation, Operation::SetQuota { .. })) {
        Some("carry-over")
    } else if !steps.iter().all(|step| {
        let timeout = match step.operation {
            Operation::Reserve { timeout_ns, .. } => timeout_ns,
            _ => None,
        };
        whole(step.now_ns) && whole(step.answer.wait_ns().unwrap_or(0)) && timeout.is_none_or(whole)
    }) || timeline.tags.iter().any(|tag| tag == "ns" || tag == "rounded")
    {
        Some("nanoseconds")
    } else if timeline.initial.is_some() {
        Some("a first fill")
    } else if !steps.is_sorted_by_key(|step| step.now_ns) {
        Some("a step back")
    } else {
        None
    }
}

/// A timeline of the tables that have no reader of their own.
#[derive(Debug)]
pub struct Steps<'a> {
    /// What durations count in.
    pub unit_us: u64,
    /// Its steps, as (us, words, answer).
    pub steps: Vec<(u64, Vec<&'a str>, &'a str)>,
}

impl<'a> Steps<'a> {
    /// `None` where it needs nanoseconds.
    ///
    /// # Panics
    /// Where the timeline is none.
    #[must_use]
    pub fn read(timeline: &'a Table) -> Option<Self> {
        let whole = |key| micros(integer(timeline, key).try_into().unwrap());
        let (unit_us, _) = (whole("unit_ns")?, whole("start_ns")?);
        let of_micros = |step: Step<'a>| (step.now.as_nanos() / 1_000, step.words, step.answer);
        Some(Self { unit_us, steps: steps(timeline).map(of_micros).collect() })
    }

    fn steps_back(&self) -> bool {
        !self.steps.is_sorted_by_key(|(now_us, ..)| *now_us)
    }

    /// A duration as the timeline counts it.
    ///
    /// # Panics
    /// Where that is no whole number.
    #[must_use]
    pub fn in_units(&self, duration: Duration) -> u128 {
        let micros = duration.as_micros();
        assert_eq!(micros % u128::from(self.unit_us), 0, "{micros} us are no whole units");
        micros / u128::from(self.unit_us)
    }

    /// As [`shown`], waits in the timeline's unit.
    pub fn shown<T>(&self, answer: &Result<T, Denied>, granted: impl Fn(&T) -> String) -> String {
        match answer {
            Err(Denied::RetryAfter(wait)) => format!("retry_after {}", self.in_units(*wait)),
            answer => shown(answer, granted),
        }
    }

    /// What a look says is left.
    pub fn left<T>(&self, reply: &Reply<T>) -> String {
        let reset_after = self.in_units(reply.reset_after);
        format!(" remaining {} reset_after {reset_after}", reply.remaining)
    }
}

/// The timelines of a file.
///
/// # Panics
/// Where it has none.
#[must_use]
pub fn tables(text: &str) -> Vec<Table> {
    let file: Table = text.parse().unwrap();
    file["timeline"].as_array().unwrap().iter().map(|it| it.as_table().unwrap().clone()).collect()
}

/// A number of a timeline's.
///
/// # Panics
/// Where there is none, or another.
#[must_use]
pub fn number<T: TryFrom<i64>>(timeline: &Table, key: &str) -> T {
    T::try_from(timeline[key].as_integer().unwrap()).ok().expect(key)
}

/// Why a timeline of the leaky bucket is none for a store.
#[must_use]
pub fn leaky_bucket_not_lua(timeline: &Table) -> Option<&'static str> {
    match Steps::read(timeline) {
        None => Some("nanoseconds"),
        Some(steps) if steps.steps_back() => Some("a step back"),
        Some(_) => None,
    }
}

/// Why a timeline of the period limiter is none for a store.
#[must_use]
pub fn period_limiter_not_lua(timeline: &Table) -> Option<&'static str> {
    let period_us = micros(number(timeline, "period_ns"));
    match (Steps::read(timeline), period_us) {
        (Some(steps), Some(_)) if steps.steps_back() => Some("a step back"),
        (Some(steps), Some(period_us))
            if timeline["kind"].as_str() == Some("from_first_use") && rests(&steps, period_us) =>
        {
            Some("an idle window from first use")
        }
        (Some(_), Some(_)) => None,
        _ => Some("nanoseconds"),
    }
}

/// Whether a window of a limiter that counts from first use begins anywhere but where the one before ended.
fn rests(steps: &Steps, period_us: u64) -> bool {
    let mut start = None;
    steps.steps.iter().any(|(now_us, words, answer)| {
        if let Some(begin) = start {
            let windows = (now_us - begin) / period_us;
            start = Some(begin + windows * period_us);
            return windows > 1 || (windows == 1 && start != Some(*now_us));
        }
        if words[0] == "try_acquire" && words[1] != "0" && answer.starts_with("granted") {
            start = Some(*now_us);
        }
        false
    })
}
