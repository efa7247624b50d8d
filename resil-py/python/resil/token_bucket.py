"""The token bucket's methods that are Python: changes of quota, asyncio, ``with`` and the decorator."""

from datetime import timedelta
from typing import SupportsFloat, SupportsIndex

from resil._resil import Quota, TokenBucket, Verdict
from resil.carry import Carry
from resil.methods import put_on
from resil.waiting import put_waiting_on, wait

__all__ = ["TokenBucket"]


async def acquire_async(
    self: TokenBucket,
    permits: SupportsIndex = 1,
    timeout: SupportsFloat | timedelta | None = None,
) -> Verdict:
    """As acquire(), in asyncio.sleep(). Cancelling it gives the permits back.

    On a ManualClock it advances the clock and lets other tasks run once.
    """
    begun = self._begin_acquire(permits, timeout)
    if isinstance(begun, Verdict):
        return begun
    try:
        await wait(self, begun.ready_after_ns)
    except BaseException:
        begun.cancel()
        raise
    return Verdict()


def set_quota(self: TokenBucket, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
    """Changes the quota from now on; ``carry`` says what becomes of the permits in the bucket.

    Quota and content change in one step: no request is decided by a mixture. Reservations keep their
    instants; they can be cancelled across one AS_IS or ADDITIVE change, for what a smaller burst left of
    their permits, and give nothing back after any other.
    """
    self._set_quota(quota, _code(carry))


def set_quota_at(self: TokenBucket, now_ns: SupportsIndex, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
    """As set_quota(), at an instant that the caller has read already."""
    self._set_quota_at(now_ns, quota, _code(carry))


def _code(carry: object) -> str:
    if not isinstance(carry, Carry):
        raise TypeError(f"carry must be a resil.Carry, not {type(carry).__qualname__}")
    return carry.value


put_on(TokenBucket, acquire_async, set_quota, set_quota_at)
put_waiting_on(TokenBucket)
