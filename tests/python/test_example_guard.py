"""The example that guards calls to another service does what it tells."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "python" / "guard.py"


def test_the_example_keeps_calls_from_a_service_that_fails_and_lets_them_back() -> None:
    """It prints one line a second, the same each time, and leaves nothing open."""
    runs = [
        subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", EXAMPLE],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for _ in range(2)
    ]
    assert (runs[0].returncode, runs[0].stderr) == (0, "")
    assert runs[0].stdout == runs[1].stdout
    reached = [int(found) for found in re.findall(r": +(\d+) of 25 calls reached it", runs[0].stdout)]
    assert len(reached) == 30
    healthy, failing, recovered = reached[1:10], reached[12:20], reached[21:]
    assert all(19 <= calls <= 21 for calls in healthy), "the limit of 20 a second"
    assert all(0 < calls < 15 for calls in failing), "most calls are not made, and some always are"
    assert all(19 <= calls <= 21 for calls in recovered), "a second later all is as before"
    assert "it would fail" not in "".join(runs[0].stdout.splitlines()[:10])
