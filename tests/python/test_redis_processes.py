"""Limiters on a store, in several processes: forked, started, and ending."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from redis_servers import PATIENCE, RedisServer, needs_server, redis_server
from interpreters import run

from resil import Quota
from resil.redis import ClientStore, Source, Store, TokenBucket


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """One for all, with keys of their own."""
    with redis_server() as server:
        yield server


# So slow that only the burst counts.
SETUP = """
import asyncio, os, sys, threading, warnings, resil
from resil.redis import *
warnings.simplefilter("ignore", DeprecationWarning)
quota = resil.Quota(1, 3600, 100)
store = Store({url!r}, deadline=20, members=1)
assert store.wait_until_up(20)
bucket = TokenBucket(store, {name!r}, quota)

def granted():
    assert store.wait_until_up(20)
    answers = [bucket.try_acquire("key") for _ in range(60)]
    assert {{answer.source for answer in answers}} == {{Source.STORE}}, answers
    return sum(map(bool, answers))
"""


@needs_server
def test_processes_that_were_started_apart_share_one_limit(server: RedisServer) -> None:
    """What they are granted together is the burst, not one more and not one less."""
    script = SETUP.format(url=server.url, name="apart") + "print(granted())"
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", script]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=60) for process in both]
    assert [errors for _, errors in told] == ["", ""]
    assert sum(int(output) for output, _ in told) == 100


@needs_server
def test_forked_children_connect_by_themselves_and_share_the_limit(server: RedisServer) -> None:
    """Also while threads are inside a call, and tasks wait for one: the child meets none of their locks."""
    script = SETUP.format(url=server.url, name="forked") + """
busy = TokenBucket(store, "busy", quota)
done = []

def ask():
    while not done:
        busy.try_acquire()

async def ask_in_tasks():
    while not done:
        await asyncio.gather(*(busy.try_acquire_async() for _ in range(4)))

workers = [threading.Thread(target=ask), threading.Thread(target=ask),
    threading.Thread(target=lambda: asyncio.run(ask_in_tasks()))]
for worker in workers:
    worker.start()
total, children = 0, []
for _ in range(4):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        got = granted()
        assert asyncio.run(bucket.peek_async()).source is Source.STORE
        os.write(write, b"%d " % got)
        os._exit(0)
    children.append((child, read))
total = granted()
for child, read in children:
    assert os.waitpid(child, 0)[1] == 0
    total += int(os.read(read, 100))
done.append(True)
for worker in workers:
    worker.join()
print(total, store.snapshot().outages)
"""
    assert run(script) == "100 0\n"


@needs_server
def test_children_drop_the_calls_of_their_parent_s_tasks_without_its_locks(server: RedisServer) -> None:
    """They are garbage there, and threads that are not there may hold what they were queued in."""
    script = SETUP.format(url=server.url, name="garbage") + """
import gc, logging, signal
# Of tasks that are destroyed and were waited for, and of callbacks that are slow on a busy machine.
logging.disable()
done = []

def ask():
    while not done:
        bucket.try_acquire()

async def main():
    failed = 0
    for _ in range(12):
        tasks = [asyncio.ensure_future(bucket.try_acquire_async()) for _ in range(8)]
        await asyncio.sleep(0)
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            for task in tasks:
                try:
                    task.get_coro().throw(asyncio.CancelledError())
                except BaseException:
                    pass
            del task, tasks
            gc.collect()
            os._exit(0)
        failed += os.waitpid(child, 0)[1] != 0
        await asyncio.gather(*tasks)
    print(failed)

workers = [threading.Thread(target=ask) for _ in range(3)]
for worker in workers:
    worker.start()
asyncio.run(main())
done.append(True)
for worker in workers:
    worker.join()
"""
    assert run(script) == "0\n"


@needs_server
def test_an_interpreter_ends_with_its_stores_open_and_calls_under_way(server: RedisServer) -> None:
    """Without a word, and without waiting for them."""
    script = SETUP.format(url=server.url, name="ends") + """
def ask():
    while True:
        bucket.try_acquire()

for _ in range(3):
    threading.Thread(target=ask, daemon=True).start()

async def main():
    for _ in range(5):
        asyncio.ensure_future(bucket.try_acquire_async())
    await asyncio.sleep(0)

asyncio.run(main())
kept = asyncio.new_event_loop()
kept.run_until_complete(bucket.try_acquire_async())
kept.close()
print("ends")
"""
    assert run(script) == "ends\n"


@needs_server
def test_other_threads_run_while_one_waits_for_the_store(server: RedisServer) -> None:
    """The interpreter is let go: with the store stopped, another thread goes on."""
    store = Store(server.url, deadline=PATIENCE, members=1)
    assert store.wait_until_up(PATIENCE)
    bucket = TokenBucket(store, "detached", Quota.per_second(100))
    sources: list[Source] = []
    asking = threading.Thread(target=lambda: sources.append(bucket.try_acquire().source))
    server.stop()
    try:
        asking.start()
        # Were the interpreter held, this thread would come to the next line when the call is over.
        asking.join(0.1)
        assert asking.is_alive()
    finally:
        server.go_on()
    asking.join()
    assert sources == [Source.STORE]


@needs_server
def test_an_interrupt_ends_the_wait_for_a_store() -> None:
    """That never comes."""
    script = """
import os, signal, threading, time
from resil.redis import Store
store = Store("redis://127.0.0.1:1/")

def strike():
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)

thread = threading.Thread(target=strike)
thread.start()
try:
    store.wait_until_up()
except KeyboardInterrupt:
    print("interrupted")
thread.join()
"""
    assert run(script) == "interrupted\n"


@needs_server
def test_threads_at_one_key_are_granted_exactly_the_burst(server: RedisServer) -> None:
    """Over either transport, however their calls are put together."""
    redis = pytest.importorskip("redis")
    from redis_ways import client_settings

    quota = Quota(1, 3600, 200)
    with redis.Redis(**client_settings(server.port)) as client:
        own = Store(server.url, deadline=PATIENCE, members=1)
        assert own.wait_until_up(PATIENCE)
        # The same key: both transports share the limit too.
        buckets = [TokenBucket(own, "threads", quota), TokenBucket(ClientStore(client, members=1), "threads", quota)]
        granted: list[int] = []

        def ask(bucket: TokenBucket) -> None:
            granted.append(sum(bool(bucket.try_acquire("key")) for _ in range(50)))

        workers = [threading.Thread(target=ask, args=(buckets[number % 2],)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert (len(granted), sum(granted)) == (8, 200)
