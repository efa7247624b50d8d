//! The store's lane of `vectors/`: the timelines of every other column, through the scripts on a real server.
//!
//! A store counts whole microseconds, knows no change of quota and no fill at first, and from first use begins its
//! windows anew. What needs one of these is left out for the reason that is counted here, and nothing else is.

use std::collections::BTreeMap;
use std::time::Duration;

use resil_core::Quota;
use resil_core::period_limiter::{Granted, Kind};
use resil_core::pure::period_limiter::Config;
use resil_core::remote::key;
use resil_core::remote::leaky_bucket::LeakyBucket;
use resil_core::remote::period_limiter::{self, PeriodLimiter};
use resil_core::remote::reply::{Reply, When};
use resil_core::remote::token_bucket::{SCRIPT, Ticket, TokenBucket};
use resil_core::token_bucket::Cancelled;
use resil_tests::redis_server::RedisServer;
use resil_tests::store_script::Scripts;
use resil_tests::store_timelines::{
    Steps, Tally, leaky_bucket_not_lua, number, period_limiter_not_lua, shown, tables,
    token_bucket_not_lua,
};
use resil_tests::token_bucket_front::quota;
use resil_tests::vectors::{Operation, timelines};

/// Keys outlive the test: its clock is not the server's.
const GRACE_MS: u64 = 600_000;
const LONGEST_WAIT: Duration = Duration::from_micros(1 << 50);

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

#[test]
fn the_bucket_script_gives_every_answer_of_the_token_bucket_s_timelines() {
    let Some(server) = RedisServer::start("the token bucket's timelines in a store") else {
        return;
    };
    let mut scripts = Scripts::new(&server);
    let mut tally = Tally::default();
    for timeline in timelines(include_str!("vectors/token_bucket.toml")).unwrap() {
        if tally.leaves_out(token_bucket_not_lua(&timeline)) {
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
        &[("a first fill", 7), ("a step back", 6), ("carry-over", 45), ("nanoseconds", 77)],
        13,
        132,
    );
}

#[test]
fn the_bucket_script_gives_every_answer_of_the_leaky_bucket_s_timelines() {
    let Some(server) = RedisServer::start("the leaky bucket's timelines in a store") else {
        return;
    };
    let mut scripts = Scripts::new(&server);
    let mut tally = Tally::default();
    for timeline in &tables(include_str!("vectors/leaky_bucket.toml")) {
        if tally.leaves_out(leaky_bucket_not_lua(timeline)) {
            continue;
        }
        let steps = Steps::read(timeline).unwrap();
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

#[test]
fn the_period_script_gives_every_answer_of_the_period_limiter_s_timelines() {
    let Some(server) = RedisServer::start("the period limiter's timelines in a store") else {
        return;
    };
    let mut scripts = Scripts::new(&server);
    let mut tally = Tally::default();
    for timeline in &tables(include_str!("vectors/period_limiter.toml")) {
        if tally.leaves_out(period_limiter_not_lua(timeline)) {
            continue;
        }
        let kind = match timeline["kind"].as_str().unwrap() {
            "from_first_use" => Kind::FromFirstUse,
            "aligned" => Kind::Aligned { utc_offset_secs: number(timeline, "utc_offset_secs") },
            _ => Kind::Sliding,
        };
        let steps = Steps::read(timeline).unwrap();
        let name = timeline["name"].as_str().unwrap();
        let period = Duration::from_nanos(number(timeline, "period_ns"));
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
