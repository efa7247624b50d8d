//! The store's lane of `vectors/`: the timelines of every other column, through the scripts on a real server.
//!
//! A store counts whole microseconds, knows no change of quota and no fill at first, and from first use begins its
//! windows anew. What needs one of these is left out for the reason that is counted here, and nothing else is.

use std::collections::BTreeMap;
use std::time::Duration;

use resil_core::period_limiter::{Granted, Kind};
use resil_core::pure::period_limiter::Config;
use resil_core::remote::key;
use resil_core::remote::leaky_bucket::LeakyBucket;
use resil_core::remote::period_limiter::{self, PeriodLimiter};
use resil_core::remote::reply::{Reply, When};
use resil_core::remote::token_bucket::{SCRIPT, Ticket, TokenBucket};
use resil_core::token_bucket::Cancelled;
use resil_core::{Denied, Quota};
use resil_tests::redis_server::RedisServer;
use resil_tests::store_script::Scripts;
use resil_tests::token_bucket_front::quota;
use resil_tests::vectors::{Operation, Timeline, timelines};
use toml::Table;

/// Keys outlive the test: its clock is not the server's.
const GRACE_MS: u64 = 600_000;
const LONGEST_WAIT: Duration = Duration::from_micros(1 << 50);

/// How many timelines were left out, by the reason, and how many steps were replayed.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    not_lua: BTreeMap<&'static str, usize>,
    timelines: usize,
    steps: usize,
}

impl Tally {
    fn leaves_out(&mut self, reason: Option<&'static str>) -> bool {
        match reason {
            Some(reason) => *self.not_lua.entry(reason).or_default() += 1,
            None => self.timelines += 1,
        }
        reason.is_some()
    }

    fn assert(&self, not_lua: &[(&'static str, usize)], timelines: usize, steps: usize) {
        let not_lua = not_lua.iter().copied().collect();
        assert_eq!(
            *self,
            Self { not_lua, timelines, steps },
            "the file changed: judge, then count"
        );
    }
}

fn micros(nanos: u64) -> Option<u64> {
    nanos.is_multiple_of(1_000).then_some(nanos / 1_000)
}

fn shown<T>(answer: &Result<T, Denied>, granted: impl Fn(&T) -> String) -> String {
    match answer {
        Ok(value) => granted(value),
        Err(Denied::RetryAfter(wait)) => format!("retry_after {}", wait.as_nanos()),
        Err(Denied::ExceedsLimit) => "exceeds_limit".into(),
    }
}

fn left<T>(reply: &Reply<T>) -> String {
    format!(" remaining {} reset_after {}", reply.remaining, reply.reset_after.as_nanos())
}

/// One bucket on the server, as the timelines of the token bucket speak to it.
struct Lane<'a> {
    scripts: &'a mut Scripts,
    key: String,
    bucket: TokenBucket,
    tickets: BTreeMap<String, Ticket>,
    cancels: u64,
}

impl Lane<'_> {
    fn answer(&mut self, when: When, operation: &Operation) -> String {
        let bucket = self.bucket;
        let granted = |_: &()| "granted".to_owned();
        let mut run = |arguments| self.scripts.run(SCRIPT, &[&self.key], &arguments);
        match operation {
            Operation::TryAcquire(permits) => {
                let answer = bucket.decided(*permits).unwrap_or_else(|| {
                    bucket.acquired(&run(bucket.try_acquire(*permits, when))).unwrap().answer
                });
                shown(&answer, granted)
            }
            Operation::Peek(permits) => {
                let peek = bucket.peeked(*permits, &run(bucket.peek(*permits, when))).unwrap();
                shown(&peek.answer, granted) + &left(&peek)
            }
            Operation::Reserve { id, permits, timeout_ns } => {
                if let Some(decided) = bucket.decided(*permits) {
                    return shown(&decided, |()| "ready_after 0".into());
                }
                let timeout = timeout_ns.map(Duration::from_nanos);
                let numbers = run(bucket.reserve(*permits, timeout, when));
                let answer = bucket.reserved(*permits, &numbers).unwrap().answer;
                let text =
                    shown(&answer, |it| format!("ready_after {}", it.ready_after().as_nanos()));
                self.tickets.extend(answer.ok().map(|ticket| (id.clone(), ticket)));
                text
            }
            Operation::Cancel(id) => {
                // None of a reservation of no permits.
                let Some(ticket) = self.tickets.remove(id) else { return "gave_nothing".into() };
                let cancelled = key::cancelled(&self.key, self.cancels);
                self.cancels += 1;
                let keys = [self.key.as_str(), &cancelled];
                let numbers = self.scripts.run(SCRIPT, &keys, &bucket.cancel(&ticket, when));
                match bucket.cancelled(&numbers).unwrap() {
                    Cancelled::GaveBack => "gave_back".into(),
                    Cancelled::GaveNothing => "gave_nothing".into(),
                }
            }
            Operation::SetQuota { .. } => unreachable!("left out"),
        }
    }
}

/// Why a timeline of the token bucket is none for a store.
fn not_lua(timeline: &Timeline) -> Option<&'static str> {
    let steps = &timeline.steps;
    let whole = |nanos| micros(nanos).is_some();
    if steps.iter().any(|step| matches!(step.operation, Operation::SetQuota { .. })) {
        Some("carry-over")
    } else if !steps.iter().all(|step| {
        let timeout = match step.operation {
            Operation::Reserve { timeout_ns, .. } => timeout_ns,
            _ => None,
        };
        whole(step.now_ns) && whole(step.answer.wait_ns().unwrap_or(0)) && timeout.is_none_or(whole)
    }) || timeline.tags.iter().any(|tag| tag == "ns" || tag == "rounded")
    {
        Some("nanoseconds")
    } else if timeline.initial.is_some() {
        Some("a first fill")
    } else if !steps.is_sorted_by_key(|step| step.now_ns) {
        Some("a step back")
    } else {
        None
    }
}

#[test]
fn the_bucket_script_gives_every_answer_of_the_token_bucket_s_timelines() {
    let Some(server) = RedisServer::start("the token bucket's timelines in a store") else {
        return;
    };
    let mut scripts = Scripts::new(&server);
    let mut tally = Tally::default();
    for timeline in timelines(include_str!("vectors/token_bucket.toml")).unwrap() {
        if tally.leaves_out(not_lua(&timeline)) {
            continue;
        }
        let quota = quota(timeline.permits, timeline.period_ns, timeline.burst);
        let bucket = TokenBucket::new(quota, LONGEST_WAIT).unwrap();
        let key = format!("token_bucket:{{{}}}", timeline.name);
        let mut lane =
            Lane { scripts: &mut scripts, key, bucket, tickets: BTreeMap::new(), cancels: 0 };
        for step in &timeline.steps {
            let when = When::Supplied { now_us: step.now_ns / 1_000, grace_ms: GRACE_MS };
            let got = lane.answer(when, &step.operation);
            assert_eq!(got, step.answer.to_string(), "{}, line {}", timeline.name, step.line);
            tally.steps += 1;
        }
    }
    tally.assert(
        &[("a first fill", 7), ("a step back", 6), ("carry-over", 43), ("nanoseconds", 77)],
        13,
        132,
    );
}

/// A timeline of the tables that have no reader of their own: its steps at (us, words, answer).
struct Steps<'a> {
    unit_us: u64,
    steps: Vec<(u64, Vec<&'a str>, &'a str)>,
}

impl<'a> Steps<'a> {
    /// `None` where it needs nanoseconds.
    fn read(timeline: &'a Table) -> Option<Self> {
        let number = |key: &str| u64::try_from(timeline[key].as_integer().unwrap()).unwrap();
        let (unit_us, start_us) = (micros(number("unit_ns"))?, micros(number("start_ns"))?);
        let step = |line: &'a str| {
            let (step, answer) = line.split_once("->").expect("a step has an answer");
            let words: Vec<_> = step.split_whitespace().collect();
            let at: i64 = words[0].parse().unwrap();
            let now_us = start_us.checked_add_signed(at * unit_us as i64).unwrap();
            (now_us, words[1..].to_vec(), answer.trim())
        };
        let steps = timeline["steps"].as_str().unwrap().lines().map(step).collect();
        Some(Self { unit_us, steps })
    }

    fn steps_back(&self) -> bool {
        !self.steps.is_sorted_by_key(|(now_us, ..)| *now_us)
    }

    fn in_units(&self, duration: Duration) -> u128 {
        let micros = duration.as_micros();
        assert_eq!(micros % u128::from(self.unit_us), 0, "{micros} us are no whole units");
        micros / u128::from(self.unit_us)
    }

    fn shown<T>(&self, answer: &Result<T, Denied>, granted: impl Fn(&T) -> String) -> String {
        match answer {
            Err(Denied::RetryAfter(wait)) => format!("retry_after {}", self.in_units(*wait)),
            answer => shown(answer, granted),
        }
    }

    fn left<T>(&self, reply: &Reply<T>) -> String {
        let reset_after = self.in_units(reply.reset_after);
        format!(" remaining {} reset_after {reset_after}", reply.remaining)
    }
}

fn tables(text: &str) -> Vec<Table> {
    let file: Table = text.parse().unwrap();
    file["timeline"].as_array().unwrap().iter().map(|it| it.as_table().unwrap().clone()).collect()
}

fn number<T: TryFrom<i64>>(timeline: &Table, key: &str) -> T {
    T::try_from(timeline[key].as_integer().unwrap()).ok().expect(key)
}

#[test]
fn the_bucket_script_gives_every_answer_of_the_leaky_bucket_s_timelines() {
    let Some(server) = RedisServer::start("the leaky bucket's timelines in a store") else {
        return;
    };
    let mut scripts = Scripts::new(&server);
    let mut tally = Tally::default();
    for timeline in &tables(include_str!("vectors/leaky_bucket.toml")) {
        let steps = Steps::read(timeline);
        let reason = match &steps {
            None => Some("nanoseconds"),
            Some(steps) if steps.steps_back() => Some("a step back"),
            Some(_) => None,
        };
        if tally.leaves_out(reason) {
            continue;
        }
        let steps = steps.unwrap();
        let period = Duration::from_nanos(number(timeline, "period_ns"));
        let quota = Quota::new(number(timeline, "permits"), period, number(timeline, "burst"));
        let bucket = LeakyBucket::new(quota.unwrap()).unwrap();
        let (kind, name) = (timeline["kind"].as_str().unwrap(), timeline["name"].as_str().unwrap());
        let key = format!("{kind}:{{{name}}}");
        for (now_us, words, expected) in &steps.steps {
            let when = When::Supplied { now_us: *now_us, grace_ms: GRACE_MS };
            let permits: u32 = words[1].parse().unwrap();
            let mut run = |arguments| scripts.run(SCRIPT, &[&key], &arguments);
            let ready = |wait: &Duration| format!("ready_after {}", steps.in_units(*wait));
            let granted = |_: &()| "granted".to_owned();
            let decided = bucket.decided(permits);
            let got = match (kind, words[0], decided) {
                ("meter", "try_acquire", Some(decided)) => shown(&decided, granted),
                ("meter", "try_acquire", None) => {
                    let reply = bucket.acquired(&run(bucket.try_acquire(permits, when))).unwrap();
                    steps.shown(&reply.answer, granted)
                }
                ("meter", "peek", _) => {
                    let peek = bucket.peeked(permits, &run(bucket.peek(permits, when))).unwrap();
                    steps.shown(&peek.answer, granted) + &steps.left(&peek)
                }
                ("queue", "peek", _) => {
                    let numbers = run(bucket.peek(permits, when));
                    let peek = bucket.queue_peeked(permits, &numbers).unwrap();
                    steps.shown(&peek.answer, ready) + &steps.left(&peek)
                }
                ("queue", _, Some(decided)) => shown(&decided, |()| "ready_after 0".into()),
                ("queue", _, None) => {
                    let units = words.get(2).map(|units| units.parse::<u64>().unwrap());
                    let within = units.map(|units| Duration::from_micros(units * steps.unit_us));
                    let numbers = run(bucket.try_reserve(permits, within, when));
                    steps.shown(&bucket.reserved(&numbers).unwrap().answer, ready)
                }
                _ => panic!("unknown step {words:?} of a {kind}"),
            };
            assert_eq!(got, *expected, "{name}: {words:?} at {now_us} us");
            tally.steps += 1;
        }
    }
    tally.assert(&[("a step back", 2), ("nanoseconds", 3)], 10, 1_068);
}

/// Whether a window of a limiter that counts from first use begins anywhere but where the one before ended.
fn rests(steps: &Steps, period_us: u64) -> bool {
    let mut start = None;
    steps.steps.iter().any(|(now_us, words, answer)| {
        if let Some(begin) = start {
            let windows = (now_us - begin) / period_us;
            start = Some(begin + windows * period_us);
            return windows > 1 || (windows == 1 && start != Some(*now_us));
        }
        if words[0] == "try_acquire" && words[1] != "0" && answer.starts_with("granted") {
            start = Some(*now_us);
        }
        false
    })
}

#[test]
fn the_period_script_gives_every_answer_of_the_period_limiter_s_timelines() {
    let Some(server) = RedisServer::start("the period limiter's timelines in a store") else {
        return;
    };
    let mut scripts = Scripts::new(&server);
    let mut tally = Tally::default();
    for timeline in &tables(include_str!("vectors/period_limiter.toml")) {
        let period_ns = number(timeline, "period_ns");
        let steps = Steps::read(timeline).filter(|_| micros(period_ns).is_some());
        let kind = match timeline["kind"].as_str().unwrap() {
            "from_first_use" => Kind::FromFirstUse,
            "aligned" => Kind::Aligned { utc_offset_secs: number(timeline, "utc_offset_secs") },
            _ => Kind::Sliding,
        };
        let reason = match &steps {
            None => Some("nanoseconds"),
            Some(steps) if steps.steps_back() => Some("a step back"),
            Some(steps) if kind == Kind::FromFirstUse && rests(steps, period_ns / 1_000) => {
                Some("an idle window from first use")
            }
            Some(_) => None,
        };
        if tally.leaves_out(reason) {
            continue;
        }
        let (steps, name) = (steps.unwrap(), timeline["name"].as_str().unwrap());
        let period = Duration::from_nanos(period_ns);
        let config = Config::new(number(timeline, "limit"), period, kind).unwrap();
        let limiter = PeriodLimiter::new(config).unwrap();
        let key = format!("period_limiter:{{{name}}}");
        let granted = |granted: &Granted| match granted {
            Granted::Granted => "granted".to_owned(),
            Granted::GrantedLast => "granted_last".to_owned(),
        };
        for (now_us, words, expected) in &steps.steps {
            let when = When::Supplied { now_us: *now_us, grace_ms: GRACE_MS };
            let permits: u32 = words[1].parse().unwrap();
            let mut run = |arguments| scripts.run(period_limiter::SCRIPT, &[&key], &arguments);
            let got = match (words[0], limiter.decided(permits)) {
                ("peek", _) => {
                    let peek = limiter.peeked(permits, &run(limiter.peek(permits, when))).unwrap();
                    steps.shown(&peek.answer, granted) + &steps.left(&peek)
                }
                (_, Some(decided)) => shown(&decided, granted),
                (_, None) => {
                    let numbers = run(limiter.try_acquire(permits, when));
                    steps.shown(&limiter.acquired(&numbers).unwrap().answer, granted)
                }
            };
            assert_eq!(got, *expected, "{name}: {words:?} at {now_us} us");
            tally.steps += 1;
        }
    }
    let idle = "an idle window from first use";
    tally.assert(&[("a step back", 3), (idle, 1), ("nanoseconds", 3)], 13, 567);
}
