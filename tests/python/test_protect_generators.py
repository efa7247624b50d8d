"""The breaker's decorator on generators: one call from the first value to the end."""

import asyncio
import gc
import inspect
from collections.abc import AsyncGenerator, Generator

import pytest
from guarding import counted

from resil import Mode, Rejected, SreBreaker


class Closed(Exception):
    """What a generator of these tests makes of being closed, if it is told to."""


def echo(log: list[object]) -> Generator[object, object, str]:
    """Yields what it is sent, notes what is thrown in, and ends at None."""
    sent: object = "first"
    while sent is not None:
        try:
            sent = yield sent
        except LookupError as error:
            log.append(error)
            sent = "caught"
        except GeneratorExit:
            log.append("closed")
            raise
    return "answer"


async def echo_async(log: list[object]) -> AsyncGenerator[object, object]:
    """As echo(), in tasks."""
    sent: object = "first"
    while sent is not None:
        await asyncio.sleep(0)
        try:
            sent = yield sent
        except LookupError as error:
            log.append(error)
            sent = "caught"
        except GeneratorExit:
            await asyncio.sleep(0)
            log.append("closed")
            raise


def test_a_generator_is_one_call_from_its_first_value_to_its_end(breaker: SreBreaker) -> None:
    """What is sent, thrown and answered goes through; making one says nothing."""
    log: list[object] = []
    values = breaker.protect(echo)
    assert inspect.isgeneratorfunction(values)
    running = values(log)
    assert counted(breaker) == (0, 0)
    assert next(running) == "first"
    assert running.send(2) == 2
    error = LookupError()
    assert running.throw(error) == "caught"
    assert counted(breaker) == (0, 0)
    with pytest.raises(StopIteration) as ended:
        running.send(None)
    assert ended.value.value == "answer"
    assert log == [error]
    assert counted(breaker) == (1, 0)


def test_an_async_generator_is_one_call_from_its_first_value_to_its_end(breaker: SreBreaker) -> None:
    """What is sent and thrown goes through; making one says nothing."""
    log: list[object] = []
    values = breaker.protect(echo_async)
    assert inspect.isasyncgenfunction(values)

    async def main() -> None:
        running = values(log)
        assert await anext(running) == "first"
        assert await running.asend(2) == 2
        error = LookupError()
        assert await running.athrow(error) == "caught"
        assert counted(breaker) == (0, 0)
        with pytest.raises(StopAsyncIteration):
            await running.asend(None)
        assert log == [error]

    asyncio.run(main())
    assert counted(breaker) == (1, 0)


def test_what_a_generator_raises_is_a_failure_unless_the_predicate_clears_it(breaker: SreBreaker) -> None:
    """The very exception comes out, without a context of ours."""

    @breaker.protect(failure=lambda error: not isinstance(error, KeyError))
    def values(error: Exception) -> Generator[int, None, None]:
        yield 1
        raise error

    @breaker.protect(failure=lambda error: not isinstance(error, KeyError))
    async def more(error: Exception) -> AsyncGenerator[int, None]:
        yield 1
        raise error

    async def drain(error: Exception) -> None:
        async for _ in more(error):
            pass

    for error in (ConnectionError(), KeyError()):
        with pytest.raises(type(error)) as caught:
            list(values(error))
        assert caught.value is error
        with pytest.raises(type(error)) as caught:
            asyncio.run(drain(error))
        assert caught.value is error
        assert error.__context__ is None
    assert counted(breaker) == (0, 2)


def test_a_generator_that_is_closed_early_counts_as_neither(breaker: SreBreaker) -> None:
    """Who has read enough says nothing about the backend; the generator is told, and cleans up."""
    log: list[object] = []
    running = breaker.protect(echo)(log)
    next(running)
    running.close()
    assert log == ["closed"]
    dropped = breaker.protect(echo)(log)
    next(dropped)
    del dropped
    gc.collect()
    assert log == ["closed"] * 2

    async def main() -> None:
        running = breaker.protect(echo_async)(log)
        await anext(running)
        await running.aclose()
        assert log == ["closed"] * 3
        task = asyncio.ensure_future(anext(breaker.protect(forever)()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def forever() -> AsyncGenerator[int, None]:
        await asyncio.sleep(3_600)
        yield 1

    asyncio.run(main())
    assert counted(breaker) == (0, 0)


def test_a_refused_generator_does_not_begin(breaker: SreBreaker) -> None:
    """It is refused where its first value is asked for."""

    @breaker.protect
    def values() -> Generator[int, None, None]:
        raise AssertionError("ran")
        yield 1

    @breaker.protect
    async def more() -> AsyncGenerator[int, None]:
        raise AssertionError("ran")
        yield 1

    breaker.set_mode(Mode.FORCED_OPEN)
    refused = values()
    with pytest.raises(Rejected):
        next(refused)

    async def main() -> None:
        refused = more()
        with pytest.raises(Rejected):
            await anext(refused)

    asyncio.run(main())
    assert breaker.snapshot().drops == 2
    assert counted(breaker) == (0, 0)


def test_a_generator_that_fails_while_it_is_closed_has_failed(breaker: SreBreaker) -> None:
    """What it raises then goes through."""

    @breaker.protect
    def values() -> Generator[int, None, None]:
        try:
            yield 1
        except GeneratorExit:
            raise Closed from None

    @breaker.protect
    async def more() -> AsyncGenerator[int, None]:
        try:
            yield 1
        except GeneratorExit:
            raise Closed from None

    running = values()
    next(running)
    with pytest.raises(Closed):
        running.close()

    async def main() -> None:
        running = more()
        await anext(running)
        with pytest.raises(Closed):
            await running.aclose()

    asyncio.run(main())
    assert counted(breaker) == (0, 2)
