//! The period limiter's script, on a real server, against its row in a process: random calls at random times.

mod random_bytes;

use std::cell::RefCell;
use std::time::Duration;

use random_bytes::on_random_bytes;
use resil_core::period_limiter::{Granted, Kind};
use resil_core::pure::period_limiter::{Config, State};
use resil_core::remote::period_limiter::{self, PeriodLimiter};
use resil_core::remote::reply::{Reply, When};
use resil_core::{Denied, Instant};
use resil_tests::bytes::Bytes;
use resil_tests::redis_server::RedisServer;
use resil_tests::store_model::Said;
use resil_tests::store_script::Scripts;
use resil_tests::store_steps::{BEGIN_US, GRACE_MS, Seen, Step, calls, moved, said};

/// Calls that are compared, at least.
const STEPS: u64 = 12_000;

/// From first use, as a store keeps it: a window begins with the first permit when none runs.
#[derive(Clone, Copy, Default)]
struct FirstUse(Option<(u64, u32)>);

impl FirstUse {
    fn room(&self, config: &Config, now_us: u64) -> u32 {
        let period_us = u64::try_from(config.period().as_micros()).unwrap();
        let running = self.0.filter(|(start, _)| now_us < start + period_us);
        config.limit() - running.map_or(0, |(_, taken)| taken)
    }

    fn ask(&mut self, config: &Config, now_us: u64, permits: u32, takes: bool) -> Told {
        let period_us = u64::try_from(config.period().as_micros()).unwrap();
        let running = self.0.filter(|(start, _)| now_us < start + period_us);
        let (start, taken) = running.unwrap_or((now_us, 0));
        let (ends, room) = (start + period_us - now_us, config.limit() - taken);
        let ends = Duration::from_micros(ends);
        let reset = if running.is_none() && !takes { Duration::ZERO } else { ends };
        if permits > room {
            return (Err(Denied::RetryAfter(ends)), room, reset);
        }
        let last = if permits == room { Granted::GrantedLast } else { Granted::Granted };
        if !takes {
            return (Ok(last), room, reset);
        }
        self.0 = Some((start, taken + permits));
        (Ok(last), room - permits, reset)
    }
}

fn up(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap())
}

/// What a process says of one step: the verdict, what remains, the reset.
type Told = (Result<Granted, Denied>, u32, Duration);

/// What a step does, and what a process says to it.
type Want = (What, Told);

#[derive(Clone, Copy, PartialEq)]
enum What {
    Peek,
    Charge,
    Acquire,
}

/// One random history of a period limiter: what is asked, and what is wanted.
fn period_history(bytes: &[u8], seen: &Seen) -> (Config, Vec<(Step, Want)>) {
    let mut bytes = Bytes(bytes);
    let utc_offset_secs = bytes.pick(255) as i32 * 600 - 76_000;
    let kind = [Kind::FromFirstUse, Kind::Aligned { utc_offset_secs }, Kind::Sliding]
        [bytes.pick(3) as usize];
    let period_us = match bytes.pick(6) {
        0 => 1 + bytes.number(1),
        1 => 1_000_000,
        2 => 86_400_000_000,
        3 => (1 << 48) - 1 - bytes.number(1),
        4 => 7 * 86_400_000_000,
        _ => 1 + bytes.number(5),
    };
    let most = (period_us * 500).min(u32::MAX.into());
    let limit = [1, 10, 3 + bytes.number(1), bytes.number(4), most][bytes.pick(5) as usize];
    let limit = limit.clamp(1, most) as u32;
    let config = Config::new(limit, Duration::from_micros(period_us), kind).unwrap();
    let limiter = PeriodLimiter::new(config).unwrap();
    let (mut state, mut first_use) = (State::new(&config), FirstUse::default());
    let mut now_us = BEGIN_US;
    let mut last = Said { granted: true, remaining: limit.into(), wait_us: 0, reset_us: period_us };
    let mut steps = Vec::new();
    while !bytes.is_empty() {
        now_us = moved(&mut bytes, now_us, &last, period_us);
        let now = Instant::from_nanos(now_us * 1_000).unwrap();
        let when = When::Supplied { now_us, grace_ms: GRACE_MS };
        let permits = match bytes.pick(4) {
            0 => limit,
            1 => 1,
            2 => (limit / 3).max(1),
            _ => last.remaining.max(1) as u32,
        };
        let what = match bytes.pick(5) {
            0 => What::Peek,
            1 => What::Charge,
            _ => What::Acquire,
        };
        let (asked, peeks) = (permits, what == What::Peek);
        let permits = match (what, kind) {
            (What::Charge, Kind::FromFirstUse) => permits.min(first_use.room(&config, now_us)),
            (What::Charge, _) => permits.min(state.peek(&config, now, 0).remaining),
            _ => permits,
        };
        let told = if kind == Kind::FromFirstUse {
            first_use.ask(&config, now_us, permits, !peeks)
        } else {
            let answer = match peeks {
                true => state.peek(&config, now, permits).answer,
                false => state.try_acquire(&config, now, permits),
            };
            let answer = answer.map_err(|denied| match denied {
                Denied::RetryAfter(wait) => Denied::RetryAfter(up(wait)),
                Denied::ExceedsLimit => Denied::ExceedsLimit,
            });
            let after = state.peek(&config, now, 0);
            (answer, after.remaining, after.reset_after)
        };
        let (mut answer, remaining, reset_after) = told;
        if what == What::Charge {
            // Also of nothing, which nobody else asks the store for.
            answer = Ok(if remaining == 0 { Granted::GrantedLast } else { Granted::Granted });
            seen.saw(if permits < asked { "charged less" } else { "charged" });
        }
        let told = (answer, remaining, reset_after);
        seen.saw(match (kind, answer) {
            (_, Ok(Granted::GrantedLast)) => "the last",
            (Kind::Sliding, Ok(_)) => "granted sliding",
            (Kind::Sliding, Err(_)) => "refused sliding",
            (_, Ok(_)) => "granted",
            (_, Err(_)) => "refused",
        });
        let answer = answer.map(|_| Duration::ZERO);
        last = said(&Reply { answer, remaining, reset_after });
        let arguments = match what {
            What::Peek => limiter.peek(permits, when),
            What::Charge => limiter.charge(asked, when),
            What::Acquire => limiter.try_acquire(permits, when),
        };
        steps.push((Step { permits, arguments, beside: None }, (what, told)));
    }
    (config, steps)
}

#[test]
fn the_period_script_gives_every_answer_of_the_row_in_a_process() {
    let Some(server) = RedisServer::start("the period script against its models") else { return };
    let scripts = RefCell::new(Scripts::new(&server));
    let seen = Seen::default();
    on_random_bytes("store_periods", 500, 600, |bytes| {
        let key = seen.next_key();
        let (config, steps) = period_history(bytes, &seen);
        let got = scripts.borrow_mut().run_all(period_limiter::SCRIPT, &calls(&key, &steps));
        let limiter = PeriodLimiter::new(config).unwrap();
        assert_eq!(got.len(), steps.len());
        for ((step, (what, want)), numbers) in steps.iter().zip(&got) {
            let reply = match what {
                What::Peek => limiter.peeked(step.permits, numbers),
                What::Charge | What::Acquire => limiter.acquired(numbers),
            };
            let Reply { answer, remaining, reset_after } = reply.unwrap();
            let got = (answer, remaining, reset_after);
            assert_eq!(got, *want, "{} of {config:?}", step.words());
        }
        seen.steps.set(seen.steps.get() + steps.len() as u64);
    });
    seen.assert_all(
        STEPS,
        &[
            "charged",
            "charged less",
            "granted",
            "granted sliding",
            "refused",
            "refused sliding",
            "the last",
        ],
    );
}
