"""The timelines of the SRE breaker that every language replays, through this one."""

import pytest
from timelines import Timeline, name, replay, timelines

from resil import ManualClock, Mode, Outcome, Rejected, SreBreaker, SreBreakerConfig

HEAD = {"name", "about", "preset", "bucket_width_ns", "bucket_count", "unit_ns", "start_ns", "tags", "steps"}


class Breaker:
    """A breaker, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the breaker of a timeline; its clock only says that narrow buckets are served."""
        config: SreBreakerConfig = getattr(SreBreakerConfig, timeline["preset"])()
        if "bucket_width_ns" in timeline:
            config = config.with_window(timeline["bucket_width_ns"] / 10**9, timeline["bucket_count"])
            assert config.bucket_width_ns == timeline["bucket_width_ns"]
        for field in timeline.keys() - HEAD:
            config = getattr(config, f"with_{field}")(timeline[field])
        self.breaker = SreBreaker(config, clock=ManualClock())

    def try_acquire(self, now_ns: int, draw: str) -> str:
        """Asks."""
        try:
            self.breaker.try_acquire_at(now_ns, float(draw))
        except Rejected as rejected:
            return "forced_open" if rejected.forced_open else f"rejected {rejected.drop_ratio:.12f}"
        return "granted"

    def success(self, now_ns: int, times: str) -> str:
        """Settles."""
        return self._settle(now_ns, Outcome.SUCCESS, times)

    def failure(self, now_ns: int, times: str) -> str:
        """Settles."""
        return self._settle(now_ns, Outcome.FAILURE, times)

    def ignore(self, now_ns: int, times: str) -> str:
        """Settles."""
        return self._settle(now_ns, Outcome.IGNORED, times)

    def set_mode(self, now_ns: int, mode: str) -> str:
        """Changes the mode."""
        self.breaker.set_mode(Mode(mode))
        return "ok"

    def snapshot(self, now_ns: int) -> str:
        """Looks."""
        seen = self.breaker.snapshot_at(now_ns)
        return (
            f"requests {seen.requests} accepts {seen.accepts} drop_ratio {seen.drop_ratio:.12f} "
            f"mode {seen.mode.value} drops {seen.drops} would_reject {seen.would_reject}"
        )

    def _settle(self, now_ns: int, outcome: Outcome, times: str) -> str:
        for _ in range(int(times)):
            self.breaker.record_at(now_ns, outcome)
        return "ok"


@pytest.mark.parametrize("timeline", timelines("sre_breaker"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, step by step."""
    replay(Breaker(timeline), timeline)


def test_permits_settle_as_the_words_of_the_file_do() -> None:
    """There, what is settled needs no question before it; here it has one."""
    breaker = SreBreaker(clock=ManualClock())
    breaker.try_acquire_at(0, 0.5).success_at(5)
    breaker.try_acquire_at(0, 0.5).failure_at(5)
    seen = breaker.snapshot_at(5)
    assert (seen.requests, seen.accepts) == (2, 1)
