"""The token bucket's methods that are Python: changes of quota, asyncio, ``with`` and the decorator.

They are put onto the compiled class itself. In a subclass they would make each call of the compiled methods
10 ns slower: the interpreter's short cut is for the very class that defines a method.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, SupportsFloat, SupportsIndex

from resil._resil import ManualClock, Quota, Reservation, TokenBucket, Verdict
from resil.carry import Carry
from resil.functions import refuse_descriptors, returns_coroutine

__all__ = ["TokenBucket"]

# What every event loop's timers can do.
_LONGEST_SLEEP_NS = 86_400 * 10**9


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
        await _wait(self, begun)
    except BaseException:
        begun.cancel()
        raise
    return Verdict()


def set_quota(self: TokenBucket, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
    """Changes the quota from now on; ``carry`` says what becomes of the permits in the bucket.

    Quota and content change in one step: no request is decided by a mixture. Reservations keep their
    instants; they can be cancelled across one AS_IS or ADDITIVE change, and give nothing back after any
    other.
    """
    self._set_quota(quota, _code(carry))


def set_quota_at(self: TokenBucket, now_ns: SupportsIndex, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
    """As set_quota(), at an instant that the caller has read already."""
    self._set_quota_at(now_ns, quota, _code(carry))


def limit(
    self: TokenBucket,
    function: Callable[..., Any] | None = None,
    /,
    *,
    permits: SupportsIndex = 1,
    timeout: SupportsFloat | timedelta | None = None,
) -> Callable[..., Any]:
    """A decorator that waits for permits before each call; bare, ``@bucket.limit``, for one.

    For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
    raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator
    function waits where it is called. Beneath ``@classmethod`` and ``@staticmethod``, not above.
    """
    self._check_acquire(permits, timeout)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return _limited(self, function, permits, timeout)

    return decorate if function is None else decorate(function)


def __enter__(self: TokenBucket) -> None:
    """Waits for one permit, as acquire()."""
    self.acquire().raise_if_denied()


def __exit__(
    self: TokenBucket,
    exc_type: type[BaseException] | None,
    exc: BaseException | None,
    traceback: TracebackType | None,
    /,
) -> None:
    """Does nothing: a permit that was used is gone, and comes back with time."""


async def __aenter__(self: TokenBucket) -> None:
    """Waits for one permit, as acquire_async()."""
    (await self.acquire_async()).raise_if_denied()


async def __aexit__(
    self: TokenBucket,
    exc_type: type[BaseException] | None,
    exc: BaseException | None,
    traceback: TracebackType | None,
    /,
) -> None:
    """Does nothing, as ``__exit__``."""


async def _wait(bucket: TokenBucket, reservation: Reservation) -> None:
    wait_ns = reservation.ready_after_ns
    clock = bucket.clock
    if isinstance(clock, ManualClock):
        # At once: had others their turn first, two waits would add up to more than both.
        clock.advance_ns(wait_ns)
        await asyncio.sleep(0)
        return
    while wait_ns > 0:
        now_ns = min(wait_ns, _LONGEST_SLEEP_NS)
        await asyncio.sleep(now_ns / 1e9)
        wait_ns -= now_ns


def _code(carry: object) -> str:
    if not isinstance(carry, Carry):
        raise TypeError(f"carry must be a resil.Carry, not {type(carry).__qualname__}")
    return carry.value


def _limited(
    bucket: TokenBucket,
    function: Callable[..., Any],
    permits: SupportsIndex,
    timeout: SupportsFloat | timedelta | None,
) -> Callable[..., Any]:
    refuse_descriptors("limit", function)
    if inspect.isasyncgenfunction(function):
        raise TypeError("limit cannot wait where an async generator is made; await acquire_async() in it")

    if returns_coroutine(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            (await bucket.acquire_async(permits, timeout)).raise_if_denied()
            return await function(*args, **kwargs)

        return call_async

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        bucket.acquire(permits, timeout).raise_if_denied()
        return function(*args, **kwargs)

    return call


for _method in (
    acquire_async,
    limit,
    set_quota,
    set_quota_at,
    __enter__,
    __exit__,
    __aenter__,
    __aexit__,
):
    _method.__qualname__ = f"{TokenBucket.__qualname__}.{_method.__name__}"
    setattr(TokenBucket, _method.__name__, _method)
