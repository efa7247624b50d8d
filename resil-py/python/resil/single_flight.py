"""The single flight's methods that are Python: asyncio and the decorator.

They are put onto the compiled class itself, as the token bucket's are.
"""

import asyncio
import functools
import inspect
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from resil._resil import Shared, SingleFlight, _FlightPart, _forked
from resil.functions import refuse_descriptors, returns_coroutine

__all__ = ["SingleFlight"]


async def run_async(
    self: SingleFlight,
    key: str | bytes,
    function: Callable[..., Awaitable[Any]],
    /,
    *args: Any,
    **kwargs: Any,
) -> Shared[Any]:
    """As run(), for a call that is awaited: ``await flight.run_async("user:17", fetch, 17)``.

    Cancelling a follower, or a deadline around it (``asyncio.timeout``), leaves the others alone. When the leader is
    cancelled, a follower makes its own call instead, and the others wait for that; with no follower left, the
    key is free. Followers may be tasks of other event loops, and threads in run(); what the call makes must then
    be good there.
    """
    task = asyncio.current_task()
    part = self._enter(key, task)
    try:
        if not part.leads:
            shared = await _followed(part)
            if shared is not None:
                return shared
        return part.land(await (function(*args, **kwargs) if kwargs else function(*args)))
    except Exception as raised:
        part.land_raised(raised)
        raise
    except (asyncio.CancelledError, GeneratorExit):
        part.leave()
        raise
    except BaseException:
        part.fail()
        raise


async def _followed(part: _FlightPart) -> Shared[Any] | None:
    """What came of the call; None if its leader left, and this one leads now."""
    loop = asyncio.get_running_loop()
    while True:
        woken = loop.create_future()
        shared = part.look(functools.partial(_wake, loop, threading.get_ident(), woken))
        if shared is not None or part.leads:
            return shared
        await woken


def _wake(loop: asyncio.AbstractEventLoop, thread: int, woken: asyncio.Future[None]) -> None:
    if threading.get_ident() == thread:
        _finish(woken)
    else:
        loop.call_soon_threadsafe(_finish, woken)


def _finish(woken: asyncio.Future[None]) -> None:
    # It is done already if its task was cancelled.
    if not woken.done():
        woken.set_result(None)


def share(
    self: SingleFlight,
    /,
    *,
    key: str | bytes | Callable[..., str | bytes],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: calls of the same key that overlap are one. ``@flight.share(key=lambda user_id: f"user:{user_id}")``.

    ``key`` is called with the arguments of each call (a method's ``self`` included) and answers its key; or it is the
    key, the same for all calls and no template: for functions whose arguments do not matter.
    Functions and methods are called as by run(), coroutine functions as by run_async(); what comes back is the bare
    value, the same object for all who shared it.

    Generator functions are refused by TypeError: a generator cannot be shared. Beneath ``@classmethod`` and
    ``@staticmethod``, not above.
    """
    if not (isinstance(key, str | bytes) or callable(key)):
        raise TypeError(f"key must be str, bytes or callable, not {type(key).__qualname__}")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return _sharing(self, function, key)

    return decorate


def _sharing(
    flight: SingleFlight,
    function: Callable[..., Any],
    key: str | bytes | Callable[..., str | bytes],
) -> Callable[..., Any]:
    refuse_descriptors("share", function)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("share cannot share a generator: only one caller could use it up")

    if returns_coroutine(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                wanted = key(*args, **kwargs) if callable(key) else key
                return (await flight.run_async(wanted, function, *args, **kwargs)).value
            return (await flight.run_async(key(*args) if callable(key) else key, function, *args)).value

        return call_async

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            wanted = key(*args, **kwargs) if callable(key) else key
            return flight.run(wanted, function, *args, **kwargs).value
        return flight.run(key(*args) if callable(key) else key, function, *args).value

    return call


for _method in (run_async, share):
    _method.__qualname__ = f"{SingleFlight.__qualname__}.{_method.__name__}"
    setattr(SingleFlight, _method.__name__, _method)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
