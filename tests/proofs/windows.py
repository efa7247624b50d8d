"""Lemmas of `grid.rs` and `period_windows.rs`: which bucket an instant is in, and what a sliding window lets in.

Ranges: instants below 2^63, widths and periods 1 ... 2^63 - 1, limits 1 ... 2^32 - 1 and at most half the period.
"""

import formulas
import z3
from arithmetic import ceil_div, div, high, whole
from bucket import U32, U64
from formulas import LAST_INSTANT, POINT
from prover import lemma


@lemma({"reciprocal rounded down": ({"reciprocal": lambda power, width: div(2**63 * power, width)},
                                    {"width": 3, "power": 4, "now": 3})})
def a_bucket_is_the_exact_quotient(m):
    """By multiplication with a reciprocal of 64 bits: `bucket * width <= now < (bucket + 1) * width`."""
    width, power = m.number("width", 1, LAST_INSTANT), m.number("power", 1, 2**63)
    now = m.number("now", 0, LAST_INSTANT)
    # The next power of two from the width on; that it is a power of two is not needed.
    m.assume(width <= power, power < 2 * width)
    reciprocal = m.reciprocal(power, width)
    m.claim(reciprocal <= U64)
    got = m.bucket(power, reciprocal, now)
    rest = reciprocal * width - 2**63 * power
    m.same(reciprocal * (2 * now) * width, POINT * power * now + 2 * (rest * now))
    m.product_rises(rest + 1, width, now)
    m.product_rises(0, rest, now)
    m.product_rises(now + 1, 2**63, width)
    low, above = got * width, (got + 1) * width
    m.same(got * (POINT * power) * width, POINT * (power * low))
    m.same((got + 1) * (POINT * power) * width, POINT * (power * above))
    m.product_rises(now + 1, low, power)
    m.product_rises(above, now, power)
    m.product_rises(got * (POINT * power), reciprocal * (2 * now), width)
    m.product_rises(reciprocal * (2 * now) + 1, (got + 1) * (POINT * power), width)
    m.claim(low <= now)
    m.claim(above > now)


def any_sliding(m):
    limit, period = m.number("limit", 1, U32), m.number("period", 2, LAST_INSTANT)
    current, previous = m.number("current", 0, U32), m.number("previous", 0, U32)
    elapsed = m.number("elapsed", 0, LAST_INSTANT)
    m.assume(2 * limit <= period, current <= limit, previous <= limit, elapsed < period)
    return limit, period, current, previous, elapsed


def weighed_down(limit, period, current, previous, elapsed):
    return high(limit - current - div(previous * (period - elapsed), period), 0)


@lemma({"the window before rounded down": ({"sliding_remaining": weighed_down}, {"period": 10, "limit": 5})})
def a_sliding_window_s_rest_is_the_most_that_its_estimate_lets_in(m):
    """So many permits keep `current + previous * (period - elapsed) / period <= limit`, one more does not."""
    limit, period, current, previous, elapsed = any_sliding(m)
    left = m.sliding_remaining(limit, period, current, previous, elapsed)
    weight = previous * (period - elapsed)
    m.claim(z3.Implies(left > 0, (current + left) * period + weight <= limit * period))
    m.claim((current + left + 1) * period + weight > limit * period)


def sliding_grant_when(fits, is_last):
    def grant(limit, period, current, previous, elapsed, permits):
        over = (limit - current - permits) * period - previous * (period - elapsed)
        return whole(permits <= limit - current, fits(over)), is_last(over, period)

    return grant


@lemma(
    {
        "strictly less": (
            {"sliding_grant": sliding_grant_when(lambda over: over > 0, lambda over, period: over < period)},
            {"period": 10, "limit": 5},
        ),
        "the last but one is the last": (
            {"sliding_grant": sliding_grant_when(lambda over: over >= 0, lambda over, period: over <= period)},
            {"period": 10, "limit": 5},
        ),
    }
)
def what_a_sliding_window_grants_by_products_is_what_is_left(m):
    """Granted is what is no more than what is left, and what is as much is the last; the products fit 95 bits."""
    limit, period, current, previous, elapsed = any_sliding(m)
    permits = m.number("permits", 1, U32)
    left = m.sliding_remaining(limit, period, current, previous, elapsed)
    weight = previous * (period - elapsed)
    room = limit - current - permits
    granted, is_last = m.sliding_grant(limit, period, current, previous, elapsed, permits)
    share = ceil_div(weight, period)
    m.product_rises(share, room, period)
    m.product_rises(room + 1, share, period)
    m.product_rises(share + 1, room, period)
    m.claim(granted == (permits <= left))
    m.claim(z3.Implies(granted, is_last == (permits == left)))
    m.product_rises(previous, U32, period - elapsed)
    m.product_rises(room, U32, period)
    m.claim(weight < 2**95, z3.Implies(permits <= limit - current, room * period < 2**95))


@lemma({"rounded up": ({"sliding_wait": lambda limit, period, current, previous, to_end, permits: to_end - ceil_div(
    (limit - permits - current) * period, previous)}, {"period": 10, "limit": 5})})
def a_sliding_window_s_wait_is_exact(m):
    """`permits` fit from `wait` on and not a nanosecond before, within the window."""
    limit, period, current, previous, elapsed = any_sliding(m)
    permits, later = m.number("permits", 1, U32), m.number("later", 0, LAST_INSTANT)
    m.assume(previous >= 1, permits + current <= limit, elapsed + later <= period)
    wait = m.sliding_wait(limit, period, current, previous, period - elapsed, permits)
    room = (limit - permits - current) * period
    share = period - elapsed - wait
    m.product_rises(period - elapsed - later, share, previous)
    m.product_rises(share + 1, period - elapsed - later, previous)
    m.claim((previous * (period - elapsed - later) <= room) == (later >= wait))


@lemma({"a limit of any size": ({"fits_half": False}, {"power": 2**32, "period": 2})})
def a_window_s_index_and_count_fit_one_word(m):
    """The bits of the limit and of every index are 64 together: the limit is at most half the period in ns."""
    limit, period = m.number("limit", 1, U32), m.number("period", 2, LAST_INSTANT)
    # Two to the bits of the limit.
    power, index = m.number("power", 2, 2**32), m.number("index", 0, 2**64)
    m.assume(power <= 2 * limit, limit < power)
    if getattr(m, "fits_half", True):
        m.assume(2 * limit <= period)
    # The origin is less than a period before the clock's zero.
    m.assume(index * period <= LAST_INSTANT + period)
    m.product_rises(power, period, index)
    m.product_rises(power * 2, period, index)
    m.claim(index * power + power - 1 <= U64)
