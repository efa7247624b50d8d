#!/usr/bin/env python3
"""Two processes share one limit on a Redis server, which is killed under them.

    python examples/python/shared_limit.py      # starts a redis-server of its own, and itself twice more
    RESIL_REDIS_SERVER=valkey-server python examples/python/shared_limit.py

One of the two asks from a thread, the other from tasks. Every 0.3 s each says how often it was granted, and by
whom. After 0.9 s the server is killed, as long afterwards it is back, empty. What was granted in all is
compared with what the limit promises, outage included; the exit code is 1 if it is more.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter

from resil import Quota
from resil.redis import Answer, Source, Store, TokenBucket

RATE, BURST, PROCESSES = 100, 20, 2
STEP, STEPS, KILLED, BACK = 0.3, 9, 3, 6
# Tries are half a second apart at most; and this machine may be busy.
DISAGREE = 0.75
PROGRAM = os.environ.get("RESIL_REDIS_SERVER", "redis-server")


class Granted:
    """What one process was granted, step by step."""

    def __init__(self) -> None:
        self.begin, self.step = time.monotonic(), 1
        self.by: Counter[Source] = Counter()

    def goes_on(self) -> bool:
        """Prints what a step came to that is over; whether another runs."""
        while self.step <= STEPS and time.monotonic() >= self.begin + STEP * self.step:
            print(self.by[Source.STORE], self.by[Source.RESCUE], flush=True)
            self.by.clear()
            self.step += 1
        return self.step <= STEPS

    def count(self, answer: Answer) -> float:
        """Counts a grant; the time after which it may be worth asking again."""
        self.by[answer.source] += answer.granted
        return 0.0 if answer else 0.002


def ask(bucket: TokenBucket) -> None:
    """Asks, as a program of threads does."""
    granted = Granted()
    while granted.goes_on():
        time.sleep(granted.count(bucket.try_acquire("everybody")))


async def ask_in_tasks(bucket: TokenBucket) -> None:
    """Asks, as a program of tasks does: its loop is never held up."""
    granted = Granted()

    async def one() -> None:
        while granted.goes_on():
            await asyncio.sleep(granted.count(await bucket.try_acquire_async("everybody")))

    await asyncio.gather(*(one() for _ in range(4)))


def worker(kind: str, url: str) -> None:
    """One of the two."""
    store = Store(url, members=PROCESSES)
    store.wait_until_up(5)
    print("ready", flush=True)
    bucket = TokenBucket(store, "shared", Quota.per_second(RATE).with_burst(BURST))
    if kind == "tasks":
        asyncio.run(ask_in_tasks(bucket))
    else:
        ask(bucket)


def start_server(port: int, folder: str) -> "subprocess.Popen[bytes]":
    """A server that keeps nothing, once it listens."""
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    server = subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL)
    for _ in range(1_000):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            time.sleep(0.01)
    server.kill()
    raise SystemExit("shared_limit: " + PROGRAM + " does not listen")


def watch(folder: str) -> int:
    """Starts the server and the two, kills the server and starts it again, and sums up."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server, begin = start_server(port, folder), time.monotonic()
    command = [sys.executable, __file__]
    workers = [
        subprocess.Popen([*command, kind, f"redis://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True)
        for kind in ("threads", "tasks")
    ]
    try:
        for process in workers:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(STEP * KILLED)
        server.kill()
        server.wait()
        print(f"{time.monotonic() - begin:4.1f} s: the server is killed")
        time.sleep(STEP * (BACK - KILLED))
        server = start_server(port, folder)
        print(f"{time.monotonic() - begin:4.1f} s: the server is back, without its data")
        told = [process.communicate()[0].split() for process in workers]
    finally:
        server.kill()
        server.wait()
    seconds = time.monotonic() - begin

    print("\n  threads: store rescue   tasks: store rescue")
    for step in range(STEPS):
        (a, b), (c, d) = (process[2 * step : 2 * step + 2] for process in told)
        print(f"{a:>16} {b:>6} {c:>14} {d:>6}")
    granted = sum(int(number) for process in told for number in process)
    # A burst at first, one of the shares when the server goes, one when it comes back empty; and the rate twice while
    # one of the two knows already that it is back, and the other not yet.
    most = RATE * (seconds + DISAGREE) + 3 * BURST
    print(f"\n{granted} granted in {seconds:.1f} s; at most {most:.0f} were promised")
    return 1 if granted > most else 0


def main() -> int:
    """The worker of its arguments, or all of it."""
    if len(sys.argv) == 3:
        worker(*sys.argv[1:])
        return 0
    with tempfile.TemporaryDirectory(prefix="shared-limit-") as folder:
        return watch(folder)


if __name__ == "__main__":
    sys.exit(main())
