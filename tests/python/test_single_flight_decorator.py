"""The decorator of the single flight: whose key it takes, and what it keeps of a function."""

import asyncio
import copy
import functools
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from flying import Caller, Gate, followed, until
from guarding import throw

from resil import SingleFlight

shared = SingleFlight()


@shared.share(key="by name")
def by_name(value: int) -> int:
    """Is pickled by its name."""
    return value


def test_a_decorated_function_shares_by_its_key(flight: SingleFlight) -> None:
    """It answers the bare value; calls of other keys are made beside it."""
    gate = Gate()

    @flight.share(key=lambda number, *, twice=False: f"call:{number}")
    def call(number: int, *, twice: bool = False) -> list[int]:
        gate()
        return [number] * (2 if twice else 1)

    leader = Caller(call, 1)
    assert gate.inside.wait(60)
    follower = Caller(functools.partial(call, twice=True), 1)
    until(followed(flight, 1))
    other = Caller(call, 2)
    until(lambda: len(flight) == 2)
    gate.open.set()
    assert leader.end().answer == [1]
    assert follower.end().answer is leader.answer
    assert other.end().answer == [2]
    assert call(3, twice=True) == [3, 3]
    assert gate.made == 3


def test_a_decorated_coroutine_function_stays_one_and_shares(flight: SingleFlight) -> None:
    """So do methods, partials and objects with a coroutine call."""

    class Client:
        def __init__(self, name: str) -> None:
            self.name = name
            self.made = 0

        @flight.share(key=lambda self, path: f"{self.name}:{path}")
        async def get(self, path: str) -> tuple[str, int]:
            """Fetches."""
            self.made += 1
            number = self.made
            await asyncio.sleep(0)
            return path, number

        @flight.share(key=b"size")
        def size(self) -> int:
            return 7

    class Handler:
        async def __call__(self, value: int) -> int:
            return value

    assert inspect.iscoroutinefunction(Client.get)
    assert not inspect.iscoroutinefunction(Client.size)

    async def main() -> None:
        one, other = Client("one"), Client("other")
        answers = await asyncio.gather(one.get("/"), one.get("/"), other.get("/"), one.get("/a"))
        assert list(answers) == [("/", 1), ("/", 1), ("/", 1), ("/a", 2)]
        assert answers[0] is answers[1]
        assert one.size() == 7
        by_value = flight.share(key="handler")
        assert await by_value(Handler())(3) == 3
        assert await by_value(functools.partial(Client.get, one))("/b") == ("/b", 3)

    asyncio.run(main())


def test_a_decorated_function_keeps_its_name_signature_and_docstring(flight: SingleFlight) -> None:
    """It copies and pickles as functions do."""
    assert by_name(3) == 3
    assert (by_name.__name__, by_name.__doc__) == ("by_name", "Is pickled by its name.")
    assert list(inspect.signature(by_name).parameters) == ["value"]
    assert copy.copy(by_name) is by_name
    import pickle

    assert pickle.loads(pickle.dumps(by_name)) is by_name


def test_what_cannot_be_shared_is_refused_where_it_is_decorated(flight: SingleFlight) -> None:
    """Generators, descriptors, what is no function, and what is no key."""

    def generator() -> Iterator[int]:
        yield 1

    async def async_generator() -> AsyncIterator[int]:
        yield 1

    for function in (generator, async_generator):
        with pytest.raises(TypeError, match="cannot share a generator"):
            flight.share(key="key")(function)
    throwing: Any = throw
    for wrong, why in ((classmethod(throwing), "@classmethod"), (staticmethod(throwing), "@staticmethod"), (3, "int")):
        with pytest.raises(TypeError, match=why):
            flight.share(key="key")(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="key must be str, bytes or callable, not int"):
        flight.share(key=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="key must be str or bytes, not int"):
        flight.share(key=lambda: 3)(int)()  # type: ignore[arg-type, return-value]
    with pytest.raises(LookupError):
        flight.share(key=lambda: throw(LookupError()))(int)()
