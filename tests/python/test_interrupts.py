"""Ctrl-C in every wait there is, as the signal that a terminal sends.

Of those who wait for a shared call, see test_processes.py.
"""

import subprocess
import sys

import pytest

LIMITERS = {
    "bucket": "resil.TokenBucket(resil.Quota(1, 3600, 1))",
    "queue": "resil.LeakyQueue(resil.Quota(1, 3600, 5))",
}

WAITS = {
    "acquire": "limiter.acquire()",
    "acquire within a timeout": "limiter.acquire(timeout=7200)",
    "with": "\n    with limiter: print('entered')",
    "decorated": "limiter.limit(print)('called')",
    "decorated generator": "next(limiter.limit(values)())",
    "acquire_async": "asyncio.run(limiter.acquire_async())",
    "async with": "asyncio.run(entering())",
    "decorated async": "asyncio.run(limiter.limit(call)())",
    "decorated async generator": "asyncio.run(draining())",
    "in a block that a breaker guards": "\n    with breaker.guard(): limiter.acquire()",
    "in a call that is shared": "flight.run('key', limiter.acquire)",
}

SCRIPT = """
import asyncio, os, signal, threading, time, resil
breaker, flight = resil.SreBreaker(), resil.SingleFlight()
limiter = {limiter}
limiter.acquire()

def values():
    yield print("called")

async def call():
    print("called")

async def generating():
    yield print("called")

async def entering():
    async with limiter:
        print("entered")

async def draining():
    async for _ in limiter.limit(generating)():
        pass

def intervals_ahead():
    return -(-limiter.snapshot().reset_after_ns // limiter.quota.period_ns)

def strike():
    while intervals_ahead() < 2:
        time.sleep(0.001)
    # The place is taken; a moment later the thread sleeps.
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=strike).start()
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted")
print(intervals_ahead(), breaker.snapshot().requests, len(flight))
"""


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
@pytest.mark.parametrize("limiter", LIMITERS)
def test_it_ends_the_wait_at_once(limiter: str, wait: str) -> None:
    """A bucket has its permit back and a queue's slot stays taken; nothing counts, nothing runs, no key is held."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(limiter=LIMITERS[limiter], wait=wait)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"interrupted\n{1 if limiter == 'bucket' else 2} 0 0\n"
