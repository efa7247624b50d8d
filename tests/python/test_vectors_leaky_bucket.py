"""The timelines of the leaky bucket, as meter and as queue, that every language replays, through this one."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from timelines import Timeline, name, refusal, replay, timelines, units

from resil import Denied, LeakyMeter, LeakyQueue, Quota, Slot


def quota(timeline: Timeline) -> Quota:
    """The quota of a timeline."""
    return Quota.from_ns(timeline["permits"], timeline["period_ns"], timeline["burst"])


class Meter:
    """A meter, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the meter of a timeline."""
        self.unit = timeline["unit_ns"]
        self.meter = LeakyMeter(quota(timeline))

    def try_acquire(self, now_ns: int, permits: str) -> str:
        """Asks."""
        verdict = self.meter.try_acquire_at(now_ns, int(permits))
        return "granted" if verdict else refusal(verdict, self.unit)

    def peek(self, now_ns: int, permits: str) -> str:
        """Looks."""
        peek = self.meter.peek_at(now_ns, int(permits))
        answer = "granted" if peek.answer else refusal(peek.answer, self.unit)
        return f"{answer} remaining {peek.remaining} reset_after {units(peek.reset_after_ns, self.unit)}"


class Queue:
    """A queue, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the queue of a timeline."""
        self.unit = timeline["unit_ns"]
        self.queue = LeakyQueue(quota(timeline))

    def try_reserve(self, now_ns: int, permits: str) -> str:
        """Joins."""
        return self._joined(lambda: self.queue.try_reserve_at(now_ns, int(permits)))

    def try_reserve_within(self, now_ns: int, permits: str, timeout: str) -> str:
        """Joins, if it does not take too long."""
        seconds = Fraction(int(timeout) * self.unit, 10**9)
        return self._joined(lambda: self.queue.try_reserve_within_at(now_ns, int(permits), seconds))

    def peek(self, now_ns: int, permits: str) -> str:
        """Looks."""
        peek = self.queue.peek_at(now_ns, int(permits))
        wait = peek.ready_after_ns
        assert bool(peek.answer) == (wait is not None)
        answer = refusal(peek.answer, self.unit) if wait is None else self._ready(wait)
        return f"{answer} remaining {peek.remaining} reset_after {units(peek.reset_after_ns, self.unit)}"

    def _joined(self, join: Callable[[], Slot]) -> str:
        try:
            return self._ready(join().ready_after_ns)
        except Denied as denied:
            return refusal(denied, self.unit)

    def _ready(self, wait_ns: int) -> str:
        return f"ready_after {units(wait_ns, self.unit)}"


@pytest.mark.parametrize("timeline", timelines("leaky_bucket"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, step by step."""
    player = {"meter": Meter, "queue": Queue}[timeline["kind"]]
    replay(player(timeline), timeline)
