"""Draws what a limit granted and denied over time, a panel for each of the noisiest clients."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from replay import Decision
from resil import Quota

# Draws into a file; no window, no display.
plt.switch_backend("svg")

PANELS = 6
MOST_BINS = 100
"""More bars than this are too thin to tell apart on a page."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400
BIN_SECONDS = [1, 2, 5, 10, 15, 30]
BIN_SECONDS += [MINUTE * count for count in (1, 2, 5, 10, 15, 30)]
BIN_SECONDS += [HOUR * count for count in (1, 2, 3, 6, 12)]
BIN_SECONDS += [DAY * count for count in (1, 2, 7, 14, 28, 91, 182, 364)]

# Okabe and Ito's blue and orange: apart for every kind of colour vision, and in grey.
GRANTED = "#0072B2"
DENIED = "#E69F00"
INK = "#333333"

WIDTH, PANEL_HEIGHT, HEAD, FOOT = 9.0, 1.15, 0.7, 0.7
"""Inches: the page, a panel, and what stands above and below the panels."""


def bin_width(seconds: int) -> int:
    """Returns the smallest width with which `seconds` fit into the bins."""
    fits = (width for width in BIN_SECONDS if seconds // width < MOST_BINS)
    return next(fits, BIN_SECONDS[-1] * (1 + seconds // (BIN_SECONDS[-1] * MOST_BINS)))


def in_words(seconds: int) -> str:
    """Returns `5 min`, `1 h`."""
    for unit, name in [(DAY, "d"), (HOUR, "h"), (MINUTE, "min")]:
        if seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def noisiest(decisions: list[Decision]) -> list[str]:
    """Returns the most denied clients; if too few are denied, then those that ask most."""
    denied: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    for request, granted in decisions:
        requests[request.address] += 1
        denied[request.address] += not granted
    return sorted(requests, key=lambda it: (-denied[it], -requests[it], it.encode()))[:PANELS]


def draw(decisions: list[Decision], quota: Quota, limit: str, path: Path) -> None:
    """Writes the chart: the same bytes for the same decisions."""
    clients = noisiest(decisions)
    first, last = decisions[0].request.second, decisions[-1].request.second
    width = bin_width(last - first)
    start = first - first % width
    bins = range(start, last + 1, width)
    left = [datetime.fromtimestamp(second, UTC) for second in bins]
    allowed = quota.rate * width

    plt.rcParams.update({"svg.hashsalt": "resil", "font.family": "DejaVu Sans", "font.size": 9})
    plt.rcParams.update({"text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": "#999999"})
    plt.rcParams.update({"xtick.color": INK, "ytick.color": INK})
    plt.rcParams["text.parse_math"] = False  # an address may hold a dollar sign
    height = HEAD + PANEL_HEIGHT * len(clients) + FOOT
    figure, panels = plt.subplots(
        len(clients), 1, sharex=True, squeeze=False, figsize=(WIDTH, height), layout="constrained"
    )
    figure.get_layout_engine().set(
        rect=(0.03, FOOT / 2 / height, 0.96, 1 - (HEAD + FOOT / 2) / height)
    )
    for panel, address in zip(panels[:, 0], clients):
        counts = {True: [0] * len(bins), False: [0] * len(bins)}
        for request, granted in decisions:
            if request.address == address:
                counts[granted][(request.second - start) // width] += 1
        draw_panel(panel, address, counts, left, width, allowed)

    axis = panels[-1, 0].xaxis
    locator = AutoDateLocator(tz=UTC, minticks=4)
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axis.get_offset_text().set_visible(False)
    days = [f"{day.day} {day:%b %Y}" for day in (left[0], left[-1])]
    day = days[0] if days[0] == days[1] else " to ".join(days)

    def text(x: float, inches: float, words: str, **style: object) -> None:
        figure.text(x, inches / height, words, **style)

    text(0.012, height - 0.3, "What a rate limit would have done", fontsize=14, fontweight="bold")
    text(0.012, height - 0.55, limit, fontsize=10.5)
    text(0.5, 0.14, f"time (UTC), {day}; each panel has its own scale", ha="center")
    middle = FOOT + PANEL_HEIGHT * len(clients) / 2
    text(0.012, middle, f"requests in {in_words(width)}", rotation=90, va="center")
    handles = [Patch(color=GRANTED, label="granted"), Patch(color=DENIED, label="denied")]
    handles += [line for panel in panels[:, 0] for line in panel.lines][:1]
    place = {"loc": "upper right", "bbox_to_anchor": (0.995, 1 - 0.13 / height)}
    figure.legend(handles=handles, ncols=len(handles), frameon=False, borderpad=0, **place)

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def draw_panel(
    panel: Axes,
    address: str,
    counts: dict[bool, list[int]],
    left: list[datetime],
    width: int,
    allowed: float,
) -> None:
    """Draws one client."""
    bar = {"width": timedelta(seconds=width), "align": "edge", "linewidth": 0}
    panel.bar(left, counts[True], color=GRANTED, **bar)
    panel.bar(left, counts[False], bottom=counts[True], color=DENIED, **bar)
    top = 1.08 * max(granted + denied for granted, denied in zip(counts[True], counts[False]))
    panel.set_ylim(0, top)
    if allowed < top:
        line = {"color": INK, "linewidth": 0.9, "linestyle": (0, (4, 3))}
        panel.axhline(allowed, label="what the rate gives back", **line)
    granted, denied = sum(counts[True]), sum(counts[False])
    name = address if len(address) <= 60 else f"{address[:59]}…"
    panel.set_title(name, loc="left", fontsize=9.5, fontweight="bold", pad=3)
    panel.set_title(f"{granted:,} granted, {denied:,} denied", loc="right", fontsize=9, pad=3)
    panel.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis="y", color="#e4e4e4", linewidth=0.7)
    panel.set_axisbelow(True)
    panel.set_xlim(left[0], left[-1] + timedelta(seconds=width))
