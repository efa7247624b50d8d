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


def parts(name: str) -> tuple[str, str, str]:
    """`case/who_variant` in its parts."""
    case, _, who = name.partition("/")
    who, _, variant = who.partition("_")
    return case, who, variant


def peers(ours: str, cases: dict[str, float]) -> list[str]:
    """Whom to compare with: peers of the same case, and those whose case none of ours shares; failing that, all.

    Of a peer's variants the one with our variant's name, failing that, all.
    """
    case, who, variant = parts(ours)
    if who != "resil":
        return []
    our_cases = {parts(name)[0] for name in cases if parts(name)[1] == "resil"}
    everyone = [name for name in cases if "/" in name and parts(name)[1] != "resil"]
    near = [name for name in everyone if parts(name)[0] == case or parts(name)[0] not in our_cases]
    same = [name for name in near if parts(name)[2] == variant]
    return same or near or everyone


def main() -> None:
    groups = medians(Path(sys.argv[1]))
    print(f"{processor()}; medians in ns; a ratio below 1 is in favour of resil")
    for group, cases in groups.items():
        print(f"\n{group}")
        for name, nanos in cases.items():
            ratios = "".join(f"   {nanos / cases[peer]:.2f} of {peer}" for peer in peers(name, cases))
            print(f"  {name:40} {nanos:8.1f}{ratios}")


if __name__ == "__main__":
    main()
