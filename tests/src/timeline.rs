//! The steps of a timeline as the files of `tests/vectors` write them: instant, words, arrow, answer.

use resil_core::Instant;
use toml::Table;

/// A step.
#[derive(Debug)]
pub struct Step<'a> {
    /// When.
    pub now: Instant,
    /// What is asked, with its arguments.
    pub words: Vec<&'a str>,
    /// What it must be answered.
    pub answer: &'a str,
    /// All of it, to show.
    pub line: &'a str,
}

/// A number of a timeline.
///
/// # Panics
/// Where it has none of that name.
#[must_use]
pub fn integer(timeline: &Table, key: &str) -> i64 {
    timeline[key].as_integer().unwrap_or_else(|| panic!("{key} is an integer"))
}

/// The steps of a timeline, in order.
///
/// # Panics
/// At a line that is none, so that nothing is passed over.
pub fn steps(timeline: &Table) -> impl Iterator<Item = Step<'_>> {
    let (start, unit) = (integer(timeline, "start_ns"), integer(timeline, "unit_ns"));
    timeline["steps"].as_str().expect("steps are text").lines().map(move |line| {
        let (step, answer) = line.split_once("->").expect("a step has an answer");
        let mut words = step.split_whitespace();
        let at: i64 = words.next().and_then(|at| at.parse().ok()).expect("a step has an instant");
        let now = u64::try_from(start + at * unit).ok().and_then(Instant::from_nanos);
        Step { now: now.expect("an instant"), words: words.collect(), answer: answer.trim(), line }
    })
}
