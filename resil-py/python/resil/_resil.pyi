from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Final, ParamSpec, Self, SupportsFloat, SupportsIndex, TypeVar, final, overload

from typing_extensions import disjoint_base

from resil.carry import Carry

__all__ = [
    "CoarseClock",
    "ManualClock",
    "MonotonicClock",
    "Peek",
    "Quota",
    "Reservation",
    "TokenBucket",
    "TokenBucketSnapshot",
    "Verdict",
    "__version__",
]

__version__: Final[str]

_P = ParamSpec("_P")
_R = TypeVar("_R")

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
class ManualClock:
    """A clock for tests: it stands still until it is moved, by hand or by waiting on it.

    A bucket on this clock does not sleep in acquire() or acquire_async(): it advances the clock by the wait.
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
        """Seconds until the bucket is full, if nobody takes any."""
    @property
    def reset_after_ns(self) -> int:
        """Nanoseconds until the bucket is full, if nobody takes any."""
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
        clock: MonotonicClock | CoarseClock | ManualClock | None = None,
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
        """A decorator that waits for permits before each call; bare, ``@bucket.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator
        function waits where it is called. Beneath ``@classmethod`` and ``@staticmethod``, not above.
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
        """A decorator that waits for permits before each call; bare, ``@bucket.limit``, for one.

        For functions and methods it waits as acquire(), for coroutine functions as acquire_async(). A call
        raises Denied, and does not run, where those refuse: if the wait would exceed the timeout. A generator
        function waits where it is called. Beneath ``@classmethod`` and ``@staticmethod``, not above.
        """
    def set_quota(self, quota: Quota, carry: Carry = Carry.AS_IS) -> None:
        """Changes the quota from now on; ``carry`` says what becomes of the permits in the bucket.

        Quota and content change in one step: no request is decided by a mixture. Reservations keep their
        instants; they can be cancelled across one AS_IS or ADDITIVE change, and give nothing back after any
        other.
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
    def clock(self) -> MonotonicClock | CoarseClock | ManualClock:
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
    @staticmethod
    def _check_acquire(permits: SupportsIndex, timeout: SupportsFloat | timedelta | None) -> None:
        """Raises what acquire() would raise about these arguments."""
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
class Verdict:
    """What became of a request: true if it was granted, else with the reason.

    `Verdict()` is the granted one, of which there is a single object. Refusals say when to come back
    (`retry_after`), or that no wait helps (`exceeds_limit`). Immutable; compares, hashes and pickles by
    value.
    """

    def __new__(cls, retry_after_ns: SupportsIndex | None = None, exceeds_limit: bool = False) -> Self: ...
    @property
    def granted(self) -> bool:
        """Whether the request was granted; what `bool(verdict)` says."""
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
