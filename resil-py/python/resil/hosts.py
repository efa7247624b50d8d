"""What the HTTP clients' integrations share: a breaker for each host."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from resil import Outcome, Rejected, SreBreaker
from resil.keyed import Keyed

# A breaker takes about 2 KiB; who talks to more hosts than this says so.
DEFAULT_HOSTS = 4_096

Failure = Callable[[Any], object]


def default_breaker(host: str) -> SreBreaker:
    """The breaker of a host: the default one."""
    return SreBreaker()


@contextmanager
def admitted(
    breakers: Keyed[SreBreaker],
    host: str,
    failure: Failure,
    rejected: Callable[[Rejected, str], Exception],
) -> Generator[Callable[[Any], None]]:
    """One call to a host. The block is given what to tell the response to; what it raises is judged, too.

    ``failure`` says whether a response or an exception is one. A response that is none is a success, an exception
    that is none counts as neither.
    """
    breaker = breakers[host]
    try:
        breaker._admit()
    except Rejected as refusal:
        raise rejected(refusal, host) from None

    def answered(response: Any) -> None:
        breaker.record(Outcome.FAILURE if failure(response) else Outcome.SUCCESS)

    try:
        yield answered
    except BaseException as raised:
        breaker._settle(raised, failure)
        raise
