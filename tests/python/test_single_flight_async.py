"""The single flight between tasks, of one loop or several, and between tasks and threads; its decorator."""

import asyncio
import contextvars
import gc
import weakref
from typing import Any

import pytest
from flying_tasks import Slow, never, settle, started
from guarding import throw

from resil import LeaderFailed, Reentered, SingleFlight, SingleFlightSnapshot, TimedOut


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
