"""The SRE breaker's methods that are Python: asyncio and the decorator."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any, cast

from resil._resil import SreBreaker
from resil.async_generators import surrounded
from resil.functions import refuse_descriptors, returns_coroutine
from resil.methods import put_on
from resil.protected import Protected

__all__ = ["SreBreaker"]


async def run_async(
    self: SreBreaker,
    function: Callable[..., Awaitable[Any]],
    /,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """As run(), for a call that is awaited: ``await breaker.run_async(fetch, url)``.

    A cancelled call counts as neither. So does one that a deadline around this call gives up; put the deadline
    inside, in `function`, for a TimeoutError that counts as a failure.
    """
    if not callable(function):
        raise TypeError(f"function must be callable, not {type(function).__qualname__}")
    self._admit()
    try:
        answer = await (function(*args, **kwargs) if kwargs else function(*args))
    except BaseException as raised:
        self._settle(raised, None)
        raise
    self._succeeded()
    return answer


def protect(
    self: SreBreaker,
    function: Callable[..., Any] | None = None,
    /,
    *,
    failure: Callable[[Exception], object] | None = None,
) -> Callable[..., Any]:
    """A decorator that guards each call; bare, ``@breaker.protect``, or with arguments.

    For functions and methods it calls as run(), for coroutine functions as run_async(). A generator, async or
    not, is one call from its first value to its end: the breaker is asked where the first value is, and one that
    is closed early counts as neither. Beneath ``@classmethod`` and ``@staticmethod``, not above.

    ``failure`` is told of each Exception that would count as one, and answers whether it does; where not, the
    call counts as neither. What it raises itself goes to sys.unraisablehook, and the call counts as failed.
    """
    if failure is not None and not callable(failure):
        raise TypeError(f"failure must be callable, not {type(failure).__qualname__}")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return _protected(self, function, failure)

    return decorate if function is None else decorate(function)


def _protected(
    breaker: SreBreaker,
    function: Callable[..., Any],
    failure: Callable[[Exception], object] | None,
) -> Callable[..., Any]:
    refuse_descriptors("protect", function)
    if inspect.isasyncgenfunction(function):

        async def admit() -> None:
            breaker._admit()

        return surrounded(function, admit, lambda raised: breaker._settle(raised, failure))
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def values(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            breaker._admit()
            try:
                answer = yield from cast(Generator[Any, Any, Any], function(*args, **kwargs))
            except BaseException as raised:
                breaker._settle(raised, failure)
                raise
            breaker._succeeded()
            return answer

        return values
    if not returns_coroutine(function):
        return Protected(breaker, function, failure)

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        breaker._admit()
        try:
            answer = await (function(*args, **kwargs) if kwargs else function(*args))
        except BaseException as raised:
            breaker._settle(raised, failure)
            raise
        breaker._succeeded()
        return answer

    return call


put_on(SreBreaker, run_async, protect)
