"""The breaker's decorator."""

import asyncio
import copy
import functools
import gc
import inspect
import pickle
import sys
import weakref
from collections.abc import Callable
from typing import Any, cast

import pytest
from guarding import counted

from resil import Mode, Outcome, Rejected, SreBreaker

shared = SreBreaker()


@shared.protect
def by_name(value: int) -> int:
    """Is pickled by its name."""
    return value


def test_each_call_of_a_function_is_guarded(breaker: SreBreaker) -> None:
    """Bare and with arguments alike."""

    @breaker.protect
    def bare(a: int, *, b: int = 2) -> tuple[int, int]:
        return a, b

    @breaker.protect()
    def none() -> str:
        return "none"

    assert (bare(1), bare(1, b=3), none()) == ((1, 2), (1, 3), "none")
    with pytest.raises(TypeError, match="missing"):
        bare()  # type: ignore[call-arg]
    assert counted(breaker) == (3, 1)
    breaker.set_mode(Mode.FORCED_OPEN)
    with pytest.raises(Rejected):
        bare(1)


def test_methods_keep_their_self(breaker: SreBreaker) -> None:
    """Class and static methods too, with the decorator beneath."""

    class Client:
        @breaker.protect
        def get(self, path: str) -> "tuple[Client, str]":
            return self, path

        @classmethod
        @breaker.protect
        def make(cls) -> "Client":
            return cls()

        @staticmethod
        @breaker.protect
        def ping() -> str:
            return "pong"

        @property
        @breaker.protect
        def size(self) -> int:
            return 7

    client = Client.make()
    assert client.get("/") == Client.get(client, "/") == (client, "/")
    assert client.ping() == Client.ping() == "pong"
    assert client.size == 7
    assert client.get.__self__ is client  # type: ignore[attr-defined]
    assert inspect.signature(client.get) == inspect.Signature(
        [inspect.Parameter("path", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)],
        return_annotation="tuple[Client, str]",
    )
    assert counted(breaker) == (6, 0)


def test_a_coroutine_function_stays_one(breaker: SreBreaker) -> None:
    """Whatever looks at it sees what it was; a method is one too."""

    class Client:
        @breaker.protect
        async def get(self, url: str) -> str:
            """Fetches."""
            if not url:
                raise LookupError
            return url

    assert inspect.iscoroutinefunction(Client.get)
    assert inspect.iscoroutinefunction(Client().get)

    async def main() -> None:
        assert await Client().get("a") == "a"
        with pytest.raises(LookupError):
            await Client().get("")
        breaker.set_mode(Mode.FORCED_OPEN)
        refused = Client().get("a")
        with pytest.raises(Rejected):
            await refused

    asyncio.run(main())
    assert counted(breaker) == (1, 1)


def test_objects_with_a_coroutine_call_are_awaited(breaker: SreBreaker) -> None:
    """So are partial coroutine functions; other callables are called."""

    class Handler:
        async def __call__(self, value: int) -> int:
            return value

    async def add(a: int, b: int) -> int:
        return a + b

    async def main() -> None:
        assert await breaker.protect(Handler())(3) == 3
        assert await breaker.protect(functools.partial(add, 1))(2) == 3

    asyncio.run(main())
    assert breaker.protect(functools.partial(int, base=16))("ff") == 255
    assert breaker.protect(int)("17") == 17
    assert counted(breaker) == (4, 0)


def test_a_decorated_function_keeps_its_name_signature_docstring_and_attributes(
    breaker: SreBreaker,
) -> None:
    """Frameworks read them, and write some."""

    def call(a: int, *, b: str = "x") -> None:
        """Calls."""

    call.route = "/"  # type: ignore[attr-defined]

    async def fetch(a: int, *, b: str = "x") -> None:
        """Calls."""

    fetch.route = "/"  # type: ignore[attr-defined]
    for function in (call, fetch):
        protected = cast(Any, breaker.protect(function))
        assert (protected.__name__, protected.__doc__, protected.route) == (function.__name__, "Calls.", "/")
        assert (protected.__qualname__, protected.__module__) == (function.__qualname__, __name__)
        assert protected.__annotations__ == function.__annotations__
        assert inspect.signature(protected) == inspect.signature(function)
        assert inspect.unwrap(protected) is function
        protected.marked = True
        assert protected.marked
        assert not hasattr(function, "marked")
        assert function.__name__ in repr(protected)
        assert weakref.ref(protected)() is protected
        again = functools.wraps(cast(Callable[..., Any], protected))(lambda: None)
        assert again.__name__ == function.__name__


def test_a_decorated_function_pickles_and_copies_as_functions_do() -> None:
    """By name: the other side has its own breaker."""
    assert pickle.loads(pickle.dumps(by_name)) is by_name
    assert copy.copy(by_name) is copy.deepcopy(by_name) is by_name


def test_a_predicate_says_which_exceptions_are_failures(breaker: SreBreaker) -> None:
    """What it clears counts as neither; of interrupts and refusals further in it is not asked."""
    asked: list[Exception] = []

    def is_outage(error: Exception) -> bool:
        asked.append(error)
        return isinstance(error, ConnectionError)

    @breaker.protect(failure=is_outage)
    def call(error: BaseException) -> None:
        raise error

    @breaker.protect(failure=is_outage)
    async def fetch(error: BaseException) -> None:
        raise error

    errors = [ConnectionError(), LookupError(), Rejected(0.5), KeyboardInterrupt(), ConnectionError()]
    for error in errors:
        with pytest.raises(type(error)) as caught:
            call(error)
        assert caught.value is error
        with pytest.raises(type(error)) as caught:
            fetch(error).send(None)
        assert caught.value is error
    assert counted(breaker) == (0, 4)
    assert asked == [error for error in errors for _ in "12" if isinstance(error, (ConnectionError, LookupError))]


def test_a_predicate_that_fails_replaces_no_exception(
    breaker: SreBreaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own goes where Python puts what it cannot raise, and the call counts as failed."""
    unraisable: list[BaseException | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: unraisable.append(found.exc_value))

    @breaker.protect(failure=lambda error: 1 // 0)
    def call() -> None:
        raise LookupError("mine")

    @breaker.protect(failure=lambda error: 1 // 0)
    async def fetch() -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        call()
    with pytest.raises(LookupError, match="mine"):
        fetch().send(None)
    assert [type(error) for error in unraisable] == [ZeroDivisionError, ZeroDivisionError]
    assert counted(breaker) == (0, 2)


def test_an_interrupt_in_a_predicate_goes_through(breaker: SreBreaker) -> None:
    """It counts as neither."""

    def interrupted(error: Exception) -> bool:
        raise KeyboardInterrupt

    @breaker.protect(failure=interrupted)
    def call() -> None:
        raise LookupError

    with pytest.raises(KeyboardInterrupt):
        call()
    assert counted(breaker) == (0, 0)


def test_a_predicate_may_use_the_breaker(breaker: SreBreaker) -> None:
    """Nothing is locked while it runs."""

    def outage(error: Exception) -> bool:
        breaker.set_mode(Mode.DRY_RUN)
        return breaker.run(lambda: True)

    @breaker.protect(failure=outage)
    def call() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        call()
    assert counted(breaker) == (1, 1)


@pytest.mark.parametrize("wrong", [classmethod(lambda cls: None), staticmethod(lambda: None), 3, "name"])
def test_what_is_no_function_is_refused(breaker: SreBreaker, wrong: Any) -> None:
    """A forgotten keyword among it."""
    with pytest.raises(TypeError, match="^protect "):
        breaker.protect(wrong)


def test_a_predicate_that_cannot_be_called_is_refused_where_the_function_is_decorated(
    breaker: SreBreaker,
) -> None:
    """A tuple of exceptions among it."""
    with pytest.raises(TypeError, match="^failure must be callable, not tuple"):
        breaker.protect(failure=(LookupError,))  # type: ignore[call-overload]


def test_cycles_through_a_decorator_are_collected() -> None:
    """Decorators sit in cycles by nature: function, wrapper, class, predicate."""

    def make() -> list[weakref.ref[Any]]:
        class Client(SreBreaker):
            pass

        def predicate(error: Exception) -> bool:
            return bool(call)

        breaker = Client()

        @breaker.protect(failure=predicate)
        def call() -> object:
            return call

        @breaker.protect
        async def fetch() -> object:
            return fetch

        breaker.call = call  # type: ignore[attr-defined]
        breaker.fetch = fetch  # type: ignore[attr-defined]

        class Holder:
            @breaker.protect
            def method(self) -> object:
                return Holder

        call.itself = call  # type: ignore[attr-defined]
        call()
        return [weakref.ref(breaker), weakref.ref(call), weakref.ref(fetch), weakref.ref(Holder), weakref.ref(predicate)]

    references = make()
    gc.collect()
    assert [reference() for reference in references] == [None] * 5


def test_a_cancelled_call_of_a_coroutine_function_counts_as_neither(breaker: SreBreaker) -> None:
    """A deadline inside it is a failure; one around it is neither."""

    @breaker.protect
    async def outside() -> None:
        await asyncio.sleep(3_600)

    @breaker.protect
    async def inside() -> None:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(3_600)

    async def main() -> None:
        task = asyncio.create_task(outside())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outside(), 0.001)
        assert counted(breaker) == (0, 0)
        with pytest.raises(TimeoutError):
            await inside()

    asyncio.run(main())
    assert counted(breaker) == (0, 1)


def test_a_cancelled_awaited_call_counts_as_neither(breaker: SreBreaker) -> None:
    """Nor does a closed one, or one that was never awaited; a cancelled block likewise."""

    async def forever() -> None:
        await asyncio.sleep(3_600)

    async def block() -> None:
        with breaker.guard():
            await forever()

    async def main() -> None:
        for coroutine in (breaker.run_async(forever), block()):
            task = asyncio.create_task(coroutine)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    started = breaker.run_async(forever)
    started.close()
    assert counted(breaker) == (0, 0)
    breaker.record(Outcome.SUCCESS)
    assert counted(breaker) == (1, 0)


def test_awaited_calls_overlap_and_hand_arguments_on(breaker: SreBreaker) -> None:
    """Of several event loops too."""

    async def main() -> None:
        both = asyncio.Barrier(2)

        async def meet(number: int, *, times: int) -> int:
            await both.wait()
            return number * times

        met = await asyncio.gather(
            breaker.run_async(meet, 1, times=2), breaker.run_async(meet, 3, times=4)
        )
        assert list(met) == [2, 12]

    asyncio.run(main())
    asyncio.run(main())
    assert counted(breaker) == (4, 0)
