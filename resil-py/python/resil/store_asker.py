"""The ways to a store: the connection that resil keeps by itself, or a client of redis-py."""

from typing import Any, Protocol

from resil._resil import _StoreHeld, _StoreLimiter, Store
from resil.store_tasks import ask_async

Asked = _StoreLimiter | _StoreHeld


class Asker(Protocol):
    """What carries a question to the store, or has the policy decide."""

    store: Store

    def ask(self, asked: Asked, *question: Any) -> Any:
        """On this thread."""
        ...

    async def ask_async(self, asked: Asked, *question: Any) -> Any:
        """From the running task."""
        ...


class OwnConnection:
    """The connection that resil keeps by itself, for threads and tasks alike."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ask(self, asked: Asked, *question: Any) -> Any:
        """Waits detached from the interpreter."""
        return asked.ask(*question)

    async def ask_async(self, asked: Asked, *question: Any) -> Any:
        """Waits in the event loop."""
        return await ask_async(asked, *question)
