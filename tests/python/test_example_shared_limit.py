"""The example of two processes that share a limit does what it tells."""

import os
import re
import subprocess
import sys
from pathlib import Path

from redis_servers import NO_SERVER, PROGRAM, needs_server

EXAMPLE = Path(__file__).parents[2] / "examples" / "python" / "shared_limit.py"


@needs_server
def test_two_processes_share_a_limit_while_its_server_is_killed() -> None:
    """Both are granted by the store and by their shares, and no more than is promised."""
    assert PROGRAM, NO_SERVER
    environment = {**os.environ, "RESIL_REDIS_SERVER": PROGRAM}
    command = [sys.executable, "-W", "error", str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    rows = [list(map(int, line.split())) for line in re.findall(r"^[ \d]+$", done.stdout, re.MULTILINE)]
    assert len(rows) == 9, done.stdout
    assert all(sum(column) > 0 for column in zip(*rows, strict=True)), done.stdout
    granted, most = map(int, re.findall(r"(\d+) granted in .* at most (\d+) were promised", done.stdout)[0])
    assert 0 < granted <= most
