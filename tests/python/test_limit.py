"""The decorator."""

import asyncio
import functools
import gc
import inspect
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from waiters import Limiter, Way, intervals_ahead

from resil import ConfigError, Denied, ManualClock, Quota


def test_a_function_waits_before_each_call(limiter: Limiter, clock: ManualClock) -> None:
    """Bare and with arguments alike."""

    @limiter.limit
    def bare(a: int, *, b: int = 2) -> tuple[int, int]:
        return a, b

    @limiter.limit(timeout=1)
    def within() -> str:
        return "within"

    @limiter.limit(permits=0)
    def free() -> str:
        return "free"

    assert bare(1) == (1, 2)
    assert clock.now_ns() == 0
    assert bare(1, b=3) == (1, 3)
    assert clock.now_ns() == 100_000_000
    assert within() == "within"
    assert clock.now_ns() == 200_000_000
    assert free() == "free"
    assert clock.now_ns() == 200_000_000


def test_a_call_that_would_wait_too_long_is_refused_and_does_not_run(limiter: Limiter) -> None:
    """It takes nothing."""
    ran = []

    @limiter.limit(timeout=0.05)
    def call() -> None:
        ran.append(1)

    call()
    before = limiter.snapshot()
    with pytest.raises(Denied) as denied:
        call()
    assert denied.value.retry_after_ns == 50_000_000
    assert len(ran) == 1
    assert limiter.snapshot() == before


def test_the_functions_own_exception_comes_through(limiter: Limiter) -> None:
    """Untouched, and without the limiter as its context."""
    error = LookupError("mine")

    @limiter.limit
    def call() -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        call()
    assert caught.value is error
    assert error.__context__ is None


def test_methods_keep_their_self(limiter: Limiter) -> None:
    """Class and static methods too, with the decorator beneath."""

    class Client:
        @limiter.limit
        def get(self, path: str) -> "tuple[Client, str]":
            return self, path

        @classmethod
        @limiter.limit
        def make(cls) -> "Client":
            return cls()

        @staticmethod
        @limiter.limit
        def ping() -> str:
            return "pong"

    client = Client.make()
    assert client.get("/") == (client, "/")
    assert client.ping() == Client.ping() == "pong"


def test_a_coroutine_function_stays_one_and_waits_in_the_loop(
    limiter: Limiter, clock: ManualClock
) -> None:
    """Whatever looks at it sees what it was."""

    @limiter.limit(permits=1, timeout=1)
    async def fetch(url: str) -> str:
        """Fetches."""
        return url

    @limiter.limit(permits=0)
    async def free() -> str:
        return "free"

    @limiter.limit(timeout=0.05)
    async def hurried() -> None:
        raise AssertionError("ran")

    assert inspect.iscoroutinefunction(fetch)

    async def main() -> list[str]:
        answers = [await fetch("a"), await fetch("b"), await free()]
        with pytest.raises(Denied):
            await hurried()
        return answers

    assert asyncio.run(main()) == ["a", "b", "free"]
    assert clock.now_ns() == 100_000_000


def test_a_cancelled_call_of_a_coroutine_function_never_runs(way: Way) -> None:
    """Of a bucket, it gives its permits back."""
    limiter = way.busy(3_600)

    @limiter.limit
    async def call() -> None:
        raise AssertionError("ran")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call(), 0.01)

    asyncio.run(main())
    assert intervals_ahead(limiter) == (1 if way.gives_back else 2)


def test_objects_with_a_coroutine_call_are_awaited(limiter: Limiter) -> None:
    """So are partial coroutine functions."""

    class Handler:
        async def __call__(self, value: int) -> int:
            return value

    async def add(a: int, b: int) -> int:
        return a + b

    async def main() -> None:
        assert await limiter.limit(Handler())(3) == 3
        assert await limiter.limit(functools.partial(add, 1))(2) == 3

    asyncio.run(main())


def test_a_generator_waits_where_its_first_value_is_asked_for(
    limiter: Limiter, clock: ManualClock
) -> None:
    """Not at each value, nor where it is made; one that is never asked takes nothing."""

    @limiter.limit
    def values() -> Iterator[int]:
        yield from range(5)

    assert inspect.isgeneratorfunction(values)
    assert list(values()) == list(range(5))
    assert clock.now_ns() == 0
    made = values()
    assert clock.now_ns() == 0
    assert next(made) == 0
    assert clock.now_ns() == 100_000_000
    assert list(made) == [1, 2, 3, 4]
    assert clock.now_ns() == 100_000_000


def test_an_async_generator_waits_in_the_loop_where_its_first_value_is_asked_for(
    limiter: Limiter, clock: ManualClock
) -> None:
    """As its plain sister does."""

    @limiter.limit
    async def values() -> AsyncIterator[int]:
        for value in range(5):
            yield value

    @limiter.limit(timeout=0.05)
    async def hurried() -> AsyncIterator[int]:
        raise AssertionError("ran")
        yield 1

    assert inspect.isasyncgenfunction(values)

    async def main() -> None:
        assert [value async for value in values()] == list(range(5))
        assert clock.now_ns() == 0
        made = values()
        assert clock.now_ns() == 0
        assert [value async for value in made] == list(range(5))
        assert clock.now_ns() == 100_000_000
        with pytest.raises(Denied):
            await anext(hurried())

    asyncio.run(main())


def test_a_decorated_function_keeps_its_name_signature_and_docstring(limiter: Limiter) -> None:
    """Frameworks read them."""

    def call(a: int, *, b: str = "x") -> None:
        """Calls."""

    limited = limiter.limit(call)
    assert (limited.__name__, limited.__doc__) == ("call", "Calls.")
    assert inspect.signature(limited) == inspect.signature(call)
    assert inspect.unwrap(limited) is call


@pytest.mark.parametrize(
    "wrong",
    [
        classmethod(lambda cls: None),
        staticmethod(lambda: None),
        3,
        "name",
    ],
)
def test_what_is_no_function_is_refused(limiter: Limiter, wrong: Any) -> None:
    """A forgotten keyword among it."""
    with pytest.raises(TypeError, match="^limit "):
        limiter.limit(wrong)


def test_wrong_arguments_are_refused_where_the_function_is_decorated(limiter: Limiter) -> None:
    """Not at its first call."""
    with pytest.raises(ConfigError, match="permits"):
        limiter.limit(permits=-1)
    with pytest.raises(TypeError, match="timeout"):
        limiter.limit(timeout="1")  # type: ignore[call-overload]


def test_a_cycle_through_a_decorator_is_collected(way: Way) -> None:
    """Limiters keep nothing alive."""

    def make() -> list[weakref.ref[Any]]:
        class Client(way.kind):  # type: ignore[name-defined, misc]
            pass

        client = Client(Quota(1, 1, 1))

        @client.limit  # type: ignore[untyped-decorator]
        def call() -> object:
            return call

        client.call = call
        plain = way.idle(1)

        @plain.limit
        def other() -> object:
            return other

        return [weakref.ref(client), weakref.ref(call), weakref.ref(plain), weakref.ref(other)]

    references = make()
    gc.collect()
    assert [reference() for reference in references] == [None] * 4
