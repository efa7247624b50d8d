"""The leaky queue's methods that are Python: asyncio, ``with`` and the decorator."""

from datetime import timedelta
from typing import SupportsFloat, SupportsIndex

from resil._resil import LeakyQueue, Verdict
from resil.methods import put_on
from resil.waiting import put_waiting_on, wait

__all__ = ["LeakyQueue"]


async def acquire_async(
    self: LeakyQueue,
    permits: SupportsIndex = 1,
    timeout: SupportsFloat | timedelta | None = None,
) -> Verdict:
    """As acquire(), in asyncio.sleep(). Cancelling it leaves the slot taken, unused.

    On a ManualClock it advances the clock and lets other tasks run once.
    """
    begun = self._begin_acquire(permits, timeout)
    if isinstance(begun, Verdict):
        return begun
    await wait(self, begun.ready_after_ns)
    return Verdict()


put_on(LeakyQueue, acquire_async)
put_waiting_on(LeakyQueue)
