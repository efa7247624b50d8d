"""``python -m resil``: the version, and whether the compiled part works here."""

import platform
import sys

import resil


def main() -> int:
    """Prints one line and says by the exit code whether the self-check passed."""
    bucket = resil.TokenBucket(resil.Quota(1, 10, 5), clock=resil.ManualClock())
    answers = [bucket.try_acquire_at(0) for _ in range(6)]
    works = [bool(answer) for answer in answers] == [True] * 5 + [False]
    works = works and answers[-1].retry_after == 10.0
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"resil {resil.__version__} on {python}: self-check {'passed' if works else 'FAILED'}")
    return 0 if works else 1


if __name__ == "__main__":
    sys.exit(main())
