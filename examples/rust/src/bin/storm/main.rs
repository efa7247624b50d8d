//! What a breaker saves: the same load on two services that fall ill alike, bare and behind an `SreBreaker`.
//!
//! Real HTTP on loopback. The load is open: calls leave when the seed says, whatever became of those before,
//! and what the caller saw counts from the instant a call was meant to leave. Both services run at the same
//! time, on threads of their own, and each call meets the same effort and luck at both, so that whatever
//! else the machine does happens to both.
//!
//! ```text
//! cargo run --release -p resil-examples --bin storm -- --seed 1 --json storm.json
//! ```
//!
//! Output: a table, and the records of all calls in a file. Times are measured, so no two runs print quite
//! the same; arrivals, efforts, failures and the breaker's draws follow from the seed.

mod client;
mod plan;
mod records;
mod report;
mod service;

use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use clap::value_parser;
use resil_core::{SreBreaker, SreBreakerConfig};

use client::{Lane, SeededDraw};
use plan::{Plan, Script};
use records::{Records, Settings};

/// Until the first call: time for threads to start.
const HEAD_START: Duration = Duration::from_millis(200);

/// Shows what a breaker saves: one storm, with and without it.
#[derive(Parser)]
#[command(name = "storm")]
struct Arguments {
    /// What arrivals, efforts, failures and the breaker's draws follow from
    #[arg(long, default_value = "1")]
    seed: u64,
    /// Calls per second, on average, to each service
    #[arg(long, default_value = "200", value_parser = value_parser!(u32).range(1..=2000))]
    rate: u32,
    /// Milliseconds that each of the five phases lasts
    #[arg(long, default_value = "5000", value_parser = value_parser!(u64).range(100..=600_000))]
    phase_ms: u64,
    /// Milliseconds until a caller gives up
    #[arg(long, default_value = "500", value_parser = value_parser!(u64).range(1..=60_000))]
    timeout_ms: u64,
    /// Milliseconds that a bucket of the breaker's window is wide
    #[arg(long, default_value = "100")]
    bucket_ms: u64,
    /// Buckets in the breaker's window
    #[arg(long, default_value = "20")]
    buckets: u32,
    /// Where to write the records
    #[arg(long)]
    json: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("storm: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let settings = Settings {
        seed: arguments.seed,
        rate: arguments.rate,
        phase_ms: arguments.phase_ms,
        timeout_ms: arguments.timeout_ms,
        bucket_ms: arguments.bucket_ms,
        buckets: arguments.buckets,
        workers: service::WORKERS,
        queue: service::QUEUE,
    };
    let config = SreBreakerConfig::go_zero_1_3()
        .with_window(Duration::from_millis(settings.bucket_ms), settings.buckets);
    let mut random = fastrand::Rng::with_seed(settings.seed);
    let breaker = SreBreaker::new(config)
        .map_err(|error| format!("--bucket-ms, --buckets: {error}"))?
        .with_draw(SeededDraw::new(random.fork()));
    // Before the storm, so that a mistyped path costs no half minute.
    fs::write(&arguments.json, "")
        .map_err(|error| format!("{}: {error}", arguments.json.display()))?;
    let mut out = io::stdout();
    report::write_settings(&mut out, &settings).map_err(|error| format!("stdout: {error}"))?;

    let script = Script {
        start: Instant::now() + HEAD_START,
        phase: Duration::from_millis(settings.phase_ms),
    };
    let plan = Arc::new(Plan::drawn(&mut random, settings.rate, script));
    let timeout = Duration::from_millis(settings.timeout_ms);
    let lanes = [
        Lane::bare(service::start(&plan)?, timeout),
        Lane::guarded(service::start(&plan)?, timeout, breaker),
    ];
    let every = Duration::from_millis(settings.bucket_ms);
    let ([bare, guarded], drop_ratio) = client::storm(&plan, lanes, every)?;

    let phases = records::spans(&script);
    let records = Records { settings, phases, bare, guarded, drop_ratio };
    fs::write(&arguments.json, serde_json::to_string(&records)?)
        .map_err(|error| format!("{}: {error}", arguments.json.display()))?;
    report::write(&mut out, &records).map_err(|error| format!("stdout: {error}"))?;
    Ok(())
}
