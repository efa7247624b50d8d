"""Limits that many processes share, on a Redis or Valkey server; and a share of them while it is away.

>>> from resil import Quota
>>> from resil.redis import Source, Store, TokenBucket
>>> store = Store("redis://127.0.0.1:1/")  # where nobody listens
>>> bucket = TokenBucket(store, "api", Quota.per_second(100).with_burst(20))
>>> answer = bucket.try_acquire("user-42")
>>> bool(answer), answer.source
(True, <Source.RESCUE: 'rescue'>)

A limiter is a name and a limit; whom it limits, the key, is said with every call. One script call decides, on the
server's clock. The store is one that resil connects to by itself, ``Store(url)``, or a client of redis-py, for threads
or for asyncio, ``TokenBucket(client, ...)``. No call raises for a server that is away, nor waits for it longer than the
deadline: a Policy decides then, and every Answer names its Source.
"""

try:
    from resil._resil import Answer, Store, StoreSnapshot
except ImportError as _missing:
    raise ImportError("this build of resil is without its feature 'redis'") from _missing

from resil.errors import Unavailable
from resil.store_client import ClientStore
from resil.store_fault import Fault
from resil.store_limiters import LeakyMeter, LeakyQueue, PeriodLimiter, TokenBucket
from resil.store_policy import Policy
from resil.store_reservation import Reservation
from resil.store_source import Source

__all__ = [
    "Answer",
    "ClientStore",
    "Fault",
    "LeakyMeter",
    "LeakyQueue",
    "PeriodLimiter",
    "Policy",
    "Reservation",
    "Source",
    "Store",
    "StoreSnapshot",
    "TokenBucket",
    "Unavailable",
]
