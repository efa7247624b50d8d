"""Resilience primitives that decide, exactly and in nanoseconds, what to let through.

>>> import resil
>>> bucket = resil.TokenBucket(resil.Quota.per_second(100).with_burst(10))
>>> if bucket.try_acquire():
...     pass  # serve the request

Threads and tasks share every object. What waits, waits in Python (``time.sleep``, a lock, asyncio). Times are
seconds (float, int or timedelta); names that end in ``_ns`` are whole nanoseconds. A limiter's refusal is
an answer, not an exception, until you ask for one; a breaker's is an exception, Rejected.
"""

from resil._resil import (
    CoarseClock,
    Ewma,
    EwmaSnapshot,
    Guard,
    HashRing,
    HashRingSnapshot,
    LeakyBucket,
    LeakyBucketSnapshot,
    LeakyMeter,
    ManualClock,
    MonotonicClock,
    Peek,
    PeriodLimiter,
    PeriodLimiterSnapshot,
    Permit,
    QuantaClock,
    QueuePeek,
    Quota,
    Reservation,
    RollingCounter,
    RollingCounterSnapshot,
    RollingWindow,
    RollingWindowSnapshot,
    Shared,
    SingleFlightSnapshot,
    Slot,
    SreBreakerConfig,
    SreBreakerSnapshot,
    TokenBucketSnapshot,
    Totals,
    UnixClock,
    Verdict,
    __version__,
    _prepare,
    decay_factor,
)
from resil.carry import Carry
from resil.errors import ConfigError, Denied, LeaderFailed, Reentered, Rejected, ResilError, TimedOut
from resil.hash_ring_mode import HashRingMode
from resil.leaky_queue import LeakyQueue
from resil.mode import Mode
from resil.outcome import Outcome
from resil.period_limiter_kind import PeriodLimiterKind
from resil.recorded import Recorded
from resil.refusals import Refusals
from resil.single_flight import SingleFlight
from resil.sre_breaker import SreBreaker
from resil.token_bucket import TokenBucket

__all__ = [
    "Carry",
    "CoarseClock",
    "ConfigError",
    "Denied",
    "Ewma",
    "EwmaSnapshot",
    "Guard",
    "HashRing",
    "HashRingMode",
    "HashRingSnapshot",
    "LeaderFailed",
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
    "QuantaClock",
    "QueuePeek",
    "Quota",
    "Recorded",
    "Reentered",
    "Refusals",
    "Rejected",
    "Reservation",
    "ResilError",
    "RollingCounter",
    "RollingCounterSnapshot",
    "RollingWindow",
    "RollingWindowSnapshot",
    "Shared",
    "SingleFlight",
    "SingleFlightSnapshot",
    "Slot",
    "SreBreaker",
    "SreBreakerConfig",
    "SreBreakerSnapshot",
    "TimedOut",
    "TokenBucket",
    "TokenBucketSnapshot",
    "Totals",
    "UnixClock",
    "Verdict",
    "decay_factor",
    "__version__",
]

# So that no thread can be amid a first look-up when another forks.
_prepare()
