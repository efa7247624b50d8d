"""The modules for frameworks are optional."""

import doctest
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import resil

OPTIONAL = ["asgi", "httpx", "opentelemetry", "prometheus", "redis", "requests"]
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_importing_resil_imports_no_framework() -> None:
    """Only what comes with Python, and starts no thread."""
    script = """
import sys, threading
before = set(sys.modules)
import resil
print(sorted({name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))
print(sorted(name for name in sys.modules if name.startswith("resil.") and name.rpartition(".")[2] in %r))
print(threading.active_count())
""" % (OPTIONAL,)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "['resil']\n[]\n1\n"


def test_the_module_for_asgi_needs_no_framework() -> None:
    """Any server's scope will do; nor does a store of one's own need redis-py."""
    script = "import sys, resil.asgi, resil.redis; resil.redis.Store('redis://127.0.0.1:1/'); "
    script += "print({'starlette', 'fastapi', 'httpx', 'redis'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("name", OPTIONAL)
def test_each_module_has_an_extra_of_its_name(name: str) -> None:
    """And an example that is true, and says in `__all__` what it offers, all of it with a docstring."""
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    assert set(extras) == set(OPTIONAL)
    if extras[name]:
        pytest.importorskip({"opentelemetry": "opentelemetry.sdk", "prometheus": "prometheus_client"}.get(name, name))
    module = importlib.import_module(f"resil.{name}")
    results = doctest.testmod(module)
    assert (results.attempted >= 3, results.failed) == (True, 0)
    for offered in module.__all__:
        assert getattr(module, offered).__doc__, offered
        assert getattr(module, offered).__module__ == f"resil.{name}"


def test_what_resil_offers_does_not_hide_what_it_stands_on() -> None:
    """`resil.httpx` is ours and `import httpx` is theirs, whichever comes first."""
    assert not set(OPTIONAL) & set(resil.__all__)
    pytest.importorskip("httpx")
    script = "import resil.httpx, httpx, resil; print(httpx is not resil.httpx, hasattr(httpx, 'Client'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True True\n"
