//! Replays a web log through a rate limit and says what that limit would have done.
//!
//! Every client address gets a token bucket of its own, which is told the time by the log: nothing here reads
//! a clock, so ten thousand requests of four days are decided in a few milliseconds, always alike.
//!
//! ```text
//! cargo run --release -p resil-examples --bin replay -- --rate 1/10s --burst 5 access.log
//! ```
//!
//! Output: one line of JSON. Exit code 2, with one line on stderr, if the arguments or the file are no good.

mod access_log;
mod rate;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use resil_core::{Instant, Quota, TokenBucket};
use serde::Serialize;

use rate::Rate;

/// How many of the most denied clients are named.
const TOP: usize = 5;

/// Says what a rate limit for each client address would have done to a web log.
#[derive(Parser)]
#[command(name = "replay", args_override_self = true, infer_long_args = true)]
struct Arguments {
    /// Permits per period, in ms, s, m or h: 100/s, 1/10s, 5/250ms
    #[arg(long, default_value = "1/10s", allow_hyphen_values = true)]
    rate: Rate,
    /// The most requests that one instant can be granted
    #[arg(long, default_value = "5", allow_hyphen_values = true, value_parser = rate::whole_number::<u32>)]
    burst: u32,
    /// A web log in the combined format of Apache and nginx
    log: PathBuf,
}

/// What is read from the log: who asked, and when.
#[derive(Default)]
struct Requests {
    /// When, and the client's place in `addresses`; in the order of the file.
    requests: Vec<(Instant, usize)>,
    addresses: Vec<String>,
    skipped_lines: u64,
}

/// One client and its limit.
struct Client<'a> {
    address: &'a str,
    bucket: TokenBucket,
    denied: u64,
}

/// What the limit would have done; the fields are written in this order.
#[derive(Serialize)]
struct Summary<'a> {
    requests: u64,
    granted: u64,
    denied: u64,
    skipped_lines: u64,
    clients: usize,
    limited_clients: usize,
    top: Vec<(&'a str, u64)>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => error.exit(), // --help
        Err(error) => return fail(&first_paragraph(&error.to_string())),
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("replay: {message}");
    ExitCode::from(2)
}

/// What is wrong, in one line: clap's usage and tips follow after an empty one.
fn first_paragraph(text: &str) -> String {
    let words = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
    let line = words.collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").map(str::to_owned).unwrap_or(line)
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let Arguments { rate, burst, log } = arguments;
    let quota = Quota::new(rate.permits, rate.period, *burst)
        .map_err(|error| format!("--rate {rate} --burst {burst}: {error}"))?;
    let requests = read(log).map_err(|error| format!("{}: {error}", log.display()))?;

    let json =
        serde_json::to_string(&replay(&requests, quota)).map_err(|error| error.to_string())?;
    writeln!(io::stdout(), "{json}").map_err(|error| format!("stdout: {error}"))
}

/// Reads a log. Lines that are no request with a valid date are counted.
fn read(log: &Path) -> io::Result<Requests> {
    let mut log = BufReader::new(File::open(log)?);
    let mut read = Requests::default();
    let mut clients: HashMap<String, usize> = HashMap::new();
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line)? > 0 {
        match access_log::parse(&line) {
            Some((address, at)) => {
                let next = clients.len();
                let client = *clients.entry(address.to_owned()).or_insert(next);
                if client == next {
                    read.addresses.push(address.to_owned());
                }
                read.requests.push((at, client));
            }
            None => read.skipped_lines += 1,
        }
        line.clear();
    }
    // Stable: requests of one second stay in the order of the file.
    read.requests.sort_by_key(|&(at, _)| at);
    Ok(read)
}

/// Asks each client's bucket for each of its requests.
fn replay(read: &Requests, quota: Quota) -> Summary<'_> {
    let limited = |address| Client { address, bucket: TokenBucket::new(quota), denied: 0 };
    let mut clients: Vec<Client<'_>> = read.addresses.iter().map(|it| limited(it)).collect();
    let mut granted = 0;
    for &(at, client) in &read.requests {
        let client = &mut clients[client];
        match client.bucket.try_acquire_at(at, 1) {
            Ok(()) => granted += 1,
            Err(_) => client.denied += 1,
        }
    }

    let mut limited: Vec<_> = clients.iter().filter(|client| client.denied > 0).collect();
    limited.sort_by_key(|client| (Reverse(client.denied), client.address));
    Summary {
        requests: read.requests.len() as u64,
        granted,
        denied: limited.iter().map(|client| client.denied).sum(),
        skipped_lines: read.skipped_lines,
        clients: clients.len(),
        limited_clients: limited.len(),
        top: limited.iter().take(TOP).map(|client| (client.address, client.denied)).collect(),
    }
}
