"""A store that a client of redis-py reaches."""

import asyncio
import inspect
from datetime import timedelta
from typing import TYPE_CHECKING, Any, SupportsFloat
from weakref import WeakKeyDictionary

from resil._resil import Store, StoreSnapshot, _seconds, _StoreStep
from resil.errors import ConfigError, ResilError
from resil.store_asker import Asked, Asker, OwnConnection
from resil.store_fault import Fault

if TYPE_CHECKING:
    import redis
    import redis.asyncio

    _Client = redis.Redis | redis.RedisCluster | redis.asyncio.Redis | redis.asyncio.RedisCluster


class ClientStore:
    """A store that a client of redis-py reaches: one for threads, or one for asyncio.

    ``ClientStore(client, *, deadline=0.02, connect_timeout=0.1, members="default")``. The client connects and keeps its
    pool; resil says what to ask, and while the client fails the policy decides. There is no thread: while the store is
    away one call at a time tries it, when a try is due, and where members are counted, one call every 2 s says that
    this process is there. ``members`` is as for a Store.

    No call of an asyncio client waits longer than ``deadline``; a connection that it began to make is made in the
    background, for ``connect_timeout`` more. A client for threads has to keep its times by itself: it must have a
    ``socket_timeout`` and no retries, ``redis.Redis(..., socket_timeout=0.02, socket_connect_timeout=0.1,
    retry=None)``, else ConfigError is raised. A call then waits so long for each answer: mostly for one, for up to five
    when it finds that the store is back. A retry after a lost answer would take permits twice, for the script may have
    run.

    Limiters that are given the client itself, ``TokenBucket(client, ...)``, have one of these with its defaults, all of
    them the same.
    """

    __module__ = "resil.redis"

    def __init__(
        self,
        client: "_Client",
        *,
        deadline: SupportsFloat | timedelta = 0.02,
        connect_timeout: SupportsFloat | timedelta = 0.1,
        members: int | str = "default",
    ) -> None:
        _check(client)
        self._asker = _asker(client, Store._by_hand(deadline, connect_timeout, members), deadline, connect_timeout)

    def snapshot(self) -> StoreSnapshot:
        """What there is to monitor."""
        return self._asker.store.snapshot()


def asker_of(store: object) -> Asker:
    """The way to what was given as a limiter's store."""
    if isinstance(store, Store):
        return OwnConnection(store)
    if isinstance(store, ClientStore):
        return store._asker  # pyright: ignore[reportPrivateUsage]
    _check(store)
    by_hand = _by_hand.get(store)
    if by_hand is None:
        by_hand = _by_hand.setdefault(store, Store._by_hand(_DEADLINE, _CONNECT_TIMEOUT, "default"))
    return _asker(store, by_hand, _DEADLINE, _CONNECT_TIMEOUT)


_DEADLINE, _CONNECT_TIMEOUT = 0.02, 0.1

# Of clients that were given to limiters as they are; the values do not hold their keys.
_by_hand: WeakKeyDictionary[Any, Store] = WeakKeyDictionary()


def _is_async(client: object) -> bool:
    return any(base.__module__.startswith("redis.asyncio") for base in type(client).__mro__)


def _check(client: Any) -> None:
    if not callable(getattr(client, "evalsha", None)) or inspect.isclass(client):
        raise TypeError(
            "store must be a resil.redis.Store, a resil.redis.ClientStore or a client of redis-py, "
            f"not {type(client).__qualname__}"
        )
    settings = getattr(client, "get_connection_kwargs", None)
    if _is_async(client) or settings is None:
        return
    found = settings()
    if found.get("socket_timeout") is None:
        raise ConfigError("client must have a socket_timeout, such as 0.02: without one its calls wait for ever")
    retry = found.get("retry")
    if retry is not None and retry.get_retries() != 0:
        raise ConfigError(
            "client must not retry, as with retry=None: "
            "a retry outlasts the deadline, and after a lost answer takes permits twice"
        )


def _asker(
    client: Any,
    store: Store,
    deadline: SupportsFloat | timedelta,
    connect_timeout: SupportsFloat | timedelta,
) -> Asker:
    if _is_async(client):
        return _TasksClient(client, store, _seconds(deadline) or 0.0, _seconds(connect_timeout) or 0.0)
    return _ThreadsClient(client, store)


class _ThreadsClient:
    """A client for threads."""

    def __init__(self, client: Any, store: Store) -> None:
        self._client, self.store = client, store

    def ask(self, asked: Asked, *question: Any) -> Any:
        """As many calls as it takes: mostly one."""
        begun = asked.begin(*question)
        while isinstance(begun, _StoreStep):
            begun = self._call(begun)
        return begun

    def _call(self, step: _StoreStep) -> Any:
        from redis.exceptions import NoScriptError, RedisError

        keys, words = step.keys, step.words
        try:
            try:
                numbers = self._client.evalsha(step.sha1, keys, *words)
            except NoScriptError:
                numbers = self._client.eval(step.script, keys, *words)
        except (RedisError, OSError) as error:
            return _failed(step, error)
        return step.finish(numbers)

    async def ask_async(self, asked: Asked, *question: Any) -> Any:
        """Refuses: it would hold up the event loop."""
        raise ResilError("this limiter's client is for threads: await needs a redis.asyncio client, or a Store")


class _TasksClient:
    """A client for asyncio."""

    def __init__(self, client: Any, store: Store, deadline: float, connect_timeout: float) -> None:
        self._client, self.store, self._deadline, self._connect_timeout = client, store, deadline, connect_timeout
        self._late: set[asyncio.Task[Any]] = set()

    def ask(self, asked: Asked, *question: Any) -> Any:
        """Refuses: it cannot wait."""
        raise ResilError("this limiter's client is for asyncio: use the _async form, a redis.Redis client, or a Store")

    async def ask_async(self, asked: Asked, *question: Any) -> Any:
        """As many calls as it takes, mostly one; all of them in one deadline."""
        begun = asked.begin(*question)
        if isinstance(begun, _StoreStep):
            end = asyncio.get_running_loop().time() + self._deadline
            while isinstance(begun, _StoreStep):
                begun = await self._call(begun, end)
        return begun

    async def _call(self, step: _StoreStep, end: float) -> Any:
        from redis.exceptions import RedisError

        loop = asyncio.get_running_loop()
        # A task of its own: not every client lets itself be cancelled at every moment.
        calling = loop.create_task(self._evaluate(step))
        try:
            await asyncio.wait((calling,), timeout=max(0.0, end - loop.time()))
        except BaseException:
            calling.cancel()
            raise
        if not calling.done():
            # It may be making a connection, for those who come after. Nobody waits for it.
            self._late.add(calling)
            calling.add_done_callback(self._forget)
            loop.call_later(self._connect_timeout, calling.cancel)
            return step.fail(Fault.TIMEOUT)
        try:
            numbers = calling.result()
        except asyncio.CancelledError:
            return step.fail(Fault.TIMEOUT)
        except (RedisError, OSError) as error:
            return _failed(step, error)
        return step.finish(numbers)

    async def _evaluate(self, step: _StoreStep) -> Any:
        from redis.exceptions import NoScriptError

        keys, words = step.keys, step.words
        try:
            return await self._client.evalsha(step.sha1, keys, *words)
        except NoScriptError:
            return await self._client.eval(step.script, keys, *words)

    def _forget(self, late: asyncio.Task[Any]) -> None:
        self._late.discard(late)
        if not late.cancelled():
            # Asked for, so that nobody is told that it was never asked for.
            late.exception()


def _failed(step: _StoreStep, error: Exception) -> Any:
    """Goes on without the answer, for the fault that the error tells."""
    from redis import exceptions

    # The first that fits: some of them are subclasses of later ones.
    faults: list[tuple[tuple[type[Exception], ...], Fault]] = [
        ((exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError), Fault.REFUSED),
        ((exceptions.BusyLoadingError, exceptions.ReadOnlyError, exceptions.OutOfMemoryError), Fault.UNABLE),
        ((exceptions.ClusterDownError, exceptions.AskError, exceptions.TryAgainError), Fault.UNABLE),
        # The pool is empty, of which the server knows nothing.
        ((exceptions.MaxConnectionsError,), Fault.CALL),
        ((exceptions.TimeoutError, TimeoutError), Fault.TIMEOUT),
        ((exceptions.ConnectionError, OSError), Fault.DISCONNECTED),
    ]
    for kinds, fault in faults:
        if isinstance(error, kinds):
            return step.fail(fault)
    return step.fail_as(str(error))
