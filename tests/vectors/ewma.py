#!/usr/bin/env python3
"""Writes ewma.toml; with --check, compares it with what would be written.

The model (ewma_model.py) keeps every sample and computes each answer from all of them, exactly.
Standard library only.

Grammar of `steps`, one step a line: `<at> <operation> <arguments> -> <answer>`. `at` is a whole number of
`unit_ns`, added to `start_ns`, and is the `now` handed to the `_at` form. Blank lines and those starting with
`#` are skipped.

    record X      -> ok | not_finite | sum_too_large
    value         -> V | none
    snapshot      -> missing N idle NS | missing N idle none
    decay         -> V

kind = "by_count" with `alpha` or `age`, and `warm_up`; "by_time", "sample_weighted", "peak" with
`time_constant_ns`; "decay_factor" with that, where `decay` asks for what is left after the time `at`.
X and V are doubles: the nearest to the decimal, or nan, inf, -inf. An answer V is right if it is off by at most
`ulps` units in the last place: 0 where every step is exact in doubles; by count what the roundings of the documented
steps come to, on every machine the same; by time also what it changes if each `exp` is off by one unit.
`tags`: "steps_back" (now steps back), "ns" (some `now` is no whole us).
"""

import sys

from ewma_model import Model
from writing import write

LAST = 2**63 - 1
MS = 1_000_000
SECOND = 1_000 * MS
DAY = 86_400 * SECOND


class Timeline:
    def __init__(self, name, about, kind, *, ulps, unit_ns=MS, start_ns=0, **shape):
        self.head = dict(name=name, about=about, kind=kind, **shape, ulps=ulps, unit_ns=unit_ns, start_ns=start_ns)
        self.model = Model(kind, **shape)
        self.lines = []
        self.tags = set()
        self.latest = 0

    def step(self, at, operation, *arguments, published=None):
        """One step; `published` is the answer to 8 decimals that the origin of the timeline states for it."""
        now = self.head["start_ns"] + at * self.head["unit_ns"]
        assert 0 <= now <= LAST, (self.head["name"], at)
        arguments = [x if isinstance(x, str) else repr(float(x)) for x in arguments]
        answer = self.model.answer(now, operation, arguments)
        assert published is None or f"{float(answer):.8f}" == published, (self.head["name"], at, published, answer)
        if now < self.latest:
            self.tags.add("steps_back")
        if now % 1_000:
            self.tags.add("ns")
        self.latest = max(self.latest, now)
        words = " ".join([operation, *arguments])
        self.lines.append(f"{at:<8} {words:<28} -> {answer}")
        return self

    def records(self, at, *xs):
        for x in xs:
            self.step(at, "record", x)
        return self

    def reads(self, *ats):
        for at in ats:
            self.step(at, "value")
        return self

    def text(self):
        out = ["[[timeline]]"]
        for key, value in self.head.items():
            out.append(f'{key} = "{value}"' if isinstance(value, str) else
                       f"{key} = {value!r}" if isinstance(value, float) else f"{key} = {value:_}")
        out.append("tags = [" + ", ".join(f'"{tag}"' for tag in sorted(self.tags)) + "]")
        return "\n".join([*out, 'steps = """', *self.lines, '"""', ""])


class Dice:
    """Knuth's 64-bit congruence: the same numbers everywhere."""

    def __init__(self, seed):
        self.state = seed

    def roll(self, below):
        self.state = (self.state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self.state >> 33) % below


def by_count():
    t = Timeline("halves", "alpha 1/2 of whole numbers: exact in doubles", "by_count", alpha=0.5, ulps=0)
    t.step(0, "snapshot").reads(0).records(0, 8).step(0, "snapshot").reads(0)
    for x in (4, 0, 7, -1, 1024, 1024, 3):
        t.records(0, x).reads(0)
    yield t

    t = Timeline("age_three_is_alpha_one_half", "alpha = 2 / (age + 1)", "by_count", age=3.0, ulps=0)
    yield t.records(0, 10).reads(0).records(0, 20).reads(0).records(0, -5).reads(0)

    t = Timeline("alpha_one_is_the_last_sample", "nothing is left of those before", "by_count", alpha=1.0, ulps=0)
    yield t.records(0, 0.1).reads(0).records(0, 0.3).reads(0).records(0, -7e300).reads(0)

    t = Timeline("age_one_is_alpha_one", "the youngest age there is", "by_count", age=1.0, ulps=0)
    yield t.records(0, 0.1).reads(0).records(0, 0.7).reads(0)

    t = Timeline("zero_is_a_value", "nothing recorded is none, 0 is not", "by_count", alpha=0.25, ulps=0)
    yield t.reads(0).records(0, 0).reads(0).records(0, 0).reads(0).records(0, 8).reads(0)

    t = Timeline("the_mean_of_the_last_thirty", "age 30, as many averages take it", "by_count", age=30.0, ulps=9)
    dice = Dice(30)
    for _ in range(99):
        t.records(0, dice.roll(10_000)).reads(0)
    yield t

    t = Timeline("a_tenth", "alpha 0.1, which no double is", "by_count", alpha=0.1, ulps=4)
    dice = Dice(10)
    for _ in range(60):
        t.records(0, dice.roll(1_000) / 8).reads(0)
    yield t

    t = Timeline("the_same_number_reads_as_itself", "whatever alpha rounds to", "by_count", alpha=0.3, ulps=0)
    yield t.records(0, *[0.1] * 20).reads(0)

    t = Timeline("what_is_no_number_changes_nothing", "and says so", "by_count", alpha=0.5, ulps=0)
    t.records(0, "nan").reads(0).records(0, 8, "inf", "-inf", "nan").reads(0).records(0, 4).reads(0)
    yield t.step(0, "snapshot")

    t = Timeline("time_does_not_matter_by_count", "samples in any order of time, far apart", "by_count", alpha=0.5,
                 ulps=0, unit_ns=DAY)
    yield t.records(5, 8).records(0, 4).reads(0, 100_000).records(100_000, 2).reads(0).step(100_000, "snapshot")

    t = Timeline("the_end_of_the_range", "no overflow between the largest doubles", "by_count", alpha=0.5, ulps=1)
    big = sys.float_info.max
    yield t.records(0, big).reads(0).records(0, big).reads(0).records(0, -big).reads(0).records(0, -big).reads(0)

    t = Timeline("warm_up_of_four", "the first value is the plain mean; then alpha", "by_count", alpha=0.5, warm_up=4,
                 ulps=0)
    t.step(0, "snapshot")
    for x in (1, 2, 3, 10, 8, 0, 64):
        t.records(0, x).reads(0).step(0, "snapshot")
    yield t

    for warm_up in (0, 1):
        t = Timeline(f"warm_up_of_{warm_up}", "no warm-up: the first sample is the first value", "by_count", alpha=0.5,
                     warm_up=warm_up, ulps=0)
        yield t.step(0, "snapshot").reads(0).records(0, 6).reads(0).records(0, 2).reads(0).step(0, "snapshot")

    t = Timeline("warm_up_of_ten_at_age_thirty", "a film through the warm-up", "by_count", age=30.0, warm_up=10, ulps=8)
    dice = Dice(3)
    for _ in range(40):
        t.records(0, dice.roll(500) + 0.25).reads(0)
    yield t

    t = Timeline("a_warm_up_whose_sum_is_too_large", "refused, and nothing changed", "by_count", alpha=0.5, warm_up=3,
                 ulps=1)
    t.records(0, big, big).step(0, "snapshot").records(0, -big, 9).reads(0)
    yield t.records(0, big).reads(0)


def by_time():
    t = Timeline("dropwizard_one_minute", "0.6 a second, then nothing, in steps of 5 s (dropwizard's one-minute rate)",
                 "by_time", time_constant_ns=60 * SECOND, ulps=80, unit_ns=SECOND)
    t.records(5, 0.6).reads(5)
    for minute, rate in enumerate(("0.22072766", "0.08120117", "0.02987224", "0.01098938", "0.00404277"), 1):
        for tick in range(12):
            t.records(60 * minute - 55 + 5 * (tick + 1), 0)
        t.step(60 * minute + 5, "value", published=rate)
    yield t

    t = Timeline("one_time_constant", "the past weighs 1/e", "by_time", time_constant_ns=10 * SECOND, ulps=3)
    t.reads(0).records(1_000, 100).reads(1_000, 0, 99_000).records(11_000, 200).reads(11_000)
    yield t.step(11_500, "snapshot").records(21_000, 0).reads(21_000)

    t = Timeline("of_one_instant_only_the_first_counts", "a sample weighs the time since the last one", "by_time",
                 time_constant_ns=SECOND, ulps=2)
    t.records(5, 10, 1_000, -1_000).reads(5).records(6, 20).reads(6).records(6, 1e9).reads(6)
    yield t

    t = Timeline("silence_changes_no_mean", "after ten years the value stands, and the next sample is all",
                 "by_time", time_constant_ns=SECOND, ulps=0, unit_ns=DAY)
    yield t.records(0, 7).reads(0, 3_650).step(3_650, "snapshot").records(3_650, 3).reads(3_650, 100_000)

    t = Timeline("an_earlier_now_counts_as_the_latest", "so that its sample weighs nothing", "by_time",
                 time_constant_ns=SECOND, ulps=2)
    t.records(5_000, 10).records(4_000, 1e6).reads(5_000).records(0, 1e6).reads(0).step(0, "snapshot")
    yield t.records(5_500, 20).reads(5_500).records(5_400, 0).reads(5_500).step(5_600, "snapshot")

    t = Timeline("one_nanosecond_at_a_time", "the shortest time constant and the shortest steps", "by_time",
                 time_constant_ns=1, ulps=4, unit_ns=1)
    t.records(0, 1).records(1, 2).reads(1).records(2, 3).reads(2).records(40, 4).reads(40)
    yield t.records(41, "nan").records(41, "inf").reads(41)

    t = Timeline("the_longest_time_constant", "292 years; and the last instant there is", "by_time",
                 time_constant_ns=LAST, ulps=3, unit_ns=1)
    yield t.records(0, 1).records(LAST, 2).reads(LAST).records(LAST - 1, 9).reads(LAST, 0)

    t = Timeline("the_same_gauge_reads_as_itself", "whatever the steps round to", "by_time", time_constant_ns=SECOND,
                 ulps=0)
    yield t.records(1, 0.1).records(3, 0.1).records(1_000, 0.1).records(1_001, 0.1).records(9_999, 0.1).reads(9_999)

    t = Timeline("film_of_a_gauge", "irregular readings of a load", "by_time", time_constant_ns=5 * SECOND, ulps=6,
                 start_ns=1_600_000_000 * SECOND)
    dice, at = Dice(1), 0
    for _ in range(120):
        at += dice.roll(2_500)
        back = dice.roll(400) if dice.roll(8) == 0 else 0
        t.records(max(0, at - back), dice.roll(10_000) / 100)
        if dice.roll(2):
            t.reads(at + dice.roll(9_000))
    yield t


def sample_weighted():
    t = Timeline("samples_of_one_instant_all_count", "the plain mean while time stands still", "sample_weighted",
                 time_constant_ns=SECOND, ulps=0)
    t.step(3, "snapshot").reads(3).records(3, 10).reads(3).records(3, 20).reads(3).records(3, 60).reads(3)
    yield t.records(3, "nan", "inf").reads(3).step(9, "snapshot").reads(3_000_000)

    t = Timeline("a_burst_and_then_one", "weights 1/e, 1/e, 1/e and 1", "sample_weighted", time_constant_ns=SECOND,
                 ulps=3)
    yield t.records(0, 10, 20, 30).records(1_000, 100).reads(1_000, 0, 5_000)

    t = Timeline("a_late_sample_weighs_by_its_age", "in either order the same", "sample_weighted",
                 time_constant_ns=SECOND, ulps=3)
    yield t.records(2_000, 100).records(1_000, 10).reads(2_000).step(2_000, "snapshot").records(0, 7).reads(0)
    t = Timeline("the_same_in_order", "in either order the same", "sample_weighted", time_constant_ns=SECOND, ulps=3)
    yield t.records(0, 7).records(1_000, 10).records(2_000, 100).reads(2_000)

    t = Timeline("silence_changes_no_weighted_mean", "and after ten years the next sample is all", "sample_weighted",
                 time_constant_ns=SECOND, ulps=0, unit_ns=DAY)
    yield t.records(0, 7, 9).reads(0, 3_650).records(3_650, 3).reads(3_650).records(0, 1e9).reads(3_650)

    t = Timeline("a_gap_that_leaves_nothing_starts_afresh", "from 746 time constants on, however large the sum was",
                 "sample_weighted", time_constant_ns=SECOND, ulps=2, unit_ns=SECOND)
    t.records(0, 1e308).records(744, 1).reads(744).records(1_500, 2e-12).reads(1_500)
    yield t.records(1_500, 1e308).records(2_246, 1e-30).reads(2_246)

    t = Timeline("a_sum_that_is_too_large", "refused, and nothing changed", "sample_weighted", time_constant_ns=SECOND,
                 ulps=1)
    big = sys.float_info.max
    yield t.records(0, big, big).reads(0).records(0, -big).reads(0).records(0, 30).reads(0)

    t = Timeline("film_of_latencies", "requests in bursts on a clock of 4 ms, some told late", "sample_weighted",
                 time_constant_ns=10 * SECOND, ulps=8, start_ns=1_600_000_000 * SECOND, unit_ns=4 * MS)
    dice, at = Dice(2), 0
    for _ in range(150):
        at += dice.roll(3) and dice.roll(300) if dice.roll(3) == 0 else 0
        at += 60_000 if dice.roll(60) == 0 else 0
        back = dice.roll(700) if dice.roll(6) == 0 else 0
        t.records(max(0, at - back), dice.roll(90_000) / 64)
        if dice.roll(3) == 0:
            t.reads(at)
    yield t


def peak():
    t = Timeline("up_at_once_down_slowly", "a larger sample replaces, a smaller one is averaged in", "peak",
                 time_constant_ns=10 * SECOND, ulps=4)
    t.reads(0).records(0, 50).records(0, 80).reads(0, 5_000, 10_000).records(10_000, 20).reads(10_000)
    yield t.records(10_000, 60).reads(10_000, 20_000).step(20_000, "snapshot").records(15_000, 60).reads(20_000)

    t = Timeline("compared_with_what_was_stored", "above the decayed, below the stored value: averaged in",
                 "peak", time_constant_ns=SECOND, ulps=4)
    yield t.records(0, 100).reads(2_000).records(2_000, 50).reads(2_000).records(2_000, 100).reads(2_000, 0)

    t = Timeline("an_earlier_now_takes_a_peak_too", "and the time never goes back", "peak", time_constant_ns=SECOND,
                 ulps=3)
    t.records(5_000, 10).records(4_000, 5).reads(5_000).records(3_000, 40).reads(5_000, 1_000)
    yield t.step(6_000, "snapshot").reads(6_000)

    t = Timeline("silence_decays_to_nothing", "and no idle time is too long", "peak",
                 time_constant_ns=SECOND, ulps=2, unit_ns=SECOND)
    t.records(0, 1).reads(1, 10, 100, 400, 700)
    yield t.reads(760, 1_000_000, 9_000_000_000).records(9_000_000_000, 0).reads(9_000_000_000)

    t = Timeline("below_zero", "rises towards 0 as it decays", "peak", time_constant_ns=SECOND, ulps=3)
    yield t.records(0, -8).reads(0, 1_000).records(0, -4).reads(0).records(0, "nan").reads(0)

    t = Timeline("film_of_costs", "latencies as a balancer sees them", "peak", time_constant_ns=10 * SECOND, ulps=7,
                 start_ns=3 * DAY)
    dice, at = Dice(4), 0
    for _ in range(120):
        at += dice.roll(1_500)
        back = dice.roll(900) if dice.roll(8) == 0 else 0
        t.records(max(0, at - back), dice.roll(64) * dice.roll(64) + 0.5)
        if dice.roll(2):
            t.reads(at + dice.roll(9_000))
    yield t


def decay_factor():
    t = Timeline("decay_factor", "Newton cooling by itself", "decay_factor", time_constant_ns=10 * SECOND, ulps=2)
    for at in (0, 1, 10, 1_000, 5_000, 6_931, 10_000, 20_000):
        t.step(at, "decay")
    yield t
    t = Timeline("decay_factor_far_out", "the rounding of the quotient grows with it", "decay_factor",
                 time_constant_ns=7, ulps=66, unit_ns=1)
    for at in (1, 3, 100, 1_000, 2_000, 4_900, 5_300, LAST):
        t.step(at, "decay")
    yield t
    t = Timeline("decay_factor_of_the_longest", "292 years", "decay_factor", time_constant_ns=LAST, ulps=2, unit_ns=1)
    for at in (0, 1, 10**15, 2**62, LAST):
        t.step(at, "decay")
    yield t


def timelines():
    for part in (by_count, by_time, sample_weighted, peak, decay_factor):
        yield from part()


def main():
    head = "# Written by ewma.py beside this file, which also tells the grammar. Do not edit.\n\n"
    write(__file__, head + "\n".join(t.text() for t in timelines()))


if __name__ == "__main__":
    main()
