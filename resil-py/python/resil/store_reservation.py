"""Permits of a store that are promised for later."""

from typing import Any

from resil._resil import Answer, _StoreHeld
from resil.store_asker import Asker
from resil.store_source import Source


class Reservation:
    """Permits that are promised for later: act once `ready_after` has passed, or cancel.

    Dropping it keeps the promise. Threads and tasks may share it. TokenBucket.reserve() makes it.
    """

    __module__ = "resil.redis"
    __slots__ = ("_answer", "_asker", "_held", "_permits")

    def __init__(self, answer: Answer, held: _StoreHeld, permits: int, asker: Asker) -> None:
        """Of what the store answered."""
        self._answer, self._held, self._permits, self._asker = answer, held, permits, asker

    @property
    def answer(self) -> Answer:
        """What was answered to reserving."""
        return self._answer

    @property
    def source(self) -> Source:
        """Who promised."""
        return self._answer.source

    @property
    def permits(self) -> int:
        """The permits promised."""
        return self._permits

    @property
    def ready_after(self) -> float:
        """Seconds from reserving until the permits are there; 0.0 if at once."""
        return self._held.ready_after_ns / 1e9

    @property
    def ready_after_ns(self) -> int:
        """The exact twin of `ready_after`, in nanoseconds."""
        return self._held.ready_after_ns

    def cancel(self) -> bool:
        """Gives back the permits that nobody took since; True if there were any.

        Up to and including the instant they are promised for. False if nothing was left to give, and where the store
        is away.
        """
        return bool(self._asker.ask(self._held))

    async def cancel_async(self) -> bool:
        """As cancel(), from a task."""
        return bool(await self._asker.ask_async(self._held))

    def __repr__(self) -> str:
        """Shows what is promised."""
        return f"<Reservation permits={self._permits} ready_after_ns={self.ready_after_ns} source={self.source}>"

    def __reduce__(self) -> Any:
        """Refuses to be pickled or copied: a second one would be another promise."""
        raise TypeError("cannot pickle or copy a Reservation: only its own bucket can take it back")
