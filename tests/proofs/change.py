"""Lemmas of `change.rs`: what is carried over from one quota to the next is exact, rounded against the caller.

Ranges: burst and ticks of a permit as in `bucket.py`, for the old and the new quota; up to 2^60 ticks missing.
"""

import formulas
import z3
from arithmetic import div, high, pick
from bucket import U32
from formulas import MAX_AHEAD, MAX_SPAN, MAX_TICK
from prover import lemma

SMALL = {"old_burst": 4, "old": 3, "new_burst": 5, "new": 2}


def any_change(m):
    old_burst, old = m.number("old_burst", 1, U32), m.number("old", 1, MAX_SPAN)
    new_burst, new = m.number("new_burst", 1, U32), m.number("new", 1, MAX_SPAN)
    missing = m.number("missing", 0, 2**60)
    for burst, per_permit in [(old_burst, old), (new_burst, new)]:
        m.assume(burst * per_permit <= MAX_SPAN, burst * per_permit >= 1)
    return old_burst, old, new_burst, new, missing


def rounded_down(ticks, to, per):
    return div(ticks * to, per)


def generous(old_burst, old, new_burst, new, missing):
    return high(formulas.missing_as_is(old_burst, old, new_burst, new, missing) - 1, 0)


@lemma({"a tick for the caller": ({"missing_as_is": generous}, SMALL | {"missing": 1})})
def as_is_the_permits_there_stay_as_many_as_fit_and_a_debt_stays_the_same(m):
    """`min(t, n)`, less than a tick below it; a debt of as many permits, less than a tick above it."""
    old_burst, old, new_burst, new, missing = any_change(m)
    after = m.missing_as_is(old_burst, old, new_burst, new, missing)
    old_span, new_span = old_burst * old, new_burst * new
    there, now_there = (old_span - missing) * new, (new_span - after) * old
    in_debt = missing > old_span
    m.claim(z3.Implies(z3.Not(in_debt), z3.And(now_there <= there, after >= 0)))
    m.claim(z3.Implies(z3.Not(in_debt), z3.Or(now_there > there - old, after == 0)))
    m.claim(z3.Implies(in_debt, z3.And(now_there <= there, now_there > there - old)))


@lemma({"rounded down": ({"missing_proportional": lambda ob, o, nb, n, missing: pick(
    missing > ob * o, 0, rounded_down(missing, nb * n, ob * o))}, SMALL | {"missing": 1})})
def proportional_is_the_same_share_of_full(m):
    """`missing * new span / old span`, rounded up, and never more than empty."""
    old_burst, old, new_burst, new, missing = any_change(m)
    after = m.missing_proportional(old_burst, old, new_burst, new, missing)
    old_span, new_span = old_burst * old, new_burst * new
    m.assume(missing <= old_span)
    m.product_rises(missing, old_span, new_span)
    m.claim(after * old_span >= missing * new_span, after * old_span < missing * new_span + old_span)
    m.product_rises(new_span + 1, after, old_span)
    m.claim(after <= new_span)


@lemma({"rounded down": ({"missing_additive": lambda ob, o, nb, n, missing: rounded_down(missing, n, o)},
                         SMALL | {"missing": 1})})
def additive_misses_the_same_permits(m):
    """The permits missing are as many as before, less than a tick more."""
    old_burst, old, new_burst, new, missing = any_change(m)
    after = m.missing_additive(old_burst, old, new_burst, new, missing)
    m.claim(after * old >= missing * new, after * old < missing * new + old)


@lemma({"not cut off": ({"carried": lambda tick, missing: tick + missing}, {})})
def what_is_carried_over_keeps_tat_in_its_word(m):
    """tat < 2^60 in the new frame, whatever was missing."""
    tick, missing = m.number("tick", 0, MAX_TICK - 1), m.number("missing", 0, 2**64 - 1)
    after = m.carried(tick, missing)
    m.claim(after < 2**60, after >= tick, z3.Implies(missing <= MAX_AHEAD, after - tick == missing))


@lemma({"all its permits": ({"missing_as_is": formulas.missing_additive}, {"old_burst": 4, "old": 1, "new_burst": 2, "new": 1})})
def a_promise_is_worth_what_the_change_left_of_it(m):
    """Both its ends carried as the bucket is: at most its permits, and at most what is missing after the change."""
    old_burst, old, new_burst, new, missing = any_change(m)
    permits = m.number("permits", 1, U32)
    began = missing - permits * old
    m.assume(permits * old >= 1, began >= 0, missing <= old_burst * old)
    after = m.missing_as_is(old_burst, old, new_burst, new, missing)
    worth = after - m.missing_as_is(old_burst, old, new_burst, new, began)
    m.same((old_burst * old - began) * new, (old_burst * old - missing) * new + permits * new * old)
    m.claim(worth >= 0, worth <= permits * new)
    # What lay beyond the new burst is gone, with the promise or without it.
    m.claim(after <= new_burst * new)
