"""What several test files start from: a clock that stands still, and a bucket and a breaker on it."""

import pytest

from resil import ManualClock, Quota, SreBreaker, TokenBucket


@pytest.fixture
def clock() -> ManualClock:
    """A manual clock at zero."""
    return ManualClock()


@pytest.fixture
def bucket(clock: ManualClock) -> TokenBucket:
    """Ten permits a second, burst 2, on the manual clock."""
    return TokenBucket(Quota(10, 1, 2), clock=clock)


@pytest.fixture
def breaker(clock: ManualClock) -> SreBreaker:
    """The default breaker on the manual clock."""
    return SreBreaker(clock=clock)
