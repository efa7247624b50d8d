"""Guarded calls: what they count, and what they leave alone."""

import asyncio
import functools
import gc
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from guarding import counted, throw

from resil import (
    Denied,
    ManualClock,
    Mode,
    Outcome,
    Quota,
    Rejected,
    ResilError,
    SreBreaker,
    TokenBucket,
)

Guarding = Callable[[SreBreaker, Callable[[], object]], object]


def in_block(breaker: SreBreaker, function: Callable[[], object]) -> object:
    """Calls in a guarded block."""
    with breaker.guard():
        return function()


def in_task(breaker: SreBreaker, function: Callable[[], object]) -> object:
    """Calls in an awaited call, step by step, as an event loop does."""

    async def call() -> object:
        return function()

    try:
        breaker.run_async(call).send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("waits")


def decorated_task(breaker: SreBreaker, function: Callable[[], object]) -> object:
    """Calls in a decorated coroutine function."""

    @breaker.protect
    async def call() -> object:
        return function()

    try:
        call().send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("waits")


WAYS: dict[str, Guarding] = {
    "run": lambda breaker, function: breaker.run(function),
    "run_with": lambda breaker, function: breaker.run_with(
        function, lambda _: Outcome.SUCCESS, lambda rejected: throw(rejected)
    ),
    "guard": in_block,
    "protect": lambda breaker, function: breaker.protect(function)(),
    "run_async": in_task,
    "protect async": decorated_task,
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def guarded(request: pytest.FixtureRequest) -> Guarding:
    """Each way to guard a call."""
    way: Guarding = request.param
    return way


def test_returning_counts_as_a_success_and_answers_what_was_returned(
    breaker: SreBreaker, guarded: Guarding
) -> None:
    """The very object."""
    answer = object()
    assert guarded(breaker, lambda: answer) is answer
    assert counted(breaker) == (1, 0)


def test_an_exception_counts_as_a_failure_and_goes_through_as_it_is(
    breaker: SreBreaker, guarded: Guarding
) -> None:
    """The same object, with its traceback from where it was raised, without a context or cause of ours."""
    error = LookupError("mine")

    def call() -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        guarded(breaker, call)
    assert caught.value is error
    assert caught.traceback[-1].name == "call"
    assert (error.__context__, error.__cause__) == (None, None)
    assert counted(breaker) == (0, 1)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_is_no_exception_of_the_call_counts_as_neither_and_is_never_replaced(
    breaker: SreBreaker, guarded: Guarding, kind: type[BaseException]
) -> None:
    """Ctrl-C says nothing about the backend, not even when the breaker is about to refuse."""
    for _ in range(1_000):
        breaker.record(Outcome.FAILURE)
    breaker.set_mode(Mode.DRY_RUN)
    before = counted(breaker)
    error = kind("mine")
    with pytest.raises(kind) as caught:
        guarded(breaker, lambda: throw(error))
    assert caught.value is error
    assert counted(breaker) == before


def test_a_refused_call_is_not_made(breaker: SreBreaker, guarded: Guarding) -> None:
    """The exception says why."""
    breaker.set_mode(Mode.FORCED_OPEN)
    with pytest.raises(Rejected) as rejected:
        guarded(breaker, lambda: pytest.fail("called"))
    assert rejected.value.forced_open
    assert breaker.snapshot().drops == 1
    assert counted(breaker) == (0, 0)


@pytest.mark.parametrize("refusal", [Rejected(0.5), Denied(7)], ids=repr)
def test_a_refusal_further_in_counts_as_neither(
    breaker: SreBreaker, guarded: Guarding, refusal: ResilError
) -> None:
    """Whoever was called was not asked; also where it is the cause, or the cause's cause."""

    def wrapped() -> None:
        try:
            try:
                raise refusal
            except ResilError as error:
                raise LookupError("middle") from error
        except LookupError as error:
            raise ConnectionError("outer") from error

    with pytest.raises(type(refusal)):
        guarded(breaker, lambda: throw(refusal))
    with pytest.raises(ConnectionError):
        guarded(breaker, wrapped)
    assert counted(breaker) == (0, 0)


def test_a_failure_while_a_refusal_is_handled_is_a_failure(breaker: SreBreaker, guarded: Guarding) -> None:
    """A fallback that fails was asked: the refusal is its context, and no cause."""

    def fallback() -> None:
        try:
            raise Denied(1)
        except Denied:
            raise ConnectionError("fallback")  # noqa: B904

    with pytest.raises(ConnectionError):
        guarded(breaker, fallback)
    assert counted(breaker) == (0, 1)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("lead", [0, 1, 4])
def test_causes_that_run_in_a_ring_are_looked_along_once(
    breaker: SreBreaker, length: int, lead: int
) -> None:
    """Nobody should make one, and nobody's process hangs on it."""
    ring = [LookupError(number) for number in range(length)]
    for number, error in enumerate(ring):
        error.__cause__ = ring[(number + 1) % length]
    error = ring[0]
    for number in range(lead):
        outer = LookupError(f"lead {number}")
        outer.__cause__ = error
        error = outer
    with pytest.raises(LookupError):
        breaker.run(throw, error)
    assert counted(breaker) == (0, 1)
    for error in ring:
        error.__cause__ = None


def test_nested_guards_each_count_their_own(breaker: SreBreaker, clock: ManualClock) -> None:
    """The inner one's failure is the outer one's too; its refusal is not."""
    inner = SreBreaker(clock=clock)
    with pytest.raises(LookupError):
        breaker.run(inner.run, lambda: throw(LookupError()))
    assert (counted(breaker), counted(inner)) == ((0, 1), (0, 1))
    inner.set_mode(Mode.FORCED_OPEN)
    with pytest.raises(Rejected):
        breaker.run(inner.run, int)
    assert (counted(breaker), counted(inner)) == ((0, 1), (0, 1))


def test_a_limiter_inside_is_no_failure_of_the_backend(breaker: SreBreaker) -> None:
    """The two are made to be used together."""
    bucket = TokenBucket(Quota(1, 3_600, 1))

    @breaker.protect
    @bucket.limit(timeout=0)
    def call() -> int:
        return 1

    assert call() == 1
    for _ in range(20):
        with pytest.raises(Denied):
            call()
    assert counted(breaker) == (1, 0)


def test_a_call_may_call_again(breaker: SreBreaker, guarded: Guarding) -> None:
    """Nothing is locked while a call runs."""

    def call(depth: int) -> int:
        return depth if depth == 9 else int(str(guarded(breaker, lambda: call(depth + 1))))

    assert call(0) == 9
    assert counted(breaker) == (9, 0)


def test_what_is_no_call_is_refused_by_name_and_counts_as_none(breaker: SreBreaker) -> None:
    """A slip of the caller's says nothing about the backend."""
    nothing: Any = 5
    with pytest.raises(TypeError, match="^function must be callable, not int$"):
        breaker.run(nothing)
    with pytest.raises(TypeError, match="^function must be callable, not int$"):
        breaker.run_async(nothing).send(None)
    for arguments in ((nothing, int, int), (int, nothing, int), (int, int, nothing)):
        with pytest.raises(TypeError, match="^(function|classify|fallback) must be callable, not int$"):
            breaker.run_with(*arguments)
    run: Any = breaker.run
    numbered: Any = {5: 5}
    with pytest.raises(TypeError, match="^keywords must be strings$"):
        run(int, **numbered)
    assert counted(breaker) == (0, 0)


def test_arguments_are_handed_on(breaker: SreBreaker) -> None:
    """All of them, also those that are named as the guard's own."""

    def call(*args: object, **kwargs: object) -> tuple[object, object]:
        return args, kwargs

    assert breaker.run(call) == ((), {})
    assert breaker.run(call, 1, 2) == ((1, 2), {})
    assert breaker.run(call, function=1, self=2) == ((), {"function": 1, "self": 2})
    assert breaker.run(call, 1, b=None) == ((1,), {"b": None})
    assert breaker.run(call, 1, 2, **{"b c": 3, "d": 4}) == ((1, 2), {"b c": 3, "d": 4})
    with pytest.raises(TypeError, match="missing"):
        breaker.run()  # type: ignore[call-arg]
    assert counted(breaker) == (5, 0)


def test_an_unawaited_coroutine_is_no_success(breaker: SreBreaker) -> None:
    """It has not run: run() and protect() refuse it, count nothing, and leave no warning behind."""

    async def fetch() -> None:
        pytest.fail("ran")

    def make() -> Coroutine[Any, Any, None]:
        return fetch()

    calls: list[Callable[[], object]] = [
        lambda: breaker.run(fetch),
        lambda: breaker.run(make),
        breaker.protect(make),
        lambda: breaker.run_with(fetch, lambda _: Outcome.SUCCESS, throw),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"guard it with run_async\(\)"):
            call()
    gc.collect()
    assert counted(breaker) == (0, 0)


def test_a_classifier_says_what_an_answer_counts_as(breaker: SreBreaker) -> None:
    """The answer comes back in any case."""
    outcomes = {200: Outcome.SUCCESS, 404: Outcome.IGNORED, 503: Outcome.FAILURE}

    def never(rejected: Rejected) -> int:
        raise rejected

    for status in (200, 404, 503, 503):
        answer = breaker.run_with(functools.partial(int, status), lambda code: outcomes[code], never)
        assert answer == status
    assert counted(breaker) == (1, 2)


def test_a_fallback_answers_for_a_refused_call_and_is_told_why(breaker: SreBreaker) -> None:
    """It is called for nothing else; what it raises goes through."""
    told: list[Rejected] = []

    def fallback(rejected: Rejected) -> str:
        told.append(rejected)
        return "cached"

    with pytest.raises(LookupError):
        breaker.run_with(lambda: throw(LookupError()), lambda _: Outcome.SUCCESS, fallback)
    assert not told
    breaker.set_mode(Mode.FORCED_OPEN)
    assert breaker.run_with(lambda: pytest.fail("called"), lambda _: Outcome.SUCCESS, fallback) == "cached"
    assert isinstance(told[0], Rejected)
    assert told[0].forced_open
    with pytest.raises(ZeroDivisionError):
        breaker.run_with(int, lambda _: Outcome.SUCCESS, lambda _: 1 // 0)
    assert counted(breaker) == (0, 1)


def test_a_classifier_that_fails_counts_as_a_failed_call(breaker: SreBreaker) -> None:
    """So does one that answers no outcome; one that is interrupted counts as neither."""
    with pytest.raises(ZeroDivisionError):
        breaker.run_with(int, lambda _: 1 // 0, throw)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=r"^what classify answers must be a resil.Outcome, not bool$"):
        breaker.run_with(int, lambda _: True, throw)  # type: ignore[arg-type, return-value]
    with pytest.raises(KeyboardInterrupt):
        breaker.run_with(int, lambda _: throw(KeyboardInterrupt()), throw)
    assert counted(breaker) == (0, 2)


def test_exceptions_are_not_kept_alive(breaker: SreBreaker, guarded: Guarding) -> None:
    """Neither is what their frames hold."""

    class Thing:
        pass

    def call() -> None:
        thing = Thing()
        seen.append(weakref.ref(thing))
        raise LookupError

    seen: list[weakref.ref[Thing]] = []
    try:
        guarded(breaker, call)
    except LookupError:
        pass
    gc.collect()
    assert seen[0]() is None
