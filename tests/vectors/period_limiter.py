#!/usr/bin/env python3
"""Writes period_limiter.toml: timelines of the period limiter, of all three kinds.

    period_limiter.py            write the file
    period_limiter.py --check    fail if the file is not what would be written

The answers come from the model below: grants by window, the estimate as an exact fraction, waits solved for the
smallest whole nanosecond. Answers that were worked out by hand, or that follow from the text of the contract, are
given with the step and compared with the model's.

Grammar. A timeline has a `kind` (from_first_use, aligned or sliding; aligned also `utc_offset_secs`), `limit`,
`period_ns`, `start_ns` and `unit_ns`. A step is `<at> <operation> -> <answer>`: at start_ns + at * unit_ns, all
durations in unit_ns.

    try_acquire N   granted | granted_last | retry_after T | exceeds_limit
    peek N          the same, then `remaining R reset_after T`
"""

from collections import Counter
from fractions import Fraction
from math import floor

from writing import write

MS = 1_000_000
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
LAST = 2**63 - 1
# 2015-05-17 00:00 UTC, a Sunday.
SUNDAY_2015 = 1_431_820_800 * SECOND


class Limiter:
    def __init__(self, kind, limit, period, offset):
        self.kind, self.limit, self.period = kind, limit, period
        self.origin = {"from_first_use": None, "aligned": -offset * SECOND, "sliding": 0}[kind]
        self.taken, self.newest = Counter(), None

    def place(self, now):
        """The window that decides at `now`, its begin, and the part of it that is still to come."""
        window = (now - self.origin) // self.period
        if self.newest is not None:
            window = max(window, self.newest)
        begin = self.origin + window * self.period
        return window, begin, Fraction(begin + self.period - max(now, begin), self.period)

    def weight(self, window):
        """What the window before would count for, all of it still to come."""
        return self.taken[window - 1] if self.kind == "sliding" else 0

    def room(self, now):
        window, _, rest = self.place(now)
        return self.limit - self.taken[window] - self.weight(window) * rest

    def wait(self, now, permits):
        window, begin, _ = self.place(now)
        here = self.limit - permits - self.taken[window]
        if here >= 0:
            # weight * (begin + period - t) / period <= here, the smallest whole t
            due = begin + self.period - floor(Fraction(here * self.period, self.weight(window)))
        elif self.kind == "sliding":
            there = Fraction((self.limit - permits) * self.period, self.taken[window])
            due = begin + 2 * self.period - floor(there)
        else:
            due = begin + self.period
        return due - now

    def ask(self, now, permits):
        if permits > self.limit:
            return ["exceeds_limit"]
        if self.origin is None:
            return ["granted_last" if permits == self.limit else "granted"]
        room = self.room(now)
        if permits == 0:
            return ["granted"]
        if permits > room:
            return ["retry_after", self.wait(now, permits)]
        return ["granted_last" if permits + 1 > room else "granted"]

    def take(self, now, permits):
        if permits == 0:
            return
        if self.origin is None:
            self.origin = now
        self.newest = self.place(now)[0]
        self.taken[self.newest] += permits

    def left(self, now):
        if self.origin is None:
            return ["remaining", self.limit, "reset_after", 0]
        begin = self.place(now)[1]
        return ["remaining", max(0, floor(self.room(now))), "reset_after", begin + self.period - now]


class Timeline:
    every = []

    def __init__(self, kind, name, about, limit, period, offset=0, unit=SECOND, start=0):
        assert name not in [other.name for other in Timeline.every], name
        assert limit * 2 <= period and (offset == 0 or kind == "aligned")
        self.kind, self.name, self.about, self.unit, self.start = kind, name, about, unit, start
        self.limit, self.period, self.offset = limit, period, offset
        self.limiter = Limiter(kind, limit, period, offset)
        self.lines = []
        Timeline.every.append(self)

    def __call__(self, at, operation, expected=None):
        now = self.start + at * self.unit
        assert 0 <= now <= LAST, (self.name, at)
        verb, permits = operation.split()
        words = self.limiter.ask(now, int(permits))
        if verb == "peek":
            words = words + self.limiter.left(now)
        elif words[0].startswith("granted"):
            self.limiter.take(now, int(permits))
        shown, duration = [], False
        for word in words:
            assert not duration or word % self.unit == 0, f"{self.name}: {word} ns are no whole units"
            shown.append(str(word // self.unit if duration else word))
            duration = word in ("retry_after", "reset_after")
        text = " ".join(shown)
        assert expected in (None, text), f"{self.name}: {at} {operation}: by hand {expected}, model {text}"
        self.lines.append((str(at), operation, text))
        return self

    def toml(self):
        widths = [max(len(line[column]) for line in self.lines) for column in (0, 1)]
        steps = "\n".join(
            f"{at.ljust(widths[0])}  {operation.ljust(widths[1])} -> {answer}" for at, operation, answer in self.lines
        )
        offset = f"utc_offset_secs = {self.offset}\n" if self.kind == "aligned" else ""
        return (
            f'[[timeline]]\nkind = "{self.kind}"\nname = "{self.name}"\nabout = "{self.about}"\n'
            f"limit = {self.limit}\nperiod_ns = {self.period:_}\n{offset}unit_ns = {self.unit:_}\n"
            f'start_ns = {self.start:_}\nsteps = """\n{steps}\n"""\n'
        )


def from_first_use():
    line = Timeline("from_first_use", "five_of_a_hundred", "go-zero's test: of a hundred requests with quota 5 four are"
                    " granted, one hits the quota, 95 are over it.", 5, 60 * SECOND, start=77 * SECOND)
    for request in range(100):
        line(0, "try_acquire 1", "granted" if request < 4 else "granted_last" if request == 4 else "retry_after 60")
    line(59, "try_acquire 1", "retry_after 1")(60, "try_acquire 5", "granted_last")

    line = Timeline("from_first_use", "quota_one", "go-zero's test: with quota 1 the first is the last.", 1, SECOND,
                    unit=MS)
    line(3, "try_acquire 1", "granted_last")(3, "try_acquire 1", "retry_after 1000")

    line = Timeline("from_first_use", "first_use", "The first window begins with the first permit taken: not with a"
                    " peek, a request for nothing, or one that never fits.", 10, 10 * SECOND)
    line(3, "peek 1", "granted remaining 10 reset_after 0")(4, "try_acquire 0", "granted")
    line(5, "try_acquire 11", "exceeds_limit")(6, "peek 10", "granted_last remaining 10 reset_after 0")
    line(7, "try_acquire 9", "granted")(7, "peek 1", "granted_last remaining 1 reset_after 10")
    line(16, "try_acquire 2", "retry_after 1")(17, "try_acquire 2", "granted")
    line(17, "peek 0", "granted remaining 8 reset_after 10")(1_000, "peek 1", "granted remaining 10 reset_after 7")

    line = Timeline("from_first_use", "half_open", "A boundary belongs to the window it begins, to the nanosecond.",
                    2, 1_000, unit=1, start=12_345)
    line(0, "try_acquire 2", "granted_last")(999, "try_acquire 1", "retry_after 1")
    line(1_000, "try_acquire 2", "granted_last")(1_999, "peek 1", "retry_after 1 remaining 0 reset_after 1")

    line = Timeline("from_first_use", "first_use_steps_back", "An earlier instant is decided in, and counted into, the"
                    " newest window; waits count from it. Before the first use is the first window.", 3, 10 * SECOND)
    line(100, "try_acquire 1", "granted")(90, "try_acquire 1", "granted")(90, "peek 2")
    line(115, "try_acquire 2", "granted")(100, "try_acquire 1", "granted_last")(105, "try_acquire 1", "retry_after 15")

    line = Timeline("from_first_use", "hammering", "Refusals are not counted.", 1, 100 * MS, unit=MS)
    for at in range(0, 401):
        line(at, "try_acquire 1", "granted_last" if at % 100 == 0 else f"retry_after {100 - at % 100}")


def aligned():
    line = Timeline("aligned", "a_day_in_utc", "A calendar day at UTC ends at its midnight.", 3, DAY, start=SUNDAY_2015,
                    unit=60 * SECOND)
    line(23 * 60, "try_acquire 3", "granted_last")(23 * 60 + 59, "try_acquire 1", "retry_after 1")
    line(24 * 60, "try_acquire 1", "granted")(24 * 60, "peek 3", "retry_after 1440 remaining 2 reset_after 1440")

    for name, offset, hour in [("kiribati", 14 * 3_600, 10), ("kathmandu", 20_700, None), ("new_york", -14_400, 4),
                               ("baker", -12 * 3_600, 12)]:
        line = Timeline("aligned", f"a_day_in_{name}", f"The day ends at midnight of a clock {offset} s ahead of UTC.",
                        1, DAY, offset=offset, start=SUNDAY_2015, unit=60 * SECOND)
        midnight = (-offset // 60) % 1_440
        assert hour is None or midnight == hour * 60
        line(midnight - 1, "try_acquire 1", "granted_last")(midnight - 1, "try_acquire 1", "retry_after 1")
        line(midnight, "try_acquire 1", "granted_last")(midnight, "try_acquire 1", "retry_after 1440")

    line = Timeline("aligned", "a_week", "Weeks begin on Thursdays, as 1970 did: Sunday is their fourth day.", 7, 7 * DAY,
                    start=SUNDAY_2015, unit=HOUR)
    line(0, "peek 1", "granted remaining 7 reset_after 96")(95, "try_acquire 7", "granted_last")
    line(95, "try_acquire 1", "retry_after 1")(96, "try_acquire 1", "granted")

    line = Timeline("aligned", "offset_beyond_the_period", "Minutes at an offset of an hour and a half minute.", 2,
                    60 * SECOND, offset=3_630)
    line(0, "try_acquire 2", "granted_last")(29, "try_acquire 1", "retry_after 1")(30, "try_acquire 2", "granted_last")

    line = Timeline("aligned", "aligned_steps_back", "A wall clock that steps back stays in the newest window.", 2,
                    60 * SECOND)
    line(130, "try_acquire 1", "granted")(10, "try_acquire 1", "granted_last")(10, "try_acquire 1", "retry_after 170")
    line(119, "peek 1", "retry_after 61 remaining 0 reset_after 61")(180, "try_acquire 1", "granted")


def sliding():
    line = Timeline("sliding", "cloudflare", "The published example: 50 a minute, 42 in the window before, 18 in this"
                    " one, 15 s gone: 42 * 45/60 + 18 = 49.5. One more fits 5/7 s later.", 50, 60 * SECOND, unit=1)
    line(59 * SECOND, "try_acquire 42", "granted")(75 * SECOND, "try_acquire 18", "granted_last")
    line(75 * SECOND, "peek 1", f"retry_after {5 * SECOND // 7 + 1} remaining 0 reset_after {45 * SECOND}")
    line(75 * SECOND + 5 * SECOND // 7, "try_acquire 1", "retry_after 1")
    line(75 * SECOND + 5 * SECOND // 7 + 1, "try_acquire 1", "granted_last")

    line = Timeline("sliding", "slides_out", "What the window before took at its end slides out evenly in the next.", 10,
                    10 * SECOND)
    line(9, "try_acquire 10", "granted_last")(10, "try_acquire 1", "retry_after 1")
    for at in range(11, 20):
        line(at, "try_acquire 1", "granted_last")(at, "try_acquire 1", "retry_after 1")
    line(20, "peek 1", "granted_last remaining 1 reset_after 10")

    line = Timeline("sliding", "waits", "Waits within this window, into the next, and past it.", 10, 10 * SECOND, unit=MS)
    line(9_000, "try_acquire 10", "granted_last")(13_000, "try_acquire 3", "granted_last")
    line(13_000, "try_acquire 1", "retry_after 1000")(13_000, "try_acquire 6", "retry_after 6000")
    line(13_000, "try_acquire 7", "retry_after 7000")(13_000, "try_acquire 10", "retry_after 17000")
    line(13_000, "try_acquire 11", "exceeds_limit")(20_000, "try_acquire 7", "granted_last")
    line(30_000, "peek 10", "retry_after 10000 remaining 3 reset_after 10000")
    line(40_000, "try_acquire 10", "granted_last")

    line = Timeline("sliding", "thirds", "Where the fraction does not come out even, a wait is rounded up to whole ns.",
                    3, 10, unit=1)
    line(5, "try_acquire 3", "granted_last")(5, "try_acquire 1", "retry_after 9")(13, "try_acquire 1", "retry_after 1")
    line(14, "try_acquire 1", "granted_last")(14, "try_acquire 1", "retry_after 3")(16, "try_acquire 1", "retry_after 1")
    line(17, "try_acquire 1", "granted_last")(17, "try_acquire 2", "retry_after 8")(25, "peek 2")

    line = Timeline("sliding", "sliding_steps_back", "An earlier instant of the window sees more of the one before; one"
                    " of an earlier window sees all of it.", 10, 10 * SECOND, unit=MS)
    line(9_000, "try_acquire 8", "granted")(15_000, "try_acquire 4", "granted")
    line(12_000, "try_acquire 1", "retry_after 1750")(13_750, "peek 1", "granted_last remaining 1 reset_after 6250")
    line(3_000, "peek 1", "retry_after 10750 remaining 0 reset_after 17000")(15_000, "try_acquire 2", "granted_last")

    line = Timeline("sliding", "forgets", "A window without permits between, and nothing is left of the one before it.",
                    4, 10 * SECOND, start=SUNDAY_2015)
    line(0, "try_acquire 4", "granted_last")(19, "peek 4", "retry_after 1 remaining 3 reset_after 1")
    line(20, "try_acquire 4", "granted_last")(3_000_000_000, "try_acquire 4", "granted_last")


HEAD = """\
# Timelines of the period limiter. Written by period_limiter.py beside it, which says what a step is and where each
# answer comes from: change that, and run it.
"""


def written():
    from_first_use()
    aligned()
    sliding()
    return "\n".join([HEAD, *(timeline.toml() for timeline in Timeline.every)])


if __name__ == "__main__":
    write(__file__, written())
