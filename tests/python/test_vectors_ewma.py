"""The timelines of averages that every language replays, through this one."""

import math
import struct
from collections.abc import Callable
from fractions import Fraction

import pytest
from timelines import Timeline, name, replay, timelines

from resil import ConfigError, Ewma, ManualClock, decay_factor


def place(x: float) -> int:
    """The number of doubles between 0 and this one, below it negative."""
    bits: int = struct.unpack("<q", struct.pack("<d", abs(x)))[0]
    return -bits if math.copysign(1, x) < 0 else bits


def near(ulps: int) -> Callable[[str, str], bool]:
    """Whether two texts are the same, or tell doubles that are so many units in the last place apart or fewer."""

    def agree(answer: str, expected: str) -> bool:
        try:
            return abs(place(float(answer)) - place(float(expected))) <= ulps
        except ValueError:
            return answer == expected

    return agree


class Average:
    """An average, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the average of a timeline."""
        self.clock = ManualClock()
        if timeline["kind"] == "by_count":
            self.ewma = Ewma.by_count(
                timeline.get("alpha"), age=timeline.get("age"), warm_up=timeline.get("warm_up", 0)
            )
        else:
            make: Callable[..., Ewma] = getattr(Ewma, timeline["kind"])
            self.ewma = make(seconds(timeline), clock=self.clock)
        assert self.ewma.kind == timeline["kind"]

    def record(self, now_ns: int, x: str) -> str:
        """Takes in."""
        try:
            self.ewma.record_at(now_ns, float(x))
        except ConfigError as error:
            return "not_finite" if "finite number" in str(error) else "sum_too_large"
        return "ok"

    def value(self, now_ns: int) -> str:
        """Tells, by the clock and told the time alike."""
        self.clock.set_ns(now_ns)
        value = self.ewma.value_at(now_ns)
        assert self.ewma.value() == value
        return "none" if value is None else repr(value)

    def snapshot(self, now_ns: int) -> str:
        """Shows."""
        seen = self.ewma.snapshot_at(now_ns)
        idle = "none" if seen.idle_for_ns is None else seen.idle_for_ns
        return f"missing {seen.missing} idle {idle}"


class Factor:
    """`decay_factor`, which has no state."""

    def __init__(self, timeline: Timeline) -> None:
        """Keeps the time constant."""
        self.time_constant = seconds(timeline)

    def decay(self, elapsed_ns: int) -> str:
        """Cools."""
        return repr(decay_factor(Fraction(elapsed_ns, 10**9), self.time_constant))


def seconds(timeline: Timeline) -> Fraction:
    """The time constant in seconds, exactly."""
    return Fraction(timeline["time_constant_ns"], 10**9)


@pytest.mark.parametrize("timeline", timelines("ewma"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, as near as it asks, step by step."""
    player = Factor if timeline["kind"] == "decay_factor" else Average
    replay(player(timeline), timeline, near(timeline["ulps"]))


def test_a_number_agrees_with_its_neighbours_and_no_more() -> None:
    """Else the timelines would hold for any answer."""
    next_one = math.nextafter(0.1, 1)
    assert near(0)("0.1", "0.1") and near(1)("0.1", repr(next_one)) and near(0)("0.0", "-0.0")
    assert not near(1)("0.1", repr(math.nextafter(next_one, 1))) and not near(9)("none", "0.0")
    assert near(2)(repr(5e-324), repr(-5e-324)) and not near(1)(repr(5e-324), repr(-5e-324))
