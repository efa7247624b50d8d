#!/usr/bin/env python3
"""Writes rolling_window.toml; with --check, compares it with what would be written.

The model here keeps every sample in a list and knows nothing of rings, laps or words.
Standard library only.

Grammar of `steps`, one step a line: `<at> <operation> <arguments> -> <answer>`. `at` is a whole number of
`unit_ns`, added to `start_ns`, and is the `now` handed to the `_at` form. Lines starting with `#` and blank
lines are skipped.

kind = "window" (RollingWindow)
    record VALUE  -> kept | saturated | late
    totals        -> sum S count C
    fold          -> S/C for each bucket visited, oldest first, parted by blanks; "nothing" if none is
kind = "counter" (RollingCounter)
    add AMOUNT    -> kept | saturated | late
    total         -> N
    fold          -> N for each bucket visited, oldest first, parted by blanks; "nothing" if none is

All numbers are decimal integers from 0 to 2^64 - 1. `leave_out_current` (default false) is the option of that
name. `tags`: "steps_back" (now steps back), "ns" (some `now` is no whole us), "over_2_53" (a number above 2^53).
"""

import re

from writing import write

LAST = 2**63 - 1


def bucket_limit(width_ns, count):
    """Most that one bucket counts: half of the bits that the lap leaves of a word, and a share of 2^64."""
    slots = 1
    while slots < count:
        slots *= 2
    laps = LAST // width_ns // slots + 1
    lap_bits = max(1, (laps - 1).bit_length())
    return min(2 ** (64 - lap_bits) // 2, (2**64 - 1) // (2 * count))


class Model:
    """Every sample ever recorded, and the latest time one was recorded at."""

    def __init__(self, width_ns, count, leave_out, with_sum):
        self.width, self.count, self.leave_out, self.with_sum = width_ns, count, leave_out, with_sum
        self.limit = bucket_limit(width_ns, count)
        self.kept = []
        self.newest = 0

    def put(self, now, *amounts):
        bucket = now // self.width
        self.newest = max(self.newest, bucket)
        if bucket <= self.newest - self.count:
            return "late"
        held = self.sums(bucket, len(amounts))
        self.kept.append((bucket, amounts))
        full = any(h + a > self.limit for h, a in zip(held, amounts))
        return "saturated" if full else "kept"

    def sums(self, bucket, lanes):
        return [
            min(self.limit, sum(a[lane] for b, a in self.kept if b == bucket)) for lane in range(lanes)
        ]

    def visited(self, now):
        newest = max(self.newest, now // self.width)
        return range(newest - self.count + 1, newest + (0 if self.leave_out else 1))

    def answer(self, now, operation, arguments):
        lanes = 2 if self.with_sum else 1
        seen = [self.sums(b, lanes) for b in self.visited(now)]
        match operation, arguments:
            case "record", [value]:
                return self.put(now, value, 1)
            case "add", [amount]:
                return self.put(now, amount)
            case "totals", []:
                return "sum {} count {}".format(*(sum(s[lane] for s in seen) for lane in range(2)))
            case "total", []:
                return str(sum(s[0] for s in seen))
            case "fold", []:
                return " ".join("/".join(map(str, s)) for s in seen) or "nothing"
        raise ValueError((operation, arguments))


class Timeline:
    def __init__(self, name, about, width_ns, count, *, kind="window", leave_out=False, unit_ns=1_000_000,
                 start_ns=0):
        self.head = dict(name=name, about=about, kind=kind, bucket_width_ns=width_ns, bucket_count=count,
                         leave_out_current=leave_out, unit_ns=unit_ns, start_ns=start_ns)
        self.model = Model(width_ns, count, leave_out, kind == "window")
        self.lines = []
        self.tags = set()
        self.latest = 0

    def step(self, at, operation, *arguments, published=None):
        """One step; `published` is the answer that the origin of the timeline states for it."""
        now = self.head["start_ns"] + at * self.head["unit_ns"]
        assert 0 <= now <= LAST, (self.head["name"], at)
        answer = self.model.answer(now, operation, list(arguments))
        assert published in (None, answer), (self.head["name"], at, published, answer)
        words = " ".join([operation, *map(str, arguments)])
        if now < self.latest:
            self.tags.add("steps_back")
        if now % 1_000:
            self.tags.add("ns")
        if any(int(n) > 2**53 for n in re.findall(r"[0-9]+", words + answer)):
            self.tags.add("over_2_53")
        self.latest = max(self.latest, now)
        self.lines.append(f"{at:<8} {words:<24} -> {answer}")
        return self

    def records(self, at, *values):
        for value in values:
            self.step(at, "record", value)
        return self

    def text(self):
        out = ["[[timeline]]"]
        for key, value in self.head.items():
            if isinstance(value, bool):
                value = str(value).lower()
            elif isinstance(value, str):
                value = '"' + value + '"'
            else:
                value = f"{value:_}"
            out.append(f"{key} = {value}")
        out.append("tags = [" + ", ".join(f'"{tag}"' for tag in sorted(self.tags)) + "]")
        return "\n".join([*out, 'steps = """', *self.lines, '"""', ""])


def timelines():
    ms = 1_000_000
    day = 86_400 * 1_000 * ms

    # go-zero's own timelines. Its grid starts when the window is made; ours at the clock's zero, so they
    # start at a multiple of the width. It does not visit buckets that it never reached; ours are visited as
    # zero. Totals and the buckets that hold something are the same.
    t = Timeline("go_zero_adds_by_bucket", "go-zero: three buckets fill and move on", 50 * ms, 3,
                 start_ns=50 * ms * 1_000_003)
    t.step(0, "fold", published="0/0 0/0 0/0").records(0, 1).step(0, "fold", published="0/0 0/0 1/1")
    t.records(50, 2, 3).step(50, "fold", published="0/0 1/1 5/2")
    t.records(100, 4, 5, 6).step(100, "fold", published="1/1 5/2 15/3")
    yield t.records(150, 7).step(150, "fold", published="5/2 15/3 7/1").step(199, "totals")

    t = Timeline("go_zero_reset_after_long_gaps", "go-zero: what is older than the window is gone", 50 * ms, 3,
                 start_ns=50 * ms * 7)
    t.records(0, 1).step(50, "totals").step(149, "totals", published="sum 1 count 1")
    t.step(150, "totals", published="sum 0 count 0").step(500, "totals", published="sum 0 count 0")
    yield t.records(500, 9).step(500, "fold", published="0/0 0/0 9/1")

    t = Timeline("go_zero_current_left_out", "go-zero: IgnoreCurrentBucket", 50 * ms, 3, leave_out=True)
    t.step(0, "fold").records(0, 1).step(0, "totals", published="sum 0 count 0")
    t.step(50, "fold", published="0/0 1/1").step(100, "fold", published="1/1 0/0")
    t.step(150, "totals", published="sum 0 count 0").step(500, "totals", published="sum 0 count 0")
    yield t

    for leave_out, total in ((False, 10), (True, 4)):
        t = Timeline(f"go_zero_reduce_{'without' if leave_out else 'with'}_current",
                     "go-zero: 0 to x recorded in bucket x, four buckets", 50 * ms, 4, leave_out=leave_out)
        for x in range(4):
            t.records(50 * x, *range(x + 1))
        count = 6 if leave_out else 10
        yield t.step(150, "totals", published=f"sum {total} count {count}").step(150, "fold")

    t = Timeline("go_zero_bucket_boundary", "go-zero: gaps of 45 and 20 ms cross two lines of a 30 ms grid",
                 30 * ms, 3, start_ns=30 * ms * 3)
    t.records(0, 1).step(0, "fold", published="0/0 0/0 1/1")
    t.records(45, 2, 3).step(45, "fold", published="0/0 1/1 5/2")
    t.records(65, 4, 5, 6).step(65, "fold", published="1/1 5/2 15/3")
    yield t.records(165, 7).step(165, "fold", published="0/0 0/0 7/1")

    t = Timeline("a_nanosecond_either_side_of_a_boundary", "half-open: a boundary belongs to the bucket it begins",
                 250 * ms, 4, unit_ns=1)
    w = 250 * ms
    t.records(w - 1, 1).records(w, 10).step(w, "fold")
    for at in (4 * w - 1, 4 * w, 5 * w - 1, 5 * w):
        t.step(at, "totals")
    yield t

    t = Timeline("one_bucket", "a window of one bucket forgets everything at each boundary", 100 * ms, 1)
    t.records(5, 3, 4).step(99, "totals").step(100, "totals").records(100, 5).step(199, "fold")
    yield t.records(50, 1).step(199, "totals")

    t = Timeline("one_bucket_current_left_out", "nothing is ever visited", 100 * ms, 1, leave_out=True)
    yield t.records(5, 3).step(5, "totals").step(5, "fold").step(100, "totals")

    t = Timeline("idle_for_a_year", "no idle time brings anything back, nor hides what comes next", 250 * ms, 40,
                 unit_ns=day, start_ns=5 * day)
    t.records(0, 8).step(0, "totals").step(365, "totals").records(365, 9).step(365, "totals")
    yield t.step(36_500, "totals").records(36_500, 1).step(36_500, "totals").step(106_000, "totals")

    # The ring of 40 buckets has 64 slots: the same slot again after 16 s, after 16 laps, after 2^20 laps.
    t = Timeline("the_same_slot_laps_later", "a slot that comes round again starts empty", 250 * ms, 40,
                 unit_ns=16_000 * ms)
    for lap in (0, 1, 16, 1 << 20, (1 << 20) + 1):
        t.step(lap, "totals").records(lap, 1 + lap).step(lap, "totals")
    yield t

    t = Timeline("the_last_instant", "the lap field holds the end of time", 250 * ms, 40, unit_ns=1,
                 start_ns=LAST - 1_000)
    yield t.step(0, "totals").records(0, 6).records(1_000, 7).step(1_000, "totals")

    t = Timeline("late_samples_count_in_their_own_bucket", "while it is in the window; else they are late",
                 1_000 * ms, 5, unit_ns=1_000 * ms)
    t.records(20, 1).records(18, 100).records(16, 10_000).step(20, "fold")
    t.records(15, 7).records(0, 7).step(20, "fold").step(22, "fold").records(18, 3).step(22, "fold")
    # The reading at 22 told the window nothing: recording does.
    yield t.records(16, 5).records(22, 1).records(17, 5).records(18, 5).step(22, "fold")

    t = Timeline("a_reading_at_an_earlier_instant_is_as_of_the_latest", "the clock steps back an hour",
                 1_000 * ms, 60, unit_ns=1_000 * ms)
    t.records(7_200, 5, 6).step(7_200, "totals").step(3_600, "totals").records(3_600, 1)
    yield t.step(3_600, "totals").step(7_259, "totals").step(7_260, "totals")

    # grpc-go's lookback, in which a late sample counts while it is in the window, too.
    for name, count, rows in (
        ("accumulate", 3, [(0, 1, 1), (1, 2, 3), (2, 3, 6)]),
        ("light_time_travel", 3, [(1, 1, 1), (0, 2, 3), (2, 3, 6)]),
        ("heavy_time_travel", 3, [(8, 1, 1), (0, 2, 1), (9, 3, 4)]),
        ("rollover", 1, [(0, 1, 1), (1, 2, 2), (2, 3, 3)]),
    ):
        t = Timeline(f"grpc_lookback_{name}", "grpc-go: lookback", ms, count, kind="counter")
        for at, amount, total in rows:
            t.step(at, "add", amount).step(at, "total", published=str(total))
        yield t

    limit = bucket_limit(250 * ms, 40)
    assert limit == 2**33
    t = Timeline("sums_saturate_and_say_so", "2^33 a bucket at 250 ms and 40; no spill into a neighbour",
                 250 * ms, 40)
    t.records(0, limit - 1).records(250, limit, 1).step(250, "fold").records(0, 1, 1, 0).step(250, "totals")
    yield t.records(500, 2**64 - 1, 0, 1).step(500, "totals").records(16_000, 3).step(16_000, "totals")

    t = Timeline("counters_saturate_and_say_so", "in a narrow bucket, while time stands still", 1_000, 4,
                 kind="counter", unit_ns=1_000)
    limit = bucket_limit(1_000, 4)
    t.step(9, "add", 0).step(9, "add", limit - 1).step(9, "add", 1).step(9, "add", 0).step(9, "add", 1)
    t.step(9, "total").step(10, "add", 5).step(10, "fold").step(8, "add", 2**64 - 1).step(10, "fold")
    yield t

    t = Timeline("great_sums_in_wide_buckets", "days, in bytes: sums beyond 2^53", day, 30, unit_ns=day)
    limit = bucket_limit(day, 30)
    for at in range(32):
        t.records(at, 10**15 + at)
    yield t.step(31, "totals").records(31, limit - (10**15 + 31), 1).step(31, "totals")

    # A long film: every kind of step at pseudo-random times, late ones among them.
    for name, width, count, kind, leave_out, seed in (
        ("film_of_40_buckets", 250 * ms, 40, "window", False, 1),
        ("film_without_the_current_bucket", 100 * ms, 10, "window", True, 2),
        ("film_of_a_counter", 333 * ms, 7, "counter", False, 3),
    ):
        t = Timeline(name, "pseudo-random steps, late samples among them", width, count, kind=kind,
                     leave_out=leave_out, start_ns=1_600_000_000 * 1_000 * ms)
        state, at = seed, 0
        for _ in range(150):
            state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
            dice, rest = (state >> 33) % 16, state >> 40
            if dice < 9:
                at += rest % (width // ms // 2)
                t.step(at, "record" if kind == "window" else "add", rest % 5_000)
            elif dice < 11:
                back = at - rest % (2 * count * width // ms)
                t.step(back, "record" if kind == "window" else "add", rest % 5_000)
            elif dice < 12:
                at += rest % (count * width // ms)
            elif dice < 15:
                t.step(at, "totals" if kind == "window" else "total")
            elif count <= 10:
                t.step(at, "fold")
        yield t


def main():
    head = "# Written by rolling_window.py beside this file, which also tells the grammar. Do not edit.\n\n"
    write(__file__, head + "\n".join(t.text() for t in timelines()))


if __name__ == "__main__":
    main()
