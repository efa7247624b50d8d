#!/usr/bin/env python3
"""Writes resil-core/src/pure/proved.txt: what each formula gives, for a test that compares them with the Rust code.

    vectors.py            write the file
    vectors.py --check    fail if the file is not what would be written

A line is a formula, its numbers and what comes of them. The numbers are drawn from the ranges that the lemmas
state, their ends and what is near them included.
"""

import random
import sys
from math import gcd
from pathlib import Path

import formulas as f
from formulas import LAST_INSTANT, MAX_SPAN, MAX_TICK

FILE = Path(__file__).parents[2] / "resil-core/src/pure/proved.txt"
EACH = 60
U32, U64 = 2**32 - 1, 2**64 - 1
draw = random.Random(1)


def number(least, most):
    """Any number of the range; its ends, few bits and many are all likely."""
    kind = draw.randrange(6)
    if kind == 0:
        return least
    if kind == 1:
        return most
    if kind == 2:
        return max(least, most - draw.randrange(3))
    return max(least, min(most, draw.getrandbits(draw.randint(1, max(1, most.bit_length())))))


def quota():
    """parts, nanos and burst of an accepted quota, in lowest terms."""
    while True:
        parts, nanos, burst = number(1, U32), number(1, LAST_INSTANT), number(1, U32)
        common = gcd(parts, nanos)
        parts, nanos = parts // common, nanos // common
        if parts <= 4 * nanos and burst * nanos <= parts * 2**52 * 1000:
            return parts, nanos, burst


def size():
    """burst and ticks of a permit."""
    burst = number(1, U32)
    return burst, number(1, MAX_SPAN // burst)


def any_bucket():
    burst, per_permit = size()
    tick = number(0, MAX_TICK - 1)
    span = burst * per_permit
    # Near full, near empty, and anywhere.
    tat = draw.choice([tick + number(0, span), number(0, tick), min(tick + span + number(0, 3), 2**60 - 1), number(0, 2**60 - 1)])
    permits = draw.choice([number(0, burst), number(0, burst), number(0, U32)])
    return burst, per_permit, min(tat, 2**60 - 1), tick, permits


def granted(burst, per_permit, tat, tick, permits):
    """A grant tells no `ready`, and more permits than the burst are told nothing but no."""
    granted, taken, ready = f.grant(burst, per_permit, tat, tick, permits)
    return (granted, taken, 0 if granted else ready) if permits <= burst else (False, 0, 0)


def any_promise():
    burst, per_permit, tat, tick, permits = any_bucket()
    permits = min(permits, burst)
    deadline = draw.choice([U64, tick, number(tick, 2**60), max(tat - burst * per_permit + permits * per_permit, tick)])
    return burst, per_permit, tat, tick, deadline, permits


def any_scale():
    parts, nanos, burst = quota()
    return f.ticks_per_permit(parts, nanos, burst) * parts, nanos


def any_frame():
    """A scale, an instant that fixes its origin, and what that is."""
    ticks, nanos = any_scale()
    first = number(0, LAST_INSTANT)
    return ticks, nanos, first, f.anchored(f.scale(ticks, nanos), first)[0]


def any_instant(about):
    return max(0, min(LAST_INSTANT, about + draw.choice([0, 1, -1, number(0, 2**40), -number(0, 2**62)])))


def any_tick_ahead(ticks, nanos, origin, now):
    tick = f.reading(f.scale(ticks, nanos), max(0, now - origin))
    return draw.choice([0, tick, tick + number(1, 2**59 - 1), tick + number(1, 2**30)])


def any_deadline():
    ticks, nanos, first, origin = any_frame()
    now = any_instant(first)
    return ticks, nanos, first, now, min(U64, draw.choice([number(0, U64), U64 - now, U64 - now + 1, U64 - now - 1]))


def any_wait():
    ticks, nanos, first, origin = any_frame()
    now = any_instant(first)
    return ticks, nanos, first, now, any_tick_ahead(ticks, nanos, origin, now)


def any_come_back():
    ticks, nanos, first, origin = any_frame()
    now = any_instant(first)
    ready, room = (any_tick_ahead(ticks, nanos, origin, now) for _ in range(2))
    return ticks, nanos, first, now, number(1, U64), ready, room


def any_move():
    while True:
        ticks, nanos, first, origin = any_frame()
        horizon = f.anchored(f.scale(ticks, nanos), first)[1]
        if origin + horizon < LAST_INSTANT:
            now = max(origin + horizon + 1, number(origin + horizon + 1, LAST_INSTANT))
            old_tick = f.reading(f.scale(ticks, nanos), now - origin)
            return ticks, nanos, first, now, min(2**60 - 1, old_tick + number(0, 2**59))


def moved(scale, first, now, tat):
    old = f.reading(scale, now - f.anchored(scale, first)[0])
    return f.carried(f.reading(scale, now - f.anchored(scale, now)[0]), f.high(tat - old, 0))


def in_frame(formula, numbers):
    """A formula of a frame, whose first two numbers are the scale's and whose third fixed the origin."""
    ticks, nanos, first, *more = numbers
    scale = f.scale(ticks, nanos)
    return [min(U64, formula(scale, f.anchored(scale, first)[0], *more))]


def any_give_back():
    burst, per_permit = size()
    permits = number(1, burst)
    level = permits * per_permit + number(0, 2**59)
    promised = permits * per_permit
    return max(0, level + draw.choice([0, 1, -5, number(0, promised + 1)])), level, promised


def any_change(grows):
    while True:
        (old_burst, old), (new_burst, new) = size(), size()
        if not grows or new_burst > old_burst:
            missing = draw.choice([number(0, old_burst * old), number(0, old_burst * old), number(0, MAX_TICK)])
            return old_burst, old, new_burst, new, missing


def any_instant_in_a_bucket():
    width = number(1_000, LAST_INSTANT)
    bucket = number(0, LAST_INSTANT // width)
    return width, max(0, min(LAST_INSTANT, bucket * width + draw.choice([-1, 0, 1, width - 1])))


def bucket_of(width, now):
    power = 1 << (width - 1).bit_length()
    return f.bucket(power, f.reciprocal(power, width), now)


def any_sliding():
    period = number(2, 2**62 // 3)
    limit = number(1, min(U32, period // 2))
    previous, current = number(0, limit), number(0, limit)
    elapsed = number(0, period - 1)
    # As counts come about: what is in the window was let in by its estimate.
    current = min(current, f.sliding_remaining(limit, period, 0, previous, elapsed))
    return limit, period, current, previous, elapsed


def any_sliding_wait():
    while True:
        limit, period, current, previous, elapsed = any_sliding()
        left = f.sliding_remaining(limit, period, current, previous, elapsed)
        if left < limit - current:
            return limit, period, current, previous, elapsed, number(left + 1, limit - current)


def any_sliding_grant():
    limit, period, current, previous, elapsed = any_sliding()
    left = f.sliding_remaining(limit, period, current, previous, elapsed)
    near = min(max(left + number(0, 2) - 1, 1), limit)
    return limit, period, current, previous, elapsed, near if number(0, 3) else number(1, limit)


def sliding_granted(*n):
    granted, is_last = f.sliding_grant(*n)
    return [granted, granted and is_last]


FORMULAS = {
    "ticks_per_permit": (quota, lambda *n: [f.ticks_per_permit(*n)]),
    "grant": (any_bucket, granted),
    "reserve": (any_promise, f.reserve),
    "enqueue": (any_promise, f.enqueue),
    "remaining": (lambda: any_bucket()[:4], lambda *n: [f.remaining(*n)]),
    "owed": (lambda: any_bucket()[:4], lambda *n: [f.owed(*n)]),
    "give_back": (any_give_back, lambda *n: [f.give_back(*n)]),
    "scale": (any_scale, lambda *n: [f.scale(*n)]),
    "reading": (lambda: (*any_scale(), number(0, LAST_INSTANT)), lambda t, n, at: [f.reading(f.scale(t, n), at)]),
    "nanos": (lambda: (*any_scale(), number(0, 2**60 - 1)), lambda t, n, tick: [f.nanos(f.scale(t, n), tick)]),
    "as_is": (lambda: any_change(False), lambda *n: [f.carried(0, f.missing_as_is(*n))]),
    "proportional": (lambda: any_change(False), lambda *n: [f.carried(0, f.missing_proportional(*n))]),
    "additive": (lambda: any_change(True), lambda *n: [f.carried(0, f.missing_additive(*n))]),
    "bucket": (any_instant_in_a_bucket, lambda *n: [bucket_of(*n)]),
    "sliding_remaining": (any_sliding, lambda *n: [f.sliding_remaining(*n)]),
    "sliding_grant": (any_sliding_grant, sliding_granted),
    "sliding_wait": (
        any_sliding_wait,
        lambda limit, period, current, previous, elapsed, n: [
            f.sliding_wait(limit, period, current, previous, period - elapsed, n)
        ],
    ),
    "anchored": (lambda: any_frame()[:3], lambda t, n, first: f.anchored(f.scale(t, n), first)),
    "deadline": (any_deadline, lambda *n: in_frame(f.deadline, n)),
    "wait": (any_wait, lambda *n: in_frame(f.wait, n)),
    "come_back": (any_come_back, lambda *n: in_frame(f.come_back, n)),
    "moved": (any_move, lambda t, n, first, now, tat: [moved(f.scale(t, n), first, now, tat)]),
}


def text():
    lines = ["# Written by tests/proofs/vectors.py: do not edit."]
    for name, (numbers, formula) in FORMULAS.items():
        for _ in range(EACH):
            given = numbers()
            came = " ".join(str(int(number)) for number in formula(*given))
            lines.append(f"{name} {' '.join(map(str, given))} = {came}")
    return "\n".join(lines) + "\n"


def main():
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text() != text():
            sys.exit(f"{FILE.name} is out of date: run tests/proofs/vectors.py")
    else:
        FILE.write_text(text())


if __name__ == "__main__":
    main()
