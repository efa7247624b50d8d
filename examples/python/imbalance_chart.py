#!/usr/bin/env python3
"""Draws how evenly a hash ring spreads keys, and holds docs/hash_ring.md to what was measured.

    python examples/python/imbalance_chart.py imbalance.json table.md [--check]

The files are what the `imbalance` of examples/rust wrote and printed. Writes docs/hash_ring_imbalance.svg and the
table of docs/hash_ring.md; with --check, compares them. Standard library only, so that the picture is the same
bytes wherever it is drawn.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PICTURE = DOCS / "hash_ring.md", DOCS / "hash_ring_imbalance.svg"
BEGIN, END = "<!-- imbalance: written by ci/imbalance -->\n", "<!-- end -->\n"

DEFAULT = 160
BIN = 5
"""Percent of the average."""
MOST = 200
"""Percent at the right edge; what lies beyond is drawn there."""

# As in the other charts: Okabe and Ito's blue, a pale blue, vermilion.
BAR, DEFAULT_BAR, PEAK, INK, PALE = "#9CC3DC", "#0072B2", "#D55E00", "#333333", "#bbbbbb"

LEFT, TOP, PANEL, GAP, ROW, FOOT = 96, 92, 230, 44, 84, 54
"""Pixels."""
BAR_HEIGHT = 62


def words(x: float, y: float, text: str, **style: object) -> str:
    """Returns a line of text."""
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:g}" y="{y:g}"{attributes}>{text}</text>'


def binned(cell: dict[str, Any]) -> Counter[int]:
    """Returns how many nodes have which load, by bin."""
    loads = [100 * cell["nodes"] * arc / 2**32 for arc in cell["arcs"]]
    return Counter(min(int(load / BIN), MOST // BIN - 1) for load in loads)


def histogram(cell: dict[str, Any], left: float, base: float, top: int) -> str:
    """Returns the outline of the bins; `top` nodes in one are full height."""
    bins = binned(cell)
    step = PANEL * BIN / MOST
    path, first, last = [], min(bins), max(bins)
    path.append(f"M{left + first * step:g} {base:g}")
    for place in range(first, last + 1):
        height = BAR_HEIGHT * bins[place] / top
        path.append(f"V{base - height:.1f}H{left + (place + 1) * step:g}")
    colour = DEFAULT_BAR if cell["virtual_nodes"] == DEFAULT else BAR
    return f'<path d="{"".join(path)}V{base:g}Z" fill="{colour}"/>'


def panel(cell: dict[str, Any], left: float, base: float, top: int) -> list[str]:
    """Returns one histogram, with a mark at the peak."""
    peak = left + PANEL * min(100 * cell["share"]["peak"], MOST) / MOST
    average = left + PANEL * 100 / MOST
    label = f"peak {cell['share']['peak']:.2f}"
    return [
        f'<path d="M{left} {base}H{left + PANEL}" stroke="{PALE}"/>',
        histogram(cell, left, base, top),
        f'<path d="M{average:g} {base:g}v-{ROW - 14}" stroke="{INK}" stroke-dasharray="3 3"/>',
        f'<path d="M{peak:.1f} {base:g}v-30" stroke="{PEAK}" stroke-width="2"/>',
        words(peak + 4, base - 20, label, fill=PEAK),
        words(left, base - 52, f"±{100 * cell['share']['deviation']:.0f} %", font_weight="bold"),
    ]


def draw(cells: list[dict[str, Any]]) -> str:
    """Returns the picture."""
    points = list(dict.fromkeys(cell["virtual_nodes"] for cell in cells))
    nodes = list(dict.fromkeys(cell["nodes"] for cell in cells))
    width = LEFT + len(nodes) * (PANEL + GAP)
    height = TOP + len(points) * ROW + FOOT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Verdana, sans-serif" '
        f'font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        words(14, 28, "How even a hash ring is", font_size=18, font_weight="bold"),
        words(14, 48, "How many of 1 000 nodes have which load; 100 % is a fair share. "
              "± is the standard deviation; peak, the busiest of a ring, on average."),
    ]
    for column, count in enumerate(nodes):
        left = LEFT + column * (PANEL + GAP)
        title = f"{1_000 // count} rings of {count} nodes" if count < 1_000 else "one ring of 1 000 nodes"
        out.append(words(left + PANEL / 2, TOP - 10, title, text_anchor="middle", font_weight="bold"))
        for percent in range(0, MOST + 1, 50):
            x, y = left + PANEL * percent / MOST, TOP + len(points) * ROW
            out.append(words(x, y + 16, f"{percent} %", text_anchor="middle", font_size=11))
        out.append(words(left + PANEL / 2, TOP + len(points) * ROW + 38, "load of a node", text_anchor="middle"))
    for row, count in enumerate(points):
        base = TOP + (row + 1) * ROW
        out.append(words(14, base - 26, f"{count} points", font_weight="bold"))
        out.append(words(14, base - 10, "(default)" if count == DEFAULT else "a node"))
        ours = [cell for cell in cells if cell["virtual_nodes"] == count]
        # One scale a row: the tallest bar of its panels.
        top = max(max(binned(cell).values()) for cell in ours)
        for column, cell in enumerate(ours):
            out += panel(cell, LEFT + column * (PANEL + GAP), base, top)
    return "\n".join([*out, "</svg>", ""])


def main() -> None:
    """Writes picture and table, or compares them."""
    parser = argparse.ArgumentParser(description="Draws how even a hash ring is.")
    parser.add_argument("json", type=Path, help="what `imbalance --json` wrote")
    parser.add_argument("table", type=Path, help="what it printed")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    picture = draw(json.loads(arguments.json.read_text()))
    before, rest = PAGE.read_text().split(BEGIN)
    page = before + BEGIN + arguments.table.read_text() + END + rest.split(END, 1)[1]
    for path, content in ((PICTURE, picture), (PAGE, page)):
        if not arguments.check:
            path.write_text(content)
        elif not path.exists() or path.read_text() != content:
            sys.exit(f"docs/{path.name} differs from what is measured: run ci/imbalance")


if __name__ == "__main__":
    main()
