"""Prints criterion's medians of the last run, ours over each peer's in the same group, and how that is to be.

    benches/ratios.py target/criterion
"""

import json
import platform
import sys
import tomllib
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
        # A benchmark's parameter is a part of what it is called.
        name = "/".join(part for part in (names["function_id"], names["value_str"]) if part)
        found[names["group_id"]][name] = median
    return found


def parts(name: str) -> tuple[str, str, str]:
    """`case/who_variant`, `who_variant/case` with a number for a case, or `who_variant`, in its parts."""
    case, _, who = name.rpartition("/")
    if who.isdigit():
        case, who = who, case
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
    everyone = [name for name in cases if parts(name)[1] != "resil"]
    near = [name for name in everyone if parts(name)[0] == case or parts(name)[0] not in our_cases]
    same = [name for name in near if parts(name)[2] == variant]
    return same or near or everyone


def aims(groups: dict[str, dict[str, float]]) -> list[str]:
    """The table of `aims.toml`, of what was measured, as Markdown."""
    table = tomllib.loads(Path(__file__).with_name("aims.toml").read_text())
    lines = ["| operation | resil | peer | ratio | aim | |", "| --- | --- | --- | --- | --- | --- |"]
    missing = []
    for what, group, ours, peer, at_most in table["aim"]:
        cases = groups.get(group, {})
        if ours not in cases or peer not in cases:
            missing.append(what)
            continue
        ratio = cases[ours] / cases[peer]
        met = "" if round(ratio, 2) <= at_most else "missed"
        who = next(part for part in reversed(peer.split("/")) if not part.isdigit())
        lines.append(f"| {what} | {cases[ours]:.1f} | {who} {cases[peer]:.1f} | {ratio:.2f} | ≤ {at_most} | {met} |")
    return lines + [f"not measured: {what}" for what in missing]


def main() -> None:
    groups = medians(Path(sys.argv[1]))
    print(f"{processor()}; medians in ns; a ratio below 1 is in favour of resil")
    for group, cases in groups.items():
        print(f"\n{group}")
        for name, nanos in cases.items():
            ratios = "".join(f"   {nanos / cases[peer]:.2f} of {peer}" for peer in peers(name, cases))
            print(f"  {name:40} {nanos:8.1f}{ratios}")
    print("\nBeside the aims (benches/aims.toml)\n")
    print("\n".join(aims(groups)))


if __name__ == "__main__":
    main()
