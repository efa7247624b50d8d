"""The table and the picture of docs/hash_ring.md are what the library measures, and a slow ring measures the same."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

sys.path.insert(0, str(ROOT / "tests" / "vectors"))
from hash_ring_model import Ring  # noqa: E402

CIRCLE = 2**32


def setUpModule() -> None:
    """Measures, and compares table and picture."""
    done = subprocess.run([ROOT / "ci" / "imbalance", "--check"], capture_output=True, timeout=600)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())


def measured() -> list[dict[str, Any]]:
    """Returns the lines of the table, with every node's share."""
    cells: list[dict[str, Any]] = json.loads((TARGET / "imbalance" / "imbalance.json").read_text())
    return cells


def slow_arcs(ring_number: int, nodes: int, virtual_nodes: int) -> list[int]:
    """Returns what each node has of the circle, by walking it point by point."""
    ring = Ring(virtual_nodes)
    names = [f"10.{ring_number}.{node // 250}.{node % 250}:6379".encode() for node in range(nodes)]
    for name in names:
        ring.insert(name, 1)
    points = ring.points()
    arcs = dict.fromkeys(names, 0)
    before = points[-1][0] - CIRCLE
    for position, _, name in points:
        arcs[name] += position - before
        before = position
    return list(arcs.values())


class Imbalance(unittest.TestCase):
    def test_a_slow_ring_gives_every_node_the_same_share(self) -> None:
        """All rings of 40 points a node, and the first ten of 160."""
        for cell in measured():
            rings = {40: 1_000 // cell["nodes"], 160: min(10, 100 // cell["nodes"])}
            for ring in range(rings.get(cell["virtual_nodes"], 0)):
                nodes = cell["nodes"]
                with self.subTest(virtual_nodes=cell["virtual_nodes"], nodes=nodes, ring=ring):
                    arcs = cell["arcs"][ring * nodes : (ring + 1) * nodes]
                    self.assertEqual(arcs, slow_arcs(ring, nodes, cell["virtual_nodes"]))

    def test_the_spread_is_that_of_the_shares(self) -> None:
        """Deviation and peaks follow from the shares, and the deviation is about 1 / sqrt(points)."""
        for cell in measured():
            nodes = cell["nodes"]
            loads = [arc * nodes / CIRCLE for arc in cell["arcs"]]
            self.assertEqual(len(loads), 1_000)
            deviation = (sum((load - 1) ** 2 for load in loads) / len(loads)) ** 0.5
            peaks = [max(loads[at : at + nodes]) for at in range(0, len(loads), nodes)]
            self.assertAlmostEqual(cell["share"]["deviation"], deviation, places=9)
            self.assertAlmostEqual(cell["share"]["peak"], sum(peaks) / len(peaks), places=9)
            self.assertAlmostEqual(cell["share"]["worst"], max(peaks), places=9)
            self.assertAlmostEqual(deviation * cell["virtual_nodes"] ** 0.5, 1, delta=0.1)

    def test_keys_follow_the_shares(self) -> None:
        """Each node gets its share of the keys, but for what chance takes: six standard deviations."""
        for cell in measured():
            for arc, keys in zip(cell["arcs"], cell["keys"], strict=True):
                expected = 1_000 * cell["nodes"] * arc / CIRCLE
                self.assertLess(abs(keys - expected), 6 * expected**0.5)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = {getattr(it, "test_case", it).id() for it, _ in result.failures + result.errors}
    print(f"imbalance: {max(0, result.testsRun - len(failed))} passed, {len(failed)} failed")
    sys.exit(not result.wasSuccessful() or result.testsRun == 0)
