"""Async generators that something stands before and after: what ``yield from`` would be, had they it."""

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any


def surrounded(
    function: Callable[..., AsyncGenerator[Any, Any]],
    begin: Callable[[], Awaitable[object]],
    end: Callable[[BaseException | None], object],
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """The async generator function, with `begin` awaited before its body and `end` told how that ended.

    Values, sent values, thrown exceptions and closing go through as they are.
    """

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        await begin()
        generator = function(*args, **kwargs)
        try:
            step = generator.asend(None)
            while True:
                try:
                    value = await step
                except StopAsyncIteration:
                    break
                try:
                    sent = yield value
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as thrown:
                    step = generator.athrow(thrown)
                else:
                    step = generator.asend(sent)
        except BaseException as raised:
            end(raised)
            raise
        end(None)

    return call
