"""What a snapshot tells to a metrics system, whichever that is."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from resil import (
    Ewma,
    HashRing,
    LeakyMeter,
    LeakyQueue,
    Mode,
    PeriodLimiter,
    RollingCounter,
    RollingWindow,
    SingleFlight,
    SreBreaker,
    TokenBucket,
)

__all__ = ["Monitored", "Named"]

Monitored = (
    Ewma
    | HashRing[Any]
    | LeakyMeter
    | LeakyQueue
    | PeriodLimiter
    | RollingCounter
    | RollingWindow
    | SingleFlight
    | SreBreaker
    | TokenBucket
)
"""What can be measured."""


class Named(Protocol):
    """Objects by name: a dict, or a Keyed; read afresh each time."""

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names and what they name; what is not Monitored is left out."""
        ...


class Instrument(NamedTuple):
    """One number that all objects of a kind have."""

    kind: str
    """The row: ``token_bucket``."""
    quantity: str
    """What it tells of it: ``remaining``."""
    unit: str
    """In the spelling of UCUM, as OpenTelemetry has it."""
    description: str
    counts_up: bool
    """Whether it only ever grows: a counter, else a gauge."""
    read: Callable[[Any], float | None]
    """Takes it from a snapshot; None is no number, and is not told."""


def _gauge(kind: str, quantity: str, unit: str, description: str, field: str | None = None) -> Instrument:
    return Instrument(kind, quantity, unit, description, False, attrgetter(field or quantity))


def _counter(kind: str, quantity: str, unit: str, description: str) -> Instrument:
    return Instrument(kind, quantity, unit, description, True, attrgetter(quantity))


def _limiter(kind: str, filled: str) -> list[Instrument]:
    return [
        _gauge(kind, "remaining", "{permit}", "Permits that could be taken at once."),
        _gauge(kind, "reset_after", "s", f"Seconds until {filled}, if nobody asks."),
    ]


def _quota(kind: str) -> list[Instrument]:
    return [
        _gauge(kind, "burst", "{permit}", "The most permits one instant can grant.", "quota.burst"),
        _gauge(kind, "rate", "{permit}/s", "Permits per second that come back.", "quota.rate"),
    ]


def _mode(mode: Mode) -> Instrument:
    def read(snapshot: Any) -> bool:
        return snapshot.mode is mode

    return Instrument("sre_breaker", mode.value, "1", f"1 while the mode is {mode.name}, else 0.", False, read)


INSTRUMENTS: dict[type[Any], list[Instrument]] = {
    Ewma: [_gauge("ewma", "value", "1", "The average; not told while there is none.")],
    HashRing: [
        _gauge("hash_ring", "nodes", "{node}", "Nodes on the ring."),
        _gauge("hash_ring", "total_weight", "1", "The sum of their weights."),
        _gauge("hash_ring", "points", "{point}", "Points on the ring."),
    ],
    LeakyMeter: [*_limiter("leaky_meter", "the bucket is empty"), *_quota("leaky_meter")],
    LeakyQueue: [*_limiter("leaky_queue", "the queue is idle"), *_quota("leaky_queue")],
    PeriodLimiter: [
        *_limiter("period_limiter", "the window ends"),
        _gauge("period_limiter", "taken", "{permit}", "Permits taken in the window."),
        _gauge("period_limiter", "limit", "{permit}", "The most permits of one window."),
    ],
    RollingCounter: [_gauge("rolling_counter", "count", "1", "What is in the window.", "total")],
    RollingWindow: [
        _gauge("rolling_window", "sum", "1", "The sum of the values in the window.", "totals.sum"),
        _gauge("rolling_window", "count", "1", "How many values the window has.", "totals.count"),
    ],
    SingleFlight: [
        _gauge("single_flight", "flights", "{call}", "Calls under way."),
        _gauge("single_flight", "followers", "{caller}", "Callers that wait for them."),
    ],
    SreBreaker: [
        _gauge("sre_breaker", "requests", "{call}", "Calls that count in the window."),
        _gauge("sre_breaker", "accepts", "{call}", "Successes in the window."),
        _gauge("sre_breaker", "drop_ratio", "1", "The share of calls that would be refused now."),
        _counter("sre_breaker", "drops", "{call}", "Calls refused so far."),
        _counter("sre_breaker", "would_reject", "{call}", "Calls that a dry run let through so far."),
        *(_mode(mode) for mode in (Mode.DISABLED, Mode.FORCED_OPEN, Mode.DRY_RUN)),
    ],
    TokenBucket: [
        *_limiter("token_bucket", "the bucket is full"),
        _gauge("token_bucket", "owed", "{permit}", "Permits promised beyond an empty bucket."),
        *_quota("token_bucket"),
    ],
}
"""All there are; an object of a subclass is measured as its base."""


def snapshots(kind: type[Any], named: Iterable[Named]) -> Iterator[tuple[str, Any]]:
    """The names of the objects of a type that INSTRUMENTS lists, and a snapshot of each.

    Of two objects of one name the first is told.
    """
    seen: set[str] = set()
    for objects in named:
        for name, held in list(objects.items()):
            if isinstance(held, kind) and name not in seen:
                seen.add(name)
                yield name, held.snapshot()


def check_named(named: Iterable[object]) -> None:
    """Raises TypeError unless each has objects by name."""
    for objects in named:
        if not callable(getattr(objects, "items", None)):
            raise TypeError(f"objects must be by name, as in a dict, not {type(objects).__qualname__}")
