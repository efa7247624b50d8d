"""Checks that what the docs quote is what the files say: a block of code that follows a line such as
`From [examples/c/guard.c](../examples/c/guard.c):` must stand in that file, line for line.

    ci/quoted.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUOTE = re.compile(r"^From \[([^\]]+)\]\(([^)]+)\):\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    problems = 0
    quotes = 0
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text()
        announced = len(re.findall(r"^From \[", text, re.MULTILINE))
        found = list(QUOTE.finditer(text))
        if announced != len(found):
            problems += 1
            print(f"{page.relative_to(ROOT)}: {announced} quotes announced, {len(found)} found: mend their form")
        for quote in found:
            quotes += 1
            name, link, block = quote.groups()
            source = (page.parent / link).resolve()
            if source != ROOT / name or not source.is_file():
                problems += 1
                print(f"{page.relative_to(ROOT)}: {name} and {link} are not one file")
            elif f"\n{block}" not in f"\n{source.read_text()}":
                problems += 1
                print(f"{page.relative_to(ROOT)}: the quote from {name} is not what it says; quote it anew:\n{block}")
    print(f"quoted: {quotes} quotes compared, {problems} differences")
    return 1 if problems or not quotes else 0


if __name__ == "__main__":
    sys.exit(main())
