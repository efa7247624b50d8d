//! The timelines of `tests/vectors/`: loaded, checked, and with every number in nanoseconds.
//!
//! A step is one line, `<at> <operation> <arguments> -> <answer>`. What does not follow the grammar is an
//! error with its line, never skipped: a line that nobody reads tests nothing.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::{Answer, Carry, Operation, Step, Timeline, Verdict};

/// What is wrong with a file of timelines, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1; 0 where the file as a whole is no TOML of this form.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Malformed {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    timeline: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    about: String,
    permits: u32,
    period_ns: u64,
    burst: u32,
    initial: Option<u32>,
    #[serde(default = "one")]
    unit_ns: u64,
    #[serde(default)]
    start_ns: u64,
    #[serde(default)]
    tags: Vec<String>,
    steps: Spanned<String>,
}

const fn one() -> u64 {
    1
}

/// The timelines of a file's text.
///
/// # Errors
/// [`Malformed`] names the line: unknown words, numbers out of range, more or fewer words than the operation
/// takes, an answer that does not fit it, a cancel of what was not reserved.
pub fn timelines(text: &str) -> Result<Vec<Timeline>, Malformed> {
    let file: File =
        toml::from_str(text).map_err(|error| Malformed { line: 0, what: error.to_string() })?;
    let mut names = HashSet::new();
    file.timeline
        .into_iter()
        .map(|table| {
            // The text of the steps begins on the line after its opening quotes.
            let first = text[..table.steps.span().start].lines().count() + 1;
            if !names.insert(table.name.clone()) {
                return Err(Malformed {
                    line: first,
                    what: format!("two are named {}", table.name),
                });
            }
            timeline(table, first)
        })
        .collect()
}

fn timeline(table: Table, first: usize) -> Result<Timeline, Malformed> {
    let mut ids = HashSet::new();
    let mut steps = Vec::new();
    for (index, text) in table.steps.get_ref().lines().enumerate() {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let line = first + index;
        let malformed = |what: String| Malformed { line, what: format!("{what}: {text}") };
        let step = step(text, line, table.unit_ns, table.start_ns).map_err(malformed)?;
        match &step.operation {
            Operation::Reserve { id, .. }
                if step.answer.is_granted() && !ids.insert(id.clone()) =>
            {
                return Err(malformed(format!("{id} is reserved twice")));
            }
            Operation::Cancel(id) if !ids.remove(id) => {
                return Err(malformed(format!("nothing is reserved as {id}")));
            }
            _ => {}
        }
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(Malformed { line: first, what: format!("{} has no steps", table.name) });
    }
    Ok(Timeline {
        name: table.name,
        about: table.about,
        permits: table.permits,
        period_ns: table.period_ns,
        burst: table.burst,
        initial: table.initial,
        tags: table.tags,
        steps,
    })
}

fn step(text: &str, line: usize, unit_ns: u64, start_ns: u64) -> Result<Step, String> {
    let (question, answer) = text.split_once("->").ok_or("no answer")?;
    let mut words = Words { words: question.split_whitespace().collect(), unit_ns };
    let at: i128 = words.number()?;
    let now_ns = u64::try_from(i128::from(start_ns) + at * i128::from(unit_ns))
        .ok()
        .filter(|&now| now <= i64::MAX as u64)
        .ok_or("no instant")?;
    let operation = words.operation()?;
    words.end()?;
    let mut words = Words { words: answer.split_whitespace().collect(), unit_ns };
    let answer = words.answer(&operation)?;
    words.end()?;
    Ok(Step { line, now_ns, operation, answer })
}

struct Words<'a> {
    words: Vec<&'a str>,
    unit_ns: u64,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<&'a str, String> {
        if self.words.is_empty() {
            Err("a word is missing".into())
        } else {
            Ok(self.words.remove(0))
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.words.first().map_or(Ok(()), |word| Err(format!("a word too many, {word}")))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T, String> {
        let word = self.next()?;
        word.parse().map_err(|_| format!("{word} is no number that fits"))
    }

    fn duration(&mut self) -> Result<u64, String> {
        let units: u64 = self.number()?;
        units.checked_mul(self.unit_ns).ok_or_else(|| format!("{units} units are too long"))
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        let word = self.next()?;
        if word == expected { Ok(()) } else { Err(format!("{word} instead of {expected}")) }
    }

    fn operation(&mut self) -> Result<Operation, String> {
        Ok(match self.next()? {
            "try_acquire" => Operation::TryAcquire(self.number()?),
            "peek" => Operation::Peek(self.number()?),
            verb @ ("reserve" | "reserve_within") => Operation::Reserve {
                id: self.next()?.to_owned(),
                permits: self.number()?,
                timeout_ns: if verb == "reserve" { None } else { Some(self.duration()?) },
            },
            "cancel" => Operation::Cancel(self.next()?.to_owned()),
            "set_quota" => Operation::SetQuota {
                permits: self.number()?,
                period_ns: self.duration()?,
                burst: self.number()?,
                carry: match self.next()? {
                    "reset" => Carry::Reset,
                    "as_is" => Carry::AsIs,
                    "proportional" => Carry::Proportional,
                    "additive" => Carry::Additive,
                    word => return Err(format!("{word} is no way to carry over")),
                },
            },
            word => return Err(format!("{word} is no operation")),
        })
    }

    fn verdict(&mut self) -> Result<Verdict, String> {
        Ok(match self.next()? {
            "granted" => Verdict::Granted,
            "retry_after" => Verdict::RetryAfter(self.duration()?),
            "exceeds_limit" => Verdict::ExceedsLimit,
            word => return Err(format!("{word} is no verdict")),
        })
    }

    fn answer(&mut self, operation: &Operation) -> Result<Answer, String> {
        Ok(match operation {
            Operation::TryAcquire(_) => Answer::Asked(self.verdict()?),
            Operation::Peek(_) => {
                let verdict = self.verdict()?;
                self.expect("remaining")?;
                let remaining = self.number()?;
                self.expect("reset_after")?;
                Answer::Peeked { verdict, remaining, reset_after_ns: self.duration()? }
            }
            Operation::Reserve { .. } => {
                if self.words.first() == Some(&"ready_after") {
                    self.expect("ready_after")?;
                    Answer::ReadyAfter(self.duration()?)
                } else {
                    match self.verdict()? {
                        Verdict::Granted => return Err("granted is no answer to reserve".into()),
                        refused => Answer::Asked(refused),
                    }
                }
            }
            Operation::Cancel(_) => match self.next()? {
                "gave_back" => Answer::Gave(true),
                "gave_nothing" => Answer::Gave(false),
                word => return Err(format!("{word} is no answer to cancel")),
            },
            Operation::SetQuota { .. } => {
                self.expect("ok")?;
                Answer::Done
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(more: &str, steps: &str) -> String {
        format!(
            "[[timeline]]\nname = \"n\"\nabout = \"a\"\npermits = 1\nperiod_ns = 1_000\nburst = 2\n\
             {more}\nsteps = \"\"\"\n{steps}\n\"\"\"\n"
        )
    }

    fn refused(steps: &str) -> Malformed {
        timelines(&file("", steps)).expect_err(steps)
    }

    #[test]
    fn units_and_start_are_worked_into_every_number() {
        let steps = "# a comment\n\n-2 peek 1 -> retry_after 3 remaining 0 reset_after 4\n\
                     0 reserve_within a 1 9 -> ready_after 1\n1 set_quota 2 7 3 additive -> ok";
        let all = timelines(&file("unit_ns = 10\nstart_ns = 50", steps)).unwrap();
        let verdict = Verdict::RetryAfter(30);
        assert_eq!(
            all[0].steps[0],
            Step {
                line: 12,
                now_ns: 30,
                operation: Operation::Peek(1),
                answer: Answer::Peeked { verdict, remaining: 0, reset_after_ns: 40 },
            }
        );
        assert_eq!(
            all[0].expanded(),
            "timeline n 1 1000 2 full\n30 peek 1\n50 reserve_within a 1 90\n\
             60 set_quota 2 70 3 additive\nend\n"
        );
        assert_eq!(all[0].steps[1].answer.to_string(), "ready_after 10");
    }

    #[test]
    fn every_answer_reads_as_it_is_written() {
        for line in [
            "0 try_acquire 1 -> granted",
            "0 try_acquire 3 -> exceeds_limit",
            "5 peek 1 -> granted remaining 2 reset_after 0",
            "5 reserve a 1 -> ready_after 7",
            "5 reserve a 1 -> retry_after 7",
            "5 set_quota 1 7 3 proportional -> ok",
        ] {
            let step = &timelines(&file("", line)).unwrap()[0].steps[0];
            assert_eq!(format!("{} {} -> {}", step.now_ns, step.operation, step.answer), line);
        }
    }

    #[test]
    fn a_line_that_breaks_the_grammar_is_refused_by_its_number() {
        for (steps, what) in [
            ("0 try_acquire 1", "no answer"),
            ("0 try_acquire 1 -> ", "a word is missing"),
            ("0 try_acquire -> granted", "a word is missing"),
            ("0 try_acquire 1 2 -> granted", "a word too many, 2"),
            ("0 try_acquire 1 -> granted 5", "a word too many, 5"),
            ("0 try_acquire -1 -> granted", "-1 is no number that fits"),
            ("0 try_acquire 4294967296 -> granted", "4294967296 is no number that fits"),
            ("x try_acquire 1 -> granted", "x is no number that fits"),
            ("-1 try_acquire 1 -> granted", "no instant"),
            ("9223372036854775808 try_acquire 1 -> granted", "no instant"),
            ("0 try_take 1 -> granted", "try_take is no operation"),
            ("0 try_acquire 1 -> denied", "denied is no verdict"),
            ("0 try_acquire 1 -> retry_after", "a word is missing"),
            ("0 peek 1 -> granted", "a word is missing"),
            ("0 peek 1 -> granted remaining 1", "a word is missing"),
            ("0 peek 1 -> granted left 1 reset_after 0", "left instead of remaining"),
            ("0 reserve a 1 -> granted", "granted is no answer to reserve"),
            ("0 reserve_within a 1 -> ready_after 0", "a word is missing"),
            ("0 cancel a -> gave_back", "nothing is reserved as a"),
            ("0 set_quota 1 1 1 merge -> ok", "merge is no way to carry over"),
            ("0 set_quota 1 1 1 reset -> granted", "granted instead of ok"),
        ] {
            let refusal = refused(steps);
            assert!(refusal.what.starts_with(what), "{steps}: {}", refusal.what);
            assert_eq!(refusal.line, 9, "{steps}");
        }
        let twice = "0 reserve a 1 -> ready_after 0\n0 reserve a 1 -> ready_after 0";
        assert_eq!(refused(twice).line, 10);
        let again =
            "0 reserve a 1 -> ready_after 0\n0 cancel a -> gave_back\n0 cancel a -> gave_nothing";
        assert_eq!(refused(again).line, 11);
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let good = "0 try_acquire 1 -> granted";
        assert!(timelines(&file("", good)).is_ok());
        assert!(timelines(&file("brust = 3", good)).unwrap_err().what.contains("brust"));
        assert!(timelines(&file("", "")).unwrap_err().what.contains("no steps"));
        let twins = file("", good) + &file("", good);
        assert!(timelines(&twins).unwrap_err().what.contains("two are named n"));
        assert_eq!(timelines("not TOML").unwrap_err().line, 0);
    }
}
