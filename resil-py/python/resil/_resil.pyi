from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from types import GenericAlias, TracebackType
from typing import (
    Any,
    Final,
    Generic,
    Literal,
    ParamSpec,
    Self,
    SupportsFloat,
    SupportsIndex,
    TypeAlias,
    final,
    overload,
)

from typing_extensions import TypeVar, disjoint_base

from resil.carry import Carry
from resil.errors import Denied, Rejected, Unavailable
from resil.hash_ring_mode import HashRingMode
from resil.mode import Mode
from resil.outcome import Outcome
from resil.period_limiter_kind import PeriodLimiterKind
from resil.recorded import Recorded
from resil.refusals import Refusals
from resil.store_fault import Fault
from resil.store_policy import Policy
from resil.store_source import Source

__all__ = [
    "Answer",
    "CoarseClock",
    "Ewma",
    "EwmaSnapshot",
    "Guard",
    "HashRing",
    "HashRingSnapshot",
    "LeakyBucket",
    "LeakyBucketSnapshot",
    "LeakyMeter",
    "LeakyQueue",
    "ManualClock",
    "MonotonicClock",
    "Peek",
    "PeriodLimiter",
    "PeriodLimiterSnapshot",
    "Permit",
    "QuantaClock",
    "QueuePeek",
    "Quota",
    "Reservation",
    "RollingCounter",
    "RollingCounterSnapshot",
    "RollingWindow",
    "RollingWindowSnapshot",
    "Shared",
    "SingleFlight",
    "SingleFlightSnapshot",
    "Slot",
    "SreBreaker",
    "SreBreakerConfig",
    "SreBreakerSnapshot",
    "Store",
    "StoreSnapshot",
    "TokenBucket",
    "TokenBucketSnapshot",
    "Totals",
    "UnixClock",
    "Verdict",
    "_FlightPart",
    "_Protected",
    "_StoreAsking",
    "_StoreHeld",
    "_StoreLimiter",
    "_StoreStep",
    "_StoreWakes",
    "decay_factor",
    "__version__",
    "_build_profile",
    "_check_acquire",
    "_features",
    "_forked",
    "_prepare",
    "_seconds",
]

__version__: Final[str]
_build_profile: Final[str]
_features: Final[str]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_F = TypeVar("_F")
_Clock: TypeAlias = MonotonicClock | CoarseClock | QuantaClock | UnixClock | ManualClock
_EwmaKind: TypeAlias = Literal["by_count", "by_time", "sample_weighted", "peak"]
_R_co = TypeVar("_R_co", covariant=True)
_Node = TypeVar("_Node", bound=str | bytes, default=str)

@final
class Answer:
    """What a limiter on a store answers: true if it was granted, else with the reason; by whom, and what is left.

    A refusal is the limit's, with `retry_after` or `exceeds_limit`; or, under Policy.UNAVAILABLE, it is nobody's,
    and `fault` says what is wrong with the store. Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        source: Source,
        verdict: Verdict | None = None,
        fault: Fault | None = None,
        remaining: SupportsIndex | None = None,
        reset_after_ns: SupportsIndex | None = None,
        ready_after_ns: SupportsIndex | None = None,
    ) -> Self: ...
    @property
    def granted(self) -> bool:
        """Whether the request was granted, by whomever; what `bool(answer)` says."""
    @property
    def source(self) -> Source:
        """Who decided."""
    @property
    def verdict(self) -> Verdict | None:
        """The decision by itself, as a limiter in the process gives it; None where nobody decided."""
    @property
    def refusal(self) -> Denied | Unavailable | None:
        """The refusal as the exception that raise_if_denied() would raise; None if it was granted."""
    @property
    def fault(self) -> Fault | None:
        """What is wrong with the store, where Policy.UNAVAILABLE left the decision to the caller; else None."""
    @property
    def last(self) -> bool:
        """Whether this grant reached a period limiter's limit: not one permit more fits now."""
    @property
    def retry_after(self) -> float | None:
        """Seconds after which to ask again; None if it was granted, or no wait helps, or nobody decided."""
    @property
    def retry_after_ns(self) -> int | None:
        """The exact twin of `retry_after`, in nanoseconds; the store counts whole microseconds."""
    @property
    def exceeds_limit(self) -> bool:
        """Whether the request is more than can ever be granted at once: no wait helps."""
    @property
    def remaining(self) -> int | None:
        """Permits that could be taken at once, where that was told."""
    @property
    def reset_after(self) -> float | None:
        """Seconds until the limit is as new, or to the end of the window, where that was told."""
    @property
    def reset_after_ns(self) -> int | None:
        """The exact twin of `reset_after`, in nanoseconds."""
    @property
    def ready_after(self) -> float | None:
        """Seconds before the slot in a queue; None for other limiters, and in a refusal."""
    @property
    def ready_after_ns(self) -> int | None:
        """The exact twin of `ready_after`, in nanoseconds."""
    def raise_if_denied(self) -> None:
        """Raises Denied or Unavailable unless the request was granted."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class CoarseClock:
    """The steady clock at the kernel's last tick, a few milliseconds old, and several times cheaper to read.

    Counts from the same zero as MonotonicClock; the same clock where the system has no coarse one. Not for
    rates above some hundred permits per second with a small burst.
    """

    def __new__(cls) -> Self: ...
    def now_ns(self) -> int:
        """Nanoseconds since the clock's zero."""
    @property
    def resolution(self) -> float:
        """The step in which readings move, at most, in seconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Ewma:
    """An average that forgets: the weight of a sample falls exponentially with what came after it.

    - ``Ewma.by_count(alpha)``: ``value * (1 - alpha) + x * alpha``, for one number per call or round.
    - ``Ewma.by_time(time_constant)``: ``value * w + x * (1 - w)`` with ``w = exp(-elapsed / time_constant)``, for a
      gauge read now and then. A sample weighs the time since the last one, and one of the same instant nothing.
    - ``Ewma.sample_weighted(time_constant)``: the mean of all samples, each weighted by
      ``exp(-age / time_constant)``, for one number per request; several of one instant all count.
    - ``Ewma.peak(time_constant)``: a larger sample replaces the value, a smaller one enters as by time, and silence
      decays it to 0; for a cost to be wary of.

    The first sample is the first value; 0 is a value, none at all is None. Reading never changes anything. An
    earlier instant than one already recorded counts as that; sample-weighted, its sample enters with the smaller
    weight of its age. Threads may share one; no sample is lost.

    >>> from resil import Ewma, ManualClock
    >>> clock = ManualClock()
    >>> latency_ms = Ewma.sample_weighted(10, clock=clock)
    >>> latency_ms.value() is None
    True
    >>> latency_ms.record(20), latency_ms.record(40)
    (None, None)
    >>> latency_ms.value()
    30.0
    >>> clock.advance(10)  # the two weigh 1/e each by now
    >>> latency_ms.record(90)
    >>> round(latency_ms.value())
    65
    """

    @staticmethod
    def by_count(
        alpha: SupportsFloat | None = None, *, age: SupportsFloat | None = None, warm_up: SupportsIndex = 0
    ) -> Ewma:
        """Each sample enters with the weight `alpha`, above 0 and at most 1, or with that of an `age`.

        Give one of the two: an age of 1 or more is the alpha ``2 / (age + 1)``, and the samples in the value are then
        so many samples old, about as in a plain mean of the last `age`. With a `warm_up` of n the first value is the
        plain mean of n samples, and before there is none; 0 and 1 are none.

        >>> from resil import Ewma
        >>> depth = Ewma.by_count(0.5)
        >>> depth.record(8), depth.record(4)
        (None, None)
        >>> depth.value()
        6.0
        """
    @staticmethod
    def by_time(
        time_constant: SupportsFloat | timedelta,
        *,
        clock: MonotonicClock | CoarseClock | QuantaClock | ManualClock | None = None,
    ) -> Ewma:
        """A sample weighs what time passed since the last one; the past's weight falls to 1/e in `time_constant`."""
    @staticmethod
    def sample_weighted(
        time_constant: SupportsFloat | timedelta,
        *,
        clock: MonotonicClock | CoarseClock | QuantaClock | ManualClock | None = None,
    ) -> Ewma:
        """The mean of all samples, each weighted by its age: to 1/e in `time_constant`."""
    @staticmethod
    def peak(
        time_constant: SupportsFloat | timedelta,
        *,
        clock: MonotonicClock | CoarseClock | QuantaClock | ManualClock | None = None,
    ) -> Ewma:
        """A larger sample replaces the value, a smaller one enters as by time, silence decays it to 0."""
    def record(self, x: SupportsFloat) -> None:
        """Takes in `x`, now.

        Raises ConfigError, and changes nothing, if `x` is infinite or not a number; sample-weighted and while warming
        up also if it is so large that the sum of the samples would not be finite.
        """
    def record_at(self, now_ns: SupportsIndex, x: SupportsFloat) -> None:
        """As record(), at an instant that the caller has read already."""
    def value(self) -> float | None:
        """The average; None while nothing, or with a warm-up too little, was recorded. Only a peak reads the clock."""
    def value_at(self, now_ns: SupportsIndex) -> float | None:
        """As value(), at an instant that the caller has read already."""
    def snapshot(self) -> EwmaSnapshot:
        """What the average looks like now, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> EwmaSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def kind(self) -> _EwmaKind:
        """How it forgets: 'by_count', 'by_time', 'sample_weighted' or 'peak'."""
    @property
    def clock(self) -> MonotonicClock | CoarseClock | QuantaClock | ManualClock:
        """The clock it reads."""

@final
class EwmaSnapshot:
    """An average at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        kind: _EwmaKind,
        alpha: SupportsFloat | None,
        warm_up: SupportsIndex,
        time_constant_ns: SupportsIndex | None,
        value: SupportsFloat | None,
        missing: SupportsIndex,
        idle_for_ns: SupportsIndex | None,
    ) -> Self: ...
    @property
    def kind(self) -> _EwmaKind:
        """How it forgets: 'by_count', 'by_time', 'sample_weighted' or 'peak'."""
    @property
    def alpha(self) -> float | None:
        """By count, the weight of a new sample; else None."""
    @property
    def warm_up(self) -> int:
        """By count, the samples that the first value is the plain mean of; else 0."""
    @property
    def time_constant(self) -> float | None:
        """Seconds in which the weight of the past falls to 1/e; None by count."""
    @property
    def time_constant_ns(self) -> int | None:
        """Nanoseconds in which the weight of the past falls to 1/e; None by count."""
    @property
    def value(self) -> float | None:
        """The average; None while nothing, or with a warm-up too little, was recorded."""
    @property
    def missing(self) -> int:
        """How many samples it takes until there is a value; 0 when there is one."""
    @property
    def idle_for(self) -> float | None:
        """Seconds since the newest sample; None by count, and before the first."""
    @property
    def idle_for_ns(self) -> int | None:
        """Nanoseconds since the newest sample; None by count, and before the first."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Guard:
    """One guarded ``with`` block: ``with breaker.guard() as permit:``.

    Entering raises Rejected, and the block does not run, if the breaker refuses. Leaving settles the permit,
    unless that was done by hand: as a success; by an Exception as a failure; as nothing if it is a refusal of
    this library further in (also as its ``__cause__``), or no Exception (KeyboardInterrupt, CancelledError,
    GeneratorExit, SystemExit). No exception is held back or replaced. For one block each.
    """

    def __enter__(self) -> Permit: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

@disjoint_base
class HashRing(Generic[_Node]):
    """Which node a key belongs to, so that a node that comes or goes moves few keys.

    ``HashRing(nodes=None, *, virtual_nodes=None, mode=None)``: ``nodes`` are str or bytes, as a mapping to their
    weights or an iterable of nodes of whole weight. ``virtual_nodes``, 160 unless told, are a node's points on
    the ring for each unit of its weight. ``mode`` places keys as another library does, byte for byte; it has
    virtual nodes of its own.

    A str is its UTF-8 bytes, so "a" and b"a" are one node. Equal rings place every key alike, made in whatever
    order, in every process and language: the default layout is a contract. At most 65 535 nodes, weights of 0 to
    65 535, 2**24 points in all.

    Threads and tasks share it; a lookup never waits. An update keeps the interpreter, for some milliseconds where
    there are 100 000 points. A forked child has a copy of its own.

    >>> from resil import HashRing
    >>> ring = HashRing({"cache-1": 1, "cache-2": 1, "cache-3": 2})
    >>> ring.lookup("user:42")
    'cache-1'
    >>> ring.lookup_n("user:42", 2)
    ['cache-1', 'cache-2']
    >>> ring.remove("cache-2")
    True
    >>> ring.lookup("user:42")
    'cache-1'
    """

    def __new__(
        cls,
        nodes: Mapping[_Node, SupportsIndex] | Iterable[_Node] | None = None,
        *,
        virtual_nodes: SupportsIndex | None = None,
        mode: HashRingMode | None = None,
    ) -> Self: ...
    def insert(self, node: _Node, weight: SupportsIndex | None = None) -> bool:
        """Adds a node, or gives it another weight; 0 keeps it without keys. Answers whether it is new.

        ``weight`` None is a whole node's: 1, or 100 in HashRingMode.GO_ZERO, where it is a percentage.
        """
    def remove(self, node: str | bytes) -> bool:
        """Takes a node out: its own keys move, and no others (HashRingMode.KETAMA excepted). Answers whether it was
        there.
        """
    def lookup(self, key: str | bytes) -> _Node | None:
        """The node that a key, str or bytes, belongs to: the very object that was inserted. None if there is none."""
    def lookup_n(self, key: str | bytes, n: SupportsIndex) -> list[_Node]:
        """The first n distinct nodes from a key on: the one it belongs to, then each that it would belong to if those
        before were not there. All that have keys if they are fewer.
        """
    def lookup_where(self, key: str | bytes, accepts: Callable[[_Node], object]) -> _Node | None:
        """The first node from a key on for which ``accepts(node)`` is true; None if it is for none.

        For bounded load (bounded_load_limit()), or for nodes that are ill. It may be asked again about a node when
        updates race, and must not update the ring. What it raises goes through.
        """
    def weight(self, node: str | bytes) -> int | None:
        """The weight of a node; None if it is not in the ring."""
    def nodes(self) -> dict[_Node, int]:
        """All nodes with their weights, in order of insertion."""
    def snapshot(self) -> HashRingSnapshot:
        """What the ring holds just now, for monitoring."""
    @staticmethod
    def bounded_load_limit(
        in_flight: SupportsIndex,
        weight: SupportsIndex,
        total_weight: SupportsIndex,
        epsilon: SupportsFloat | None = 0.25,
    ) -> int:
        """How many requests a node may have in flight, the next one included, so that none is far above its share.

        This is (1 + epsilon) * ((in_flight + 1) * weight / total_weight), rounded up; in_flight are those of all
        nodes, without the next one.
        """
    def __len__(self) -> int: ...
    def __contains__(self, node: str | bytes, /) -> bool: ...
    def __iter__(self) -> Iterator[_Node]: ...
    def __class_getitem__(cls, key: object) -> GenericAlias: ...

@final
class HashRingSnapshot:
    """What a hash ring holds, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        mode: HashRingMode | None,
        virtual_nodes: SupportsIndex,
        nodes: SupportsIndex,
        total_weight: SupportsIndex,
        points: SupportsIndex,
    ) -> Self: ...
    @property
    def mode(self) -> HashRingMode | None:
        """Whose layout it has; None is resil's own."""
    @property
    def virtual_nodes(self) -> int:
        """Points for each unit of weight; with HashRingMode.GO_ZERO those of a whole node, with KETAMA those of a
        node of average weight.
        """
    @property
    def nodes(self) -> int:
        """Nodes, those of weight 0 included."""
    @property
    def total_weight(self) -> int:
        """All weights together."""
    @property
    def points(self) -> int:
        """Points of all nodes."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class LeakyBucket:
    """What is poured in leaves at a steady rate, and what does not fit is refused: as a meter, or as a queue.

    ``LeakyBucket.meter(quota)`` polices: may this go now? ``LeakyBucket.queue(quota)`` shapes: when may this
    go? Both accept exactly the same requests. This class only names the two; it has no objects.
    """

    @staticmethod
    def meter(quota: Quota, *, clock: _Clock | None = None) -> LeakyMeter:
        """A meter of the quota: ``LeakyMeter(quota, clock=clock)``."""
    @staticmethod
    def queue(quota: Quota, *, clock: _Clock | None = None) -> LeakyQueue:
        """A queue of the quota: ``LeakyQueue(quota, clock=clock)``."""

@final
class LeakyBucketSnapshot:
    """A leaky bucket at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(cls, quota: Quota, remaining: SupportsIndex, reset_after_ns: SupportsIndex) -> Self: ...
    @property
    def quota(self) -> Quota:
        """The quota."""
    @property
    def remaining(self) -> int:
        """Permits for which there is room."""
    @property
    def reset_after(self) -> float:
        """Seconds until the bucket is empty, or the queue idle, if nobody asks."""
    @property
    def reset_after_ns(self) -> int:
        """The exact twin of `reset_after`, in nanoseconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class LeakyMeter:
    """A leaky bucket as a meter: grants what fits, refuses the rest, never waits.

    ``LeakyMeter(quota, *, clock=None)`` is empty at first, and reads ``clock`` (None: the machine's steady
    clock; ManualClock in tests).

    Over every interval it grants at most ``burst + rate * interval``, without drift; what is due at an exact
    instant is granted at that instant. An earlier ``now_ns`` than one already seen may refuse more, never
    grant more. It grants exactly what a TokenBucket of the same quota does that nobody reserves from; take
    that one to wait, to reserve, or to change the quota live.

    Threads and tasks share it; each operation is atomic. A forked child has a copy of its own. To subclass it
    with other arguments, override ``__new__``.

    >>> from resil import LeakyMeter, Quota
    >>> meter = LeakyMeter(Quota.per_minute(2))
    >>> [bool(meter.try_acquire()) for _ in range(3)]
    [True, True, False]
    """

    def __new__(cls, quota: Quota, *, clock: _Clock | None = None) -> Self: ...
    def try_acquire(self, permits: SupportsIndex = 1) -> Verdict:
        """Pours permits in if they fit; never waits. 0 permits are always granted.

        The verdict is true if they were granted. A refusal changes nothing.
        """
    def try_acquire_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Verdict:
        """As try_acquire(), at an instant that the caller has read already."""
    def peek(self, permits: SupportsIndex = 1) -> Peek:
        """What try_acquire() would answer, and how full the bucket is. Takes nothing."""
    def peek_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Peek:
        """As peek(), at an instant that the caller has read already."""
    def snapshot(self) -> LeakyBucketSnapshot:
        """What the meter looks like now, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> LeakyBucketSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def quota(self) -> Quota:
        """The quota."""
    @property
    def clock(self) -> _Clock:
        """The clock it reads."""

@disjoint_base
class LeakyQueue:
    """A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival.

    ``LeakyQueue(quota, *, clock=None)`` is empty at first, and reads ``clock`` (None: the machine's steady
    clock; ManualClock in tests).

    Requests leave at the quota's rate: at once if the queue is idle, else at the next free instant; several
    permits go together and keep the queue for as many intervals after it. It admits exactly what a LeakyMeter
    of the same quota grants: at most ``burst`` permits are under way, and an idle queue takes ``burst`` at one
    instant, the first of which goes at once. Be told when with try_reserve(), wait with acquire() or
    acquire_async(), or wrap: ``with queue:``, ``async with queue:``, ``@queue.limit``.

    A slot cannot be given back, for those behind it have theirs: who is interrupted or cancelled while waiting
    leaves it unused. To reserve and cancel, take a TokenBucket.

    Threads and tasks share it, of several event loops too; each operation is atomic. A forked child has a
    copy of its own. To subclass it with other arguments, override ``__new__``.

    >>> from resil import LeakyQueue, ManualClock, Quota
    >>> queue = LeakyQueue(Quota(10, 1, burst=2), clock=ManualClock())
    >>> queue.try_reserve().ready_after, queue.try_reserve().ready_after
    (0.0, 0.1)
    """

    def __new__(cls, quota: Quota, *, clock: _Clock | None = None) -> Self: ...
    def try_reserve(self, permits: SupportsIndex = 1) -> Slot:
        """Joins the queue with permits, which go together at the slot that is answered. Never waits itself.

        0 permits may always go at once, and change nothing. Raises Denied, and changes nothing, if the queue
        is full or `permits` is more than the burst.
        """
    def try_reserve_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Slot:
        """As try_reserve(), at an instant that the caller has read already."""
    def try_reserve_within(
        self,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Slot:
        """As try_reserve(), unless the wait would exceed the timeout: then raises Denied and takes no place.

        The timeout is in seconds or a timedelta; None is as long as it takes.
        """
    def try_reserve_within_at(
        self,
        now_ns: SupportsIndex,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Slot:
        """As try_reserve_within(), at an instant that the caller has read already."""
    def acquire(
        self,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Verdict:
        """Joins the queue with permits and waits for their slot, in order of arrival; at most `timeout`.

        The timeout is in seconds or a timedelta; None waits as long as the queue is. If the queue is full or
        the wait would exceed the timeout, the verdict is a refusal, at once, and no place is taken. Sleeps in
        time.sleep(); whatever that raises (KeyboardInterrupt, say) goes on, and the slot stays taken, unused.
        On a ManualClock it does not sleep but advances the clock.
        """
    async def acquire_async(
        self,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Verdict:
        """As acquire(), in asyncio.sleep(). Cancelling it leaves the slot taken, unused.

        On a ManualClock it advances the clock and lets other tasks run once.
        """
    @overload
    def limit(self, function: Callable[_P, _R], /) -> Callable[_P, _R]:
        """A decorator that waits for permits before each call; bare, ``@limiter.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator,
        async or not, waits where its first value is asked for. Beneath ``@classmethod`` and ``@staticmethod``,
        not above.
        """
    @overload
    def limit(
        self,
        function: None = None,
        /,
        *,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """A decorator that waits for permits before each call; bare, ``@limiter.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator,
        async or not, waits where its first value is asked for. Beneath ``@classmethod`` and ``@staticmethod``,
        not above.
        """
    def peek(self, permits: SupportsIndex = 1) -> QueuePeek:
        """What try_reserve() would answer, and how full the queue is. Takes no place."""
    def peek_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> QueuePeek:
        """As peek(), at an instant that the caller has read already."""
    def snapshot(self) -> LeakyBucketSnapshot:
        """What the queue looks like now, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> LeakyBucketSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def quota(self) -> Quota:
        """The quota."""
    @property
    def clock(self) -> _Clock:
        """The clock it reads."""
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    async def __aenter__(self) -> None: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def _begin_acquire(
        self,
        permits: SupportsIndex,
        timeout: SupportsFloat | timedelta | None,
    ) -> Verdict | Slot:
        """The verdict of acquire() if there is no need to wait for it, else the slot to wait for."""

@final
class ManualClock:
    """A clock for tests: it stands still until it is moved, by hand or by waiting on it.

    What waits on this clock does not sleep in acquire() or acquire_async(): it advances the clock by the wait.
    The clock can be set back. Threads may share it.
    """

    def __new__(cls, start_ns: SupportsIndex = 0) -> Self: ...
    def now_ns(self) -> int:
        """Nanoseconds since the clock's zero."""
    def advance(self, by: SupportsFloat | timedelta) -> None:
        """Moves the clock on by seconds or a timedelta, at most to the end of its range (2**63 - 1 ns)."""
    def advance_ns(self, by_ns: SupportsIndex) -> None:
        """Moves the clock on by whole nanoseconds, at most to the end of its range (2**63 - 1 ns)."""
    def set_ns(self, now_ns: SupportsIndex) -> None:
        """Sets the clock to an instant in nanoseconds, forwards or back."""
    @property
    def resolution(self) -> float:
        """The step in which readings move, at most, in seconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class MonotonicClock:
    """The steady clock of the machine, to the nanosecond; equals time.monotonic_ns() on Unix.

    Time that the machine is suspended does not count.
    """

    def __new__(cls) -> Self: ...
    def now_ns(self) -> int:
        """Nanoseconds since the clock's zero."""
    @property
    def resolution(self) -> float:
        """The step in which readings move, at most, in seconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Peek:
    """What a limiter would answer, and how full it is, without taking anything.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(cls, answer: Verdict, remaining: SupportsIndex, reset_after_ns: SupportsIndex) -> Self: ...
    @property
    def answer(self) -> Verdict:
        """The verdict that try_acquire() would give."""
    @property
    def remaining(self) -> int:
        """Permits that could be taken at once; 0 in debt."""
    @property
    def reset_after(self) -> float:
        """Seconds until a token bucket is full or a leaky one empty, if nobody takes any; for a period limiter to
        the end of its window, and 0.0 before its first use.
        """
    @property
    def reset_after_ns(self) -> int:
        """The exact twin of `reset_after`, in nanoseconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class PeriodLimiter:
    """Limits permits per period: so many in each window, then none until the next.

    ``PeriodLimiter(limit, period, *, clock=None)``: the first window begins with the first permit ever taken,
    and each where the one before ends. ``PeriodLimiter.aligned(limit, period, utc_offset)``: windows of a wall
    clock, such as calendar days. ``PeriodLimiter.sliding(limit, period)``: windows at multiples of the period,
    where the last window's permits still weigh. The period is in seconds or a timedelta. ``clock`` None is the
    machine's steady clock; ManualClock in tests.

    Windows are half-open: the instant a window ends belongs to the next. No window grants more than the limit;
    but two windows meet, so the first two kinds can grant twice the limit within a moment around a boundary.
    Sliding grants at most ``limit * (1 + d / period)`` over every interval of ``d`` up to a period. For a
    bound on every interval take a TokenBucket. An earlier ``now_ns`` than one already seen is decided in, and
    counted into, the newest window.

    Threads and tasks share it; each operation is atomic, and nothing waits. A forked child has a copy of its
    own. To subclass it with other arguments, override ``__new__``; ``aligned`` and ``sliding`` make plain ones.

    >>> from resil import PeriodLimiter
    >>> limiter = PeriodLimiter(2, 3600)
    >>> [limiter.try_acquire().granted for _ in range(3)]
    [True, True, False]
    """

    def __new__(
        cls,
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        *,
        clock: _Clock | None = None,
    ) -> Self: ...
    @staticmethod
    def aligned(
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        utc_offset: SupportsFloat | timedelta = 0,
        *,
        clock: _Clock | None = None,
    ) -> PeriodLimiter:
        """At most `limit` permits in each `period` of the wall clock, `utc_offset` ahead of UTC.

        With a period of a day, windows begin at that clock's midnight: ``PeriodLimiter.aligned(1000,
        timedelta(days=1), timedelta(hours=1))``. Windows lie at multiples of the period from 1970-01-01 00:00
        there, so weeks begin on Thursdays. The offset is whole seconds or a timedelta, less than 24 hours
        either way, and fixed: where summer time matters, make a new limiter when it changes. ``clock`` None is
        UnixClock; a ManualClock must tell Unix time, too, and the steady clocks, which know no calendar, are refused.
        """
    @staticmethod
    def sliding(
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        *,
        clock: _Clock | None = None,
    ) -> PeriodLimiter:
        """At most `limit` permits by an estimate that slides.

        It counts those of the window that runs, and of the one before the share that one period back from now
        still covers, as an exact fraction. Windows begin at multiples of the period from the clock's zero.
        """
    def try_acquire(self, permits: SupportsIndex = 1) -> Verdict:
        """Takes permits if so many are left; never waits. 0 permits are always granted.

        The verdict is true if they were granted; its ``last`` says that the limit is reached now. A refusal
        changes nothing.
        """
    def try_acquire_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Verdict:
        """As try_acquire(), at an instant that the caller has read already."""
    def peek(self, permits: SupportsIndex = 1) -> Peek:
        """What try_acquire() would answer, and how much is left. Takes nothing, and is no first use."""
    def peek_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Peek:
        """As peek(), at an instant that the caller has read already."""
    def snapshot(self) -> PeriodLimiterSnapshot:
        """What the limiter looks like now, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> PeriodLimiterSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def limit(self) -> int:
        """The most permits of one window."""
    @property
    def period(self) -> float:
        """The length of a window in seconds, to the nearest float."""
    @property
    def period_ns(self) -> int:
        """The length of a window in nanoseconds, exactly."""
    @property
    def kind(self) -> PeriodLimiterKind:
        """Where windows begin."""
    @property
    def utc_offset(self) -> float | None:
        """Seconds that an aligned limiter's wall clock is ahead of UTC; None for the other kinds."""
    @property
    def clock(self) -> _Clock:
        """The clock it reads."""

@final
class PeriodLimiterSnapshot:
    """A period limiter at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        limit: SupportsIndex,
        period_ns: SupportsIndex,
        kind: PeriodLimiterKind,
        utc_offset: SupportsFloat | timedelta | None,
        taken: SupportsIndex,
        taken_before: SupportsIndex,
        remaining: SupportsIndex,
        reset_after_ns: SupportsIndex,
    ) -> Self: ...
    @property
    def limit(self) -> int:
        """The most permits of one window."""
    @property
    def period(self) -> float:
        """The length of a window in seconds, to the nearest float."""
    @property
    def period_ns(self) -> int:
        """The length of a window in nanoseconds, exactly."""
    @property
    def kind(self) -> PeriodLimiterKind:
        """Where windows begin."""
    @property
    def utc_offset(self) -> float | None:
        """Seconds that an aligned limiter's wall clock is ahead of UTC; None for the other kinds."""
    @property
    def taken(self) -> int:
        """Permits taken in the window."""
    @property
    def taken_before(self) -> int:
        """Sliding, permits taken in the window before; else 0."""
    @property
    def remaining(self) -> int:
        """Permits that could be taken at once."""
    @property
    def reset_after(self) -> float:
        """Seconds to the end of the window; 0.0 before first use."""
    @property
    def reset_after_ns(self) -> int:
        """The exact twin of `reset_after`, in nanoseconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Permit:
    """A call that a breaker let through. Settle it, once, with what became of it.

    Settling it again raises ResilError. Dropped unsettled it counts as nothing, so a call that is given up
    speaks neither way. Another thread may settle it.
    """

    def success(self) -> None:
        """The call went well."""
    def success_at(self, now_ns: SupportsIndex) -> None:
        """As success(), at an instant that the caller has read already."""
    def failure(self) -> None:
        """The call failed."""
    def failure_at(self, now_ns: SupportsIndex) -> None:
        """As failure(), at an instant that the caller has read already."""
    def ignore(self) -> None:
        """The call says nothing about whoever was called."""
    def settle(self, outcome: Outcome) -> None:
        """The call came to an outcome."""
    def settle_at(self, now_ns: SupportsIndex, outcome: Outcome) -> None:
        """As settle(), at an instant that the caller has read already."""

@final
class QuantaClock:
    """The processor's time-stamp counter, in nanoseconds since its first use in this process.

    A reading costs some 15 ns less than MonotonicClock's. The first use calibrates it (0.5 to 200 ms). It drifts
    against the kernel's clocks by tens of millionths: never mix its instants with theirs. Where the processor
    has no steady counter it is the kernel's clock.
    """

    def __new__(cls) -> Self: ...
    def now_ns(self) -> int:
        """Nanoseconds since the clock's zero."""
    @property
    def resolution(self) -> float:
        """The step in which readings move, at most, in seconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class QueuePeek:
    """What a queue would answer, and how full it is, without taking a place.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        answer: Verdict,
        ready_after_ns: SupportsIndex | None,
        remaining: SupportsIndex,
        reset_after_ns: SupportsIndex,
    ) -> Self: ...
    @property
    def answer(self) -> Verdict:
        """Whether try_reserve() would admit it: granted, or the refusal that it would raise."""
    @property
    def ready_after(self) -> float | None:
        """Seconds from now to the slot that it would get; None if it would be refused."""
    @property
    def ready_after_ns(self) -> int | None:
        """The exact twin of `ready_after`, in nanoseconds."""
    @property
    def remaining(self) -> int:
        """Permits for which there is room."""
    @property
    def reset_after(self) -> float:
        """Seconds until the queue is empty, if nobody joins."""
    @property
    def reset_after_ns(self) -> int:
        """The exact twin of `reset_after`, in nanoseconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Quota:
    """How much is allowed: `permits` in each `period`, at most `burst` of them at one instant.

    The period is in seconds or a timedelta; a float is rounded to the nearest nanosecond. The rate is the
    exact ratio `permits / period`. Immutable; compares, hashes and pickles by value.

    Raises ConfigError, naming the field, if one is zero or out of range, the rate is above 4 permits per
    nanosecond, or filling the bucket would take longer than 142 years.
    """

    def __new__(
        cls,
        permits: SupportsIndex,
        period: SupportsFloat | timedelta,
        burst: SupportsIndex,
    ) -> Self: ...
    @classmethod
    def from_ns(cls, permits: SupportsIndex, period_ns: SupportsIndex, burst: SupportsIndex) -> Quota:
        """The quota whose period is given in whole nanoseconds.

        Raises ConfigError as Quota does.
        """
    @staticmethod
    def per_second(permits: SupportsIndex) -> Quota:
        """`permits` each second, with a burst of as many."""
    @staticmethod
    def per_minute(permits: SupportsIndex) -> Quota:
        """`permits` each minute, with a burst of as many."""
    @staticmethod
    def per_hour(permits: SupportsIndex) -> Quota:
        """`permits` each hour, with a burst of as many."""
    @staticmethod
    def per_day(permits: SupportsIndex) -> Quota:
        """`permits` each day of 24 hours, with a burst of as many."""
    def with_burst(self, burst: SupportsIndex) -> Quota:
        """The same rate with another burst."""
    @property
    def permits(self) -> int:
        """Permits in each period."""
    @property
    def burst(self) -> int:
        """The most permits one instant can grant."""
    @property
    def period(self) -> float:
        """The period in seconds, to the nearest float."""
    @property
    def period_ns(self) -> int:
        """The period in nanoseconds, exactly."""
    @property
    def rate(self) -> float:
        """Permits per second, to the nearest float; decisions use the exact ratio."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reservation:
    """Permits that are promised for later: act once `ready_after` has passed, or cancel.

    Dropping it keeps the promise. Threads may share it.
    """

    @property
    def ready_after(self) -> float:
        """Seconds from reserving until the permits are there; 0.0 if at once."""
    @property
    def ready_after_ns(self) -> int:
        """Nanoseconds from reserving until the permits are there; 0 if at once."""
    @property
    def ready_at_ns(self) -> int:
        """The instant at which the permits are there, in nanoseconds of the bucket's clock."""
    @property
    def permits(self) -> int:
        """The permits promised."""
    def cancel(self) -> bool:
        """Gives back the permits that nobody took since; True if there were any.

        Up to and including the instant they are promised for. False if nothing was left to give: too late,
        all taken since, cancelled before, or the quota changed too much.
        """
    def cancel_at(self, now_ns: SupportsIndex) -> bool:
        """As cancel(), at an instant that the caller has read already."""

@disjoint_base
class RollingCounter:
    """Counts what happened in the last so many buckets of time: a RollingWindow without the sums.

    ``RollingCounter(bucket_width, bucket_count, *, leave_out_current=False, clock=None)``; everything is as
    there.

    >>> from resil import RollingCounter
    >>> requests = RollingCounter(1, 60)
    >>> requests.add(), requests.add(2)
    (<Recorded.KEPT: 'kept'>, <Recorded.KEPT: 'kept'>)
    >>> requests.total()
    3
    """

    def __new__(
        cls,
        bucket_width: SupportsFloat | timedelta,
        bucket_count: SupportsIndex,
        *,
        leave_out_current: bool = False,
        clock: _Clock | None = None,
    ) -> Self: ...
    def add(self, amount: SupportsIndex = 1) -> Recorded:
        """Adds an amount, a whole number of 0 to 2**64 - 1, now.

        Answers KEPT; LATE if its bucket has left the window: then it is not counted; or SATURATED if its
        bucket holds the most that a bucket can: then as much was counted as still fitted.
        """
    def add_at(self, now_ns: SupportsIndex, amount: SupportsIndex = 1) -> Recorded:
        """As add(), at an instant that the caller has read already."""
    def total(self) -> int:
        """What is in the window."""
    def total_at(self, now_ns: SupportsIndex) -> int:
        """As total(), at an instant that the caller has read already."""
    def buckets(self) -> list[int]:
        """What is in each bucket, oldest first, empty ones as zero.

        `bucket_count` of them, or one fewer without the current one.
        """
    def buckets_at(self, now_ns: SupportsIndex) -> list[int]:
        """As buckets(), at an instant that the caller has read already."""
    def snapshot(self) -> RollingCounterSnapshot:
        """The counter's shape and total, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> RollingCounterSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def bucket_width(self) -> float:
        """The width of a bucket in seconds, to the nearest float."""
    @property
    def bucket_width_ns(self) -> int:
        """The width of a bucket in nanoseconds, exactly."""
    @property
    def bucket_count(self) -> int:
        """How many buckets the window has, the current one included."""
    @property
    def leave_out_current(self) -> bool:
        """Whether readings leave out the bucket that is still filling."""
    @property
    def bucket_limit(self) -> int:
        """The most that one bucket can hold; what is beyond is SATURATED.

        At least half the bucket's width in nanoseconds, and half the width of all buckets together where that
        is below 2**62: no count of real events comes near it.
        """
    @property
    def clock(self) -> _Clock:
        """The clock it reads."""

@final
class RollingCounterSnapshot:
    """A rolling counter at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        bucket_width_ns: SupportsIndex,
        bucket_count: SupportsIndex,
        total: SupportsIndex,
    ) -> Self: ...
    @property
    def bucket_width(self) -> float:
        """The width of a bucket in seconds, to the nearest float."""
    @property
    def bucket_width_ns(self) -> int:
        """The width of a bucket in nanoseconds, exactly."""
    @property
    def bucket_count(self) -> int:
        """How many buckets the window has."""
    @property
    def total(self) -> int:
        """What is in the window."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class RollingWindow:
    """Sums and counts what was recorded in the last so many buckets of time.

    ``RollingWindow(bucket_width, bucket_count, *, leave_out_current=False, clock=None)``: the width is in
    seconds or a timedelta, at least 1 us; there are 1 to 65 536 buckets. ``leave_out_current`` reads one
    bucket fewer, without the one that is still filling. ``clock`` None is CoarseClock, on which a bucket is at
    least 100 ms wide; MonotonicClock serves narrower ones.

    Buckets lie at multiples of the width from the clock's zero, and a boundary belongs to the bucket it
    begins. What is too old reads as empty after any time without use. A sample counts in the bucket of its own
    instant, late as it may come, while that is in the window; a reading at an earlier instant than one already
    recorded is as of the latest.

    Threads and tasks share it; nothing waits. A forked child has a copy of its own.

    >>> from resil import RollingWindow
    >>> latency_us = RollingWindow(0.25, 40)
    >>> latency_us.record(1_200), latency_us.record(800)
    (<Recorded.KEPT: 'kept'>, <Recorded.KEPT: 'kept'>)
    >>> latency_us.totals().mean
    1000.0
    """

    def __new__(
        cls,
        bucket_width: SupportsFloat | timedelta,
        bucket_count: SupportsIndex,
        *,
        leave_out_current: bool = False,
        clock: _Clock | None = None,
    ) -> Self: ...
    def record(self, value: SupportsIndex) -> Recorded:
        """Records a value, a whole number of 0 to 2**64 - 1, now.

        Answers KEPT; LATE if its bucket has left the window: then it is not counted; or SATURATED if its
        bucket holds the most that a bucket can: then as much was counted as still fitted.
        """
    def record_at(self, now_ns: SupportsIndex, value: SupportsIndex) -> Recorded:
        """As record(), at an instant that the caller has read already."""
    def totals(self) -> Totals:
        """The sum, the count and the mean of what is in the window."""
    def totals_at(self, now_ns: SupportsIndex) -> Totals:
        """As totals(), at an instant that the caller has read already."""
    def buckets(self) -> list[Totals]:
        """What is in each bucket, oldest first, empty ones as zero.

        `bucket_count` of them, or one fewer without the current one.
        """
    def buckets_at(self, now_ns: SupportsIndex) -> list[Totals]:
        """As buckets(), at an instant that the caller has read already."""
    def snapshot(self) -> RollingWindowSnapshot:
        """The window's shape and totals, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> RollingWindowSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def bucket_width(self) -> float:
        """The width of a bucket in seconds, to the nearest float."""
    @property
    def bucket_width_ns(self) -> int:
        """The width of a bucket in nanoseconds, exactly."""
    @property
    def bucket_count(self) -> int:
        """How many buckets the window has, the current one included."""
    @property
    def leave_out_current(self) -> bool:
        """Whether readings leave out the bucket that is still filling."""
    @property
    def bucket_limit(self) -> int:
        """The most that one bucket's sum, and its count, can hold; what is beyond is SATURATED.

        At least half the bucket's width in nanoseconds, and half the width of all buckets together where that
        is below 2**62: no count of real events comes near it.
        """
    @property
    def clock(self) -> _Clock:
        """The clock it reads."""

@final
class RollingWindowSnapshot:
    """A rolling window at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        bucket_width_ns: SupportsIndex,
        bucket_count: SupportsIndex,
        totals: Totals,
    ) -> Self: ...
    @property
    def bucket_width(self) -> float:
        """The width of a bucket in seconds, to the nearest float."""
    @property
    def bucket_width_ns(self) -> int:
        """The width of a bucket in nanoseconds, exactly."""
    @property
    def bucket_count(self) -> int:
        """How many buckets the window has."""
    @property
    def totals(self) -> Totals:
        """What is in the window."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Shared(Generic[_R_co]):
    """What a call came to, for one of those who asked for it.

    `value` is what the call returned, the same object for all who shared it; `led` says whether this caller
    made the call, `shared` whether others got the value too. Immutable.
    """

    def __new__(cls, value: _R_co, *, led: bool = True, shared: bool = False) -> Self: ...
    @property
    def value(self) -> _R_co:
        """What the call returned."""
    @property
    def led(self) -> bool:
        """Whether this caller made the call."""
    @property
    def shared(self) -> bool:
        """Whether other callers got the value too."""
    def __class_getitem__(cls, key: Any) -> GenericAlias: ...

@disjoint_base
class SingleFlight:
    """Makes one call per key at a time, for all who ask meanwhile.

    The first to ask for a key leads: it makes the call. Who asks for the same key before the call is over
    follows: it waits, and shares what comes of it. Nothing is kept: the next to ask makes a new call. Different
    keys never wait for one another. A key is a str or bytes, and belongs to the object, not to the function:
    two functions that share one object need different keys.

    Call with run() or run_timeout(), await with run_async(), or decorate with ``@flight.share(key=...)``.
    Threads and tasks, of one event loop or several, may share a key. ``len(flight)`` counts the calls under
    way; the object is true even with none.

    What the call raises, an Exception, goes on in the leader; each follower gets an exception of its own, of the
    same type and with the same arguments, whose ``__cause__`` is the leader's. What is no Exception
    (KeyboardInterrupt, SystemExit) goes on in the leader, and followers get LeaderFailed. A leader's task that
    is cancelled leaves the call to a follower, which makes its own. Who asks for the key whose call it is making
    gets Reentered. The key is free at once, whatever happens.

    A forked child forgets the calls of its parent: those who led them are not there.

    >>> from resil import SingleFlight
    >>> flight = SingleFlight()
    >>> flight.run("user:17", dict, name="Ada")
    Shared({'name': 'Ada'}, led=True, shared=False)
    >>> len(flight)
    0
    """

    def __new__(cls) -> Self: ...
    def run(
        self,
        key: str | bytes,
        function: Callable[_P, _R],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> Shared[_R]:
        """What ``function(*args, **kwargs)`` comes to: of the call under way for `key` if there is one, however long
        it takes, else of this one.

        Who waits can be interrupted (KeyboardInterrupt); it may have to make the call after all, when a task that
        led is cancelled. Raises what the call raises, LeaderFailed, or Reentered. Not in coroutines: a thread that
        waits holds up its event loop. A coroutine is refused: see run_async().
        """
    def run_timeout(
        self,
        key: str | bytes,
        timeout: SupportsFloat | timedelta | None,
        function: Callable[_P, _R],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> Shared[_R]:
        """As run(), but waits for another's call no longer than `timeout`; zero never waits, None as long as it takes.
        A call that this caller makes itself takes the time it takes.

        Raises TimedOut, a TimeoutError, when the time is up: that call goes on.
        """
    async def run_async(
        self,
        key: str | bytes,
        function: Callable[_P, Awaitable[_R]],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> Shared[_R]:
        """As run(), for a call that is awaited: ``await flight.run_async("user:17", fetch, 17)``.

        Cancelling a follower, or a deadline around it (``asyncio.timeout``), leaves the others alone. When the leader is
        cancelled, a follower makes its own call instead, and the others wait for that; with no follower left, the
        key is free. Followers may be tasks of other event loops, and threads in run(); what the call makes must then
        be good there.
        """
    def share(
        self,
        /,
        *,
        key: str | bytes | Callable[..., str | bytes],
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """A decorator: calls of the same key that overlap are one. ``@flight.share(key=lambda user_id: f"user:{user_id}")``.

        ``key`` is called with the arguments of each call (a method's ``self`` included) and answers its key; or it is the
        key, the same for all calls and no template: for functions whose arguments do not matter.
        Functions and methods are called as by run(), coroutine functions as by run_async(); what comes back is the bare
        value, the same object for all who shared it.

        Generator functions are refused by TypeError: a generator cannot be shared. Beneath ``@classmethod`` and
        ``@staticmethod``, not above.
        """
    def forget(self, key: str | bytes, /) -> bool:
        """Lets the next to ask for `key` make a new call, whatever is under way. Answers whether anything was.

        The call under way goes on, for its leader and for those who follow it already.
        """
    def snapshot(self) -> SingleFlightSnapshot:
        """What is under way just now, for monitoring."""
    def _enter(self, key: str | bytes, task: object) -> _FlightPart:
        """A task's part in the flight of `key`; `task`, or None, tells it from the other tasks of its thread."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...

@final
class SingleFlightSnapshot:
    """How much is under way in a single flight, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(cls, flights: SupportsIndex, followers: SupportsIndex) -> Self: ...
    @property
    def flights(self) -> int:
        """Calls under way, the forgotten ones included."""
    @property
    def followers(self) -> int:
        """Callers that wait for them."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Slot:
    """When a request that a queue admitted may go. The place is taken: it cannot be given back.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        permits: SupportsIndex,
        ready_after_ns: SupportsIndex,
        ready_at_ns: SupportsIndex,
    ) -> Self: ...
    @property
    def permits(self) -> int:
        """The permits that go then, at once."""
    @property
    def ready_after(self) -> float:
        """Seconds from asking until they may go; 0.0 if at once."""
    @property
    def ready_after_ns(self) -> int:
        """The exact twin of `ready_after`, in nanoseconds."""
    @property
    def ready_at_ns(self) -> int:
        """The instant at which they may go, in nanoseconds of the queue's clock."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class SreBreaker:
    """Keeps calls from a backend that fails them: refuses the share of calls that would fail anyway.

    ``SreBreaker(config=None, *, clock=None, draw=None)``: ``config`` None is SreBreakerConfig.go_zero_1_3();
    ``clock`` None is CoarseClock, on which a bucket is at least 100 ms wide; ``draw`` is what chances come
    from, in tests: a callable that answers a number of at least 0 and below 1. It is called only where a
    chance decides; what it raises goes through, and nothing is counted.

    What is refused follows what the window of the last seconds holds; some calls get through even then, so a
    backend that recovers is seen to. Guard a call with run(), run_async(), ``with breaker.guard():`` or
    ``@breaker.protect``, or ask with try_acquire() and settle the permit. A refusal raises Rejected.

    Threads and tasks share it; nothing waits, and no lock is held while your code runs. A forked child has a
    copy of its own, and other draws. To subclass it with other arguments, override ``__new__``.

    >>> from resil import SreBreaker
    >>> breaker = SreBreaker()
    >>> breaker.run(int, "17")
    17
    >>> breaker.snapshot().accepts
    1
    """

    def __new__(
        cls,
        config: SreBreakerConfig | None = None,
        *,
        clock: _Clock | None = None,
        draw: Callable[[], SupportsFloat] | None = None,
    ) -> Self: ...
    def try_acquire(self) -> Permit:
        """Asks whether a call may be made; never waits. Settle the permit with what became of it.

        Raises Rejected if it may not.
        """
    def try_acquire_at(self, now_ns: SupportsIndex, draw: SupportsFloat) -> Permit:
        """As try_acquire(), at an instant that the caller has read already and with a draw of the caller's.

        The draw is a number of at least 0 and below 1: the call is refused if it is less than the share to
        refuse.
        """
    def guard(self) -> Guard:
        """Makes a ``with`` block whose outcome is counted: ``with breaker.guard() as permit:``.

        Entering raises Rejected if the block may not run. Leaving settles the permit, unless that was done by
        hand, as run() counts. Also in coroutines: nothing waits.
        """
    def run(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Calls ``function(*args, **kwargs)`` if it may be called, and answers what it answers.

        Returning counts as a success and an Exception as a failure; as neither count what is no Exception
        (KeyboardInterrupt, CancelledError, GeneratorExit, SystemExit), and a refusal of this library further in,
        Denied or Rejected, also as the ``__cause__`` of what was raised. Exceptions go through as they are.
        Raises Rejected, without calling, if the call may not be made. A coroutine is refused: see run_async().
        """
    async def run_async(
        self,
        function: Callable[_P, Awaitable[_R]],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """As run(), for a call that is awaited: ``await breaker.run_async(fetch, url)``.

        A cancelled call counts as neither. So does one that a deadline around this call gives up; put the deadline
        inside, in `function`, for a TimeoutError that counts as a failure.
        """
    def run_with(
        self,
        function: Callable[[], _R],
        classify: Callable[[_R], Outcome],
        fallback: Callable[[Rejected], _F],
    ) -> _R | _F:
        """Calls ``function()`` if it may be called, and counts its answer as ``classify(answer)`` says: an Outcome.

        If the call may not be made, answers ``fallback(rejected)`` instead, which is told why by the Rejected
        exception. What `function` or `classify` raises counts as in run(), and goes through.
        """
    @overload
    def protect(self, function: Callable[_P, _R], /) -> Callable[_P, _R]:
        """A decorator that guards each call; bare, ``@breaker.protect``, or with arguments.

        For functions and methods it calls as run(), for coroutine functions as run_async(). A generator, async or
        not, is one call from its first value to its end: the breaker is asked where the first value is, and one that
        is closed early counts as neither. Beneath ``@classmethod`` and ``@staticmethod``, not above.

        ``failure`` is told of each Exception that would count as one, and answers whether it does; where not, the
        call counts as neither. What it raises itself goes to sys.unraisablehook, and the call counts as failed.
        """
    @overload
    def protect(
        self,
        function: None = None,
        /,
        *,
        failure: Callable[[Exception], object] | None = None,
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """A decorator that guards each call; bare, ``@breaker.protect``, or with arguments.

        For functions and methods it calls as run(), for coroutine functions as run_async(). A generator, async or
        not, is one call from its first value to its end: the breaker is asked where the first value is, and one that
        is closed early counts as neither. Beneath ``@classmethod`` and ``@staticmethod``, not above.

        ``failure`` is told of each Exception that would count as one, and answers whether it does; where not, the
        call counts as neither. What it raises itself goes to sys.unraisablehook, and the call counts as failed.
        """
    def record(self, outcome: Outcome) -> None:
        """Tells what a call came to, now; for those who hold no permit."""
    def record_at(self, now_ns: SupportsIndex, outcome: Outcome) -> None:
        """As record(), at an instant that the caller has read already.

        If its bucket has left the window the outcome is not counted.
        """
    def set_mode(self, mode: Mode) -> None:
        """Changes what the breaker does with its decisions. Permits out settle in every mode."""
    def snapshot(self) -> SreBreakerSnapshot:
        """What the breaker looks like now, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> SreBreakerSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def config(self) -> SreBreakerConfig:
        """What it was made of."""
    @property
    def clock(self) -> _Clock:
        """The clock it reads."""
    def _admit(self) -> None:
        """Asks as try_acquire() does, without making a permit."""
    def _succeeded(self) -> None:
        """Counts a call as a success."""
    def _settle(
        self,
        raised: BaseException | None,
        failure: Callable[[Exception], object] | None,
    ) -> None:
        """Counts a call as what it raised says, or as a success if it raised nothing."""

@final
class SreBreakerConfig:
    """The recipe of an SreBreaker: a preset, and what is changed in it.

    A call counts when it is settled; calls in flight count nowhere, ignored ones never. ``R`` is the number of
    calls that count in the window, ``A`` that of the successes among them; a call is refused if its draw, at
    least 0 and below 1, is less than ``(R - protection - K * A) / (R + padding)``.

    Nothing but the type and the range of a number is checked before SreBreaker() is called: that raises
    ConfigError, naming the field. Immutable; compares, hashes and pickles by value.

    >>> from resil import SreBreaker, SreBreakerConfig
    >>> config = SreBreakerConfig.go_zero_1_3().with_window(0.1, 20).with_multiplier(2.0)
    >>> breaker = SreBreaker(config)
    """

    @classmethod
    def sre_book(cls) -> SreBreakerConfig:
        """The law as the SRE book has it: K = 2, refusals count as failures; 2 min in 120 buckets."""
    @classmethod
    def go_zero_1_3(cls) -> SreBreakerConfig:
        """go-zero up to v1.6.2: K = 1.5, five failures are forgiven, refusals count nowhere; 10 s in 40 buckets.

        Admits in proportion to what the backend accepts. The default.
        """
    @classmethod
    def go_zero(cls) -> SreBreakerConfig:
        """go-zero from v1.6.6 on: as before, with refusals counted, K falling to 1.1, and recovery.

        Buckets with nothing but failures lower K, buckets with nothing but successes take up to all of the ratio
        off, and a call passes whenever the last pass in trouble is more than 1 s ago. Strict in an outage, but no
        throttle: above 1/3 of failures it lets through a handful of calls in 10 s whatever the load.
        """
    @classmethod
    def grpc_rls(cls) -> SreBreakerConfig:
        """gRPC's route lookup service: K = 2, padding 8, refusals count as failures; 30 s in 100 buckets."""
    @classmethod
    def kratos(cls) -> SreBreakerConfig:
        """kratos (aegis): K = 1/0.6, nothing refused below 100 requests, refusals count as failures; 3 s in 10."""
    @classmethod
    def envoy(cls) -> SreBreakerConfig:
        """Envoy's admission control: success ratio 0.95, at most 0.8 refused, refusals count nowhere; 30 s in 30."""
    def with_window(
        self,
        bucket_width: SupportsFloat | timedelta,
        bucket_count: SupportsIndex,
    ) -> SreBreakerConfig:
        """The window: `bucket_count` buckets, each `bucket_width` wide, in seconds or a timedelta.

        As in a RollingWindow: at least 1 us, 1 to 65 536 buckets; on CoarseClock at least 100 ms.
        """
    def with_multiplier(self, multiplier: SupportsFloat) -> SreBreakerConfig:
        """K: refusing begins where less than one in K calls succeeds. Finite, at least 1. Smaller refuses more."""
    def with_success_ratio(self, success_ratio: SupportsFloat) -> SreBreakerConfig:
        """In place of K: refusing begins where less than this share succeeds. Above 0, at most 1."""
    def with_min_multiplier(self, min_multiplier: SupportsFloat | None) -> SreBreakerConfig:
        """What K falls to as the newest buckets hold failures and no success, in equal steps. None: K stays.

        At least 1, at most K.
        """
    def with_protection(self, protection: SupportsIndex) -> SreBreakerConfig:
        """How many requests are taken off R before it is compared: so many failures are forgiven."""
    def with_padding(self, padding: SupportsFloat) -> SreBreakerConfig:
        """What is added to R below the line: damps the ratio while there are few requests. Finite, at least 0.

        With 0, where refusals count and nothing is forgiven or capped, a window without a success refuses every
        call, and its own refusals keep it so while calls keep coming.
        """
    def with_min_requests(self, min_requests: SupportsIndex) -> SreBreakerConfig:
        """Nothing is refused with fewer requests than this in the window."""
    def with_min_rps(self, min_rps: SupportsIndex) -> SreBreakerConfig:
        """Nothing is refused at fewer requests a second than this, since the oldest bucket that holds any began.

        In whole seconds, at least one.
        """
    def with_aggression(self, aggression: SupportsFloat) -> SreBreakerConfig:
        """The ratio is raised to the power of ``1 / aggression``: more refuses more. Finite, at least 1."""
    def with_max_drop_ratio(self, max_drop_ratio: SupportsFloat) -> SreBreakerConfig:
        """The greatest share refused. From 0 to 1."""
    def with_recovery(self, recovery: bool) -> SreBreakerConfig:
        """Whether the newest buckets with successes and no failure take their share of the window off the ratio."""
    def with_refusals(self, refusals: Refusals) -> SreBreakerConfig:
        """Whether refusals count, and as what."""
    def with_forced_pass_after(
        self,
        forced_pass_after: SupportsFloat | timedelta | None,
    ) -> SreBreakerConfig:
        """A call passes without a draw if the last one that passed in trouble did so longer ago than this.

        In seconds or a timedelta. In trouble: while the ratio was above 0; before such a pass none is forced.
        None: never.
        """
    @property
    def bucket_width(self) -> float:
        """The width of a bucket in seconds, to the nearest float."""
    @property
    def bucket_width_ns(self) -> int:
        """The width of a bucket in nanoseconds, exactly."""
    @property
    def bucket_count(self) -> int:
        """How many buckets the window has."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class SreBreakerSnapshot:
    """An SRE breaker at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        requests: SupportsIndex,
        accepts: SupportsIndex,
        drop_ratio: SupportsFloat,
        mode: Mode,
        drops: SupportsIndex,
        would_reject: SupportsIndex,
    ) -> Self: ...
    @property
    def requests(self) -> int:
        """Calls that count in the window: settled ones, and refusals if the configuration counts them."""
    @property
    def accepts(self) -> int:
        """Successes among them."""
    @property
    def drop_ratio(self) -> float:
        """The share of calls that the law would refuse now, from 0 to 1; whatever the mode."""
    @property
    def mode(self) -> Mode:
        """What the breaker does with it."""
    @property
    def drops(self) -> int:
        """Calls refused since the breaker was made, by chance or forced."""
    @property
    def would_reject(self) -> int:
        """Calls that DRY_RUN let through and ENABLED would have refused, since the breaker was made."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Store:
    """A Redis (5.0 or newer) or Valkey server, and the one connection that all threads and tasks of a process share.

    ``Store(url, *, deadline=0.02, connect_timeout=0.1, members="default")``: the URL is
    ``redis://[user][:password@]host[:port][/database]``, ``rediss://…`` for TLS, or ``unix:///path``. No call waits
    longer for the store than the deadline; connecting, which no caller waits for, may take the connect timeout.
    ``members`` says how many processes share the limits, for the share that each has while the store is away: a
    number, or the name of the group under which they are counted. Both times are seconds or a timedelta.

    Opening never waits and never fails for a server that is away: a thread of its own connects, and until it has, the
    limiters' policies decide; wait_until_up() waits for that. Calls that threads and tasks make at once share round
    trips. A forked child connects by itself, at its first call. The thread ends with the last limiter and the store,
    which waits for that: usually microseconds, a second at most, after which one that is connecting ends by itself.
    """

    def __new__(
        cls,
        url: str,
        *,
        deadline: SupportsFloat | timedelta = 0.02,
        connect_timeout: SupportsFloat | timedelta = 0.1,
        members: SupportsIndex | str = "default",
    ) -> Self: ...
    @staticmethod
    def _by_hand(
        deadline: SupportsFloat | timedelta,
        connect_timeout: SupportsFloat | timedelta,
        members: SupportsIndex | str,
    ) -> Store:
        """A store whose callers bring a client of Python's."""
    def wait_until_up(self, timeout: SupportsFloat | timedelta | None = None) -> bool:
        """Waits until the store is asked, at most `timeout` (None: as long as it takes); whether it is.

        For programs that would rather begin with the limit than with its policy. A signal breaks it off. In a task:
        ``await asyncio.to_thread(store.wait_until_up, 1)``.
        """
    def snapshot(self) -> StoreSnapshot:
        """What there is to monitor."""

@final
class StoreSnapshot:
    """A store at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(cls, up: bool, members: SupportsIndex, outages: SupportsIndex, last_fault: Fault) -> Self: ...
    @property
    def up(self) -> bool:
        """Whether callers ask the store; else policies decide."""
    @property
    def members(self) -> int:
        """How many processes share the limits, as last known."""
    @property
    def outages(self) -> int:
        """How often the store went away since it was opened, in this process."""
    @property
    def last_fault(self) -> Fault:
        """Why it was last away; before the first connection, Fault.DISCONNECTED."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class TokenBucket:
    """Limits a rate: permits come back steadily, up to a burst, and are taken when they are there.

    ``TokenBucket(quota, *, initial=None, clock=None)`` holds ``initial`` permits (None: full) at its first
    instant, and reads ``clock`` (None: the machine's steady clock; ManualClock in tests).

    Over every interval it grants at most ``burst + rate * interval``, without drift; what is due at an exact
    instant is granted at that instant. An earlier ``now_ns`` than one already seen may refuse more, never
    grant more. Ask with try_acquire(), be promised with reserve(), wait with acquire() or acquire_async(), or
    wrap: ``with bucket:``, ``async with bucket:``, ``@bucket.limit``. Promises are kept in order of arrival:
    while one is outstanding, try_acquire() is refused.

    Threads and tasks share it, of several event loops too; each operation is atomic. A forked child has a
    copy of its own. To subclass it with other arguments, override ``__new__``.

    >>> from resil import Quota, TokenBucket
    >>> bucket = TokenBucket(Quota.per_minute(2))
    >>> [bool(bucket.try_acquire()) for _ in range(3)]
    [True, True, False]
    """

    def __new__(
        cls,
        quota: Quota,
        *,
        initial: SupportsIndex | None = None,
        clock: _Clock | None = None,
    ) -> Self: ...
    def try_acquire(self, permits: SupportsIndex = 1) -> Verdict:
        """Takes permits if they are there; never waits. 0 permits are always granted.

        The verdict is true if they were granted. A refusal changes nothing.
        """
    def try_acquire_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Verdict:
        """As try_acquire(), at an instant that the caller has read already."""
    def peek(self, permits: SupportsIndex = 1) -> Peek:
        """What try_acquire() would answer, and how full the bucket is. Takes nothing."""
    def peek_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Peek:
        """As peek(), at an instant that the caller has read already."""
    def reserve(self, permits: SupportsIndex = 1) -> Reservation:
        """Takes permits now, for use after the reservation's `ready_after`.

        Others queue behind it. Give it back with its cancel(); dropping it keeps it. Raises Denied if
        `permits` is more than the burst, or the bucket is promised away for years already.
        """
    def reserve_at(self, now_ns: SupportsIndex, permits: SupportsIndex = 1) -> Reservation:
        """As reserve(), at an instant that the caller has read already."""
    def reserve_within(
        self,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Reservation:
        """As reserve(), unless the wait would exceed the timeout: then raises Denied and takes nothing.

        The timeout is in seconds or a timedelta; None is as long as it takes.
        """
    def reserve_within_at(
        self,
        now_ns: SupportsIndex,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Reservation:
        """As reserve_within(), at an instant that the caller has read already."""
    def acquire(
        self,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Verdict:
        """Waits until permits are there and takes them, in order of arrival; at most `timeout`.

        The timeout is in seconds or a timedelta; None waits as long as it takes. If the wait would exceed it,
        the verdict is a refusal, at once, and nothing is taken. Sleeps in time.sleep(); whatever that raises
        (KeyboardInterrupt, say) gives the permits back and goes on. On a ManualClock it does not sleep but
        advances the clock.
        """
    async def acquire_async(
        self,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Verdict:
        """As acquire(), in asyncio.sleep(). Cancelling it gives the permits back.

        On a ManualClock it advances the clock and lets other tasks run once.
        """
    @overload
    def limit(self, function: Callable[_P, _R], /) -> Callable[_P, _R]:
        """A decorator that waits for permits before each call; bare, ``@limiter.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator,
        async or not, waits where its first value is asked for. Beneath ``@classmethod`` and ``@staticmethod``,
        not above.
        """
    @overload
    def limit(
        self,
        function: None = None,
        /,
        *,
        permits: SupportsIndex = 1,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """A decorator that waits for permits before each call; bare, ``@limiter.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator,
        async or not, waits where its first value is asked for. Beneath ``@classmethod`` and ``@staticmethod``,
        not above.
        """
    def set_quota(self, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
        """Changes the quota from now on; ``carry`` says what becomes of the permits in the bucket.

        Quota and content change in one step: no request is decided by a mixture. Reservations keep their
        instants; they can be cancelled across one AS_IS or ADDITIVE change, for what a smaller burst left of
        their permits, and give nothing back after any other.
        """
    def set_quota_at(self, now_ns: SupportsIndex, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
        """As set_quota(), at an instant that the caller has read already."""
    def snapshot(self) -> TokenBucketSnapshot:
        """What the bucket looks like now, for monitoring."""
    def snapshot_at(self, now_ns: SupportsIndex) -> TokenBucketSnapshot:
        """As snapshot(), at an instant that the caller has read already."""
    @property
    def quota(self) -> Quota:
        """The quota in force."""
    @property
    def clock(self) -> _Clock:
        """The clock the bucket reads."""
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    async def __aenter__(self) -> None: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def _begin_acquire(
        self,
        permits: SupportsIndex,
        timeout: SupportsFloat | timedelta | None,
    ) -> Verdict | Reservation:
        """The verdict of acquire() if there is no need to wait for it, else the reservation to wait for."""
    def _set_quota(self, quota: Quota, carry_code: str) -> None:
        """set_quota() with the carry-over by its code."""
    def _set_quota_at(self, now_ns: SupportsIndex, quota: Quota, carry_code: str) -> None:
        """set_quota_at() with the carry-over by its code."""

@final
class TokenBucketSnapshot:
    """A token bucket at one instant, for monitoring.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        quota: Quota,
        remaining: SupportsIndex,
        owed: SupportsIndex,
        reset_after_ns: SupportsIndex,
    ) -> Self: ...
    @property
    def quota(self) -> Quota:
        """The quota in force."""
    @property
    def remaining(self) -> int:
        """Permits that could be taken at once."""
    @property
    def owed(self) -> int:
        """Permits promised beyond an empty bucket; 0 unless someone waits."""
    @property
    def reset_after(self) -> float:
        """Seconds until the bucket is full, if nobody takes any."""
    @property
    def reset_after_ns(self) -> int:
        """Nanoseconds until the bucket is full, if nobody takes any."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Totals:
    """The sum and the count of what was recorded in a window, or in one bucket of it.

    Immutable; compares, hashes and pickles by value.
    """

    def __new__(cls, sum: SupportsIndex, count: SupportsIndex) -> Self: ...
    @property
    def sum(self) -> int:
        """The sum of the values recorded."""
    @property
    def count(self) -> int:
        """How many values were recorded."""
    @property
    def mean(self) -> float | None:
        """The mean of the values recorded; None if there are none."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class UnixClock:
    """The wall clock, in nanoseconds since 1970-01-01 00:00 UTC; equals time.time_ns().

    It may be set, forwards and back, so nothing but PeriodLimiter.aligned() should run on it. Instants
    before 1970 read as 0.
    """

    def __new__(cls) -> Self: ...
    def now_ns(self) -> int:
        """Nanoseconds since the clock's zero."""
    @property
    def resolution(self) -> float:
        """The step in which readings move, at most, in seconds."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Verdict:
    """What became of a request: true if it was granted, else with the reason.

    `Verdict()` is the granted one, of which there is a single object; so is `Verdict(last=True)`, a period
    limiter's last grant. Refusals say when to come back (`retry_after`), or that no wait helps
    (`exceeds_limit`). Immutable; compares, hashes and pickles by value.
    """

    def __new__(
        cls,
        retry_after_ns: SupportsIndex | None = None,
        exceeds_limit: bool = False,
        last: bool = False,
    ) -> Self: ...
    @property
    def granted(self) -> bool:
        """Whether the request was granted; what `bool(verdict)` says."""
    @property
    def last(self) -> bool:
        """Whether this grant reached a period limiter's limit: not one permit more fits now."""
    @property
    def retry_after(self) -> float | None:
        """Seconds after which the same request can be granted; None if it was granted, or no wait helps."""
    @property
    def retry_after_ns(self) -> int | None:
        """The smallest whole number of nanoseconds after which the same request is granted; None as above."""
    @property
    def exceeds_limit(self) -> bool:
        """Whether the request is more than can ever be granted at once: no wait helps."""
    def raise_if_denied(self) -> None:
        """Raises Denied unless the request was granted."""
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class _Protected:
    """A function whose calls a breaker guards."""

    def __new__(
        cls,
        breaker: SreBreaker,
        function: Callable[..., Any],
        failure: Callable[[Exception], object] | None,
    ) -> Self: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __get__(self, object: object, owner: object = None, /) -> Any: ...

@final
class _FlightPart:
    """A task's part in a flight: it leads, follows, or is done."""

    @property
    def leads(self) -> bool:
        """Whether it leads: then make the call, and end it with land(), fail() or hand_over()."""
    def look(self, wake: Callable[[], object]) -> Shared[Any] | None:
        """Looks whether waiting is over: answers the value, raises, or answers None if it leads now, or must wait
        until `wake` is called.
        """
    def land(self, value: Any) -> Shared[Any]:
        """Ends the flight with what the call returned."""
    def land_raised(self, raised: BaseException) -> None:
        """Ends the flight with what the call raised."""
    def leave(self) -> None:
        """Leaves: a call that it leads goes to a follower, or ends if nobody follows."""
    def fail(self) -> None:
        """Leaves, and fails those who follow."""

@final
class _StoreAsking:
    """A call under way. Dropped, a call that was not sent yet never is."""

    def poll(self) -> Any | None:
        """The answer, if it has come; once."""
    def abandon(self) -> None:
        """Gives the call up."""

@final
class _StoreHeld:
    """Permits that are promised for later; asked for, it gives them back, once."""

    @property
    def ready_after_ns(self) -> int:
        """Nanoseconds from reserving until the permits are there."""
    def ask(self) -> bool:
        """Gives them back, over the store's own connection."""
    def ask_async(self, wakes: _StoreWakes, call: SupportsIndex) -> bool | _StoreAsking:
        """As ask(), from a task: the answer, or the call to wait for."""
    def begin(self) -> bool | _StoreStep:
        """As ask(), by a client of Python's: the answer, or its first step."""

@final
class _StoreLimiter:
    """A limiter on a store, and what it is asked: a word, a key, permits, and the timeout of a reservation."""

    @staticmethod
    def token_bucket(
        store: Store, name: str, quota: Quota, max_wait: SupportsFloat | timedelta, policy: Policy
    ) -> _StoreLimiter:
        """A token bucket."""
    @staticmethod
    def leaky_meter(store: Store, name: str, quota: Quota, policy: Policy) -> _StoreLimiter:
        """A leaky bucket as a meter."""
    @staticmethod
    def leaky_queue(store: Store, name: str, quota: Quota, policy: Policy) -> _StoreLimiter:
        """A leaky bucket as a queue."""
    @staticmethod
    def period_limiter(
        store: Store,
        name: str,
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        kind: PeriodLimiterKind,
        utc_offset: SupportsFloat | timedelta,
        policy: Policy,
    ) -> _StoreLimiter:
        """A period limiter; the offset is an aligned one's."""
    @property
    def quota(self) -> Quota:
        """The quota of one that has one."""
    @property
    def windows(self) -> tuple[int, int, PeriodLimiterKind, float | None]:
        """Limit, period in nanoseconds, kind and offset of a period limiter."""
    def ask(
        self, question: str, key: str, permits: SupportsIndex, timeout: SupportsFloat | timedelta | None = None
    ) -> Any:
        """Asks over the store's own connection, detached from the interpreter."""
    def ask_async(
        self,
        wakes: _StoreWakes,
        call: SupportsIndex,
        question: str,
        key: str,
        permits: SupportsIndex,
        timeout: SupportsFloat | timedelta | None = None,
    ) -> Any:
        """As ask(), from a task: the answer, or the call to wait for."""
    def begin(
        self, question: str, key: str, permits: SupportsIndex, timeout: SupportsFloat | timedelta | None = None
    ) -> Any:
        """As ask(), by a client of Python's: the answer, or its first step."""

@final
class _StoreStep:
    """A script call to carry out: EVALSHA, or EVAL where the server does not know the script. Dropped, it counts as given
    up.
    """

    @property
    def script(self) -> str:
        """The script's text."""
    @property
    def sha1(self) -> str:
        """The script's digest, in hexadecimal digits."""
    @property
    def keys(self) -> int:
        """How many keys there are."""
    @property
    def words(self) -> tuple[str, ...]:
        """The keys, then the arguments."""
    def finish(self, numbers: object) -> Any:
        """Goes on with what the script answered; what it never answers is a fault of the call."""
    def fail(self, fault: Fault) -> Any:
        """Goes on without an answer."""
    def fail_as(self, error: str) -> Any:
        """Goes on with an error that the server answered."""

@final
class _StoreWakes:
    """What wakes one event loop."""

    def __new__(cls) -> Self: ...
    def fileno(self) -> int:
        """What the event loop watches for reading."""
    def drain(self) -> list[int]:
        """The numbers of the calls that have come to an answer since the last time."""

def _seconds(timeout: SupportsFloat | timedelta | None) -> float | None:
    """The seconds that a timeout means; None is None."""
def _forked() -> None:
    """Tells that this process is a forked child."""
def _check_acquire(permits: SupportsIndex, timeout: SupportsFloat | timedelta | None) -> None:
    """Raises what acquire() would raise about these arguments."""
def decay_factor(elapsed: SupportsFloat | timedelta, time_constant: SupportsFloat | timedelta) -> float:
    """What is left of a value after a time without samples: ``exp(-elapsed / time_constant)``.

    1.0 for no time at all, 0.0 from 746 time constants on (Newton's law of cooling).

    >>> from resil import decay_factor
    >>> round(decay_factor(0.693147, 1), 6)
    0.5
    """
def _prepare() -> None:
    """Looks up and makes all of it; the package's last step when it is imported."""
