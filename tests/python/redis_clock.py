"""A clock for the scripts of a server: between it and its clients, and in each call of theirs.

The scripts take a clock that callers supply, which Python's limiters never do: they send two words for none. Here
something listens that puts them in, and passes on all else as it is.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

# Keys outlive the test: its clock is not the server's.
_GRACE_MS = 600_000


class ServersClock:
    """What time the scripts are told."""

    now_us: int | None = None
    told = 0

    def __init__(self, port: int) -> None:
        """Listens before the server on `port`."""
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            threading.Thread(target=self._forward, args=(client.makefile("rb"), server), daemon=True).start()
            threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()

    def _forward(self, client: BinaryIO, server: socket.socket) -> None:
        try:
            while line := client.readline():
                words = [client.read(int(client.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
                server.sendall(_packed(self._told(words)))
        except OSError:
            pass

    def _told(self, words: list[bytes]) -> list[bytes]:
        if self.now_us is not None and words[0].upper() in (b"EVAL", b"EVALSHA"):
            first = 3 + int(words[2])
            # The last such pair: a limiter from first use has another, for no origin.
            for at in reversed(range(first, len(words) - 1)):
                if words[at : at + 2] == [b"", b"0"]:
                    self.told += 1
                    return [*words[:at], b"%d" % self.now_us, b"%d" % _GRACE_MS, *words[at + 2 :]]
        return words

    def close(self) -> None:
        """Ends it, and its connections."""
        for end in self._open:
            # A thread of another sleeps in there.
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def _packed(words: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
    except OSError:
        pass


@contextmanager
def servers_clock(port: int) -> Iterator[ServersClock]:
    """Before the server on `port`, for a block."""
    clock = ServersClock(port)
    try:
        yield clock
    finally:
        clock.close()
