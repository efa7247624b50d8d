"""How tasks ask a store: each event loop watches a socket, and is told over it which calls have their answers."""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from resil._resil import _StoreAsking, _StoreHeld, _StoreLimiter, _StoreWakes


class _Watch:
    """The calls of one event loop that are under way."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wakes = _StoreWakes()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._calls = 0
        # The loop holds this object from now on, not the other way round.
        loop.add_reader(self._wakes.fileno(), self._drain)

    def _drain(self) -> None:
        for call in self._wakes.drain():
            waiting = self._waiting.get(call)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    async def ask(self, asked: _StoreLimiter | _StoreHeld, *question: Any) -> Any:
        """What the store, or whoever decides instead, answers."""
        self._calls += 1
        call = self._calls
        asking = asked.ask_async(self._wakes, call, *question)
        if not isinstance(asking, _StoreAsking):
            return asking
        loop = asyncio.get_running_loop()
        try:
            while True:
                # Nothing was drained since it began, so nothing was missed.
                waiting = self._waiting[call] = loop.create_future()
                await waiting
                answer = asking.poll()
                if answer is not None:
                    return answer
        finally:
            del self._waiting[call]
            # Where the task is cancelled: what was not sent yet never is.
            asking.abandon()


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watch] = WeakKeyDictionary()


async def ask_async(asked: _StoreLimiter | _StoreHeld, *question: Any) -> Any:
    """Asks from the running task, without a thread that waits."""
    loop = asyncio.get_running_loop()
    watch = _watches.get(loop)
    if watch is None:
        watch = _watches[loop] = _Watch(loop)
    return await watch.ask(asked, *question)
