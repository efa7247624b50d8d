#!/usr/bin/env python3
"""Tells what a limit would have done to a web log, and that every front of resil says the same.

    python examples/python/demo.py LOG --rate 1/10s --burst 5 --chart replay.svg rust=a c=b

Each NAME=FILE is what the `replay` of one language printed. `ci/demo` runs them and this.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import chart
import replay
import resil

BAR = 24
"""Characters of a bar that is full."""


def percent(part: int, whole: int) -> str:
    """Returns a share; only nothing is 0 % and only everything 100 %."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    share = 100 * part / whole
    return "under 1 %" if share < 1 else "over 99 %" if share > 99 else f"{share:.0f} %"


def counted(count: int, what: str) -> str:
    """Returns `1 client`, `2 clients`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def agreed(printed: dict[str, bytes]) -> dict[str, object]:
    """Returns what all fronts printed, or ends the program showing what each one did."""
    if len(set(printed.values())) != 1:
        for front, line in printed.items():
            print(f"{front:>8}: {line.decode(errors='replace').rstrip()}", file=sys.stderr)
        sys.exit("demo: THE FRONTS DISAGREE. That is a bug in resil or in its examples.")
    summary: dict[str, object] = json.loads(next(iter(printed.values())))
    return summary


def print_fronts(printed: dict[str, bytes], summary: dict[str, object]) -> None:
    """Prints the totals, one line for each front."""
    columns = ["requests", "granted", "denied", "skipped_lines", "clients", "limited_clients"]
    heads = [column.replace("_", " ") for column in columns]
    print("  " + "front".ljust(8) + "".join(head.rjust(len(head) + 3) for head in heads))
    for front, line in printed.items():
        totals = json.loads(line)
        cells = [f"{totals[column]:,}".rjust(len(head) + 3) for column, head in zip(columns, heads)]
        print("  " + front.ljust(8) + "".join(cells))
    size = len(next(iter(printed.values())))
    print(f"  The same {size} bytes from each: {', '.join(printed)} agree.\n")


def print_clients(requests: Counter[str], limited: list[tuple[str, int]]) -> None:
    """Prints the most limited clients."""
    shown = limited[:10]
    width = max(len(address) for address, _ in shown)
    print(f"  {'most limited':<{width}}   requests   denied")
    for address, denied in shown:
        bar = "#" * max(1, round(BAR * denied / requests[address]))
        share = percent(denied, requests[address])
        print(f"  {address:<{width}}   {requests[address]:8,}   {denied:6,}   {bar:<{BAR}} {share}")
    if len(limited) > len(shown):
        print(f"  and {counted(len(limited) - len(shown), 'other client')}")
    print()


def print_in_words(requests: Counter[str], limited: list[tuple[str, int]]) -> None:
    """Prints what the limit did."""
    total, denied = requests.total(), sum(count for _, count in limited)
    if not limited:
        print(f"  In words: nobody would have noticed. All {counted(total, 'request')} pass.\n")
        return
    spared = len(requests) - len(limited)
    print(
        f"  In words: {percent(denied, total)} of the requests would have been turned away, and "
        f"{spared:,} of {counted(len(requests), 'client')} would not have noticed."
    )
    few = [count for _, count in limited[:3]]
    if len(limited) > len(few):
        share = percent(sum(few), denied)
        print(f"  The {len(few)} most limited clients account for {share} of what was denied.")
    address, count = limited[0]
    print(
        f"  The first, {address}, would have got {requests[address] - count:,} of its "
        f"{counted(requests[address], 'request')} through.\n"
    )


def limit_in_words(rate: str, burst: int) -> str:
    """Returns a limit as people say it."""
    permits, _, period = rate.partition("/")
    unit = period.lstrip("0123456789")
    count = int(period.removesuffix(unit) or 1)
    name = {"ms": "millisecond", "s": "second", "m": "minute", "h": "hour"}[unit]
    period = name if count == 1 else counted(count, name)
    requests = counted(int(permits), "request")
    return f"{requests} per {period} for each client, at most {burst:,} at once"


def utc(second: int) -> str:
    """Returns a time as people read it."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M}"


def main() -> None:
    """Reads the arguments and what the fronts printed; prints and draws."""
    parser = argparse.ArgumentParser(description="Tells what a limit would have done to a log.")
    parser.add_argument("log")
    parser.add_argument("printed", nargs="+", metavar="NAME=FILE", help="what a front printed")
    parser.add_argument("--rate", required=True)
    parser.add_argument("--burst", type=int, required=True)
    parser.add_argument("--chart", type=Path, required=True, help="where to draw (SVG)")
    arguments = parser.parse_args()

    printed = {}
    for front, _, file in (named.partition("=") for named in arguments.printed):
        printed[front] = Path(file).read_bytes()
    summary = agreed(printed)

    permits, period_ns = replay.rate(arguments.rate)
    quota = resil.Quota.from_ns(permits, period_ns, arguments.burst)
    limit = limit_in_words(arguments.rate, arguments.burst)
    log, skipped_lines = replay.read_log(arguments.log)
    decisions = list(replay.decide(log, quota))
    # The log may have grown since; then everything below would tell of another one.
    if json.loads(json.dumps(replay.summarize(decisions, skipped_lines))) != summary:
        sys.exit(f"demo: {arguments.log} has changed while it was read: run the demo again")

    print(f"\n  log     {arguments.log}")
    if log:
        print(f"          {utc(log[0].second)} to {utc(log[-1].second)} UTC")
    print(f"  limit   {limit}\n")
    print_fronts(printed, summary)
    if not log:
        print("  No requests: nothing to tell and nothing to draw.\n")
        return
    requests = Counter(request.address for request in log)
    limited = replay.most_denied(decisions)
    if limited:
        print_clients(requests, limited)
    print_in_words(requests, limited)
    chart.draw(decisions, quota, limit, arguments.chart)
    print(f"  chart   {arguments.chart}\n")


if __name__ == "__main__":
    main()
