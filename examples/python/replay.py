#!/usr/bin/env python3
"""Replays a web log through a rate limit and says what that limit would have done.

Every client address gets a token bucket of its own, which is told the time by the log: nothing here
reads a clock.

    python examples/python/replay.py --rate 1/10s --burst 5 access.log

Output: one line of JSON. Exit code 2, with one line on stderr, if the arguments or the file are no
good.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple, NoReturn

import resil

TOP = 5
"""How many of the most denied clients are named."""

NS_PER_S = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_SECOND = (2**63 - 1) // NS_PER_S
"""The last whole second that resil's time reaches: in April 2262."""

UNITS_NS = {"ms": 1_000_000, "s": NS_PER_S, "m": 60 * NS_PER_S, "h": 3_600 * NS_PER_S}
MONTHS = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun"]
MONTHS += [b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"]

# The combined format of Apache and nginx. Not strptime for the date: it reads months in the user's
# language, and takes days of one digit.
WORD = rb"[^\x00-\x20\x7f]+"
QUOTED = rb'"(?:[^"\\]|\\.)*+"'
LINE = re.compile(
    rb"(?P<address>%(word)s) %(word)s %(word)s "
    rb"\[(?P<day>[0-9]{2})/(?P<month>[A-Z][a-z]{2})/(?P<year>[0-9]{4})"
    rb":(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
    rb" (?P<sign>[+-])(?P<offset_hours>[0-9]{2})(?P<offset_minutes>[0-9]{2})\] "
    rb"%(quoted)s [0-9]{3} (?:[0-9]+|-) %(quoted)s %(quoted)s" % {b"word": WORD, b"quoted": QUOTED},
    re.DOTALL,
)


class Request(NamedTuple):
    """Who asked, and when (Unix time, in seconds: a log knows no less)."""

    second: int
    address: str


class Decision(NamedTuple):
    """What the limit would have answered to a request."""

    request: Request
    granted: bool


def parse_line(line: bytes) -> Request | None:
    """Returns the request of a line, or None if it is not all of the nine fields with a valid date.

    A line end is allowed, LF or CRLF.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    match = LINE.fullmatch(line)
    if match is None or b"\0" in line:
        return None
    field = match.groupdict()
    offset_hours, offset_minutes = int(field["offset_hours"]), int(field["offset_minutes"])
    if offset_hours > 23 or offset_minutes > 59:
        return None
    sign = -1 if field["sign"] == b"-" else 1
    try:
        address = field["address"].decode("utf-8")
        date = datetime(
            int(field["year"]),
            MONTHS.index(field["month"]) + 1,
            int(field["day"]),
            int(field["hour"]),
            int(field["minute"]),
            int(field["second"]),
            tzinfo=timezone(sign * timedelta(hours=offset_hours, minutes=offset_minutes)),
        )
    except ValueError:
        return None
    second = (date - EPOCH) // timedelta(seconds=1)
    return Request(second, address) if 0 <= second <= LAST_SECOND else None


def read_log(path: str) -> tuple[list[Request], int]:
    """Returns the requests of a log in order of time, and how many lines are none."""
    requests, skipped_lines = [], 0
    with open(path, "rb") as log:
        for line in log:
            request = parse_line(line)
            if request is None:
                skipped_lines += 1
            else:
                requests.append(request)
    # Stable: requests of one second stay in the order of the file.
    requests.sort(key=lambda request: request.second)
    return requests, skipped_lines


def decide(requests: list[Request], quota: resil.Quota) -> Iterator[Decision]:
    """Asks each client's bucket for each of its requests, which are in order of time."""
    buckets: dict[str, resil.TokenBucket] = {}
    for request in requests:
        bucket = buckets.get(request.address)
        if bucket is None:
            bucket = buckets[request.address] = resil.TokenBucket(quota)
        verdict = bucket.try_acquire_at(request.second * NS_PER_S)
        yield Decision(request, verdict.granted)


def most_denied(decisions: list[Decision]) -> list[tuple[str, int]]:
    """Returns the limited clients with their denials, the most denied first, then by address."""
    denials = Counter(decision.request.address for decision in decisions if not decision.granted)
    return sorted(denials.items(), key=lambda client: (-client[1], client[0].encode()))


def summarize(decisions: list[Decision], skipped_lines: int) -> dict[str, object]:
    """Returns what is printed; the order of the keys is part of it."""
    limited = most_denied(decisions)
    denied = sum(count for _, count in limited)
    return {
        "requests": len(decisions),
        "granted": len(decisions) - denied,
        "denied": denied,
        "skipped_lines": skipped_lines,
        "clients": len({decision.request.address for decision in decisions}),
        "limited_clients": len(limited),
        "top": limited[:TOP],
    }


def rate(text: str) -> tuple[int, int]:
    """Reads permits/period, the period in ms, s, m or h: 100/s, 1/10s, 5/250ms."""
    match = re.fullmatch(r"([0-9]+)/([0-9]*)(ms|s|m|h)", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not permits/period in ms, s, m or h, such as 1/10s"
        )
    permits, count, unit = match.groups()
    return int(permits), int(count or 1) * UNITS_NS[unit]


def whole_number(text: str) -> int:
    """Reads a number written with digits alone."""
    if re.fullmatch("[0-9]+", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        fail(message)


def fail(message: str) -> NoReturn:
    """Ends the program with one line on stderr."""
    print(f"replay: {message}", file=sys.stderr)
    sys.exit(2)


def main() -> None:
    """Reads the arguments, prints the summary."""
    parser = Parser(
        prog="replay",
        description="Says what a rate limit for each client address would have done to a web log.",
    )
    parser.add_argument(
        "--rate",
        type=rate,
        default="1/10s",
        help="permits per period, in ms, s, m or h: 100/s, 1/10s, 5/250ms",
    )
    parser.add_argument(
        "--burst",
        type=whole_number,
        default="5",
        help="the most requests that one instant can be granted",
    )
    parser.add_argument(
        "log", metavar="LOG", help="a web log in the combined format of Apache and nginx"
    )
    arguments = parser.parse_args()

    permits, period_ns = arguments.rate
    try:
        quota = resil.Quota.from_ns(permits, period_ns, arguments.burst)
    except resil.ConfigError as error:
        fail(f"--rate, --burst: {error}")
    try:
        requests, skipped_lines = read_log(arguments.log)
    except OSError as error:
        fail(f"{arguments.log}: {error.strerror}")

    summary = summarize(list(decide(requests, quota)), skipped_lines)
    line = json.dumps(summary, ensure_ascii=False, separators=(",", ":")) + "\n"
    try:
        # Bytes, so that no locale comes between.
        with open(sys.stdout.fileno(), "wb", closefd=False) as output:
            output.write(line.encode())
    except OSError as error:
        fail(f"stdout: {error.strerror}")


if __name__ == "__main__":
    main()
