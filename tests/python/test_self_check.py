"""``python -m resil``."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import resil
from resil import __main__, self_check

SURFACE = Path(__file__).parents[1] / "surface.toml"


def test_the_module_says_what_it_is_and_checks_itself() -> None:
    """Version, build, interface, and what was tried."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "resil"], capture_output=True, text=True, timeout=60, check=True
    )
    version, build, features, checked = done.stdout.splitlines()
    assert version.startswith(f"resil {resil.__version__} on CPython 3.")
    assert re.fullmatch(r"build: (release|debug), \S+, \w+ \S+, (no )?GIL", build), build
    assert features == "features: redis, tls"
    assert checked == f"self-check passed: {', '.join(self_check.CHECKS)}"
    assert done.stderr == ""


def test_every_primitive_is_checked() -> None:
    """All that the surface table offers to Python, but for what needs a server."""
    clocks = {"monotonic_clock", "coarse_clock", "quanta_clock", "unix_clock", "manual_clock"}
    # What has no row of its own to be wrong in: the values, and what another row's check makes and uses.
    values = {"quota", "reservation", "permit", "sre_breaker_config"}
    parts = {"leaky_meter", "leaky_queue", "rolling_counter"}
    rows = {
        row
        for row, entry in tomllib.loads(SURFACE.read_text()).items()
        if "type" in entry and "no_py" not in entry and "module" not in entry and row not in clocks | values | parts
    }
    assert set(self_check.CHECKS) == rows | {"clocks"}


def test_a_primitive_that_answers_wrongly_or_raises_fails_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line each, and the exit code."""
    assert __main__.main() == 0
    capsys.readouterr()
    monkeypatch.setattr(resil, "LeakyBucket", None)
    monkeypatch.setattr(resil, "PeriodLimiter", lambda limit, period, clock: resil.TokenBucket(
        resil.Quota(limit + 1, period, limit + 1), clock=clock
    ))
    assert __main__.main() == 1
    leaky, period = capsys.readouterr().out.splitlines()[3:]
    assert leaky.startswith("self-check FAILED: leaky_bucket: raised AttributeError(")
    assert period == (
        "self-check FAILED: period_limiter: answered [(True, False), (True, False), (True, False), (True, False)] "
        "where [(True, False), (True, True), (False, False), (True, False)] is right"
    )
