"""A real Redis or Valkey server for one test: on a free port, in a folder of its own, ended by its process id.

RESIL_REDIS_SERVER names another program. Tests that find none fail; `ci/pytest` leaves them out where there is none, and
says so.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# How long a busy machine may take: a server to begin, a store to notice that it is back.
PATIENCE = 20.0

NAMED = os.environ.get("RESIL_REDIS_SERVER")
PROGRAM = next(filter(None, map(shutil.which, [NAMED] if NAMED else ["redis-server", "valkey-server"])), None)

NO_SERVER = "no redis-server here (apt-get install redis-server); -m 'not redis' leaves these tests out"
needs_server = pytest.mark.redis


class RedisServer:
    """A server that runs, or is to be started again."""

    def __init__(self, folder: Path) -> None:
        """Starts one that keeps nothing on disk."""
        assert PROGRAM, NO_SERVER
        self._folder = folder
        # Somebody may take the port in between: then another one.
        for _ in range(20):
            self.port = free_port()
            if self._begins():
                return
        raise AssertionError(f"{PROGRAM} does not start")

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/"

    def _begins(self) -> bool:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--daemonize", "no", "--dir", str(self._folder)]
        words += ["--save", "", "--appendonly", "no"]
        assert PROGRAM
        self._process = subprocess.Popen(
            [PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            try:
                if self.command("PING") == "+PONG":
                    return True
            except OSError:
                time.sleep(0.002)
        self.kill()
        return False

    def command(self, *words: str) -> str:
        """The first line of what it answers, on a connection of its own."""
        text = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(text.encode())
            return connection.makefile().readline().rstrip()

    def kill(self) -> None:
        """Ends it as ``kill -9`` does."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Starts it again on its port, with nothing of what it knew."""
        assert self._begins(), "no restart"

    def stop(self) -> None:
        """Stops all of it, as a hung machine does."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets it go on."""
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A server that ends with the block, stopped or not."""
    with tempfile.TemporaryDirectory(prefix="resil-redis-") as folder:
        server = RedisServer(Path(folder))
        try:
            yield server
        finally:
            server.kill()


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Waits until something is so; fails if it never is."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never {what}"
        time.sleep(0.001)
