"""The timelines of the period limiter, of all three kinds, that every language replays, through this one."""

from fractions import Fraction

import pytest
from timelines import Timeline, name, refusal, replay, timelines, units

from resil import PeriodLimiter, Verdict


def limiter(timeline: Timeline) -> PeriodLimiter:
    """The limiter of a timeline."""
    limit, period = timeline["limit"], Fraction(timeline["period_ns"], 10**9)
    if timeline["kind"] == "aligned":
        return PeriodLimiter.aligned(limit, period, timeline["utc_offset_secs"])
    make = {"from_first_use": PeriodLimiter, "sliding": PeriodLimiter.sliding}[timeline["kind"]]
    return make(limit, period)


class Limiter:
    """A limiter, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the limiter of a timeline."""
        self.unit = timeline["unit_ns"]
        self.limiter = limiter(timeline)
        assert self.limiter.period_ns == timeline["period_ns"]
        assert self.limiter.kind.value == timeline["kind"]

    def try_acquire(self, now_ns: int, permits: str) -> str:
        """Asks."""
        return self._verdict(self.limiter.try_acquire_at(now_ns, int(permits)))

    def peek(self, now_ns: int, permits: str) -> str:
        """Looks."""
        peek = self.limiter.peek_at(now_ns, int(permits))
        snapshot = self.limiter.snapshot_at(now_ns)
        assert (snapshot.remaining, snapshot.reset_after_ns) == (peek.remaining, peek.reset_after_ns)
        reset_after = units(peek.reset_after_ns, self.unit)
        return f"{self._verdict(peek.answer)} remaining {peek.remaining} reset_after {reset_after}"

    def _verdict(self, verdict: Verdict) -> str:
        if verdict.last:
            return "granted_last"
        return "granted" if verdict else refusal(verdict, self.unit)


@pytest.mark.parametrize("timeline", timelines("period_limiter"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, step by step."""
    replay(Limiter(timeline), timeline)
