"""The single flight between tasks, of one loop or several, and between tasks and threads; its decorator."""

import asyncio
import concurrent.futures
import contextvars
import copy
import functools
import gc
import inspect
import threading
import weakref
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

import pytest
from flying import Caller, Gate, followed, until
from guarding import throw

from resil import LeaderFailed, Reentered, Shared, SingleFlight, SingleFlightSnapshot, TimedOut


@pytest.fixture
def flight() -> Iterator[SingleFlight]:
    """One that must be empty in the end."""
    flight = SingleFlight()
    yield flight
    assert (len(flight), flight.snapshot()) == (0, SingleFlightSnapshot(0, 0))


class Slow:
    """A call that is inside until it is opened, in whichever loop it is made."""

    def __init__(self, outcome: object = None) -> None:
        self.outcome = outcome
        self.made = 0
        self.open = asyncio.Event()

    async def __call__(self) -> object:
        """The call."""
        self.made += 1
        await self.open.wait()
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


async def settle() -> None:
    """Lets the other tasks run until each of them waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def started(*coroutines: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Tasks, each of which waits by now; the first leads."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    await settle()
    return tasks


async def never() -> None:
    """A call that must not be made."""
    raise AssertionError("called")


def test_a_task_alone_has_its_own_value_and_nothing_is_kept(flight: SingleFlight) -> None:
    """Arguments are handed on."""

    async def add(a: int, *, b: int) -> int:
        return a + b

    async def main() -> None:
        for a in (1, 2):
            shared = await flight.run_async("key", add, a, b=2)
            assert (shared.value, shared.led, shared.shared) == (a + 2, True, False)

    asyncio.run(main())
    asyncio.run(main())


def test_a_thousand_tasks_share_one_object(flight: SingleFlight) -> None:
    """One call is made, and all wake in the same turn of the loop."""

    async def main() -> None:
        slow = Slow(object())
        leader, *following = await started(*(flight.run_async("key", slow) for _ in range(1_001)))
        assert flight.snapshot() == SingleFlightSnapshot(1, 1_000)
        slow.open.set()
        led = await leader
        assert (led.value, led.led, led.shared) == (slow.outcome, True, True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert all(task.done() for task in following)
        answers = [await task for task in following]
        assert {(id(one.value), one.led, one.shared) for one in answers} == {(id(slow.outcome), False, True)}
        assert slow.made == 1

    asyncio.run(main())


def test_each_waiting_task_gets_an_exception_of_its_own(flight: SingleFlight) -> None:
    """The leader's is their cause; the next call is made again."""

    async def main() -> None:
        slow = Slow(LookupError("wrong", 17))
        tasks = await started(*(flight.run_async("key", slow) for _ in range(4)))
        slow.open.set()
        raised = await asyncio.gather(*tasks, return_exceptions=True)
        assert raised[0] is slow.outcome
        assert len({id(one) for one in raised}) == 4
        for one in raised[1:]:
            assert isinstance(one, LookupError)
            assert (one.args, one.__cause__) == (("wrong", 17), raised[0])
        slow.outcome = 5
        assert (await flight.run_async("key", slow)).value == 5
        assert slow.made == 2

    asyncio.run(main())


def test_cancelling_a_follower_leaves_the_others_waiting(flight: SingleFlight) -> None:
    """So does a deadline around it, or closing it."""

    async def main() -> None:
        slow = Slow(5)
        leader, cancelled, patient = await started(*(flight.run_async("key", slow) for _ in range(3)))
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await flight.run_async("key", slow)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flight.run_async("key", slow), 0.001)
        closed = flight.run_async("key", slow)
        closed.send(None)
        assert flight.snapshot() == SingleFlightSnapshot(1, 2)
        closed.close()
        assert flight.snapshot() == SingleFlightSnapshot(1, 1)
        slow.open.set()
        assert [(await task).value for task in (leader, patient)] == [5, 5]
        assert slow.made == 1

    asyncio.run(main())


def test_when_the_leader_is_cancelled_a_follower_makes_its_own_call(flight: SingleFlight) -> None:
    """The others wait for that; the cancelled one is told so."""

    async def main() -> None:
        first, second = Slow(1), Slow(2)
        leader, *following = await started(
            flight.run_async("key", first),
            *(flight.run_async("key", second) for _ in range(3)),
        )
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        assert len(flight) == 1
        await settle()
        assert (first.made, second.made) == (1, 1)
        assert flight.snapshot() == SingleFlightSnapshot(1, 2)
        second.open.set()
        answers = [await task for task in following]
        assert [one.value for one in answers] == [2] * 3
        assert sorted(one.led for one in answers) == [False, False, True]

    asyncio.run(main())


def test_when_everybody_is_cancelled_the_key_is_free(flight: SingleFlight) -> None:
    """In whichever order, also those who were just woken to take over."""

    async def main() -> None:
        for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
            slow = Slow()
            tasks = await started(*(flight.run_async("key", slow) for _ in range(3)))
            for index in order:
                tasks[index].cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(one) for one in done] == [asyncio.CancelledError] * 3
            assert len(flight) == 0
            assert slow.made == 1, "nobody took over"

    asyncio.run(main())


def test_a_leader_that_gives_up_by_itself_is_no_cancelled_one(flight: SingleFlight) -> None:
    """A deadline inside the call is an error like any other."""

    async def main() -> None:
        made = 0

        async def call() -> None:
            nonlocal made
            made += 1
            async with asyncio.timeout(0.001):
                await asyncio.sleep(3_600)

        tasks = await started(*(flight.run_async("key", call) for _ in range(2)))
        raised = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in raised] == [TimeoutError, TimeoutError]
        assert not isinstance(raised[1], TimedOut)
        assert made == 1

    asyncio.run(main())


class Abort(BaseException):
    """No Exception."""


def test_what_is_no_exception_fails_the_waiting_tasks(flight: SingleFlight) -> None:
    """It goes on in the leader."""

    async def main() -> None:
        slow = Slow(Abort())

        async def lead() -> None:
            with pytest.raises(Abort) as raised:
                await flight.run_async("key", slow)
            assert raised.value is slow.outcome

        leader, *following = await started(lead(), *(flight.run_async("key", never) for _ in range(2)))
        slow.open.set()
        await leader
        raised = await asyncio.gather(*following, return_exceptions=True)
        assert [type(one) for one in raised] == [LeaderFailed] * 2

    asyncio.run(main())


def test_a_task_that_asks_for_the_key_whose_call_it_makes_is_refused(flight: SingleFlight) -> None:
    """Awaited or called; another task of the same loop waits."""

    async def main() -> None:
        async def call() -> int:
            with pytest.raises(Reentered):
                await flight.run_async("key", never)
            with pytest.raises(Reentered):
                flight.run("key", int)
            with pytest.raises(TimeoutError):
                await asyncio.create_task(asyncio.wait_for(flight.run_async("key", never), 0.001))
            return (await flight.run_async("another", asyncio.sleep, 0, 7)).value

        assert (await flight.run_async("key", call)).value == 7

    asyncio.run(main())


def test_a_thread_that_blocks_the_loop_of_the_leader_is_refused(flight: SingleFlight) -> None:
    """So is a task on the thread of a leader that runs the loop inside its call."""

    async def block() -> None:
        slow = Slow(1)
        (leader,) = await started(flight.run_async("key", slow))
        with pytest.raises(Reentered):
            flight.run_timeout("key", 3_600, int)
        slow.open.set()
        await leader

    async def inner() -> None:
        with pytest.raises(Reentered):
            await flight.run_async("key", never)

    asyncio.run(block())
    flight.run("key", lambda: asyncio.run(inner()))


def test_a_task_follows_a_thread(flight: SingleFlight) -> None:
    """It waits without holding up its loop, and gets the value or an exception of its own."""
    for outcome in (5, LookupError("wrong")):
        gate = Gate(outcome)
        leader = Caller(flight.run, "key", gate)
        assert gate.inside.wait(60)

        async def main(gate: Gate = gate) -> Any:
            following = await started(*(flight.run_async("key", never) for _ in range(3)))
            assert flight.snapshot().followers == 3
            gate.open.set()
            return await asyncio.gather(*following, return_exceptions=True)

        answers = asyncio.run(main())
        leader.end()
        if isinstance(outcome, LookupError):
            assert [(type(one), one.args, one.__cause__) for one in answers] == [
                (LookupError, ("wrong",), outcome)
            ] * 3
        else:
            assert [(one.value, one.led) for one in answers] == [(5, False)] * 3


def test_a_thread_follows_a_task_and_takes_over_when_that_is_cancelled(flight: SingleFlight) -> None:
    """The thread makes its own call then."""

    async def main(cancelled: bool) -> Shared[object]:
        slow = Slow(1)
        (leader,) = await started(flight.run_async("key", slow))
        follower = asyncio.create_task(asyncio.to_thread(flight.run, "key", lambda: 2))
        while not flight.snapshot().followers:
            await asyncio.sleep(0)
        if cancelled:
            leader.cancel()
        slow.open.set()
        await asyncio.wait([leader])
        return await follower

    shared = asyncio.run(main(False))
    assert (shared.value, shared.led, shared.shared) == (1, False, True)
    shared = asyncio.run(main(True))
    assert (shared.value, shared.led, shared.shared) == (2, True, False)


def test_tasks_of_several_loops_share_a_call(flight: SingleFlight) -> None:
    """Each is woken in its own loop; a loop that ends takes nobody with it."""
    gate = Gate(3)

    async def lead() -> object:
        return (await flight.run_async("key", asyncio.to_thread, gate)).value

    async def follow() -> object:
        return (await flight.run_async("key", never)).value

    leader = Caller(asyncio.run, lead())
    assert gate.inside.wait(60)
    following = [Caller(asyncio.run, follow()) for _ in range(4)]
    until(followed(flight, 4))

    async def leave() -> None:
        async with asyncio.timeout(0.001):
            await follow()

    assert isinstance(Caller(asyncio.run, leave()).end().raised, TimeoutError)
    gate.open.set()
    assert [caller.end().answer for caller in (leader, *following)] == [3] * 5


def test_a_loop_that_ends_inside_the_call_hands_it_over(flight: SingleFlight) -> None:
    """asyncio.run cancels what is left."""
    inside = threading.Event()
    leave = threading.Event()

    async def abandon() -> None:
        async def lead() -> None:
            inside.set()
            await asyncio.sleep(3_600)

        _task = asyncio.create_task(flight.run_async("key", lead))
        await asyncio.to_thread(leave.wait)

    leader = Caller(asyncio.run, abandon())
    assert inside.wait(60)
    follower = Caller(flight.run, "key", lambda: 2)
    until(followed(flight, 1))
    leave.set()
    leader.end()
    assert (follower.end().answer.value, follower.answer.led) == (2, True)


def test_waiting_tasks_that_are_dropped_are_collected_and_have_left(flight: SingleFlight) -> None:
    """A task, its future and its part are a ring; so is a leader that nobody awaits."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)
    futures: list[asyncio.Future[Any]] = []

    class Marked:
        pass

    async def lead() -> None:
        # A future that only this task holds.
        await asyncio.get_running_loop().create_future()

    async def follow(marked: Marked) -> None:
        await flight.run_async("key", never)

    def start() -> "weakref.ref[Marked]":
        marked = Marked()
        tasks = [loop.create_task(flight.run_async("key", lead)), loop.create_task(follow(marked))]
        loop.run_until_complete(settle())
        assert flight.snapshot() == SingleFlightSnapshot(1, 1)
        futures.append(tasks[0])
        return weakref.ref(marked)

    reference = start()
    gc.collect()
    assert reference() is None, "the follower is collected, while its leader is there"
    assert flight.snapshot() == SingleFlightSnapshot(1, 0)
    futures.clear()
    gc.collect()
    assert len(flight) == 0
    loop.close()


def test_a_function_that_raises_before_it_awaits_and_wrong_keys_leave_nothing(flight: SingleFlight) -> None:
    """Errors in making the awaitable, and in the arguments."""

    async def main() -> None:
        with pytest.raises(LookupError):
            await flight.run_async("key", lambda: throw(LookupError()))
        with pytest.raises(TypeError):
            await flight.run_async("key", lambda: 3)  # type: ignore[arg-type, return-value]
        with pytest.raises(TypeError, match="key must be str or bytes"):
            await flight.run_async(3, never)  # type: ignore[arg-type]

    asyncio.run(main())
    unstarted = flight.run_async("key", never)
    assert len(flight) == 0
    unstarted.close()


def test_a_part_is_used_as_it_is_meant_or_says_so(flight: SingleFlight) -> None:
    """What leads does not follow; what is done does neither."""
    leading, following = flight._enter("key", 1), flight._enter("key", 2)
    assert (leading.leads, following.leads) == (True, False)
    with pytest.raises(Exception, match="does not lead"):
        following.land(1)
    with pytest.raises(Exception, match="does not follow"):
        leading.look(lambda: None)
    assert len(flight) == 0
    leading.fail()
    leading.leave()
    leading.land_raised(LookupError())


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


def test_context_variables_of_the_leader_are_those_of_its_call(flight: SingleFlight) -> None:
    """The call runs in its caller's own task, not in one made for it."""
    name = contextvars.ContextVar("name", default="")

    async def call() -> str:
        name.set("inside")
        return name.get()

    async def main() -> None:
        name.set("outside")
        assert (await flight.run_async("key", call)).value == "inside"
        assert name.get() == "inside"

    asyncio.run(main())


def test_an_executor_of_threads_shares_like_any_threads(flight: SingleFlight) -> None:
    """The usual pool."""
    gate = Gate(4)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(flight.run, "key", gate) for _ in range(4)]
        until(followed(flight, 3))
        gate.open.set()
        assert [future.result().value for future in futures] == [4] * 4
    assert gate.made == 1
