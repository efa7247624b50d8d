//! The bucket against slow models: every decision, wait and count, for any accepted quota and any script.

mod random_bytes;

use std::cell::RefCell;

use random_bytes::on_random_bytes;
use resil_core::pure::token_bucket::{Config as BucketConfig, State};
use resil_core::{Instant, Quota};
use resil_tests::admission::Excess;
use resil_tests::corpus::corpus;
use resil_tests::exact_bucket::ExactBucket;
use resil_tests::token_bucket_front::{Front, Pure};
use resil_tests::token_bucket_model::Model;
use resil_tests::token_bucket_reached::Reached;
use resil_tests::token_bucket_script::{Calls, Script, run};
use resil_tests::vectors::{Answer, Operation, Verdict};

#[test]
fn pure_and_shared_bucket_answer_as_the_slow_model_for_any_script() {
    let reached = RefCell::new(Reached::default());
    on_random_bytes("token_bucket_model", 6_000, 400, |bytes| {
        reached.borrow_mut().add(&run(bytes, Calls::All))
    });
    // A random test that never comes to a branch says nothing about it.
    for (name, count) in reached.borrow().counts() {
        assert!(count >= 5, "{name} was reached {count} times");
    }
}

#[test]
fn the_seeds_of_the_fuzzer_agree_too() {
    let mut reached = Reached::default();
    for seed in corpus("token_bucket") {
        reached.add(&run(&seed, Calls::All));
    }
    assert!(reached.granted > 0 && reached.gave_back_all > 0, "{reached:?}");
}

/// Permits used at an instant: taken then, or promised for then.
#[derive(Clone, Copy, Debug)]
struct Use {
    at: u64,
    permits: u32,
    promised: bool,
}

/// What a script without changes took.
struct Taken {
    quota: Quota,
    uses: Vec<Use>,
    model: Model,
    log: String,
}

fn take(bytes: &[u8]) -> Taken {
    let mut script = Script::new(bytes, Calls::Taking);
    let quota = script.quota();
    let mut pure = Pure::new(quota, script.initial());
    let mut model = Model::new(quota, script.initial());
    let mut taken = Taken { quota, uses: Vec::new(), model: model.clone(), log: String::new() };
    let mut answer = None;
    while let Some((now, operation)) = script.next(answer.as_ref()) {
        let got = pure.answer(now, &operation);
        model.answer(now, &operation);
        taken.log += &format!("{now} {operation} -> {got}\n");
        match (&operation, &got) {
            (Operation::TryAcquire(permits), Answer::Asked(Verdict::Granted)) => {
                taken.uses.push(Use { at: now, permits: *permits, promised: false });
            }
            (Operation::Reserve { permits, .. }, Answer::ReadyAfter(wait)) => {
                taken.uses.push(Use { at: now + wait, permits: *permits, promised: true });
            }
            _ => {}
        }
        answer = Some(got);
    }
    taken.model = model;
    taken
}

#[test]
fn over_every_interval_no_more_is_granted_than_burst_and_rate_times_the_interval_and_two_ticks() {
    let tight = RefCell::new(0);
    on_random_bytes("token_bucket_model", 6_000, 300, |bytes| {
        let Taken { quota, mut uses, model, log, .. } = take(bytes);
        uses.sort_by_key(|it| it.at);
        let mut excess = Excess::new(quota);
        // A promise is due at a whole nanosecond, less than one after its permits are there.
        let late = u128::from(uses.iter().any(|it| it.promised));
        for Use { at, permits: n, .. } in uses {
            excess.grant(at, n);
            // Where the origin moves, the reading is rounded anew, for a bucket that is not full then.
            let ticks = 2 + 2 * u128::from(model.moves());
            assert!(
                excess.is_within(ticks, model.ticks_per_permit() as u128, late),
                "{} 1/permits ns too many at {at}\n{quota:?}\n{log}",
                excess.worst()
            );
            *tight.borrow_mut() += u32::from(excess.is_exactly_met());
        }
    });
    let tight = tight.into_inner();
    assert!(tight > 500, "the bound was met exactly only {tight} times");
}

#[test]
fn nothing_is_refused_at_its_exact_instant_and_exact_quotas_answer_as_fractions_do() {
    let reached = RefCell::new((0, 0, 0));
    on_random_bytes("token_bucket_model", 6_000, 300, |bytes| {
        let mut script = Script::new(bytes, Calls::Taking);
        let quota = script.quota();
        if script.initial().is_some() {
            return;
        }
        let mut pure = Pure::new(quota, None);
        let mut model = Model::new(quota, None);
        let mut exact = ExactBucket::new(quota);
        let (mut answer, mut latest, mut forwards) = (None, 0, true);
        let mut log = format!("{quota:?}\n");
        while let Some((now, operation)) = script.next(answer.as_ref()) {
            let got = pure.answer(now, &operation);
            let _ = model.answer(now, &operation);
            log += &format!("{now} {operation} -> {got}\n");
            forwards &= now >= latest;
            latest = latest.max(now);
            if model.moves() > 0 || model.origin().is_some_and(|origin| now < origin) {
                return;
            }
            let (n, timeout) = match &operation {
                Operation::TryAcquire(n) | Operation::Peek(n) => (*n, Some(0)),
                Operation::Reserve { permits, timeout_ns, .. } => (*permits, *timeout_ns),
                _ => unreachable!("scripts that take do nothing else"),
            };
            answer = Some(got);
            if n == 0 || n > quota.burst() {
                continue;
            }
            let wait = exact.wait(now, n);
            let is_due = exact.grants(now, n);
            let got_it = match got {
                Answer::Peeked { verdict, .. } | Answer::Asked(verdict) => {
                    verdict == Verdict::Granted
                }
                _ => true,
            };
            let mut count = reached.borrow_mut();
            if forwards && is_due {
                assert!(got_it, "refused at its exact instant\n{log}");
                let on_the_dot = exact.wait(now.saturating_sub(1), n) == 1 && now > 0;
                count.0 += u32::from(on_the_dot);
            }
            let too_far = || exact.after(now, n) > (1 << 59) * u128::from(quota.permits());
            if model.is_exact() && !(timeout.is_none_or(|timeout| timeout > 0) && too_far()) {
                let in_time = timeout.is_none_or(|timeout| wait <= timeout.into());
                assert_eq!(got_it, in_time, "fractions say otherwise\n{log}");
                let expected = if in_time { wait } else { wait - u128::from(timeout.unwrap_or(0)) };
                if let Some(got) = got.wait_ns() {
                    assert_eq!(u128::from(got), expected, "fractions say otherwise\n{log}");
                    count.1 += 1;
                }
            } else if let (Answer::ReadyAfter(got), true) = (got, forwards) {
                assert!(u128::from(got) <= wait, "later than the exact instant\n{log}");
                count.2 += 1;
            }
            if got_it && !matches!(operation, Operation::Peek(_)) {
                exact.take(now, n);
            }
        }
    });
    let (on_the_dot, exact, rounded) = reached.into_inner();
    assert!(
        on_the_dot > 200 && exact > 500 && rounded > 500,
        "granted to the nanosecond {on_the_dot} times, exact waits {exact}, rounded waits {rounded}"
    );
}

#[test]
fn three_permits_in_seven_seconds_kept_dry_for_eighteen_years_grant_exactly_what_is_due() {
    const BURST: u32 = 5_000;
    let quota = Quota::new(3, std::time::Duration::from_secs(7), BURST).unwrap();
    let mut state = State::new(&BucketConfig::full(quota));
    let at = |nanos: u64| Instant::from_nanos(nanos).unwrap();
    // The first whole nanosecond at which so many permits have come back.
    let due = |permits: u64| (u128::from(permits) * 7_000_000_000).div_ceil(3) as u64;
    assert_eq!(state.try_acquire(at(0), BURST), Ok(()));
    let (mut granted, mut requests) = (0, 0);
    // Up to where the origin would move, 2^59 ticks.
    while due(granted + u64::from(BURST)) < 1 << 59 {
        let n = 1 + requests * 7_919 % (BURST - 1);
        granted += u64::from(n);
        let now = due(granted);
        assert!(state.try_acquire(at(now - 2), n).is_err(), "early: {granted} at {now}");
        assert_eq!(state.try_acquire(at(now), n), Ok(()), "late: {granted} at {now}");
        assert!(state.try_acquire(at(now), 1).is_err(), "twice: {granted} at {now}");
        requests += 1;
    }
    assert!(requests > 90_000, "{requests} requests");
}
