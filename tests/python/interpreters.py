"""Interpreters of their own, for what a process does as a whole."""

import subprocess
import sys


def run(script: str) -> str:
    """What a fresh interpreter prints that runs a script without a complaint."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
