//! Two processes share one limit, and Redis is killed under them.
//!
//!     shared_limit            # starts a redis-server of its own, and itself twice more
//!
//! Each of the two asks as fast as it is allowed to; every half second it says how often it was granted, and by
//! whom. After two seconds the server is killed, two seconds later it is back, empty. What was granted in all is
//! compared with what the limit promises, outage included; the exit code is 1 if it is more.

mod server;

use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_redis::{Members, Options, Source, Store, TokenBucket};
use server::Server;

const RATE: u32 = 100;
const BURST: u32 = 20;
const PROCESSES: u32 = 2;
const STEP: Duration = Duration::from_millis(500);
const STEPS: u32 = 12;
/// Tries are half a second apart at most; and this machine may be busy.
const DISAGREE: Duration = Duration::from_millis(750);
/// The steps at which the server is killed, and started again.
const KILLED: u32 = 4;
const BACK: u32 = 8;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => watch(),
        [url] => {
            ask(url);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("shared_limit: no arguments (it starts itself with a URL)");
            ExitCode::from(2)
        }
    }
}

/// One of the two: asks, and prints `store rescue` for each step.
fn ask(url: &str) {
    let members = Members::Fixed(NonZeroU32::new(PROCESSES).expect("not 0"));
    let store = Store::open_with(url, Options::default().with_members(members)).expect("a URL");
    let quota = Quota::per_second(RATE).and_then(|it| it.with_burst(BURST)).expect("a quota");
    let bucket = TokenBucket::new(&store, "shared", quota).expect("a plain name");
    let _ = store.wait_until_up(Duration::from_secs(5));
    let begin = Instant::now();
    for step in 1..=STEPS {
        let (mut by_store, mut by_rescue) = (0, 0);
        while begin.elapsed() < STEP * step {
            let answer = bucket.try_acquire("everybody", 1);
            match (answer.is_granted(), answer.source) {
                (true, Source::Store) => by_store += 1,
                (true, _) => by_rescue += 1,
                (false, _) => thread::sleep(Duration::from_millis(1)),
            }
        }
        println!("{by_store} {by_rescue}");
    }
}

/// Starts the server and the two, kills the server and starts it again, and sums up.
fn watch() -> ExitCode {
    let mut server = match Server::start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("shared_limit: redis-server does not start: {error}");
            return ExitCode::from(2);
        }
    };
    let url = server.url();
    let begin = Instant::now();
    let children: Vec<Child> = (0..PROCESSES).map(|_| itself(&url)).collect();
    let readers: Vec<_> = children
        .into_iter()
        .map(|mut child| {
            thread::spawn(move || {
                let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
                let steps: Vec<(u32, u32)> = lines.map_while(Result::ok).map(numbers).collect();
                let _ = child.wait();
                steps
            })
        })
        .collect();
    thread::sleep(STEP * KILLED);
    server.kill();
    println!("{:4.1} s: the server is killed", begin.elapsed().as_secs_f64());
    thread::sleep(STEP * (BACK - KILLED));
    if let Err(error) = server.restart() {
        eprintln!("shared_limit: the server does not come back: {error}");
    }
    println!("{:4.1} s: the server is back, without its data", begin.elapsed().as_secs_f64());
    let steps: Vec<_> = readers.into_iter().map(|it| it.join().unwrap_or_default()).collect();
    let seconds = begin.elapsed().as_secs_f64();

    println!("\n  until   first: store rescue   second: store rescue   together");
    let mut granted = 0;
    for step in 0..STEPS as usize {
        let of = |process: usize| steps[process].get(step).copied().unwrap_or_default();
        let ((a, b), (c, d)) = (of(0), of(1));
        granted += a + b + c + d;
        let until = STEP.as_secs_f64() * (step + 1) as f64;
        println!("  {until:4.1} s {a:18} {b:6} {c:17} {d:6} {:13}", a + b + c + d);
    }
    // A burst at first, one of the shares when the server goes, one when it comes back empty; and the rate twice
    // while one of the two knows already that it is back, and the other not yet.
    let most = f64::from(RATE) * (seconds + DISAGREE.as_secs_f64()) + f64::from(3 * BURST);
    println!("\n{granted} granted in {seconds:.1} s; at most {most:.0} were promised");
    let asked_both = steps.iter().all(|steps| steps.len() == STEPS as usize);
    ExitCode::from(u8::from(f64::from(granted) > most || !asked_both))
}

fn itself(url: &str) -> Child {
    let program = std::env::current_exe().expect("a program has a path");
    Command::new(program).arg(url).stdout(Stdio::piped()).spawn().expect("it starts again")
}

fn numbers(line: String) -> (u32, u32) {
    let mut words = line.split(' ').map(|word| word.parse().unwrap_or(0));
    (words.next().unwrap_or(0), words.next().unwrap_or(0))
}
