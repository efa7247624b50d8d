"""The single flight between threads and tasks, and between loops."""

import asyncio
import concurrent.futures
import threading
from typing import Any

import pytest
from flying import Caller, Gate, followed, until
from flying_tasks import Slow, never, started

from resil import Reentered, Shared, SingleFlight


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
            assert [(type(one), one.args, one.__cause__) for one in answers] == [(LookupError, ("wrong",), outcome)] * 3
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


def test_an_executor_of_threads_shares_like_any_threads(flight: SingleFlight) -> None:
    """The usual pool."""
    gate = Gate(4)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(flight.run, "key", gate) for _ in range(4)]
        until(followed(flight, 3))
        gate.open.set()
        assert [future.result().value for future in futures] == [4] * 4
    assert gate.made == 1
