"""What replay must print, worked out slowly: exact fractions, no resil, no code of the fronts.

python3 examples/tests/reference.py RATE BURST LOG
"""

import datetime
import json
import re
import sys
from fractions import Fraction

LINE = re.compile(
    rb"([^\x00-\x20\x7f]+) [^\x00-\x20\x7f]+ [^\x00-\x20\x7f]+ \[([^\]]{26})\]"
    rb' "(?:[^"\\\x00]|\\[^\x00])*" [0-9]{3} ([0-9]+|-)'
    rb' "(?:[^"\\\x00]|\\[^\x00])*" "(?:[^"\\\x00]|\\[^\x00])*"',
    re.DOTALL,
)
SHAPE = re.compile(rb"\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-](?:[01]\d|2[0-3])[0-5]\d")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}


def parse(line: bytes) -> tuple[int, bytes] | None:
    """Returns the Unix second and the address, or None."""
    if line.endswith(b"\r"):
        line = line[:-1]
    match = LINE.fullmatch(line)
    if match is None or not SHAPE.fullmatch(match[2]):
        return None
    try:
        match[1].decode("utf-8")
        # Python starts in the C locale, which is English: nothing here calls setlocale.
        date = datetime.datetime.strptime(match[2].decode(), "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
    if date.second != int(match[2][18:20]):
        return None  # strptime takes a leap second for the one before
    since = date - EPOCH
    second = since.days * 86_400 + since.seconds
    return (second, match[1]) if 0 <= second * 10**9 < 2**63 else None


def replay(rate: str, burst: int, log: bytes) -> str:
    """Returns the line that every front must print."""
    parts = re.fullmatch(r"(\d+)/(\d*)(ms|s|m|h)", rate)
    assert parts is not None, rate
    numerator, count, unit = parts.groups()
    per_second = Fraction(int(numerator)) / (int(count or 1) * SECONDS[unit])

    lines = log.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    found = [parsed for parsed in map(parse, lines) if parsed is not None]
    levels: dict[bytes, tuple[int, Fraction]] = {}
    denials: dict[bytes, int] = {}
    for second, address in sorted(found, key=lambda it: it[0]):
        last, level = levels.get(address, (second, Fraction(burst)))
        level = min(Fraction(burst), level + (second - last) * per_second)
        if level >= 1:
            level -= 1
        else:
            denials[address] = denials.get(address, 0) + 1
        levels[address] = (second, level)

    denied = sum(denials.values())
    top = sorted(denials, key=lambda address: (-denials[address], address))[:5]
    summary = {
        "requests": len(found),
        "granted": len(found) - denied,
        "denied": denied,
        "skipped_lines": len(lines) - len(found),
        "clients": len(levels),
        "limited_clients": len(denials),
        "top": [[address.decode(), denials[address]] for address in top],
    }
    return json.dumps(summary, ensure_ascii=False).replace(": ", ":").replace(", ", ",") + "\n"


if __name__ == "__main__":
    with open(sys.argv[3], "rb") as file:
        sys.stdout.write(replay(sys.argv[1], int(sys.argv[2]), file.read()))
