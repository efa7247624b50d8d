#!/usr/bin/env python3
"""Draws what became of the calls of a storm, bare and behind the breaker.

    python examples/python/storm_chart.py storm.json storm.svg

The first file is what the `storm` of examples/rust wrote.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

# Draws into a file; no window, no display.
plt.switch_backend("svg")

BINS_PER_PHASE = 20

# Okabe and Ito's blue and vermilion, and a pale grey: apart for every kind of colour vision, and in grey.
GOOD = "#0072B2"
WASTED = "#D55E00"
REFUSED = "#C4C4C4"
INK = "#333333"
KINDS = {"good": ["good"], "wasted": ["failed", "timed_out"], "refused": ["refused"]}
COLOURS = {"good": GOOD, "wasted": WASTED, "refused": REFUSED}
SICK = {"slow": "#FBF3E4", "half failing": "#F8E6D0", "down": "#F2D3BE"}
"""What stands behind the phases in which the service is sick."""

WIDTH, HEIGHT = 9.0, 6.3
"""Inches."""


def draw(records: dict[str, Any], path: Path) -> None:
    """Writes the chart: the same bytes for the same records."""
    settings, phases = records["settings"], records["phases"]
    bin_s = settings["phase_ms"] / 1e3 / BINS_PER_PHASE

    plt.rcParams.update({"svg.hashsalt": "resil", "font.family": "DejaVu Sans", "font.size": 9})
    plt.rcParams.update({"text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": "#999999"})
    plt.rcParams.update({"xtick.color": INK, "ytick.color": INK})
    figure, (bare, guarded, ratio) = plt.subplots(
        3, 1, sharex=True, figsize=(WIDTH, HEIGHT), layout="constrained", height_ratios=[3, 3, 1.2]
    )
    figure.get_layout_engine().set(rect=(0.005, 0.005, 0.985, 0.875), hspace=0.04)

    figure.text(0.012, 0.945, "What a breaker saves", fontsize=14, fontweight="bold")
    load = f"{settings['rate']} calls/s to each of two services that fall ill alike"
    window = f"breaker's window {settings['bucket_ms'] * settings['buckets'] / 1e3:g} s"
    patience = f"callers give up after {settings['timeout_ms']} ms"
    figure.text(0.012, 0.905, f"{load}; {patience}; {window}", fontsize=10)
    labels = {"good": "good", "wasted": "wasted: failed or timed out", "refused": "refused at once"}
    handles = [Patch(color=COLOURS[kind], label=label) for kind, label in labels.items()]
    place = (0.99, 0.985)
    figure.legend(
        handles=handles,
        ncols=3,
        frameon=False,
        borderpad=0,
        loc="upper right",
        bbox_to_anchor=place,
    )

    draw_lane(bare, "bare", records["bare"], phases, bin_s)
    draw_lane(guarded, "behind the breaker", records["guarded"], phases, bin_s)
    top = max(panel.get_ylim()[1] for panel in (bare, guarded))
    for panel in (bare, guarded):
        panel.set_ylim(0, top)
    for phase in phases:
        middle = (phase["from_s"] + phase["to_s"]) / 2
        style = {"ha": "center", "va": "top", "fontsize": 9.5, "fontweight": "bold"}
        bare.text(middle, 0.985, phase["phase"], transform=bare.get_xaxis_transform(), **style)

    seen = records["drop_ratio"]
    share = [100 * it["drop_ratio"] for it in seen]
    ratio.plot([it["at_s"] for it in seen], share, color=INK, linewidth=1.3)
    title = "drop ratio: the share of the calls that the breaker refuses"
    ratio.set_title(title, loc="left", fontsize=9, pad=3)
    ratio.set_ylabel("%")
    ratio.set_ylim(0, 105)
    ratio.set_yticks([0, 50, 100])
    ratio.set_xlabel("seconds")
    ratio.set_xlim(0, phases[-1]["to_s"])
    for panel in (bare, guarded, ratio):
        for phase in phases:
            colour = SICK.get(phase["phase"], "white")
            panel.axvspan(phase["from_s"], phase["to_s"], color=colour, linewidth=0, zorder=-1)
        panel.spines[["top", "right"]].set_visible(False)

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw_lane(
    panel: Axes,
    name: str,
    calls: list[dict[str, Any]],
    phases: list[dict[str, Any]],
    bin_s: float,
) -> None:
    """Draws the calls of one lane, stacked, by when they were meant to leave."""
    bins = len(phases) * BINS_PER_PHASE
    counts = {outcome: [0] * bins for outcomes in KINDS.values() for outcome in outcomes}
    for call in calls:
        counts[call["outcome"]][min(int(call["at_s"] / bin_s), bins - 1)] += 1
    edges = [index * bin_s for index in range(bins + 1)]
    below = [0.0] * bins
    for kind, outcomes in KINDS.items():
        rates = [sum(column) / bin_s for column in zip(*(counts[it] for it in outcomes))]
        above = [low + rate for low, rate in zip(below, rates)]
        panel.stairs(above, edges, baseline=below, fill=True, color=COLOURS[kind], linewidth=0)
        below = above
    # Room for the names of the phases.
    panel.set_ylim(0, 1.25 * max(below))
    total = Counter(call["outcome"] for call in calls)
    words = [f"{sum(total[it] for it in outcomes):,} {kind}" for kind, outcomes in KINDS.items()]
    panel.set_title(name, loc="left", fontsize=10.5, fontweight="bold", pad=3)
    panel.set_title(", ".join(words), loc="right", fontsize=9, pad=3)
    panel.set_ylabel("calls per second")
    panel.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def main() -> None:
    """Reads the records and draws them."""
    parser = argparse.ArgumentParser(description="Draws what became of the calls of a storm.")
    parser.add_argument("records", type=Path, help="what storm wrote")
    parser.add_argument("chart", type=Path, help="where to draw (SVG)")
    arguments = parser.parse_args()
    draw(json.loads(arguments.records.read_text()), arguments.chart)
    print(f"  chart   {arguments.chart}\n")


if __name__ == "__main__":
    main()
