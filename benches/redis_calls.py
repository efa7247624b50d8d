"""What a decision on a Redis server costs its Python client: resil's own connection, resil over redis-py, redis-py's
bare script call, and the package limits, at one caller and at sixteen.

    .venv/bin/python benches/redis_calls.py     # needs redis-server; redis and limits for their rows

All are run in turns against one server, so that what else the machine does falls on all alike: medians of the rounds.
CPU is the client's own (user and system, all its threads) for each decision. Decisions of sixteen callers are those
of all together: sixteen threads, or sixteen tasks of one event loop.
"""

import asyncio
import contextlib
import importlib.util
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from resil import Quota
from resil.redis import ClientStore, Source, Store, TokenBucket

CALLERS = (1, 16)
ROUNDS = 9
SECONDS = 0.25
# Never empty: what is measured is the call.
QUOTA = Quota.per_second(1_000_000).with_burst(1_000_000)

# Calls one of its kind again and again until it is told to stop; the decisions made.
Caller = Callable[[threading.Event], int]


@contextlib.contextmanager
def server() -> Iterator[int]:
    """A redis-server that keeps nothing, on a free port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        try:
            for _ in range(500):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.01)
            yield port
        finally:
            process.kill()
            process.wait()


def by_threads(decide: Callable[[], object], callers: int) -> tuple[int, float, float]:
    """Decisions, seconds and seconds of CPU of so many threads."""
    over, made = threading.Event(), [0] * callers

    def call(number: int) -> None:
        count = 0
        while not over.is_set():
            decide()
            count += 1
        made[number] = count

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    begin, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    over.set()
    for thread in threads:
        thread.join()
    return sum(made), time.perf_counter() - begin, time.process_time() - cpu


async def by_tasks(decide: Callable[[], Any], callers: int) -> tuple[int, float, float]:
    """The same of so many tasks."""
    made, end = [0] * callers, time.perf_counter() + SECONDS

    async def call(number: int) -> None:
        while time.perf_counter() < end:
            await decide()
            made[number] += 1

    begin, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call(number) for number in range(callers)))
    return sum(made), time.perf_counter() - begin, time.process_time() - cpu


def there(module: str) -> bool:
    """Whether a peer is installed."""
    found = importlib.util.find_spec(module) is not None
    if not found:
        print(f"{module} is not installed: its rows are left out", file=sys.stderr)
    return found


async def measure(port: int) -> dict[tuple[str, int], list[tuple[float, float]]]:
    """Decisions a second and microseconds of CPU for each, of each row, round by round."""
    threads: dict[str, Callable[[], object]] = {}
    tasks: dict[str, Callable[[], Any]] = {}
    closing = contextlib.AsyncExitStack()

    store = Store(f"redis://127.0.0.1:{port}/", deadline=5, members=1)
    assert store.wait_until_up(10)
    own = TokenBucket(store, "own", QUOTA)
    threads["resil, own connection"] = lambda: own.try_acquire("key")
    tasks["resil, own connection"] = lambda: own.try_acquire_async("key")

    if there("redis"):
        import redis
        import redis.asyncio

        client = closing.enter_context(redis.Redis(port=port, socket_timeout=5, retry=None))
        async_client = redis.asyncio.Redis(port=port, socket_timeout=5)
        closing.push_async_callback(async_client.aclose)
        over_client = TokenBucket(ClientStore(client, members=1), "client", QUOTA)
        over_async = TokenBucket(ClientStore(async_client, deadline=5, members=1), "async", QUOTA)
        threads["resil over redis-py"] = lambda: over_client.try_acquire("key")
        tasks["resil over redis-py"] = lambda: over_async.try_acquire_async("key")
        # The same script and words, and nothing else: what redis-py itself takes.
        step: Any = over_client._limiter.begin("acquire", "bare", 1)
        sha1, keys, words = step.sha1, step.keys, step.words
        client.script_load(step.script)
        threads["redis-py, the bare script call"] = lambda: client.evalsha(sha1, keys, *words)
        tasks["redis-py, the bare script call"] = lambda: async_client.evalsha(sha1, keys, *words)
        if there("limits"):
            import limits

            limit = limits.RateLimitItemPerSecond(1_000_000)
            fixed = limits.strategies.FixedWindowRateLimiter(limits.storage.RedisStorage(f"redis://127.0.0.1:{port}/"))
            threads["limits, fixed window"] = lambda: fixed.hit(limit, "key")
            from limits.aio.storage import RedisStorage
            from limits.aio.strategies import FixedWindowRateLimiter

            # Its client for asyncio is redis-py where it is told so.
            storage = RedisStorage(f"async+redis://127.0.0.1:{port}/", implementation="redispy")
            awaited = FixedWindowRateLimiter(storage)
            tasks["limits, fixed window"] = lambda: awaited.hit(limit, "key")

    for _ in range(50):
        assert own.try_acquire("key").source is Source.STORE
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    async with closing:
        for _ in range(ROUNDS):
            for callers in CALLERS:
                for name, decide in threads.items():
                    # In a thread of its own: this one's event loop goes on.
                    made, seconds, cpu = await asyncio.to_thread(by_threads, decide, callers)
                    found.setdefault((f"{name}, threads", callers), []).append((made / seconds, cpu / made * 1e6))
                for name, decide in tasks.items():
                    made, seconds, cpu = await by_tasks(decide, callers)
                    found.setdefault((f"{name}, tasks", callers), []).append((made / seconds, cpu / made * 1e6))
    return found


def main() -> int:
    """Prints the table."""
    with server() as port:
        found = asyncio.run(measure(port))
    print(f"{'medians of ' + str(ROUNDS) + ' rounds':42} callers  decisions/s  us of CPU each   own connection takes")
    for kind in ("threads", "tasks"):
        for callers in CALLERS:
            rows = {name: runs for (name, count), runs in found.items() if count == callers and name.endswith(kind)}
            own = statistics.median(cpu for _, cpu in rows[f"resil, own connection, {kind}"])
            for name, runs in rows.items():
                rate, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
                print(f"{name:42} {callers:7} {rate:12,.0f} {cpu:15.1f}   {cpu / own:6.2f} times less")
    return 0


if __name__ == "__main__":
    sys.exit(main())
