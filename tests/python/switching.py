"""Threads that the interpreter switches between as often as it can."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def switched_often() -> Iterator[None]:
    """Switches threads every microsecond in its block."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def work_in_threads(work: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> None:
    """Calls `work` with each of the arguments, each in a thread, switched often, and waits for all of them."""
    with switched_often():
        workers = [threading.Thread(target=work, args=given) for given in arguments]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
