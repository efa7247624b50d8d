#!/usr/bin/env python3
"""Writes sample.log: three hours of a made-up web site, with guests worth limiting.

    python3 examples/make_sample_log.py           # writes examples/sample.log
    python3 examples/make_sample_log.py --check   # says whether the file is what this script writes

The same bytes on every machine: chance comes from one seed and from `Random.random()` alone, whose
sequence Python promises to keep. Every address is one that is reserved for documentation.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

SAMPLE = Path(__file__).with_name("sample.log")
SEED = 20250317
START = datetime(2025, 3, 17, 8, 0, tzinfo=UTC)
HOUR = 3_600.0
END = 3 * HOUR

API_ZONE = timezone(timedelta(hours=1))
"""The API runs on a machine that logs in its local time."""

BROWSERS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; rv:136.0) Gecko/20100101 Firefox/136.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) Safari/604.1",
    'Opera/9.80 (Windows NT 6.1; \\"old\\" build) Presto/2.12',
]
PAGES = ["/", "/news", "/prices", "/about", "/docs/start", "/docs/limits", "/blog/2025/03/quotas"]
ASSETS = ["/site.css", "/site.js", "/logo.svg", "/fonts/text.woff2", "/hero.webp"]


class Hit(NamedTuple):
    """One request: seconds since the start, who, what, and what came of it."""

    at: float
    address: str
    request: str
    status: int
    size: str
    referer: str = "-"
    agent: str = "-"
    user: str = "-"
    zone: timezone = UTC


class Chance:
    """Chance, made of `random()` alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def between(self, low: float, high: float) -> float:
        """Returns a number from `low` to `high`."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """Returns a whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self._random())

    def one_of(self, items: list[str]) -> str:
        """Returns one of `items`."""
        return items[self.whole(0, len(items) - 1)]


def visitors(chance: Chance) -> Iterator[Hit]:
    """People: a page with its assets at once, then some reading."""
    for number in range(72):
        address = f"192.0.2.{number + 11}" if number % 4 else f"2001:db8:17:{number:x}::1"
        agent = chance.one_of(BROWSERS)
        at = chance.between(0, END - 900)
        referer = "-"
        for _ in range(chance.whole(2, 5)):
            page = chance.one_of(PAGES)
            yield Hit(
                at,
                address,
                f"GET {page} HTTP/1.1",
                200,
                str(chance.whole(2_000, 40_000)),
                referer,
                agent,
            )
            referer = f"https://www.example.com{page}"
            for asset in ASSETS[: chance.whole(1, 4)]:
                later = at + chance.between(0.1, 2)
                fresh = chance.whole(0, 2) > 0
                status, size = (200, str(chance.whole(400, 90_000))) if fresh else (304, "-")
                yield Hit(later, address, f"GET {asset} HTTP/1.1", status, size, referer, agent)
            at += chance.between(20, 150)


def monitor(chance: Chance) -> Iterator[Hit]:
    """An uptime check every minute: no limit should ever touch it."""
    for check in range(int(END / 60)):
        at = check * 60 + chance.between(0, 1)
        yield Hit(at, "192.0.2.5", "HEAD / HTTP/1.1", 200, "-", agent="uptime/2.1")


def crawler(chance: Chance) -> Iterator[Hit]:
    """A robot that reads on for more than an hour, a little faster than one page in ten seconds."""
    at, page = 0.25 * HOUR, 1
    while at < 1.5 * HOUR:
        status = 200 if chance.whole(0, 19) else 404
        size = str(chance.whole(3_000, 30_000))
        agent = "ExampleBot/3.2 (+https://bot.example.net/about)"
        yield Hit(at, "203.0.113.66", f"GET /archive/{page} HTTP/1.1", status, size, agent=agent)
        at += chance.between(5, 11)
        page += 1


def scraper(chance: Chance) -> Iterator[Hit]:
    """Comes for all prices at once, every six minutes."""
    for visit in range(18):
        at = 1 * HOUR + visit * 360 + chance.between(0, 20)
        for item in range(20):
            at += chance.between(0.1, 0.8)
            size = str(chance.whole(900, 1_400))
            yield Hit(
                at,
                "203.0.113.140",
                f"GET /prices?item={item} HTTP/1.1",
                200,
                size,
                agent="python-requests/2.32",
            )


def logins(chance: Chance) -> Iterator[Hit]:
    """Somebody tries passwords: two bursts, half an hour apart."""
    for start, seconds in [(1.1 * HOUR, 240), (1.6 * HOUR, 130)]:
        at = start
        while at < start + seconds:
            size = str(chance.whole(480, 520))
            referer = "https://www.example.com/login"
            yield Hit(at, "198.51.100.23", "POST /login HTTP/1.1", 401, size, referer, "curl/8.5.0")
            at += chance.between(0.2, 1.4)


def api_clients(chance: Chance) -> Iterator[Hit]:
    """Programs that ask every two minutes, and hardly pause while the backend is down."""
    down_from, down_until = 2.2 * HOUR, 2.2 * HOUR + 480
    for number, retry_seconds in enumerate([2, 2.5, 3, 5, 8, 20]):
        address = f"2001:db8:a91::{number + 1:x}"
        at = chance.between(0, 120)
        while at < END:
            down = down_from <= at < down_until
            status, size = (503, "112") if down else (200, str(chance.whole(600, 2_500)))
            request = "GET /v1/orders?state=open HTTP/2.0"
            yield Hit(
                at,
                address,
                request,
                status,
                size,
                agent="orders-sync/1.4",
                user=f"shop{number + 1}",
                zone=API_ZONE,
            )
            if down:
                at += retry_seconds * chance.between(0.9, 1.1)
            elif at < down_from < at + 120:
                # All notice the failure within their next orders.
                at = down_from + chance.between(0, 20)
            else:
                at += 120 + chance.between(-4, 4)


def strays(chance: Chance) -> Iterator[Hit]:
    """What every public address sees: probes, and a TLS hello on the plain port."""
    for number in range(24):
        at = chance.between(0, END)
        address = f"198.51.100.{number * 7 + 40}"
        probe = chance.one_of(
            ["GET /.env HTTP/1.1", "GET /wp-login.php HTTP/1.1", "\\x16\\x03\\x01", "-"]
        )
        status = 404 if probe.startswith("GET") else 400
        yield Hit(at, address, probe, status, "162", agent=chance.one_of(["-", "zgrab/0.x"]))


def line(hit: Hit) -> str:
    """Returns the line that a web server writes for a hit."""
    at = (START + timedelta(seconds=int(hit.at))).astimezone(hit.zone)
    # Not strftime for the month: it speaks the user's language.
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[at.month - 1]
    date = f"{at:%d}/{month}/{at:%Y:%H:%M:%S %z}"
    return (
        f'{hit.address} - {hit.user} [{date}] "{hit.request}" {hit.status} {hit.size}'
        f' "{hit.referer}" "{hit.agent}"'
    )


BROKEN = {
    0.08: "",
    0.21: '192.0.2.31 - - [17/Mar/2025:08:38:12 +0000] "GET /docs/limits HTTP/1.1" 200 91',
    0.38: "[Mon Mar 17 09:08:52 2025] [warn] worker 7: buffers are nearly full",
    0.55: '192.0.2.77 - - [31/Feb/2025:11:20:00 +0000] "GET / HTTP/1.1" 200 5120 "-" "-"',
    0.71: '192.0.2.40 - - [17/Mar/2025:10:07:10 +0000] "GET /news HTTP/1.1" 200 8311',
    0.86: '198.51.100.9 - - [17/Mar/2025:10:34:41 +0000] "GET / HTTP/1.1" 200 5120 "-" "Mozil',
}
"""Lines that are no requests, by their place in the file: as after a crash, or from another log."""


def sample() -> str:
    """Returns the whole log."""
    chance = Chance(SEED)
    sources = [visitors, monitor, crawler, scraper, logins, api_clients, strays]
    hits = [hit for source in sources for hit in source(chance)]
    # A server writes a request when it is done, with the time at which it came: neighbours change
    # places.
    done = [(hit.at + chance.between(0, 1.2), number) for number, hit in enumerate(hits)]
    lines = [line(hits[number]) for _, number in sorted(done)]
    for place, text in sorted(BROKEN.items(), reverse=True):
        lines.insert(int(place * len(lines)), text)
    return "".join(text + "\n" for text in lines)


def main() -> None:
    """Writes the file, or compares it."""
    parser = argparse.ArgumentParser(description="Writes sample.log, or checks it.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    content = sample().encode()
    if not parser.parse_args().check:
        SAMPLE.write_bytes(content)
    elif not SAMPLE.exists() or SAMPLE.read_bytes() != content:
        sys.exit(f"{SAMPLE.name} differs from what make_sample_log.py writes: run it again")


if __name__ == "__main__":
    main()
