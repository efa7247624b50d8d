"""Resilience primitives that decide, exactly and in nanoseconds, what to let through.

>>> import resil
>>> bucket = resil.TokenBucket(resil.Quota.per_second(100).with_burst(10))
>>> if bucket.try_acquire():
...     pass  # serve the request

Threads and tasks share every object. What waits, waits in ``time.sleep`` or ``asyncio.sleep``. Times are
seconds (float, int or timedelta); names that end in ``_ns`` are whole nanoseconds. Refusals are answers,
not exceptions, until you ask for one.
"""

from resil._resil import (
    CoarseClock,
    ManualClock,
    MonotonicClock,
    Peek,
    Quota,
    Reservation,
    TokenBucketSnapshot,
    Verdict,
    __version__,
)
from resil.carry import Carry
from resil.errors import ConfigError, Denied, ResilError
from resil.token_bucket import TokenBucket

__all__ = [
    "Carry",
    "CoarseClock",
    "ConfigError",
    "Denied",
    "ManualClock",
    "MonotonicClock",
    "Peek",
    "Quota",
    "Reservation",
    "ResilError",
    "TokenBucket",
    "TokenBucketSnapshot",
    "Verdict",
    "__version__",
]
