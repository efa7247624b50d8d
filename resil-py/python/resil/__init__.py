"""Resilience primitives that decide, exactly and in nanoseconds, what to let through.

>>> import resil
>>> bucket = resil.TokenBucket(resil.Quota.per_second(100).with_burst(10))
>>> if bucket.try_acquire():
...     pass  # serve the request

Threads and tasks share every object. What waits, waits in ``time.sleep`` or ``asyncio.sleep``. Times are
seconds (float, int or timedelta); names that end in ``_ns`` are whole nanoseconds. A limiter's refusal is
an answer, not an exception, until you ask for one; a breaker's is an exception, Rejected.
"""

from resil._resil import (
    CoarseClock,
    Guard,
    HashRing,
    HashRingSnapshot,
    ManualClock,
    MonotonicClock,
    Peek,
    Permit,
    Quota,
    Reservation,
    RollingCounter,
    RollingCounterSnapshot,
    RollingWindow,
    RollingWindowSnapshot,
    SreBreakerConfig,
    SreBreakerSnapshot,
    TokenBucketSnapshot,
    Totals,
    Verdict,
    __version__,
)
from resil.carry import Carry
from resil.errors import ConfigError, Denied, Rejected, ResilError
from resil.hash_ring_mode import HashRingMode
from resil.mode import Mode
from resil.outcome import Outcome
from resil.recorded import Recorded
from resil.refusals import Refusals
from resil.sre_breaker import SreBreaker
from resil.token_bucket import TokenBucket

__all__ = [
    "Carry",
    "CoarseClock",
    "ConfigError",
    "Denied",
    "Guard",
    "HashRing",
    "HashRingMode",
    "HashRingSnapshot",
    "ManualClock",
    "Mode",
    "MonotonicClock",
    "Outcome",
    "Peek",
    "Permit",
    "Quota",
    "Recorded",
    "Refusals",
    "Rejected",
    "Reservation",
    "ResilError",
    "RollingCounter",
    "RollingCounterSnapshot",
    "RollingWindow",
    "RollingWindowSnapshot",
    "SreBreaker",
    "SreBreakerConfig",
    "SreBreakerSnapshot",
    "TokenBucket",
    "TokenBucketSnapshot",
    "Totals",
    "Verdict",
    "__version__",
]
