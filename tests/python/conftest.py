"""What several test files start from: a clock that stands still, and what is on it."""

import signal
from collections.abc import Iterator

import pytest
from waiters import WAYS, Limiter, Way

from resil import ManualClock, Quota, SingleFlight, SingleFlightSnapshot, SreBreaker, TokenBucket

# Whoever starts a program in the background may have it ignore interrupts, and so would every child.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def clock() -> ManualClock:
    """A manual clock at zero."""
    return ManualClock()


@pytest.fixture
def bucket(clock: ManualClock) -> TokenBucket:
    """Ten permits a second, burst 2, on the manual clock."""
    return TokenBucket(Quota(10, 1, 2), clock=clock)


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    """Each limiter that is waited for."""
    found: Way = request.param
    return found


@pytest.fixture
def limiter(way: Way, clock: ManualClock) -> Limiter:
    """Each of them on the manual clock: a permit at once, and then one each 100 ms."""
    return way.idle(0.1, clock)


@pytest.fixture
def breaker(clock: ManualClock) -> SreBreaker:
    """The default breaker on the manual clock."""
    return SreBreaker(clock=clock)


@pytest.fixture
def flight() -> Iterator[SingleFlight]:
    """A single flight that must be empty in the end."""
    flight = SingleFlight()
    yield flight
    assert (len(flight), flight.snapshot()) == (0, SingleFlightSnapshot(0, 0))
