"""The timelines of rolling windows and counters that every language replays, through this one."""

import pytest
from timelines import Timeline, name, replay, timelines

from resil import ManualClock, RollingCounter, RollingWindow


class Window:
    """A window, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the window of a timeline; its clock only says that narrow buckets are served."""
        self.window = RollingWindow(
            timeline["bucket_width_ns"] / 10**9,
            timeline["bucket_count"],
            leave_out_current=timeline["leave_out_current"],
            clock=ManualClock(),
        )
        assert self.window.bucket_width_ns == timeline["bucket_width_ns"]

    def record(self, now_ns: int, value: str) -> str:
        """Records."""
        return str(self.window.record_at(now_ns, int(value)).value)

    def totals(self, now_ns: int) -> str:
        """Adds up."""
        totals = self.window.totals_at(now_ns)
        return f"sum {totals.sum} count {totals.count}"

    def fold(self, now_ns: int) -> str:
        """Lists."""
        shown = [f"{bucket.sum}/{bucket.count}" for bucket in self.window.buckets_at(now_ns)]
        return " ".join(shown) or "nothing"


class Counter:
    """A counter, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the counter of a timeline."""
        self.counter = RollingCounter(
            timeline["bucket_width_ns"] / 10**9,
            timeline["bucket_count"],
            leave_out_current=timeline["leave_out_current"],
            clock=ManualClock(),
        )
        assert self.counter.bucket_width_ns == timeline["bucket_width_ns"]

    def add(self, now_ns: int, amount: str) -> str:
        """Adds."""
        return str(self.counter.add_at(now_ns, int(amount)).value)

    def total(self, now_ns: int) -> str:
        """Adds up."""
        return str(self.counter.total_at(now_ns))

    def fold(self, now_ns: int) -> str:
        """Lists."""
        return " ".join(map(str, self.counter.buckets_at(now_ns))) or "nothing"


@pytest.mark.parametrize("timeline", timelines("rolling_window"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, step by step."""
    player = {"window": Window, "counter": Counter}[timeline["kind"]]
    replay(player(timeline), timeline)
