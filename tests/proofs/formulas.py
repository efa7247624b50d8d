"""The arithmetic of the bucket, formula by formula, as `resil-core/src/pure/` has it.

Each works on Python's whole numbers, which `vectors.py` evaluates for the test that compares them with Rust, and
on the prover's symbols, about which `bucket.py` proves what it says. So what is proved is what runs.

Nothing saturates or wraps here: that Rust's 64 and 128 bits are enough is among what is proved. Where a Rust
function answers an enum, the formula answers the numbers it is made of.
"""

from arithmetic import ceil_div, div, either, high, low, pick, whole

MAX_SPAN = 2**58
MAX_TICK = 2**59
MAX_AHEAD = 2**59
POINT = 2**64
LAST_INSTANT = 2**63 - 1
LAST_WORD = 2**64 - 1


# gcra.rs


def ticks_per_permit(parts, nanos, burst):
    """Of `Gcra::new`: `nanos / parts` is the interval of a permit, in lowest terms."""
    exactly = whole(parts <= 2, nanos * burst <= MAX_SPAN)
    return pick(exactly, nanos, low(ceil_div(nanos, parts), div(MAX_SPAN, burst)))


def ticks(per_permit, permits):
    return permits * per_permit


def grant(burst, per_permit, tat, tick, permits):
    """Whether it grants, the new `tat`, and `ready`."""
    start, rest = high(tat, tick), ticks(per_permit, burst - permits)
    return whole(permits <= burst, start <= tick + rest), start + ticks(per_permit, permits), start - rest


def reserve(burst, per_permit, tat, tick, deadline, permits):
    """Whether it promises, the new `tat`, `ready` and `room`."""
    taken = high(tat, tick) + ticks(per_permit, permits)
    ready = high(taken - ticks(per_permit, burst), 0)
    room = high(taken - MAX_AHEAD, 0)
    return whole(permits <= burst, ready <= deadline, room <= tick), taken, ready, room


def enqueue(burst, per_permit, tat, tick, deadline, permits):
    """Whether it admits, the new `tat`, `ready` and `room`."""
    granted, taken, ready = grant(burst, per_permit, tat, tick, permits)
    return whole(granted, either(tat <= tick, tat <= deadline)), taken, tat, pick(granted, 0, ready)


def remaining(burst, per_permit, tat, tick):
    ahead = high(tat - tick, 0)
    return div(high(ticks(per_permit, burst) - ahead, 0), per_permit)


def owed(burst, per_permit, tat, tick):
    return ceil_div(high(high(tat - tick, 0) - ticks(per_permit, burst), 0), per_permit)


def give_back(tat, level, promised):
    """The new `tat`; the old one if nothing is left to give."""
    back = high(promised - high(tat - level, 0), 0)
    return high(tat - back, 0)


# scale.rs


def scale(ticks, nanos):
    """`Scale::new`, its two parts as one number."""
    return ceil_div(ticks * POINT, nanos)


def reading(scale, nanos):
    """`Scale::ticks`."""
    return div(scale * nanos, POINT)


def nanos(scale, tick):
    """`Scale::nanos`."""
    return ceil_div(tick * POINT, scale)


# frame.rs


def anchored(scale, now):
    """The origin and the horizon of `Frame::anchored`."""
    origin = pick(reading(scale, now) < MAX_SPAN, 0, now - nanos(scale, MAX_SPAN))
    return origin, nanos(scale, MAX_TICK) - 1


def deadline(scale, origin, now, timeout):
    """`Frame::deadline` of a timeout in nanoseconds."""
    return reading(scale, high(low(now + timeout, LAST_WORD) - origin, 0))


def wait(scale, origin, now, tick):
    """`Frame::wait`, in nanoseconds."""
    return pick(tick == 0, 0, high(origin + nanos(scale, tick) - now, 0))


def come_back(scale, origin, now, timeout, ready, room):
    """`Frame::denied` of a shortfall: after so many nanoseconds it is over."""
    return high(high(wait(scale, origin, now, ready) - timeout, 0), wait(scale, origin, now, room))


# change.rs


def scaled_up(ticks, to, per):
    return ceil_div(ticks * to, per)


def missing_as_is(old_burst, old, new_burst, new, missing):
    """`Change::missing_after`, `AsIs` (and `Additive` where the burst does not grow)."""
    old_span, new_span = ticks(old, old_burst), ticks(new, new_burst)
    there = div(high(old_span - missing, 0) * new, old)
    in_debt = new_span + scaled_up(high(missing - old_span, 0), new, old)
    return pick(missing > old_span, in_debt, high(new_span - there, 0))


def missing_proportional(old_burst, old, new_burst, new, missing):
    old_span, new_span = ticks(old, old_burst), ticks(new, new_burst)
    in_debt = new_span + scaled_up(high(missing - old_span, 0), new, old)
    return pick(missing > old_span, in_debt, scaled_up(missing, new_span, old_span))


def missing_additive(old_burst, old, new_burst, new, missing):
    """Where the burst grows."""
    return scaled_up(missing, new, old)


def carried(new_tick, missing):
    """`Change::carried`, for what is missing in the new quota."""
    return new_tick + low(missing, MAX_AHEAD)


# grid.rs


def reciprocal(power, width):
    """`power` is the next power of two from `width` on."""
    return ceil_div(2**63 * power, width)


def bucket(power, reciprocal, now):
    return div(reciprocal * (2 * now), POINT * power)


# period_windows.rs


def sliding_remaining(limit, period, current, previous, elapsed):
    return high(limit - current - ceil_div(previous * (period - elapsed), period), 0)


def sliding_grant(limit, period, current, previous, elapsed, permits):
    """Whether they fit, and whether not one more does."""
    over = (limit - current - permits) * period - previous * (period - elapsed)
    return whole(permits <= limit - current, over >= 0), over < period


def sliding_wait(limit, period, current, previous, to_end, permits):
    """Where the window's own permits leave room: until enough of the one before has slid out."""
    return to_end - div((limit - permits - current) * period, previous)
