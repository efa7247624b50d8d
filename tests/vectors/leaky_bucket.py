#!/usr/bin/env python3
"""Writes leaky_bucket.toml: timelines of the leaky bucket, as meter and as queue.

    leaky_bucket.py            write the file
    leaky_bucket.py --check    fail if the file is not what would be written

The answers come from the model below, which knows nothing of ticks: what is in the bucket is an exact fraction
of a permit, and every wait is the smallest whole number of nanoseconds that satisfies the condition it stands
for. Answers that were worked out by hand, or that follow from the text of the contract, are given with the step
and compared with the model's.

Grammar. A timeline has a `kind` (meter or queue), a quota (`permits` per `period_ns`, `burst`), `start_ns` and
`unit_ns`. A step is `<at> <operation> -> <answer>`: at start_ns + at * unit_ns, all durations in unit_ns.

    meter   try_acquire N                  granted | retry_after T | exceeds_limit
            peek N                         the same, then `remaining R reset_after T`
    queue   try_reserve N                  ready_after T | retry_after T | exceeds_limit
            try_reserve_within N TIMEOUT   the same
            peek N                         the same as of try_reserve, then `remaining R reset_after T`
"""

from fractions import Fraction

from writing import write

MS = 1_000_000
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
UNIX_2015 = 1_431_857_103 * SECOND
LAST = 2**63 - 1


def ceil(fraction):
    return -(-fraction.numerator // fraction.denominator)


class Bucket:
    """Permits that leak away. `level` was in it at `latest`; before that, seen from there, more has to leak."""

    def __init__(self, permits, period, burst):
        self.rate, self.burst = Fraction(permits, period), burst
        self.level, self.latest = Fraction(0), 0

    def level_at(self, now):
        return max(Fraction(0), self.level - (now - self.latest) * self.rate)

    def until(self, now, level):
        """Whole nanoseconds from now until no more than `level` is in it."""
        return max(0, ceil((self.level_at(now) - level) / self.rate))

    def pour(self, now, permits):
        if permits > self.burst:
            return "exceeds_limit", None
        wait = self.until(now, self.burst - permits)
        return ("retry_after", wait) if wait and permits else ("granted", None)

    def join(self, now, permits, timeout):
        if permits == 0:
            return "ready_after", 0
        answer, full = self.pour(now, permits)
        if answer == "exceeds_limit":
            return answer, None
        idle = self.until(now, Fraction(0))
        late = 0 if timeout is None else max(0, idle - timeout)
        wait = max(full or 0, late)
        return ("retry_after", wait) if wait else ("ready_after", idle)

    def add(self, now, permits):
        if permits == 0:
            return
        if self.level_at(now) == 0:
            # It is empty at `now`, so that is where what is given counts from, and nothing is carried.
            self.level, self.latest = Fraction(permits), now
        else:
            self.level += permits


class Timeline:
    every = []

    def __init__(self, kind, name, about, permits, period, burst, unit=MS, start=0):
        assert kind in ("meter", "queue") and name not in [other.name for other in Timeline.every], name
        self.kind, self.name, self.about, self.unit, self.start = kind, name, about, unit, start
        self.quota = (permits, period, burst)
        self.bucket = Bucket(*self.quota)
        self.bucket.latest = start
        self.lines = []
        Timeline.every.append(self)

    def __call__(self, at, operation, expected=None):
        now = self.start + at * self.unit
        assert 0 <= now <= LAST, (self.name, at)
        verb, *numbers = operation.split()
        permits, *timeout = map(int, numbers)
        timeout = timeout[0] * self.unit if timeout else None
        bucket = self.bucket
        if verb == "try_acquire":
            assert self.kind == "meter"
            answer = bucket.pour(now, permits)
        elif verb == "peek" and self.kind == "meter":
            answer = bucket.pour(now, permits)
        else:
            assert self.kind == "queue" and (timeout is not None) == (verb == "try_reserve_within"), operation
            answer = bucket.join(now, permits, timeout)
        words = [answer[0], *(self.in_units(wait) for wait in answer[1:] if wait is not None)]
        if verb == "peek":
            room = max(0, (bucket.burst - bucket.level_at(now)) // 1)
            words += ["remaining", str(room), "reset_after", self.in_units(bucket.until(now, 0))]
        elif answer[0] in ("granted", "ready_after"):
            bucket.add(now, permits)
        text = " ".join(words)
        assert expected in (None, text), f"{self.name}: {at} {operation}: by hand {expected}, model {text}"
        self.lines.append((str(at), operation, text))
        return self

    def in_units(self, nanos):
        assert nanos % self.unit == 0, f"{self.name}: {nanos} ns are no whole units"
        return str(nanos // self.unit)

    def toml(self):
        permits, period, burst = self.quota
        widths = [max(len(line[column]) for line in self.lines) for column in (0, 1)]
        steps = "\n".join(
            f"{at.ljust(widths[0])}  {operation.ljust(widths[1])} -> {answer}" for at, operation, answer in self.lines
        )
        return (
            f'[[timeline]]\nkind = "{self.kind}"\nname = "{self.name}"\nabout = "{self.about}"\n'
            f"permits = {permits}\nperiod_ns = {period:_}\nburst = {burst}\nunit_ns = {self.unit:_}\n"
            f'start_ns = {self.start:_}\nsteps = """\n{steps}\n"""\n'
        )


def meters():
    line = Timeline("meter", "meter_burst_and_rate", "Ten a second, burst 3: three at once, then one each 100 ms.",
                    10, SECOND, 3)
    line(0, "peek 1", "granted remaining 3 reset_after 0")
    for _ in range(3):
        line(0, "try_acquire 1", "granted")
    line(0, "try_acquire 1", "retry_after 100")(99, "try_acquire 1", "retry_after 1")
    line(100, "try_acquire 1", "granted")(100, "try_acquire 2", "retry_after 200")
    line(250, "peek 2", "retry_after 50 remaining 1 reset_after 150")(300, "try_acquire 2", "granted")
    line(300, "try_acquire 4", "exceeds_limit")(300, "try_acquire 0", "granted")
    line(300, "peek 0", "granted remaining 0 reset_after 300")(600, "peek 3", "granted remaining 3 reset_after 0")

    line = Timeline("meter", "meter_hammering_is_free", "Refusals change nothing: who asks each ms gets the same as"
                    " who waits.", 10, SECOND, 1)
    for at in range(0, 1001, 1):
        line(at, "try_acquire 1", "granted" if at % 100 == 0 else f"retry_after {100 - at % 100}")

    line = Timeline("meter", "meter_steps_back", "An earlier instant than one already seen refuses more, and the wait"
                    " counts from it.", 1, SECOND, 2)
    line(5_000, "try_acquire 2", "granted")(4_000, "try_acquire 1", "retry_after 2000")
    line(4_000, "peek 1", "retry_after 2000 remaining 0 reset_after 3000")(6_000, "try_acquire 1", "granted")
    line(5_999, "try_acquire 1", "retry_after 1001")(7_000, "try_acquire 1", "granted")

    line = Timeline("meter", "meter_unix_time", "Instants may be Unix time; a bucket is empty at its first.",
                    1, SECOND, 3, unit=SECOND, start=UNIX_2015)
    line(0, "try_acquire 3", "granted")(0, "try_acquire 1", "retry_after 1")(1, "try_acquire 1", "granted")
    line(100_000_000, "try_acquire 3", "granted")(100_000_000, "try_acquire 3", "retry_after 3")

    line = Timeline("meter", "meter_three_in_seven", "Three in seven seconds: the exact fraction decides, and a wait is"
                    " rounded up to whole ns.", 3, 7 * SECOND, 1, unit=1)
    line(0, "try_acquire 1", "granted")(0, "try_acquire 1", "retry_after 2333333334")
    line(2_333_333_333, "try_acquire 1", "retry_after 1")(2_333_333_334, "try_acquire 1", "granted")

    line = Timeline("meter", "meter_two_a_nanosecond", "Two permits a nanosecond, and a burst of ten.",
                    2, 1, 10, unit=1)
    line(0, "try_acquire 10", "granted")(0, "try_acquire 1", "retry_after 1")(1, "try_acquire 2", "granted")
    line(1, "try_acquire 9", "retry_after 5")(5, "peek 8", "granted remaining 8 reset_after 1")
    line(5, "try_acquire 9", "retry_after 1")(6, "try_acquire 9", "granted")


def queues():
    line = Timeline("queue", "queue_one_by_one", "Ten a second, burst 4: an idle queue takes four at one instant, the"
                    " first goes at once.", 10, SECOND, 4)
    line(0, "peek 1", "ready_after 0 remaining 4 reset_after 0")
    for slot in range(4):
        line(0, "try_reserve 1", f"ready_after {slot * 100}")
    line(0, "try_reserve 1", "retry_after 100")(0, "peek 1", "retry_after 100 remaining 0 reset_after 400")
    line(100, "try_reserve 1", "ready_after 300")(150, "try_reserve 1", "retry_after 50")
    line(200, "try_reserve 1", "ready_after 300")(1_000, "try_reserve 1", "ready_after 0")

    line = Timeline("queue", "queue_counts_from_now", "Slots count from the request, not from multiples of the"
                    " interval.", 10, SECOND, 4)
    line(37, "try_reserve 1", "ready_after 0")(40, "try_reserve 1", "ready_after 97")
    line(236, "try_reserve 1", "ready_after 1")(337, "try_reserve 1", "ready_after 0")
    line(438, "try_reserve 1", "ready_after 0")(537, "try_reserve 1", "ready_after 1")

    line = Timeline("queue", "queue_several_at_once", "Several at once go at the next free instant, together, and occupy"
                    " as many intervals after it.", 10, SECOND, 5)
    line(0, "try_reserve 3", "ready_after 0")(0, "try_reserve 2", "ready_after 300")
    line(0, "try_reserve 1", "retry_after 100")(100, "try_reserve 1", "ready_after 400")
    line(100, "try_reserve 6", "exceeds_limit")(100, "try_reserve 5", "retry_after 500")
    line(600, "try_reserve 5", "ready_after 0")(600, "peek 0", "ready_after 0 remaining 0 reset_after 500")

    line = Timeline("queue", "queue_within", "A wait beyond the timeout is refused, and takes no place; the refusal"
                    " counts until both the room and the wait fit.", 10, SECOND, 4)
    line(0, "try_reserve_within 2 0", "ready_after 0")(0, "try_reserve_within 1 199", "retry_after 1")
    line(0, "try_reserve_within 1 0", "retry_after 200")(0, "try_reserve_within 1 200", "ready_after 200")
    line(0, "try_reserve_within 2 100", "retry_after 200")(0, "try_reserve_within 2 1000", "retry_after 100")
    line(100, "try_reserve_within 2 199", "retry_after 1")(101, "try_reserve_within 2 199", "ready_after 199")

    line = Timeline("queue", "queue_nothing", "Nothing goes at once, even from a full queue.", 1, SECOND, 1)
    line(0, "try_reserve 1", "ready_after 0")(0, "try_reserve 0", "ready_after 0")
    line(0, "try_reserve_within 0 0", "ready_after 0")(0, "peek 0", "ready_after 0 remaining 0 reset_after 1000")
    line(0, "try_reserve 1", "retry_after 1000")(1_000, "try_reserve 1", "ready_after 0")

    line = Timeline("queue", "queue_steps_back", "Seen from an earlier instant the next free one is further away.",
                    1, SECOND, 3)
    line(5_000, "try_reserve 1", "ready_after 0")(4_500, "try_reserve 1", "ready_after 1500")
    line(4_000, "try_reserve 1", "retry_after 1000")(5_000, "try_reserve 1", "ready_after 2000")

    line = Timeline("queue", "queue_three_in_seven", "Three in seven seconds: slots at exact fractions, rounded up to"
                    " whole ns, do not drift.", 3, 7 * SECOND, 4, unit=1)
    for slot in range(4):
        line(0, "try_reserve 1", f"ready_after {-(-7 * SECOND * slot // 3)}")
    line(2_333_333_333, "try_reserve 1", "retry_after 1")
    line(2_333_333_334, "try_reserve 1", f"ready_after {-(-28 * SECOND // 3) - 2_333_333_334}")

    line = Timeline("queue", "queue_a_day", "One a day, and a year's worth of waiting: the longest waits are exact too.",
                    1, DAY, 365, unit=SECOND, start=UNIX_2015)
    line(0, "try_reserve 364", "ready_after 0")(0, "try_reserve 1", f"ready_after {364 * 86_400}")
    line(0, "try_reserve 1", "retry_after 86400")(86_400, "try_reserve 1", f"ready_after {364 * 86_400}")

    line = Timeline("queue", "queue_idle_for_a_century", "However long it was idle, a queue sends no burst.",
                    10, SECOND, 3, unit=100 * MS)
    line(0, "try_reserve 3", "ready_after 0")
    century = 100 * 365 * 864_000
    for slot in range(3):
        line(century, "try_reserve 1", f"ready_after {slot}")
    line(century, "try_reserve 1", "retry_after 1")


HEAD = """\
# Timelines of the leaky bucket. Written by leaky_bucket.py beside it, which says what a step is and where each
# answer comes from: change that, and run it.
"""


def written():
    meters()
    queues()
    return "\n".join([HEAD, *(timeline.toml() for timeline in Timeline.every)])


if __name__ == "__main__":
    write(__file__, written())
