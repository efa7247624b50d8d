"""Writes benches/RESULTS.md and benches/results.svg of what `ci/bench` measured, and holds it to benches/aims.toml.

    python benches/report.py rust.jsonl python.json turns.json

The files are what `beside --json`, `python_peers.py --output` and `python_turns.py` wrote.
"""

import datetime
import json
import platform
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
COMPILED = ("resil", "flowguard", "cachebox", "moka-py")
"""Peers of Python that are not written in it."""


@dataclass(frozen=True)
class Cost:
    """Nanoseconds a call: the best batch, and the one in the middle."""

    least: float
    median: float


Key = tuple[str, str, int, str, str]
"""Operation, what, threads, whose, clock."""


@dataclass(frozen=True)
class Results:
    """Everything measured in one run: Rust and C, what has no case, Python beside peers, and Python beside floors."""

    cases: dict[Key, Cost]
    notes: dict[str, dict[str, float]]
    python: dict[str, dict[str, Cost]]
    turns: dict[str, Cost]

    @classmethod
    def read(cls, rust: Path, python: Path, turns: Path) -> "Results":
        """Of the files."""
        # Here, for who imports the rest has no need of it.
        import pyperf

        cases, notes, groups = {}, {}, {}
        for line in rust.read_text().splitlines():
            it = json.loads(line)
            if "group" in it:
                notes.setdefault(it["group"], {})[it["what"]] = it["value"]
            else:
                key = (it["operation"], it["what"], it["threads"], it["who"], it["clock"])
                cases[key] = Cost(it["least"], it["median"])
        for benchmark in pyperf.BenchmarkSuite.load(str(python)):
            group, who = benchmark.get_name().split(" | ")
            values = [value * 1e9 for value in benchmark.get_values()]
            groups.setdefault(group, {})[who] = Cost(min(values), benchmark.median() * 1e9)
        in_turn = {what: Cost(**cost) for what, cost in json.loads(turns.read_text()).items()}
        return cls(cases, notes, groups, in_turn)

    @property
    def more(self) -> int:
        """The most threads."""
        return max(threads for _, _, threads, _, _ in self.cases)

    def cost(self, operation: str, what: str, threads: int, who: str, clock: str) -> Cost:
        """What a case took; 0 threads are the most."""
        return self.cases[operation, what, threads or self.more, who, clock]


def compared(cost: Cost, threads: int) -> float:
    """The figure to compare: of several threads the best batches are those in which they did not meet."""
    return cost.least if threads == 1 else cost.median


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table of Markdown; all columns but the first are numbers."""
    names = list(head)
    rule = ["---", *["---:" for _ in names[1:]]]
    return ["| " + " | ".join(row) + " |" for row in [names, rule, *rows]] + [""]


def named(who: str, clock: str) -> str:
    """Whose, and the clock if it reads one."""
    return who if clock == "none" else f"{who} ({clock})"


def met(value: float, at_most: float) -> str:
    """A word, where an aim is missed: the figures speak for the others."""
    return "" if round(value, 2) <= at_most else "**missed**"


def floor(results: Results, wanted: dict, named_floor: list[str], threads: int, peer: float | None) -> str:
    """What an aim's floor took, if it names one, and that beside the aim's peer."""
    if not named_floor:
        return ""
    [name] = named_floor
    if name not in wanted["floor"]:
        raise LookupError(f"aims.toml has no floor {name!r}")
    operation, what, who, clock = wanted["floor"][name]
    if (operation, what, threads or results.more, who, clock) not in results.cases:
        raise LookupError(f"the floor {name!r} was not measured on {threads or results.more} threads")
    cost = compared(results.cost(operation, what, threads, who, clock), threads)
    beside = "" if peer is None else f", {cost / peer:.2f}"
    # Of what is ours the operation says what it is.
    label = what if who == "resil" else who.strip("()")
    return f"{named(label, clock)} {cost:.1f}{beside}"


def aims(results: Results, wanted: dict) -> list[str]:
    """The table of everything that is aimed at in Rust."""
    rows = []
    for operation, what, threads, who, clock, peer, its_clock, at_most, *least in wanted["ratio"]:
        ours = compared(results.cost(operation, what, threads, who, clock), threads)
        theirs = compared(results.cost(operation, what, threads, peer, its_clock), threads)
        on = "" if threads == 1 else f", {threads or results.more} threads"
        rows.append([
            f"{operation}, {what}{on}", f"{named(who, clock)} {ours:.1f}", f"{named(peer, its_clock)} {theirs:.1f}",
            f"{ours / theirs:.2f}", f"≤ {at_most}", met(ours / theirs, at_most),
            floor(results, wanted, least, threads, theirs),
        ])
    for operation, what, threads, who, clock, at_most, *least in wanted["at_most"]:
        ours = compared(results.cost(operation, what, threads, who, clock), threads)
        rows.append([
            f"{operation}, {what}", f"{named(who, clock)} {ours:.1f}", "", "", f"≤ {at_most} ns", met(ours, at_most),
            floor(results, wanted, least, threads, None),
        ])
    return table(["operation", "ours, ns", "peer, ns", "ratio", "aim", "", "floor, ns and ratio"], rows)


def over_rust(results: Results, what: str, clock: str) -> list[float]:
    """What a call from C costs above the same in Rust, by the shared library and the static one."""
    rust = results.cost("C border", what, 1, "Rust", clock).least
    libraries = (f"C, {library} library" for library in ("shared", "static"))
    return [results.cost("C border", what, 1, library, clock).least - rust for library in libraries]


def border(results: Results, wanted: dict) -> list[str]:
    """The table of calls from C, beside one that does nothing."""
    at_most, empty = wanted["c_border"], wanted["c_border_floor"]
    if ("C border", empty, 1, "Rust", "none") not in results.cases:
        raise LookupError(f"the floor of calls from C, {empty!r}, was not measured")
    least = ", ".join(f"+{more:.1f}" for more in over_rust(results, empty, "none"))
    rows = []
    for (operation, what, _, who, clock), cost in results.cases.items():
        if operation == "C border" and who == "Rust" and what != empty:
            over = over_rust(results, what, clock)
            rows.append([
                what, f"{cost.least:.1f}", *[f"{cost.least + more:.1f} (+{more:.1f})" for more in over],
                met(max(over), at_most), least,
            ])
    head = ["call", "Rust", "C, shared library", "C, static library", f"aim: +{at_most}", f"floor: {empty} called"]
    return table(head, rows)


def python_floors(results: Results, wanted: dict) -> list[str]:
    """Ours in Python beside what it cannot cost less, and the aims in nanoseconds."""
    clock = results.cost("clocks", "reading", 1, "resil", "kernel").least
    rows = []
    for what, floor, at_most in wanted["python"]:
        ours, least = results.turns[what].least, results.turns[floor].least
        named_floor = f"{floor} {least:.0f}"
        if at_most == "over_clock":
            least += clock
            named_floor += f", the kernel clock {clock:.0f}"
            at_most = round(least + wanted["python_over_clock"])
        aim = ["", ""] if at_most == "none" else [f"≤ {at_most}", met(round(ours), at_most)]
        rows.append([what, f"{ours:.0f}", f"{results.turns[what].median:.0f}", named_floor, f"+{ours - least:.0f}", *aim])
    return table(["", "best", "median", "cannot be less than", "over it", "aim", ""], rows)


def ahead_of_floor(results: Results, wanted: dict, group: str, ahead: float) -> str:
    """How far ahead what ours in the group cannot cost less than would be, by how much less it is, in turns."""
    ours = dict(wanted["python_ahead_floors"]).get(group)
    if ours is None:
        return ""
    least = {what: cannot_be_less for what, cannot_be_less, _ in wanted["python"]}[ours]
    cost = results.turns[least].least
    return f"{least} {cost:.0f}, {ahead * results.turns[ours].least / cost:.1f}"


def python_aims(results: Results, wanted: dict) -> list[str]:
    """How far ahead of the fastest peer that is written in Python."""
    for group, _ in wanted["python_ahead_floors"]:
        if group not in results.python:
            raise LookupError(f"aims.toml has a floor for {group!r}, which was not measured")
    rows = []
    for group, cases in results.python.items():
        ours = next((cost.median for who, cost in cases.items() if who.startswith("resil")), None)
        if ours is None:
            continue
        peers = {who: cost.median for who, cost in cases.items() if not who.startswith((*COMPILED, "("))}
        peer = min(peers, key=peers.__getitem__)
        ahead = peers[peer] / ours
        rows.append([f"{group}: {peer} over ours", f"{ahead:.1f}", f"≥ {wanted['python_ahead']}",
                     "" if ahead >= wanted["python_ahead"] else "**missed**",
                     ahead_of_floor(results, wanted, group, ahead)])
    return table(["", "ratio", "aim", "", "floor, ns and ratio"], rows)


def python_rows(results: Results) -> list[str]:
    """Every case of Python, beside ours of its group."""
    lines = []
    for group, cases in results.python.items():
        ours = next((cost for who, cost in cases.items() if who.startswith("resil")), None)
        rows = [
            [who, f"{cost.median:.0f}", f"{cost.least:.0f}", f"{cost.median / ours.median:.1f}" if ours else ""]
            for who, cost in cases.items()
        ]
        lines += [f"### {group[0].upper()}{group[1:]}", "", *table(["", "median", "best", "of ours"], rows)]
    return lines


def rows_of(results: Results) -> list[str]:
    """Every case of Rust and C, by operation."""
    lines: list[str] = []
    groups: dict[tuple[str, str], dict[tuple[str, str], dict[int, Cost]]] = {}
    for (operation, what, threads, who, clock), cost in results.cases.items():
        groups.setdefault((operation, what), {}).setdefault((who, clock), {})[threads] = cost
    for (operation, what), cases in groups.items():
        crowds = sorted({threads for costs in cases.values() for threads in costs})
        head = ["", "best", "median", *[f"{threads} threads" for threads in crowds if threads > 1]]
        rows = [
            [
                named(who, clock), f"{costs[1].least:.1f}", f"{costs[1].median:.1f}",
                *[f"{costs[threads].median:.1f}" if threads in costs else "" for threads in crowds if threads > 1],
            ]
            for (who, clock), costs in cases.items()
        ]
        lines += [f"### {operation[0].upper()}{operation[1:]}: {what}", "", *table(head, rows)]
    return lines


def said(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def machine() -> str:
    """The processor, how many, and what runs on it."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = Path("/proc/loadavg").read_text().split()[0]
    source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource").read_text().strip()
    count = said("nproc")
    return f"{count} × {model}; Linux {platform.release()}, clock source {source}; load at the end {load}"


def versions() -> str:
    """Compilers, interpreter, and the peers as they are locked."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    needs = tomllib.loads((HERE / "Cargo.toml").read_text())["dev-dependencies"]
    ours = {"criterion", "dashmap", "libc", "redis", "resil-redis", "resil-tests", "tokio"}
    found: dict[str, list[str]] = {}
    for package in lock:
        if package["name"] in needs and package["name"] not in ours:
            found.setdefault(package["name"], []).append(package["version"])
    crates = ", ".join(f"{name} {' and '.join(versions)}" for name, versions in found.items())
    required = (HERE / "requirements.txt").read_text().splitlines()
    packages = ", ".join(line.replace("==", " ") for line in required if "==" in line)
    rust = said("rustc", "--version").split(" (")[0]
    compiler = said("cc", "--version").splitlines()[0]
    interpreter = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{rust}, fat LTO; {compiler}, -O2; {interpreter}.\n\nCrates: {crates}.\n\nPython: {packages}."


def page(results: Results, wanted: dict) -> str:
    """The whole of RESULTS.md."""
    reading = {
        clock: results.cost("clocks", "reading", 1, "resil", clock).least for clock in ("kernel", "counter", "coarse")
    }
    clocks = ", ".join(f"{clock} {cost:.1f}" for clock, cost in reading.items())
    firsts = [[what, f"{value:,.0f}".replace(",", " ")] for what, value in results.notes["first calls"].items()]
    drifts = [[what, f"{value:+.2f}"] for what, value in results.notes["drift"].items()]
    commit = said("git", "log", "-1", "--format=%h")
    changed = " with changes" if said("git", "status", "--porcelain", "--untracked-files=no") else ""
    return "\n".join([
        "# Results",
        "",
        f"Written by `make bench` on {datetime.date.today()} at {commit}{changed}; not to be edited. Ours and every",
        "peer take turns in one process, batch by batch. Nanoseconds a call: best and median batch on one thread, the",
        "median of wall time over calls on several. Ratios carry over to other machines; nanoseconds do not.",
        "",
        "In brackets: the clock that a call reads. *kernel* is CLOCK_MONOTONIC, *coarse* its coarse twin, *counter*",
        "the processor's (quanta), *given* an instant that the caller has read. A reading by itself:",
        f"{clocks}.",
        "",
        machine() + ".",
        "",
        versions(),
        "",
        "Of twelve operations that a user would compare, two are not in the Rust library: a limit for each key (in",
        "Python, below) and the pick of two. Their rows are what a user would make of its parts.",
        "",
        "## Beside the aims",
        "",
        "A floor is a case of this run that decides nothing, or does a part of it only: what cannot be gone below, and",
        "that beside the same peer.",
        "",
        *aims(results, wanted),
        "## C border",
        "",
        *border(results, wanted),
        "## Rust and C",
        "",
        *rows_of(results),
        "## First calls",
        "",
        "In a process that has done nothing before; medians. Making a counter's clock calibrates it.",
        "",
        *table(["", "ns"], firsts),
        "## Drift of the counter",
        "",
        "By how many millionths the counter's clock ran ahead of the kernel's; each process calibrates anew.",
        "",
        *table(["", "ppm"], drifts),
        "## Python",
        "",
        "Beside what a call cannot cost less, in one process, in turns; the loop's own 2 to 4 ns are in all of it.",
        "",
        *python_floors(results, wanted),
        "Beside peers, measured by pyperf, each case in three processes; the medians of a group are compared. The ratio",
        "of a floor is that of ours, times ours over the floor in the table above.",
        "",
        *python_aims(results, wanted),
        *python_rows(results),
    ]).rstrip() + "\n"


# As in the other charts: Okabe and Ito's blue, grey.
OURS, THEIRS, INK = "#0072B2", "#bbbbbb", "#333333"
LEFT, TOP, WIDE, BAR, ROW = 250, 84, 400, 13, 38
"""Pixels."""


def bars(x: float, y: float, share: float, colour: str, label: str) -> list[str]:
    """One bar and what it says."""
    width = max(WIDE * share, 1)
    return [
        f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<text x="{x + width + 5:.1f}" y="{y + BAR - 2:g}" font-size="11">{label}</text>',
    ]


def drawn(results: Results, wanted: dict) -> str:
    """The picture: ours and a peer's, each pair on a scale of its own."""
    pairs = []
    for label, operation, what, who, clock, peer, its_clock in wanted["picture"]:
        ours = results.cost(operation, what, 1, who, clock).least
        theirs = results.cost(operation, what, 1, peer, its_clock).least
        pairs.append((label, named(who, clock).replace("resil counter", "resil"), ours, named(peer, its_clock), theirs))
    rust = len(pairs)
    for label, group, who, peer in wanted["python_picture"]:
        cases = results.python[group]
        pairs.append((f"Python: {label}", who, cases[who].least, peer, cases[peer].least))
    height = TOP + len(pairs) * ROW + 30
    width = LEFT + WIDE + 230
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        '<text x="14" y="28" font-size="18" font-weight="bold">What a call costs</text>',
        '<text x="14" y="48">Nanoseconds, best batches of one run in turn on one thread; in brackets the clock that it '
        "reads. The longer bar of each pair is full width.</text>",
    ]
    for place, (label, ours_name, ours, peer, theirs) in enumerate(pairs):
        y = TOP + place * ROW
        if place == rust:
            out.append(f'<path d="M14 {y - 7}H{width - 14}" stroke="{THEIRS}"/>')
        most = max(ours, theirs)
        digits = 0 if most >= 100 else 1
        out.append(f'<text x="{LEFT - 12}" y="{y + BAR + 4}" text-anchor="end">{label}</text>')
        out += bars(LEFT, y, ours / most, OURS, f"{ours_name} {ours:.{digits}f}")
        out += bars(LEFT, y + BAR + 1, theirs / most, THEIRS, f"{peer} {theirs:.{digits}f}")
    return "\n".join([*out, "</svg>", ""])


def main() -> None:
    """Writes both, and prints the aims."""
    results = Results.read(*map(Path, sys.argv[1:4]))
    wanted = tomllib.loads((HERE / "aims.toml").read_text())
    (HERE / "RESULTS.md").write_text(page(results, wanted))
    (HERE / "results.svg").write_text(drawn(results, wanted))
    print("\n".join([*aims(results, wanted), *border(results, wanted)]))
    print("benches/RESULTS.md and benches/results.svg are written")


if __name__ == "__main__":
    main()
