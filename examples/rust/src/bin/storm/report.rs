//! The table and the words.

use std::io::{self, Write};

use crate::plan::Phase;
use crate::records::{Outcome, Record, Records, Settings, Span};

/// What became of the calls of one phase in one lane.
struct Row {
    good: usize,
    wasted: usize,
    refused: usize,
    p50_ms: f64,
    p99_ms: f64,
    /// What its callers spent on wasted calls, all together.
    waited_in_vain_s: f64,
}

impl Row {
    fn of<'a>(calls: impl Iterator<Item = &'a Record>) -> Self {
        let calls: Vec<&Record> = calls.collect();
        let count =
            |wanted: fn(Outcome) -> bool| calls.iter().filter(|call| wanted(call.outcome)).count();
        let wasted = calls.iter().filter(|call| call.outcome.is_wasted());
        let mut seen: Vec<f64> = calls.iter().map(|call| call.seen_ms).collect();
        seen.sort_by(f64::total_cmp);
        Self {
            good: count(|outcome| outcome == Outcome::Good),
            wasted: count(Outcome::is_wasted),
            refused: count(|outcome| outcome == Outcome::Refused),
            p50_ms: percentile(&seen, 50),
            p99_ms: percentile(&seen, 99),
            waited_in_vain_s: wasted.map(|call| call.seen_ms / 1e3).sum(),
        }
    }

    fn sent(&self) -> usize {
        self.good + self.wasted
    }
}

/// The smallest value that at least `percent` of the sorted ones do not exceed; not a number if there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn within<'a>(calls: &'a [Record], span: &Span) -> impl Iterator<Item = &'a Record> {
    let Span { from_s, to_s, .. } = *span;
    calls.iter().filter(move |call| (from_s..to_s).contains(&call.at_s))
}

pub fn write_settings(out: &mut impl Write, settings: &Settings) -> io::Result<()> {
    let Settings { rate, seed, timeout_ms, bucket_ms, buckets, workers, queue, .. } = settings;
    let (each_s, window_s) = (settings.phase_ms as f64 / 1e3, settings.window_s());
    let [well, slow, down] =
        [Phase::Healthy, Phase::Slow, Phase::Down].map(|phase| phase.work().as_millis());
    writeln!(
        out,
        "
  storm    HTTP on loopback; five phases of {each_s} s; seed {seed}
  load     {rate} calls/s to each, Poisson arrivals; callers give up after {timeout_ms} ms
  service  two alike, at the same time; {workers} workers, a queue of {queue}; calls whose
           callers have given up are worked on all the same; a call takes {well} ms,
           slow and half failing {slow} ms, down {down} ms and is an error
  breaker  SreBreaker, go_zero_1_3, the last {window_s} s in {buckets} buckets of {bucket_ms} ms
"
    )
}

pub fn write(out: &mut impl Write, records: &Records) -> io::Result<()> {
    let Records { bare, guarded, phases, .. } = records;
    writeln!(out, "  {:12}   {:^36}   {:>31}", "", "bare", "behind the breaker")?;
    let head = format!("{:>6}{:>7}{:>8}", "sent", "good", "wasted");
    let times = format!("{:>8}{:>7}", "p50", "p99");
    writeln!(out, "  {:12}   {head}{times}   {head}{:>9}{times}  ms", "phase", "refused")?;
    for span in phases {
        let row = |lane: &[Record]| Row::of(within(lane, span));
        write_row(out, span.phase, &row(bare), &row(guarded))?;
    }
    let (bare, guarded) = (Row::of(bare.iter()), Row::of(guarded.iter()));
    write_row(out, "all", &bare, &guarded)?;
    let back = |lane: &[Record]| match good_again_s(lane, phases.last()) {
        Some(seconds) => format!("after {seconds:.1} s"),
        None => "not within the storm".to_owned(),
    };
    writeln!(
        out,
        "
  sent: reached the service; wasted: failed there or timed out; p50, p99: what the caller saw,
  refusals too, from the instant at which the call was meant to leave.

  In words: with the breaker {} calls were wasted, without it {}; {} were good, without it {}.
  All together, callers waited {:.0} s for nothing, without it {:.0} s.
  Once the service was well, nine calls in ten were good {}, without it {}.
",
        guarded.wasted,
        bare.wasted,
        guarded.good,
        bare.good,
        guarded.waited_in_vain_s,
        bare.waited_in_vain_s,
        back(&records.guarded),
        back(&records.bare)
    )
}

fn write_row(out: &mut impl Write, name: &str, bare: &Row, guarded: &Row) -> io::Result<()> {
    let counts = |row: &Row| format!("{:>6}{:>7}{:>8}", row.sent(), row.good, row.wasted);
    let times = |row: &Row| format!("{:>8.1}{:>7.1}", row.p50_ms, row.p99_ms);
    let bare = counts(bare) + &times(bare);
    let refused = guarded.refused;
    let (counts, times) = (counts(guarded), times(guarded));
    writeln!(out, "  {name:12}   {bare}   {counts}{refused:>9}{times}")
}

/// How long after the beginning of `recovered` the first half second begins of whose calls nine in ten are good.
fn good_again_s(calls: &[Record], recovered: Option<&Span>) -> Option<f64> {
    let span = recovered?;
    let after: Vec<&Record> = within(calls, span).collect();
    after.iter().enumerate().find_map(|(first, begin)| {
        let begin_s = begin.at_s;
        let half_second: Vec<_> =
            after[first..].iter().take_while(|call| call.at_s < begin_s + 0.5).collect();
        let good = half_second.iter().filter(|call| call.outcome == Outcome::Good).count();
        let whole = begin_s + 0.5 <= span.to_s;
        (whole && good * 10 >= half_second.len() * 9).then_some(begin_s - span.from_s)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at_s: f64, outcome: Outcome) -> Record {
        Record { at_s, outcome, seen_ms: 1.0, late_ms: 0.0 }
    }

    #[test]
    fn a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((percentile(&sorted, 50), percentile(&sorted, 99)), (100.0, 198.0));
        assert_eq!((percentile(&[7.0], 50), percentile(&[7.0], 99)), (7.0, 7.0));
        assert!(percentile(&[], 50).is_nan());
    }

    #[test]
    fn a_row_counts_every_call_once_and_refused_ones_as_not_sent() {
        use Outcome::{Failed, Good, Refused, TimedOut};
        let calls = [Good, Failed, TimedOut, Refused, Good, Refused].map(|it| call(0.0, it));
        let row = Row::of(calls.iter());
        assert_eq!((row.sent(), row.good, row.wasted, row.refused), (4, 2, 2, 2));
    }

    #[test]
    fn good_again_is_where_a_half_second_begins_in_which_nine_in_ten_are_good() {
        let span = Span { phase: "recovered", from_s: 10.0, to_s: 12.0 };
        let outcome = |at_s| if at_s < 10.7 { Outcome::TimedOut } else { Outcome::Good };
        let calls: Vec<_> = (0..200).map(|i| 10.0 + f64::from(i) / 100.0).collect();
        let calls: Vec<_> = calls.into_iter().map(|at_s| call(at_s, outcome(at_s))).collect();
        // Of the fifty calls from 10.65 on five are bad.
        let seconds = good_again_s(&calls, Some(&span)).expect("it is good again");
        assert!((seconds - 0.65).abs() < 0.015, "{seconds}");
        assert_eq!(good_again_s(&calls[..70], Some(&span)), None);
        assert_eq!(good_again_s(&[], Some(&span)), None);
    }
}
