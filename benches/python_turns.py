"""What a call costs in Python beside what it cannot cost less: cases take turns, batch by batch, in one process.

    python benches/python_turns.py turns.json [PASSES]

pyperf gives each case processes of its own, which is right for peers and too coarse for a difference of some
nanoseconds: between two processes the machine changes its speed. A batch is timed by one reading before it and one
after; the loop's own 2 to 4 ns are in all of them.
"""

import asyncio
import functools
import json
import statistics
import sys
import threading
from collections.abc import Awaitable, Callable
from time import perf_counter_ns
from timeit import Timer

import resil

CALLS = 2_000
PASSES = 200

QUOTA = resil.Quota(1_000_000_000, 1.0, 4_000_000_000)


def noop() -> None:
    """Does nothing."""


async def nothing() -> None:
    """Does nothing."""


@functools.wraps(nothing)
async def around(*args: object, **kwargs: object) -> None:
    """What a decorator of coroutine functions is, when it does nothing."""
    return await nothing(*args, **kwargs)


def times(statement: str, **names: object) -> Callable[[], float]:
    """Times a batch of a statement."""
    timer = Timer(statement, globals=names)
    return lambda: timer.timeit(CALLS) * 1e9 / CALLS


def awaits(loop: asyncio.AbstractEventLoop, call: Callable[[], Awaitable[object]]) -> Callable[[], float]:
    """Times a batch of awaits, from within the loop."""

    async def batch() -> float:
        start = perf_counter_ns()
        for _ in range(CALLS):
            await call()
        return (perf_counter_ns() - start) / CALLS

    return lambda: loop.run_until_complete(batch())


def cases(loop: asyncio.AbstractEventLoop) -> dict[str, Callable[[], float]]:
    """Floors, and ours."""
    lock = threading.Lock()
    breaker = resil.SreBreaker()
    bucket, coarse = resil.TokenBucket(QUOTA), resil.TokenBucket(QUOTA, clock=resil.CoarseClock())
    flight = resil.SingleFlight()
    return {
        "an empty method of C": times("call()", call=lock.locked),
        "an empty function": times("call()", call=noop),
        "an empty function, called by C": times("call()", call=functools.partial(noop)),
        "with Lock": times("with lock: pass", lock=lock),
        "an empty coroutine": awaits(loop, nothing),
        "an empty coroutine in another": awaits(loop, around),
        "an empty coroutine as a task": awaits(loop, lambda: loop.create_task(nothing())),
        "try_acquire()": times("call()", call=bucket.try_acquire),
        "try_acquire(), coarse clock": times("call()", call=coarse.try_acquire),
        "run(noop)": times("call(noop)", call=breaker.run, noop=noop),
        "a decorated function": times("call()", call=breaker.protect(noop)),
        "with guard()": times("with guard(): pass", guard=breaker.guard),
        "a decorated coroutine": awaits(loop, breaker.protect(nothing)),
        "acquire_async()": awaits(loop, bucket.acquire_async),
        "SingleFlight.run_async()": awaits(loop, lambda: flight.run_async("x", nothing)),
    }


def main() -> None:
    """Writes what each took: the best batch, and the one in the middle."""
    loop = asyncio.new_event_loop()
    turns = cases(loop)
    taken: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else PASSES):
        for name, batch in turns.items():
            taken[name].append(batch())
    loop.close()
    costs = {name: {"least": min(all_), "median": statistics.median(all_)} for name, all_ in taken.items()}
    with open(sys.argv[1], "w") as file:
        json.dump(costs, file, indent=1)
    for name, cost in costs.items():
        print(f"{name:34} {cost['least']:8.1f} {cost['median']:8.1f}")


if __name__ == "__main__":
    main()
