"""The limiters that are waited for, and wait alike."""

from datetime import timedelta
from typing import NamedTuple

from resil import LeakyQueue, ManualClock, Quota, TokenBucket

Limiter = TokenBucket | LeakyQueue


class Way(NamedTuple):
    """One of them."""

    kind: type[TokenBucket] | type[LeakyQueue]
    burst: int
    gives_back: bool
    """Whether who gives up waiting leaves his place to the next."""

    def idle(self, interval: float | timedelta, clock: ManualClock | None = None) -> Limiter:
        """One that has a permit at once, and then one each interval."""
        return self.kind(Quota(1, interval, self.burst), clock=clock)

    def busy(self, interval: float | timedelta, clock: ManualClock | None = None) -> Limiter:
        """One that has its next permit in an interval."""
        limiter = self.idle(interval, clock)
        assert limiter.acquire(timeout=0)
        return limiter


WAYS = {
    "TokenBucket": Way(TokenBucket, burst=1, gives_back=True),
    # A queue of burst n admits n at one instant, of which the first goes at once.
    "LeakyQueue": Way(LeakyQueue, burst=100, gives_back=False),
}


def intervals_ahead(limiter: Limiter) -> int:
    """How many intervals, the one that runs included, are used up or promised."""
    return -(-limiter.snapshot().reset_after_ns // limiter.quota.period_ns)
