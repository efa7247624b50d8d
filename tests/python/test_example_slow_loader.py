"""The example that puts a single flight in front of a slow source does what it tells."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "python" / "slow_loader.py"

PRINTED = """\
cold cache           loads 1, served 1000, told of the failure    0, gone 0
warm cache           loads 0, served 1000, told of the failure    0, gone 0
the first gives up   loads 2, served  999, told of the failure    0, gone 1
the source is broken loads 1, served    0, told of the failure 1000, gone 0
and works again      loads 1, served 1000, told of the failure    0, gone 0
"""


def test_the_example_loads_once_for_all_who_ask_meanwhile() -> None:
    """Twice where the first gave up: a follower loads instead."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLE],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", PRINTED)
