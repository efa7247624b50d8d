"""A short storm shows what a long one does: the direction, not the figures."""

import json
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PHASES = ["healthy", "slow", "half failing", "down", "recovered"]
WINDOW_S, TIMEOUT_S = 1.0, 0.3
SHORT = ["--rate", "150", "--phase-ms", "2000", "--bucket-ms", "100", "--buckets", "10"]
SHORT += ["--timeout-ms", "300"]

program: list[str] = []
folder = Path()


def setUpModule() -> None:
    """Builds the program and makes room for its records."""
    global folder
    built = subprocess.run([ROOT / "ci" / "front", "storm"], check=True, stdout=subprocess.PIPE)
    program.extend(built.stdout.decode().splitlines())
    made = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(made.cleanup)
    folder = Path(made.name)


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the program."""
    return subprocess.run([*program, *arguments], capture_output=True, timeout=300)


def storm(*arguments: str) -> tuple[dict[str, Any], str]:
    """Returns what a storm wrote and what it printed; anything but success is a failure."""
    path = folder / "storm.json"
    done = run(*arguments, "--json", str(path))
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"storm ends with {done.returncode}: {done.stderr.decode()}")
    return json.loads(path.read_text()), done.stdout.decode()


def within(calls: list[dict[str, Any]], from_s: float, to_s: float) -> Counter[str]:
    """Counts what became of the calls that were meant to leave in `[from_s, to_s)`."""
    return Counter(call["outcome"] for call in calls if from_s <= call["at_s"] < to_s)


def wasted(outcomes: Counter[str]) -> int:
    """Returns how many reached the service for nothing."""
    return outcomes["failed"] + outcomes["timed_out"]


def stalled(records: dict[str, Any]) -> str:
    """Says how the machine, not the service, spoilt the storm; empty if it did not."""
    healthy = records["phases"][0]
    outcomes = within(records["bare"], healthy["from_s"], healthy["to_s"])
    if outcomes["good"] < 0.95 * outcomes.total():
        return f"the healthy service was not healthy: {dict(outcomes)}"
    late = max(call["late_ms"] for call in records["bare"])
    return f"a call left {late:.0f} ms late" if late > 150 else ""


class ShortStorm(unittest.TestCase):
    """All look at one storm of ten seconds."""

    records: dict[str, Any]
    printed: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.records, cls.printed = storm(*SHORT)
        if why := stalled(cls.records):
            print(f"storm: the machine stalled ({why}): once more", file=sys.stderr)
            cls.records, cls.printed = storm(*SHORT)

    def phase(self, lane: str, name: str) -> Counter[str]:
        """Counts what became of the calls of one phase."""
        span = next(span for span in self.records["phases"] if span["phase"] == name)
        return within(self.records[lane], span["from_s"], span["to_s"])

    def test_a_healthy_service_is_called_by_both_alike(self) -> None:
        for lane in ["bare", "guarded"]:
            healthy = self.phase(lane, "healthy")
            self.assertGreaterEqual(healthy["good"], 0.95 * healthy.total(), (lane, healthy))

    def test_the_breaker_wastes_fewer_calls_on_a_service_that_is_down(self) -> None:
        bare, guarded = self.phase("bare", "down"), self.phase("guarded", "down")
        self.assertEqual(bare.total(), guarded.total())
        self.assertEqual(wasted(bare), bare.total())
        self.assertLess(wasted(guarded), 0.75 * wasted(bare))

    def test_only_the_breaker_refuses_and_it_tells_at_once(self) -> None:
        took: dict[str, list[float]] = {"refused": [], "timed_out": []}
        for call in self.records["guarded"]:
            took.setdefault(call["outcome"], []).append(call["seen_ms"] - call["late_ms"])
        self.assertGreater(len(took["refused"]), 0)
        self.assertGreater(len(took["timed_out"]), 0)
        middle = {outcome: sorted(times)[len(times) // 2] for outcome, times in took.items()}
        self.assertLess(middle["refused"], middle["timed_out"] / 10)
        self.assertNotIn("refused", {call["outcome"] for call in self.records["bare"]})

    def test_a_window_after_recovery_the_breaker_lets_through_again(self) -> None:
        """The last failures to leave the window are calls that timed out after the recovery."""
        span = self.records["phases"][-1]
        begin_s = span["from_s"] + WINDOW_S + TIMEOUT_S
        after = within(self.records["guarded"], begin_s, span["to_s"])
        self.assertGreater(after.total(), 50)
        self.assertLessEqual(after["refused"], 0.1 * after.total(), after)

    def test_calls_are_meant_to_leave_at_the_same_instants_in_both_lanes(self) -> None:
        bare, guarded = ([call["at_s"] for call in self.records[it]] for it in ["bare", "guarded"])
        self.assertEqual(bare, guarded)
        self.assertEqual(bare, sorted(bare))

    def test_the_drop_ratio_stays_a_ratio_and_was_up_while_the_service_was_down(self) -> None:
        seen = [(it["at_s"], it["drop_ratio"]) for it in self.records["drop_ratio"]]
        self.assertTrue(all(0 <= ratio <= 1 for _, ratio in seen))
        self.assertEqual({ratio for at_s, ratio in seen if at_s < 1}, {0.0})
        self.assertGreater(max(ratio for at_s, ratio in seen if 6 <= at_s < 8), 0.5)

    def test_the_table_says_what_the_records_say(self) -> None:
        rows = {line[2:14].strip(): line[14:].split() for line in self.printed.splitlines()}
        for name in PHASES:
            bare, guarded = self.phase("bare", name), self.phase("guarded", name)
            cells = rows[name]
            self.assertEqual(cells[:3], self.counts(bare), name)
            self.assertEqual(cells[5:9], [*self.counts(guarded), str(guarded["refused"])], name)

    def counts(self, outcomes: Counter[str]) -> list[str]:
        """Returns the cells sent, good and wasted."""
        bad = wasted(outcomes)
        return [str(outcomes["good"] + bad), str(outcomes["good"]), str(bad)]


class Arguments(unittest.TestCase):
    """Storms of half a second, or none."""

    def test_arrivals_follow_from_the_seed(self) -> None:
        def arrivals(seed: str) -> list[float]:
            records, _ = storm("--phase-ms", "100", "--seed", seed)
            self.assertEqual([span["phase"] for span in records["phases"]], PHASES)
            return [call["at_s"] for call in records["bare"]]

        first = arrivals("7")
        self.assertGreater(len(first), 20)
        self.assertEqual(arrivals("7"), first)
        self.assertNotEqual(arrivals("8"), first)

    def test_a_bad_argument_is_refused_by_name(self) -> None:
        path = str(folder / "none.json")
        bad = [("--rate", "0"), ("--phase-ms", "x"), ("--buckets", "0"), ("--bucket-ms", "99")]
        for flag, value in [*bad, ("--timeout-ms", "0"), ("--seed", "-1")]:
            with self.subTest(flag=flag):
                done = run(f"{flag}={value}", "--json", path)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(flag, done.stderr.decode())
        self.assertFalse(Path(path).exists())

    def test_a_file_that_cannot_be_written_is_named_before_the_storm(self) -> None:
        done = run("--json", str(folder))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(str(folder), done.stderr.decode())

    def test_a_table_that_cannot_be_written_is_an_error(self) -> None:
        with open("/dev/full", "wb") as full:
            command = [*program, "--json", str(folder / "full.json")]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=300)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"stdout", done.stderr)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = {getattr(it, "test_case", it).id() for it, _ in result.failures + result.errors}
    print(f"storm: {max(0, result.testsRun - len(failed))} passed, {len(failed)} failed")
    sys.exit(not result.wasSuccessful() or result.testsRun == 0)
