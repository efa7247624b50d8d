"""Two processes share a limit while their server is killed: the program itself compares with what is promised."""

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ["cargo", "run", "--locked", "--quiet", "-p", "resil-examples", "--bin", "shared_limit"]


class SharedLimit(unittest.TestCase):
    def test_no_more_is_granted_than_is_promised_and_both_go_on(self) -> None:
        if shutil.which("redis-server") is None:
            print("*** SKIPPED: no redis-server here: the shared limit was not tried ***", file=sys.stderr)
            return
        run = subprocess.run(PROGRAM, cwd=ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        rows = [line.split() for line in run.stdout.splitlines() if line.startswith("  ") and " s " in line]
        # until, "s", then store and rescue of each.
        rows = [row for row in rows if len(row) == 7]
        self.assertEqual(len(rows), 12, run.stdout)
        for column, what in ((2, "store"), (3, "rescue"), (4, "store"), (5, "rescue")):
            self.assertGreater(sum(int(row[column]) for row in rows), 0, f"{what}: {run.stdout}")


if __name__ == "__main__":
    unittest.main()
