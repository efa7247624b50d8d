"""Tasks for the tests of the single flight."""

import asyncio
from collections.abc import Coroutine
from typing import Any


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
