"""The three fronts of replay print the same bytes, and the right ones."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import lines
import reference

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "sample.log"
FRONTS = ["rust", "c", "python"]
LIMITS = [("1/10s", 5), ("3/7s", 2), ("100/s", 100), ("1/h", 1), ("5/250ms", 1)]
EMPTY = (
    '{"requests":0,"granted":0,"denied":0,"skipped_lines":0,'
    '"clients":0,"limited_clients":0,"top":[]}\n'
)

programs: dict[str, list[str]] = {}
folder = Path()


def setUpModule() -> None:
    """Builds the fronts and makes room for logs."""
    global folder
    for front in FRONTS:
        built = subprocess.run([ROOT / "ci" / "front", front], check=True, stdout=subprocess.PIPE)
        programs[front] = built.stdout.decode().splitlines()
    made = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(made.cleanup)
    folder = Path(made.name)


def run(front: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Runs a front in a locale that knows nothing but ASCII: it must not matter."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [*programs[front], *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=environment, timeout=120)


def replayed(front: str, rate: str, burst: int, log: Path) -> str:
    """Returns what a front prints about a log; anything but success is a failure."""
    done = run(front, "--rate", rate, "--burst", str(burst), log)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"{front} ends with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


class Replay(unittest.TestCase):
    """Every test runs every front."""

    maxDiff = None

    def log(self, content: bytes) -> Path:
        """Writes a log."""
        path = folder / f"{self.id()}.log"
        path.write_bytes(content)
        return path

    def assert_all_as_reference(self, log: Path, rate: str, burst: int) -> str:
        """Compares what each front prints with exact fractions; returns it."""
        expected = reference.replay(rate, burst, log.read_bytes())
        for front in FRONTS:
            with self.subTest(front=front, rate=rate, burst=burst, log=log.name):
                self.assertEqual(replayed(front, rate, burst, log), expected)
        return expected

    def assert_refused(self, named: str, *arguments: str | Path) -> None:
        """Each front ends with code 2 and one line that names what is wrong."""
        for front in FRONTS:
            with self.subTest(front=front, arguments=arguments):
                done = run(front, *arguments)
                message = done.stderr.decode()
                self.assertEqual(done.returncode, 2, message)
                self.assertEqual(done.stdout, b"")
                self.assertEqual(message.count("\n"), 1, message)
                self.assertIn(named, message)

    def test_the_sample_log_is_decided_as_exact_fractions_decide_it(self) -> None:
        for rate, burst in LIMITS:
            self.assert_all_as_reference(SAMPLE, rate, burst)

    def test_the_sample_log_has_something_worth_limiting(self) -> None:
        """Else the test above would say little."""
        summary = self.assert_all_as_reference(SAMPLE, "1/10s", 5)
        self.assertNotIn('"denied":0', summary)
        self.assertNotIn('"skipped_lines":0', summary)

    def test_the_sample_log_is_what_its_script_writes(self) -> None:
        script = ROOT / "examples" / "make_sample_log.py"
        done = subprocess.run([sys.executable, script, "--check"], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_every_line_of_the_full_format_counts_as_a_request(self) -> None:
        for front in FRONTS:
            for name, line in lines.REQUESTS.items():
                with self.subTest(front=front, line=name):
                    summary = replayed(front, "1/s", 1, self.log(line + b"\n"))
                    self.assertTrue(summary.startswith('{"requests":1,"granted":1,'), summary)
                    self.assertIn('"skipped_lines":0', summary)

    def test_every_other_line_is_skipped_and_counted(self) -> None:
        for front in FRONTS:
            for name, line in lines.NO_REQUESTS.items():
                with self.subTest(front=front, line=name):
                    summary = replayed(front, "1/s", 1, self.log(line + b"\n"))
                    self.assertEqual(summary, EMPTY.replace('lines":0', 'lines":1'))

    def test_a_nasty_log_gives_one_answer(self) -> None:
        log = self.log(lines.nasty_log())
        for rate, burst in LIMITS:
            self.assert_all_as_reference(log, rate, burst)

    def test_lines_with_random_faults_give_one_answer(self) -> None:
        for seed in range(3):
            self.assert_all_as_reference(self.log(lines.mutated_log(seed)), "1/h", 1)

    def test_any_date_of_three_centuries_is_the_same_instant_everywhere(self) -> None:
        for seed in range(3):
            self.assert_all_as_reference(self.log(lines.random_dates_log(seed)), "1/h", 1)

    def test_every_month_ends_where_the_next_begins(self) -> None:
        """An hour across midnight is an hour, a second less is not: three of four are granted."""
        log = self.log(lines.month_ends_log())
        summary = self.assert_all_as_reference(log, "1/h", 1)
        count = log.read_bytes().count(b"\n")
        self.assertIn(f'{{"requests":{count},"granted":{count // 4 * 3},', summary)

    def test_requests_are_taken_in_order_of_instant_not_of_line_or_local_time(self) -> None:
        dates = ["10:00:10 +0000", "12:00:00 +0200", "05:00:05 -0500", "10:00:00 +0000"]
        log = self.log(b"\n".join(lines.dated(f"17/May/2015:{date}") for date in dates))
        # At 0, 0, 5 and 10 s: one per 5 s leaves one to deny; in order of lines it would be three.
        summary = self.assert_all_as_reference(log, "1/5s", 1)
        self.assertIn('"granted":3,"denied":1,', summary)

    def test_a_permit_is_back_at_its_exact_second(self) -> None:
        dates = ["28/Feb/2024:23:59:59", "29/Feb/2024:00:59:58", "29/Feb/2024:00:59:59"]
        log = self.log(b"\n".join(lines.dated(f"{date} +0000") for date in dates))
        summary = self.assert_all_as_reference(log, "1/h", 1)
        self.assertIn('"granted":2,"denied":1,', summary)

    def test_an_empty_log_gives_zeros(self) -> None:
        for front in FRONTS:
            self.assertEqual(replayed(front, "1/10s", 5, self.log(b"")), EMPTY)

    def test_without_flags_the_limit_is_one_in_ten_seconds_with_bursts_of_five(self) -> None:
        for front in FRONTS:
            expected = reference.replay("1/10s", 5, SAMPLE.read_bytes())
            self.assertEqual(run(front, SAMPLE).stdout.decode(), expected)

    def test_flags_may_follow_the_log_and_the_last_one_counts(self) -> None:
        expected = reference.replay("3/7s", 2, SAMPLE.read_bytes())
        for front in FRONTS:
            done = run(front, "--rate=1/h", SAMPLE, "--rate", "3/7s", "--burst=2")
            self.assertEqual(done.stdout.decode(), expected, front)

    def test_help_is_no_error(self) -> None:
        for front in FRONTS:
            done = run(front, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(b"--rate", done.stdout)

    def test_a_bad_rate_is_refused_by_name(self) -> None:
        bad = "1 1/ /s 1/0s 0/s 1/10 1/10d 1/10S 1/s/s -1/s +1/s 1/-1s 1.5/s 1/1.5s 1/10ss x"
        beyond = [
            "4294967296/s",
            "1/99999999999999999999s",
            "1/9223372036855ms",
            "1/5000000000000h",
        ]
        too_fast, spaces = ["4294967295/1ms"], ["", " 1/s", "1/s ", "1/ s", "1 /s", "1/\u0663s"]
        for rate in [*bad.split(), *beyond, *too_fast, *spaces]:
            self.assert_refused("--rate", "--rate", rate, SAMPLE)

    def test_a_bad_burst_is_refused_by_name(self) -> None:
        for burst in ["0", "-1", "+5", "5.0", "x", "", " 5", "5_0", "4294967296", "4294967295"]:
            self.assert_refused("--burst", "--rate", "1/10s", "--burst", burst, SAMPLE)

    def test_an_unknown_flag_is_refused_by_name(self) -> None:
        self.assert_refused("--rats", "--rats", "1/s", SAMPLE)
        self.assert_refused("--rate", SAMPLE, "--rate")

    def test_a_missing_argument_is_one_line_and_code_2(self) -> None:
        self.assert_refused("LOG")

    def test_a_log_that_cannot_be_read_is_named(self) -> None:
        missing = folder / "no such.log"
        self.assert_refused(str(missing), missing)
        self.assert_refused(str(folder), folder)

    def test_a_summary_that_cannot_be_written_is_an_error(self) -> None:
        for front in FRONTS:
            with self.subTest(front=front), open("/dev/full", "wb") as full:
                command = [*programs[front], str(SAMPLE)]
                done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
                self.assertIn(b"stdout", done.stderr)

    def test_ci_replay_passes_everything_on(self) -> None:
        for front in FRONTS:
            log = self.log(lines.nasty_log())
            done = self.ci_replay(FRONT=front, RATE="3/7s", BURST="2", LOG=str(log))
            self.assertEqual(done.stdout.decode(), reference.replay("3/7s", 2, log.read_bytes()))
            self.assertEqual(self.ci_replay(FRONT=front, LOG=str(folder / "none")).returncode, 2)
        unknown = self.ci_replay(FRONT="cobol")
        self.assertEqual((unknown.returncode, unknown.stdout), (2, b""))
        self.assertEqual(unknown.stderr.count(b"\n"), 1)

    def ci_replay(self, **variables: str) -> subprocess.CompletedProcess[bytes]:
        """Runs ci/replay as `make replay` does."""
        environment = {**os.environ, **variables}
        return subprocess.run([ROOT / "ci" / "replay"], capture_output=True, env=environment)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = {getattr(it, "test_case", it).id() for it, _ in result.failures + result.errors}
    print(f"examples: {max(0, result.testsRun - len(failed))} passed, {len(failed)} failed")
    sys.exit(not result.wasSuccessful() or result.testsRun == 0)
