"""Limiters on a real server that fails, under load: nobody gets an error, and nobody waits for the failure.

``LONGEST_WAIT`` is what a caller may wait on a machine that is busy with other things. It is many deadlines, and less
than each failure lasts: whoever waited for the failure would be found.
"""

import asyncio
import contextlib
import functools
import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis_servers import PATIENCE, RedisServer, needs_server, redis_server, wait_for

from resil import ConfigError, Quota, ResilError
from resil.redis import Answer, ClientStore, Fault, Source, Store, TokenBucket

pytestmark = needs_server

redis = pytest.importorskip("redis")

from redis_ways import client_settings

LONGEST_WAIT = 0.7
FAILURE = 0.9
DEADLINE = 0.02

# 200 a second, bursts of 20, of which one of four members has 50 a second and bursts of 5.
RATE, BURST, MEMBERS = 200, 20, 4
QUOTA = Quota.per_second(RATE).with_burst(BURST)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """One for each test, for each breaks it."""
    with redis_server() as server:
        yield server


@dataclass
class Run:
    """What callers got while something happened."""

    longest: float = 0.0
    asked: Counter[Source] = field(default_factory=Counter)
    granted: Counter[Source] = field(default_factory=Counter)
    errors: list[Exception] = field(default_factory=list)

    def count(self, began: float, answer: Answer) -> None:
        """One answer more."""
        self.longest = max(self.longest, time.monotonic() - began)
        self.asked[answer.source] += 1
        self.granted[answer.source] += answer.granted

    def assert_bounds(self, way: str, elapsed: float, fresh_stores: int) -> None:
        """For each source the rate, and a burst each time it begins anew."""
        assert not self.errors, (way, self)
        assert self.longest < LONGEST_WAIT, (way, self)
        assert self.granted[Source.STORE] <= BURST * fresh_stores + RATE * elapsed, (way, self)
        assert self.granted[Source.RESCUE] <= (BURST + RATE * elapsed) / MEMBERS, (way, self)


class ByThreads:
    """A bucket that threads ask all the time."""

    def __init__(self, name: str, store: Store | ClientStore) -> None:
        """Over resil's own connection, or a client of redis-py."""
        self.run, self.over, self.began = Run(), threading.Event(), time.monotonic()
        self.store, self.bucket = store, TokenBucket(store, name, QUOTA)
        self.callers = [threading.Thread(target=self._ask) for _ in range(2)]

    def begin(self) -> None:
        """Begins."""
        for caller in self.callers:
            caller.start()

    def _ask(self) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.run.count(began, self.bucket.try_acquire("key"))
            except Exception as error:
                self.run.errors.append(error)
            time.sleep(0.002)

    def end(self) -> None:
        """Ends all callers."""
        self.over.set()
        for caller in self.callers:
            caller.join()


class ByTasks(ByThreads):
    """A bucket that tasks of an event loop ask, in a thread of its own."""

    def __init__(self, name: str, store: Store | ClientStore, client: Any = None) -> None:
        """Over resil's own connection, or a client of redis-py, which is closed in the end."""
        super().__init__(name, store)
        self.client = client
        self.callers = [threading.Thread(target=lambda: asyncio.run(self._all()))]

    async def _all(self) -> None:
        await asyncio.gather(self._ask_async(), self._ask_async(), self._tick())
        if self.client is not None:
            await self.client.aclose()

    async def _tick(self) -> None:
        """Finds out whether the loop is held up."""
        while not self.over.is_set():
            began = time.monotonic()
            await asyncio.sleep(0.005)
            self.run.longest = max(self.run.longest, time.monotonic() - began)

    async def _ask_async(self) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.run.count(began, await self.bucket.try_acquire_async("key"))
            except Exception as error:
                self.run.errors.append(error)
            await asyncio.sleep(0.002)


@contextlib.contextmanager
def under_load(server: RedisServer) -> Iterator[dict[str, ByThreads]]:
    """A bucket for each way to the server, all of them asked during a block."""
    own = Store(server.url, deadline=DEADLINE, members=MEMBERS)
    assert own.wait_until_up(PATIENCE)
    # The one for asyncio with whatever times it has by itself.
    with redis.Redis(**client_settings(server.port, DEADLINE)) as client:
        async_client = redis.asyncio.Redis(port=server.port)
        loads = {
            "own, threads": ByThreads("own", own),
            "own, tasks": ByTasks("own-tasks", own),
            "redis-py, threads": ByThreads("client", ClientStore(client, members=MEMBERS)),
            "redis-py, tasks": ByTasks(
                "client-tasks", ClientStore(async_client, deadline=DEADLINE, members=MEMBERS), async_client
            ),
        }
        for load in loads.values():
            load.begin()
        try:
            yield loads
        finally:
            with contextlib.suppress(ProcessLookupError):
                server.go_on()
            for load in loads.values():
                load.end()


FAILURES: dict[str, tuple[Callable[[RedisServer], Any], Callable[[RedisServer], Any], set[Fault], int]] = {
    # A client for asyncio may try to connect again and again, until the deadline ends it.
    "killed, and back empty": (RedisServer.kill, RedisServer.restart, {Fault.DISCONNECTED, Fault.TIMEOUT}, 2),
    "stopped": (RedisServer.stop, RedisServer.go_on, {Fault.TIMEOUT, Fault.DISCONNECTED}, 1),
    "out of memory": (
        lambda server: server.command("CONFIG", "SET", "maxmemory", "1"),
        lambda server: server.command("CONFIG", "SET", "maxmemory", "0"),
        {Fault.UNABLE},
        1,
    ),
}


@pytest.mark.parametrize(("fail", "mend", "faults", "fresh_stores"), FAILURES.values(), ids=FAILURES)
def test_a_server_that_fails_and_is_mended(
    fail: Callable[[RedisServer], Any],
    mend: Callable[[RedisServer], Any],
    faults: set[Fault],
    fresh_stores: int,
    server: RedisServer,
) -> None:
    """No error, no wait, no more than is promised; the share decides meanwhile, and then the store again."""
    with under_load(server) as loads:

        def everyone(asked: Callable[[ByThreads, int], bool], counts: Counter[str]) -> bool:
            return all(asked(load, counts[way]) for way, load in loads.items())

        def is_asked_more(load: ByThreads, before: int) -> bool:
            return load.store.snapshot().up and load.run.asked[Source.STORE] > before + 10

        wait_for(lambda: everyone(is_asked_more, Counter()), "asked by everyone")
        fail(server)
        wait_for(lambda: everyone(lambda load, _: not load.store.snapshot().up, Counter()), "down for everyone")
        before = Counter({way: load.run.asked[Source.STORE] for way, load in loads.items()})
        time.sleep(FAILURE)
        for way, load in loads.items():
            seen = load.store.snapshot()
            assert (seen.up, seen.last_fault in faults, seen.outages >= 1) == (False, True, True), (way, seen)
        mend(server)
        wait_for(lambda: everyone(is_asked_more, before), "asked by everyone again")
    for way, load in loads.items():
        load.run.assert_bounds(way, time.monotonic() - load.began, fresh_stores)
        assert load.run.granted[Source.RESCUE] > 0, way


def test_a_server_that_appears_later_is_found(server: RedisServer) -> None:
    """Opening did not need it; who wants can wait for it, from a task too."""
    server.kill()
    store = Store(server.url, members=1)
    bucket = TokenBucket(store, "later", QUOTA)
    assert bucket.try_acquire().source is Source.RESCUE
    assert store.wait_until_up(0.05) is False
    server.restart()
    assert asyncio.run(asyncio.to_thread(store.wait_until_up)) is True
    assert store.snapshot().up


def test_a_foreign_key_is_that_call_s_affair(server: RedisServer) -> None:
    """The policy decides it, and the store is asked about others all the same."""
    server.command("LPUSH", "resil:1:tb:keys:{list}", "mine")
    with redis.Redis(**client_settings(server.port)) as client:
        for store in (Store(server.url, deadline=PATIENCE), ClientStore(client)):
            assert isinstance(store, ClientStore) or store.wait_until_up(PATIENCE)
            bucket = TokenBucket(store, "keys", QUOTA)
            assert [bucket.try_acquire("list").source for _ in range(25)] == [Source.RESCUE] * 25
            assert bucket.try_acquire("other").source is Source.STORE
            assert (store.snapshot().up, store.snapshot().outages) == (True, 0)


def test_scripts_that_the_server_forgets_are_sent_again(server: RedisServer) -> None:
    """By their text."""
    with redis.Redis(**client_settings(server.port)) as client:
        bucket = TokenBucket(client, "flushed", QUOTA)
        for _ in range(3):
            assert server.command("SCRIPT", "FLUSH") == "+OK"
            assert bucket.try_acquire().source is Source.STORE


def is_refused(store: Store) -> bool:
    """Whether the store refused the client."""
    return store.snapshot().last_fault is Fault.REFUSED


def test_a_server_that_wants_a_password_is_one_that_refuses(server: RedisServer) -> None:
    """And says so."""
    server.command("CONFIG", "SET", "requirepass", "secret")
    for password in ("", ":wrong@"):
        store = Store(server.url.replace("//", f"//{password}"))
        wait_for(functools.partial(is_refused, store), "refused")
    right = Store(server.url.replace("//", "//:secret@"))
    assert right.wait_until_up(PATIENCE)
    with redis.Redis(**client_settings(server.port)) as client:
        by_client = ClientStore(client)
        assert TokenBucket(by_client, "password", QUOTA).try_acquire().source is Source.RESCUE
        assert (by_client.snapshot().up, by_client.snapshot().last_fault) == (False, Fault.REFUSED)


def test_a_cancelled_task_leaves_the_store_to_the_others(server: RedisServer) -> None:
    """However many are cancelled, at whatever moment."""
    store = Store(server.url, deadline=PATIENCE, members=1)
    assert store.wait_until_up(PATIENCE)
    bucket = TokenBucket(store, "cancelled", QUOTA)

    async def main() -> None:
        for turns in range(60):
            task = asyncio.ensure_future(bucket.try_acquire_async("key"))
            for _ in range(turns % 6):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        server.stop()
        tasks = [asyncio.ensure_future(bucket.try_acquire_async("key")) for _ in range(10)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
        for task in tasks[:5]:
            task.cancel()
        server.go_on()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 5 + [Answer] * 5
        # What waits for permits and is cancelled gives them back.
        slow = TokenBucket(store, "given-back", Quota(1, 3600, 2), max_wait=7200)
        assert await slow.acquire_async("key", 2)
        for _ in range(3):
            waiting = asyncio.ensure_future(slow.acquire_async("key", 1))
            await asyncio.sleep(0.02)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert (await slow.reserve_async("key", 1)).ready_after <= 3600

    asyncio.run(main())
    assert store.snapshot().outages == 0


def test_a_client_that_does_not_let_itself_be_cancelled_holds_nobody_up() -> None:
    """Its late answer is not heard, and what it raises late disturbs nobody."""
    over, told = asyncio.Event(), list[Any]()

    class Stubborn(redis.asyncio.Redis):  # type: ignore[misc, name-defined]
        async def evalsha(self, *words: Any) -> list[int]:
            while not over.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await over.wait()
            raise redis.exceptions.NoScriptError

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        store = ClientStore(Stubborn(), deadline=0.01, connect_timeout=0.01)
        bucket = TokenBucket(store, "stubborn", QUOTA)
        answers = [await bucket.try_acquire_async() for _ in range(5)]
        assert {answer.source for answer in answers} == {Source.RESCUE}
        assert (store.snapshot().up, store.snapshot().last_fault) == (False, Fault.TIMEOUT)
        await asyncio.sleep(0.03)
        over.set()
        await asyncio.sleep(0.01)
        gc.collect()

    asyncio.run(main())
    assert not told


def test_a_cancelled_task_cancels_what_its_client_does() -> None:
    """Nobody wants the answer."""
    ended: list[type[BaseException]] = []

    class Slow(redis.asyncio.Redis):  # type: ignore[misc, name-defined]
        async def evalsha(self, *words: Any) -> list[int]:
            try:
                await asyncio.sleep(PATIENCE)
            except BaseException as error:
                ended.append(type(error))
                raise
            return []

    async def main() -> None:
        bucket = TokenBucket(ClientStore(Slow(), deadline=PATIENCE), "slow", QUOTA)
        asking = asyncio.ensure_future(bucket.try_acquire_async())
        await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0)
        assert ended == [asyncio.CancelledError]

    asyncio.run(main())


def test_a_client_that_would_not_keep_its_times_is_refused_by_name(server: RedisServer) -> None:
    """Who waits for ever, and who tries again."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    for settings, fault in (
        ({"socket_timeout": None, "retry": None}, "client must have a socket_timeout"),
        ({"socket_timeout": 1, "retry": Retry(NoBackoff(), 1)}, "client must not retry"),
        ({}, "client must"),
    ):
        with redis.Redis(port=server.port, **settings) as client, pytest.raises(ConfigError, match=f"^{fault}"):
            TokenBucket(client, "client", QUOTA)
    with redis.Redis(port=server.port, socket_timeout=PATIENCE, retry=None) as client:
        assert TokenBucket(client, "client", QUOTA).try_acquire().source is Source.STORE


def test_a_client_of_the_other_kind_says_so(server: RedisServer) -> None:
    """Instead of blocking a loop, or answering a coroutine."""

    async def main() -> None:
        client = redis.asyncio.Redis(port=server.port)
        bucket = TokenBucket(client, "kinds", QUOTA)
        for ask in (bucket.try_acquire, bucket.peek, bucket.reserve, bucket.acquire):
            with pytest.raises(ResilError, match="client is for asyncio"):
                ask()
        await client.aclose()
        with redis.Redis(**client_settings(server.port)) as sync:
            with pytest.raises(ResilError, match="client is for threads"):
                await TokenBucket(sync, "kinds", QUOTA).try_acquire_async()

    asyncio.run(main())


def test_limiters_of_one_client_judge_the_store_together(server: RedisServer) -> None:
    """What one of them met, the others know."""
    with redis.Redis(**client_settings(server.port)) as client:
        one, other = (TokenBucket(client, name, QUOTA) for name in ("one", "other"))
        assert one.try_acquire().source is Source.STORE
        server.kill()
        assert one.try_acquire().source is Source.RESCUE
        asked: list[Any] = []
        client.evalsha = lambda sha1, keys, *words: asked.append(words[0])
        assert other.try_acquire().source is Source.RESCUE
        # It tries the store, or leaves that to others, before it asks anything of its own.
        assert all(key.startswith("resil:1:tb:probe:") for key in asked)
