"""Prints criterion's medians of the last run, and ours over each peer's in the same group.

    benches/ratios.py target/criterion
"""

import json
import platform
import sys
from collections import defaultdict
from pathlib import Path


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def medians(root: Path) -> dict[str, dict[str, float]]:
    """Nanoseconds by group, then by `case/who`."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for path in sorted(root.glob("**/new/estimates.json")):
        names = json.loads(path.with_name("benchmark.json").read_text())
        median = json.loads(path.read_text())["median"]["point_estimate"]
        found[names["group_id"]][names["function_id"]] = median
    return found


def main() -> None:
    groups = medians(Path(sys.argv[1]))
    print(f"{processor()}; medians in ns; a ratio below 1 is in favour of resil")
    for group, cases in groups.items():
        print(f"\n{group}")
        for name, nanos in cases.items():
            case, _, who = name.partition("/")
            ours = cases.get(f"{case}/resil{who.removeprefix('governor')}") if who.startswith("governor") else None
            ratio = f"   resil / governor = {ours / nanos:.2f}" if ours is not None else ""
            print(f"  {name:40} {nanos:8.1f}{ratio}")


if __name__ == "__main__":
    main()
