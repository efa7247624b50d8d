"""Limiters on a store that is not there: what they are, what they refuse, and who decides."""

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from redis_servers import free_port

from resil import ConfigError, Denied, PeriodLimiterKind, Quota, Verdict
from resil.redis import (
    Answer,
    Fault,
    LeakyMeter,
    LeakyQueue,
    PeriodLimiter,
    Policy,
    Source,
    Store,
    StoreSnapshot,
    TokenBucket,
    Unavailable,
)

QUOTA = Quota.per_minute(60).with_burst(20)
LIMITERS: dict[str, Callable[..., Any]] = {
    "TokenBucket": lambda store, **named: TokenBucket(store, "limit", QUOTA, **named),
    "LeakyMeter": lambda store, **named: LeakyMeter(store, "limit", QUOTA, **named),
    "PeriodLimiter": lambda store, **named: PeriodLimiter(store, "limit", 20, 3600, **named),
    "PeriodLimiter.sliding": lambda store, **named: PeriodLimiter.sliding(store, "limit", 20, 2**27, **named),
}


@pytest.fixture(scope="module")
def away() -> Store:
    """A store that is not there, for four members."""
    return Store(f"redis://127.0.0.1:{free_port()}/", members=4)


@pytest.fixture(params=list(LIMITERS.values()), ids=list(LIMITERS))
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes each limiter that says yes or no."""
    made: Callable[..., Any] = request.param
    return made


def test_a_share_of_the_limit_decides_while_the_store_is_away(make: Callable[..., Any], away: Store) -> None:
    """A fourth of it, for each key, and what is more than that is asked again."""
    limiter = make(away)
    assert [bool(limiter.try_acquire("ada")) for _ in range(6)] == [True] * 5 + [False]
    refused = limiter.try_acquire("ada")
    assert (refused.source, refused.exceeds_limit, refused.fault) == (Source.RESCUE, False, None)
    assert 0 < refused.retry_after <= 2**27
    assert limiter.try_acquire("bob", 5)
    assert limiter.try_acquire("eve", 6).retry_after == 0.5


def test_each_policy_decides_as_it_says(make: Callable[..., Any], away: Store) -> None:
    """And says that it did."""
    opened = make(away, policy=Policy.OPEN)
    assert [opened.try_acquire("ada", 20).source for _ in range(3)] == [Source.POLICY] * 3
    assert opened.try_acquire("ada", 20).granted
    closed = make(away, policy=Policy.CLOSED).try_acquire("ada")
    assert (closed.granted, closed.source, closed.retry_after_ns) == (False, Source.POLICY, 500_000_000)
    nobody = make(away, policy=Policy.UNAVAILABLE).try_acquire("ada")
    assert (nobody.granted, nobody.source, nobody.fault) == (False, Source.POLICY, Fault.DISCONNECTED)
    assert (nobody.verdict, nobody.retry_after, nobody.exceeds_limit) == (None, None, False)
    assert isinstance(nobody.refusal, Unavailable)
    with pytest.raises(Unavailable, match="unavailable: no connection to the store") as raised:
        nobody.raise_if_denied()
    assert raised.value.fault is Fault.DISCONNECTED


def test_what_the_limit_decides_by_itself_asks_nobody(make: Callable[..., Any], away: Store) -> None:
    """No permits, and more than it ever grants."""
    limiter = make(away, policy=Policy.UNAVAILABLE)
    nothing, never = limiter.try_acquire("ada", 0), limiter.try_acquire("ada", 21)
    assert (nothing.granted, nothing.source) == (True, Source.LIMIT)
    assert (never.exceeds_limit, never.source, never.retry_after) == (True, Source.LIMIT, None)
    with pytest.raises(Denied):
        never.raise_if_denied()


def test_a_task_is_answered_as_a_thread_is(make: Callable[..., Any], away: Store) -> None:
    """At once, for the store is away."""
    limiter = make(away)

    async def ask() -> list[bool]:
        answers = [await limiter.try_acquire_async("ada") for _ in range(6)]
        peek = await limiter.peek_async("ada")
        return [*map(bool, answers), bool(peek)]

    assert asyncio.run(ask()) == [True] * 5 + [False] * 2


def test_a_peek_tells_what_is_left(away: Store) -> None:
    """Of the share, and takes nothing."""
    bucket = TokenBucket(away, "peek", QUOTA)
    for _ in range(2):
        peek = bucket.peek("ada", 3)
        assert (peek.granted, peek.remaining, peek.reset_after, peek.source) == (True, 5, 0.0, Source.RESCUE)
    assert not bucket.peek("ada", 6)
    queue = LeakyQueue(away, "peek", QUOTA)
    assert queue.try_reserve("ada", 5).ready_after == 0.0
    peek = queue.peek("ada")
    assert (peek.granted, peek.ready_after, peek.remaining) == (False, None, 0)
    assert LeakyQueue(away, "peek", QUOTA, policy=Policy.OPEN).peek().ready_after == 0.0


def test_the_share_keeps_promises_and_takes_them_back(away: Store) -> None:
    """As the bucket in the process does."""
    bucket = TokenBucket(away, "promises", QUOTA)
    first = bucket.reserve("ada", 5)
    assert (first.ready_after, first.permits, first.source, bool(first.answer)) == (0.0, 5, Source.RESCUE, True)
    second = bucket.reserve("ada", 1)
    assert 3.9 < second.ready_after <= 4.0
    assert (second.cancel(), second.cancel()) == (True, False)
    with pytest.raises(Denied):
        bucket.reserve("ada", 1, timeout=1)
    with pytest.raises(Unavailable):
        TokenBucket(away, "promises", QUOTA, policy=Policy.UNAVAILABLE).reserve("ada")
    nothing = bucket.reserve("ada", 0)
    assert (nothing.ready_after_ns, nothing.source, nothing.cancel()) == (0, Source.LIMIT, False)

    async def give_back() -> bool:
        assert (await bucket.reserve_async("bob", 5)).ready_after == 0.0
        reserved = await bucket.reserve_async("bob", 5)
        return await reserved.cancel_async() and not await reserved.cancel_async()

    assert asyncio.run(give_back())


def test_waiting_ends_with_the_permits(away: Store) -> None:
    """Or at once, where it would take too long."""
    fast = Quota.per_second(400).with_burst(4)
    bucket, queue = TokenBucket(away, "waits", fast), LeakyQueue(away, "waits", fast)
    assert all(bucket.acquire("ada", timeout=10) for _ in range(3))
    refused = bucket.acquire("ada", timeout=0)
    assert not refused or refused.source is Source.RESCUE
    assert queue.acquire("ada").ready_after_ns == 0

    async def wait() -> list[bool]:
        return [bool(await limiter.acquire_async("bob", timeout=10)) for limiter in (bucket, queue)]

    assert asyncio.run(wait()) == [True, True]


def test_what_a_sleep_raises_gives_the_permits_back(away: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And goes on; so does a task that is cancelled."""
    bucket = TokenBucket(away, "interrupted", QUOTA)
    assert bucket.acquire("ada", 5)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("time.sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bucket.acquire("ada", 4)

    async def cancelled() -> None:
        task = asyncio.ensure_future(bucket.acquire_async("ada", 4))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    # 16 s each, had they stayed taken.
    assert bucket.reserve("ada", 4).ready_after <= 16


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda store: Store("redis://127.0.0.1:port/"), "url"),
        (lambda store: Store("http://127.0.0.1/"), "url"),
        (lambda store: Store("redis://127.0.0.1/", deadline=0), "deadline"),
        (lambda store: Store("redis://127.0.0.1/", deadline=-1), "deadline"),
        (lambda store: Store("redis://127.0.0.1/", connect_timeout=0), "connect_timeout"),
        (lambda store: Store("redis://127.0.0.1/", members=0), "members"),
        (lambda store: Store("redis://127.0.0.1/", members="a b"), "members"),
        (lambda store: TokenBucket(store, "a b", QUOTA), "name"),
        (lambda store: TokenBucket(store, "", QUOTA), "name"),
        (lambda store: TokenBucket(store, "a", QUOTA, max_wait=timedelta(days=20_000)), "max_wait"),
        (lambda store: TokenBucket(store, "a", Quota.from_ns(2**32 - 5, 86_400 * 10**9 + 1, 2**20)), "quota"),
        (lambda store: PeriodLimiter(store, "a", 0, 1), "limit"),
        (lambda store: PeriodLimiter(store, "a", 1, 1.5e-6), "period"),
        (lambda store: PeriodLimiter.aligned(store, "a", 1, 1, 86_400), "utc_offset"),
        (lambda store: TokenBucket(store, "a", QUOTA).try_acquire("", -1), "permits"),
        (lambda store: TokenBucket(store, "a", QUOTA).reserve("", 1, -1), "timeout"),
        (lambda store: Answer(Source.STORE), "verdict"),
        (lambda store: Answer(Source.STORE, Verdict(), Fault.CALL), "verdict"),
        (lambda store: Answer(Source.STORE, Verdict(5), ready_after_ns=1), "ready_after_ns"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(make: Callable[[Store], object], fault: str, away: Store) -> None:
    """Before anything is asked."""
    with pytest.raises(ConfigError, match=f"^{fault}"):
        make(away)


# Without the types that the type checkers would hold against what follows.
untyped_bucket: Any = TokenBucket
untyped_store: Any = Store
untyped_answer: Any = Answer


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda store: untyped_bucket("redis://127.0.0.1/", "a", QUOTA), "store must be a resil.redis.Store"),
        (lambda store: untyped_bucket(Store, "a", QUOTA), "store must be a resil.redis.Store"),
        (lambda store: untyped_bucket(store, "a", 5), "quota must be a resil.Quota"),
        (lambda store: untyped_bucket(store, "a", QUOTA, policy="open"), "policy must be a resil.redis.Policy"),
        (lambda store: untyped_bucket(store, "a", QUOTA).try_acquire(7), "str"),
        (lambda store: untyped_bucket(store, "a", QUOTA).try_acquire("", "1"), "permits must be an int"),
        (lambda store: untyped_store("redis://127.0.0.1/", members=1.5), "members must be"),
        (lambda store: untyped_answer("store"), "source must be a resil.redis.Source"),
    ],
)
def test_what_is_of_another_type_is_refused_by_name(make: Callable[[Any], object], fault: str, away: Store) -> None:
    """As everywhere."""
    with pytest.raises(TypeError, match=fault):
        make(away)


ANSWERS = [
    Answer(Source.STORE, Verdict(), remaining=3, reset_after_ns=7),
    Answer(Source.STORE, Verdict(last=True), None, 0, 7),
    Answer(Source.LIMIT, Verdict(exceeds_limit=True)),
    Answer(Source.RESCUE, Verdict(2**40)),
    Answer(Source.STORE, Verdict(), None, 1, 2, 3),
    Answer(Source.POLICY, fault=Fault.UNABLE),
]


@pytest.mark.parametrize("value", [*ANSWERS, StoreSnapshot(True, 3, 1, Fault.TIMEOUT), Unavailable(Fault.CALL), *Fault], ids=repr)
def test_values_pickle_copy_and_compare(value: object) -> None:
    """By value."""
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert repr(again) == repr(value)
        if not isinstance(value, Exception):
            assert (again, hash(again)) == (value, hash(value))


def test_an_answer_prints_as_it_is_made() -> None:
    """With what it has."""
    namespace = {"Answer": Answer, "Source": Source, "Verdict": Verdict, "Fault": Fault}
    for answer in ANSWERS:
        assert eval(repr(answer), namespace) == answer
    assert len(set(ANSWERS)) == len(ANSWERS)
    assert repr(ANSWERS[0]) == "Answer(Source.STORE, Verdict(), remaining=3, reset_after_ns=7)"


def test_what_holds_a_connection_is_neither_pickled_nor_copied(make: Callable[..., Any], away: Store) -> None:
    """A copy would be another one."""
    for held in (away, make(away), TokenBucket(away, "a", QUOTA).reserve("pickled")):
        for copied in (pickle.dumps, copy.copy):
            with pytest.raises(TypeError, match="cannot pickle or copy"):
                copied(held)


def test_they_show_what_they_are_and_no_password() -> None:
    """In a line."""
    store = Store("redis://:secret@127.0.0.1:1/", members=2)
    assert repr(store) == "<Store up=False members=2 outages=0 last_fault=Fault.DISCONNECTED>"
    bucket = TokenBucket(store, "api", QUOTA, policy=Policy.OPEN)
    assert repr(bucket) == "<TokenBucket 'api' Quota(permits=60, period=60.0, burst=20) policy=OPEN>"
    assert (bucket.name, bucket.quota, bucket.policy) == ("api", QUOTA, Policy.OPEN)
    daily = PeriodLimiter.aligned(store, "daily", 5, 86_400, timedelta(hours=1))
    assert repr(daily).startswith("<PeriodLimiter 'daily' limit=5 period=86400.0 kind=PeriodLimiterKind.ALIGNED")
    assert (daily.limit, daily.period, daily.period_ns) == (5, 86_400.0, 86_400 * 10**9)
    assert (daily.kind, daily.utc_offset) == (PeriodLimiterKind.ALIGNED, 3600.0)


def test_waiting_for_a_store_that_is_away_ends_with_the_timeout(away: Store) -> None:
    """And says that it is not there."""
    assert away.wait_until_up(0) is False
    assert away.wait_until_up(timedelta(milliseconds=60)) is False
    assert away.snapshot() == StoreSnapshot(False, 4, 0, Fault.DISCONNECTED)


def test_a_store_ends_its_thread_with_its_last_limiter() -> None:
    """There is one thread for a store, which Python's own does not count."""

    def threads() -> list[str]:
        names = []
        for task in __import__("pathlib").Path("/proc/self/task").glob("*/comm"):
            names.append(task.read_text().strip())
        return names

    from redis_servers import wait_for

    before = threads().count("resil-redis")
    bucket = TokenBucket(Store("redis://127.0.0.1:1/"), "thread", QUOTA)
    wait_for(lambda: threads().count("resil-redis") == before + 1, "a thread")
    assert threading.active_count() == 1
    del bucket
    wait_for(lambda: threads().count("resil-redis") == before, "the thread's end")
