"""Replays the timelines of `tests/vectors`, whose grammar the script beside each file tells."""

import operator
import tomllib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from resil import Denied, Verdict

VECTORS = Path(__file__).parents[1] / "vectors"

Timeline = dict[str, Any]


def timelines(row: str) -> list[Timeline]:
    """Those of a primitive; a mangled file is no success."""
    found: list[Timeline] = tomllib.loads((VECTORS / f"{row}.toml").read_text())["timeline"]
    names = [timeline["name"] for timeline in found]
    assert len(names) == len(set(names)) > 10
    return found


def name(timeline: Timeline) -> str:
    """A test's name for a timeline."""
    return str(timeline["name"])


def replay(player: object, timeline: Timeline, agree: Callable[[str, str], bool] = operator.eq) -> None:
    """Performs each step `<at> <operation> <arguments>` by the player's method of that name.

    `agree` says whether an answer is the one that the file has.
    """
    unit, start = timeline.get("unit_ns", 1), timeline.get("start_ns", 0)
    steps = [line.strip() for line in timeline["steps"].splitlines()]
    steps = [line for line in steps if line and not line.startswith("#")]
    assert steps
    for number, line in enumerate(steps, 1):
        step, expected = line.split("->")
        at, operation, *arguments = step.split()
        perform: Callable[..., str] = getattr(player, operation)
        answer = perform(start + int(at) * unit, *arguments)
        assert agree(answer, " ".join(expected.split())), f"step {number}: {line}: {answer}"


def units(nanoseconds: int, unit_ns: int) -> str:
    """A duration in units of the file."""
    return str(Fraction(nanoseconds, unit_ns))


def refusal(refused: Verdict | Denied, unit_ns: int) -> str:
    """A limiter's refusal in the words of the file."""
    if refused.exceeds_limit:
        return "exceeds_limit"
    assert refused.retry_after_ns is not None
    return f"retry_after {units(refused.retry_after_ns, unit_ns)}"
