//! The C library gives the answers of the vectors to C programs; those of the token bucket are in `vectors.rs`.

mod c_program;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use c_program::c_program;
use resil_tests::timeline::integer;
use resil_tests::ulps::agree;
use toml::{Table, Value};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One timeline as the C program reads it, and what it must answer.
struct Script {
    name: String,
    text: String,
    expected: Vec<String>,
}

/// The timelines of a file; `head` makes the words that follow the name.
fn scripts(file: &str, head: impl Fn(&Table) -> String) -> Vec<Script> {
    tables(file).iter().map(|timeline| script(timeline, &head, timed)).collect()
}

fn tables(file: &str) -> Vec<Table> {
    let file = here().join("vectors").join(file);
    let text = std::fs::read_to_string(&file).unwrap();
    let table: Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let timelines = table["timeline"].as_array().unwrap();
    timelines.iter().map(|timeline| timeline.as_table().unwrap().clone()).collect()
}

/// `expand` makes a step and its answer what the C program reads and prints.
fn script(
    timeline: &Table,
    head: impl Fn(&Table) -> String,
    expand: impl Fn(&Table, &str, &str) -> (String, String),
) -> Script {
    let name = timeline["name"].as_str().unwrap().to_owned();
    let mut text = format!("timeline {name} {}\n", head(timeline));
    let mut expected = Vec::new();
    for line in timeline["steps"].as_str().unwrap().lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (step, answer) = line.split_once("->").expect("a step has an answer");
        let (step, answer) = expand(timeline, step.trim(), answer.trim());
        text += &step;
        text.push('\n');
        expected.push(answer);
    }
    Script { name, text: text + "end\n", expected }
}

/// The words with every duration, which the files count in units, in nanoseconds.
fn in_ns(words: &str, unit: i64) -> String {
    let words: Vec<_> = words.split_whitespace().collect();
    let is_duration = |index: usize| {
        let before = |back: usize| index.checked_sub(back).map(|index| words[index]);
        matches!(before(1), Some("retry_after" | "ready_after" | "reset_after"))
            || before(2) == Some("try_reserve_within")
    };
    let spelled = words.iter().enumerate().map(|(index, word)| {
        if is_duration(index) {
            (word.parse::<i64>().unwrap() * unit).to_string()
        } else {
            (*word).to_owned()
        }
    });
    spelled.collect::<Vec<_>>().join(" ")
}

/// A step with its time in nanoseconds.
fn timed(timeline: &Table, step: &str, answer: &str) -> (String, String) {
    let (unit, start) = (integer(timeline, "unit_ns"), integer(timeline, "start_ns"));
    let (at, operation) = step.split_once(' ').expect("a step has an operation");
    let now = start + at.parse::<i64>().unwrap() * unit;
    (format!("{now} {}", in_ns(operation, unit)), in_ns(answer, unit))
}

/// A ring's step, which has no time, with nodes and keys in hexadecimal.
fn in_hexadecimal(_: &Table, step: &str, answer: &str) -> (String, String) {
    fn hexadecimal(word: &str) -> String {
        let digits = || word.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        if word.starts_with("0x") { word.to_owned() } else { format!("0x{}", digits()) }
    }
    fn all(words: &str, separator: char) -> String {
        let words: Vec<_> = words.split(separator).map(hexadecimal).collect();
        words.join(&separator.to_string())
    }
    let words: Vec<_> = step.split_whitespace().collect();
    let step = match words[..] {
        [operation, name] => format!("0 {operation} {}", hexadecimal(name)),
        ["lookup_where", key, refused] => {
            format!("0 lookup_where {} {}", hexadecimal(key), all(refused, ','))
        }
        [operation, name, number] => format!("0 {operation} {} {number}", hexadecimal(name)),
        _ => panic!("{step}"),
    };
    let is_node = words[0].starts_with("lookup") && answer != "none";
    (step, if is_node { all(answer, ' ') } else { answer.to_owned() })
}

/// Runs all scripts through one process, and shows all answers that differ.
fn compare(program: &Path, scripts: &[Script]) {
    compare_by(program, scripts, |_, got, expected| got == expected);
}

/// As `compare`, where `agree` is told a timeline's name, the answer and the expected one.
fn compare_by(program: &Path, scripts: &[Script], agree: impl Fn(&str, &str, &str) -> bool) {
    let mut child =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text: String = scripts.iter().map(|script| script.text.as_str()).collect();
    // Apart, for the program answers while it reads.
    let writer = thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let answers = String::from_utf8(output.stdout).unwrap();
    let mut answers = answers.lines();
    let mut wrong = Vec::new();
    for script in scripts {
        let steps = script.text.lines().skip(1);
        for (step, expected) in steps.zip(&script.expected) {
            let got = answers.next().expect("an answer to each step");
            if !agree(&script.name, got, expected) {
                wrong.push(format!(
                    "{}: {step}\n    expected {expected}\n    got      {got}\n",
                    script.name
                ));
            }
        }
    }
    assert_eq!(answers.next(), None, "no answers but to steps");
    let shown: String = wrong.iter().take(20).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} steps differ:\n{shown}", wrong.len());
}

/// Compares a row's program with its file, which must not have shrunk.
fn replay(file: &str, program: &str, at_least: (usize, usize), head: impl Fn(&Table) -> String) {
    let scripts = scripts(file, head);
    let steps: usize = scripts.iter().map(|script| script.expected.len()).sum();
    let there = (scripts.len(), steps);
    assert!(there.0 >= at_least.0 && there.1 >= at_least.1, "{there:?} timelines and steps");
    compare(&c_program(program), &scripts);
}

#[test]
fn the_c_library_gives_every_answer_of_the_leaky_bucket() {
    replay("leaky_bucket.toml", "replay_leaky_bucket", (15, 1_000), |timeline| {
        format!(
            "{} {} {} {}",
            timeline["kind"].as_str().unwrap(),
            integer(timeline, "permits"),
            integer(timeline, "period_ns"),
            integer(timeline, "burst")
        )
    });
}

#[test]
fn the_c_library_gives_every_answer_of_the_period_limiter() {
    replay("period_limiter.toml", "replay_period_limiter", (20, 500), |timeline| {
        format!(
            "{} {} {} {}",
            timeline["kind"].as_str().unwrap(),
            integer(timeline, "limit"),
            integer(timeline, "period_ns"),
            timeline.get("utc_offset_secs").map_or(0, |secs| secs.as_integer().unwrap())
        )
    });
}

#[test]
fn the_c_library_gives_every_answer_of_the_hash_ring() {
    let head = |timeline: &Table| {
        let virtual_nodes =
            timeline.get("virtual_nodes").map_or(0, |count| count.as_integer().unwrap());
        format!("{} {virtual_nodes}", timeline["mode"].as_str().unwrap())
    };
    let tables = tables("hash_ring.toml");
    let scripts: Vec<_> =
        tables.iter().map(|timeline| script(timeline, head, in_hexadecimal)).collect();
    let steps: usize = scripts.iter().map(|script| script.expected.len()).sum();
    assert!(scripts.len() >= 39 && steps >= 2_500, "{} timelines, {steps} steps", scripts.len());
    compare(&c_program("replay_hash_ring"), &scripts);
}

#[test]
fn the_c_library_gives_every_answer_of_the_rolling_window_and_counter() {
    replay("rolling_window.toml", "replay_rolling_window", (24, 500), |timeline| {
        format!(
            "{} {} {} {}",
            timeline["kind"].as_str().unwrap(),
            integer(timeline, "bucket_width_ns"),
            integer(timeline, "bucket_count"),
            u8::from(timeline["leave_out_current"].as_bool().unwrap())
        )
    });
}

#[test]
fn the_c_library_gives_every_answer_of_the_sre_breaker() {
    replay("sre_breaker.toml", "replay_sre_breaker", (24, 1_500), |timeline| {
        let mut head = timeline["preset"].as_str().unwrap().to_owned();
        for (key, value) in timeline {
            match value {
                _ if ["name", "about", "preset", "unit_ns", "start_ns", "tags", "steps"]
                    .contains(&key.as_str()) => {}
                Value::Integer(value) => head += &format!(" {key} {value}"),
                // The shortest text that reads back as the same double.
                Value::Float(value) => head += &format!(" {key} {value:?}"),
                value => panic!("{key} = {value} is no number"),
            }
        }
        head
    });
}

#[test]
fn the_c_library_gives_every_answer_of_the_ewma() {
    let ulps = RefCell::new(BTreeMap::new());
    let scripts = scripts("ewma.toml", |timeline| {
        let name = timeline["name"].as_str().unwrap().to_owned();
        ulps.borrow_mut().insert(name, integer(timeline, "ulps") as u64);
        let kind = timeline["kind"].as_str().unwrap();
        let warm_up = timeline.get("warm_up").map_or(0, |n| n.as_integer().unwrap());
        match (timeline.get("alpha"), timeline.get("age")) {
            (Some(alpha), _) => format!("{kind} {:?} {warm_up}", alpha.as_float().unwrap()),
            (_, Some(age)) => format!("{kind}_with_age {:?} {warm_up}", age.as_float().unwrap()),
            _ => format!("{kind} {} {warm_up}", integer(timeline, "time_constant_ns")),
        }
    });
    let steps: usize = scripts.iter().map(|script| script.expected.len()).sum();
    assert!(scripts.len() >= 40 && steps >= 1_300, "{} timelines, {steps} steps", scripts.len());
    let ulps = ulps.into_inner();
    let near = |name: &str, got: &str, expected: &str| agree(got, expected, ulps[name]);
    compare_by(&c_program("replay_ewma"), &scripts, near);
}
