"""Lemmas of `gcra.rs`: what is granted, promised, admitted, left and given back.

Ranges: burst 1 ... 2^32 - 1, ticks of a permit 1 ... 2^58 with `burst * ticks <= 2^58`, tick (a reading) below
2^59, `tat` below 2^60, permits 0 ... 2^32 - 1, deadline any 64 bits.
"""

import formulas
import z3
from arithmetic import ceil_div, high, pick, whole
from formulas import LAST_INSTANT, MAX_AHEAD, MAX_SPAN, MAX_TICK
from prover import lemma

U32, U64 = 2**32 - 1, 2**64 - 1
#: Where a counterexample is looked for.
SMALL = {"burst": 3, "per_permit": 5}
WIDEST = {"burst": 1, "permits": 1, "per_permit": MAX_SPAN}


def any_bucket(m):
    """burst, per_permit, tat, tick, permits: any bucket at any reading."""
    burst, per_permit = m.number("burst", 1, U32), m.number("per_permit", 1, MAX_SPAN)
    tat, tick = m.number("tat", 0, 2**60 - 1), m.number("tick", 0, MAX_TICK - 1)
    permits = m.number("permits", 0, U32)
    m.assume(burst * per_permit <= MAX_SPAN, burst * per_permit >= 1)
    m.assume(permits * per_permit >= 0)
    m.product_rises(permits, burst, per_permit)
    m.product_rises(burst + 1, permits, per_permit)
    return burst, per_permit, tat, tick, permits


def any_promise(m):
    burst, per_permit, tat, tick, permits = any_bucket(m)
    return burst, per_permit, tat, tick, m.number("deadline", 0, U64), permits


def grant_when(fits, begins=high):
    """A grant that begins and fits in a way of its own: what the lemmas have to tell from the true one."""

    def grant(burst, per_permit, tat, tick, permits):
        taken, span = begins(tat, tick) + permits * per_permit, burst * per_permit
        return whole(permits <= burst, fits(taken, tick + span)), taken, taken - span

    return grant


STRICT = grant_when(lambda taken, full: taken < full)
GENEROUS = grant_when(lambda taken, full: taken <= full + 1)
FROM_TAT = grant_when(lambda taken, full: taken <= full, lambda tat, tick: tat)
FROM_NOW = grant_when(lambda taken, full: taken <= full, lambda tat, tick: tick)


def unchecked(burst, per_permit, tat, tick, permits):
    _, taken, ready = formulas.grant(burst, per_permit, tat, tick, permits)
    return taken <= tick + burst * per_permit, taken, ready


def ready_off_by(ticks):
    def grant(*bucket):
        granted, taken, ready = formulas.grant(*bucket)
        return granted, taken, ready + ticks

    return grant


@lemma(
    {
        "the room rounded up": (
            {"ticks_per_permit": lambda parts, nanos, burst: pick(
                nanos >= parts * ceil_div(MAX_SPAN, burst), ceil_div(MAX_SPAN, burst), ceil_div(nanos, parts))},
            {"burst": 3, "parts": 1, "nanos": 2**61 // 3},
        ),
        "no room kept": (
            {"ticks_per_permit": lambda parts, nanos, burst: ceil_div(nanos, parts)},
            {"burst": 1, "parts": 1},
        ),
    }
)
def every_accepted_quota_has_a_span_of_at_most_2_58_ticks(m):
    """burst * ticks <= 2^58 and ticks >= 1; a tick is at most 16 ns, and at most 5 are in a nanosecond."""
    parts, nanos = m.number("parts", 1, U32), m.number("nanos", 1, LAST_INSTANT)
    burst = m.number("burst", 1, U32)
    m.assume(parts <= 4 * nanos, burst * nanos <= parts * (2**52 * 1000))
    ticks = m.ticks_per_permit(parts, nanos, burst)
    m.claim(burst * ticks <= MAX_SPAN, ticks >= 1, ticks * parts <= 5 * nanos)
    # 16 ticks of a permit take no less than the permit: times the burst, for the prover.
    m.product_rises(ticks * parts * 16 + 1, nanos, burst)
    m.product_rises(burst, U32, parts)
    m.claim(nanos <= 16 * ticks * parts)


@lemma(
    {
        "permits beyond the burst are multiplied": (
            {"grant": unchecked},
            {"burst": 1, "permits": U32, "per_permit": MAX_SPAN, "tat": 0, "tick": 0},
        ),
    }
)
def no_sum_of_a_grant_leaves_its_word(m):
    """What is computed once permits <= burst fits 64 bits; after a grant, tat < 2^60."""
    burst, per_permit, tat, tick, permits = any_bucket(m)
    granted, taken, _ = m.grant(burst, per_permit, tat, tick, permits)
    is_computed = z3.BoolVal(True) if m.grant is unchecked else permits <= burst
    m.claim(z3.Implies(is_computed, taken <= U64), tick + burst * per_permit <= U64)
    m.claim(z3.Implies(granted, z3.And(taken <= tick + burst * per_permit, taken < 2**60)))


@lemma(
    {
        "strictly below": ({"grant": STRICT}, SMALL),
        "a tick too much": ({"grant": GENEROUS}, SMALL),
        "begins now, whatever was taken": ({"grant": FROM_NOW}, SMALL),
    }
)
def a_grant_is_given_exactly_if_the_permits_are_there(m):
    """What is short of full and what is asked for are together at most the span."""
    burst, per_permit, tat, tick, permits = any_bucket(m)
    granted, _, _ = m.grant(burst, per_permit, tat, tick, permits)
    fits = high(tat - tick, 0) + permits * per_permit <= burst * per_permit
    m.claim(granted == z3.And(permits <= burst, fits))


@lemma({"a tick late": ({"grant": ready_off_by(1)}, SMALL), "a tick early": ({"grant": ready_off_by(-1)}, SMALL)})
def a_refusal_s_wait_is_exact(m):
    """At `ready` and ever after the same request is granted; at every tick before, it is refused."""
    burst, per_permit, tat, tick, permits = any_bucket(m)
    later = m.number("later", 0, 2**62)
    granted, _, ready = m.grant(burst, per_permit, tat, tick, permits)
    then, _, _ = formulas.grant(burst, per_permit, tat, later, permits)
    m.assume(permits <= burst, z3.Not(granted), later >= tick)
    m.claim(ready > tick, then == (later >= ready))


@lemma({"not before it is full": ({"grant": lambda b, p, tat, tick, n: (
    pick(tick > tat, n * p <= b * p - (tick - tat), tat + n * p <= tick + b * p), 0, 0)}, SMALL)})
def a_later_now_and_fewer_permits_are_granted_what_was_granted_before(m):
    """Granted at a tick, it is granted at a later one, and so are fewer permits."""
    burst, per_permit, tat, tick, permits = any_bucket(m)
    later, fewer = m.number("later", 0, MAX_TICK - 1), m.number("fewer", 0, U32)
    m.assume(later >= tick, fewer <= permits)
    m.product_rises(fewer, permits, per_permit)
    granted, _, _ = m.grant(burst, per_permit, tat, tick, permits)
    then, _, _ = m.grant(burst, per_permit, tat, later, fewer)
    m.claim(z3.Implies(granted, then))


@lemma(
    {
        "a tick too much": ({"grant": GENEROUS}, SMALL),
        "begins now, whatever was taken": ({"grant": FROM_NOW}, SMALL),
        "begins in the past": ({"grant": FROM_TAT}, SMALL),
    }
)
def over_every_interval_of_ticks_grants_are_at_most_the_span_and_the_interval(m):
    """One more grant keeps: granted in [begin, end] <= span + end - begin, whatever the order of readings.

    `sum` is what was granted at ticks in [begin, end] so far. What holds before a grant at any tick holds after
    it: `tat >= begin + sum` once sum > 0, which with `tat <= tick + span` after a grant inside gives the bound.
    Only a cancelled promise moves `tat` back, by what is no longer granted.
    """
    burst, per_permit, tat, tick, permits = any_bucket(m)
    begin, end = m.number("begin", 0, MAX_TICK - 1), m.number("end", 0, MAX_TICK - 1)
    total = m.number("sum", 0, 2**62)
    m.assume(begin <= end, permits >= 1, permits * per_permit >= 1)
    span = burst * per_permit
    m.assume(z3.Implies(total > 0, z3.And(tat >= begin + total, total <= span + end - begin)))
    granted, taken, _ = m.grant(burst, per_permit, tat, tick, permits)
    m.assume(granted)
    inside = z3.And(begin <= tick, tick <= end)
    after = total + z3.If(inside, permits * per_permit, 0)
    m.claim(z3.Implies(after > 0, z3.And(taken >= begin + after, after <= span + end - begin)))


def without_horizon(burst, per_permit, tat, tick, deadline, permits):
    _, taken, ready, _ = formulas.reserve(burst, per_permit, tat, tick, deadline, permits)
    return whole(permits <= burst, ready <= deadline), taken, ready, 0


def a_tick_early(*promise):
    promised, taken, ready, room = formulas.reserve(*promise)
    return promised, taken, ready - 1, room


@lemma({"no horizon": ({"reserve": without_horizon}, WIDEST | {"tick": 0})})
def a_promise_keeps_tat_in_its_word_and_its_deadline(m):
    """After it tat < 2^60, and the permits are there at the deadline."""
    burst, per_permit, tat, tick, deadline, permits = any_promise(m)
    promised, taken, _, _ = m.reserve(burst, per_permit, tat, tick, deadline, permits)
    m.claim(z3.Implies(promised, z3.And(taken <= tick + MAX_AHEAD, taken < 2**60)))
    m.claim(z3.Implies(promised, taken - burst * per_permit <= deadline))
    m.claim(z3.Implies(permits <= burst, taken <= U64))


@lemma({"the horizon is not told": ({"reserve": lambda *promise: (*formulas.reserve(*promise)[:3], 0)}, WIDEST),
        "a tick early": ({"reserve": a_tick_early}, SMALL)})
def a_refused_promise_s_ticks_are_exact(m):
    """Up to `tat`, it is given exactly at readings from `room` on whose deadline is `ready` or later."""
    burst, per_permit, tat, tick, deadline, permits = any_promise(m)
    later, then = m.number("later", 0, MAX_TICK - 1), m.number("then", 0, U64)
    m.assume(permits <= burst, later >= tick, then >= later)
    promised, _, ready, room = m.reserve(burst, per_permit, tat, tick, deadline, permits)
    again, _, _, _ = formulas.reserve(burst, per_permit, tat, later, then, permits)
    m.assume(z3.Not(promised), later <= tat)
    m.claim(again == z3.And(later >= room, then >= ready))


@lemma({"admits what may be promised": ({"enqueue": formulas.reserve}, SMALL)})
def a_queue_admits_what_a_meter_grants_one_after_another(m):
    """Without a deadline the answers are the same, and a slot begins where the one before ends, or now."""
    burst, per_permit, tat, tick, _, permits = any_promise(m)
    admitted, taken, _, _ = m.enqueue(burst, per_permit, tat, tick, U64, permits)
    granted, _, _ = formulas.grant(burst, per_permit, tat, tick, permits)
    m.claim(admitted == granted, z3.Implies(admitted, taken - permits * per_permit == high(tat, tick)))


@lemma({"rounded up": ({"remaining": lambda b, p, tat, tick: ceil_div(high(b * p - high(tat - tick, 0), 0), p)},
                       SMALL)})
def what_remains_is_the_most_that_is_granted(m):
    """`remaining` permits are granted, one more is not."""
    burst, per_permit, tat, tick, permits = any_bucket(m)
    left = m.remaining(burst, per_permit, tat, tick)
    m.assume(permits == left)
    m.claim(left <= burst)
    m.claim(z3.Implies(left > 0, formulas.grant(burst, per_permit, tat, tick, left)[0]))
    m.claim(z3.Not(formulas.grant(burst, per_permit, tat, tick, left + 1)[0]))


@lemma(
    {
        "what was taken since is forgotten": (
            {"give_back": lambda tat, level, promised: high(tat - promised, 0)}, {"promised": 5}),
        "what was taken since counts twice": (
            {"give_back": lambda tat, level, promised: high(tat - high(promised - 2 * high(tat - level, 0), 0), 0)},
            {"promised": 5}),
    }
)
def what_is_given_back_is_what_nobody_took_since(m):
    """A promise that moved tat from `start` to `level`, and `since` ticks taken since: the rest comes back."""
    promised = m.number("promised", 0, MAX_SPAN)
    start, since = m.number("start", 0, 2**60 - 1), m.number("since", 0, 2**60 - 1)
    level = start + promised
    after = m.give_back(level + since, level, promised)
    # So what was taken before `start` and since stays taken, as the bound on every interval needs it.
    m.claim(after >= start + since)
    m.claim(level + since - after == pick(since >= promised, 0, promised - since))
