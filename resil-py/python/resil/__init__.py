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
    LeakyBucket,
    LeakyBucketSnapshot,
    LeakyMeter,
    ManualClock,
    MonotonicClock,
    Peek,
    PeriodLimiter,
    PeriodLimiterSnapshot,
    Permit,
    QueuePeek,
    Quota,
    Reservation,
    RollingCounter,
    RollingCounterSnapshot,
    RollingWindow,
    RollingWindowSnapshot,
    Slot,
    SreBreakerConfig,
    SreBreakerSnapshot,
    TokenBucketSnapshot,
    Totals,
    UnixClock,
    Verdict,
    __version__,
)
from resil.carry import Carry
from resil.errors import ConfigError, Denied, Rejected, ResilError
from resil.leaky_queue import LeakyQueue
from resil.mode import Mode
from resil.outcome import Outcome
from resil.period_limiter_kind import PeriodLimiterKind
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
    "LeakyBucket",
    "LeakyBucketSnapshot",
    "LeakyMeter",
    "LeakyQueue",
    "ManualClock",
    "Mode",
    "MonotonicClock",
    "Outcome",
    "Peek",
    "PeriodLimiter",
    "PeriodLimiterKind",
    "PeriodLimiterSnapshot",
    "Permit",
    "QueuePeek",
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
    "Slot",
    "SreBreaker",
    "SreBreakerConfig",
    "SreBreakerSnapshot",
    "TokenBucket",
    "TokenBucketSnapshot",
    "Totals",
    "UnixClock",
    "Verdict",
    "__version__",
]
