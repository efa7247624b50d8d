"""What the tests of the single flight share."""

import threading
import time
from collections.abc import Callable
from typing import Any

from guarding import throw

from resil import SingleFlight


def until(condition: Callable[[], object]) -> None:
    """Returns when it is so; fails if that takes a minute."""
    for _ in range(120_000):
        if condition():
            return
        time.sleep(0.0005)
    raise AssertionError("not so within a minute")


def followed(flight: SingleFlight, followers: int) -> Callable[[], bool]:
    """Whether so many follow."""
    return lambda: flight.snapshot().followers == followers


class Caller(threading.Thread):
    """A thread that calls, and keeps what it was answered or what was raised."""

    def __init__(self, call: Callable[..., Any], *args: Any) -> None:
        super().__init__(daemon=True)
        self.call, self.args = call, args
        self.answer: Any = None
        self.raised: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Calls."""
        try:
            self.answer = self.call(*self.args)
        except BaseException as raised:
            self.raised = raised

    def end(self) -> "Caller":
        """Waits for the end, and for nothing to be left running."""
        self.join(60)
        assert not self.is_alive()
        return self


class Gate:
    """A call that is inside until it is opened, then answers or raises."""

    def __init__(self, outcome: object = None) -> None:
        self.outcome = outcome
        self.made = 0
        self.inside = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> object:
        """The call."""
        self.made += 1
        self.inside.set()
        assert self.open.wait(60)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


def led_and_followed(flight: SingleFlight, gate: Gate, followers: int) -> tuple[Caller, list[Caller]]:
    """A leader inside its call, and so many who wait for it."""
    leader = Caller(flight.run, "key", gate)
    assert gate.inside.wait(60)
    following = [Caller(flight.run, "key", lambda: throw(AssertionError("called"))) for _ in range(followers)]
    until(followed(flight, followers))
    return leader, following
