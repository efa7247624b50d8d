"""``python -m resil``: the version, how it was built, and whether the compiled part works here."""

import platform
import sys
from importlib.machinery import EXTENSION_SUFFIXES

import resil
from resil import _resil
from resil.self_check import CHECKS, failures


def main() -> int:
    """Prints what this is and what it can; the exit code says whether the self-check passed."""
    print(f"resil {resil.__version__} on {platform.python_implementation()} {platform.python_version()}")
    print(f"build: {_resil._build_profile}, {_abi()}, {platform.system()} {platform.machine()}, {_gil()}")
    print(f"features: {_resil._features}")
    found = failures()
    for fault in found:
        print(f"self-check FAILED: {fault}")
    if not found:
        print(f"self-check passed: {', '.join(CHECKS)}")
    return 1 if found else 0


def _abi() -> str:
    """The interface to the interpreter that the compiled part was built for, as its file's name says."""
    suffixes = sorted(EXTENSION_SUFFIXES, key=len, reverse=True)
    suffix = next(suffix for suffix in suffixes if str(_resil.__file__).endswith(suffix))
    return suffix.removesuffix(".so").removesuffix(".pyd").strip(".") or "of this version"


def _gil() -> str:
    # Only interpreters from 3.13 on can be without.
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return "GIL" if enabled else "no GIL"


if __name__ == "__main__":
    sys.exit(main())
