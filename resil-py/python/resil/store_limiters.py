"""The limiters that many processes share."""

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, SupportsFloat, SupportsIndex, cast

from resil._resil import Answer, Quota, Store, _StoreHeld, _StoreLimiter
from resil.period_limiter_kind import PeriodLimiterKind
from resil.store_client import ClientStore, asker_of
from resil.store_policy import Policy
from resil.store_reservation import Reservation

__all__ = ["LeakyMeter", "LeakyQueue", "PeriodLimiter", "TokenBucket"]

if TYPE_CHECKING:
    from resil.store_client import _Client  # pyright: ignore[reportPrivateUsage]

    _Stores = Store | ClientStore | _Client

# The words of `_StoreLimiter.ask`.
_ACQUIRE, _PEEK, _RESERVE = "acquire", "peek", "reserve"

# What every platform's sleep, and every event loop's timers, can do.
_LONGEST_SLEEP_NS = 86_400 * 10**9

_Timeout = SupportsFloat | timedelta | None


class _Limiter:
    """What all of them are: a way to the store, and what is asked there."""

    __slots__ = ("__weakref__", "_asker", "_limiter", "_name", "_policy")

    _name: str
    _policy: Policy

    def _set_up(self, make: Any, store: object, name: str, *given: object, policy: Policy) -> None:
        self._asker = asker_of(store)
        self._name, self._policy = name, policy
        self._limiter: _StoreLimiter = make(self._asker.store, name, *given, policy)

    @property
    def name(self) -> str:
        """What those who share it call it."""
        return self._name

    @property
    def policy(self) -> Policy:
        """Who decides while the store is away."""
        return self._policy

    def _ask(self, *question: Any) -> Answer:
        return cast(Answer, self._asker.ask(self._limiter, *question))

    async def _ask_async(self, *question: Any) -> Answer:
        return cast(Answer, await self._asker.ask_async(self._limiter, *question))

    def _limit(self) -> str:
        return repr(self._limiter.quota)

    def __repr__(self) -> str:
        """Shows the name, the limit and the policy."""
        return f"<{type(self).__qualname__} {self._name!r} {self._limit()} policy={self._policy.name}>"

    def __reduce__(self) -> Any:
        """Refuses to be pickled or copied: it holds a connection."""
        raise TypeError(f"cannot pickle or copy a {type(self).__qualname__}: make another of the same name")


def _sleep(wait_ns: int) -> None:
    while wait_ns > 0:
        now_ns = min(wait_ns, _LONGEST_SLEEP_NS)
        time.sleep(now_ns / 1e9)
        wait_ns -= now_ns


async def _sleep_async(wait_ns: int) -> None:
    while wait_ns > 0:
        now_ns = min(wait_ns, _LONGEST_SLEEP_NS)
        await asyncio.sleep(now_ns / 1e9)
        wait_ns -= now_ns


class TokenBucket(_Limiter):
    """A rate with bursts that many processes share: asked for, promised, or waited for, per key.

    ``TokenBucket(store, name, quota, *, policy=Policy.RESCUE, max_wait=60)``: the bucket called ``name``, of ``quota``
    for each key. ``store`` is a Store, a ClientStore, or a client of redis-py. All who share a name should agree on the
    quota: it travels with each call. Nobody reserves for later than ``max_wait`` (seconds or a timedelta), which is
    also how long a server's clock that was set back can refuse everybody.

    Over every interval of the server's clock the store grants at most ``burst + rate * interval`` to each key. While it
    is away, under Policy.RESCUE, all members together grant no more than the rate, after a burst at the beginning; on
    return the store is charged for it, also one that lost its data.

    Threads and tasks share it. A call costs one round trip, and waits for it at most one deadline. Raises ConfigError,
    naming the field, where the name is not 1 to 64 letters, digits, ``-``, ``_`` or ``.``, and where the quota is
    too fine for a store.
    """

    __module__ = "resil.redis"
    __slots__ = ()

    def __init__(
        self,
        store: "_Stores",
        name: str,
        quota: Quota,
        *,
        policy: Policy = Policy.RESCUE,
        max_wait: SupportsFloat | timedelta = 60,
    ) -> None:
        self._set_up(_StoreLimiter.token_bucket, store, name, quota, max_wait, policy=policy)

    @property
    def quota(self) -> Quota:
        """The quota of each key."""
        return self._limiter.quota

    def try_acquire(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """Takes permits of `key` if they are there. 0 permits are always granted, more than the burst never.

        The answer is true if they were granted. A call that timed out may still have taken them.
        """
        return self._ask(_ACQUIRE, key, permits)

    async def try_acquire_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As try_acquire(), from a task. Cancelled, it may have taken the permits."""
        return await self._ask_async(_ACQUIRE, key, permits)

    def peek(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """What try_acquire() would answer; `remaining` and `reset_after` say how full the bucket is. Takes nothing."""
        return self._ask(_PEEK, key, permits)

    async def peek_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As peek(), from a task."""
        return await self._ask_async(_PEEK, key, permits)

    def reserve(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Reservation:
        """Takes permits now, for use after the reservation's `ready_after`.

        Give it back with its cancel(); dropping it keeps it. Raises Denied, taking nothing, if the wait would exceed
        the timeout or the bucket's `max_wait`, or if `permits` is more than the burst; Unavailable under
        Policy.UNAVAILABLE.
        """
        return self._promised(self._asker.ask(self._limiter, _RESERVE, key, permits, timeout), permits)

    async def reserve_async(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Reservation:
        """As reserve(), from a task. Cancelled, it may have taken the permits."""
        return self._promised(await self._asker.ask_async(self._limiter, _RESERVE, key, permits, timeout), permits)

    def _promised(self, answered: tuple[Answer, _StoreHeld | None], permits: SupportsIndex) -> Reservation:
        answer, held = answered
        if held is None:
            answer.raise_if_denied()
            raise AssertionError("a grant is held")
        return Reservation(answer, held, int(permits), self._asker)

    def acquire(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Answer:
        """Waits until permits are there and takes them, in the store's order of arrival; at most `timeout`.

        If the wait would exceed the timeout, or the bucket's `max_wait`, the answer is a refusal, at once, and nothing
        is taken. Sleeps in time.sleep(); whatever that raises (KeyboardInterrupt, say) gives the permits back and goes
        on.
        """
        answer, held = self._asker.ask(self._limiter, _RESERVE, key, permits, timeout)
        if held is not None and held.ready_after_ns:
            try:
                _sleep(held.ready_after_ns)
            except BaseException:
                self._asker.ask(held)
                raise
        return cast(Answer, answer)

    async def acquire_async(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Answer:
        """As acquire(), in asyncio.sleep(). Cancelled in its sleep, it gives the permits back."""
        answer, held = await self._asker.ask_async(self._limiter, _RESERVE, key, permits, timeout)
        if held is not None and held.ready_after_ns:
            try:
                await _sleep_async(held.ready_after_ns)
            except BaseException:
                # At most one deadline.
                await self._asker.ask_async(held)
                raise
        return cast(Answer, answer)


class LeakyMeter(_Limiter):
    """A leaky bucket as a meter that many processes share: grants what fits, refuses the rest.

    ``LeakyMeter(store, name, quota, *, policy=Policy.RESCUE)``. Grants what a TokenBucket of the same quota does that
    nobody reserves from, and keeps its bounds. Keys, threads, waits and errors are as there.
    """

    __module__ = "resil.redis"
    __slots__ = ()

    def __init__(self, store: "_Stores", name: str, quota: Quota, *, policy: Policy = Policy.RESCUE) -> None:
        self._set_up(_StoreLimiter.leaky_meter, store, name, quota, policy=policy)

    @property
    def quota(self) -> Quota:
        """The quota of each key."""
        return self._limiter.quota

    def try_acquire(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """Pours permits of `key` in if they fit. 0 permits are always granted, more than the burst never."""
        return self._ask(_ACQUIRE, key, permits)

    async def try_acquire_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As try_acquire(), from a task. Cancelled, it may have taken the permits."""
        return await self._ask_async(_ACQUIRE, key, permits)

    def peek(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """What try_acquire() would answer; `remaining` and `reset_after` say how full the bucket is. Takes nothing."""
        return self._ask(_PEEK, key, permits)

    async def peek_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As peek(), from a task."""
        return await self._ask_async(_PEEK, key, permits)


class LeakyQueue(_Limiter):
    """A leaky bucket as a queue that many processes share: admits what fits, and says when each may go.

    ``LeakyQueue(store, name, quota, *, policy=Policy.RESCUE)``. One turn after another, whichever process asks: what
    the store admits goes at the quota's rate. Keys, threads, waits and errors are as of a TokenBucket.
    """

    __module__ = "resil.redis"
    __slots__ = ()

    def __init__(self, store: "_Stores", name: str, quota: Quota, *, policy: Policy = Policy.RESCUE) -> None:
        self._set_up(_StoreLimiter.leaky_queue, store, name, quota, policy=policy)

    @property
    def quota(self) -> Quota:
        """The quota of each key."""
        return self._limiter.quota

    def try_reserve(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Answer:
        """Joins the queue of `key`, unless the wait would exceed the timeout; `ready_after` is the wait for the slot."""
        return self._ask(_RESERVE, key, permits, timeout)

    async def try_reserve_async(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Answer:
        """As try_reserve(), from a task. Cancelled, it may have taken a slot."""
        return await self._ask_async(_RESERVE, key, permits, timeout)

    def acquire(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Answer:
        """Joins the queue and waits for the slot in time.sleep(); at most `timeout`, else takes no slot.

        An interrupt leaves the slot taken, unused.
        """
        answer = self._ask(_RESERVE, key, permits, timeout)
        _sleep(answer.ready_after_ns or 0)
        return answer

    async def acquire_async(self, key: str = "", permits: SupportsIndex = 1, timeout: _Timeout = None) -> Answer:
        """As acquire(), in asyncio.sleep(). Cancelling it leaves the slot taken, unused."""
        answer = await self._ask_async(_RESERVE, key, permits, timeout)
        await _sleep_async(answer.ready_after_ns or 0)
        return answer

    def peek(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """What try_reserve() would answer; `remaining` and `reset_after` say how full the queue is. Takes no slot."""
        return self._ask(_PEEK, key, permits)

    async def peek_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As peek(), from a task."""
        return await self._ask_async(_PEEK, key, permits)


class PeriodLimiter(_Limiter):
    """So many permits per period that many processes share, per key.

    ``PeriodLimiter(store, name, limit, period, *, policy=Policy.RESCUE)``: a window begins with the first permit when
    none runs. ``PeriodLimiter.aligned(store, name, limit, period, utc_offset=0)``: windows of a wall clock, such as
    calendar days. ``PeriodLimiter.sliding(store, name, limit, period)``: the last window's permits still weigh. The
    period is in seconds or a timedelta, in whole microseconds.

    Windows lie on the server's clock. No window grants more than the limit; while the store is away, under
    Policy.RESCUE, each member grants its whole part of the limit, at least 1, in windows of its own. Keys, threads,
    waits and errors are as of a TokenBucket; what limit, period and offset may be, as of resil.PeriodLimiter.
    """

    __module__ = "resil.redis"
    __slots__ = ()

    def __init__(
        self,
        store: "_Stores",
        name: str,
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        *,
        policy: Policy = Policy.RESCUE,
    ) -> None:
        self._set_up_windows(store, name, limit, period, PeriodLimiterKind.FROM_FIRST_USE, 0, policy)

    @classmethod
    def aligned(
        cls,
        store: "_Stores",
        name: str,
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        utc_offset: SupportsFloat | timedelta = 0,
        *,
        policy: Policy = Policy.RESCUE,
    ) -> Self:
        """At most `limit` permits in each `period` of the wall clock, `utc_offset` ahead of UTC.

        With a period of a day, windows begin at that clock's midnight. The offset is whole seconds or a timedelta, less
        than 24 hours either way.
        """
        made = cls.__new__(cls)
        made._set_up_windows(store, name, limit, period, PeriodLimiterKind.ALIGNED, utc_offset, policy)
        return made

    @classmethod
    def sliding(
        cls,
        store: "_Stores",
        name: str,
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        *,
        policy: Policy = Policy.RESCUE,
    ) -> Self:
        """At most `limit` permits by an estimate that slides: the window before counts with a share."""
        made = cls.__new__(cls)
        made._set_up_windows(store, name, limit, period, PeriodLimiterKind.SLIDING, 0, policy)
        return made

    def _set_up_windows(
        self,
        store: "_Stores",
        name: str,
        limit: SupportsIndex,
        period: SupportsFloat | timedelta,
        kind: PeriodLimiterKind,
        utc_offset: SupportsFloat | timedelta,
        policy: Policy,
    ) -> None:
        make = _StoreLimiter.period_limiter
        self._set_up(make, store, name, limit, period, kind, utc_offset, policy=policy)

    @property
    def limit(self) -> int:
        """The most permits of one window."""
        return self._limiter.windows[0]

    @property
    def period(self) -> float:
        """The length of a window in seconds, to the nearest float."""
        return self.period_ns / 1e9

    @property
    def period_ns(self) -> int:
        """The length of a window in nanoseconds, exactly."""
        return self._limiter.windows[1]

    @property
    def kind(self) -> PeriodLimiterKind:
        """Where windows begin."""
        return self._limiter.windows[2]

    @property
    def utc_offset(self) -> float | None:
        """Seconds that an aligned limiter's wall clock is ahead of UTC; None for the other kinds."""
        return self._limiter.windows[3]

    def _limit(self) -> str:
        ahead = "" if self.utc_offset is None else f" utc_offset={self.utc_offset!r}"
        return f"limit={self.limit} period={self.period!r} kind={self.kind}{ahead}"

    def try_acquire(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """Takes permits of `key` if so many are left. 0 permits are always granted, more than the limit never.

        The answer's `last` says that the limit is reached now.
        """
        return self._ask(_ACQUIRE, key, permits)

    async def try_acquire_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As try_acquire(), from a task. Cancelled, it may have taken the permits."""
        return await self._ask_async(_ACQUIRE, key, permits)

    def peek(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """What try_acquire() would answer, and how much is left. Takes nothing, and is no first use."""
        return self._ask(_PEEK, key, permits)

    async def peek_async(self, key: str = "", permits: SupportsIndex = 1) -> Answer:
        """As peek(), from a task."""
        return await self._ask_async(_PEEK, key, permits)
