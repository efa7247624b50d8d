"""What `benches/report.py` says of floors, which `benches/aims.toml` names."""

import runpy
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHES = Path(__file__).parents[2] / "benches"
report = SimpleNamespace(**runpy.run_path(str(BENCHES / "report.py")))
AIMS = tomllib.loads((BENCHES / "aims.toml").read_text())
Cost = report.Cost

CASES = {
    ("bucket", "grant", 1, "resil", "counter"): Cost(12.0, 14.0),
    ("bucket", "grant", 1, "peer", "counter"): Cost(10.0, 12.0),
    ("bucket", "grant", 4, "resil", "counter"): Cost(9.0, 33.0),
    ("bucket", "grant", 4, "peer", "counter"): Cost(9.0, 30.0),
    ("bucket", "grant", 1, "(a load)", "counter"): Cost(8.0, 9.0),
    ("bucket", "grant", 4, "(a load)", "counter"): Cost(5.0, 15.0),
    ("clocks", "reading", 1, "resil", "kernel"): Cost(7.0, 8.0),
    ("C border", "nothing", 1, "Rust", "none"): Cost(1.0, 1.0),
    ("C border", "nothing", 1, "C, shared library", "none"): Cost(2.5, 3.0),
    ("C border", "nothing", 1, "C, static library", "none"): Cost(2.25, 3.0),
    ("C border", "grant", 1, "Rust", "kernel"): Cost(30.0, 31.0),
    ("C border", "grant", 1, "C, shared library", "kernel"): Cost(34.0, 35.0),
    ("C border", "grant", 1, "C, static library", "kernel"): Cost(31.0, 32.0),
}
PYTHON = {"awaited": {"resil": Cost(300.0, 400.0), "peer": Cost(700.0, 800.0)}}
TURNS = {"acquire_async()": Cost(200.0, 380.0), "an empty coroutine": Cost(100.0, 190.0)}
RESULTS = report.Results(CASES, {}, PYTHON, TURNS)
FLOORS = {
    "load": ["bucket", "grant", "(a load)", "counter"],
    "clock": ["clocks", "reading", "resil", "kernel"],
    "gone": ["bucket", "refusal", "(a load)", "counter"],
}


def cells(lines: list[str]) -> list[list[str]]:
    """The rows of a table."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:] if line]


def aimed(*ratio: list[object], at_most: tuple[list[object], ...] = ()) -> list[list[str]]:
    """The table of these aims."""
    return cells(report.aims(RESULTS, {"ratio": ratio, "at_most": at_most, "floor": FLOORS}))


def test_a_missed_aim_stands_beside_its_floor_and_that_beside_the_same_peer() -> None:
    """By the best batch on one thread, by the median on several; 0 threads are the most."""
    alone, crowd, bare = aimed(
        ["bucket", "grant", 1, "resil", "counter", "peer", "counter", 1.0, "load"],
        ["bucket", "grant", 0, "resil", "counter", "peer", "counter", 1.0, "load"],
        ["bucket", "grant", 1, "resil", "counter", "peer", "counter", 1.0],
    )
    assert alone[3:] == ["1.20", "≤ 1.0", "**missed**", "a load (counter) 8.0, 0.80"]
    assert crowd[3:] == ["1.10", "≤ 1.0", "**missed**", "a load (counter) 15.0, 0.50"]
    assert bare[3:] == ["1.20", "≤ 1.0", "**missed**", ""]


def test_an_aim_in_nanoseconds_has_its_floor_in_nanoseconds() -> None:
    """There is no peer that it could stand beside."""
    [row] = aimed(at_most=(["bucket", "grant", 1, "resil", "counter", 9.0, "clock"],))
    assert row[4:] == ["≤ 9.0 ns", "**missed**", "reading (kernel) 7.0"]


@pytest.mark.parametrize(
    ("threads", "name", "why"),
    [
        (1, "gone", "'gone' was not measured on 1 threads"),
        (4, "clock", "'clock' was not measured on 4 threads"),
        (1, "misspelt", "no floor 'misspelt'"),
    ],
)
def test_a_floor_that_is_not_in_the_data_is_an_error(threads: int, name: str, why: str) -> None:
    """Else it would be missing from the table without anybody seeing it."""
    with pytest.raises(LookupError, match=why):
        aimed(["bucket", "grant", threads, "resil", "counter", "peer", "counter", 1.0, name])


def test_a_call_from_c_stands_beside_one_that_does_nothing() -> None:
    """By the shared library and the static one."""
    [row] = cells(report.border(RESULTS, {"c_border": 1.5, "c_border_floor": "nothing"}))
    assert row == ["grant", "30.0", "34.0 (+4.0)", "31.0 (+1.0)", "**missed**", "+1.5, +1.2"]
    with pytest.raises(LookupError, match="'less', was not measured"):
        report.border(RESULTS, {"c_border": 1.5, "c_border_floor": "less"})


def test_in_python_a_floor_s_lead_is_ours_times_what_it_takes_less() -> None:
    """In turns ours takes twice the floor, so the floor would be twice as far ahead of the peer."""
    wanted = {
        "python": [["acquire_async()", "an empty coroutine", "none"]],
        "python_ahead": 5,
        "python_ahead_floors": [["awaited", "acquire_async()"]],
    }
    assert cells(report.python_aims(RESULTS, wanted)) == [
        ["awaited: peer over ours", "2.0", "≥ 5", "**missed**", "an empty coroutine 100, 4.0"]
    ]
    wanted["python_ahead_floors"] = [["slept", "acquire_async()"]]
    with pytest.raises(LookupError, match="'slept', which was not measured"):
        report.python_aims(RESULTS, wanted)


def test_every_floor_that_an_aim_names_is_listed_and_every_one_listed_is_named() -> None:
    """In `aims.toml` as it is."""
    named = {name for aim in AIMS["ratio"] for name in aim[8:]} | {name for aim in AIMS["at_most"] for name in aim[6:]}
    assert named == set(AIMS["floor"])
    measured = {ours for ours, _, _ in AIMS["python"]}
    assert {ours for _, ours in AIMS["python_ahead_floors"]} <= measured
