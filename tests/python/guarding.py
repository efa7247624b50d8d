"""What the tests of guarded calls share."""

from typing import NoReturn

from resil import SreBreaker


def counted(breaker: SreBreaker) -> tuple[int, int]:
    """Successes and failures in the window."""
    seen = breaker.snapshot()
    return seen.accepts, seen.requests - seen.accepts


def throw(error: BaseException) -> NoReturn:
    """Raises, where only an expression fits."""
    raise error
