//! The timelines that a store can replay, through the C library and a client of the C program's own, on a real server.

mod c_program;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use c_program::c_program;
use resil_tests::redis_server::RedisServer;
use resil_tests::store_timelines::{
    Steps, leaky_bucket_not_lua, number, period_limiter_not_lua, tables, token_bucket_not_lua,
};
use resil_tests::vectors::timelines;
use toml::Table;

/// What the program reads, and the answers that it must print, each with its place.
#[derive(Default)]
struct Script {
    text: String,
    expected: Vec<(String, String)>,
    timelines: usize,
}

impl Script {
    fn begin(&mut self, head: &str) {
        self.text += &format!("timeline {head}\n");
        self.timelines += 1;
    }

    fn step(&mut self, name: &str, step: &str, answer: String) {
        self.text += &format!("{step}\n");
        self.expected.push((format!("{name}: {step}"), answer));
    }

    fn end(&mut self) {
        self.text += "end\n";
    }

    /// Adds a timeline of a table; `kind` and what it is made of are words of its head.
    fn add(&mut self, timeline: &Table, made_of: &str) {
        let (steps, name) = (Steps::read(timeline).unwrap(), timeline["name"].as_str().unwrap());
        let unit_ns = steps.unit_us * 1_000;
        self.begin(&format!("{name} {} {made_of}", timeline["kind"].as_str().unwrap()));
        for (now_us, words, answer) in &steps.steps {
            let words = in_ns(words, unit_ns);
            let answer: Vec<_> = answer.split_whitespace().collect();
            self.step(name, &format!("{} {words}", now_us * 1_000), in_ns(&answer, unit_ns));
        }
        self.end();
    }
}

/// The words with every duration, which tables count in units, in nanoseconds.
fn in_ns(words: &[&str], unit_ns: u64) -> String {
    let is_duration = |index: usize| {
        let before = |back: usize| index.checked_sub(back).map(|index| words[index]);
        matches!(before(1), Some("retry_after" | "ready_after" | "reset_after"))
            || before(2) == Some("try_reserve_within")
    };
    let spelled = words.iter().enumerate().map(|(index, word)| match is_duration(index) {
        true => (word.parse::<u64>().unwrap() * unit_ns).to_string(),
        false => (*word).to_owned(),
    });
    spelled.collect::<Vec<_>>().join(" ")
}

fn answers(program: &Path, port: u16, text: String) -> Vec<String> {
    let mut command = Command::new(program);
    command.arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Apart, for the program answers while it reads.
    let writer = thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_c_library_gives_every_answer_of_the_timelines_that_a_store_can_replay() {
    let Some(server) = RedisServer::start("timelines in a store, through C") else { return };
    let mut script = Script::default();
    for timeline in timelines(include_str!("vectors/token_bucket.toml")).unwrap() {
        if token_bucket_not_lua(&timeline).is_some() {
            continue;
        }
        let (name, permits) = (&timeline.name, timeline.permits);
        let (period_ns, burst) = (timeline.period_ns, timeline.burst);
        script.begin(&format!("{name} token_bucket {permits} {period_ns} {burst}"));
        for step in &timeline.steps {
            let line = format!("{} {}", step.now_ns, step.operation);
            script.step(name, &line, step.answer.to_string());
        }
        script.end();
    }
    for timeline in tables(include_str!("vectors/leaky_bucket.toml")) {
        if leaky_bucket_not_lua(&timeline).is_none() {
            let number = |key| number::<u64>(&timeline, key);
            let (permits, period_ns, burst) =
                (number("permits"), number("period_ns"), number("burst"));
            script.add(&timeline, &format!("{permits} {period_ns} {burst}"));
        }
    }
    for timeline in tables(include_str!("vectors/period_limiter.toml")) {
        if period_limiter_not_lua(&timeline).is_none() {
            let offset = timeline.get("utc_offset_secs").map_or(0, |it| it.as_integer().unwrap());
            let (limit, period_ns) =
                (number::<u64>(&timeline, "limit"), number::<u64>(&timeline, "period_ns"));
            script.add(&timeline, &format!("{limit} {period_ns} {offset}"));
        }
    }
    // As many as tests/store_vectors.rs counts.
    assert_eq!((script.timelines, script.expected.len()), (36, 1_767));
    let got = answers(&c_program("replay_redis"), server.port(), script.text);
    assert_eq!(got.len(), script.expected.len(), "an answer to each step");
    let differ = script.expected.iter().zip(&got).filter(|((_, expected), got)| expected != *got);
    let wrong: Vec<_> = differ
        .map(|((place, expected), got)| {
            format!("{place}\n    expected {expected}\n    got      {got}\n")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} steps differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].concat()
    );
}
