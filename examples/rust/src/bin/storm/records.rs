//! What is written to the file.

use serde::Serialize;

use crate::plan::{Phase, Script};

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The service answered 200 in time.
    Good,
    /// It answered something else, or the connection broke.
    Failed,
    /// Its caller gave up.
    TimedOut,
    /// The breaker kept it back.
    Refused,
}

impl Outcome {
    /// It reached the service, or tried to, for nothing.
    pub fn is_wasted(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Record {
    /// When it was meant to leave, in seconds from the start.
    pub at_s: f64,
    pub outcome: Outcome,
    /// From then until the caller knew.
    pub seen_ms: f64,
    /// From then until it did leave: what the machine is to blame for.
    pub late_ms: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ratio {
    pub at_s: f64,
    pub drop_ratio: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Settings {
    pub seed: u64,
    pub rate: u32,
    pub phase_ms: u64,
    pub timeout_ms: u64,
    pub bucket_ms: u64,
    pub buckets: u32,
    pub workers: usize,
    pub queue: usize,
}

impl Settings {
    pub fn window_s(&self) -> f64 {
        (self.bucket_ms * u64::from(self.buckets)) as f64 / 1e3
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Span {
    pub phase: &'static str,
    pub from_s: f64,
    pub to_s: f64,
}

#[derive(Debug, Serialize)]
pub struct Records {
    pub settings: Settings,
    pub phases: Vec<Span>,
    pub bare: Vec<Record>,
    pub guarded: Vec<Record>,
    /// What the breaker would refuse, over time.
    pub drop_ratio: Vec<Ratio>,
}

pub fn spans(script: &Script) -> Vec<Span> {
    let phase_s = script.phase.as_secs_f64();
    let span = |(index, phase): (usize, Phase)| Span {
        phase: phase.name(),
        from_s: index as f64 * phase_s,
        to_s: (index + 1) as f64 * phase_s,
    };
    Phase::ALL.into_iter().enumerate().map(span).collect()
}
