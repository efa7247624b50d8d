#!/usr/bin/env python3
"""Compares the contract of docs/hash_ring.md with the model: its tables, its lookups, and the ring that it gives in
Python, which must answer every timeline of the default layout.

    hash_ring_docs.py           print what the page must hold
    hash_ring_docs.py --check   fail if it does not
"""

import re
import sys
import tomllib
from pathlib import Path

sys.dont_write_bytecode = True

from hash_ring import EQUAL_POINTS, Timeline, key, point_key, word  # noqa: E402
from hash_ring_hashes import xxh3  # noqa: E402
from hash_ring_model import Ring  # noqa: E402

FILE = Path(__file__).with_name("hash_ring.toml")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "hash_ring.md"
HASHED = {"none": b"", **{f"`{text}`": text.encode() for text in ("a", "prüfung", "user:17")}}
HASHED |= {f"0 to {last}": bytes(range(last + 1)) for last in (15, 99, 199)}
HASHED |= {"0 to 255, again and again, 1 500 in all": bytes(i % 256 for i in range(1_500))}
POINTS = [(b"cache-a", 0), (b"cache-a", 1), (b"cache-a", 159), (b"cache-b", 0), ("節点".encode(), 0)]
POINTS += [(b"10.0.0.1:6379", 65_536)]


def hashes():
    for name, data in HASHED.items():
        yield f"| {name} | `{xxh3(data):016x}` | `{xxh3(data) >> 32:08x}` |"


def points():
    for node, index in POINTS:
        yield f"| `{node.decode()}` | {index} | `{point_key(node, index).hex()}` | `{Ring.point(node, index):08x}` |"


def equal():
    (small, i), (great, j) = EQUAL_POINTS[0]
    at = f"`{Ring.point(small, i):08x}`"
    yield f"Two nodes at one position: `{small.decode()}` with {i} and `{great.decode()}` with {j}, both at {at};"


def lookups():
    t = Timeline("", "").insert("cache-a").insert("cache-b").insert("cache-c", 2)
    t.lookup(*map(key, range(12, 20)), "", "prüfung").lookup_n("user:17", 3)
    t.lookup_where("user:17", [word(t.ring.lookup_n(b"user:17", 1)[0])])
    yield from t.lines


def bytes_of(text):
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


def replay(program):
    """Gives every timeline of the default layout to the ring of the page."""
    given = {"xxh3_64": xxh3}
    exec(program, given)
    steps = 0
    for timeline in tomllib.loads(FILE.read_text())["timeline"]:
        if timeline["mode"] != "default":
            continue
        v, nodes = timeline.get("virtual_nodes", Ring.virtual_nodes), {}
        # The page's ring is made afresh for each question: a handful of questions to the large ones.
        asked = 0
        for step, answer in (re.split(" +-> ", line) for line in timeline["steps"].strip().splitlines()):
            operation, *arguments = step.split()
            name = bytes_of(arguments[0])
            if operation == "insert" and not answer.startswith("refused"):
                nodes[name] = int(arguments[1])
            elif operation == "remove":
                nodes.pop(name, None)
            elif operation.startswith("lookup") and asked * sum(nodes.values()) * v < 20_000:
                n = int(arguments[1]) if operation == "lookup_n" else 1 if operation == "lookup" else len(nodes)
                got = given["lookup_n"](nodes, name, n, v)
                if operation == "lookup_where":
                    refused = [bytes_of(node) for node in arguments[1].split(",")]
                    got = [node for node in got if node not in refused][:1]
                expected = [bytes_of(node) for node in answer.split() if answer != "none"]
                assert got == expected, (timeline["name"], step, got, answer)
                asked, steps = asked + 1, steps + 1
    assert steps > 400, steps


def main():
    page = PAGE.read_text()
    blocks = ["\n".join(block()) for block in (hashes, points, equal, lookups)]
    if "--check" not in sys.argv[1:]:
        print("\n\n".join(blocks))
        return
    for block in blocks:
        if block not in page:
            sys.exit(f"docs/{PAGE.name} must hold\n{block}")
    replay(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])


if __name__ == "__main__":
    main()
