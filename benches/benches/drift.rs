//! How the counter's clock drifts against the kernel's: in this process over its whole run, and in processes of their
//! own, since each calibrates anew.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use resil_benches::results::Results;
use resil_core::{Clock, MonotonicClock, QuantaClock};

/// As long as is promised to have been looked at.
const MINUTE: f64 = 60.0;
/// Processes that calibrate, and how long each looks.
const PROCESSES: usize = 8;
const EACH: Duration = Duration::from_secs(5);
/// Apart from each other by more than a calibration takes.
const APART: Duration = Duration::from_millis(300);

/// Counter and kernel clock, read as near to each other as can be had.
pub struct Pair {
    kernel: f64,
    counter: f64,
}

impl Pair {
    /// The closest of many tries.
    pub fn now() -> Self {
        let clock = QuantaClock::new();
        let tries = (0..1_000).map(|_| {
            let before = MonotonicClock.now().as_nanos();
            let counter = clock.now().as_nanos();
            let after = MonotonicClock.now().as_nanos();
            (after - before, before, counter)
        });
        let (apart, before, counter) = tries.min().expect("some tries");
        Self { kernel: before as f64 + apart as f64 / 2.0, counter: counter as f64 }
    }

    /// By how many millionths the counter ran ahead of the kernel clock since `earlier`, and the seconds since.
    fn drift_since(&self, earlier: &Self) -> (f64, f64) {
        let kernel = self.kernel - earlier.kernel;
        (((self.counter - earlier.counter) / kernel - 1.0) * 1e6, kernel / 1e9)
    }
}

/// In a process started by `measured`: prints the drift of a short while.
pub fn print_drift() {
    let start = Pair::now();
    sleep(EACH);
    println!("{}", Pair::now().drift_since(&start).0);
}

/// The drift since `start`, after a minute at least, and that of other processes.
pub fn measured(start: &Pair, results: &mut Results) {
    let (_, seconds) = Pair::now().drift_since(start);
    sleep(Duration::from_secs_f64((MINUTE - seconds).max(0.0)));
    let (drift, seconds) = Pair::now().drift_since(start);
    results.note("drift", format!("this process, over {seconds:.0} s"), drift);
    let program = std::env::current_exe().expect("a program knows its path");
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            sleep(APART);
            Command::new(&program).arg("--drift").stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (number, child) in children.into_iter().enumerate() {
        let printed = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let what = format!("process {}, over {} s", number + 1, EACH.as_secs());
        results.note("drift", what, printed.trim().parse().expect("a number"));
    }
}
