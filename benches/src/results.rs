//! What was taken, pass by pass, and how it is handed on: one line of JSON a case.

use std::fmt::Write as _;

use crate::row::Taken;

/// Everything taken so far; a case that was taken in several passes stands once, with all its batches.
#[derive(Debug, Default)]
pub struct Results {
    cases: Vec<Taken>,
    /// Lines of their own: single numbers, such as what a first call takes.
    numbers: Vec<(String, String, f64)>,
}

impl Results {
    /// Adds what a row took.
    pub fn add(&mut self, taken: Vec<Taken>) {
        for new in taken {
            let same = |case: &&mut Taken| {
                (case.operation, &case.what, case.threads, case.who, case.clock)
                    == (new.operation, &new.what, new.threads, new.who, new.clock)
            };
            match self.cases.iter_mut().find(same) {
                Some(case) => case.batches.extend(new.batches),
                None => self.cases.push(new),
            }
        }
    }

    /// Adds a single number.
    pub fn note(&mut self, group: &str, what: impl Into<String>, value: f64) {
        self.numbers.push((group.to_owned(), what.into(), value));
    }

    /// For people: each case's best and median batch, and both over those of the row's first case.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text =
            String::from("nanoseconds: best batch, median batch, both over the row's first\n");
        let mut row = None;
        let mut first = (0.0, 0.0);
        for case in &self.cases {
            let (least, median) = case.least_and_median();
            let this = (case.operation, &case.what, case.threads);
            if row != Some(this) {
                row = Some(this);
                first = (least, median);
                let threads = match case.threads {
                    1 => String::new(),
                    threads => format!(", {threads} threads"),
                };
                let _ = writeln!(text, "\n{}: {}{threads}", case.operation, case.what);
            }
            let name = format!("{}, {}", case.who, case.clock);
            let (over_least, over_median) = (least / first.0, median / first.1);
            let _ = writeln!(
                text,
                "  {name:42} {least:8.1} {median:8.1}   {over_least:.2} {over_median:.2}"
            );
        }
        for (group, what, value) in &self.numbers {
            let _ = writeln!(text, "{group}: {what} {value:.1}");
        }
        text
    }

    /// One object a line: cases with their best and their median batch, then the single numbers.
    ///
    /// Names are ours: none holds what JSON would want escaped.
    #[must_use]
    pub fn json_lines(&self) -> String {
        let mut lines = String::new();
        for case in &self.cases {
            let (least, median) = case.least_and_median();
            let _ = writeln!(
                lines,
                r#"{{"operation":"{}","what":"{}","threads":{},"who":"{}","clock":"{}","batches":{},"least":{:.3},"median":{:.3}}}"#,
                case.operation,
                case.what,
                case.threads,
                case.who,
                case.clock,
                case.batches.len(),
                least,
                median,
            );
        }
        for (group, what, value) in &self.numbers {
            let _ = writeln!(lines, r#"{{"group":"{group}","what":"{what}","value":{value:.3}}}"#);
        }
        lines
    }
}
