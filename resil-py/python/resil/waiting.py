"""What every limiter that is waited for does in the same way: sleep in tasks, wrap blocks, decorate."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Generator
from datetime import timedelta
from types import TracebackType
from typing import Any, SupportsFloat, SupportsIndex, cast

from resil._resil import LeakyQueue, ManualClock, TokenBucket, _check_acquire
from resil.async_generators import surrounded
from resil.functions import refuse_descriptors, returns_coroutine
from resil.methods import put_on

# What every event loop's timers can do.
_LONGEST_SLEEP_NS = 86_400 * 10**9

Limiter = TokenBucket | LeakyQueue


async def wait(limiter: Limiter, wait_ns: int) -> None:
    """Waits in asyncio.sleep(); on a ManualClock, moves that on instead and lets other tasks run once."""
    clock = limiter.clock
    if isinstance(clock, ManualClock):
        # At once: had others their turn first, two waits would add up to more than both.
        clock.advance_ns(wait_ns)
        await asyncio.sleep(0)
        return
    while wait_ns > 0:
        now_ns = min(wait_ns, _LONGEST_SLEEP_NS)
        await asyncio.sleep(now_ns / 1e9)
        wait_ns -= now_ns


def put_waiting_on(owner: type[TokenBucket] | type[LeakyQueue]) -> None:
    """Gives a class with acquire() and acquire_async() what follows from them."""

    def limit(
        self: Limiter,
        function: Callable[..., Any] | None = None,
        /,
        *,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Callable[..., Any]:
        """A decorator that waits for permits before each call; bare, ``@limiter.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator,
        async or not, waits where its first value is asked for. Beneath ``@classmethod`` and ``@staticmethod``,
        not above.
        """
        _check_acquire(permits, timeout)

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            return _limited(self, function, permits, timeout)

        return decorate if function is None else decorate(function)

    def __enter__(self: Limiter) -> None:
        """Waits for one permit, as acquire()."""
        self.acquire().raise_if_denied()

    def __exit__(
        self: Limiter,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Does nothing: a permit that was used is gone, and comes back with time."""

    async def __aenter__(self: Limiter) -> None:
        """Waits for one permit, as acquire_async()."""
        (await self.acquire_async()).raise_if_denied()

    async def __aexit__(
        self: Limiter,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Does nothing, as ``__exit__``."""

    put_on(owner, limit, __enter__, __exit__, __aenter__, __aexit__)


def _limited(
    limiter: Limiter,
    function: Callable[..., Any],
    permits: SupportsIndex,
    timeout: SupportsFloat | timedelta | None,
) -> Callable[..., Any]:
    refuse_descriptors("limit", function)
    if inspect.isasyncgenfunction(function):

        async def admit() -> None:
            (await limiter.acquire_async(permits, timeout)).raise_if_denied()

        return surrounded(function, admit, lambda raised: None)

    if returns_coroutine(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            (await limiter.acquire_async(permits, timeout)).raise_if_denied()
            return await (function(*args, **kwargs) if kwargs else function(*args))

        return call_async

    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def values(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            limiter.acquire(permits, timeout).raise_if_denied()
            return (yield from cast(Generator[Any, Any, Any], function(*args, **kwargs)))

        return values

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        limiter.acquire(permits, timeout).raise_if_denied()
        return function(*args, **kwargs) if kwargs else function(*args)

    return call
