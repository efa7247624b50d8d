"""What the types say; read by the type checkers, never run."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, assert_type

import httpx
import prometheus_client
import redis
import redis.asyncio
import requests
from fastapi import FastAPI
from opentelemetry import metrics
from starlette.applications import Starlette
from starlette.middleware import Middleware

import resil
from resil import (
    Carry,
    CoarseClock,
    Ewma,
    EwmaSnapshot,
    LeakyBucket,
    LeakyMeter,
    LeakyQueue,
    ManualClock,
    Mode,
    MonotonicClock,
    Outcome,
    PeriodLimiter,
    PeriodLimiterKind,
    Permit,
    QuantaClock,
    Quota,
    Recorded,
    Refusals,
    RollingCounter,
    RollingWindow,
    Shared,
    SingleFlight,
    Slot,
    SreBreaker,
    SreBreakerConfig,
    TokenBucket,
    Totals,
    UnixClock,
    Verdict,
    decay_factor,
)
from resil.asgi import RateLimitMiddleware
from resil.httpx import AsyncBreakerTransport, BreakerTransport
from resil.keyed import Keyed
from resil.opentelemetry import observe
from resil.prometheus import ResilCollector
from resil.redis import Answer, ClientStore, Fault, Policy, Source, Store, StoreSnapshot, Unavailable
from resil.redis import LeakyMeter as SharedMeter
from resil.redis import LeakyQueue as SharedQueue
from resil.redis import PeriodLimiter as SharedPeriods
from resil.redis import Reservation as SharedReservation
from resil.redis import TokenBucket as SharedBucket
from resil.requests import BreakerAdapter

quota = Quota(3, timedelta(seconds=7), burst=5)
assert_type(quota, Quota)
assert_type(Quota.from_ns(3, 7, 5), Quota)
assert_type(Quota.per_second(3).with_burst(2), Quota)
assert_type(quota.period, float)
assert_type(quota.period_ns, int)
Quota(3, Decimal("0.5"), 5)

bucket = TokenBucket(quota, initial=0, clock=ManualClock())
assert_type(bucket.clock, MonotonicClock | CoarseClock | QuantaClock | UnixClock | ManualClock)
assert_type(bucket.try_acquire(), Verdict)
assert_type(bucket.try_acquire_at(0, 2), Verdict)
assert_type(bucket.acquire(timeout=timedelta(seconds=1)), Verdict)
assert_type(bucket.peek().answer, Verdict)
assert_type(bucket.reserve().ready_after, float)
assert_type(bucket.reserve_within(timeout=None).cancel(), bool)
assert_type(bucket.snapshot(), resil.TokenBucketSnapshot)
assert_type(bucket.try_acquire().retry_after, float | None)
assert_type(bucket.try_acquire().retry_after_ns, int | None)
assert_type(resil.Denied(5).retry_after, float | None)
bucket.set_quota(quota, Carry.PROPORTIONAL)


@bucket.limit
def bare(a: int, *, b: str = "") -> bytes:
    """A function keeps its type."""
    return b.encode() * a


@bucket.limit(permits=2, timeout=0.5)
async def fetch(url: str) -> list[str]:
    """A coroutine function too."""
    return [url]


class Client:
    """Methods keep theirs."""

    @bucket.limit
    def get(self, path: str) -> int:
        """A method."""
        return len(path)


class Named(TokenBucket):
    """A subclass may have attributes."""

    name: str


assert_type(bare(1, b="x"), bytes)
assert_type(Client().get("/"), int)
assert_type(Named(quota), Named)
fetching: Callable[[str], Coroutine[Any, Any, list[str]]] = fetch


async def main() -> None:
    """Waiting in tasks."""
    assert_type(await bucket.acquire_async(2, timeout=1), Verdict)
    assert_type(await fetch("x"), list[str])
    async with bucket:
        pass
    with bucket:
        pass


meter = LeakyBucket.meter(quota, clock=UnixClock())
assert_type(meter, LeakyMeter)
assert_type(meter.try_acquire(), Verdict)
assert_type(meter.peek_at(0, 2).remaining, int)
queue = LeakyQueue(quota, clock=CoarseClock())
assert_type(LeakyBucket.queue(quota), LeakyQueue)
assert_type(queue.try_reserve(), Slot)
assert_type(queue.try_reserve_within_at(0, 1, timedelta(seconds=1)).ready_after, float)
assert_type(queue.acquire(timeout=0.5), Verdict)
assert_type(queue.peek().ready_after_ns, int | None)
assert_type(queue.snapshot(), resil.LeakyBucketSnapshot)


@queue.limit(timeout=1)
def paced(a: int) -> bytes:
    """A function keeps its type."""
    return bytes(a)


@queue.limit
async def paced_fetch(url: str) -> list[str]:
    """A coroutine function too."""
    return [url]


async def paced_main() -> None:
    """Waiting in tasks."""
    assert_type(await queue.acquire_async(2, timeout=1), Verdict)
    assert_type(await paced_fetch("x"), list[str])
    async with queue:
        pass
    with queue:
        assert_type(paced(1), bytes)


daily = PeriodLimiter.aligned(1_000, timedelta(days=1), utc_offset=timedelta(hours=1))
assert_type(daily, PeriodLimiter)
assert_type(PeriodLimiter.sliding(1, 60, clock=ManualClock()), PeriodLimiter)
assert_type(PeriodLimiter(1, Decimal("0.5")).try_acquire().last, bool)
assert_type(daily.kind, PeriodLimiterKind)
assert_type(daily.utc_offset, float | None)
assert_type(daily.snapshot_at(0).taken_before, int)
assert_type(daily.peek().answer, Verdict)

window = RollingWindow(timedelta(seconds=1), 60, leave_out_current=True, clock=ManualClock())
assert_type(window.record(3), Recorded)
assert_type(window.totals_at(0), Totals)
assert_type(window.totals().mean, float | None)
assert_type(window.buckets(), list[Totals])
assert_type(window.snapshot().totals, Totals)
counter = RollingCounter(1, 60)
assert_type(counter.add(), Recorded)
assert_type(counter.buckets(), list[int])
assert_type(counter.snapshot().total, int)

average = Ewma.sample_weighted(timedelta(seconds=10), clock=CoarseClock())
assert_type(Ewma.by_count(age=30, warm_up=10), Ewma)
assert_type(average.record(1.5), None)
assert_type(average.value(), float | None)
assert_type(average.snapshot(), EwmaSnapshot)
assert_type(average.snapshot().idle_for_ns, int | None)
assert_type(decay_factor(0.5, timedelta(seconds=1)), float)

config = SreBreakerConfig.go_zero_1_3().with_window(0.1, 20).with_refusals(Refusals.APART)
assert_type(config, SreBreakerConfig)
breaker = SreBreaker(config, clock=CoarseClock(), draw=lambda: 0.5)
assert_type(breaker.try_acquire(), Permit)
assert_type(breaker.run(len, "abc"), int)
assert_type(breaker.run_with(lambda: 1, lambda n: Outcome.SUCCESS, lambda r: str(r.drop_ratio)), int | str)
assert_type(breaker.snapshot().mode, Mode)
assert_type(resil.Rejected(0.5).drop_ratio, float)


@breaker.protect
def guarded(a: int, *, b: str = "") -> bytes:
    """A function keeps its type."""
    return b.encode() * a


@breaker.protect(failure=lambda error: isinstance(error, OSError))
async def guarded_fetch(url: str) -> list[str]:
    """A coroutine function too."""
    return [url]


class GuardedClient:
    """Methods keep theirs."""

    @breaker.protect
    def get(self, path: str) -> int:
        """A method."""
        return len(path)


assert_type(guarded(1, b="x"), bytes)
assert_type(GuardedClient().get("/"), int)
guarded_fetching: Callable[[str], Coroutine[Any, Any, list[str]]] = guarded_fetch
with breaker.guard() as permit:
    assert_type(permit, Permit)


async def guarded_main() -> None:
    """Awaited calls."""
    assert_type(await breaker.run_async(fetch, "x"), list[str])
    assert_type(await guarded_fetch("x"), list[str])


flight = SingleFlight()
assert_type(flight.run("key", len, "abc"), Shared[int])
assert_type(flight.run(b"key", int, "ff", base=16).value, int)
assert_type(flight.run_timeout("key", timedelta(seconds=1), len, "abc").led, bool)
assert_type(flight.forget("key"), bool)
assert_type(flight.snapshot(), resil.SingleFlightSnapshot)
assert_type(len(flight), int)
timed_out: TimeoutError = resil.TimedOut("why")
anything: Shared[object] = flight.run("key", len, "abc")


def key_of(a: int, b: str = "") -> str:
    """A key is made of the arguments."""
    return f"{a}:{b}"


@flight.share(key=key_of)
def shared(a: int, *, b: str = "") -> bytes:
    """A function keeps its type."""
    return b.encode() * a


@flight.share(key="token")
async def shared_fetch(url: str) -> list[str]:
    """A coroutine function too."""
    return [url]


class SharingClient:
    """Methods keep theirs."""

    @flight.share(key=b"path")
    def get(self, path: str) -> int:
        """A method."""
        return len(path)


assert_type(shared(1, b="x"), bytes)
assert_type(SharingClient().get("/"), int)
shared_fetching: Callable[[str], Coroutine[Any, Any, list[str]]] = shared_fetch


async def shared_main() -> None:
    """Awaited calls."""
    assert_type(await flight.run_async("key", fetch, "x"), Shared[list[str]])
    assert_type(await shared_fetch("x"), list[str])


@bucket.limit
def limited_values(n: int) -> Iterator[int]:
    """Generator functions keep theirs."""
    yield from range(n)


@breaker.protect(failure=lambda error: True)
async def guarded_values(n: int) -> AsyncIterator[int]:
    """Async ones too."""
    yield n


assert_type(limited_values(3), Iterator[int])
assert_type(guarded_values(3), AsyncIterator[int])

buckets = Keyed(lambda key: TokenBucket(quota), 1_000)
assert_type(buckets, Keyed[TokenBucket])
assert_type(buckets["ada"].try_acquire(), Verdict)
assert_type(buckets.items(), list[tuple[str, TokenBucket]])
starlette_app = Starlette(middleware=[Middleware(RateLimitMiddleware, limit=quota, name="api")])
starlette_app.add_middleware(RateLimitMiddleware, limit=lambda key: PeriodLimiter(1, 60), key=lambda scope: None)
FastAPI().add_middleware(RateLimitMiddleware, limit=lambda key: LeakyMeter(quota))
RateLimitMiddleware(starlette_app, quota)
transport = BreakerTransport(httpx.HTTPTransport(), breaker=lambda host: SreBreaker(config), capacity=10)
assert_type(httpx.Client(transport=transport).get("/"), httpx.Response)
assert_type(transport.breakers["https://example.org"], SreBreaker)
httpx.AsyncClient(transport=AsyncBreakerTransport(failure=lambda answer: isinstance(answer, httpx.Response)))
requests.Session().mount("https://", BreakerAdapter(max_retries=3, failure=lambda answer: False))
prometheus_client.REGISTRY.register(ResilCollector({"a": bucket, "b": breaker}, transport.breakers))
observe(metrics.get_meter("typing"), {"a": bucket}, transport.breakers)


# Each of these must be refused, or the checker says that the comment is not needed.
bucket.try_acquire("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
bucket.acquire(timeout="1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
bucket.try_acquire(1, 2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
bucket.set_quota(quota, "as_is")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
bare("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
quota.burst = 3  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
breaker.run(len)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
breaker.run(len, 3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
breaker.record("success")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
breaker.protect(failure=LookupError())  # type: ignore[call-overload] # pyright: ignore
guarded("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
window.record(1.5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
queue.limit("fetch")  # type: ignore[call-overload] # pyright: ignore
LeakyBucket.queue(10)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
PeriodLimiter(1, 60, UnixClock())  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
PeriodLimiter.aligned(1, 60, "UTC")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
flight.run("key", len, 3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
flight.run(3, int)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
flight.share("key")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
flight.run("key", int).led = True  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
shared("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
buckets[7]  # type: ignore[index] # pyright: ignore[reportArgumentType]
RateLimitMiddleware(starlette_app, 60)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
RateLimitMiddleware(starlette_app, lambda key: queue)  # type: ignore # pyright: ignore
BreakerTransport(httpx.AsyncHTTPTransport())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
BreakerAdapter(failure=LookupError())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
ResilCollector(bucket)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def on_a_store(client: redis.Redis) -> None:
    """Limiters on a store, from threads."""
    store = Store("redis://127.0.0.1/", deadline=timedelta(milliseconds=20), connect_timeout=0.1, members=2)
    assert_type(store.wait_until_up(1), bool)
    assert_type(store.snapshot(), StoreSnapshot)
    assert_type(store.snapshot().last_fault, Fault)
    bucket = SharedBucket(store, "api", quota, policy=Policy.CLOSED, max_wait=timedelta(minutes=1))
    answer = bucket.try_acquire("user", 2)
    assert_type(answer, Answer)
    assert_type(answer.source, Source)
    assert_type(answer.verdict, Verdict | None)
    assert_type(answer.refusal, resil.Denied | Unavailable | None)
    assert_type(answer.retry_after, float | None)
    assert_type(answer.remaining, int | None)
    assert_type(bucket.quota, Quota)
    assert_type(bucket.policy, Policy)
    assert_type(bucket.reserve("user", timeout=1.5), SharedReservation)
    assert_type(bucket.reserve().cancel(), bool)
    assert_type(bucket.acquire("user", 1, timeout=None), Answer)
    assert_type(SharedMeter(client, "uploads", quota).peek("user"), Answer)
    assert_type(SharedQueue(ClientStore(client, members="shop"), "mails", quota).try_reserve("relay"), Answer)
    assert_type(SharedPeriods(store, "hourly", 100, 3600).try_acquire().last, bool)
    assert_type(SharedPeriods.sliding(store, "hourly", 100, timedelta(hours=1)), SharedPeriods)
    daily = SharedPeriods.aligned(store, "daily", 100, 86_400, timedelta(hours=1), policy=Policy.OPEN)
    assert_type(daily.kind, PeriodLimiterKind)
    assert_type(daily.utc_offset, float | None)


async def on_a_store_in_tasks(client: redis.asyncio.Redis) -> None:
    """And from tasks."""
    bucket = SharedBucket(client, "api", quota)
    assert_type(await bucket.try_acquire_async("user"), Answer)
    assert_type(await bucket.acquire_async("user", timeout=1), Answer)
    assert_type(await (await bucket.reserve_async("user")).cancel_async(), bool)
    assert_type(await bucket.peek_async("user"), Answer)
    assert_type(await SharedQueue(client, "mails", quota).acquire_async("relay"), Answer)
