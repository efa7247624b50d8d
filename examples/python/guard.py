#!/usr/bin/env python3
"""Guards calls to another service: a token bucket holds them to a rate, a breaker stops those that would fail.

    python examples/python/guard.py

Starts a service of its own that works for ten seconds, fails for ten, and works again. The seconds pass on a
manual clock and the chances come from a seeded generator, so the program takes a moment and always prints the
same; leave out `clock=` and `draw=` for the real ones.
"""

import random
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import resil


class Service(ThreadingHTTPServer):
    """An HTTP service on a free port of this machine, which can be switched to fail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.works = True
        self.asked = 0


class Answer(BaseHTTPRequestHandler):
    """Answers 200 or 503."""

    server: Service

    def do_GET(self) -> None:
        """Counts the request and answers it."""
        self.server.asked += 1
        body = b"sunny\n" if self.server.works else b"out of order\n"
        self.send_response(200 if self.server.works else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Writes no log."""


@contextmanager
def running(service: Service) -> Iterator[str]:
    """Runs the service in a thread, and yields its address."""
    thread = threading.Thread(target=service.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{service.server_port}/"
    finally:
        service.shutdown()
        thread.join()
        service.server_close()


class Client:
    """Asks the service, politely."""

    def __init__(self, address: str, clock: resil.ManualClock, draw: random.Random) -> None:
        self.address = address
        # Straight to this machine, whatever proxy the environment names.
        self.http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        # At most 20 calls a second, 5 at once; 2 s of history, for a demonstration that recovers soon.
        self.bucket = resil.TokenBucket(resil.Quota.per_second(20).with_burst(5), clock=clock)
        recipe = resil.SreBreakerConfig.go_zero_1_3().with_window(0.1, 20)
        self.breaker = resil.SreBreaker(recipe, clock=clock, draw=draw.random)
        # One decorator a guard, the limit inside: its refusal is no failure of the service.
        self.ask = self.breaker.protect(failure=speaks_against_the_service)(
            self.bucket.limit(timeout=0)(self._ask)
        )

    def _ask(self) -> str:
        with self.http.open(self.address, timeout=10) as answer:
            text: bytes = answer.read()
        return text.decode().strip()

    def ask_or_fall_back(self) -> str:
        """Asks, and says what became of it."""
        try:
            return f"answered {self.ask()!r}"
        except resil.Rejected:
            return "not asked: it would fail"
        except resil.Denied:
            return "not asked: too many at once"
        except urllib.error.URLError:
            return "failed"


def speaks_against_the_service(error: Exception) -> bool:
    """Whether an exception is the service's fault: a status from 400 to 499 is the caller's."""
    return not (isinstance(error, urllib.error.HTTPError) and error.code < 500)


def main() -> None:
    """Prints what became of 25 calls a second, second by second."""
    clock = resil.ManualClock()
    service = Service()
    with running(service) as address:
        client = Client(address, clock, random.Random(1))
        for second in range(30):
            service.works = not 10 <= second < 20
            became: Counter[str] = Counter()
            before = service.asked
            for _ in range(25):
                became[client.ask_or_fall_back()] += 1
                clock.advance(0.04)
            reached = service.asked - before
            state = "works" if service.works else "fails"
            told = ", ".join(f"{count} {what}" for what, count in sorted(became.items()))
            print(f"{second + 1:>2} s, service {state}: {reached:>2} of 25 calls reached it: {told}")


if __name__ == "__main__":
    main()
