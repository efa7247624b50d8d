//! Every column gives the answers of `vectors/token_bucket.toml`.

mod c_program;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use c_program::c_program;
use resil_tests::token_bucket_front::{At, Front, OnClock, Pure, quota};
use resil_tests::token_bucket_model::Model;
use resil_tests::vectors::{Timeline, timelines};
use resil_tests::written::assert_written_by_its_script;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn token_bucket() -> Vec<Timeline> {
    let file = here().join("vectors/token_bucket.toml");
    let text = fs::read_to_string(&file).unwrap();
    timelines(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Compares answers with the file's, and shows all that differ.
fn compare(name: &str, answers: impl Fn(&Timeline) -> Vec<String>) {
    let mut wrong = Vec::new();
    for timeline in &token_bucket() {
        let answers = answers(timeline);
        assert_eq!(answers.len(), timeline.steps.len(), "{name}: {}: answers", timeline.name);
        for (step, got) in timeline.steps.iter().zip(answers) {
            let expected = step.answer.to_string();
            if got != expected {
                wrong.push(format!(
                    "{} (line {}): {} {}\n    expected {expected}\n    got      {got}",
                    timeline.name, step.line, step.now_ns, step.operation
                ));
            }
        }
    }
    let list = wrong.iter().take(20).map(|line| format!("  {line}\n")).collect::<String>();
    assert!(wrong.is_empty(), "{name}: {} steps differ (ns):\n{list}", wrong.len());
}

fn replay<F: Front>() {
    compare(F::NAME, |timeline| {
        let quota = quota(timeline.permits, timeline.period_ns, timeline.burst);
        let mut front = F::new(quota, timeline.initial);
        let answer = |step: &resil_tests::vectors::Step| {
            front.answer(step.now_ns, &step.operation).to_string()
        };
        timeline.steps.iter().map(answer).collect()
    });
}

#[test]
fn the_pure_row_gives_every_answer() {
    replay::<Pure>();
}

#[test]
fn the_shared_bucket_gives_every_answer_when_told_the_time() {
    replay::<At>();
}

#[test]
fn the_shared_bucket_gives_every_answer_on_a_manual_clock() {
    replay::<OnClock>();
}

/// Two models written apart, in two languages, agree.
#[test]
fn the_slow_model_of_the_random_tests_gives_every_answer() {
    replay::<Model>();
}

#[test]
fn the_c_library_gives_every_answer_to_a_c_program() {
    let program = c_program("replay_vectors");
    compare("C", |timeline| {
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().unwrap().write_all(timeline.expanded().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}: {}", timeline.name, output.status);
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    });
}

#[test]
fn the_file_is_what_its_script_writes() {
    assert_written_by_its_script("token_bucket");
}

#[test]
fn every_operation_and_every_answer_occurs_in_the_file() {
    let mut words = BTreeMap::<String, usize>::new();
    for step in token_bucket().iter().flat_map(|timeline| &timeline.steps) {
        let operation = step.operation.to_string();
        let answer = step.answer.to_string();
        let first = |text: &str| text.split(' ').next().unwrap().to_owned();
        *words.entry(format!("{} {}", first(&operation), first(&answer))).or_default() += 1;
        *words.entry(operation.rsplit(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    for expected in [
        "try_acquire granted",
        "try_acquire retry_after",
        "try_acquire exceeds_limit",
        "peek granted",
        "peek retry_after",
        "peek exceeds_limit",
        "reserve ready_after",
        "reserve retry_after",
        "reserve exceeds_limit",
        "reserve_within ready_after",
        "reserve_within retry_after",
        "cancel gave_back",
        "cancel gave_nothing",
        "reset",
        "as_is",
        "proportional",
        "additive",
    ] {
        assert!(words.contains_key(expected), "no step shows {expected}");
    }
}
