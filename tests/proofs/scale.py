"""Lemmas of `scale.rs`: nanoseconds as ticks, and what that does to the bound in real time.

Ranges: nanoseconds of a reading below 2^63; `ticks` in `nanos`, a scale of at most 5 ticks in a nanosecond, which
every accepted quota's is (`bucket.py`).
"""

import formulas
import z3
from arithmetic import ceil_div, div
from formulas import LAST_INSTANT, MAX_SPAN, MAX_TICK, POINT
from prover import lemma


def any_scale(m):
    ticks, nanos = m.number("ticks", 1, 2**66), m.number("nanos", 1, LAST_INSTANT)
    m.assume(ticks <= 5 * nanos)
    return ticks, nanos, m.scale(ticks, nanos)


@lemma({"scale rounded down": ({"scale": lambda ticks, nanos: div(ticks * POINT, nanos)},
                               {"nanos": 3, "ticks": 1, "first": 0, "more": 3})})
def readings_never_fall_short_of_a_whole_number_of_ticks(m):
    """Where at least k ticks pass between two instants, their readings differ by at least k."""
    ticks, nanos, scale = any_scale(m)
    first, more = m.number("first", 0, LAST_INSTANT), m.number("more", 0, LAST_INSTANT)
    k = m.number("k", 0, 2**59)
    m.assume(first + more <= LAST_INSTANT, k * nanos <= ticks * more)
    step = scale * more
    m.product_rises(ticks * POINT, scale * nanos, more)
    m.same(scale * nanos * more, step * nanos)
    m.product_rises(step + 1, k * POINT, nanos)
    m.same(scale * (first + more), scale * first + step)
    m.claim(m.reading(scale, first + more) - m.reading(scale, first) >= k)


@lemma({"scale a quarter too great": ({"scale": lambda ticks, nanos: ceil_div(ticks * POINT, nanos) + POINT // 4},
                                      {"nanos": 1, "ticks": 1})})
def a_reading_is_the_true_tick_or_the_next(m):
    """Less than half a tick above the true value, rounded down: the true floor, or one more."""
    ticks, nanos, scale = any_scale(m)
    at = m.number("at", 0, LAST_INSTANT)
    got, true = m.reading(scale, at), ticks * at
    rest = scale * nanos - ticks * POINT
    m.same(scale * at * nanos, true * POINT + rest * at)
    m.product_rises(rest + 1, nanos, at)
    m.product_rises(0, rest, at)
    m.product_rises(at + 1, 2**63, nanos)
    m.claim(2 * got * nanos <= 2 * true + nanos)
    m.claim((got + 1) * nanos > true)


@lemma({"readings two ticks apart": ({"worst": 4}, {"nanos": 7, "ticks": 3})})
def what_is_due_is_found_due_less_than_two_ticks_early(m):
    """In real time: over every interval, granted <= burst + rate * (interval + 1.5 ticks).

    From `a_reading_is_the_true_tick_or_the_next` for both ends and the bound in ticks (`bucket.py`).
    """
    ticks, nanos = m.number("ticks", 1, 2**66), m.number("nanos", 1, LAST_INSTANT)
    span, granted = m.number("span", 1, MAX_SPAN), m.number("granted", 0, 2**62)
    first, last = m.number("first", 0, LAST_INSTANT), m.number("last", 0, LAST_INSTANT)
    early, late = m.number("early", 0, MAX_TICK), m.number("late", 0, MAX_TICK)
    m.assume(first <= last, granted <= span + late - early)
    above = getattr(m, "worst", 1)
    m.assume(2 * late * nanos <= 2 * (ticks * last) + above * nanos, (early + 1) * nanos > ticks * first)
    m.product_rises(granted, span + late - early, nanos)
    m.claim(2 * granted * nanos <= 2 * (span * nanos + ticks * last - ticks * first) + 3 * nanos)


@lemma({"rounded down": ({"nanos": lambda scale, tick: div(tick * POINT, scale)}, {"scale": POINT * 2 // 3, "tick": 1}),
        "one more": ({"nanos": lambda scale, tick: ceil_div(tick * POINT, scale) + 1}, {"scale": POINT, "tick": 1})})
def nanoseconds_are_the_first_at_which_a_tick_runs(m):
    """At `nanos(tick)` the reading is at least `tick`, a nanosecond before it is less."""
    scale, tick = m.number("scale", 1, 5 * POINT), m.number("tick", 1, 2**60 - 1)
    at = m.nanos(scale, tick)
    m.claim(m.reading(scale, at) >= tick)
    m.claim(m.reading(scale, at - 1) < tick)


@lemma({"rounded down": ({"nanos": lambda scale, tick: div(tick * POINT, scale)}, {"scale": POINT * 2 // 3})})
def a_frame_s_first_reading_is_2_58_and_its_horizon_below_2_59(m):
    """An instant less `nanos(2^58)` is an origin from which it reads as 2^58 or a little more, below 2^59.

    A tick is at most 16 ns and a nanosecond at most 5 ticks.
    """
    scale = m.number("scale", POINT // 16, 5 * POINT + 1)
    back, beyond = m.nanos(scale, MAX_SPAN), formulas.nanos(scale, MAX_TICK)
    got = formulas.reading(scale, back)
    m.claim(got >= MAX_SPAN, got < MAX_SPAN + 6)
    m.claim(formulas.reading(scale, beyond - 1) < MAX_TICK)
